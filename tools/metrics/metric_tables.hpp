// The parts of metric_table() that live in files of their own.
#pragma once

#include "tools/metrics/metric.hpp"

namespace heddle::metrics {

void add_memory_metrics(std::vector<Metric>& table);
void add_cost_metrics(std::vector<Metric>& table);

} // namespace heddle::metrics
