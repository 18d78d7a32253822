// Adds, multiplies, LEA, minimum and maximum: every result and carry against 64- and 128-bit arithmetic of the host.
#include "tests/frontend/emulator/integer_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;

namespace {
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;
__extension__ using u128 = unsigned __int128;

u64 pair(u32 low, u32 high) { return u64{high} << 32 | low; }
} // namespace

TEST_CASE("IADD3 adds three sources") {
    check_value(80, Build(0x210).pd().pq().pa().pb(), "IADD3 R4, R8, R12, R16", [](const Inputs& i) { return i.a + i.b + i.c; });
    check_value(80, Build(0x210).pd().pq().pa().pb().set(72, 1, 1).set(63, 1, 1), "IADD3 R4, -R8, -R12, R16",
                [](const Inputs& i) { return i.c - i.a - i.b; });
    check_value(80, Build(0x810).pd().pq().pa().pb().immediate(0xfffffff0).set(75, 1, 1), "IADD3 R4, R8, -0x10, -R16",
                [](const Inputs& i) { return i.a - 16 - i.c; });
}

TEST_CASE("IADD3 carries out once and twice, in through two predicates") {
    check_lanes(80, Build(0x210).pd(5).pq(6).pa().pb(), "IADD3 R4, P5, P6, R8, R12, R16", [](const Inputs& i, Outputs o) {
        const u64 s = u64{i.a} + i.b + i.c;
        o.d = static_cast<u32>(s);
        o.p5 = s >> 32 != 0;
        o.p6 = s >> 32 == 2;
        return o;
    });
    // A difference carries if nothing was borrowed: x - y = x + ~y + 1.
    check_lanes(80, Build(0x210).pd(5).pq().pa().pb().set(63, 1, 1).no_c(), "IADD3 R4, P5, R8, -R12, RZ", [](const Inputs& i, Outputs o) {
        o.d = i.a - i.b;
        o.p5 = i.a >= i.b;
        return o;
    });
    check_lanes(80, Build(0x210).pd(5).pq(6).pa(0, false).pb(1, false).set(74, 1, 1).set(63, 1, 1),
                "IADD3.X R4, P5, P6, R8, ~R12, R16, P0, P1", [](const Inputs& i, Outputs o) {
                    const u64 s = u64{i.a} + static_cast<u32>(~i.b) + i.c + i.p0 + i.p1;
                    o.d = static_cast<u32>(s);
                    o.p5 = s >> 32 != 0;
                    o.p6 = s >> 32 == 2;
                    return o;
                });
    check_value(80, Build(0x210).pd().pq().pa(0, true).pb().set(74, 1, 1).no_c(), "IADD3.X R4, R8, R12, RZ, !P0, !PT",
                [](const Inputs& i) { return i.a + i.b + !i.p0; });
}

TEST_CASE("IMAD and its spellings") {
    check_value(80, Build(0x224).pd().pa().set(73, 1, 1), "IMAD R4, R8, R12, R16", [](const Inputs& i) { return i.a * i.b + i.c; });
    check_value(80, Build(0x224).pd().pa().set(73, 1, 1).set(75, 1, 1), "IMAD R4, R8, R12, -R16",
                [](const Inputs& i) { return i.a * i.b - i.c; });
    check_value(80, Build(0x424).pd().pa().set(73, 1, 1).set(64, 8, 12).immediate(0xfffffffb), "IMAD R4, R8, R12, -0x5",
                [](const Inputs& i) { return i.a * i.b - 5; });
    check_value(80, Build(0x824).pd().pa().no_c().immediate(0x400), "IMAD.SHL.U32 R4, R8, 0x400, RZ",
                [](const Inputs& i) { return i.a << 10; });
    check_value(80, Build(0x824).pd().pa().set(73, 1, 1).immediate(1).set(75, 1, 1), "IMAD.IADD R4, R8, 0x1, -R16",
                [](const Inputs& i) { return i.a - i.c; });
    check_value(80, Build(0x224).pd().pa().set(24, 8, 255).set(32, 8, 255), "IMAD.MOV.U32 R4, RZ, RZ, R16",
                [](const Inputs& i) { return i.c; });
    check_value(80, Build(0x224).pd().pa(1, false).set(74, 1, 1).set(73, 1, 1).set(75, 1, 1), "IMAD.X R4, R8, R12, ~R16, P1",
                [](const Inputs& i) { return i.a * i.b + ~i.c + i.p1; });
}

