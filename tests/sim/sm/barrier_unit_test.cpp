#include <catch2/catch.hpp>

#include "sim/sm/barrier_unit.hpp"
#include "tests/sim/sm/shipped_sm.hpp"
#include "tests/sim/sm/sm_harness.hpp"

#include <algorithm>
#include <map>

using namespace heddle;

namespace {

struct Bench {
    BarrierUnit unit{BarrierConfig{}, 4}; // 2 cycles per arrival, then 20
    // Releases up to and including `until`: warp to cycle.
    std::map<WarpSlot, Cycle> released(Cycle until) {
        std::map<WarpSlot, Cycle> result;
        for (Cycle next = unit.next_event(); next <= until; next = unit.next_event()) {
            std::vector<WarpSlot> warps;
            unit.take_released(next, [&](WarpSlot warp) { warps.push_back(warp); });
            REQUIRE_FALSE(warps.empty()); // next_event() was not early
            for (WarpSlot warp : warps) {
                REQUIRE(result.count(warp) == 0);
                result[warp] = next;
            }
        }
        return result;
    }
};

constexpr bool kWaits = true, kOnlyArrives = false;

} // namespace

TEST_CASE("a barrier opens 20 cycles after its last arrival was taken", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 3);
    bench.unit.arrive(100, 0, 5, 0, 0, kWaits);
    bench.unit.arrive(150, 0, 6, 0, 0, kWaits);
    CHECK(bench.unit.next_event() == kNever);
    bench.unit.arrive(200, 0, 9, 0, 0, kWaits);
    CHECK(bench.unit.next_event() == 222);
    bench.unit.take_released(221, [](WarpSlot) { FAIL("too early"); });
    CHECK(bench.released(222) == std::map<WarpSlot, Cycle>{{5, 222}, {6, 222}, {9, 222}});
    CHECK(bench.unit.next_event() == kNever);
}

TEST_CASE("arrivals are taken one after another", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 4);
    for (WarpSlot warp = 0; warp < 4; ++warp) bench.unit.arrive(10, 0, warp, 0, 0, kWaits); // taken at 12, 14, 16, 18
    CHECK(bench.released(1000).at(0) == 38);
    // The unit serves the whole SM: another CTA's arrival waits too.
    bench.unit.open(1, 1);
    bench.unit.open(2, 1);
    bench.unit.arrive(100, 1, 8, 0, 0, kWaits);
    bench.unit.arrive(100, 2, 9, 0, 0, kWaits);
    CHECK(bench.released(1000) == std::map<WarpSlot, Cycle>{{8, 122}, {9, 124}});
}

TEST_CASE("named barriers of a CTA and the same barrier of two CTAs are apart", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 4);
    bench.unit.open(1, 4);
    bench.unit.arrive(0, 0, 0, 1, 64, kWaits);
    bench.unit.arrive(10, 0, 1, 2, 64, kWaits);
    bench.unit.arrive(20, 1, 4, 1, 64, kWaits);
    CHECK(bench.unit.next_event() == kNever);
    bench.unit.arrive(30, 0, 2, 1, 64, kWaits);
    CHECK(bench.released(1000) == std::map<WarpSlot, Cycle>{{0, 52}, {2, 52}});
    bench.unit.arrive(100, 1, 5, 1, 64, kWaits);
    CHECK(bench.released(1000) == std::map<WarpSlot, Cycle>{{4, 122}, {5, 122}});
    bench.unit.arrive(200, 0, 3, 2, 64, kWaits);
    CHECK(bench.released(1000) == std::map<WarpSlot, Cycle>{{1, 222}, {3, 222}});
}

TEST_CASE("a warp that only arrives is counted but not released", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 4);
    bench.unit.arrive(0, 0, 0, 3, 96, kOnlyArrives);
    bench.unit.arrive(10, 0, 1, 3, 96, kOnlyArrives);
    CHECK(bench.unit.next_event() == kNever);
    bench.unit.arrive(50, 0, 2, 3, 96, kWaits);
    CHECK(bench.released(1000) == std::map<WarpSlot, Cycle>{{2, 72}});
    // Nobody waits: the barrier is complete and free again, without an event.
    for (WarpSlot warp = 0; warp < 3; ++warp) bench.unit.arrive(200, 0, warp, 3, 96, kOnlyArrives);
    CHECK(bench.unit.next_event() == kNever);
    WaitReport report;
    bench.unit.explain("gpu.sm[0]", report);
    CHECK(report.lines().empty());
}

TEST_CASE("arrivals of the next round do not disturb the release of the last", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 2);
    bench.unit.arrive(0, 0, 0, 0, 0, kWaits);
    bench.unit.arrive(4, 0, 1, 0, 0, kWaits);         // opens at 26
    bench.unit.arrive(10, 0, 0, 0, 64, kOnlyArrives); // the next round begins
    CHECK(bench.released(30) == std::map<WarpSlot, Cycle>{{0, 26}, {1, 26}});
    bench.unit.arrive(40, 0, 1, 0, 64, kWaits);
    CHECK(bench.released(1000) == std::map<WarpSlot, Cycle>{{1, 62}});
}

