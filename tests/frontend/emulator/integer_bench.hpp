// Runs one integer instruction on every level of vector instructions with edge values, and compares with a reference.
#pragma once

#include "tests/frontend/emulator/warp_bench.hpp"

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <random>
#include <vector>

namespace heddle::emulator {

using sass::Word;

// A word with the registers of Inputs: guard PT, D R4, A R8, B R12, C R16; `set` changes a field.
struct Build {
    Word word;
    explicit Build(unsigned opcode) {
        word.set(0, 12, opcode);
        set(12, 3, 7).set(16, 8, 4).set(24, 8, 8).set(32, 8, 12).set(64, 8, 16);
    }
    Build& set(unsigned position, unsigned bits, std::uint64_t value) {
        word.set(position, bits, value);
        return *this;
    }
    Build& pd(unsigned number = 7) { return set(81, 3, number); }
    Build& pq(unsigned number = 7) { return set(84, 3, number); }
    Build& pa(unsigned number = 7, bool negate = true) { return set(87, 3, number).set(90, 1, negate); }
    Build& pb(unsigned number = 7, bool negate = true) { return set(77, 3, number).set(80, 1, negate); }
    Build& no_c() { return set(64, 8, 255); }
    Build& immediate(std::uint32_t value) { return set(32, 32, value); }
};

inline std::vector<LaneLevel> lane_levels() {
    std::vector<LaneLevel> levels{LaneLevel::Portable};
    if (best_lane_level() >= LaneLevel::Avx2) levels.push_back(LaneLevel::Avx2);
    if (best_lane_level() >= LaneLevel::Avx512) levels.push_back(LaneLevel::Avx512);
    return levels;
}

// Values with carries, signs and byte borders in them, then random ones.
inline std::uint32_t sample(unsigned number) {
    static constexpr std::array<std::uint32_t, 20> edges = {0,          1,    2,          0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000,
                                                            0x80000001, 31,   32,         33,         63,         64,         0xff,
                                                            0x80,       0x7f, 0xffff8000, 0x00010000, 0x01020304, 0xfedcba98};
    const unsigned mixed = number * 2654435761U;
    if (mixed >> 30 != 0) return edges[(mixed >> 8) % edges.size()];
    return mixed * 2246822519U ^ (mixed >> 15);
}

// The registers and predicates an instruction under test uses: A R8 (R9), B R12 (R13), C R16 (R17), D R4 (R5); P0 to P4 sources, P5, P6
// results.
struct Inputs {
    std::uint32_t a, b, c, a1, b1, c1;
    bool p0, p1, p2;
};
struct Outputs {
    std::uint32_t d = 0, d1 = 0;
    bool p5 = false, p6 = false;
};

// `text` is what the word must decode to. `expect(Inputs)` gives Outputs; what an instruction does not write keeps d = d1 = 0xdeadbeef, p5
// = true, p6 = false.
template <class Expect> void check_lanes(unsigned architecture, const Build& build, const std::string& text, Expect expect) {
    for (const LaneLevel level : lane_levels()) {
        WarpBench bench(architecture, level);
        for (unsigned round = 0; round < 24; ++round) {
            const Mask mask = round % 3 == 0 ? kAllLanes : round % 3 == 1 ? 0x0000ffffU : 0xa5a5c3f1U + round;
            Warp& w = bench.warp();
            const auto fill_register = [&](unsigned r) { bench.set(r, [&](unsigned l) { return sample(round * 4096 + r * 37 + l); }); };
            for (const unsigned r : {8U, 9U, 12U, 13U, 16U, 17U}) fill_register(r);
            for (const unsigned r : {4U, 5U}) bench.set(r, [](unsigned) { return 0xdeadbeefU; });
            for (unsigned p = 0; p < 5; ++p) w.predicates[p] = sample(round * 71 + p + 5) ^ 0x5a5a5a5aU;
            w.predicates[5] = kAllLanes;
            w.predicates[6] = 0;
            std::array<Inputs, kLanes> in;
            for (unsigned l = 0; l < kLanes; ++l)
                in[l] = {bench.reg(8, l),
                         bench.reg(12, l),
                         bench.reg(16, l),
                         bench.reg(9, l),
                         bench.reg(13, l),
                         bench.reg(17, l),
                         (w.predicates[0] >> l & 1) != 0,
                         (w.predicates[1] >> l & 1) != 0,
                         (w.predicates[2] >> l & 1) != 0};
            bench.run(build.word, mask);
            REQUIRE(sass::text(bench.instruction()) == text);
            for (unsigned l = 0; l < kLanes; ++l) {
                const Outputs kept{0xdeadbeefU, 0xdeadbeefU, true, false};
                Outputs want = kept;
                if (mask >> l & 1) want = expect(in[l], kept);
                INFO(text << " level " << name(level) << " round " << round << " lane " << l << std::hex << " a " << in[l].a << " b "
                          << in[l].b << " c " << in[l].c << " c1 " << in[l].c1);
                REQUIRE(bench.reg(4, l) == want.d);
                REQUIRE(bench.reg(5, l) == want.d1);
                REQUIRE((w.predicates[5] >> l & 1) == unsigned{want.p5});
                REQUIRE((w.predicates[6] >> l & 1) == unsigned{want.p6});
            }
        }
    }
}
// An operation that writes D only.
template <class Value> void check_value(unsigned architecture, const Build& build, const std::string& text, Value value) {
    check_lanes(architecture, build, text, [&](const Inputs& i, Outputs o) {
        o.d = value(i);
        return o;
    });
}

} // namespace heddle::emulator
