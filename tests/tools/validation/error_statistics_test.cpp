#include "tools/validation/error_statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace heddle::validation;

TEST_CASE("Figures of four pairs, by hand", "[validation]") {
    // errors +10, -20, 0, +40 %
    const std::vector<Pair> pairs = {{100, 110}, {100, 80}, {50, 50}, {10, 14}};
    const ErrorStatistics s = error_statistics(pairs);
    CHECK(s.count == 4);
    CHECK(s.mape == Approx(17.5));
    CHECK(s.median == Approx(15));
    CHECK(s.p90 == Approx(34)); // 0.7 of the way from 20 to 40
    CHECK(s.worst == Approx(40));
    CHECK(s.worst_index == 3);
    CHECK(s.bias == Approx(7.5));
    CHECK(*s.ratio == Approx(std::pow(1.1 * 0.8 * 1.0 * 1.4, 0.25)));
    CHECK(s.mape_interval.first >= 0);
    CHECK(s.mape_interval.first <= s.mape);
    CHECK(s.mape_interval.second >= s.mape);
    CHECK(s.mape_interval.second <= 40);
}

TEST_CASE("Correlations", "[validation]") {
    const ErrorStatistics line = error_statistics({{1, 2}, {2, 4}, {3, 6}, {4, 8}});
    CHECK(*line.pearson == Approx(1));
    CHECK(*line.pearson_log == Approx(1));
    CHECK(*line.spearman == Approx(1));
    // y = x^3: ranks agree, logarithms too, values less so.
    const ErrorStatistics cube = error_statistics({{1, 1}, {2, 8}, {3, 27}, {4, 64}});
    CHECK(*cube.spearman == Approx(1));
    CHECK(*cube.pearson_log == Approx(1));
    CHECK(*cube.pearson == Approx(0.9513).epsilon(0.001));
    const ErrorStatistics ties = error_statistics({{1, 5}, {1, 6}, {2, 7}});
    CHECK(*ties.spearman == Approx(0.866).epsilon(0.001));
}

TEST_CASE("Where a figure has no meaning there is none", "[validation]") {
    CHECK(error_statistics({}).count == 0);
    const ErrorStatistics two = error_statistics({{1, 1}, {2, 2}});
    CHECK_FALSE(two.pearson);
    CHECK_FALSE(two.spearman);
    CHECK(two.ratio);
    const ErrorStatistics same = error_statistics({{5, 1}, {5, 2}, {5, 3}});
    CHECK_FALSE(same.pearson);
    const ErrorStatistics negative = error_statistics({{5, 0}, {5, 2}, {6, 3}});
    CHECK_FALSE(negative.ratio);
    CHECK_FALSE(negative.pearson_log);
}

TEST_CASE("The bootstrap gives the same interval every time", "[validation]") {
    std::vector<Pair> pairs;
    for (int i = 1; i <= 30; ++i) pairs.push_back({double(i), i * (1 + 0.01 * (i % 7))});
    const ErrorStatistics a = error_statistics(pairs), b = error_statistics(pairs);
    CHECK(a.mape_interval == b.mape_interval);
    CHECK(a.pearson_log_interval == b.pearson_log_interval);
    CHECK(a.mape_interval.first < a.mape);
    CHECK(a.mape_interval.second > a.mape);
}
