// Issue cycles of short programs on one warp, relative to the first issue.
#include <catch2/catch.hpp>

#include "tests/sim/sm/sm_programs.hpp"

using namespace heddle;

namespace {

using IssueCycles = std::vector<Cycle>;

SmConfig ampere(const std::vector<std::string>& overrides = {}) { return with_quick_fetch(shipped_sm("ampere", overrides)); }

struct ClassOpcode {
    LatencyClass latency_class;
    const char* opcode;
    bool pairs; // operands are register pairs
    bool reads; // has a general register source: a dependent chain is possible
};
const ClassOpcode kClassOpcodes[] = {
    {LatencyClass::Integer, "IADD3", false, true},
    {LatencyClass::IntegerMad, "IMAD", false, true},
    {LatencyClass::IntegerMadWide, "IMAD.WIDE", true, true},
    {LatencyClass::Float, "FFMA", false, true},
    {LatencyClass::FloatCompare, "FMNMX", false, true},
    {LatencyClass::Half, "HFMA2", false, true},
    {LatencyClass::HalfMma, "HFMA2.MMA", false, true},
    {LatencyClass::Double, "DFMA", true, true},
    {LatencyClass::Transcendental, "MUFU.RCP", false, true},
    {LatencyClass::BitCount, "POPC", false, true},
    {LatencyClass::Conversion, "F2I", false, true},
    {LatencyClass::Match, "REDUX", false, true},
    {LatencyClass::Special, "S2R", false, false},
    {LatencyClass::Clock, "CS2R.32", false, false},
    {LatencyClass::Vote, "VOTE", false, false},
};

} // namespace

TEST_CASE("a chain of dependent instructions issues at the latency of their class", "[sub_core]") {
    for (const char* name_of_sm : {"volta", "ampere", "hopper"}) {
        const SmConfig config = with_quick_fetch(shipped_sm(name_of_sm));
        for (const ClassOpcode& c : kClassOpcodes) {
            const unsigned architecture = std::string(name_of_sm) == "volta" ? 70 : std::string(name_of_sm) == "ampere" ? 80 : 90;
            const OpcodeRow* opcode = find(architecture, c.opcode);
            if (opcode == nullptr || opcode->latency_class != c.latency_class) continue; // not on this architecture
            Program program("chain", architecture);
            for (unsigned i = 0; i < 5; ++i) {
                if (c.reads) program.row(c.opcode, {4}, {4});
                else program.row(c.opcode, {4}, {}); // a write waits for the one before it
            }
            program.row("EXIT", {}, {});
            REQUIRE(program.code()->instructions.front().latency_class == c.latency_class);
            const auto cycles = run_rows(config, program).cycles_of(0);
            const LatencyRow& row = config.latency[c.latency_class];
            INFO(name_of_sm << " " << c.opcode);
            for (unsigned i = 1; i < 5; ++i) CHECK(cycles[i] - cycles[i - 1] == std::max(row.latency, row.interval));
        }
    }
}

TEST_CASE("independent instructions of a class issue at its interval", "[sub_core]") {
    for (const char* name_of_sm : {"ampere", "hopper"}) {
        const SmConfig config = with_quick_fetch(shipped_sm(name_of_sm));
        for (const ClassOpcode& c : kClassOpcodes) {
            Program program("independent", std::string(name_of_sm) == "ampere" ? 80 : 90);
            const std::uint16_t step = c.pairs ? 2 : 1;
            for (std::uint16_t i = 0; i < 6; ++i) program.row(c.opcode, {static_cast<std::uint16_t>(20 + step * i)}, {});
            program.row("EXIT", {}, {});
            const auto cycles = run_rows(config, program).cycles_of(0);
            INFO(name_of_sm << " " << c.opcode);
            for (unsigned i = 1; i < 6; ++i) CHECK(cycles[i] - cycles[i - 1] == config.latency[c.latency_class].interval);
        }
    }
}

TEST_CASE("the warps of a sub-core share its special function unit, eight cycles an instruction", "[sub_core]") {
    Program program("mufu", 80);
    const auto& mufu = program.row("MUFU.SIN", {4}, {5});
    const auto& exit = program.row("EXIT", {}, {});
    const SmRun run = run_kernel(ampere(), program,
                                 [&](std::uint64_t, std::uint32_t, WarpCode& code) {
                                     code.add(mufu);
                                     code.add(exit);
                                 },
                                 {.launch = {.threads = 32 * 16}}); // four warps a sub-core
    std::map<unsigned, IssueCycles> by_sub_core;
    for (const auto& issue : run.issues)
        if (issue.code == &mufu) by_sub_core[issue.warp % 4].push_back(issue.cycle);
    REQUIRE(by_sub_core.size() == 4);
    for (const auto& [sub_core, cycles] : by_sub_core) {
        REQUIRE(cycles.size() == 4);
        for (unsigned i = 1; i < 4; ++i) CHECK(cycles[i] - cycles[i - 1] == 8);
        CHECK(cycles.front() == by_sub_core[0].front()); // sub-cores do not disturb each other
    }
    CHECK(run[kStates + "math_pipe_throttle"] > 0);
}

