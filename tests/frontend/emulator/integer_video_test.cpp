// Dot products, absolute differences, saturation, and the sm_90 instructions for dynamic programming against host loops.
#include "tests/frontend/emulator/integer_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;

namespace {
using u32 = std::uint32_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

// Part k of `bits` bits.
i64 part(u32 x, unsigned k, unsigned bits, bool is_signed) {
    const i64 v = x >> (k * bits) & static_cast<u32>((1ULL << bits) - 1);
    return is_signed && v >> (bits - 1) ? v - (i64{1} << bits) : v;
}
i64 clamp(i64 x, i64 low, i64 high) { return x < low ? low : x > high ? high : x; }
} // namespace

TEST_CASE("IDP multiplies bytes and half words") {
    for (unsigned signs = 0; signs < 4; ++signs) {
        const bool a = signs & 1, b = signs & 2;
        check_value(80, Build(0x226).set(73, 1, a).set(74, 1, b),
                    fmt::format("IDP.4A.{}8.{}8 R4, R8, R12, R16", a ? "S" : "U", b ? "S" : "U"), [=](const Inputs& i) {
                        i64 sum = i.c;
                        for (unsigned k = 0; k < 4; ++k) sum += part(i.a, k, 8, a) * part(i.b, k, 8, b);
                        return static_cast<u32>(sum);
                    });
        for (const unsigned high : {0U, 1U})
            check_value(80, Build(0x226).set(76, 1, 1).set(77, 1, high).set(73, 1, a).set(74, 1, b),
                        fmt::format("IDP.2A.{}.{}16.{}8 R4, R8, R12, R16", high ? "HI" : "LO", a ? "S" : "U", b ? "S" : "U"),
                        [=](const Inputs& i) {
                            i64 sum = i.c;
                            for (unsigned k = 0; k < 2; ++k) sum += part(i.a, k, 16, a) * part(i.b, k + 2 * high, 8, b);
                            return static_cast<u32>(sum);
                        });
    }
}

TEST_CASE("Absolute differences") {
    const auto absolute = [](i64 x) { return x < 0 ? -x : x; };
    check_value(80, Build(0x214).pd(), "VABSDIFF.U32 R4, R8, R12, R16",
                [=](const Inputs& i) { return static_cast<u32>(i.c + absolute(i64{i.a} - i.b)); });
    check_value(80, Build(0x214).pd().set(73, 1, 1), "VABSDIFF R4, R8, R12, R16",
                [=](const Inputs& i) { return static_cast<u32>(i.c + absolute(i64{static_cast<i32>(i.a)} - static_cast<i32>(i.b))); });
    check_value(80, Build(0x215).pd().set(75, 1, 1), "VABSDIFF4.U8.ACC R4, R8, R12, R16", [=](const Inputs& i) {
        i64 sum = i.c;
        for (unsigned k = 0; k < 4; ++k) sum += absolute(part(i.a, k, 8, false) - part(i.b, k, 8, false));
        return static_cast<u32>(sum);
    });
    check_value(80, Build(0x215).pd().no_c(), "VABSDIFF4.U8 R4, R8, R12, RZ", [=](const Inputs& i) {
        u32 r = 0;
        for (unsigned k = 0; k < 4; ++k) r |= static_cast<u32>(absolute(part(i.a, k, 8, false) - part(i.b, k, 8, false))) << (8 * k);
        return r;
    });
}

TEST_CASE("Saturating conversions, alone and packed") {
    check_value(80, Build(0x238).set(24, 8, 0).set(64, 8, 0).set(76, 2, 3), "I2I.S16.S32.SAT R4, R12",
                [](const Inputs& i) { return static_cast<u32>(clamp(static_cast<i32>(i.b), -32768, 32767)); });
    check_value(80, Build(0x238).set(24, 8, 0).set(64, 8, 0).set(76, 2, 0), "I2I.U8.S32.SAT R4, R12",
                [](const Inputs& i) { return static_cast<u32>(clamp(static_cast<i32>(i.b), 0, 255)); });
    const auto packed = [](const Inputs& i, unsigned bits, i64 low, i64 high, bool with_c) {
        const u32 ones = (1U << bits) - 1;
        const u32 a = static_cast<u32>(clamp(static_cast<i32>(i.a), low, high)) & ones,
                  b = static_cast<u32>(clamp(static_cast<i32>(i.b), low, high)) & ones;
        return (with_c ? i.c << (2 * bits) : 0) | a << bits | b;
    };
    check_value(80, Build(0x239).set(76, 2, 1), "I2IP.S8.S32.SAT R4, R8, R12, R16",
                [=](const Inputs& i) { return packed(i, 8, -128, 127, true); });
    check_value(90, Build(0x239).set(74, 1, 1), "I2IP.U8.S32.SAT R4, R8, R12, R16",
                [=](const Inputs& i) { return packed(i, 8, 0, 255, true); });
    check_value(80, Build(0x239).set(72, 2, 1), "I2IP.U8.S32.SAT R4, R8, R12, R16.H1",
                [=](const Inputs& i) { return (i.c & 0xffff0000U) | packed(i, 8, 0, 255, false); });
    check_value(80, Build(0x239).set(76, 2, 3).no_c(), "I2IP.S16.S32.SAT R4, R8, R12, RZ",
                [=](const Inputs& i) { return packed(i, 16, -32768, 32767, false); });
    check_value(80, Build(0x239).set(72, 8, 0x72), "I2IP.S4.S32.SAT R4, R8, R12, R16",
                [=](const Inputs& i) { return packed(i, 4, -8, 7, true); });
    check_value(90, Build(0x239).set(72, 8, 0x47), "I2IP.U2.S32.SAT R4, R8, R12, R16",
                [=](const Inputs& i) { return packed(i, 2, 0, 3, true); });
}

