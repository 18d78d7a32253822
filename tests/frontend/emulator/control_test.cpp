// Divergence and convergence of one warp, step by step; CTA barriers of several warps.
#include "tests/frontend/emulator/warp_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;

namespace {

// Words as ptxas makes them for sm_80, without control bits.
const std::string kBssyB0 = "0000000003800000000008b000007945";
const std::string kBsyncB0 = "00000000038000000000000000007941";
const std::string kBreakB0IfP1 = "00000000008000000000000000007942"; // BREAK P1, B0
const std::string kBraIfP0 = "00000000038000000000051000000947";     // @P0 BRA
const std::string kWarpSyncAll = "0000000003800000ffffffff00007948";
const std::string kExitIfP1 = "0000000000800000000000000000794d"; // EXIT P1

Split* split_of(Warp& w, unsigned lane) {
    for (Split& s : w.splits)
        if (s.mask >> lane & 1) return &s;
    return nullptr;
}

// Writes the running split back as the scheduler does, and releases what can go on.
void leave(Warp& w) {
    w.leave_split();
    w.settle();
}

// Makes the split of `lane` the running one.
void enter(Warp& w, unsigned lane) {
    for (std::size_t i = 0; i < w.splits.size(); ++i)
        if (w.splits[i].mask >> lane & 1) w.running = i;
    w.active = w.splits[w.running].mask;
    w.pc = w.splits[w.running].pc;
}

} // namespace

TEST_CASE("A conditional branch splits a warp, and BSYNC joins it again") {
    WarpBench bench(80);
    Warp& w = bench.warp();
    bench.run(kBssyB0);
    w.predicates[0] = 0x0000ffff;
    bench.run(kBraIfP0);
    CHECK(w.active == 0xffff0000);
    REQUIRE(w.splits.size() == 2);
    CHECK(w.splits[1].mask == 0x0000ffff);
    CHECK(w.splits[1].pc == 0x100 + 0x10 + 0x510);
    leave(w);

    enter(w, 31);
    bench.run(kBsyncB0, 0xffff0000);
    CHECK(w.switch_split);
    leave(w);
    CHECK(split_of(w, 31)->state == Split::State::AtBarrierRegister); // 16 lanes are missing
    CHECK(split_of(w, 0)->state == Split::State::Ready);

    enter(w, 0);
    w.splits[0].mask = 0xffff0000; // run() below names the first split's lanes
    const std::size_t other = w.running;
    w.block(Split::State::AtBarrierRegister, 0);
    CHECK(other == w.running);
    w.pc = split_of(w, 31)->pc;
    leave(w);
    REQUIRE(w.splits.size() == 1);
    CHECK(w.splits[0].mask == kAllLanes);
    CHECK(w.splits[0].state == Split::State::Ready);
}

TEST_CASE("BSYNC of a warp that is whole goes on at once") {
    WarpBench bench(80);
    bench.run(kBssyB0);
    bench.run(kBsyncB0);
    CHECK_FALSE(bench.warp().switch_split);
    CHECK(bench.warp().splits.size() == 1);
}

TEST_CASE("Lanes that break out of a barrier, or exit, are not waited for") {
    const bool exits = GENERATE(false, true);
    WarpBench bench(80);
    Warp& w = bench.warp();
    bench.run(kBssyB0);
    w.predicates[1] = 0x000000ff;
    bench.run(exits ? kExitIfP1 : kBreakB0IfP1);
    CHECK(w.switch_split);
    if (exits) CHECK(w.live() == 0xffffff00);
    w.switch_split = false;
    // The other lanes reach BSYNC alone.
    w.splits[0].mask = 0xffffff00;
    w.active = 0xffffff00;
    bench.run(kBsyncB0, 0xffffff00);
    CHECK_FALSE(w.switch_split);
}

TEST_CASE("WARPSYNC waits for every live lane it names") {
    WarpBench bench(80);
    Warp& w = bench.warp();
    w.predicates[0] = 0x1;
    bench.run(kBraIfP0);
    leave(w);
    enter(w, 31);
    bench.run(kWarpSyncAll, 0xfffffffe);
    CHECK(w.switch_split);
    leave(w);
    CHECK(split_of(w, 31)->state == Split::State::AtWarpSync);
    // The last lane ends instead of coming: nobody is missing any more.
    w.kill(0x1);
    split_of(w, 0)->mask = 0;
    w.settle();
    REQUIRE(w.splits.size() == 1);
    CHECK(w.splits[0].state == Split::State::Ready);
}

TEST_CASE("A barrier with a count is complete when as many threads have come, a reduction tells how many were true") {
    WarpBench bench(80);
    Cta& cta = bench.cta();
    Warp& w = bench.warp();
    w.barrier_operation[3] = 0; // POPC
    cta.arrive(w, 3, 64, true, 0xf); // half of them, without waiting
    CHECK(cta.barriers[3].arrived == 32);
    CHECK_FALSE(w.switch_split);
    cta.arrive(w, 3, 64, false, 0xff);
    CHECK(w.switch_split);
    CHECK(w.splits[0].state == Split::State::Ready); // released by its own arrival
    CHECK(w.barrier_result == 12);
    CHECK(cta.barriers[3].arrived == 0);
    CHECK_THROWS_AS(cta.arrive(w, 2, 33, false, 0), DeviceFault);
}
