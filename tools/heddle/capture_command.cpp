#include "tools/heddle/capture_command.hpp"

#include "frontend/cuda/program.hpp"
#include "sim/base/error.hpp"
#include "tools/heddle/device_properties.hpp"
#include "tools/heddle/gpu_files.hpp"
#include "tools/heddle/gpu_option.hpp"
#include "tools/heddle/run_options.hpp"
#include "tools/validation/counter_map.hpp"
#include "tools/validation/job_pool.hpp"

#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

namespace heddle {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostCounted = 1'000'000;
constexpr double kCountSeconds = 3600;

struct Choices {
    std::string out, gpu, cudart, kernels = "1:16", name;
    std::vector<std::string> overrides, program;
    std::uint64_t most_bytes = 4ULL << 30;
    bool counters = false;
    std::string ncu = "ncu", cache_control = "none";
};

// The runtime that functions of programs with a runtime of their own are redirected to. Empty: the program brings a shared one.
std::string find_cudart(const std::string& chosen) {
    if (!chosen.empty()) {
        if (!fs::exists(chosen)) fail_at("--cudart", 0, 0, fmt::format("{} does not exist", chosen));
        return fs::absolute(chosen).string();
    }
    const char* const home = std::getenv("CUDA_HOME");
    for (const fs::path& folder : {fs::path(home == nullptr ? "" : home) / "lib64", fs::path("/usr/local/cuda/lib64")})
        if (std::error_code error; fs::exists(folder / "libcudart.so", error)) return fs::canonical(folder / "libcudart.so").string();
    return {};
}

void report(const fs::path& folder) {
    std::ifstream file(folder / "bundle.json");
    const auto index = nlohmann::json::parse(file, nullptr, false);
    if (index.is_discarded()) fail_at((folder / "bundle.json").string(), 0, 0, "cannot be read");
    fmt::print("{}: {} of {} on {}\n", folder.string(), index["launches"].size() == 1 ? "1 launch" : fmt::format("{} launches", index["launches"].size()),
               index["program"].get<std::string>(), index["gpu"].get<std::string>());
    for (const auto& launch : index["launches"]) fmt::print("  {}  {}\n", launch["recipe"].get<std::string>(), launch["kernel"].get<std::string>());
    for (const auto& launch : index["skipped"])
        fmt::print("  launch {} of {} was skipped: {}\n", launch["number"].get<std::uint64_t>(), launch["kernel"].get<std::string>(), launch["reason"].get<std::string>());
}

// Runs the program again under Nsight Compute, for the counters that `heddle validate` knows. What ncu said becomes counters.csv.
void count(const Choices& choices, std::uint64_t last) {
    std::string metrics;
    for (const validation::Counter& counter : validation::counter_table())
        if (std::string_view(counter.metric).find("__") != std::string_view::npos) metrics += (metrics.empty() ? "" : ",") + std::string(counter.metric);
    const fs::path said = fs::path(choices.out) / "counters.csv";
    validation::Job job;
    job.command = {choices.ncu, "--csv", "--page", "raw", "--print-units", "base", "--clock-control", "none", "--cache-control", choices.cache_control, "--metrics", metrics};
    if (last < kMostCounted) job.command.insert(job.command.end(), {"--launch-count", std::to_string(last)});
    job.command.insert(job.command.end(), choices.program.begin(), choices.program.end());
    job.output = said.string();
    job.timeout_seconds = kCountSeconds;
    const validation::JobEnd end = validation::run_jobs({job}, 1, {}).front();
    std::ifstream file(said);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    if (end.status != 0 || text.find("\"ID\"") == std::string::npos)
        fail_at("--counters", 0, 0, fmt::format("{} ended with status {} and counted nothing", choices.ncu, end.status), "see " + said.string());
    fmt::print("  counters.csv  heddle validate --gpu NAME --ncu {} -- {}\n", said.string(), fmt::join(choices.program, " "));
}

int capture(const Choices& choices) {
    const fs::path out = fs::absolute(choices.out);
    if (fs::exists(out) && !fs::is_empty(out)) fail_at("--out", 0, 0, fmt::format("{} is not empty", choices.out), "choose another folder");
    if (choices.counters && !choices.gpu.empty()) fail_at("--counters", 0, 0, "needs a real GPU", "leave --gpu out");
    if (choices.cache_control != "none" && choices.cache_control != "all") fail_at("--cache-control", 0, 0, fmt::format("\"{}\" cannot be used", choices.cache_control), "want none or all, as for ncu");
    const auto [first, last] = parse_kernels(choices.kernels);
    cuda::Inside inside;
    inside.environment = {"HEDDLE_CAPTURE=" + out.string(), "HEDDLE_CAPTURE_NAME=" + choices.name, fmt::format("HEDDLE_CAPTURE_KERNELS={}:{}", first, last),
                          fmt::format("HEDDLE_CAPTURE_BYTES={}", choices.most_bytes)};
    cuda::ProgramEnd end;
    if (!choices.gpu.empty()) {
        LoadedGpu description;
        load_gpu(description, choices.gpu, choices.overrides);
        cuda::Session session;
        session.gpu = choices.gpu;
        session.device = device_properties(description.config);
        inside.libraries = {"libheddle_capture.so"};
        const cuda::SessionFolder folder;
        end = cuda::run_program(session, choices.program, folder, inside);
    } else {
        const std::string libraries = cuda::library_folder(), cudart = find_cudart(choices.cudart);
        inside.libraries = {libraries + "/libheddle_hook.so", libraries + "/libheddle_capture.so"};
        if (!cudart.empty()) {
            inside.libraries.push_back(cudart);
            inside.library_path = fs::path(cudart).parent_path().string();
        }
        end = cuda::run_with(inside, choices.program, {});
    }
    std::error_code error;
    fs::remove(out / ".owner", error);
    if (!fs::exists(out / "bundle.json")) {
        if (end.status != 0) return end.status;
        fail_at(choices.program.front(), 0, 0, "no launch was captured", "it launches no kernel of this name and number, or uses the driver API only");
    }
    report(choices.out);
    if (choices.counters) count(choices, last);
    return end.status;
}

} // namespace

