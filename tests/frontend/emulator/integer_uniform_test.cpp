// The uniform datapath gives what the vector instructions give; special registers; votes; moves between register files.
#include "tests/frontend/emulator/integer_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;

namespace {
using u32 = std::uint32_t;
using u64 = std::uint64_t;

// A word of the uniform datapath: UD UR4, UA UR8, UB UR12, UC UR16.
Build uniform(unsigned opcode) { return Build(opcode).set(91, 1, 1); }

// Runs a uniform word and the vector word it corresponds to on the same values; compares results and the predicate 5.
void same_as_vector(const Build& uniform_word, const Build& vector_word, const std::string& text, bool wide = false) {
    WarpBench bench(90);
    Warp& w = bench.warp();
    for (unsigned round = 0; round < 300; ++round) {
        for (const unsigned r : {8U, 9U, 12U, 13U, 16U, 17U}) {
            bench.set_ureg(r, sample(round * 64 + r));
            bench.set(r, [&](unsigned) { return sample(round * 64 + r); });
        }
        const bool p0 = round & 1, p1 = round & 2, p2 = round & 4;
        w.uniform_predicates = static_cast<std::uint8_t>(0x80 | p0 | p1 << 1 | p2 << 2);
        w.predicates[0] = p0 ? kAllLanes : 0;
        w.predicates[1] = p1 ? kAllLanes : 0;
        w.predicates[2] = p2 ? kAllLanes : 0;
        w.predicates[5] = w.predicates[6] = 0;
        bench.run(uniform_word.word);
        REQUIRE(sass::text(bench.instruction()) == text);
        bench.run(vector_word.word);
        INFO(text << " round " << round);
        REQUIRE(bench.ureg(4).lane[0] == bench.reg(4, 0));
        REQUIRE(bench.ureg(4).lane[31] == bench.reg(4, 0));
        if (wide) REQUIRE(bench.ureg(5).lane[0] == bench.reg(5, 0));
        REQUIRE((w.uniform_predicates >> 5 & 1) == (w.predicates[5] & 1));
        REQUIRE((w.uniform_predicates >> 6 & 1) == (w.predicates[6] & 1));
    }
}
} // namespace

TEST_CASE("Uniform arithmetic equals vector arithmetic") {
    same_as_vector(uniform(0x290).pd(5).pq(6).pa().pb(), Build(0x210).pd(5).pq(6).pa().pb(), "UIADD3 UR4, UP5, UP6, UR8, UR12, UR16");
    same_as_vector(uniform(0x290).pd(5).pq(6).pa(0, false).pb(1, false).set(74, 1, 1).set(63, 1, 1),
                   Build(0x210).pd(5).pq(6).pa(0, false).pb(1, false).set(74, 1, 1).set(63, 1, 1),
                   "UIADD3.X UR4, UP5, UP6, UR8, ~UR12, UR16, UP0, UP1");
    same_as_vector(uniform(0x2a4).pd().pa().set(73, 1, 1).set(75, 1, 1), Build(0x224).pd().pa().set(73, 1, 1).set(75, 1, 1),
                   "UIMAD UR4, UR8, UR12, -UR16");
    same_as_vector(uniform(0x2a5).pd(5).pa(), Build(0x225).pd(5).pa(), "UIMAD.WIDE.U32 UR4, UP5, UR8, UR12, UR16", true);
    same_as_vector(uniform(0x2a5).pd(7).pa().set(73, 1, 1), Build(0x225).pd(7).pa().set(73, 1, 1), "UIMAD.WIDE UR4, UR8, UR12, UR16", true);
    same_as_vector(uniform(0x2a7).pd(7).pa(), Build(0x227).pd(7).pa(), "UIMAD.HI.U32 UR4, UR8, UR12, UR16");
    same_as_vector(uniform(0x291).pd(5).pa().set(64, 8, 63).set(75, 5, 3), Build(0x211).pd(5).pa().no_c().set(75, 5, 3),
                   "ULEA UR4, UP5, UR8, UR12, 0x3");
    same_as_vector(uniform(0x291).pd().pa(0, false).set(75, 5, 9).set(80, 1, 1).set(74, 1, 1),
                   Build(0x211).pd().pa(0, false).set(75, 5, 9).set(80, 1, 1).set(74, 1, 1), "ULEA.HI.X UR4, UR8, UR12, UR16, 0x9, UP0");
}

