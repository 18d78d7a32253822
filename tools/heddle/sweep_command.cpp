#include "tools/heddle/sweep_command.hpp"

#include "sim/base/error.hpp"
#include "tools/common/named_file.hpp"
#include "tools/common/write_file.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/run_options.hpp"
#include "tools/heddle/slurm_command.hpp"
#include "tools/heddle/sweep_progress.hpp"
#include "tools/heddle/version.hpp"
#include "tools/sweep/collect.hpp"
#include "tools/sweep/cost_model.hpp"
#include "tools/sweep/execute.hpp"
#include "tools/sweep/instruction_cost.hpp"
#include "tools/validation/result_store.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/ranges.h>
#include <map>
#include <memory>
#include <unistd.h>

namespace heddle {

namespace {

namespace fs = std::filesystem;

constexpr int kSomeFailed = 1;
constexpr int kInterrupted = 130;
constexpr double kCountingSeconds = 20; // an estimate costs no more

struct SweepChoices {
    std::string input, out, jobs = "auto", shard = "1/1";
    bool dry_run = false, probe = false, retry_failed = false, quiet = false, collect = false;
    unsigned attempts = 3;
    bool slurm = false, wait = false;
    std::vector<std::string> sbatch;
};

volatile std::sig_atomic_t interrupted = 0;

void on_interrupt(int) { interrupted = 1; }

// A sweep by file, or by its name in configs/sweeps.
fs::path find_sweep(const std::string& name) {
    std::vector<fs::path> folders = config_folders();
    for (fs::path& folder : folders) folder /= "sweeps";
    return find_named_file(name, folders, "sweep");
}

void collect(const fs::path& out, bool quiet) {
    const sweep::Collected collected = sweep::collect(out);
    if (!quiet) write_out(fmt::format("{}: {} runs ok, {} failed, {} missing\n", (out / "results.sqlite").string(), collected.ok, collected.failed, collected.missing));
}

std::string axis_text(const sweep::NamedValue& value) {
    if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
    return std::get<std::string>(value);
}

// What `heddle run` would refuse is refused before anything runs.
void check_options(const sweep::SweepFile& sweep) {
    std::vector<Diagnostic> findings;
    for (const sweep::SweepWorkload& w : sweep.workloads) {
        try {
            parse_kernels(w.settings.kernels);
            parse_timeline(w.settings.timeline);
            parse_hot_instructions(w.settings.hot_instructions);
            if (!w.settings.threads.empty()) parse_threads(w.settings.threads);
        } catch (const UserError& error) {
            for (const Diagnostic& f : error.findings()) findings.push_back({sweep.path.string(), w.line, w.column, fmt::format("{}: {} {}", w.name, f.file, f.what), f.hint});
        }
    }
    if (!findings.empty()) throw UserError(std::move(findings));
}

void show_plan(const sweep::Plan& plan, const fs::path& out) {
    static constexpr const char* kStates[] = {"to run", "ok", "failed"};
    std::size_t counts[3] = {};
    for (const sweep::PlanRun& run : plan.runs) {
        const auto state = static_cast<std::size_t>(sweep::state_of(out, run.key));
        ++counts[state];
        const sweep::Point& point = plan.points[run.point];
        std::string axes;
        for (std::size_t a = 0; a < plan.axes.size(); ++a) axes += fmt::format("  {}={}{}", plan.axes[a].name, axis_text(point.axes[a]), plan.axes[a].unit.empty() ? "" : " " + plan.axes[a].unit);
        write_out(fmt::format("{:>5}  {}  {:<6}  {}{}{}\n", run.run, run.key.substr(0, 8), kStates[state], plan.sweep.workloads[run.workload].name, axes, point.is_base ? "  (base)" : ""));
    }
    write_out(fmt::format("{} points, {} runs: {} ok, {} failed, {} to run\n", plan.points.size(), plan.runs.size(), counts[1], counts[2], counts[0]));
}

void stop_on_signals() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction action = {};
        action.sa_handler = on_interrupt;
        sigaction(signal, &action, nullptr);
    }
}

// One run of each workload of which none has ended yet, the base if it is among them.
void probe(const sweep::Plan& plan, sweep::ExecuteOptions options) {
    const auto missing = sweep::missing_runs(plan, options.out, options.shard, options.retry_failed);
    const sweep::CostModel known = sweep::learn(plan, options.out);
    std::map<std::size_t, const sweep::PlanRun*> chosen;
    for (const sweep::PlanRun* run : missing) {
        if (known.knows(plan.sweep.workloads[run->workload].name)) continue;
        const auto [at, is_new] = chosen.try_emplace(run->workload, run);
        if (!is_new && plan.points[run->point].is_base && !plan.points[at->second->point].is_base) at->second = run;
    }
    if (chosen.empty()) return;
    const sweep::FolderLock lock(options.out, options.shard);
    options.only = [&chosen](const sweep::PlanRun& run) { return chosen.contains(run.workload) && chosen[run.workload] == &run; };
    options.stop = [] { return interrupted != 0; };
    stop_on_signals();
    sweep::execute(plan, options);
}

void show_estimate(const sweep::Plan& plan, const sweep::ExecuteOptions& options) {
    const auto missing = sweep::missing_runs(plan, options.out, options.shard, options.retry_failed);
    if (missing.empty()) return;
    const std::size_t cores = parse_threads("auto");
    sweep::CostModel costs = sweep::learn(plan, options.out);
    sweep::count_instructions(costs, plan, missing, options.heddle, std::min(options.jobs, cores), kCountingSeconds);
    std::string text = sweep::estimate_text(sweep::estimate(plan, missing, costs, options.jobs, cores), options.jobs);
    if (options.shard.count != 1) text += fmt::format("; share {} of {}", options.shard.index, options.shard.count);
    write_out(text + "\n");
}

