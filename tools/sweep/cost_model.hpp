// How long the runs of a sweep take on this machine, learnt from runs that are done, and how long those that are left will take.
//
// A run that is not there is taken to last as the finished runs of the same workload, those with the most similar axes counting most
// (weights fall with the square of the distance: of numbers their ratio, of names 1). A workload without a finished run may be given a
// rough cost (instruction_cost.hpp). The spread of an estimate is what estimating each finished run by the others was off by.
// Not modelled: what else the machine does meanwhile; the times that are learnt contain it as it was then.
#pragma once

#include "tools/sweep/plan.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heddle::sweep {

struct HostTime { // of one simulation, seconds
    double wall = 0, cpu = 0;
};

struct RunCost {
    HostTime time;
    double factor = 1; // the true one is likely within time / factor and time * factor
    bool rough = false;
};

class CostModel {
  public:
    // `axes` in the order of Plan::axes; one that is unknown is of its own kind.
    void add(const std::string& workload, std::vector<std::optional<NamedValue>> axes, HostTime time);
    // For a workload without finished runs.
    void add_rough(const std::string& workload, HostTime time, double factor);

    bool knows(const std::string& workload) const;
    std::size_t finished(const std::string& workload) const;
    // Nothing if nothing is known about the workload.
    std::optional<RunCost> cost(const std::string& workload, const std::vector<NamedValue>& axes) const;

  private:
    struct Sample {
        std::vector<std::optional<NamedValue>> axes;
        HostTime time;
    };
    struct Workload {
        std::vector<Sample> samples;
        std::size_t seen = 0; // samples and those that were let go
        HostTime rough;
        double rough_factor = 0;
    };
    static HostTime mean(const Workload& workload, const std::vector<std::optional<NamedValue>>& axes, const Sample* without);
    static double spread(const Workload& workload);

    std::map<std::string, Workload> workloads_;
};

// What the finished runs in OUT took: those of this plan, and those of the plan that was made there before (an earlier build, other axes).
CostModel learn(const Plan& plan, const std::filesystem::path& out);

// Of one run.json: {wall_seconds, cpu_seconds} of its member host. Nothing if it cannot be read.
std::optional<HostTime> host_time(const std::filesystem::path& run_json);

struct Estimate { // seconds from now to the end
    double likely = 0, low = 0, high = 0;
    std::vector<std::string> from_runs, rough, unknown; // workloads by what is known of them, in the order of the plan
    std::size_t finished = 0;                           // runs learnt from
};

// For these runs, `jobs` at a time on `cores` cores. Runs of unknown workloads are left out and named.
Estimate estimate(const Plan& plan, const std::vector<const PlanRun*>& runs, const CostModel& costs, std::size_t jobs, std::size_t cores);

// "about 1:30 min with 2 jobs (50 s to 2:40 min), from 12 finished runs".
std::string estimate_text(const Estimate& estimate, std::size_t jobs);
// "42 s", "1:30 min", "2:05 h", "3 days".
std::string duration_text(double seconds);

} // namespace heddle::sweep
