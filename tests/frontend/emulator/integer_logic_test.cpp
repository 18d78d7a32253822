// Logic, shifts, permutations, bit fields, bit counts and compares against bit-by-bit definitions.
#include "tests/frontend/emulator/integer_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;

namespace {
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

u32 table_of(u32 a, u32 b, u32 c, u32 table) {
    u32 r = 0;
    for (unsigned k = 0; k < 32; ++k) r |= (table >> ((a >> k & 1) << 2 | (b >> k & 1) << 1 | (c >> k & 1)) & 1) << k;
    return r;
}
Build two(unsigned opcode) { return Build(opcode).set(64, 8, 0); }
} // namespace

TEST_CASE("LOP3 with any truth table, with and without a predicate result") {
    for (const u32 table : {0xc0U, 0xfcU, 0x3cU, 0x33U, 0x96U, 0xf8U, 0xe2U, 0x00U, 0x01U, 0x7fU, 0x2aU, 0xd5U})
        check_value(80, Build(0x212).pd().pa().set(72, 8, table), fmt::format("LOP3.LUT R4, R8, R12, R16, 0x{:x}, !PT", table),
                    [=](const Inputs& i) { return table_of(i.a, i.b, i.c, table); });
    check_lanes(80, Build(0x212).pd(5).pa(1, false).set(72, 8, 0xc0), "LOP3.LUT P5, R4, R8, R12, R16, 0xc0, P1",
                [](const Inputs& i, Outputs o) {
                    o.d = i.a & i.b;
                    o.p5 = o.d != 0 || i.p1;
                    return o;
                });
}

TEST_CASE("The sign table finds signed overflow") {
    check_lanes(80, Build(0x21f).set(16, 8, 0).pd(5).pq().set(72, 8, 0x02), "SLOP3 P5, R8, R12, R16, 0x2", [](const Inputs& i, Outputs o) {
        o.p5 = static_cast<i32>(i.a) >= 0 && static_cast<i32>(i.b) >= 0 && static_cast<i32>(i.c) < 0;
        return o;
    });
}

TEST_CASE("SHF: all types, directions, wrap and word") {
    static const char* const types[] = {"S64", "U64", "S32", "U32"};
    for (unsigned bits = 0; bits < 32; ++bits) {
        const bool right = bits & 1, wrap = bits & 2, high = bits & 4;
        const unsigned type = bits >> 3;
        const std::string text =
            fmt::format("SHF.{}{}.{}{} R4, R8, R12, R16", right ? "R" : "L", wrap ? ".W" : "", types[type], high ? ".HI" : "");
        check_value(80, Build(0x219).set(76, 1, right).set(75, 1, wrap).set(73, 2, type).set(80, 1, high), text, [=](const Inputs& i) {
            const u32 width = type < 2 ? 64 : 32;
            const u32 n = wrap ? i.b % width : std::min(i.b, width);
            u64 v = u64{i.c} << 32 | i.a;
            for (u32 k = 0; k < n; ++k)
                v = !right ? v << 1 : (type == 0 || type == 2) ? static_cast<u64>(static_cast<i64>(v) >> 1) : v >> 1;
            return static_cast<u32>(high ? v >> 32 : v);
        });
    }
}

