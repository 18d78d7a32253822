// An SM as a whole: CTAs that come and go, and the laws that hold whatever they do.
#include <catch2/catch.hpp>

#include "tests/sim/sm/random_kernel.hpp"

#include <set>

using namespace heddle;

namespace {

SmConfig ampere() { return with_quick_fetch(shipped_sm("ampere")); }

// Law 3: slots of every sub-core and states of every warp sum to what they are parts of.
void check_cycles_close(const SmRun& run) {
    std::uint64_t slots = 0, states = 0;
    for (unsigned i = 0; i < kStalls; ++i) {
        slots += run[kSlots + name(static_cast<Stall>(i))];
        states += run[kStates + name(static_cast<Stall>(i))];
    }
    REQUIRE(slots == run["gpu.sm.sub_core.active_cycles"]);
    REQUIRE(states == run["gpu.sm.sub_core.warps_active"]);
    REQUIRE(run["gpu.sm.sub_core.active_cycles"] == 4 * run["gpu.sm.active_cycles"]);
    REQUIRE(run[kSlots + "selected"] == run["gpu.sm.sub_core.inst_executed"]);
    REQUIRE(run[kStates + "selected"] == run["gpu.sm.sub_core.inst_executed"]);
    REQUIRE(run[kStates + "no_warp"] == 0);
}

void check_same(const SmRun& a, const SmRun& b) {
    REQUIRE(a.digest == b.digest);
    REQUIRE(a.done == b.done);
    REQUIRE(a.drained == b.drained);
    REQUIRE(a.requests == b.requests);
    REQUIRE(a.families.size() == b.families.size());
    for (std::size_t i = 0; i < a.families.size(); ++i) {
        INFO(a.families[i].name);
        REQUIRE(a.families[i].value == b.families[i].value);
    }
}

} // namespace

