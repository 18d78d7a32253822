// Memory instructions and asynchronous copies of one sub-core: issue cycles of short programs, relative to the first issue.
#include <catch2/catch.hpp>

#include "tests/sim/sm/sm_programs.hpp"

using namespace heddle;

namespace {

using IssueCycles = std::vector<Cycle>;

SmConfig ampere() { return with_quick_fetch(shipped_sm("ampere")); }

} // namespace

// Memory instructions --------------------------------------------------------------------------------------------

TEST_CASE("results and operands of shared loads and stores come when the tables say", "[sub_core]") {
    const SmConfig config = ampere();
    struct Access {
        const char* opcode;
        Cycle read, done; // 0: writes nothing
    };
    for (const Access& a :
         {Access{"LDS", 9, 24}, {"LDS.64", 9, 24}, {"LDS.128", 9, 26}, {"STS", 12, 0}, {"STS.64", 14, 0}, {"STS.128", 18, 0}}) {
        const bool load = a.done != 0;
        Program raw("raw", 80), war("war", 80);
        for (Program* program : {&raw, &war}) {
            if (load) program->row(a.opcode, {4}, {2});
            else program->row(a.opcode, {}, {2, 4});
        }
        raw.row("FADD", {20}, {4, 4});
        war.row("MOV", {2}, {21});
        for (Program* program : {&raw, &war}) program->row("EXIT", {}, {});
        INFO(a.opcode);
        if (load) CHECK(run_rows(config, raw).cycles_of(0)[1] == a.done);
        CHECK(run_rows(config, war).cycles_of(0)[1] == a.read);
    }
}

TEST_CASE("a global load that hits returns after its latency, one that misses after the memory's", "[sub_core]") {
    const SmConfig config = ampere();
    Program program("ldg", 80);
    program.row("LDG.E", {4}, {2});
    program.row("FADD", {5}, {4, 4}); // waits for the miss
    program.row("LDG.E", {6}, {2});
    program.row("FADD", {7}, {6, 6}); // waits for the hit
    program.row("LDG.E", {8}, {2});
    program.row("MOV", {3}, {9}); // overwrites the upper half of the address
    program.row("LDG.E", {10}, {2});
    program.row("MOV", {10}, {9}); // overwrites the result
    program.row("EXIT", {}, {});
    const auto c = run_rows(config, program, 0x1000, {.memory_latency = 300}).cycles_of(0);
    CHECK(c[1] >= 300);
    CHECK(c[1] <= 300 + 60);
    CHECK(c[3] - c[2] == 32);
    CHECK(c[5] - c[4] == 11);
    CHECK(c[7] - c[6] == 32);
}

TEST_CASE("five memory instructions issue back to back, the sixth waits for the queue", "[sub_core]") {
    for (const auto& [opcode, reason] : {std::pair{"LDS", "mio_throttle"}, {"LDG.E", "lg_throttle"}}) {
        Program program("queue", 80);
        for (std::uint16_t i = 0; i < 8; ++i) program.row(opcode, {static_cast<std::uint16_t>(20 + i)}, {2});
        program.row("EXIT", {}, {});
        const SmRun run = run_rows(ampere(), program);
        INFO(opcode);
        CHECK(run.cycles_of(0) == IssueCycles{0, 1, 2, 3, 4, 11, 15, 19, 20});
        CHECK(run[kStates + reason] == 6 + 3 + 3);
        CHECK(run[kSlots + reason] == 6 + 3 + 3);
    }
}

TEST_CASE("a full memory queue does not hold up another warp's arithmetic", "[sub_core]") {
    Program program("queue", 80);
    const auto& load = program.row("LDS", {20}, {2});
    std::vector<const StaticInstruction*> adds;
    for (unsigned i = 0; i < 6; ++i) adds.push_back(&program.row("IADD3", {4}, {5, 6}));
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
                                     if (warp == 0)
                                         for (std::uint16_t i = 0; i < 8; ++i) code.add_strided(load, 0, 4);
                                     if (warp == 4)
                                         for (const auto* add : adds) code.add(*add);
                                     code.add(exit);
                                 },
                                 {.launch = {.threads = 5 * 32}});
    const auto c = run.cycles_of(4);
    REQUIRE(c.size() == 7);
    for (unsigned i = 1; i < 6; ++i) CHECK(c[i] - c[i - 1] == 4);
}

TEST_CASE("an address register is free only when its load has read it, however many wait to", "[sub_core]") {
    // Loads of constants read their address 29 cycles after issue: more than eight are waiting to do so at a time.
    Program program("constants", 80);
    program.row("LDC", {100}, {39}); // brings the line
    program.row("IADD3", {101}, {100});
    for (std::uint16_t i = 0; i < 12; ++i) program.row("LDC", {static_cast<std::uint16_t>(60 + i)}, {static_cast<std::uint16_t>(40 + i)});
    for (std::uint16_t i = 8; i < 12; ++i) program.row("MOV", {static_cast<std::uint16_t>(40 + i)}, {1});
    program.row("EXIT", {}, {});
    const auto c = run_rows(ampere(), program).cycles_of(0);
    // The last load issues when the seventh of the twelve is dispatched; each MOV 18 cycles after its load's dispatch.
    CHECK(c[13] - c[2] == 11 + 4 * 6);
    for (unsigned i = 8; i < 12; ++i) CHECK(c[14 + i - 8] - c[2] == 11 + 4 * i + 18);
}

