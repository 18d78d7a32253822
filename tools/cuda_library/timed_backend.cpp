#include "tools/cuda_library/timed_backend.hpp"

#include "frontend/emulator/emulated_kernel.hpp"
#include "sim/base/error.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/csv.hpp"
#include "tools/heddle/perfetto.hpp"
#include "tools/heddle/run_options.hpp"
#include "tools/heddle/summary.hpp"
#include "tools/heddle/version.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <utility>

namespace heddle {

namespace {

constexpr std::size_t kMostQueued = 1024; // launches; more are executed before the program goes on
constexpr Time kFemtosecondsPerNanosecond = 1'000'000;

RunChoices choices_of(const TimedOptions& options) {
    RunChoices choices;
    choices.threads = options.threads;
    choices.quantum = options.quantum;
    choices.host = options.host;
    choices.cache = options.cache;
    choices.kernels = options.kernels;
    choices.no_skip = options.no_skip;
    choices.strict = options.strict;
    choices.hot_instructions = options.hot_instructions;
    choices.timeline = options.timeline;
    choices.timeline_sms = options.timeline_sms;
    choices.perfetto = options.perfetto;
    return choices;
}

} // namespace

TimedBackend::TimedBackend(const cuda::Session& session, emulator::Device& device)
    : session_(session), options_(TimedOptions::from_map(session.options)), device_(device), workload_(options_.description) {
    const RunChoices choices = choices_of(options_);
    load_gpu(description_, session.gpu, session.overrides);
    simulated_ = description_.config;
    if (!options_.sm_clock.empty()) simulated_.clocks.sm = std::stoull(options_.sm_clock);
    run_options_ = gpu_options(choices);
    run_options_.computation.quantum = parse_quantum(choices.quantum, simulated_.clocks.sm);
    run_options_.kernel_ended = [this](const KernelRecord& kernel) { ends_[kernel.id] = kernel.end; };
    points_.push_back({0, 0});
    workload_.notes_.assumptions.push_back("what a kernel does does not depend on time: the emulator runs CTAs in a fixed order, and clocks advance by instructions");
    workload_.notes_.assumptions.push_back("the program's own code and copies between host and device take no simulated time");
}

TimedBackend::~TimedBackend() = default;

void TimedBackend::start_model() {
    if (workload_.started()) return;
    gpu_ = std::make_unique<Gpu>(simulated_);
    workload_.start([this] { record_ = gpu_->run(workload_, run_options_); });
}

void TimedBackend::launch(const emulator::LaunchRequest& request, const cuda::LaunchOptions&) {
    auto grid = std::make_unique<emulator::Grid>(device_, request);
    grid->time_base_ns = now_ / kFemtosecondsPerNanosecond;
    grid->clock_base = simulated_.clocks.sm / 1000 * (grid->time_base_ns / 1000) / 1000;
    start_model();
    if (emulator::DeviceLaunches::made_by_kernel(request) && !std::exchange(dynamic_parallelism_, true))
        workload_.notes_.assumptions.push_back("kernels launched by kernels start when the kernels that launched them have ended");
    ++device_.launches;
    ++launches_;
    const emulator::Function& f = *request.function;
    workload_.digest(f.name.data(), f.name.size());
    workload_.digest(&request.grid, sizeof request.grid);
    workload_.digest(&request.block, sizeof request.block);
    workload_.digest(request.parameters.data(), request.parameters.size());
    Command command;
    command.kernel = std::make_unique<emulator::EmulatedKernel>(std::move(grid), launches_, f.name);
    workload_.push(std::move(command));
    last_[request.stream] = launches_;
    unsynchronised_ = true;
    if (workload_.queued() >= kMostQueued) synchronize();
}

void TimedBackend::transfer(cuda::StreamId, cuda::Transfer, Bytes bytes) {
    copied_bytes_ += bytes;
    // They happen, in no time, when the program last knew the time.
    if (!options_.perfetto.empty()) copies_.push_back({now_, 0, bytes});
}

cuda::Ticket TimedBackend::record(cuda::StreamId stream) {
    std::uint64_t last = 0;
    if (stream == 0) last = launches_; // the default stream is behind everything
    else if (const auto it = last_.find(stream); it != last_.end()) last = it->second;
    points_.push_back({last, now_});
    return points_.size() - 1;
}

void TimedBackend::wait(cuda::StreamId, cuda::Ticket ticket) {
    if (points_.at(ticket).launch != 0 && !ends_.contains(points_[ticket].launch)) fence();
}

void TimedBackend::fence() {
    if (!unsynchronised_) return;
    Command command;
    command.kind = Command::Kind::Synchronize;
    workload_.push(std::move(command));
}

void TimedBackend::synchronize() {
    if (!unsynchronised_) return;
    unsynchronised_ = false;
    Command command;
    command.kind = Command::Kind::Synchronize;
    command.reached = [this](Time time) { now_ = time; };
    workload_.push(std::move(command));
    workload_.run();
}

std::uint64_t TimedBackend::time_ns(cuda::Ticket ticket) {
    const Point& point = points_.at(ticket);
    Time time = point.earliest;
    if (const auto it = ends_.find(point.launch); it != ends_.end()) time = std::max(time, it->second);
    return time / kFemtosecondsPerNanosecond;
}

std::uint64_t TimedBackend::now_ns() const { return now_ / kFemtosecondsPerNanosecond; }

void TimedBackend::write_results(const std::string& folder, const std::string& prefix) {
    if (ended_ || !workload_.started()) return;
    ended_ = true;
    workload_.finish();
    record_.heddle_version = version();
    add_configuration(record_, description_, session_.overrides);
    record_.cache = cache_text(run_options_.cache);
    record_.host = meter_.read();
    record_.host.threads = options_.host == "loop" ? run_options_.computation.threads : 1;
    record_.host.loop = options_.host;
    if (copied_bytes_ != 0) record_.notes.assumptions.push_back(fmt::format("copies of the program ({} bytes) take no simulated time", copied_bytes_));
    const std::filesystem::path base = folder;
    write_file(base / ("run-" + prefix + ".json"), to_json(record_));
    write_file(base / ("kernels-" + prefix + ".csv"), kernels_csv(record_));
    write_file(base / ("summary-" + prefix + ".txt"), summary(record_));
    if (!options_.perfetto.empty()) {
        record_.copies.insert(record_.copies.end(), copies_.begin(), copies_.end());
        const std::string missing = write_perfetto(record_, (base / ("perfetto-" + prefix + options_.perfetto)).string());
        if (!missing.empty()) write_file(base / ("note-" + prefix + ".txt"), missing);
    }
    if (options_.strict) require_modelled(record_);
}

} // namespace heddle
