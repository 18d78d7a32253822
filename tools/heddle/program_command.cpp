#include "tools/heddle/program_command.hpp"

#include "frontend/cuda/program.hpp"
#include "sim/base/error.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/device_properties.hpp"
#include "tools/heddle/governed_run.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/run_report.hpp"
#include "tools/heddle/text_format.hpp"
#include "tools/heddle/timed_options.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

namespace heddle {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTableOpcodes = 12;

std::string read_all(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// "run.json" of the only process, "run-1234.json" of several.
std::string result_name(const std::string& name, std::uint64_t pid, bool only) {
    if (only) return name;
    const auto folder = name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1;
    const auto found = name.rfind('.', name.ends_with(".gz") ? name.size() - 4 : std::string::npos);
    const auto dot = found == std::string::npos || found < folder ? name.size() : found;
    return fmt::format("{}-{}{}", name.substr(0, dot), pid, name.substr(dot));
}

// Of a Perfetto trace's file name.
const char* perfetto_ending(const std::string& path) { return path.ends_with(".gz") ? ".json.gz" : ".json"; }

// run.json as the library left it, with what its process could not know.
std::string with_choice(const std::string& run, const std::optional<ClockChoice>& choice) {
    if (!choice) return run;
    auto json = nlohmann::ordered_json::parse(run);
    json["governor"] = json_of(*choice);
    return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void report_timed(const std::vector<cuda::ProcessRecord>& processes, const fs::path& folder, const RunChoices& choices, const std::optional<ClockChoice>& choice) {
    const bool only = processes.size() == 1;
    for (const cuda::ProcessRecord& process : processes) {
        const auto left = [&](const std::string& name, const char* extension) { return folder / fmt::format("{}-process-{}{}", name, process.pid, extension); };
        if (!fs::exists(left("run", ".json"))) continue; // it launched nothing, or ended too early
        if (!choices.out.empty()) {
            write_file(fs::path(choices.out) / result_name("run.json", process.pid, only), with_choice(read_all(left("run", ".json")), choice));
            write_file(fs::path(choices.out) / result_name("kernels.csv", process.pid, only), read_all(left("kernels", ".csv")));
        }
        if (!choices.perfetto.empty()) write_file(result_name(choices.perfetto, process.pid, only), read_all(left("perfetto", perfetto_ending(choices.perfetto))));
        if (fs::exists(left("note", ".txt"))) fmt::print(stderr, "heddle: {}\n", read_all(left("note", ".txt")));
        if (!choices.quiet) write_out(choices.json ? with_choice(read_all(left("run", ".json")), choice) : read_all(choices.csv ? left("kernels", ".csv") : left("summary", ".txt")));
    }
    if (choice && !choices.quiet && !choices.json && !choices.csv) write_out(fmt::format("governor: {}\n", text_of(*choice)));
}

constexpr const char* kMustRepeat = "under this governor it runs several times, later without input; or set power.governor.interval or clocks.sm";
constexpr double kSameWork = 0.01;

// What the processes of a session took together: their GPUs are one after another. `instructions`: of warps.
std::optional<ClockTrial> trial_of(Hertz clock, const std::vector<cuda::ProcessRecord>& processes, const fs::path& folder, double& instructions) {
    ClockTrial trial;
    instructions = 0;
    trial.sm_clock = clock;
    for (const cuda::ProcessRecord& process : processes) {
        const fs::path file = folder / fmt::format("run-process-{}.json", process.pid);
        if (!fs::exists(file)) continue;
        const auto total = nlohmann::json::parse(read_all(file)).at("total");
        instructions += total.at("warp_instructions").get<double>();
        trial.seconds += total.at("time_ns").get<double>() * 1e-9;
        for (const EnergyPart& part : kEnergyParts) trial.energy.*part.joules += total.at("energy").at("breakdown").at(part.name).get<double>();
    }
    return trial.seconds > 0 ? std::optional{trial} : std::nullopt;
}

nlohmann::ordered_json functional_json(const cuda::ProcessRecord& p) {
    nlohmann::ordered_json j = {{"mode", "functional"}, {"program", p.program}, {"pid", p.pid}, {"end", p.end}, {"fault", p.fault}, {"launches", p.launches},
                                {"warp_instructions", p.warp_instructions}, {"thread_instructions", p.thread_instructions}, {"peak_device_memory_bytes", p.peak_memory}};
    for (const auto& [opcode, warps] : p.opcodes) j["opcodes"][opcode] = warps;
    for (const auto& k : p.kernels)
        j["kernels"].push_back({{"name", k.kernel}, {"grid", {k.grid.x, k.grid.y, k.grid.z}}, {"block", {k.block.x, k.block.y, k.block.z}},
                                {"warp_instructions", k.warp_instructions}, {"thread_instructions", k.thread_instructions}});
    for (const auto& [function, calls] : p.unsupported) j["unsupported"][function] = calls;
    return j;
}

std::string functional_text(const cuda::ProcessRecord& p, const std::string& gpu) {
    std::string out = fmt::format("{} on {} without timing: {} {}, {} warp instructions, {} thread instructions, {} of device memory\n",
                                  fs::path(p.program).filename().string(), gpu, with_commas(p.launches), p.launches == 1 ? "launch" : "launches",
                                  with_commas(p.warp_instructions), with_commas(p.thread_instructions), si(static_cast<double>(p.peak_memory), "B"));
    std::vector<std::pair<std::string, std::uint64_t>> order(p.opcodes.begin(), p.opcodes.end());
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    for (std::size_t i = 0; i < std::min(order.size(), kTableOpcodes); ++i) out += fmt::format("  {:24} {:>16}\n", order[i].first, with_commas(order[i].second));
    if (order.size() > kTableOpcodes) out += fmt::format("  and {} other opcodes\n", order.size() - kTableOpcodes);
    return out;
}

void report_functional_processes(const std::vector<cuda::ProcessRecord>& processes, const RunChoices& choices, const std::string& gpu) {
    const bool only = processes.size() == 1;
    for (const cuda::ProcessRecord& process : processes) {
        const std::string json = functional_json(process).dump(1) + "\n";
        if (!choices.out.empty()) write_file(fs::path(choices.out) / result_name("run.json", process.pid, only), json);
        if (choices.quiet) continue;
        if (choices.json) {
            write_out(json);
        } else if (choices.csv) {
            std::string csv = "opcode,warp_instructions\n";
            for (const auto& [opcode, warps] : process.opcodes) csv += fmt::format("{},{}\n", opcode, warps);
            write_out(csv);
        } else {
            write_out(functional_text(process, gpu));
        }
    }
}

} // namespace

int run_cuda_program(const RunChoices& choices) {
    if (choices.gpu.empty()) fail_at("--gpu", 0, 0, "is required", fmt::format("known: {}", fmt::join(known_gpus(), ", ")));
    LoadedGpu description;
    load_gpu(description, choices.gpu, choices.overrides);
    gpu_options(choices); // every fault of an option before the program starts
    parse_quantum(choices.quantum, description.config.clocks.sm);
    prepare_out(choices.out);
    cuda::Session session;
    session.mode = choices.functional ? cuda::Mode::Functional : cuda::Mode::Timed;
    session.gpu = fs::absolute(find_gpu(choices.gpu)).string();
    session.overrides = choices.overrides;
    session.device = device_properties(description.config);
    session.timeout_seconds = choices.timeout;
    TimedOptions timed;
    timed.threads = choices.threads;
    timed.quantum = choices.quantum;
    timed.host = choices.host;
    timed.cache = choices.cache;
    timed.kernels = choices.kernels;
    timed.no_skip = choices.no_skip;
    timed.strict = choices.strict;
    timed.hot_instructions = choices.hot_instructions;
    timed.timeline = choices.timeline;
    timed.timeline_sms = choices.timeline_sms;
    if (!choices.perfetto.empty()) timed.perfetto = perfetto_ending(choices.perfetto);
    timed.description = fmt::format("{}", fmt::join(choices.input, " "));
    // Under a governor the program runs at several clocks; only the first run is seen and heard.
    cuda::ProgramEnd end;
    std::unique_ptr<cuda::SessionFolder> latest, chosen;
    std::vector<cuda::ProcessRecord> processes;
    double instructions = 0;
    bool noted = false;
    std::optional<int> given_up; // the exit status
    const auto run_at = [&](std::optional<Hertz> clock) -> std::optional<ClockTrial> {
        if (clock) timed.sm_clock = std::to_string(*clock);
        session.options = timed.to_map();
        cuda::Inside inside;
        inside.silent = chosen != nullptr;
        latest = std::make_unique<cuda::SessionFolder>();
        const cuda::ProgramEnd this_end = cuda::run_program(session, choices.input, *latest, inside);
        if (chosen && this_end.status != end.status) {
            fmt::print(stderr, "heddle: no clock was chosen: {} ended with status {} at {} MHz and with {} at {} MHz - {}\n", choices.input.front(), end.status, description.config.clocks.sm / 1'000'000,
                       this_end.status, *clock / 1'000'000, kMustRepeat);
            given_up = this_end.signal != 0 ? this_end.status : 2;
            return std::nullopt;
        }
        end = this_end;
        const auto these = cuda::read_processes(latest->path());
        if (!chosen) processes = these;
        // Who interrupts the program does not want it started again at the next clock.
        if (!clock || end.signal != 0) return std::nullopt;
        double now = 0;
        const auto trial = trial_of(*clock, these, latest->path(), now);
        if (!chosen) instructions = now;
        if (chosen && !trial) {
            fmt::print(stderr, "heddle: no clock was chosen: {} launches no kernel at {} MHz - {}\n", choices.input.front(), *clock / 1'000'000, kMustRepeat);
            given_up = 2;
        } else if (trial && !noted && std::abs(now - instructions) > kSameWork * instructions) {
            fmt::print(stderr, "heddle: {} executes {:.4g} times the instructions at {} MHz that it does at {} MHz: not the same work is compared - {}\n", choices.input.front(), now / instructions,
                       *clock / 1'000'000, description.config.clocks.sm / 1'000'000, kMustRepeat);
            noted = true;
        }
        return trial;
    };
    std::optional<ClockChoice> choice;
    if (choices.functional || !description.config.power.governor.settles()) {
        run_at(std::nullopt);
    } else {
        choice = settle_clock(description.config, run_at, [&](bool is_chosen) {
            if (!is_chosen) return;
            chosen = std::move(latest);
            processes = cuda::read_processes(chosen->path());
        });
    }
    if (given_up) return *given_up; // a run at the highest clock is not what was asked for
    if (!chosen) chosen = std::move(latest);
    if (choices.functional) report_functional_processes(processes, choices, session.device.name);
    else report_timed(processes, chosen->path(), choices, choice);
    if (processes.empty() && end.status == 0) fmt::print(stderr, "heddle: {} used no CUDA function\n", choices.input.front());
    return end.status;
}

} // namespace heddle
