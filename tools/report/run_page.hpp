// The data of a page about one run, or two runs side by side.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle::report {

struct NamedRun {
    std::string file;      // as the reader of the page knows it
    nlohmann::json record; // read_run()
};

// What keeps a page small. Kernels beyond the longest are counted but not shown.
struct RunPageOptions {
    std::size_t max_kernels = 400;
    std::size_t max_hot_kernels = 40; // whose hottest instructions are shown
    std::size_t max_hot_rows = 60;
    std::size_t max_intervals = 2000;   // of time series
    std::size_t max_sm_intervals = 300; // of the map of SMs over time
};

// What the page's script reads (tools/report/web/src/run_page.js):
//   kind "run"; title; metrics [{name, unit, definition, better}]
//   runs [{file, gpu, workload, hashes, overrides, total, kernels, left_out, time_series, unmodelled, ...}]
//   pairs [[kernel of the first, kernel of the second]]: the same name for the same time, for two runs
//   config [[key, value of the first, value of the second]]
// total and each kernel: name, launch, metrics m, slots (issue slots, fractions), states (of warps), pipes (warp
// instructions), traffic (traffic.hpp), limits (occupancy_limits.hpp), hot (samples.hpp, if the run counted by instruction).
// Requires: one or two runs.
nlohmann::json run_page(const std::vector<NamedRun>& runs, const RunPageOptions& options = {});

} // namespace heddle::report
