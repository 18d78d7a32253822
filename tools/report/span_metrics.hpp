// Temporary: metrics of a span from the ratios of run.json, until tools/metrics is there.
#pragma once
#include <nlohmann/json.hpp>
namespace heddle::report {
nlohmann::json metric_list();
nlohmann::json span_metrics(const nlohmann::json& part, const nlohmann::json& peaks);
}
