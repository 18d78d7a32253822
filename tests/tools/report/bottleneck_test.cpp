#include "tools/report/bottleneck.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using report::Bottleneck;
using Json = nlohmann::json;

TEST_CASE("a unit above the limit bounds the time") {
    const Bottleneck found = report::bottleneck({{"dram_utilization_percent", 88.0},
                                                 {"pipe_fma_utilization_percent", 61.0},
                                                 {"stall_long_scoreboard_percent", 70.0},
                                                 {"stall_wait_percent", 5.0}});
    CHECK(found.kind == Bottleneck::Kind::Unit);
    CHECK(found.name() == "DRAM bandwidth");
    CHECK(found.text() == "Bound by DRAM bandwidth: 88.0 % of its peak. The largest part of the other issue slots went to Long Scoreboard "
                          "(70.0 %: waiting for loads from global, local or texture memory).");
}

TEST_CASE("both sides of the limit") {
    CHECK(report::bottleneck({{"l2_utilization_percent", 59.99}}).kind == Bottleneck::Kind::Latency);
    CHECK(report::bottleneck({{"l2_utilization_percent", 60.0}}).kind == Bottleneck::Kind::Unit);
}

TEST_CASE("where all units are idle the largest stall is named") {
    const Bottleneck found = report::bottleneck({{"issue_active_percent", 12.4},
                                                 {"dram_utilization_percent", 0.4},
                                                 {"stall_barrier_percent", 5.0},
                                                 {"stall_mio_throttle_percent", 30.0},
                                                 {"stall_none_percent", nullptr}});
    CHECK(found.kind == Bottleneck::Kind::Latency);
    CHECK(found.stall == "mio_throttle");
    CHECK(found.name() == "MIO Throttle latency");
    CHECK(found.text().find("the highest is instruction issue with 12.4 %") != std::string::npos);
}

TEST_CASE("idle SMs are mentioned") {
    const auto said = [](double active) {
        return report::bottleneck({{"dram_utilization_percent", 10.0}, {"sm_active_percent", active}}).text();
    };
    CHECK(said(45.8).ends_with(" SMs had work in 45.8 % of their cycles only: more CTAs, or more even ones, would help."));
    CHECK(said(80.0).find("SMs had work") == std::string::npos);
}

TEST_CASE("without metrics nothing is claimed") {
    for (const Json& metrics : {Json(), Json::object(), Json{{"dram_utilization_percent", nullptr}}, Json{{"stall_wait_percent", 3.0}}}) {
        const Bottleneck found = report::bottleneck(metrics);
        CHECK(found.kind == Bottleneck::Kind::Unknown);
        CHECK(found.name() == "unknown");
    }
}
