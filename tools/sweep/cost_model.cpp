#include "tools/sweep/cost_model.hpp"

#include "tools/common/read_file.hpp"
#include "tools/sweep/execute.hpp"
#include "tools/sweep/plan_file.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/ranges.h>
#include <fstream>
#include <queue>
#include <set>

namespace heddle::sweep {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostSamples = 100;    // of a workload
constexpr std::size_t kMostEvaluated = 1000; // runs of an estimate; of more, so many spread evenly
constexpr double kNearness = 0.1;            // added to a distance, so that an equal configuration does not count alone
constexpr double kStartSeconds = 0.05;       // of a process, beside what it counts itself (measured)
constexpr double kLeastFactor = 1.5;         // other work comes and goes on a machine
constexpr double kUnknownFactor = 2;         // one finished run says nothing about the spread

double distance(const std::optional<NamedValue>& a, const std::optional<NamedValue>& b) {
    if (!a || !b) return 1;
    const auto* x = std::get_if<double>(&*a);
    const auto* y = std::get_if<double>(&*b);
    if (x && y && *x > 0 && *y > 0) return std::abs(std::log2(*x / *y));
    return *a == *b ? 0 : 1;
}

std::optional<NamedValue> value_of(const nlohmann::json& json) {
    if (json.is_number()) return json.get<double>();
    if (json.is_string()) return json.get<std::string>();
    return std::nullopt;
}

// Seconds of all runs one after the other in `lanes` lanes, each taking the next when it is free.
double makespan(const std::vector<double>& seconds, std::size_t lanes) {
    std::priority_queue<double, std::vector<double>, std::greater<>> free;
    for (std::size_t i = 0; i < std::max<std::size_t>(lanes, 1); ++i) free.push(0);
    double end = 0;
    for (const double s : seconds) {
        const double done = free.top() + s;
        free.pop();
        free.push(done);
        end = std::max(end, done);
    }
    return end;
}

} // namespace

void CostModel::add(const std::string& workload, std::vector<std::optional<NamedValue>> axes, HostTime time) {
    if (!(time.wall > 0)) return;
    Workload& w = workloads_[workload];
    const Sample sample{std::move(axes), time};
    if (w.samples.size() < kMostSamples) w.samples.push_back(sample);
    else w.samples[w.seen * 7919 % kMostSamples] = sample; // an even share of all that came
    ++w.seen;
}

void CostModel::add_rough(const std::string& workload, HostTime time, double factor) {
    Workload& w = workloads_[workload];
    w.rough = time;
    w.rough_factor = factor;
}

bool CostModel::knows(const std::string& workload) const { return workloads_.contains(workload); }

std::size_t CostModel::finished(const std::string& workload) const {
    const auto at = workloads_.find(workload);
    return at == workloads_.end() ? 0 : at->second.seen;
}

HostTime CostModel::mean(const Workload& workload, const std::vector<std::optional<NamedValue>>& axes, const Sample* without) {
    double weights = 0;
    HostTime sum;
    for (const Sample& s : workload.samples) {
        if (&s == without) continue;
        double far = kNearness;
        for (std::size_t a = 0; a < std::min(axes.size(), s.axes.size()); ++a) far += distance(axes[a], s.axes[a]);
        const double weight = 1 / (far * far);
        weights += weight;
        sum.wall += weight * s.time.wall;
        sum.cpu += weight * s.time.cpu;
    }
    return {sum.wall / weights, sum.cpu / weights};
}

double CostModel::spread(const Workload& workload) {
    if (workload.samples.size() < 2) return kUnknownFactor;
    double squares = 0;
    for (const Sample& s : workload.samples) squares += std::pow(std::log(mean(workload, s.axes, &s).wall / s.time.wall), 2);
    return std::max(kLeastFactor, std::exp(std::sqrt(squares / static_cast<double>(workload.samples.size()))));
}

std::optional<RunCost> CostModel::cost(const std::string& workload, const std::vector<NamedValue>& axes) const {
    const auto at = workloads_.find(workload);
    if (at == workloads_.end()) return std::nullopt;
    if (at->second.samples.empty()) return RunCost{at->second.rough, at->second.rough_factor, true};
    return RunCost{mean(at->second, {axes.begin(), axes.end()}, nullptr), spread(at->second), false};
}

std::optional<HostTime> host_time(const fs::path& run_json) {
    const std::string text = read_if_there(run_json);
    const auto number = [&](const char* key) { // `host` stands near the end
        const auto at = text.rfind(fmt::format("\"{}\":", key));
        return at == std::string::npos ? 0.0 : std::strtod(text.c_str() + text.find(':', at) + 1, nullptr);
    };
    const HostTime time{number("wall_seconds"), number("cpu_seconds")};
    return time.wall > 0 && time.wall < 1e9 && time.cpu >= 0 && time.cpu < 1e9 ? std::optional(time) : std::nullopt;
}