TEST_CASE("Uniform logic equals vector logic") {
    const auto two = [](unsigned opcode) { return Build(opcode).set(64, 8, 0); };
    const auto utwo = [](unsigned opcode) { return uniform(opcode).set(64, 8, 0); };
    same_as_vector(uniform(0x292).pd(5).pa(1, false).set(72, 8, 0xe2), Build(0x212).pd(5).pa(1, false).set(72, 8, 0xe2),
                   "ULOP3.LUT UP5, UR4, UR8, UR12, UR16, 0xe2, UP1");
    same_as_vector(uniform(0x299).set(73, 2, 1).set(80, 1, 1), Build(0x219).set(73, 2, 1).set(80, 1, 1),
                   "USHF.L.U64.HI UR4, UR8, UR12, UR16");
    same_as_vector(uniform(0x299).set(73, 2, 2).set(76, 1, 1).set(80, 1, 1), Build(0x219).set(73, 2, 2).set(76, 1, 1).set(80, 1, 1),
                   "USHF.R.S32.HI UR4, UR8, UR12, UR16");
    same_as_vector(uniform(0x296), Build(0x216), "UPRMT UR4, UR8, UR12, UR16");
    same_as_vector(utwo(0x287).pa(0, true), two(0x207).pa(0, true), "USEL UR4, UR8, UR12, !UP0");
    same_as_vector(utwo(0x29a).set(73, 1, 1), two(0x21a).set(73, 1, 1), "USGXT UR4, UR8, UR12");
    same_as_vector(utwo(0x29b), two(0x21b), "UBMSK UR4, UR8, UR12");
    same_as_vector(utwo(0x2bd).set(24, 8, 0).pd(5), two(0x300).set(24, 8, 0).pd(5), "UFLO.U32 UP5, UR4, UR12");
    same_as_vector(utwo(0x2bf).set(24, 8, 0), two(0x309).set(24, 8, 0), "UPOPC UR4, UR12");
    same_as_vector(utwo(0x2be).set(24, 8, 0), two(0x301).set(24, 8, 0), "UBREV UR4, UR12");
    for (unsigned comparison = 1; comparison < 7; ++comparison) {
        static const char* const names[] = {"", "LT", "EQ", "LE", "GT", "NE", "GE"};
        const auto set = [&](Build b) {
            return b.set(16, 8, 0).set(76, 3, comparison).set(73, 1, 1).set(74, 2, 1).set(72, 1, 1).set(68, 3, 2).pd(5).pq(6).pa(0, true);
        };
        same_as_vector(set(utwo(0x28c)), set(two(0x20c)), fmt::format("UISETP.{}.OR.EX UP5, UP6, UR8, UR12, !UP0, UP2", names[comparison]));
    }
}

TEST_CASE("UIADD3.64 adds pairs") {
    WarpBench bench(80);
    bench.set_ureg(8, 0xffffffff);
    bench.set_ureg(9, 1);
    bench.run(uniform(0x897).pd().pq().pa().pb().set(64, 8, 63).immediate(0x10).word);
    CHECK(sass::text(bench.instruction()) == "UIADD3.64 UR4, UR8, 0x10, URZ");
    CHECK(bench.ureg(4).lane[3] == 0xf);
    CHECK(bench.ureg(5).lane[3] == 2);
}

TEST_CASE("SR_SMEMSZ counts shared memory in the units in which it is given out") {
    for (const auto& [bytes, wanted] : {std::pair{1064U, 1152U}, {1U, 128U}, {128U, 128U}, {129U, 256U}}) {
        WarpBench bench(80, best_lane_level(), {}, 32, bytes);
        bench.run(Build(0x919).set(24, 48, 0).set(72, 8, 0x32).word);
        CHECK(bench.reg(4, 7) == wanted);
    }
}

