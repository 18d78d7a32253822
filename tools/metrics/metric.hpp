// Named metrics: every derived number of a run that reports, sweeps and people use, each with unit, definition and formula.
//
// A metric is a formula over run.json, so what is printed as its definition is what is computed. A metric is absent where
// the run lacks an input (no counter of that name, no energy model) or where it would be a ratio of nothing.
//
// Names in formulas, looked for in this order:
//   1. members of the kernel or of `total`, by dotted path: `cycles`, `stalls.issued`, `block.0`
//   2. `gpu.…`: a counter of the kernel or of `total`
//   3. `kernels.count`, `kernels.time_ns`, `kernels.busy_ns` (run only): launches, the sum of their times, time with any running
//   4. members of the run: `peaks.sms`; `config.PATH`: the number a configuration value begins with
//   5. other metrics
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::metrics {

enum class Scope : std::uint8_t { Run, Kernel, Both };
enum class Better : std::uint8_t { Neither, Higher, Lower };
const char* name(Scope scope);   // "run", "kernel", "both"
const char* name(Better better); // "", "higher", "lower"

struct Metric {
    std::string name;       // snake_case, Nsight Compute's words where it has them
    std::string unit;       // "us", "%", "GB/s", "" for a pure number
    Scope scope = Scope::Both;
    Better better = Better::Neither;
    std::string definition; // one sentence
    std::string formula;
};

// All metrics, in the order of reports; names are unique.
const std::vector<Metric>& metric_table();
// The metric of that name, or nullptr.
const Metric* find_metric(std::string_view name);
// The known name nearest to `name`, in words for an error message; empty if nothing is near.
std::string suggest_metric(std::string_view name);

// Values by position in metric_table().
using Values = std::vector<std::optional<double>>;
struct RunValues {
    Values total;                // of the whole run
    std::vector<Values> kernels; // in the order of run.json
};
// Requires: `run` is a parsed run.json of the timing model. Errors: UserError if it has no kernels or no total.
RunValues evaluate(const nlohmann::json& run);

// The value of one metric by name; nothing if absent. Requires: the metric exists.
std::optional<double> value(const Values& values, std::string_view metric);

// {name: value} of the values that are there, in the order of the table.
nlohmann::ordered_json to_json(const Values& values);

// What `heddle explain` prints about a metric.
std::string explain(const Metric& metric);
// tools/metrics/METRICS.md: all metrics as Markdown.
std::string reference();

} // namespace heddle::metrics