int sweep_command(const SweepChoices& choices) {
    if (choices.collect) {
        if (!fs::exists(fs::path(choices.input) / "plan.json")) fail_at(choices.input, 0, 0, "holds no plan.json", "--collect wants the folder of a sweep");
        const sweep::FolderLock lock(choices.input, {});
        collect(choices.input, choices.quiet);
        return 0;
    }
    if (choices.slurm) {
        if (choices.out.empty()) fail_at("--slurm", 0, 0, "needs --out", "name a folder that all nodes see");
        const std::string jobs = choices.jobs == "auto" ? "" : choices.jobs;
        submit_to_slurm({find_sweep(choices.input), choices.out, jobs, choices.retry_failed, choices.dry_run, choices.wait, choices.sbatch});
    }
    sweep::ExecuteOptions options;
    std::error_code error;
    options.heddle = fs::read_symlink("/proc/self/exe", error);
    options.jobs = parse_threads(choices.jobs, "--jobs");
    options.shard = sweep::parse_shard(choices.shard);
    options.retry_failed = choices.retry_failed;
    options.attempts = std::max(choices.attempts, 1U);
    const auto gpus = [](const std::string& gpu, GpuConfig& into) {
        LoadedGpu loaded;
        load_gpu(loaded, gpu);
        into = loaded.config;
    };
    sweep::SweepFile file = sweep::read_sweep(find_sweep(choices.input), gpus);
    check_options(file);
    const sweep::Plan plan = sweep::make_plan(std::move(file), {gpus, version(), validation::file_digest(options.heddle)});
    options.out = fs::absolute(choices.out.empty() ? fs::path(plan.sweep.name + ".sweep") : fs::path(choices.out));
    if (choices.dry_run) {
        if (choices.probe) probe(plan, options);
        if (interrupted != 0) return kInterrupted;
        show_plan(plan, options.out);
        show_estimate(plan, options);
        return 0;
    }
    const sweep::FolderLock lock(options.out, options.shard);
    SweepProgress progress(plan, options, parse_threads("auto"), choices.quiet);
    options.stop = [] { return interrupted != 0; };
    options.progress = [&progress](const sweep::Tally& tally, double seconds) { progress.update(tally, seconds); };
    options.ended = [&progress](const sweep::PlanRun& run) { progress.ended(run); };
    stop_on_signals();
    const auto begin = std::chrono::steady_clock::now();
    const sweep::Tally tally = sweep::execute(plan, options);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    progress.end();
    if (tally.stopped) {
        fmt::print(stderr, "heddle: interrupted; {} of {} runs are done, the same command goes on\n", tally.found + tally.made, tally.wanted);
        return kInterrupted;
    }
    if (!choices.quiet) {
        std::string text = fmt::format("{}: {} runs made, {} found, {} failed", options.out.string(), tally.made, tally.found, tally.failed);
        if (tally.made != 0) text += fmt::format(", in {}", sweep::duration_text(seconds));
        write_out(text + "\n");
    }
    if (options.shard.count == 1) collect(options.out, choices.quiet);
    if (tally.failed == 0) return 0;
    fmt::print(stderr, "heddle: {} runs failed; see failed.json in {}, --retry-failed tries again\n", tally.failed, (options.out / "store").string());
    return kSomeFailed;
}

} // namespace

void add_sweep_command(CLI::App& app) {
    auto choices = std::make_shared<SweepChoices>();
    CLI::App* command = app.add_subcommand("sweep", "Simulate many configurations and workloads; what is there already is not simulated again.");
    command->add_option("--out", choices->out, "Folder of the results (default: NAME.sweep)")->type_name("DIR");
    command->add_option("--jobs", choices->jobs, "Simulations at a time")->type_name("N|auto");
    command->add_option("--shard", choices->shard, "Make the i-th of n shares only, beside others in the same folder; --collect when all are done")->type_name("I/N");
    command->add_flag("--dry-run", choices->dry_run, "Show the runs, which are done, and how long the others will take; simulate nothing");
    command->add_flag("--probe", choices->probe, "With --dry-run: make one run of each workload of which none is done, to know how long they take")->needs("--dry-run");
    command->add_flag("--retry-failed", choices->retry_failed, "Make failed runs again");
    command->add_option("--attempts", choices->attempts, "How often a run that was killed from outside is started (default 3)")->type_name("N")->check(CLI::Range(1, 100));
    command->add_flag("--quiet", choices->quiet, "Print errors only");
    command->add_flag("--collect", choices->collect, "Simulate nothing: INPUT is the folder of a sweep, whose tables are written anew");
    CLI::Option* slurm = command->add_flag("--slurm", choices->slurm, "Submit to Slurm: an array of shares, then the collector; with --dry-run show what would be submitted");
    command->add_flag("--wait", choices->wait, "With --slurm: wait for the end")->needs(slurm);
    command->add_option("--sbatch", choices->sbatch, "With --slurm: an option of sbatch, as --sbatch=--partition=cpu; repeatable")->type_name("OPTION")->needs(slurm)->take_all();
    command->add_option("INPUT", choices->input, "Sweep: configs/sweeps/NAME.yaml by name, or a file")->required();
    command->callback([choices] {
        if (const int status = sweep_command(*choices); status != 0) throw CLI::RuntimeError(status);
    });
}

} // namespace heddle
