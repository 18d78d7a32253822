// A rough guess of what simulating a workload costs, before any of its runs is done: its instructions are executed without timing (of a
// trace, counted) by `heddle` processes, and weighed by a table of host time per warp instruction.
//
// The table, on one core of an AMD EPYC (Zen 5) virtual machine: 0.5 us each, 2 us more for accesses to memory outside the SM, 2 us more
// for matrix instructions. 17 of 20 of 1100 runs of microbenchmarks and shipped kernels took within a factor of 3 of it; chains of
// dependent loads, in which a nearly empty GPU waits, take up to 20 times longer.
#pragma once

#include "tools/sweep/cost_model.hpp"

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace heddle::sweep {

inline constexpr double kRoughFactor = 3;

// Seconds, from what `heddle run --functional --json` or `heddle trace info --json` say. Nothing if the text is neither.
std::optional<double> rough_seconds(const std::string& json);

// Adds a rough cost for each recipe and trace of `runs` that `costs` knows nothing about, all launches counted. Those that have not ended
// after `seconds` in all stay unknown, and programs, which are not started behind the user's back. Nothing is written where the sweep lies. `stop` ends it early.
void count_instructions(CostModel& costs, const Plan& plan, const std::vector<const PlanRun*>& runs, const std::filesystem::path& heddle,
                        std::size_t jobs, double seconds, const std::function<bool()>& stop = {});

} // namespace heddle::sweep