TEST_CASE("matrix instructions issue at the tensor core's interval and latency", "[sub_core]") {
    for (const auto& [sm, architecture, interval] : {std::tuple{"ampere", 80u, 8u}, {"hopper", 90u, 6u}}) {
        Program program("mma", architecture);
        program.row("HMMA.16816.F32", {8}, {20, 24, 8});
        program.row("HMMA.16816.F32", {12}, {20, 24, 12});
        program.row("HMMA.16816.F32", {8}, {20, 24, 8}); // accumulates on the first
        program.row("EXIT", {}, {});
        const SmRun run = run_rows(with_quick_fetch(shipped_sm(sm)), program);
        INFO(sm);
        CHECK(run.cycles_of(0) == IssueCycles{0, interval, 24, 25});
        CHECK(run["gpu.sm.sub_core.flops_tensor"] == 3 * 2 * 2048);
        CHECK(run["gpu.sm.sub_core.inst_executed_pipe.tensor_busy"] == 3 * interval);
    }
}

// Register file ports ------------------------------------------------------------------------------------------

TEST_CASE("reads of one bank delay the next issue by 0, 1 or 2 cycles", "[sub_core]") {
    for (const auto& [b, c, delay] : {std::tuple<std::uint16_t, std::uint16_t, Cycle>{17, 19, 0}, {18, 19, 1}, {18, 20, 2}}) {
        Program program("banks", 80);
        program.code()->has_control_bits = true;
        program.row("IADD3", {4}, {10, 12, 14});
        program.row("FFMA", {5}, {16, b, c});
        program.row("NOP", {}, {});
        program.row("EXIT", {}, {});
        const SmRun run = run_rows(ampere(), program);
        CHECK(run.cycles_of(0)[1] == 1);
        CHECK(run.cycles_of(0)[2] == 2 + delay);
        CHECK(run["gpu.sm.sub_core.register_port_delay"] == delay);
        CHECK(run[kSlots + "dispatch_stall"] == delay);
    }
}

TEST_CASE("a delayed read delays the result as well", "[sub_core]") {
    Program program("banks", 80);
    program.row("IADD3", {4}, {10, 12, 14});
    program.row("FFMA", {5}, {16, 18, 20}); // two cycles late
    program.row("FADD", {6}, {5, 7});
    program.row("EXIT", {}, {});
    CHECK(run_rows(ampere(), program).cycles_of(0) == IssueCycles{0, 1, 1 + 4 + 2, 8});
}

// Issue slots ----------------------------------------------------------------------------------------------------

TEST_CASE("the buffer of three keeps one warp issuing every cycle", "[sub_core]") {
    Program program("rate", 80);
    for (unsigned i = 0; i < 30; ++i) {
        program.row("IADD3", {4}, {5, 6});
        program.last().writes = {};
        program.last().destination_count = 0;
        program.row("FADD", {7}, {5, 6});
        program.last().writes = {};
        program.last().destination_count = 0;
    }
    program.row("EXIT", {}, {});
    const auto c = run_rows(ampere(), program).cycles_of(0);
    for (unsigned i = 1; i < c.size(); ++i) CHECK(c[i] - c[i - 1] == 1);
}

TEST_CASE("a buffer of one lets a warp issue once per fetch", "[sub_core]") {
    Program program("rate", 80);
    for (unsigned i = 0; i < 10; ++i) program.row(i % 2 == 0 ? "IADD3" : "FADD", {static_cast<std::uint16_t>(20 + i)}, {5, 6});
    program.row("EXIT", {}, {});
    const auto c = run_rows(ampere({"sub_core.instruction_buffer=1"}), program).cycles_of(0);
    for (unsigned i = 1; i < c.size(); ++i) CHECK(c[i] - c[i - 1] == 2); // fetched the cycle it issued, two to decode
}

TEST_CASE("a reason that changes while nothing can issue is charged the same with and without skipping", "[sub_core]") {
    Program program("reasons", 80);
    program.row("IADD3", {4}, {10, 12, 14});
    program.row("DFMA", {6}, {16, 18, 20}); // its reads are two cycles late, its pipe is busy for four
    program.row("DFMA", {8}, {22, 24, 26});
    program.row("EXIT", {}, {});
    const SmRun skipped = run_rows(ampere(), program), ticked = run_rows(ampere(), program, 0, {.options = {.skip = false}});
    CHECK(skipped.cycles_of(0) == ticked.cycles_of(0));
    for (const SmRun* run : {&skipped, &ticked}) {
        CHECK((*run)[kSlots + "dispatch_stall"] == 2 + 1); // and one after the second, whose reads meet those of the first
        CHECK((*run)[kSlots + "math_pipe_throttle"] == 1);
    }
}
