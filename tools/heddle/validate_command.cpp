#include "tools/heddle/validate_command.hpp"

#include "sim/base/error.hpp"
#include "tools/common/named_file.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/gpu_option.hpp"
#include "tools/heddle/run_options.hpp"
#include "tools/heddle/version.hpp"
#include "tools/validation/capture_comparison.hpp"
#include "tools/validation/ncu_comparison.hpp"
#include "tools/validation/report.hpp"
#include "tools/validation/result_store.hpp"
#include "tools/validation/suite_run.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/ranges.h>
#include <map>
#include <memory>
#include <unistd.h>

namespace heddle {

namespace {

namespace fs = std::filesystem;
using validation::Comparison;

struct ValidateChoices {
    std::string gpu, ncu, capture, programs, caches = "none", html, csv, work, recipes, jobs = "auto";
    std::vector<std::string> overrides, only, input;
    double timeout = 600;
    bool quiet = false, brief = false, program = false;
};

// Beside each folder of configurations lies, in a source tree or an installation, the one of validation.
std::vector<fs::path> validation_folders() {
    std::vector<fs::path> folders;
    for (const fs::path& configs : config_folders())
        if (const fs::path folder = configs.parent_path() / "validation"; fs::is_directory(folder / "suites")) folders.push_back(folder);
    return folders;
}

// A suite by name or file.
fs::path find_suite(const std::string& name) {
    std::vector<fs::path> folders = validation_folders();
    for (fs::path& folder : folders) folder /= "suites";
    return find_named_file(name, folders, "suite");
}

// Hash and variables of the GPU under overrides, each asked for once.
validation::SuiteOptions::Configured configured(const std::string& gpu, const std::vector<std::string>& overrides) {
    LoadedGpu loaded;
    load_gpu(loaded, gpu, overrides);
    return {loaded.loaded.hash(), {{"sms", std::to_string(loaded.config.sms())}, {"max_shared", std::to_string(loaded.config.sm.limits.max_shared_per_cta)}}};
}

validation::SuiteOptions options_of(const ValidateChoices& choices) {
    validation::SuiteOptions options;
    const fs::path gpu = find_gpu(choices.gpu);
    options.gpu = fs::absolute(gpu).string();
    options.gpu_name = gpu.stem().string();
    options.overrides = choices.overrides;
    std::error_code error;
    options.heddle = fs::read_symlink("/proc/self/exe", error);
    options.work = choices.work.empty() ? validation::ResultStore::usual_folder() : fs::path(choices.work);
    options.version = version();
    options.only = choices.only;
    options.jobs = parse_threads(choices.jobs, "--jobs");
    options.timeout_seconds = choices.timeout;
    auto seen = std::make_shared<std::map<std::vector<std::string>, validation::SuiteOptions::Configured>>();
    options.configure = [gpu = options.gpu, seen](const std::vector<std::string>& overrides) {
        const auto at = seen->find(overrides);
        return at != seen->end() ? at->second : seen->emplace(overrides, configured(gpu, overrides)).first->second;
    };
    if (!choices.quiet && isatty(STDERR_FILENO) != 0)
        options.progress = [](std::size_t done, std::size_t all, const std::string&) { fmt::print(stderr, "\r{} of {} simulations{}", done, all, done == all ? "\n" : ""); };
    return options;
}

void deliver(const Comparison& comparison, const ValidateChoices& choices) {
    if (!choices.csv.empty()) write_file(choices.csv, validation::csv_report(comparison));
    if (!choices.html.empty()) write_file(choices.html, validation::html_report(comparison));
    if (!choices.quiet) write_out(validation::text_report(comparison, !choices.brief));
}

void validate(const ValidateChoices& choices) {
    if (choices.gpu.empty()) fail_at("--gpu", 0, 0, "is required", fmt::format("known: {}", fmt::join(known_gpus(), ", ")));
    validation::SuiteOptions options = options_of(choices);
    if (!choices.ncu.empty() && choices.input.empty()) fail_at("--ncu", 0, 0, "needs a simulation", "run.json, a trace, a recipe, or -- PROGRAM ARGUMENTS");
    if (!choices.ncu.empty()) return deliver(validation::compare_with_ncu(choices.ncu, choices.input, choices.program, options), choices);
    if (!choices.capture.empty()) {
        if (!choices.input.empty()) fail_at("--capture", 0, 0, fmt::format("takes no input \"{}\"", choices.input.front()), "choose programs with --only");
        if (choices.programs.empty()) fail_at("--programs", 0, 0, "is required", "the folder validation/workloads/build wrote, build/workloads/sm_90a-static");
        if (choices.caches != "none" && choices.caches != "all") fail_at("--caches", 0, 0, fmt::format("\"{}\" cannot be used", choices.caches), "want none or all, as ncu --cache-control");
        return deliver(validation::compare_with_capture(choices.capture, choices.programs, choices.caches, options), choices);
    }
    if (choices.input.empty()) fail_at("", 0, 0, "names nothing to validate", "name a suite, or see heddle validate --help");
    if (choices.program) fail_at("--ncu", 0, 0, "is required to validate a program", "measure it: ncu --csv --page raw ./app > measured.csv");
    if (choices.input.size() > 1 && !(choices.html.empty() && choices.csv.empty()))
        fail_at(choices.html.empty() ? "--csv" : "--html", 0, 0, "holds one suite", "validate one suite at a time");
    for (const std::string& name : choices.input) {
        const fs::path file = find_suite(name);
        if (!choices.recipes.empty()) {
            const std::size_t written = validation::write_suite_recipes(validation::read_suite(file), options, choices.recipes);
            if (!choices.quiet) write_out(fmt::format("{} recipes written to {}\n", written, choices.recipes));
            continue;
        }
        const fs::path beside = fs::absolute(file).parent_path().parent_path() / "reference";
        options.reference = beside;
        for (const fs::path& folder : validation_folders())
            if (!fs::is_directory(options.reference)) options.reference = folder / "reference";
        Comparison one = validation::run_suite(validation::read_suite(file), options);
        if (one.cases.empty())
            fail_at(choices.only.empty() ? file.string() : "--only", 0, 0, fmt::format("leaves nothing to compare on {}", options.gpu_name), fmt::format("{} cases have no measured number", one.without_reference));
        deliver(one, choices);
    }
}

} // namespace

void add_validate_command(CLI::App& app, bool program) {
    auto choices = std::make_shared<ValidateChoices>();
    choices->program = program;
    CLI::App* command = app.add_subcommand("validate", "Compare simulations with measured hardware: a suite, or your own kernels measured by Nsight Compute.");
    add_gpu_option(*command, choices->gpu, "GPU: a name (configs/gpu/NAME.yaml) or a file");
    add_set_option(*command, choices->overrides);
    command->add_option("--ncu", choices->ncu, "Output of ncu --csv (--page raw or details) of the same kernels")->type_name("FILE");
    command->add_option("--capture", choices->capture, "Folder that validation/capture wrote: simulate and compare its programs")->type_name("DIR");
    command->add_option("--programs", choices->programs, "With --capture: the programs, as area/name")->type_name("DIR");
    command->add_option("--caches", choices->caches, "With --capture: measured with caches as left (none, default) or flushed (all)")->type_name("none|all");
    command->add_option("--html", choices->html, "Write a page with charts and tables")->type_name("FILE");
    command->add_option("--csv", choices->csv, "Write a line per case")->type_name("FILE");
    command->add_option("--only", choices->only, "Cases whose name holds this text only; repeatable")->type_name("TEXT")->allow_extra_args(false)->take_all();
    command->add_option("--recipes", choices->recipes, "Simulate nothing: write the launch recipe of each case to this folder, for heddle play")->type_name("DIR");
    command->add_option("--jobs", choices->jobs, "Simulations at a time")->type_name("N|auto");
    command->add_option("--timeout", choices->timeout, "Give a simulation up after so many seconds")->type_name("SECONDS")->check(CLI::PositiveNumber);
    command->add_option("--work", choices->work, "Folder that keeps finished simulations (default: ~/.cache/heddle/validate)")->type_name("DIR");
    CLI::Option* quiet = command->add_flag("--quiet", choices->quiet, "Print errors only");
    command->add_flag("--brief", choices->brief, "Print the overall figures only")->excludes(quiet);
    command->add_option("INPUT", choices->input, "Suite (validation/suites/NAME.yaml or a file); with --ncu: run.json, a trace, a launch recipe, or -- PROGRAM ARGUMENTS");
    command->callback([choices] { validate(*choices); });
}

} // namespace heddle
