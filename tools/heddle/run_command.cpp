#include "tools/heddle/run_command.hpp"

#include "frontend/recipe/recipe_workload.hpp"
#include "frontend/trace/workload_open.hpp"
#include "sim/base/error.hpp"
#include "tools/heddle/device_properties.hpp"
#include "tools/heddle/functional_report.hpp"
#include "tools/heddle/governed_run.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/gpu_option.hpp"
#include "tools/heddle/perfetto.hpp"
#include "tools/heddle/program_command.hpp"
#include "tools/heddle/progress.hpp"
#include "tools/heddle/run_options.hpp"
#include "tools/heddle/run_report.hpp"
#include "tools/heddle/version.hpp"

#include <fmt/ranges.h>
#include <fstream>
#include <memory>
#include <utility>

namespace heddle {

namespace {

namespace fs = std::filesystem;

constexpr const char* kProgramHint = "run a program with `heddle run --gpu NAME -- ./program`, a cubin with a launch recipe (traces/RECIPES.md)";

// Traces and launch recipes; what else a user may reasonably try gets its own words.
std::unique_ptr<Workload> open_workload(const RunChoices& choices, const GpuConfig& config) {
    const std::string& path = choices.input.front();
    if (choices.input.size() > 1) fail_at("", 0, 0, fmt::format("\"{}\" is one input too many", choices.input[1]), kProgramHint);
    if (recipe::is_recipe(path)) {
        auto workload = std::make_unique<recipe::RecipeWorkload>(recipe::read_recipe(path), device_properties(config));
        workload->device().timeout_seconds = choices.timeout;
        return workload;
    }
    std::ifstream file(path, std::ios::binary);
    char magic[4] = {};
    if (fs::is_regular_file(path) && file.read(magic, 4) && std::string_view(magic, 4) == "\177ELF")
        fail_at(path, 0, 0, "is a program or cubin, which says not what to launch", kProgramHint);
    if (path.ends_with(".ptx")) fail_at(path, 0, 0, "is PTX, which says not what to launch", kProgramHint);
    if (choices.functional)
        fail_at("--functional", 0, 0, "not available for traces", "a trace holds what was executed, so there is nothing to execute without timing");
    return open_trace(path, TraceOptions{choices.strict});
}

// Results that a recipe expects: wrong ones are the input's fault or a bug of the emulator, and never pass unnoticed.
void require_results(const Workload& workload) {
    const auto* recipe = dynamic_cast<const recipe::RecipeWorkload*>(&workload);
    if (!recipe) return;
    std::vector<Diagnostic> findings;
    for (const std::string& wrong : recipe->wrong()) findings.push_back({recipe->description(), 0, 0, wrong, "the kernel, its inputs or the expectation changed"});
    if (!findings.empty()) throw UserError(std::move(findings));
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

void run(const RunChoices& choices) {
    const HostMeter meter;
    if (choices.gpu.empty()) fail_at("--gpu", 0, 0, "is required", fmt::format("known: {}", fmt::join(known_gpus(), ", ")));
    GpuRunOptions options = gpu_options(choices);
    LoadedGpu description;
    load_gpu(description, choices.gpu, choices.overrides);
    options.computation.quantum = parse_quantum(choices.quantum, description.config.clocks.sm);
    std::unique_ptr<Workload> workload = open_workload(choices, description.config);
    prepare_out(choices.out);
    if (choices.functional) {
        auto& recipe = dynamic_cast<recipe::RecipeWorkload&>(*workload);
        recipe.execute();
        require_results(recipe);
        return report_functional(recipe.device(), meter.read(), {choices.out, choices.quiet, choices.csv, choices.json}, recipe.checked());
    }

    RunRecord record = run_governed(description.config, [&](const GpuConfig& config) {
        if (!workload) workload = open_workload(choices, description.config); // once for every clock
        const std::unique_ptr<Workload> used = std::exchange(workload, nullptr);
        ProgressBar progress(!choices.quiet, kernels_to_run(options, used->launches()));
        if (progress.shown()) options.progress = [&progress](const GpuRunOptions::Progress& p) { progress.update(p); };
        RunRecord made = Gpu(config).run(*used, options);
        if (choices.kernels.empty() && !made.kernels.empty()) require_results(*used);
        return made;
    });
    require_kernels(record, choices);
    if (choices.strict) require_modelled(record);
    record.heddle_version = version();
    add_configuration(record, description, choices.overrides);
    record.cache = cache_text(options.cache);
    record.host = meter.read();
    record.host.threads = choices.host == "loop" ? options.computation.threads : 1;
    record.host.loop = choices.host;
    if (!choices.perfetto.empty())
        if (const std::string missing = write_perfetto(record, choices.perfetto); !missing.empty()) fmt::print(stderr, "heddle: {}\n", missing);
    report(record, {choices.out, choices.quiet, choices.csv, choices.json});
}

} // namespace

void add_run_command(CLI::App& app, bool program) {
    auto choices = std::make_shared<RunChoices>();
    choices->program = program;
    CLI::App* command = app.add_subcommand("run", "Simulate one trace, launch recipe or CUDA program on one GPU.");
    add_gpu_option(*command, choices->gpu, "GPU: a name (configs/gpu/NAME.yaml) or a file");
    add_set_option(*command, choices->overrides);
    command->add_option("--kernels", choices->kernels, "Simulate launches A to B only, counted from 1")->type_name("A:B");
    command->add_option("--cache", choices->cache, "State of L2 before a kernel: cold, carry (default) or warm (copies fill it)")
        ->type_name("STATE");
    command->add_flag("--strict", choices->strict, "Anything unmodelled or odd in the trace is an error");
    command->add_flag("--functional", choices->functional, "Execute without timing (not for traces)");
    command->add_option("--timeout", choices->timeout, "Give a kernel up after so many seconds of host time (programs and recipes)")->type_name("SECONDS")->check(CLI::NonNegativeNumber);
    command->add_option("--out", choices->out, "Write run.json and kernels.csv into this folder")->type_name("DIR");
    const std::string what = "What is watched (never changes the result)";
    command->add_option("--hot-instructions", choices->hot_instructions, "Put the N instructions with most warp-cycles of each kernel into run.json, with what warps waited for there")->type_name("N|all")->group(what);
    command->add_option("--timeline", choices->timeline, "Put counters over time into run.json, an interval long each, e.g. 1us")->type_name("INTERVAL")->group(what);
    command->add_flag("--timeline-sms", choices->timeline_sms, "With --timeline: instructions and resident warps of each SM too")->group(what);
    command->add_option("--perfetto", choices->perfetto, "Write kernels, copies, CTAs and counters as a trace for ui.perfetto.dev (.json or .json.gz)")->type_name("FILE")->group(what);
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
    command->add_option("INPUT", choices->input, "kernelslist.g, a folder with one, a .traceg file, a .heddle trace, a launch recipe (.yaml), or -- PROGRAM ARGUMENTS")->required();
    command->callback([choices] {
        if (!choices->program) return run(*choices);
        if (const int status = run_cuda_program(*choices); status != 0) throw CLI::RuntimeError(status);
    });
}

} // namespace heddle