TEST_CASE("random programs: cycles close, and neither skipping nor the quantum changes anything", "[sm]") {
    std::set<std::uint64_t> digests;
    std::uint64_t instructions = 0;
    for (std::uint32_t seed = 1; seed <= 240; ++seed) {
        INFO("seed " << seed);
        RandomKernel kernel(seed);
        const SmConfig config = kernel.config();
        const SmRun run = kernel.run(config, {});
        INFO(run.wait_report);
        REQUIRE(run.done == kernel.setting().launch.ctas);
        REQUIRE(run.wait_report.empty());
        check_cycles_close(run);
        check_same(run, kernel.run(config, {.skip = false}));
        check_same(run, kernel.run(config, {.quantum = 1'000'000}));                // one cycle
        check_same(run, kernel.run(config, {.quantum = 3'700'000, .skip = false})); // no whole number of cycles
        digests.insert(run.digest);
        instructions += run.warp_instructions;
        REQUIRE(run.warp_instructions == run["gpu.sm.sub_core.inst_executed"]);
        REQUIRE(run["gpu.sm.ctas"] == run.done);
    }
    CHECK(digests.size() == 240); // the digest tells programs apart
    CHECK(instructions > 50'000);
}

TEST_CASE("random programs: stores are drained exactly when there were any", "[sm]") {
    for (std::uint32_t seed = 1000; seed < 1040; ++seed) {
        INFO("seed " << seed);
        RandomKernel kernel(seed);
        const SmRun run = kernel.run(kernel.config(), {});
        if (run["gpu.sm.lsu.stores_acknowledged"] == 0) REQUIRE(run.drained == 0);
        REQUIRE(run.drained <= run.done);
    }
}

// CTAs -----------------------------------------------------------------------------------------------------------

TEST_CASE("CTAs beyond those resident take the slots of those that end", "[sm]") {
    Program program("many", 80);
    const auto& add = program.row("FADD", {4}, {4, 6});
    const auto& exit = program.row("EXIT", {}, {});
    for (unsigned resident : {1u, 2u, 5u, 32u}) {
        std::map<unsigned, unsigned> by_slot;
        const SmRun run = run_kernel(ampere(), program,
                                     [&](std::uint64_t cta, std::uint32_t, WarpCode& code) {
                                         for (unsigned i = 0; i < 5 + cta % 7; ++i) code.add(add);
                                         code.add(exit);
                                     },
                                     {.launch = {.ctas = 60, .threads = 64}, .resident = resident});
        INFO(resident << " resident");
        CHECK(run.done == 60);
        check_cycles_close(run);
        for (const auto& issue : run.issues) ++by_slot[issue.warp];
        CHECK(by_slot.size() == 2 * resident); // no more warp slots than needed
        CHECK(by_slot.rbegin()->first == 2 * resident - 1);
    }
}

TEST_CASE("warps are spread over the sub-cores by slot", "[sm]") {
    Program program("spread", 80);
    const auto& exit = program.row("EXIT", {}, {});
    for (unsigned warps = 1; warps <= 32; ++warps) {
        const SmRun run = run_kernel(ampere(), program, [&](std::uint64_t, std::uint32_t, WarpCode& code) { code.add(exit); },
                                     {.launch = {.threads = warps * 32}});
        std::array<unsigned, 4> per_sub_core{};
        for (const auto& issue : run.issues) ++per_sub_core[issue.warp % 4];
        const auto [least, most] = std::minmax_element(per_sub_core.begin(), per_sub_core.end());
        CHECK(*most - *least <= 1);
        CHECK(run.issues.size() == warps);
    }
}

TEST_CASE("a CTA with loads outstanding is done when they are back", "[sm]") {
    Program program("load", 80);
    program.row("LDG.E", {4}, {2});
    program.row("EXIT", {}, {});
    const SmRun run = run_rows(ampere(), program, 0x1000, {.memory_latency = 600});
    CHECK(run.done == 1);
    CHECK(run.drained == 0);
    CHECK(run.cycles_of(0) == std::vector<Cycle>{0, 1});
    CHECK(run[kStates + "drain"] > 600 - 5);
    CHECK(run["gpu.sm.active_cycles"] > 600);
}

TEST_CASE("a CTA with stores outstanding is done at once, and drained when they are acknowledged", "[sm]") {
    Program program("store", 80);
    program.row("STG.E", {}, {2, 4});
    program.row("EXIT", {}, {});
    const SmRun run = run_rows(ampere(), program, 0x1000, {.memory_latency = 600});
    CHECK(run.done == 1);
    CHECK(run.drained == 1);
    CHECK(run["gpu.sm.active_cycles"] < 100);
    CHECK(run["gpu.sm.lsu.stores_acknowledged"] == 1);
}

TEST_CASE("one notice of drained stores serves CTAs that end together", "[sm]") {
    Program program("store", 80);
    const auto& store = program.row("STG.E", {}, {2, 4});
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t cta, std::uint32_t, WarpCode& code) {
                                     code.add_strided(store, 0x1000 * (cta + 1), 4);
                                     code.add(exit);
                                 },
                                 {.launch = {.ctas = 8}, .memory_latency = 600});
    CHECK(run.done == 8);
    CHECK(run.drained == 1);
    CHECK(run["gpu.sm.lsu.stores_acknowledged"] == 8);
}

TEST_CASE("warps that exit early are not waited for at a barrier", "[sm]") {
    Program program("early", 80);
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 0);
    const auto& add = program.row("FADD", {4}, {5, 6});
    const auto& sleep = program.row("NANOSLEEP", {}, {}, 400);
    const auto& exit = program.row("EXIT", {}, {});
    for (bool late : {false, true}) {
        const SmRun run = run_kernel(ampere(), program,
                                     [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
                                         if (warp % 2 == 0) {
                                             code.add(barrier);
                                             code.add(add);
                                         } else if (late) {
                                             code.add(sleep); // exits while the others wait
                                         }
                                         code.add(exit);
                                     },
                                     {.launch = {.ctas = 3, .threads = 256}, .resident = 2});
        REQUIRE(run.done == 3);
        const auto c = run.cycles_of(0);
        if (late) CHECK(c[1] >= 400 + 20);
        else CHECK(c[1] < 60);
    }
}

