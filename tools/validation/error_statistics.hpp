// How far simulated values lie from measured ones, as the figures papers quote.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace heddle::validation {

// One comparison. Requires: both finite, measured not 0.
struct Pair {
    double measured = 0;
    double simulated = 0;
    double error_percent() const { return 100 * (simulated - measured) / measured; }
};

using Interval = std::pair<double, double>;

// Nothing where a figure has no meaning: correlations need three pairs and values that differ, logarithms values above 0.
struct ErrorStatistics {
    std::size_t count = 0;
    double mape = 0;                  // mean absolute percentage error
    Interval mape_interval{0, 0};     // 95 %, by bootstrap
    double median = 0, p90 = 0;       // of absolute percentage errors; p90 by linear interpolation
    double worst = 0;                 // signed, the largest in size
    std::size_t worst_index = 0;
    double bias = 0;                  // mean signed percentage error
    std::optional<double> ratio;      // geometric mean of simulated / measured
    std::optional<double> pearson, pearson_log, spearman;
    std::optional<Interval> pearson_log_interval; // 95 %, by bootstrap
};

// `resamples` bootstrap samples with a fixed seed: the same pairs give the same figures everywhere.
ErrorStatistics error_statistics(const std::vector<Pair>& pairs, std::size_t resamples = 2000);

} // namespace heddle::validation