TEST_CASE("VIADD, VIMNMX, VIMNMX3 and VIADDMNMX of sm_90") {
    static const char* const types[] = {".U32", "", ".U16x2", ".S16x2"};
    check_value(90, Build(0x236).set(64, 8, 0), "VIADD R4, R8, R12", [](const Inputs& i) { return i.a + i.b; });
    check_value(90, Build(0x236).set(64, 8, 0).set(73, 1, 1), "VIADD.16x2 R4, R8, R12",
                [](const Inputs& i) { return ((i.a + i.b) & 0xffff) | ((i.a >> 16) + (i.b >> 16)) << 16; });
    for (unsigned type = 0; type < 4; ++type) {
        const unsigned parts = type < 2 ? 1 : 2, bits = 32 / parts;
        const bool is_signed = type & 1;
        for (const bool relu : {false, true}) {
            if (relu && !is_signed) continue;
            for (const bool maximum : {false, true}) {
                const auto best = [=](i64 x, i64 y) { return maximum ? std::max(x, y) : std::min(x, y); };
                const std::string suffix = fmt::format("{}{}", types[type], relu ? ".RELU" : "");
                const char* const last = maximum ? "!PT" : "PT";
                const auto each = [=](const Inputs& i, auto f) {
                    u32 r = 0;
                    for (unsigned k = 0; k < parts; ++k) {
                        i64 v = f(part(i.a, k, bits, is_signed), part(i.b, k, bits, is_signed), part(i.c, k, bits, is_signed));
                        if (relu && v < 0) v = 0;
                        r |= static_cast<u32>(static_cast<std::uint64_t>(v) & ((1ULL << bits) - 1)) << (k * bits);
                    }
                    return r;
                };
                const auto build = [&](unsigned opcode) { return Build(opcode).set(72, 2, type).set(76, 1, relu).pa(7, maximum); };
                check_value(90, build(0x248).set(64, 8, 0).pd().pq(), fmt::format("VIMNMX{} R4, R8, R12, {}", suffix, last),
                            [=](const Inputs& i) { return each(i, [&](i64 a, i64 b, i64) { return best(a, b); }); });
                check_value(90, build(0x20f), fmt::format("VIMNMX3{} R4, R8, R12, R16, {}", suffix, last),
                            [=](const Inputs& i) { return each(i, [&](i64 a, i64 b, i64 c) { return best(best(a, b), c); }); });
                // The sum wraps to the width of the type before it is compared.
                check_value(
                    90, build(0x246).set(63, 1, 1), fmt::format("VIADDMNMX{} R4, R8, -R12, R16, {}", suffix, last), [=](const Inputs& i) {
                        return each(i, [&](i64 a, i64 b, i64 c) { return best(part(static_cast<u32>(a - b), 0, bits, is_signed), c); });
                    });
            }
        }
    }
    check_lanes(90, Build(0x248).set(64, 8, 0).set(72, 2, 3).pd(5).pq(6).pa(7, true), "VIMNMX.S16x2 P5, P6, R4, R8, R12, !PT",
                [](const Inputs& i, Outputs o) {
                    const i64 a0 = part(i.a, 0, 16, true), a1 = part(i.a, 1, 16, true), b0 = part(i.b, 0, 16, true),
                              b1 = part(i.b, 1, 16, true);
                    o.d = (static_cast<u32>(std::max(a0, b0)) & 0xffff) | static_cast<u32>(std::max(a1, b1)) << 16;
                    o.p5 = a0 >= b0;
                    o.p6 = a1 >= b1;
                    return o;
                });
}
