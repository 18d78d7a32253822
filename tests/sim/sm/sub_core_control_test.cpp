// Branches, waits in place, control bits and ends of streams on one sub-core: issue cycles of short programs, relative to the first issue.
#include <catch2/catch.hpp>

#include "tests/sim/sm/sm_programs.hpp"

using namespace heddle;

namespace {

using IssueCycles = std::vector<Cycle>;

SmConfig ampere() { return with_quick_fetch(shipped_sm("ampere")); }

} // namespace

// Control flow ---------------------------------------------------------------------------------------------------

TEST_CASE("convergence barriers do not disturb the sequence", "[sub_core]") {
    Program program("bssy", 80);
    program.row("BSSY", {}, {});
    program.row("FADD", {4}, {5, 6});
    program.row("BSYNC", {}, {});
    program.row("FADD", {7}, {5, 6});
    program.row("EXIT", {}, {});
    CHECK(run_rows(ampere(), program).cycles_of(0) == IssueCycles{0, 1, 2, 3, 4});
}

TEST_CASE("a taken branch costs its latency and a fetch, one not taken nothing", "[sub_core]") {
    const SmConfig config = ampere();
    Program program("branch", 80);
    const auto& branch = program.row("BRA", {}, {});
    const auto& next = program.row("FADD", {4}, {5, 6});
    const auto& target = program.row("FMUL", {7}, {5, 6});
    const auto& exit = program.row("EXIT", {}, {});
    const auto run_path = [&](bool taken) {
        return run_kernel(config, program, [&, taken](std::uint64_t, std::uint32_t, WarpCode& code) {
            code.add(branch);
            if (!taken) code.add(next);
            code.add(target);
            code.add(exit);
        });
    };
    CHECK(run_path(false).cycles_of(0) == IssueCycles{0, 1, 3, 4}); // FMUL shares the FADD's pipe
    const SmRun taken = run_path(true);
    CHECK(taken.cycles_of(0)[1] == config.sub_core.branch_latency + config.sub_core.fetch_latency);
    CHECK(taken["gpu.sm.sub_core.branches_taken"] == 1);
    CHECK(taken[kStates + "branch_resolving"] == config.sub_core.branch_latency + config.sub_core.fetch_latency - 1);
}

TEST_CASE("a loop pays for its branch at each turn", "[sub_core]") {
    Program program("loop", 80);
    const auto& add = program.row("IADD3", {4}, {4, 6});
    const auto& branch = program.row("BRA", {}, {});
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
        for (unsigned i = 0; i < 10; ++i) {
            code.add(add);
            code.add(branch);
        }
        code.add(exit);
    });
    const auto c = run.cycles_of(0);
    for (unsigned i = 1; i < 10; ++i) CHECK(c[2 * i] - c[2 * i - 2] == 1 + 9);
    CHECK(run["gpu.sm.sub_core.branches_taken"] == 9);
}

// Control bits ---------------------------------------------------------------------------------------------------

TEST_CASE("with control bits the next issue follows the stall count, dependent or not", "[sub_core]") {
    for (std::uint8_t stall = 0; stall < 16; ++stall) {
        Program program("stall", 80);
        program.code()->has_control_bits = true;
        program.row("FADD", {4}, {5, 6});
        program.last().control.stall = stall;
        program.row("IADD3", {7}, {4, 4}); // too early to be right, but the hardware does not check
        program.row("EXIT", {}, {});
        CHECK(run_rows(ampere(), program).cycles_of(0)[1] == std::max<Cycle>(1, stall));
    }
}

TEST_CASE("a wait mask waits for the counter of a load, and only for those it names", "[sub_core]") {
    for (std::uint8_t counter = 0; counter < 6; ++counter) {
        Program program("counter", 80);
        program.code()->has_control_bits = true;
        program.row("LDS", {4}, {2});
        program.last().control = {.stall = 2, .write_counter = counter};
        program.row("IADD3", {7}, {8, 9});
        program.last().control.wait_mask = static_cast<std::uint8_t>(0x3f & ~(1u << counter)); // all the others
        program.row("FADD", {5}, {4, 4});
        program.last().control.wait_mask = static_cast<std::uint8_t>(1u << counter);
        program.row("EXIT", {}, {});
        CHECK(run_rows(ampere(), program).cycles_of(0) == IssueCycles{0, 2, 24, 25});
    }
}