TEST_CASE("a barrier can be used again and again", "[sm]") {
    Program program("again", 80);
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 0);
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t, WarpCode& code) {
                                     for (unsigned i = 0; i < 20; ++i) code.add(barrier);
                                     code.add(exit);
                                 },
                                 {.launch = {.threads = 128}});
    REQUIRE(run.done == 1);
    // Nobody is a round ahead: the k-th barrier of each warp lies before the (k+1)-th of every other.
    for (WarpSlot a = 0; a < 4; ++a)
        for (WarpSlot b = 0; b < 4; ++b)
            for (unsigned k = 0; k + 1 < 20; ++k) REQUIRE(run.cycles_of(a)[k] < run.cycles_of(b)[k + 1]);
    CHECK(run.cycles_of(0)[20] >= 20 * (20 + 2 * 4));
}

TEST_CASE("producer and consumer warps meet at named barriers", "[sm]") {
    Program program("named", 80);
    const auto& sync = program.row("BAR.SYNC", {}, {}, 1);
    program.last().barrier_threads = 64;
    const auto& sleep = program.row("NANOSLEEP", {}, {}, 300);
    const auto& arrive = program.row("BAR.ARV", {}, {}, 1);
    program.last().barrier_threads = 64;
    const auto& add = program.row("FADD", {4}, {5, 6});
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
                                     if (warp == 0) {
                                         code.add(sleep);
                                         code.add(arrive);
                                     } else {
                                         code.add(sync);
                                     }
                                     code.add(add);
                                     code.add(exit);
                                 },
                                 {.launch = {.threads = 64}});
    const auto producer = run.cycles_of(0), consumer = run.cycles_of(1);
    CHECK(producer[2] - producer[1] <= 2);      // does not wait
    CHECK(consumer[1] == producer[1] + 2 + 20); // released by the producer
}

TEST_CASE("a barrier that is never complete is told in the report", "[sm]") {
    Program program("stuck", 80);
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 2);
    program.last().barrier_threads = 96;
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t, WarpCode& code) {
                                     code.add(barrier);
                                     code.add(exit);
                                 },
                                 {.launch = {.threads = 64}});
    CHECK(run.done == 0);
    CHECK_THAT(run.wait_report, Catch::Contains("cta[0] waits for barrier 2: 2 of 3 warps have arrived"));
    CHECK_THAT(run.wait_report, Catch::Contains("sub_core[1].warp[1] of CTA slot 0 waits for barrier, next EXIT"));
}

TEST_CASE("an SM that is given more than it holds says so", "[sm]") {
    SmConfig config = ampere();
    config.limits.ctas = 2;
    Program program("full", 80);
    const auto& sleep = program.row("NANOSLEEP", {}, {}, 10000);
    CHECK_THROWS_AS(run_kernel(config, program, [&](std::uint64_t, std::uint32_t, WarpCode& code) { code.add(sleep); },
                               {.launch = {.ctas = 3}, .resident = 3}),
                    InternalError);
}

TEST_CASE("idle time between CTAs is not counted as active", "[sm]") {
    Program program("gaps", 80);
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program, [&](std::uint64_t, std::uint32_t, WarpCode& code) { code.add(exit); },
                                 {.launch = {.ctas = 50}, .resident = 1});
    CHECK(run.done == 50);
    check_cycles_close(run);
    CHECK(run["gpu.sm.active_cycles"] < 50 * 10); // a launch and a notice take 20 cycles between two of them
    CHECK(run.issues.back().cycle - run.issues.front().cycle > 49 * 20);
}