TEST_CASE("a barrier of the whole CTA needs one warp less for each that exits", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 3);
    bench.unit.arrive(0, 0, 0, 0, 0, kWaits);
    bench.unit.arrive(10, 0, 1, 0, 0, kWaits);
    CHECK(bench.unit.next_event() == kNever);
    bench.unit.exit(50, 0); // the third never comes
    CHECK(bench.released(1000) == std::map<WarpSlot, Cycle>{{0, 70}, {1, 70}});
    // Exit first, then the arrivals.
    bench.unit.open(1, 3);
    bench.unit.exit(100, 1);
    bench.unit.arrive(110, 1, 4, 0, 0, kWaits);
    CHECK(bench.unit.next_event() == kNever);
    bench.unit.arrive(120, 1, 5, 0, 0, kWaits);
    CHECK(bench.released(1000).at(5) == 142);
}

TEST_CASE("a barrier with a thread count keeps it when warps exit", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 4);
    bench.unit.arrive(0, 0, 0, 1, 96, kWaits);
    bench.unit.arrive(0, 0, 1, 1, 96, kWaits);
    bench.unit.exit(10, 0);
    CHECK(bench.unit.next_event() == kNever);
    bench.unit.arrive(20, 0, 2, 1, 96, kWaits);
    CHECK(bench.released(1000).size() == 3);
}

TEST_CASE("an exit while no one waits opens nothing", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 2);
    bench.unit.exit(0, 0);
    bench.unit.exit(0, 0);
    CHECK(bench.unit.next_event() == kNever);
}

TEST_CASE("a slot taken anew starts with fresh barriers", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 2);
    bench.unit.arrive(0, 0, 0, 0, 0, kOnlyArrives);
    bench.unit.open(0, 2);
    bench.unit.arrive(10, 0, 0, 0, 0, kWaits);
    CHECK(bench.unit.next_event() == kNever);
}

TEST_CASE("thread counts are rounded up to warps", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 4);
    bench.unit.arrive(0, 0, 0, 5, 33, kWaits);
    CHECK(bench.unit.next_event() == kNever);
    bench.unit.arrive(10, 0, 1, 5, 33, kWaits);
    CHECK(bench.released(1000).size() == 2);
}

TEST_CASE("all 64 warps of an SM can wait at one barrier", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(0, 64);
    for (WarpSlot warp = 0; warp < 64; ++warp) bench.unit.arrive(0, 0, warp, 0, 0, kWaits);
    const auto released = bench.released(10000);
    CHECK(released.size() == 64);
    CHECK(released.at(63) == 2 * 64 + 20);
}

TEST_CASE("the report tells how many warps a barrier waits for", "[barrier_unit]") {
    Bench bench;
    bench.unit.open(2, 3);
    bench.unit.arrive(0, 2, 0, 0, 0, kWaits);
    bench.unit.arrive(0, 2, 1, 7, 64, kWaits);
    WaitReport report;
    bench.unit.explain("gpu.sm[0]", report);
    REQUIRE(report.lines().size() == 2);
    CHECK(report.lines()[0] == "gpu.sm[0].cta[2] waits for barrier 0: 1 of 3 warps have arrived");
    CHECK(report.lines()[1] == "gpu.sm[0].cta[2] waits for barrier 7: 1 of 2 warps have arrived");
}

// A100: about 21 + 2 cycles per warp from one clock read before __syncthreads to one after it.
TEST_CASE("__syncthreads takes its fixed time and two cycles per warp", "[barrier_unit]") {
    const SmConfig config = shipped_sm("ampere");
    const Cycles base = config.barrier.latency;
    CHECK(base >= 20);
    CHECK(base <= 22);
    CHECK(config.barrier.arrival_interval == 2);
    for (unsigned warps = 1; warps <= 32; ++warps) {
        Program program("sync", 80);
        const auto& before = program.row("FADD", {4}, {5, 6});
        const auto& barrier = program.row("BAR.SYNC", {}, {}, 0);
        const auto& after = program.row("FADD", {7}, {5, 6});
        const auto& exit = program.row("EXIT", {}, {});
        SyntheticWorkload workload;
        workload.add_kernel(program, {.threads = 32 * warps}, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
            code.add(before);
            code.add(barrier);
            code.add(after);
            code.add(exit);
        });
        const SmRun run = run_on_sm(config, workload);
        Cycle first_arrival = kNever, last_arrival = 0, first_after = kNever, last_after = 0;
        for (const auto& issue : run.issues) {
            if (issue.code == &barrier) {
                first_arrival = std::min(first_arrival, issue.cycle);
                last_arrival = std::max(last_arrival, issue.cycle);
            }
            if (issue.code == &after) {
                first_after = std::min(first_after, issue.cycle);
                last_after = std::max(last_after, issue.cycle);
            }
        }
        INFO(warps << " warps");
        CHECK(last_arrival < first_after);
        // Warps of a sub-core arrive one cycle or more apart, the unit takes two cycles each.
        CHECK(first_after - first_arrival >= base + 2 * warps);
        CHECK(first_after - first_arrival <= base + 2 * warps + 1);
        // Released together; a sub-core issues for one of its warps per cycle (two for a 16-lane pipe).
        CHECK(last_after - first_after <= 2 * ((warps + 3) / 4));
    }
}