TEST_CASE("Special registers say who a thread is") {
    WarpBench bench(80);
    const auto read = [&](unsigned number, Mask mask = kAllLanes) {
        bench.set(4, [](unsigned) { return 77U; });
        bench.run(Build(0x919).set(24, 48, 0).set(72, 8, number).word, mask);
    };
    read(0x00, 0xffff00ffU);
    CHECK(bench.reg(4, 31) == 31);
    CHECK(bench.reg(4, 8) == 77);
    read(0x21);
    CHECK(bench.reg(4, 17) == 17);
    read(0x22);
    CHECK(bench.reg(4, 17) == 0);
    read(0x25);
    CHECK(bench.reg(4, 9) == 1);
    const std::array<std::pair<unsigned, u32>, 5> masks = {
        {{0x38, 1U << 9}, {0x39, 0x1ffU}, {0x3a, 0x3ffU}, {0x3b, 0xfffffc00U}, {0x3c, 0xfffffe00U}}};
    for (const auto& [number, value] : masks) {
        read(number);
        CHECK(bench.reg(4, 9) == value);
    }
    read(0x2f);
    CHECK(bench.reg(4, 0) == DeviceMemory::kSharedWindow >> 32);
    read(0x37); // the lowest stack pointer, which code of -O0 compares its own with
    CHECK(bench.reg(4, 0) == 0);
    CHECK_THROWS(read(0x64)); // a performance counter
    bench.run(Build(0x805).set(24, 48, 0).set(72, 8, 0xff).set(80, 1, 1).word);
    CHECK(sass::text(bench.instruction()) == "CS2R R4, SRZ");
    CHECK(bench.reg(4, 0) == 0);
    CHECK(bench.reg(5, 31) == 0);
    bench.warp().executed = 1234;
    bench.run(Build(0x805).set(24, 48, 0).set(72, 8, 0x50).set(80, 1, 1).word);
    CHECK(bench.reg(4, 0) == 1234 + static_cast<u32>(bench.grid().clock_base));
}

TEST_CASE("Votes count the lanes that execute") {
    WarpBench bench(80);
    Warp& w = bench.warp();
    w.predicates[0] = 0x0000ff0fU;
    const auto vote = [&](unsigned mode, Mask mask, Build b = Build(0x806)) {
        w.predicates[5] = 0x55555555U;
        bench.run(b.set(24, 48, 0).set(72, 2, mode).pd(5).pa(0, false).word, mask);
    };
    vote(1, 0x0000ffffU);
    CHECK(sass::text(bench.instruction()) == "VOTE.ANY R4, P5, P0");
    CHECK(bench.reg(4, 3) == 0x0000ff0fU);
    CHECK(w.predicates[5] == 0x5555ffffU);
    vote(0, 0x0000ffffU);
    CHECK((w.predicates[5] & 0xffffU) == 0);
    vote(0, 0x00000f00U);
    CHECK((w.predicates[5] & 0xf00U) == 0xf00U);
    vote(2, 0x000000f0U); // all false is equal, too
    CHECK((w.predicates[5] & 0xf0U) == 0xf0U);
    vote(2, 0x000000ffU);
    CHECK((w.predicates[5] & 0xffU) == 0);
    vote(1, 0x0000fff0U, Build(0x886));
    CHECK(bench.ureg(4).lane[0] == 0xff00U);
    CHECK((w.uniform_predicates >> 5 & 1) == 1);
}

TEST_CASE("R2UR takes the first lane and says which lanes differ") {
    WarpBench bench(80);
    bench.set(8, [](unsigned l) { return l < 4 ? 9U : 5U + (l & 1); });
    bench.run(Build(0x3c2).set(32, 40, 0).set(80, 16, 0).pd(5).word, 0xfffffff0U);
    CHECK(sass::text(bench.instruction()) == "R2UR P5, UR4, R8");
    CHECK(bench.ureg(4).lane[7] == 5);
    CHECK(bench.warp().predicates[5] == 0xaaaaaaa0U);
}