TEST_CASE("PRMT by a register and by an immediate, and its modes") {
    const auto bytes = [](u32 a, u32 c, u32 nibble) {
        const u32 byte = static_cast<u32>((u64{c} << 32 | a) >> (8 * (nibble & 7))) & 0xff;
        return nibble & 8 ? (byte >> 7 ? 0xffU : 0U) : byte;
    };
    const auto permuted = [=](u32 a, u32 c, const std::array<u32, 4>& n) {
        return bytes(a, c, n[0]) | bytes(a, c, n[1]) << 8 | bytes(a, c, n[2]) << 16 | bytes(a, c, n[3]) << 24;
    };
    check_value(80, Build(0x216), "PRMT R4, R8, R12, R16", [=](const Inputs& i) {
        return permuted(i.a, i.c, {i.b & 15, i.b >> 4 & 15, i.b >> 8 & 15, i.b >> 12 & 15});
    });
    check_value(80, Build(0x816).immediate(0x9d42), "PRMT R4, R8, 0x9d42, R16", [=](const Inputs& i) {
        return permuted(i.a, i.c, {2, 4, 13, 9});
    });
    // The tables of the PTX manual, bytes 0 to 3 for selectors 0 to 3.
    using Rows = std::array<std::array<u32, 4>, 4>;
    const std::pair<const char*, Rows> modes[] = {{"F4E", Rows{{{0, 1, 2, 3}, {1, 2, 3, 4}, {2, 3, 4, 5}, {3, 4, 5, 6}}}},
                                                  {"B4E", Rows{{{0, 7, 6, 5}, {1, 0, 7, 6}, {2, 1, 0, 7}, {3, 2, 1, 0}}}},
                                                  {"RC8", Rows{{{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {3, 3, 3, 3}}}},
                                                  {"ECL", Rows{{{0, 1, 2, 3}, {1, 1, 2, 3}, {2, 2, 2, 3}, {3, 3, 3, 3}}}},
                                                  {"ECR", Rows{{{0, 0, 0, 0}, {0, 1, 1, 1}, {0, 1, 2, 2}, {0, 1, 2, 3}}}},
                                                  {"RC16", Rows{{{0, 1, 0, 1}, {2, 3, 2, 3}, {0, 1, 0, 1}, {2, 3, 2, 3}}}}};
    unsigned mode = 0;
    for (const auto& [spelling, rows] : modes) {
        ++mode;
        check_value(80, Build(0x216).set(72, 3, mode), fmt::format("PRMT.{} R4, R8, R12, R16", spelling),
                    [=](const Inputs& i) { return permuted(i.a, i.c, rows[i.b & 3]); });
    }
}

TEST_CASE("SEL and MOV") {
    check_value(80, two(0x207).pa(0, false), "SEL R4, R8, R12, P0", [](const Inputs& i) { return i.p0 ? i.a : i.b; });
    check_value(80, two(0x207).pa(1, true), "SEL R4, R8, R12, !P1", [](const Inputs& i) { return i.p1 ? i.b : i.a; });
    check_value(80, two(0x202).set(24, 8, 0).set(72, 4, 15), "MOV R4, R12", [](const Inputs& i) { return i.b; });
    check_value(80, two(0x802).set(24, 8, 0).set(72, 4, 15).immediate(0xfedc1234), "MOV R4, 0xfedc1234",
                [](const Inputs&) { return 0xfedc1234U; });
}

TEST_CASE("SGXT and BMSK clamp or wrap") {
    for (const bool wrap : {false, true}) {
        for (const bool is_signed : {false, true}) {
            check_value(80, two(0x21a).set(75, 1, wrap).set(73, 1, is_signed),
                        fmt::format("SGXT{}{} R4, R8, R12", wrap ? ".W" : "", is_signed ? "" : ".U32"), [=](const Inputs& i) {
                            const u32 n = wrap ? i.b & 31 : std::min(i.b, 32U);
                            if (n == 0) return 0U;
                            const u64 field = i.a & ((u64{1} << n) - 1);
                            return static_cast<u32>(is_signed && field >> (n - 1) ? field - (u64{1} << n) : field);
                        });
        }
        check_value(80, two(0x21b).set(75, 1, wrap), fmt::format("BMSK{} R4, R8, R12", wrap ? ".W" : ""), [=](const Inputs& i) {
            const u32 position = wrap ? i.a & 31 : i.a, width = wrap ? i.b & 31 : i.b;
            u32 r = 0;
            for (u32 k = 0; k < 32; ++k)
                if (k >= position && k - position < width) r |= 1U << k;
            return r;
        });
    }
}

TEST_CASE("FLO, POPC and BREV") {
    for (const bool is_signed : {false, true}) {
        for (const bool distance : {false, true}) {
            check_lanes(80, two(0x300).set(24, 8, 0).pd(5).set(73, 1, is_signed).set(74, 1, distance),
                        fmt::format("FLO{}{} P5, R4, R12", is_signed ? "" : ".U32", distance ? ".SH" : ""),
                        [=](const Inputs& i, Outputs o) {
                            const u32 x = is_signed && i.b >> 31 ? ~i.b : i.b;
                            o.d = ~0U;
                            for (u32 k = 0; k < 32; ++k)
                                if (x >> k & 1) o.d = distance ? 31 - k : k;
                            o.p5 = x != 0;
                            return o;
                        });
        }
    }
    check_value(80, two(0x309).set(24, 8, 0).set(63, 1, 1), "POPC R4, ~R12", [](const Inputs& i) {
        u32 r = 0;
        for (u32 k = 0; k < 32; ++k) r += ~i.b >> k & 1;
        return r;
    });
    check_value(80, two(0x301).set(24, 8, 0), "BREV R4, R12", [](const Inputs& i) {
        u32 r = 0;
        for (u32 k = 0; k < 32; ++k) r |= (i.b >> k & 1) << (31 - k);
        return r;
    });
}

TEST_CASE("ISETP: all comparisons, both signs, the combination with a predicate, 64-bit comparisons") {
    static const char* const names[] = {"F", "LT", "EQ", "LE", "GT", "NE", "GE", "T"};
    static const char* const combinations[] = {"AND", "OR", "XOR"};
    const auto holds = [](i64 a, i64 b, unsigned comparison) {
        const bool results[] = {false, a<b, a == b, a <= b, a> b, a != b, a >= b, true};
        return results[comparison];
    };
    const auto combined = [](bool x, bool y, unsigned how) { return how == 0 ? x && y : how == 1 ? x || y : x != y; };
    for (unsigned comparison = 0; comparison < 8; ++comparison) {
        for (const bool is_signed : {false, true}) {
            const unsigned how = comparison % 3;
            const auto widen = [=](u32 x) { return is_signed ? i64{static_cast<i32>(x)} : i64{x}; };
            const std::string stem = fmt::format("ISETP.{}{}.{}", names[comparison], is_signed ? "" : ".U32", combinations[how]);
            const auto base = [&] {
                return two(0x20c).set(16, 8, 0).set(76, 3, comparison).set(73, 1, is_signed).set(74, 2, how).pd(5).pq(6).pa(0, false);
            };
            check_lanes(80, base().set(68, 3, 7), stem + " P5, P6, R8, R12, P0", [=](const Inputs& i, Outputs o) {
                const bool r = holds(widen(i.a), widen(i.b), comparison);
                o.p5 = combined(r, i.p0, how);
                o.p6 = combined(!r, i.p0, how);
                return o;
            });
            if (comparison == 0 || comparison == 7) continue;
            // P2 is the comparison of the lower halves: here of P1 (as a number) with 0 or, equal, with 1.
            check_lanes(80, base().set(72, 1, 1).set(68, 3, 2), stem + ".EX P5, P6, R8, R12, P0, P2", [=](const Inputs& i, Outputs o) {
                const bool upper_decides = i.a != i.b;
                const bool r = upper_decides ? holds(widen(i.a), widen(i.b), comparison) : i.p2;
                o.p5 = combined(r, i.p0, how);
                o.p6 = combined(!r, i.p0, how);
                return o;
            });
        }
    }
}
