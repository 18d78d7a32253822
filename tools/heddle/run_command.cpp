#include "tools/heddle/run_command.hpp"

#include "frontend/trace/workload_open.hpp"
#include "sim/base/error.hpp"
#include "sim/config/section_walk.hpp"
#include "sim/config/value.hpp"
#include "sim/gpu/figures.hpp"
#include "tools/heddle/csv.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/gpu_option.hpp"
#include "tools/heddle/progress.hpp"
#include "tools/heddle/run_options.hpp"
#include "tools/heddle/summary.hpp"
#include "tools/heddle/version.hpp"
#include "tools/heddle/write_file.hpp"

#include <chrono>
#include <fmt/ranges.h>
#include <fstream>
#include <memory>
#include <sys/resource.h>

namespace heddle {

namespace {

namespace fs = std::filesystem;

// What the host has spent since construction.
class HostMeter {
  public:
    HostRecord read() const {
        HostRecord host;
        host.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
        rusage usage = now();
        host.cpu_seconds = cpu(usage) - cpu_start_;
        host.peak_memory_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * kKiB;
        return host;
    }

  private:
    static rusage now() {
        rusage usage{};
        getrusage(RUSAGE_SELF, &usage);
        return usage;
    }
    static double cpu(const rusage& u) {
        const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
        return seconds(u.ru_utime) + seconds(u.ru_stime);
    }
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    double cpu_start_ = cpu(now());
};

// Only traces can be run; what else a user may reasonably try gets its own words.
std::unique_ptr<Workload> open_workload(const RunChoices& choices) {
    const std::string& path = choices.input.front();
    if (choices.input.size() > 1)
        fail_at("", 0, 0, fmt::format("\"{}\" is one input too many", choices.input[1]),
                "heddle run takes one trace; running a program is not available");
    std::ifstream file(path, std::ios::binary);
    char magic[4] = {};
    if (fs::is_regular_file(path) && file.read(magic, 4) && std::string_view(magic, 4) == "\177ELF")
        fail_at(path, 0, 0, "is a program or cubin, and only traces can be run",
                "record a trace with NVBit's tracer and run its kernelslist.g");
    if (path.ends_with(".ptx"))
        fail_at(path, 0, 0, "is PTX, and only traces can be run", "record a trace with NVBit's tracer and run its kernelslist.g");
    return open_trace(path, TraceOptions{choices.strict});
}

void prepare_out(const std::string& out) {
    if (out.empty()) return;
    std::error_code error;
    fs::create_directories(out, error);
    if (error || !fs::is_directory(out)) fail_at(out, 0, 0, "cannot be made a folder for the results", error.message());
}

void add_configuration(RunRecord& record, const LoadedGpu& gpu, const std::vector<std::string>& overrides) {
    record.config_hash = gpu.loaded.hash();
    record.config_files = gpu.loaded.files();
    for (const std::string& text : overrides) record.config_files.push_back("--set " + text);
    for (const auto& [source, count] : gpu.loaded.source_counts()) record.sources.emplace_back(source, count);
    config::for_each_field(gpu.section, [&](const std::string& path, const config::Field& field) {
        record.config_values.emplace_back(path, config::value_text(field));
    });
}

std::uint64_t kernels_to_run(const GpuRunOptions& options, std::uint64_t launches) {
    const std::uint64_t last = std::min(options.last_kernel, launches);
    return last >= options.first_kernel ? last - options.first_kernel + 1 : 0;
}

void require_kernels(const RunRecord& record, const RunChoices& choices) {
    if (!record.kernels.empty()) return;
    if (choices.kernels.empty()) fail_at(choices.input.front(), 0, 0, "launches no kernel");
    fail_at("--kernels", 0, 0, fmt::format("\"{}\" chooses none of the launches of {}", choices.kernels, choices.input.front()));
}

// --strict: whatever was not modelled, or replayed although odd, is an error.
void require_modelled(const RunRecord& record) {
    std::vector<Diagnostic> findings;
    for (const auto& count : unmodelled_of(record))
        findings.push_back({record.trace, 0, 0, fmt::format("not modelled: {} ({})", count.what, count.count), "refused by --strict"});
    for (const auto& count : record.notes.anomalies)
        findings.push_back({record.trace, 0, 0, fmt::format("anomaly: {} ({})", count.what, count.count), "refused by --strict"});
    if (!findings.empty()) throw UserError(std::move(findings));
}

void report(const RunRecord& record, const RunChoices& choices) {
    if (!choices.out.empty()) {
        write_file(fs::path(choices.out) / "run.json", to_json(record));
        write_file(fs::path(choices.out) / "kernels.csv", kernels_csv(record));
    }
    if (choices.quiet) return;
    if (choices.json) write_out(to_json(record));
    else if (choices.csv) write_out(kernels_csv(record));
    else write_out(summary(record));
}

void run(const RunChoices& choices) {
    const HostMeter meter;
    if (choices.gpu.empty()) fail_at("--gpu", 0, 0, "is required", fmt::format("known: {}", fmt::join(known_gpus(), ", ")));
    GpuRunOptions options = gpu_options(choices);
    LoadedGpu description;
    load_gpu(description, choices.gpu, choices.overrides);
    options.computation.quantum = parse_quantum(choices.quantum, description.config.clocks.sm);
    const std::unique_ptr<Workload> workload = open_workload(choices);
    prepare_out(choices.out);

    Gpu gpu(description.config);
    RunRecord record;
    {
        ProgressBar progress(!choices.quiet, kernels_to_run(options, workload->launches()));
        if (progress.shown()) options.progress = [&progress](const GpuRunOptions::Progress& p) { progress.update(p); };
        record = gpu.run(*workload, options);
    }
    require_kernels(record, choices);
    if (choices.strict) require_modelled(record);
    record.heddle_version = version();
    add_configuration(record, description, choices.overrides);
    record.cache = cache_text(options.cache);
    record.host = meter.read();
    record.host.threads = choices.host == "loop" ? options.computation.threads : 1;
    record.host.loop = choices.host;
    report(record, choices);
}

} // namespace

void add_run_command(CLI::App& app) {
    auto choices = std::make_shared<RunChoices>();
    CLI::App* command = app.add_subcommand("run", "Simulate one trace on one GPU.");
    add_gpu_option(*command, choices->gpu, "GPU: a name (configs/gpu/NAME.yaml) or a file");
    add_set_option(*command, choices->overrides);
    command->add_option("--kernels", choices->kernels, "Simulate launches A to B only, counted from 1")->type_name("A:B");
    command->add_option("--cache", choices->cache, "State of L2 before a kernel: cold, carry (default) or warm (copies fill it)")
        ->type_name("STATE");
    command->add_flag("--strict", choices->strict, "Anything unmodelled or odd in the trace is an error");
    command->add_flag("--functional", choices->functional, "Execute without timing (not for traces)");
    command->add_option("--out", choices->out, "Write run.json and kernels.csv into this folder")->type_name("DIR");
    CLI::Option* quiet = command->add_flag("--quiet", choices->quiet, "Print errors only");
    CLI::Option* csv = command->add_flag("--csv", choices->csv, "Print the kernels as CSV instead of the summary");
    CLI::Option* json = command->add_flag("--json", choices->json, "Print run.json instead of the summary");
    quiet->excludes(csv, json);
    csv->excludes(json);
    const std::string how = "How it is computed (never what comes out)";
    command->add_option("--threads", choices->threads, "Host threads")->type_name("N|auto")->group(how);
    command->add_option("--quantum", choices->quantum, "SM cycles computed between two synchronisations")->type_name("N|max")->group(how);
    command->add_flag("--no-skip", choices->no_skip, "Compute cycles in which nothing can happen too")->group(how);
    command->add_option("--host", choices->host, "Who drives the model: loop (default) or systemc")->type_name("loop|systemc")->group(how);
    command->add_option("INPUT", choices->input, "kernelslist.g, a folder with one, a .traceg file or a .heddle trace")->required();
    command->callback([choices] { run(*choices); });
}

} // namespace heddle
