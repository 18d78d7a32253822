#include <catch2/catch.hpp>

#include "sim/base/ring.hpp"

#include <deque>
#include <random>
#include <utility>

using namespace heddle;

TEST_CASE("a ring rounds its capacity up to a power of two", "[ring]") {
    CHECK(Ring<int>().capacity() == 0);
    CHECK(Ring<int>(0).capacity() == 1);
    CHECK(Ring<int>(1).capacity() == 1);
    CHECK(Ring<int>(5).capacity() == 8);
    CHECK(Ring<int>(8).capacity() == 8);
    CHECK(Ring<int>(9).capacity() == 16);
}

TEST_CASE("a ring gives back what was pushed, in order, by index and at the front", "[ring]") {
    Ring<int> ring(4);
    CHECK(ring.empty());
    for (int i = 0; i < 4; ++i) {
        CHECK_FALSE(ring.full());
        ring.push(10 + i);
    }
    CHECK(ring.full());
    CHECK(ring.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(ring[i] == 10 + static_cast<int>(i));
    ring.front() = 99;
    CHECK(std::as_const(ring).front() == 99);
    ring.pop();
    ring.push(14); // over the end of the array
    CHECK(std::as_const(ring)[3] == 14);
    CHECK(ring.front() == 11);
    ring.clear();
    CHECK(ring.empty());
    CHECK(ring.size() == 0);
}

TEST_CASE("pushing to a full ring is a bug that says how large the ring is", "[ring]") {
    Ring<int> ring(2);
    ring.push(1);
    ring.push(2);
    CHECK_THROWS_AS(ring.push(3), InternalError);
    CHECK_THROWS_WITH(ring.push(3), Catch::Contains("ring of 2 is full"));
    CHECK(ring.size() == 2); // unharmed
    CHECK(ring.front() == 1);
    Ring<int> nothing;
    CHECK_THROWS_AS(nothing.push(1), InternalError);
}

TEST_CASE("a ring agrees with a deque over many random operations", "[ring]") {
    std::mt19937 random(7);
    for (std::size_t capacity : {1u, 2u, 8u, 64u}) {
        Ring<unsigned> ring(capacity);
        std::deque<unsigned> model;
        for (unsigned step = 0; step < 5000; ++step) {
            if (random() % 2 != 0 && !ring.full()) {
                ring.push(step);
                model.push_back(step);
            } else if (!ring.empty()) {
                REQUIRE(ring.front() == model.front());
                ring.pop();
                model.pop_front();
            }
            REQUIRE(ring.size() == model.size());
            REQUIRE(ring.full() == (model.size() == capacity));
            if (!model.empty()) REQUIRE(ring[model.size() - 1] == model.back());
        }
    }
}
