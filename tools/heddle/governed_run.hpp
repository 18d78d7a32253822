// Runs a workload at the SM clock at which its governor lets it settle (sim/power/governor_config.hpp).
#pragma once

#include "sim/gpu/gpu_config.hpp"
#include "sim/gpu/run_record.hpp"

#include <functional>
#include <optional>

namespace heddle {

// Runs it as it is if no governor is to settle. Else runs it at one clock after another, and returns the record of the one chosen with
// `clock_choice` filled in. `run` simulates the workload from its start on that GPU.
RunRecord run_governed(const GpuConfig& config, const std::function<RunRecord(const GpuConfig&)>& run);

// The same for runs that leave their records elsewhere: `run` returns what they took, or nothing if it failed, which ends the search.
// `keep` is told after each run whether it is the one chosen so far. Returns the choice, or nothing without a governor or after a failure.
std::optional<ClockChoice> settle_clock(const GpuConfig& config, const std::function<std::optional<ClockTrial>(Hertz)>& run, const std::function<void(bool chosen)>& keep);

} // namespace heddle