TEST_CASE("a load whose data is on its way already is not done before it has read its address", "[sub_core]") {
    for (std::int64_t pause = 0; pause < 120; ++pause) {
        Program program("late", 80);
        program.row("LDC", {4}, {2});
        program.row("NANOSLEEP", {}, {}, pause);
        program.row("LDC", {6}, {3});     // the same line
        program.row("FADD", {8}, {6, 6}); // its result
        program.row("MOV", {3}, {1});     // its address
        program.row("EXIT", {}, {});
        const SmRun run = run_rows(ampere(), program, 0x1000, {.memory_latency = 80});
        INFO("pause " << pause);
        REQUIRE(run.done == 1);
        const auto c = run.cycles_of(0);
        REQUIRE(c[3] - c[2] >= 29);
        REQUIRE(c[4] == c[3] + 1);
    }
}

TEST_CASE("a memory instruction that no lane executes reaches no memory", "[sub_core]") {
    Program program("off", 80);
    const auto& load = program.row("LDG.E", {4}, {2});
    const auto& store = program.row("STG.E", {}, {2, 4});
    const auto& add = program.row("FADD", {5}, {4, 4});
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
        code.add_strided(load, 0x1000, 4, 0);
        code.add_strided(store, 0x1000, 4, 0);
        code.add(add);
        code.add(exit);
    });
    CHECK(run.requests == 0);
    CHECK(run.drained == 0);
    CHECK(run["gpu.sm.lsu.instructions"] == 0);
    CHECK(run["gpu.sm.sub_core.inst_predicated_off"] == 2);
    CHECK(run["gpu.sm.sub_core.thread_inst_executed"] == 64);
    CHECK(run.cycles_of(0).back() < 10);
}

// Asynchronous copies --------------------------------------------------------------------------------------------

TEST_CASE("DEPBAR waits until no more than the given number of copy groups is open", "[sub_core]") {
    Program program("copies", 80);
    const auto& warm = program.row("LDG.E", {4}, {2});
    const auto& wait_warm = program.row("FADD", {5}, {4, 4});
    const auto& copy = program.row("LDGSTS.E", {}, {6, 2});
    const auto& commit = program.row("LDGDEPBAR", {}, {});
    const auto& wait2 = program.row("DEPBAR.LE", {}, {}, 2);
    const auto& wait1 = program.row("DEPBAR.LE", {}, {}, 1);
    const auto& wait0 = program.row("DEPBAR.LE", {}, {}, 0);
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t, WarpCode& code) {
                                     code.add_strided(warm, 0x1000, 4);
                                     code.add(wait_warm);
                                     code.add_strided(copy, 0x1000, 4); // hits
                                     code.add(commit);
                                     code.add_strided(copy, 0x8000, 4); // misses
                                     code.add(commit);
                                     code.add(wait2); // open at once
                                     code.add(wait1);
                                     code.add(wait0);
                                     code.add(exit);
                                 },
                                 {.memory_latency = 400});
    const auto c = run.cycles_of(0);
    const Cycle hit = c[2], miss = c[4];
    CHECK(c[6] < hit + 20);
    CHECK(c[7] - hit == 39); // the latency of a copy that hits
    CHECK(c[8] - miss > 400);
    CHECK(c[8] - miss < 400 + 60);
    CHECK(run[kStates + "long_scoreboard"] > 700);
}

TEST_CASE("groups complete in order though their copies do not", "[sub_core]") {
    Program program("copies", 80);
    const auto& warm = program.row("LDG.E", {4}, {2});
    const auto& wait_warm = program.row("FADD", {5}, {4, 4});
    const auto& copy = program.row("LDGSTS.E", {}, {6, 2});
    const auto& commit = program.row("LDGDEPBAR", {}, {});
    const auto& wait1 = program.row("DEPBAR.LE", {}, {}, 1);
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t, WarpCode& code) {
                                     code.add_strided(warm, 0x1000, 4);
                                     code.add(wait_warm);
                                     code.add_strided(copy, 0x8000, 4); // misses
                                     code.add(commit);
                                     code.add_strided(copy, 0x1000, 4); // hits, but its group is the younger
                                     code.add(commit);
                                     code.add(wait1);
                                     code.add(exit);
                                 },
                                 {.memory_latency = 400});
    const auto c = run.cycles_of(0);
    CHECK(c[6] - c[2] > 400);
}

TEST_CASE("empty groups and waits without copies hold up nothing", "[sub_core]") {
    Program program("copies", 80);
    for (unsigned i = 0; i < 3; ++i) program.row("LDGDEPBAR", {}, {});
    program.row("DEPBAR.LE", {}, {}, 0);
    program.row("EXIT", {}, {});
    CHECK(run_rows(ampere(), program).cycles_of(0) == IssueCycles{0, 2, 4, 6, 7}); // the pipe's interval alone
}

TEST_CASE("a warp may commit more groups than are tracked: it waits for the oldest", "[sub_core]") {
    Program program("copies", 80);
    const auto& copy = program.row("LDGSTS.E", {}, {6, 2});
    const auto& commit = program.row("LDGDEPBAR", {}, {});
    const auto& wait0 = program.row("DEPBAR.LE", {}, {}, 0);
    const auto& exit = program.row("EXIT", {}, {});
    constexpr unsigned kCommits = 100;
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t, WarpCode& code) {
                                     for (unsigned i = 0; i < kCommits; ++i) {
                                         code.add_strided(copy, 0x1000 + 0x100 * i, 4);
                                         code.add(commit);
                                     }
                                     code.add(wait0);
                                     code.add(exit);
                                 },
                                 {.memory_latency = 3000});
    CHECK(run.done == 1);
    CHECK(run["gpu.sm.lsu.async_copies"] == kCommits);
    CHECK(run.cycles_of(0).back() > 3000 * 2);
}