TEST_CASE("the read counter is given back when the operands are read", "[sub_core]") {
    Program program("counter", 80);
    program.code()->has_control_bits = true;
    program.row("STS", {}, {2, 4});
    program.last().control = {.stall = 2, .read_counter = 3};
    program.row("MOV", {4}, {8});
    program.last().control.wait_mask = 1 << 3;
    program.row("EXIT", {}, {});
    const SmRun run = run_rows(ampere(), program);
    CHECK(run.cycles_of(0)[1] == 12);
    CHECK(run[kStates + "wait"] == 1);
    CHECK(run[kStates + "short_scoreboard"] == 10);
}

TEST_CASE("instructions that share a counter are all waited for", "[sub_core]") {
    Program program("counter", 80);
    program.code()->has_control_bits = true;
    for (std::uint16_t i = 0; i < 3; ++i) {
        program.row("LDS", {static_cast<std::uint16_t>(4 + i)}, {2});
        program.last().control = {.stall = 1, .write_counter = 0};
    }
    program.row("FADD", {5}, {4, 4});
    program.last().control.wait_mask = 1;
    program.row("EXIT", {}, {});
    // The third is dispatched eight cycles after the first.
    CHECK(run_rows(ampere(), program).cycles_of(0)[3] == 24 + 8);
}

TEST_CASE("variable-latency arithmetic uses its counter too", "[sub_core]") {
    Program program("counter", 80);
    program.code()->has_control_bits = true;
    program.row("MUFU.EX2", {4}, {2});
    program.last().control = {.stall = 1, .write_counter = 5};
    program.row("FADD", {5}, {4, 4});
    program.last().control.wait_mask = 1 << 5;
    program.row("EXIT", {}, {});
    CHECK(run_rows(ampere(), program).cycles_of(0)[1] == 21);
}

TEST_CASE("waits are charged to what holds the counter: memory or the rest", "[sub_core]") {
    for (const auto& [opcode, reason] : {std::pair{"LDG.E", "long_scoreboard"}, {"LDS", "short_scoreboard"}}) {
        for (bool control : {false, true}) {
            Program program("reason", 80);
            program.code()->has_control_bits = control;
            program.row(opcode, {4}, {2});
            program.last().control = {.stall = 1, .write_counter = 0};
            program.row("FADD", {5}, {4, 4});
            program.last().control.wait_mask = 1;
            program.row("EXIT", {}, {});
            const SmRun run = run_rows(ampere(), program);
            INFO(opcode << (control ? " with" : " without") << " control bits");
            CHECK(run[kStates + reason] == run.cycles_of(0)[1] - 1);
        }
    }
}

// Ends of streams ------------------------------------------------------------------------------------------------

TEST_CASE("a stream that ends in a wait ends when the wait does", "[sub_core]") {
    // Captures may be cut off: the last instruction need not be an EXIT.
    const auto run_last = [&](const char* opcode, std::optional<std::int64_t> immediate) {
        Program program("cut", 80);
        const auto& add = program.row("FADD", {4}, {5, 6});
        const auto& last = program.row(opcode, {}, {}, immediate);
        return run_kernel(ampere(), program,
                          [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
                              for (std::uint32_t i = 0; i <= warp * 20; ++i) code.add(add);
                              code.add(last);
                          },
                          {.launch = {.ctas = 3, .threads = 96}, .resident = 1});
    };
    for (const auto& [opcode, immediate] :
         {std::pair<const char*, std::optional<std::int64_t>>{"BAR.SYNC", 0}, {"NANOSLEEP", 300}, {"MEMBAR.SC.GPU", std::nullopt}}) {
        INFO(opcode);
        const SmRun run = run_last(opcode, immediate);
        CHECK(run.done == 3);
        CHECK(run["gpu.sm.sub_core.inst_executed"] == 3 * (1 + 21 + 41 + 3));
    }
    const SmRun barrier = run_last("BAR.SYNC", 0);
    CHECK(barrier[kStates + "barrier"] > 3 * 2 * 20); // the first two waited for the third
}