TEST_CASE("IMAD.WIDE and IMAD.HI") {
    check_lanes(80, Build(0x225).pd().pa().set(73, 1, 1), "IMAD.WIDE R4, R8, R12, R16", [](const Inputs& i, Outputs o) {
        const u64 s = static_cast<u64>(i64{static_cast<i32>(i.a)} * static_cast<i32>(i.b)) + pair(i.c, i.c1);
        o.d = static_cast<u32>(s);
        o.d1 = static_cast<u32>(s >> 32);
        return o;
    });
    check_lanes(80, Build(0x225).pd(5).pa(), "IMAD.WIDE.U32 R4, P5, R8, R12, R16", [](const Inputs& i, Outputs o) {
        const u128 s = static_cast<u128>(u64{i.a} * i.b) + pair(i.c, i.c1);
        o.d = static_cast<u32>(s);
        o.d1 = static_cast<u32>(s >> 32);
        o.p5 = s >> 64 != 0;
        return o;
    });
    check_lanes(80, Build(0x225).pd().pa(0, false).set(74, 1, 1), "IMAD.WIDE.U32.X R4, R8, R12, R16, P0", [](const Inputs& i, Outputs o) {
        const u64 s = u64{i.a} * i.b + pair(i.c, i.c1) + i.p0;
        o.d = static_cast<u32>(s);
        o.d1 = static_cast<u32>(s >> 32);
        return o;
    });
    check_value(80, Build(0x227).pd().pa().set(73, 1, 1), "IMAD.HI R4, R8, R12, R16", [](const Inputs& i) {
        return static_cast<u32>((static_cast<u64>(i64{static_cast<i32>(i.a)} * static_cast<i32>(i.b)) + pair(i.c, i.c1)) >> 32);
    });
    check_value(80, Build(0x227).pd().pa().no_c(), "IMAD.HI.U32 R4, R8, R12, RZ",
                [](const Inputs& i) { return static_cast<u32>(u64{i.a} * i.b >> 32); });
}

TEST_CASE("LEA: a shifted address with carry, the upper half, the sign of a word") {
    check_value(80, Build(0x211).pd().pa().no_c().set(75, 5, 5), "LEA R4, R8, R12, 0x5", [](const Inputs& i) { return (i.a << 5) + i.b; });
    check_lanes(80, Build(0x211).pd(5).pa().no_c().set(75, 5, 3), "LEA R4, P5, R8, R12, 0x3", [](const Inputs& i, Outputs o) {
        const u64 s = u64{i.a << 3} + i.b;
        o.d = static_cast<u32>(s);
        o.p5 = s >> 32 != 0;
        return o;
    });
    check_lanes(80, Build(0x211).pd(5).pa().no_c().set(75, 5, 3).set(72, 1, 1), "LEA R4, P5, -R8, R12, 0x3",
                [](const Inputs& i, Outputs o) {
                    o.d = i.b - (i.a << 3);
                    o.p5 = i.b >= (i.a << 3);
                    return o;
                });
    check_value(80, Build(0x211).pd().pa().set(75, 5, 7).set(80, 1, 1), "LEA.HI R4, R8, R12, R16, 0x7",
                [](const Inputs& i) { return static_cast<u32>(pair(i.a, i.c) << 7 >> 32) + i.b; });
    check_value(80, Build(0x211).pd().pa(0, false).set(75, 5, 7).set(80, 1, 1).set(74, 1, 1), "LEA.HI.X R4, R8, R12, R16, 0x7, P0",
                [](const Inputs& i) { return static_cast<u32>(pair(i.a, i.c) << 7 >> 32) + i.b + i.p0; });
    check_value(80, Build(0x211).pd().pa(0, false).no_c().set(75, 5, 2).set(80, 1, 1).set(74, 1, 1).set(73, 1, 1).set(63, 1, 1),
                "LEA.HI.X.SX32 R4, R8, ~R12, 0x2, P0",
                [](const Inputs& i) { return static_cast<u32>(static_cast<u64>(i64{static_cast<i32>(i.a)}) << 2 >> 32) + ~i.b + i.p0; });
}

TEST_CASE("IMNMX and IABS") {
    check_value(80, Build(0x217).set(64, 8, 0).pa(7, false).set(73, 1, 1), "IMNMX R4, R8, R12, PT",
                [](const Inputs& i) { return static_cast<i32>(i.a) < static_cast<i32>(i.b) ? i.a : i.b; });
    check_value(80, Build(0x217).set(64, 8, 0).pa(7, true), "IMNMX.U32 R4, R8, R12, !PT",
                [](const Inputs& i) { return std::max(i.a, i.b); });
    check_value(80, Build(0x217).set(64, 8, 0).pa(0, false), "IMNMX.U32 R4, R8, R12, P0",
                [](const Inputs& i) { return i.p0 ? std::min(i.a, i.b) : std::max(i.a, i.b); });
    check_value(80, Build(0x213).set(64, 8, 0).set(24, 8, 0), "IABS R4, R12",
                [](const Inputs& i) { return static_cast<i32>(i.b) < 0 ? 0 - i.b : i.b; });
}

TEST_CASE("Forms that are not certain are refused when bound") {
    WarpBench bench(80);
    CHECK_THROWS(bench.run(Build(0x211).pd().pa().set(75, 5, 7).set(80, 1, 1).set(72, 1, 1).word));
}
