#include "sim/mem/bandwidth.hpp"
#include "sim/mem/bit_set.hpp"
#include "sim/mem/input_heads.hpp"
#include "tests/sim/mem/bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

TEST_CASE("Input heads see a message at its arrival and not before") {
    Bench bench;
    auto& a = bench.link<int>(4, 8);
    auto& b = bench.link<int>(6, 8);
    InputHeads<int, 1> heads({Rx<int>(a), Rx<int>(b)});
    const auto at = [](Cycle cycle) { return Now{cycle, cycle * kCycle}; };
    Tx<int>(a).send(at(0), 1);
    Tx<int>(a).send(at(0), 2);
    Tx<int>(b).send(at(1), 3);
    heads.begin_window();
    REQUIRE(heads.next() == 4 * kCycle);
    REQUIRE_FALSE(heads.arrived(at(3)).any());
    REQUIRE(heads.arrived(at(4)).test(0));
    REQUIRE_FALSE(heads.arrived(at(4)).test(1));
    REQUIRE(heads.next() == 7 * kCycle);
    REQUIRE(heads.head(0, at(4)) == 1);
    heads.pop(0, at(4));
    REQUIRE(heads.arrived(at(4)).test(0)); // the second is here too
    REQUIRE(heads.head(0, at(4)) == 2);
    heads.pop(0, at(4));
    REQUIRE_FALSE(heads.arrived(at(6)).any());
    REQUIRE(heads.arrived(at(7)).test(1));
    REQUIRE(heads.next() == kNoTime);
    Tx<int>(a).send(at(7), 4);
    heads.begin_window();
    REQUIRE(heads.next() == 11 * kCycle);
}

TEST_CASE("Bit sets iterate, wrap around and subtract") {
    BitSet<2> set;
    REQUIRE(set.next(0) == BitSet<2>::kNone);
    for (const unsigned i : {3u, 63u, 64u, 127u}) set.set(i);
    REQUIRE(set.count() == 4);
    REQUIRE(set.next(4) == 63);
    REQUIRE(set.next(64) == 64);
    REQUIRE(set.next(128) == BitSet<2>::kNone);
    REQUIRE(set.next_cyclic(128) == 3);
    BitSet<2> other;
    other.set(64);
    REQUIRE(set.without(other).next(64) == 127);
    REQUIRE((set & other).count() == 1);
    std::vector<unsigned> seen;
    set.for_each([&](unsigned i) {
        seen.push_back(i);
        set.clear(i);
    });
    REQUIRE(seen == std::vector<unsigned>{3, 63, 64, 127});
    REQUIRE_FALSE(set.any());
}

TEST_CASE("A bandwidth carries fractions of cycles over") {
    Bandwidth port;
    std::vector<Cycle> starts;
    for (Cycle cycle = 0; cycle < 100; ++cycle) {
        if (port.busy(cycle, 64)) continue;
        REQUIRE(port.free_at(64) <= cycle);
        starts.push_back(cycle);
        port.take(cycle, 64, 136);
    }
    // 136 bytes at 64 a cycle: 2.125 cycles each.
    REQUIRE(starts.size() == 48);
    for (std::size_t i = 0; i < starts.size(); ++i) REQUIRE(starts[i] == i * 136 / 64);
}
