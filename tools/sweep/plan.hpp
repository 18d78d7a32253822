// A sweep written out: every configuration, every run, and the key each run's result is stored under.
#pragma once

#include "tools/sweep/sweep_file.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle::sweep {

struct Point {
    std::size_t number = 0; // from 1; the same number: the same configuration
    bool is_base = false;
    std::string gpu;
    std::vector<NamedValue> axes;       // in the order of Plan::axes
    std::vector<std::string> overrides; // path=value
    std::string hash;                   // of the whole configuration
    double simulations = 1;             // that a governor is likely to make in one run
};

struct PlanRun {
    std::size_t run = 0; // from 1
    std::string key;     // 32 hexadecimal digits
    std::size_t workload = 0;
    std::uint64_t seed = 0;
    std::size_t point = 0;            // place in Plan::points
    std::vector<std::string> command; // words after `heddle`
    double timeout_seconds = 0;
};

struct PlanAxis {
    std::string name, label, unit, key;
    bool number = false;
    NamedValue base_value;
};

struct Plan {
    SweepFile sweep;
    std::string heddle_version;
    std::vector<PlanAxis> axes;
    std::vector<Point> points;
    std::vector<PlanRun> runs;
};

struct PlanOptions {
    GpuReader gpus;
    std::string heddle_version;
    std::string build; // which program simulates: part of every key
};

// Points in the order of sampling, and for each its workloads. The key of a run is made of the program, the whole configuration, the
// bytes of the workload with all files it names, the options that change what is in run.json, and the seed; so nothing else, neither
// the sweep's name nor its axes, decides whether a result is there already.
// Errors: UserError with a finding for each point whose configuration is impossible and each workload that cannot be read.
Plan make_plan(SweepFile sweep, const PlanOptions& options);

// What a workload is: one digest over its bytes, code, inputs and, for a program, its arguments. Errors: UserError.
std::string workload_digest(const SweepWorkload& workload);

// OUT/plan.json, the same bytes for the same plan.
nlohmann::ordered_json plan_json(const Plan& plan);

} // namespace heddle::sweep
