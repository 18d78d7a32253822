#include <catch2/catch.hpp>

#include "sim/sm/wake_wheel.hpp"

#include <map>
#include <random>

using namespace heddle;

namespace {

std::vector<int> taken(WakeWheel<int>& wheel, Cycle now) {
    std::vector<int> events;
    wheel.take(now, [&](int event) { events.push_back(event); });
    return events;
}

} // namespace

TEST_CASE("an empty wheel has no next event", "[wake_wheel]") {
    WakeWheel<int> wheel;
    CHECK(wheel.empty());
    CHECK(wheel.next(0) == kNever);
    CHECK(taken(wheel, 5).empty());
}

TEST_CASE("an event comes at its cycle, not before, and once", "[wake_wheel]") {
    for (Cycles ahead : {1u, 2u, 63u, 64u, 65u, 255u, 256u, 257u, 1000u, 70000u}) {
        for (Cycle start : {0u, 1u, 63u, 200u, 255u, 511u, 12345u}) {
            WakeWheel<int> wheel;
            wheel.schedule(start, start + ahead, 7);
            INFO(start << " + " << ahead);
            CHECK_FALSE(wheel.empty());
            REQUIRE(wheel.next(start) == start + ahead);
            if (ahead > 1) {
                CHECK(wheel.next(start + ahead - 1) == start + ahead);
                CHECK(taken(wheel, start + ahead - 1).empty());
            }
            CHECK(taken(wheel, start + ahead) == std::vector<int>{7});
            CHECK(wheel.empty());
            CHECK(taken(wheel, start + ahead + 256).empty());
        }
    }
}

TEST_CASE("events of one cycle come in the order they were scheduled, from near or far", "[wake_wheel]") {
    WakeWheel<int> wheel;
    wheel.schedule(0, 600, 1);   // far
    wheel.schedule(10, 600, 2);  // far
    wheel.schedule(400, 600, 3); // near
    wheel.schedule(500, 600, 4);
    CHECK(taken(wheel, 600) == std::vector<int>{1, 2, 3, 4});
}

TEST_CASE("an event may schedule others while it is taken", "[wake_wheel]") {
    WakeWheel<int> wheel;
    wheel.schedule(0, 10, 1);
    wheel.schedule(0, 10, 2);
    std::vector<int> events;
    wheel.take(10, [&](int event) {
        events.push_back(event);
        if (event == 1) wheel.schedule(10, 11, 3);
        if (event == 2) wheel.schedule(10, 10 + 255, 4); // the last slot before this one comes round again
    });
    CHECK(events == std::vector<int>{1, 2});
    CHECK(wheel.next(10) == 11);
    CHECK(taken(wheel, 11) == std::vector<int>{3});
    CHECK(wheel.next(11) == 265);
    CHECK(taken(wheel, 265) == std::vector<int>{4});
}

TEST_CASE("scheduling into the past or present is a bug", "[wake_wheel]") {
    WakeWheel<int> wheel;
    CHECK_THROWS_AS(wheel.schedule(10, 10, 1), InternalError);
    CHECK_THROWS_AS(wheel.schedule(10, 9, 1), InternalError);
}

TEST_CASE("the wheel agrees with an ordered map over random schedules", "[wake_wheel]") {
    std::mt19937 random(9);
    for (unsigned spread : {3u, 100u, 300u, 5000u}) {
        WakeWheel<int> wheel;
        std::multimap<Cycle, int> model;
        Cycle now = 0;
        int number = 0;
        for (unsigned step = 0; step < 4000; ++step) {
            for (unsigned i = random() % 3; i > 0; --i) {
                const Cycle cycle = now + 1 + random() % spread;
                wheel.schedule(now, cycle, number);
                model.emplace(cycle, number++);
            }
            REQUIRE(wheel.empty() == model.empty());
            REQUIRE(wheel.next(now) == (model.empty() ? kNever : model.begin()->first));
            // Go on by one cycle, or straight to the next event.
            now = random() % 2 != 0 || model.empty() ? now + 1 : model.begin()->first;
            if (!model.empty() && model.begin()->first < now) now = model.begin()->first;
            std::vector<int> expected;
            for (auto [it, end] = model.equal_range(now); it != end; ++it) expected.push_back(it->second);
            model.erase(now);
            REQUIRE(taken(wheel, now) == expected);
        }
    }
}