TEST_CASE("Predicates move to and from bytes of a register") {
    WarpBench bench(80);
    Warp& w = bench.warp();
    for (unsigned k = 0; k < 7; ++k) w.predicates[k] = sample(900 + k);
    const auto before = w.predicates;
    bench.set(8, [](unsigned l) { return 0x11223344U + l; });
    bench.run(Build(0x803).set(64, 32, 0).set(76, 2, 2).set(32, 32, 0x4b).word);
    CHECK(sass::text(bench.instruction()) == "P2R.B2 R4, PR, R8, 0x4b");
    for (unsigned l = 0; l < kLanes; ++l) {
        u32 bits = 0;
        for (unsigned k = 0; k < 7; ++k) bits |= (before[k] >> l & 1) << k;
        REQUIRE(bench.reg(4, l) == (((0x11223344U + l) & ~(0x4bU << 16)) | (bits & 0x4b) << 16));
    }
    w.predicates.fill(0);
    w.predicates[7] = kAllLanes;
    bench.run(Build(0x804).set(16, 8, 0).set(24, 8, 4).set(64, 32, 0).set(76, 2, 2).set(32, 32, 0x4b).word, 0x00ffffffU);
    CHECK(sass::text(bench.instruction()) == "R2P PR, R4.B2, 0x4b");
    for (unsigned k = 0; k < 7; ++k) REQUIRE(w.predicates[k] == ((0x4b >> k & 1) ? before[k] & 0x00ffffffU : 0U));
}

TEST_CASE("PLOP3 with two tables, with a uniform third source") {
    WarpBench bench(80);
    Warp& w = bench.warp();
    w.predicates[0] = 0xf0f0f0f0U;
    w.predicates[1] = 0xccccccccU;
    w.uniform_predicates = 0x80 | 1;
    // P5 = P0 & P1 & UP0 (0x80), P6 = P0 ^ P1 (0x3c); the first table is split: low three bits at 64, high five at 72.
    const auto build = [] {
        return Build(0x81c).set(24, 48, 0).set(16, 8, 0x3c).set(64, 3, 0).set(72, 5, 0x10).pd(5).pq(6).pa(0, false).pb(1, false);
    };
    bench.run(build().set(67, 1, 1).set(68, 3, 0).word);
    CHECK(sass::text(bench.instruction()) == "PLOP3.LUT P5, P6, P0, P1, UP0, 0x80, 0x3c");
    CHECK(w.predicates[5] == (0xf0f0f0f0U & 0xccccccccU));
    CHECK(w.predicates[6] == (0xf0f0f0f0U ^ 0xccccccccU));
    w.uniform_predicates = 0x80;
    bench.run(build().set(67, 1, 1).set(68, 3, 0).word);
    CHECK(w.predicates[5] == 0);
}

TEST_CASE("ELECT chooses the lowest lane of the mask that executes") {
    WarpBench bench(90);
    bench.set_ureg(8, 0x0000fff0U);
    bench.run(Build(0x82f).set(32, 40, 0).set(91, 1, 1).pd(5).set(87, 4, 0).word, 0xffffff00U);
    CHECK(sass::text(bench.instruction()) == "ELECT P5, UR4, UR8");
    CHECK(bench.ureg(4).lane[0] == 8);
    CHECK((bench.warp().predicates[5] & 0xffffff00U) == 0x100U);
}

TEST_CASE("ULDC reads sizes, signs and indexed offsets of a constant bank") {
    WarpBench bench(80);
    const auto bank = bench.grid().constant_bank(0);
    REQUIRE(bank.size() > 16);
    u64 first = 0;
    std::memcpy(&first, bank.data(), 8); // block dimensions
    bench.run(Build(0xab9).set(24, 56, 0).set(73, 3, 5).word);
    CHECK(sass::text(bench.instruction()) == "ULDC.64 UR4, c[0x0][0x0]");
    CHECK((bench.ureg(4).lane[0] | u64{bench.ureg(5).lane[0]} << 32) == first);
    bench.set_ureg(8, 0x10);
    bench.run(Build(0xabb).set(32, 40, 0).set(73, 3, 4).set(38, 16, 0xfff0).set(91, 1, 1).word);
    CHECK(sass::text(bench.instruction()) == "ULDC UR4, c[0x0][UR8+-0x10]");
    CHECK(bench.ureg(4).lane[0] == static_cast<u32>(first));
}
