#include "sim/kernel/clock.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

TEST_CASE("edges of a clock lie at exact multiples of its period, rounded down") {
    const ClockDomain clock("sm", 3'000'000'000); // 333 333.3 fs
    CHECK(clock.time_of(0) == 0);
    CHECK(clock.time_of(1) == 333'333);
    CHECK(clock.time_of(2) == 666'666);
    CHECK(clock.time_of(3) == 1'000'000); // no drift
    CHECK(clock.time_of(3'000'000'000ULL * 3600) == 3600 * kFemtosecondsPerSecond);
}

TEST_CASE("the edge at or after a time is the first one not before it") {
    const ClockDomain clock("dram", 1'593'000'000);
    for (Cycle cycle : {0ULL, 1ULL, 2ULL, 7ULL, 1000ULL, 123456789ULL}) {
        const Time at = clock.time_of(cycle);
        CHECK(clock.edge_at_or_after(at) == cycle);
        CHECK(clock.edge_at_or_after(at + 1) == cycle + 1);
        if (at != 0) CHECK(clock.edge_at_or_after(at - 1) == cycle);
    }
    CHECK(clock.edge_at_or_after(kNoTime) == kNever);
}

TEST_CASE("a frequency change keeps earlier edges and starts a new period at an edge") {
    ClockDomain clock("sm", 1'000'000'000);
    clock.set_frequency(2'000'000'000, 10'500'000); // between edges 10 and 11
    CHECK(clock.time_of(10) == 10'000'000);
    CHECK(clock.time_of(11) == 11'000'000);
    CHECK(clock.time_of(12) == 11'500'000);
    CHECK(clock.edge_at_or_after(11'000'001) == 12);
    CHECK(clock.edge_at_or_after(9'999'999) == 10);
    clock.set_frequency(1'000'000'000, 10'500'000); // changed again before it took effect, and back
    CHECK(clock.time_of(12) == 12'000'000);
    clock.set_frequency(2'000'000'000, 10'500'000);
    CHECK(clock.time_of(10) == 10'000'000);
    CHECK(clock.time_of(12) == 11'500'000);
    clock.set_frequency(500'000'000, 12'000'000);
    CHECK(clock.time_of(13) == 12'000'000);
    CHECK(clock.time_of(14) == 14'000'000);
    CHECK(clock.frequency() == 500'000'000);
}

TEST_CASE("a length in cycles, added to any edge, leads to exactly that many edges later") {
    const ClockDomain clock("l2", 1'755'000'000);
    CHECK(clock.duration_of(1) == 569'800);
    for (Cycle start : {0ULL, 1ULL, 2ULL, 3ULL, 1000ULL, 123456789ULL})
        for (Cycles cycles : {1ULL, 2ULL, 3ULL, 60ULL, 997ULL})
            CHECK(clock.edge_at_or_after(clock.time_of(start) + clock.duration_of(cycles)) == start + cycles);
}