TEST_CASE("a warp without instructions and one of a single instruction finish", "[sub_core]") {
    Program program("short", 80);
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
                                     if (warp != 1) code.add(exit);
                                 },
                                 {.launch = {.ctas = 5, .threads = 96}});
    CHECK(run.done == 5);
    CHECK(run.warp_instructions == 10);
}
// Waiting in place -----------------------------------------------------------------------------------------------

TEST_CASE("a MEMBAR after which nothing else happens in the SM still ends", "[sub_core]") {
    Program program("membar", 80);
    program.row("MUFU.RCP", {4}, {5});
    program.row("ISETP.NE.AND", {}, {4}); // meanwhile the rest is fetched; leaves no event behind
    program.row("MEMBAR.SC.GPU", {}, {});
    program.row("EXIT", {}, {});
    for (bool skip : {true, false}) {
        const SmRun run = run_rows(ampere(), program, 0, {.options = {.skip = skip}});
        REQUIRE(run.done == 1);
        CHECK(run.cycles_of(0) == IssueCycles{0, 21, 22, 22 + 53});
    }
}

TEST_CASE("MEMBAR takes its shortest time with nothing outstanding", "[sub_core]") {
    Program program("membar", 80);
    program.row("MEMBAR.SC.GPU", {}, {});
    program.row("EXIT", {}, {});
    const SmRun run = run_rows(ampere(), program);
    REQUIRE(run.done == 1);
    CHECK(run.cycles_of(0) == IssueCycles{0, 53});
    CHECK(run[kStates + "membar"] == 52);
}

TEST_CASE("MEMBAR waits for the acknowledgement of earlier stores of the CTA, not for loads", "[sub_core]") {
    for (const char* opcode : {"STG.E", "RED.E.ADD"}) {
        Program program("membar", 80);
        program.row(opcode, {}, {2, 4});
        program.row("MEMBAR.SC.GPU", {}, {});
        program.row("FADD", {5}, {6, 7});
        program.row("EXIT", {}, {});
        const auto c = run_rows(ampere(), program, 0x1000, {.memory_latency = 500}).cycles_of(0);
        INFO(opcode);
        CHECK(c[1] == 1);
        CHECK(c[2] > 500);
        CHECK(c[2] < 500 + 60);
    }
    Program load("membar", 80);
    load.row("LDG.E", {4}, {2});
    load.row("MEMBAR.SC.GPU", {}, {});
    load.row("FADD", {5}, {6, 7});
    load.row("EXIT", {}, {});
    CHECK(run_rows(ampere(), load, 0x1000, {.memory_latency = 500}).cycles_of(0)[2] == 1 + 53);
}

TEST_CASE("NANOSLEEP sleeps its nanoseconds, whatever the clock is called", "[sub_core]") {
    for (std::int64_t ns : {1, 10, 100, 1000}) { // the harness runs at 1 GHz
        Program program("sleep", 80);
        program.row("NANOSLEEP", {}, {}, ns);
        program.row("FADD", {5}, {6, 7});
        program.row("EXIT", {}, {});
        const SmRun run = run_rows(ampere(), program);
        CHECK(run.cycles_of(0)[1] == static_cast<Cycle>(ns));
        CHECK(run[kStates + "sleeping"] == static_cast<Cycle>(ns - 1));
    }
    Program none("sleep", 80);
    none.row("NANOSLEEP", {}, {}, 0);
    none.row("FADD", {5}, {6, 7});
    none.row("EXIT", {}, {});
    CHECK(run_rows(ampere(), none).cycles_of(0)[1] == 1);
}

TEST_CASE("a wait that no lane executes is none", "[sub_core]") {
    Program program("off", 80);
    const auto& sleep = program.row("NANOSLEEP", {}, {}, 500);
    const auto& membar = program.row("MEMBAR.SC.GPU", {}, {});
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 0);
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
                                     if (warp == 0) {
                                         code.add(sleep, 0);
                                         code.add(membar, 0);
                                         code.add(barrier, 0); // must not count for the other warp
                                         code.add(sleep);
                                     }
                                     code.add(barrier);
                                     code.add(exit);
                                 },
                                 {.launch = {.threads = 64}});
    const auto first = run.cycles_of(0), second = run.cycles_of(1);
    CHECK(first[3] < 20); // no wait before the real sleep
    CHECK(second[1] > 500);
    CHECK(second[1] == first[5]);
}