CostModel learn(const Plan& plan, const fs::path& out) {
    CostModel costs;
    std::set<std::string> seen;
    const auto add = [&](const std::string& key, const std::string& workload, std::vector<std::optional<NamedValue>> axes) {
        if (!seen.insert(key).second || costs.finished(workload) >= kMostSamples || state_of(out, key) != RunState::Ok) return;
        if (const auto time = host_time(result_folder(out, key) / "run.json")) costs.add(workload, std::move(axes), *time);
    };
    for (const PlanRun& run : plan.runs) {
        const Point& point = plan.points[run.point];
        add(run.key, plan.sweep.workloads[run.workload].name, {point.axes.begin(), point.axes.end()});
    }
    std::error_code ignored;
    if (!fs::exists(out / "plan.json", ignored)) return costs;
    try {
        const PlanFile before = read_plan(out);
        for (const PlannedRun& run : before.runs) {
            std::vector<std::optional<NamedValue>> axes;
            for (const PlanAxis& axis : plan.axes) {
                const auto at = std::find_if(before.axes.begin(), before.axes.end(), [&](const PlannedAxis& a) { return a.name == axis.name; });
                axes.push_back(at == before.axes.end() ? std::nullopt : value_of(run.axes[static_cast<std::size_t>(at - before.axes.begin())]));
            }
            add(run.key, run.workload, std::move(axes));
        }
    } catch (const UserError&) { // whoever executes or collects says so
    }
    return costs;
}

Estimate estimate(const Plan& plan, const std::vector<const PlanRun*>& runs, const CostModel& costs, std::size_t jobs, std::size_t cores) {
    Estimate result;
    std::set<std::size_t> named;
    for (const PlanRun* run : runs) {
        if (!named.insert(run->workload).second) continue;
        const std::string& workload = plan.sweep.workloads[run->workload].name;
        const std::size_t finished = costs.finished(workload);
        (finished != 0 ? result.from_runs : costs.knows(workload) ? result.rough : result.unknown).push_back(workload);
        result.finished += finished;
    }
    const std::size_t stride = runs.size() / kMostEvaluated + 1;
    std::vector<double> walls;
    double wall = 0, cpu = 0, low = 0, high = 0;
    for (std::size_t i = 0; i < runs.size(); i += stride) {
        const auto cost = costs.cost(plan.sweep.workloads[runs[i]->workload].name, plan.points[runs[i]->point].axes);
        if (!cost) continue;
        // Finished runs have their governors' trials in them.
        const double trials = cost->rough ? plan.points[runs[i]->point].simulations : 1;
        const double seconds = trials * cost->time.wall + kStartSeconds;
        walls.push_back(seconds);
        wall += seconds;
        cpu += trials * cost->time.cpu + kStartSeconds;
        low += seconds / cost->factor;
        high += seconds * cost->factor;
    }
    if (walls.empty()) return result;
    if (stride == 1) {
        result.likely = std::max(makespan(walls, jobs), cpu / static_cast<double>(std::max<std::size_t>(cores, 1)));
    } else {
        const double lanes = static_cast<double>(std::max<std::size_t>(jobs, 1)), all = static_cast<double>(runs.size()) / static_cast<double>(walls.size());
        result.likely = all * std::max(wall / lanes, cpu / static_cast<double>(std::max<std::size_t>(cores, 1)));
    }
    result.low = result.likely * low / wall;
    result.high = result.likely * high / wall;
    return result;
}

std::string duration_text(double seconds) {
    const double whole = std::floor(seconds + 0.5);
    if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
    if (whole < 60) return fmt::format("{:.0f} s", whole);
    if (whole >= 48 * 3600.0) return fmt::format("{:.0f} days", whole / 86400);
    const auto s = static_cast<long>(whole);
    return s < 3600 ? fmt::format("{}:{:02} min", s / 60, s % 60) : fmt::format("{}:{:02} h", s / 3600, s / 60 % 60);
}

std::string estimate_text(const Estimate& e, std::size_t jobs) {
    std::vector<std::string> basis;
    if (!e.from_runs.empty()) {
        std::string part = fmt::format("from {} finished run{}", e.finished, e.finished == 1 ? "" : "s");
        if (!e.rough.empty() || !e.unknown.empty()) part += fmt::format(" of {}", fmt::join(e.from_runs, ", "));
        basis.push_back(part);
    }
    if (!e.rough.empty())
        basis.push_back(e.from_runs.empty() && e.unknown.empty() ? "rough: from instructions executed and a table of rates" : fmt::format("rough for {}: from instructions executed and a table of rates", fmt::join(e.rough, ", ")));
    if (e.from_runs.empty() && e.rough.empty()) return fmt::format("nothing is known yet about the time of {}", fmt::join(e.unknown, ", "));
    std::string text = fmt::format("about {} with {} job{} ({} to {}), {}", duration_text(e.likely), jobs, jobs == 1 ? "" : "s", duration_text(e.low), duration_text(e.high), fmt::join(basis, "; "));
    if (!e.unknown.empty()) text += fmt::format("; and {}, about which nothing is known yet", fmt::join(e.unknown, ", "));
    return text;
}

} // namespace heddle::sweep
