#include "sim/power/clock_search.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <functional>

using namespace heddle;

namespace {

constexpr Hertz kMega = 1'000'000;
const VfCurve kVoltage{1980 * kMega, 0.72, 1.25};

// 100 W whatever happens, leakage of 30 W and `dynamic` watts at 1980 MHz; `memory_bound` of the second does not follow the clock.
ClockTrial work_at(Hertz clock, double dynamic, double memory_bound) {
    const double volts = kVoltage.relative_voltage(clock), slower = 1980e6 / static_cast<double>(clock);
    ClockTrial t;
    t.sm_clock = clock;
    t.seconds = memory_bound + (1 - memory_bound) * slower;
    t.energy.board = 100 * t.seconds;
    t.energy.static_core = 30 * volts * t.seconds;
    t.energy.tensor = dynamic * volts * volts;
    return t;
}

struct Found {
    ClockTrial chosen;
    std::size_t trials;
    bool keeps_limits;
};

Found search(GovernorConfig governor, const std::function<ClockTrial(Hertz)>& work) {
    PowerConfig config;
    config.voltage = kVoltage;
    ClockSearch s(config, governor, 1980 * kMega);
    while (const auto clock = s.next()) {
        s.tried(work(*clock));
        REQUIRE(s.trials().size() < 40);
    }
    return {s.trials()[s.chosen()], s.trials().size(), s.keeps_limits()};
}

GovernorConfig governor(GovernorPolicy policy, double cap) {
    GovernorConfig g;
    g.policy = policy;
    g.cap = cap;
    return g;
}

} // namespace

TEST_CASE("the clocks to choose from are counted down from the highest") {
    const ClockGrid grid(345 * kMega, 1980 * kMega, 15 * kMega);
    CHECK(grid.size() == 110);
    CHECK(grid[0] == 345 * kMega);
    CHECK(grid[109] == 1980 * kMega);
    const ClockGrid uneven(350 * kMega, 1000 * kMega, 100 * kMega);
    CHECK(uneven[0] == 400 * kMega);
    CHECK(uneven[uneven.size() - 1] == 1000 * kMega);
}

TEST_CASE("work within the limit keeps the highest clock and is run once") {
    const Found f = search(governor(GovernorPolicy::PowerCap, 700), [](Hertz clock) { return work_at(clock, 500, 0); });
    CHECK(f.chosen.sm_clock == 1980 * kMega);
    CHECK(f.trials == 1);
    CHECK(f.keeps_limits);
}

TEST_CASE("work above the limit settles at the highest clock within it, after a few runs") {
    for (const double dynamic : {580.0, 700.0, 900.0, 1500.0, 4000.0})
        for (const double memory_bound : {0.0, 0.5, 0.95}) {
            const auto work = [&](Hertz clock) { return work_at(clock, dynamic, memory_bound); };
            const Found f = search(governor(GovernorPolicy::PowerCap, 700), work);
            INFO(dynamic << " W, " << memory_bound << " bound by memory: " << f.chosen.sm_clock / kMega << " MHz, " << f.chosen.watts() << " W, " << f.trials << " runs");
            if (!f.keeps_limits) {
                CHECK(f.chosen.sm_clock == 345 * kMega);
                CHECK(f.chosen.watts() > 700);
                continue;
            }
            CHECK(f.chosen.watts() <= 700);
            // A step up breaks the limit, or there is no more than the tolerance left.
            CHECK((work(f.chosen.sm_clock + 15 * kMega).watts() > 700 || f.chosen.watts() >= 700 * (1 - ClockSearch::kTolerance)));
            CHECK(f.trials <= 8);
        }
}

TEST_CASE("a limit that no clock keeps is said to be broken, at the lowest clock") {
    const Found f = search(governor(GovernorPolicy::PowerCap, 90), [](Hertz clock) { return work_at(clock, 500, 0); });
    CHECK_FALSE(f.keeps_limits);
    CHECK(f.chosen.sm_clock == 345 * kMega);
}

TEST_CASE("least energy and least energy-delay are those of all clocks") {
    for (const auto policy : {GovernorPolicy::LowestEnergy, GovernorPolicy::LowestEnergyDelay})
        for (const double dynamic : {50.0, 300.0, 900.0})
            for (const double memory_bound : {0.0, 0.5, 0.95}) {
                const auto work = [&](Hertz clock) { return work_at(clock, dynamic, memory_bound); };
                const auto value = [&](const ClockTrial& t) { return t.energy.joules() * (policy == GovernorPolicy::LowestEnergy ? 1 : t.seconds); };
                const Found f = search(governor(policy, 0), work);
                double least = value(work(1980 * kMega));
                for (Hertz clock = 345 * kMega; clock <= 1980 * kMega; clock += 15 * kMega) least = std::min(least, value(work(clock)));
                INFO(dynamic << " W, " << memory_bound << ": " << f.chosen.sm_clock / kMega << " MHz, " << f.trials << " runs");
                CHECK(value(f.chosen) <= least * 1.000001);
                CHECK(f.trials <= 14);
            }
}

TEST_CASE("least energy keeps a limit on power and one on time") {
    const auto work = [](Hertz clock) { return work_at(clock, 900, 0); };
    GovernorConfig g = governor(GovernorPolicy::LowestEnergyDelay, 400);
    Found f = search(g, work);
    CHECK(f.keeps_limits);
    CHECK(f.chosen.watts() <= 400);

    g = governor(GovernorPolicy::LowestEnergy, 0);
    g.most_slowdown = 1.1;
    f = search(g, work);
    CHECK(f.keeps_limits);
    CHECK(f.chosen.seconds <= 1.1 * work(1980 * kMega).seconds);
    CHECK(f.chosen.seconds > 1.05 * work(1980 * kMega).seconds); // the optimum lies beyond: the limit is used

    g.cap = 300; // 10 % slower it draws more than that
    f = search(g, work);
    CHECK_FALSE(f.keeps_limits);
}

TEST_CASE("the lowest clock is tried where it alone keeps the limit or takes least energy") {
    GovernorConfig g = governor(GovernorPolicy::LowestEnergy, 0);
    const auto rising = [](Hertz clock) { // standby costs nothing, so slower is always better
        ClockTrial t = work_at(clock, 500, 0);
        t.energy.board = t.energy.static_core = 0;
        t.energy.tensor = static_cast<double>(clock) * 1e-6;
        return t;
    };
    CHECK(search(g, rising).chosen.sm_clock == 345 * kMega);
    const auto work = [](Hertz clock) { return work_at(clock, 500, 0); };
    g.cap = (work(345 * kMega).watts() + work(360 * kMega).watts()) / 2;
    const Found f = search(g, work);
    CHECK(f.keeps_limits);
    CHECK(f.chosen.sm_clock == 345 * kMega);
}

TEST_CASE("power at another clock is that of the parts, each with its own law") {
    const ClockTrial t = work_at(1980 * kMega, 600, 0);
    CHECK(expected_watts(t, 1980 * kMega, kVoltage) == Approx(730));
    CHECK(expected_watts(t, 990 * kMega, kVoltage) == Approx(work_at(990 * kMega, 600, 0).watts()));
}
