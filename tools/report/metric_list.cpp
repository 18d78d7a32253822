#include "tools/report/metric_list.hpp"

#include "tools/metrics/metric.hpp"

namespace heddle::report {

nlohmann::json metric_list() {
    nlohmann::json list = nlohmann::json::array();
    for (const metrics::Metric& metric : metrics::metric_table())
        list.push_back(
            {{"name", metric.name}, {"unit", metric.unit}, {"definition", metric.definition}, {"better", metrics::name(metric.better)}});
    return list;
}

std::string better(const std::string& metric) {
    const metrics::Metric* known = metrics::find_metric(metric);
    return known == nullptr ? "" : metrics::name(known->better);
}

RecordMetrics metrics_of_record(const nlohmann::json& record) {
    const metrics::RunValues values = metrics::evaluate(record);
    RecordMetrics found{metrics::to_json(values.total), {}};
    for (const metrics::Values& kernel : values.kernels) found.kernels.emplace_back(metrics::to_json(kernel));
    return found;
}

} // namespace heddle::report