void add_capture_command(CLI::App& app) {
    auto choices = std::make_shared<Choices>();
    CLI::App* command = app.add_subcommand("capture", "Run a CUDA program on a real GPU (or an emulated one, with --gpu) and write its launches, with "
                                                      "code and memory before and after, as recipes.");
    command->add_option("--out", choices->out, "Folder for the bundle")->required()->type_name("DIR");
    add_gpu_option(*command, choices->gpu, "Run on the emulated GPU of this description instead of this machine's: a name or a file");
    add_set_option(*command, choices->overrides);
    command->add_option("--kernels", choices->kernels, "Which launches, from 1, counted among those with the name")->type_name("A:B")->capture_default_str();
    command->add_option("--name", choices->name, "Only kernels whose symbol contains this")->type_name("PART");
    command->add_option("--most-bytes", choices->most_bytes, "Skip a launch if the program holds more memory; 0: never")->capture_default_str();
    command->add_option("--cudart", choices->cudart, "The machine's libcudart.so, for programs with the runtime linked in")->type_name("FILE");
    command->add_flag("--counters", choices->counters, "Run the program again under Nsight Compute and add counters.csv, for heddle validate --ncu");
    command->add_option("--ncu", choices->ncu, "With --counters: the profiler")->type_name("PROGRAM")->capture_default_str();
    command->add_option("--cache-control", choices->cache_control, "With --counters: caches as the program leaves them, or flushed before each kernel")->type_name("none|all")->capture_default_str();
    command->add_option("PROGRAM", choices->program, "-- PROGRAM ARGUMENTS")->required();
    command->callback([choices] {
        if (const int status = capture(*choices); status != 0) throw CLI::RuntimeError(status);
    });
}

} // namespace heddle
