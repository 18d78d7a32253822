#include <catch2/catch.hpp>

#include "sim/sm/stall.hpp"

#include <set>

using namespace heddle;

TEST_CASE("every reason has its own statistic, of the reason's name", "[stall]") {
    StallStats stats;
    REQUIRE(stats.stats().size() == kStalls);
    std::set<std::string> names;
    for (unsigned i = 0; i < kStalls; ++i) {
        const auto stall = static_cast<Stall>(i);
        stats.charge(stall, 1000 + i);
        names.insert(name(stall));
        CHECK(std::string(stats.stats()[i]->name()) == name(stall));
    }
    CHECK(names.size() == kStalls);
    for (unsigned i = 0; i < kStalls; ++i) CHECK(stats.stats()[i]->value() == 1000 + i);
    CHECK(stats.long_scoreboard.value() == 1000 + static_cast<unsigned>(Stall::LongScoreboard));
    CHECK(stats.no_warp.value() == 1000 + static_cast<unsigned>(Stall::NoWarp));
}

TEST_CASE("charges add up", "[stall]") {
    StallStats stats;
    stats.charge(Stall::Barrier, 3);
    stats.charge(Stall::Barrier, 4);
    stats.charge(Stall::Barrier, 0);
    CHECK(stats.barrier.value() == 7);
    CHECK(stats.membar.value() == 0);
}
