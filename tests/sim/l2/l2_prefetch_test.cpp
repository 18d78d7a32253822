#include "tests/sim/l2/l2_bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

L2Config next_line() {
    L2Config config{.size = 64 * kKiB};
    config.prefetcher.policy = PrefetchPolicy::NextLine;
    return config;
}

} // namespace

TEST_CASE("A slice prefetches the next line of its own sequence: a later read hits, or waits for what is on its way") {
    L2Bench b({.config = next_line()});
    const L2Config config = next_line();
    b.ask(10, read(0, 15, 1));
    b.ask(30, read(kLineBytes, 15, 2));      // on its way since 11
    b.ask(1000, read(2 * kLineBytes, 3, 3)); // there since long: asked for when line 1 was demanded
    b.bench.run(2000);
    REQUIRE(b.sink(0).taken.size() == 3);
    const Cycles below = config.miss_latency + b.kDram + b.dram().latency + b.kDram;
    REQUIRE(b.sent(0) == 10 + below + 1 + config.fill_latency);
    REQUIRE(b.sent(1) == 11 + below + 2 + config.fill_latency); // one cycle later, and behind the first in the data arrays
    REQUIRE(b.sent(2) == 1000 + config.hit_latency);
    const auto& stats = b.slice().prefetcher_stats();
    REQUIRE(stats.late_sectors.value() == 4);
    REQUIRE(stats.timely_sectors.value() == 2);
    REQUIRE(stats.missed_sectors.value() == 4);
    REQUIRE(stats.sectors.value() == 4 + 4 + 2); // lines 1, 2 and two sectors of 3
    REQUIRE(b.dram().read == 4 + stats.sectors.value());
    REQUIRE(b.slice().drained());
    b.slice().invalidate();
    REQUIRE(stats.unused_sectors.value() == 4); // two of line 2, two of line 3
}

TEST_CASE("A slice's prefetches leave MSHR entries to requests") {
    L2Config config = next_line();
    config.mshr_entries = 2;
    L2Bench b({.config = config});
    b.ask(10, read(0, 15, 1));
    b.bench.run(500);
    REQUIRE(b.slice().prefetcher_stats().dropped_mshr.value() == 1);
    REQUIRE(b.dram().read == 4);
}
