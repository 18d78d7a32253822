// The metrics of tools/metrics as the pages read them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace heddle::report {

// [{name, unit, definition, better}] of every known metric, in the order of reports.
nlohmann::json metric_list();

// "lower", "higher", or "" if neither is better in itself or the metric is not known.
std::string better(const std::string& metric);

// {metric: value} of the whole run, and of each of its kernels in order; what a run lacks is left out.
// Requires: read_run() accepted the record. Errors: UserError, if it holds something else where a number should be.
struct RecordMetrics {
    nlohmann::json total;
    std::vector<nlohmann::json> kernels;
};
RecordMetrics metrics_of_record(const nlohmann::json& record);

} // namespace heddle::report
