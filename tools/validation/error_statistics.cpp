#include "tools/validation/error_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace heddle::validation {

namespace {

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Between the two nearest order statistics. Requires: not empty.
double quantile(std::vector<double> values, double q) {
    std::sort(values.begin(), values.end());
    const double place = q * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, values.size() - 1);
    return values[low] + (place - static_cast<double>(low)) * (values[high] - values[low]);
}

std::optional<double> pearson(const std::vector<double>& x, const std::vector<double>& y) {
    if (x.size() < 3) return std::nullopt;
    const double mean_x = mean(x), mean_y = mean(y);
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    if (xx <= 0 || yy <= 0) return std::nullopt;
    return std::clamp(xy / std::sqrt(xx * yy), -1.0, 1.0);
}

// Ranks from 1; equal values share the mean of their ranks.
std::vector<double> ranks(const std::vector<double>& values) {
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> result(values.size());
    for (std::size_t i = 0; i < order.size();) {
        std::size_t end = i;
        while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
        for (std::size_t k = i; k < end; ++k) result[order[k]] = static_cast<double>(i + end + 1) / 2;
        i = end;
    }
    return result;
}

// SplitMix64: small, and the same everywhere.
class Random {
  public:
    std::size_t below(std::size_t bound) {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<std::size_t>((z ^ (z >> 31)) % bound);
    }

  private:
    std::uint64_t state_ = 20240229;
};

Interval middle_95(const std::vector<double>& values) { return {quantile(values, 0.025), quantile(values, 0.975)}; }

struct Columns {
    std::vector<double> absolute, log_measured, log_simulated;
    bool positive = true;
};

void bootstrap(const Columns& c, std::size_t resamples, ErrorStatistics& s) {
    const std::size_t n = c.absolute.size();
    Random random;
    std::vector<double> mapes, correlations, x(n), y(n);
    for (std::size_t sample = 0; sample < resamples; ++sample) {
        double sum = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const std::size_t pick = random.below(n);
            sum += c.absolute[pick];
            if (c.positive) {
                x[i] = c.log_measured[pick];
                y[i] = c.log_simulated[pick];
            }
        }
        mapes.push_back(sum / static_cast<double>(n));
        if (!c.positive) continue;
        if (const auto r = pearson(x, y)) correlations.push_back(*r);
    }
    if (!mapes.empty()) s.mape_interval = middle_95(mapes);
    if (s.pearson_log && !correlations.empty()) s.pearson_log_interval = middle_95(correlations);
}

} // namespace

ErrorStatistics error_statistics(const std::vector<Pair>& pairs, std::size_t resamples) {
    ErrorStatistics s;
    s.count = pairs.size();
    if (pairs.empty()) return s;
    Columns c;
    std::vector<double> measured, simulated, signed_errors;
    for (const Pair& p : pairs) {
        measured.push_back(p.measured);
        simulated.push_back(p.simulated);
        signed_errors.push_back(p.error_percent());
        c.absolute.push_back(std::abs(p.error_percent()));
        c.positive = c.positive && p.measured > 0 && p.simulated > 0;
    }
    s.mape = mean(c.absolute);
    s.median = quantile(c.absolute, 0.5);
    s.p90 = quantile(c.absolute, 0.9);
    s.worst_index = static_cast<std::size_t>(std::max_element(c.absolute.begin(), c.absolute.end()) - c.absolute.begin());
    s.worst = signed_errors[s.worst_index];
    s.bias = mean(signed_errors);
    s.pearson = pearson(measured, simulated);
    s.spearman = pearson(ranks(measured), ranks(simulated));
    if (c.positive) {
        std::vector<double> ratios;
        for (const Pair& p : pairs) {
            c.log_measured.push_back(std::log(p.measured));
            c.log_simulated.push_back(std::log(p.simulated));
            ratios.push_back(c.log_simulated.back() - c.log_measured.back());
        }
        s.ratio = std::exp(mean(ratios));
        s.pearson_log = pearson(c.log_measured, c.log_simulated);
    }
    bootstrap(c, resamples, s);
    return s;
}

} // namespace heddle::validation
