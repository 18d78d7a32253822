#include "tools/sweep/instruction_cost.hpp"

#include "frontend/recipe/recipe.hpp"
#include "tools/common/read_file.hpp"
#include "tools/validation/job_pool.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fmt/format.h>
#include <string_view>
#include <unistd.h>

namespace heddle::sweep {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double kSecondsPerInstruction = 0.5e-6, kMoreForMemory = 2e-6, kMoreForMatrix = 2e-6;

bool reaches_memory(std::string_view opcode) {
    const std::string_view stem = opcode.substr(0, opcode.find('.'));
    static constexpr std::string_view kMemory[] = {"LD", "ST", "LDG", "STG", "LDL", "STL", "LDGSTS", "ATOM", "ATOMG", "RED", "REDG", "TEX", "TLD", "TLD4", "SULD", "SUST", "UBLKCP", "UTMALDG"};
    return std::find(std::begin(kMemory), std::end(kMemory), stem) != std::end(kMemory);
}

// {"LDG.E": {"warp": 3, "thread": 96}} or {"LDG": 3}.
double weigh(const Json& opcodes) {
    double seconds = 0;
    for (const auto& [opcode, count] : opcodes.items()) {
        const Json& warps = count.is_object() && count.contains("warp") ? count["warp"] : count;
        if (!warps.is_number()) continue;
        const double each = kSecondsPerInstruction + (reaches_memory(opcode) ? kMoreForMemory : 0) + (opcode.find("MMA") != std::string::npos ? kMoreForMatrix : 0);
        seconds += each * warps.get<double>();
    }
    return seconds;
}

// A folder that goes with it.
class Scratch {
  public:
    Scratch() {
        std::error_code error;
        std::string name = (fs::temp_directory_path(error) / "heddle-sweep-XXXXXX").string();
        if (!error && mkdtemp(name.data()) != nullptr) path_ = name;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        if (!path_.empty()) fs::remove_all(path_, ignored);
    }
    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

} // namespace

std::optional<double> rough_seconds(const std::string& text) {
    const auto begin = text.find('{');
    if (begin == std::string::npos) return std::nullopt;
    const Json json = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), nullptr, false);
    if (!json.is_object()) return std::nullopt;
    if (json.contains("opcodes")) return weigh(json["opcodes"]);
    if (!json.contains("kernels") || !json["kernels"].is_array()) return std::nullopt;
    double seconds = 0;
    for (const Json& kernel : json["kernels"])
        if (kernel.is_object() && kernel.contains("opcodes")) seconds += weigh(kernel["opcodes"]);
    return seconds;
}

void count_instructions(CostModel& costs, const Plan& plan, const std::vector<const PlanRun*>& runs, const fs::path& heddle,
                        std::size_t jobs, double seconds, const std::function<bool()>& stop) {
    const Scratch scratch;
    if (scratch.path().empty()) return;
    std::vector<validation::Job> list;
    std::vector<std::string> workloads;
    for (const PlanRun* run : runs) {
        const SweepWorkload& workload = plan.sweep.workloads[run->workload];
        if (workload.program || costs.knows(workload.name) || std::find(workloads.begin(), workloads.end(), workload.name) != workloads.end()) continue;
        const fs::path place = scratch.path() / std::to_string(list.size());
        validation::Job job{{heddle.string()}, place.string() + ".log", seconds};
        std::error_code ignored;
        if (!(fs::is_regular_file(workload.input.front(), ignored) && recipe::is_recipe(workload.input.front()))) {
            job.command.insert(job.command.end(), {"trace", "info", "--json", workload.input.front()});
        } else {
            const Point& point = plan.points[run->point];
            job.command.insert(job.command.end(), {"run", "--functional", "--quiet", "--gpu", point.gpu, "--out", place.string()});
            for (const std::string& words : point.overrides) job.command.insert(job.command.end(), {"--set", words});
            job.command.push_back(workload.input.front());
        }
        list.push_back(std::move(job));
        workloads.push_back(workload.name);
    }
    if (list.empty()) return;
    const auto begin = std::chrono::steady_clock::now();
    const auto enough = [&] { return (stop && stop()) || std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() > seconds; };
    validation::run_jobs(list, jobs, [&](std::size_t i, const validation::JobEnd& end) {
        if (end.status != 0) return;
        const fs::path place = scratch.path() / std::to_string(i);
        const std::string said = read_if_there(place / "run.json");
        const auto guess = rough_seconds(said.empty() ? read_if_there(list[i].output) : said);
        if (guess) costs.add_rough(workloads[i], {*guess, *guess}, kRoughFactor);
    }, enough);
}

} // namespace heddle::sweep
