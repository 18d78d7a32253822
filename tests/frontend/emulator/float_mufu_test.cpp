// MUFU: special values as documented, exact results where they exist, and the nearest float elsewhere.
#include "tests/frontend/emulator/float_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;
using namespace heddle::emulator::float_test;

namespace {

enum Mufu { Cos, Sin, Ex2, Lg2, Rcp, Rsq, Rcp64h, Rsq64h, Sqrt, Tanh };

sass::Word mufu(Mufu f) {
    auto word = hex("00000000000000000000000200087308");
    word.set(74, 6, f);
    return word;
}

float nearest(Mufu f, float x) {
    constexpr long double kTurn = 6.283185307179586476925286766559005768L;
    const long double v = x, t = v - std::nearbyint(v); // turns modulo one
    const long double quarters = 4 * t;
    if ((f == Cos || f == Sin) && quarters == std::nearbyint(quarters)) { // exact there
        const int n = (static_cast<int>(quarters) + (f == Cos ? 5 : 4)) % 4;
        return x == 0 && f == Sin ? x : n == 1 ? 1.0f : n == 3 ? -1.0f : 0.0f;
    }
    switch (f) {
    case Cos: return static_cast<float>(std::cos(t * kTurn));
    case Sin: return static_cast<float>(std::sin(t * kTurn));
    case Ex2: return static_cast<float>(std::exp2(v));
    case Lg2: return static_cast<float>(std::log2(v));
    case Rcp: return static_cast<float>(1 / v);
    case Rsq: return static_cast<float>(1 / std::sqrt(v));
    case Sqrt: return static_cast<float>(std::sqrt(v));
    default: return static_cast<float>(std::tanh(v));
    }
}

} // namespace

TEST_CASE("MUFU of special values") {
    const std::uint32_t inf = 0x7f800000, minus = 0x80000000, nan = 0x7fffffff, one = 0x3f800000;
    struct Case {
        Mufu function;
        std::uint32_t source, result;
    };
    const std::vector<Case> all = {
        {Rcp, 0, inf}, {Rcp, minus, inf | minus}, {Rcp, inf, 0}, {Rcp, inf | minus, minus}, {Rcp, nan, nan}, {Rcp, 1, inf}, {Rcp, 0x807fffff, inf | minus},
        {Rcp, one, one}, {Rcp, bits(4.0f), bits(0.25f)}, {Rcp, bits(-0.125f), bits(-8.0f)}, {Rcp, bits(0x1p126f), bits(0x1p-126f)}, {Rcp, bits(0x1.8p126f), 0},
        {Rcp, bits(-0x1p127f), minus}, {Rcp, 0xffc00000, nan},
        {Rsq, 0, inf}, {Rsq, minus, inf | minus}, {Rsq, inf, 0}, {Rsq, inf | minus, nan}, {Rsq, bits(-1.0f), nan}, {Rsq, 1, inf}, {Rsq, bits(4.0f), bits(0.5f)},
        {Rsq, bits(0x1p-126f), bits(0x1p63f)}, {Rsq, nan, nan}, {Rsq, 0x80000001, inf | minus},
        {Sqrt, 0, 0}, {Sqrt, minus, minus}, {Sqrt, inf, inf}, {Sqrt, bits(-1.0f), nan}, {Sqrt, 0x80000001, minus}, {Sqrt, 5, 0}, {Sqrt, bits(9.0f), bits(3.0f)}, {Sqrt, nan, nan},
        {Lg2, 0, inf | minus}, {Lg2, minus, inf | minus}, {Lg2, 7, inf | minus}, {Lg2, inf, inf}, {Lg2, bits(-1.0f), nan}, {Lg2, one, 0}, {Lg2, bits(0x1p-126f), bits(-126.0f)},
        {Lg2, bits(1024.0f), bits(10.0f)}, {Lg2, nan, nan}, {Lg2, inf | minus, nan},
        {Ex2, 0, one}, {Ex2, minus, one}, {Ex2, 3, one}, {Ex2, inf, inf}, {Ex2, inf | minus, 0}, {Ex2, bits(128.0f), inf}, {Ex2, bits(127.0f), bits(0x1p127f)},
        {Ex2, bits(-126.0f), bits(0x1p-126f)}, {Ex2, bits(-127.0f), 0}, {Ex2, bits(-1e30f), 0}, {Ex2, bits(3e38f), inf}, {Ex2, nan, nan},
        {Sin, 0, 0}, {Sin, minus, minus}, {Sin, 1, 0}, {Sin, inf, nan}, {Sin, inf | minus, nan}, {Sin, nan, nan}, {Sin, bits(0.25f), one}, {Sin, bits(-0.25f), bits(-1.0f)},
        {Cos, 0, one}, {Cos, minus, one}, {Cos, 0x80000003, one}, {Cos, inf, nan}, {Cos, nan, nan}, {Cos, bits(0.5f), bits(-1.0f)}, {Cos, bits(1e20f), one},
        {Tanh, 0, 0}, {Tanh, minus, minus}, {Tanh, 1, 1}, {Tanh, 0x80000001, 0x80000001}, {Tanh, inf, one}, {Tanh, inf | minus, bits(-1.0f)}, {Tanh, nan, nan}, {Tanh, bits(50.0f), one},
    };
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        for (const Case& c : all) {
            bench.set(2, [&](unsigned) { return c.source; });
            bench.run(mufu(c.function));
            INFO(sass::text(bench.instruction()) << std::hex << " of 0x" << c.source << " at level " << name(level));
            CHECK(bench.reg(8, 5) == c.result);
        }
    }
}

TEST_CASE("MUFU gives the nearest float, the same at every level") {
    for (const Mufu f : {Cos, Sin, Ex2, Lg2, Rcp, Rsq, Sqrt, Tanh}) {
        std::vector<Operands> all;
        std::mt19937_64 random(f);
        for (unsigned i = 0; i < 32768; ++i) {
            std::uint32_t x = random32(random, f == Ex2 ? 128 : 127, f == Ex2 || f == Sin || f == Cos ? 24 : 160);
            if (f == Lg2 || f == Rsq || f == Sqrt) x &= 0x7fffffff;
            all.push_back({x, 0, 0});
        }
        check("MUFU", 80, mufu(f), all, false, [&](const Operands& o) { return f == Rcp || f == Ex2 ? flush(bits(nearest(f, f32(static_cast<std::uint32_t>(o.a))))) : bits(nearest(f, f32(static_cast<std::uint32_t>(o.a)))); });
    }
}

TEST_CASE("MUFU.RCP64H of an immediate takes its 32 bits as the high half") {
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        bench.run(sass::Word{0x4000000000037908, 0x000e220000001800}); // MUFU.RCP64H R3, 2
        CHECK(bench.reg(3, 0) == 0x3fe00000U);
    }
}

TEST_CASE("MUFU.RCP64H and RSQ64H approximate the high half of a double") {
    std::mt19937_64 random(1);
    for (const Mufu f : {Rcp64h, Rsq64h}) {
        std::vector<Operands> all;
        for (unsigned i = 0; i < 4096; ++i) all.push_back({random64(random, 1023, 1900) >> 32 & (f == Rsq64h ? 0x7fffffffU : ~0U), 0, 0});
        for (const LaneLevel level : levels()) {
            WarpBench bench(80, level);
            for (std::size_t first = 0; first < all.size(); first += kLanes) {
                bench.set(2, [&](unsigned l) { return static_cast<std::uint32_t>(all[first + l].a); });
                bench.run(mufu(f));
                for (unsigned l = 0; l < kLanes; ++l) {
                    const double x = f64(all[first + l].a << 32), exact = f == Rcp64h ? 1 / x : 1 / std::sqrt(x), got = f64(std::uint64_t{bench.reg(8, l)} << 32);
                    REQUIRE(std::fabs(got / exact - 1) <= 0x1p-20);
                }
            }
            const std::uint32_t special[][3] = {{0x00000000, 0x7ff00000, 0x7ff00000}, {0x80000000, 0xfff00000, 0xfff00000}, {0x7ff00000, 0, 0},
                                                {0x000fffff, 0x7ff00000, 0x7ff00000}, {0x3ff00000, 0x3ff00000, 0x3ff00000}, {0x7ff80000, 0x7fffffff, 0x7fffffff},
                                                {0x40100000, 0x3fd00000, 0x3fe00000}, {0xbff00000, 0xbff00000, 0x7fffffff}, {0x7fe00000, 0, 0x1ff6a09e}};
            for (const auto& s : special) {
                bench.set(2, [&](unsigned) { return s[0]; });
                bench.run(mufu(f));
                INFO(std::hex << s[0]);
                CHECK(bench.reg(8, 0) == s[f == Rcp64h ? 1 : 2]);
            }
        }
    }
}

TEST_CASE("MUFU.RCP64H cuts the result of FP32 precision") {
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        unsigned rounds_up = 0, carries = 0;
        for (std::uint32_t low = 0; low < 1U << 16; low += kLanes) {
            bench.set(2, [&](unsigned l) { return 0x3ff00000U + 16 * (low + l) + 5; });
            bench.run(mufu(Rcp64h));
            for (unsigned l = 0; l < kLanes; ++l) {
                const double x = f64(std::uint64_t{bench.reg(2, l)} << 32);
                const std::uint32_t wanted = static_cast<std::uint32_t>(bits(static_cast<double>(static_cast<float>(1 / x))) >> 32);
                REQUIRE(bench.reg(8, l) == wanted);
                rounds_up += wanted != static_cast<std::uint32_t>((bits(1 / x) + 0x80000000U) >> 32);
                carries += wanted != static_cast<std::uint32_t>(bits(1 / x) >> 32);
            }
        }
        CHECK(rounds_up > 20000); // about half: cut, not rounded
        CHECK(carries > 500);     // about 1 in 32: but cut after rounding to 24 bits
    }
}

TEST_CASE("MUFU in half precision rounds once") {
    for (const bool hopper : {false, true})
        for (const Mufu f : {Ex2, Tanh})
            for (const LaneLevel level : levels()) {
                WarpBench bench(hopper ? 90 : 80, level);
                auto word = mufu(f);
                word.set(72, 2, hopper ? 1 : 2);
                word.set(60, 1, 1); // .H1
                const std::uint16_t source[] = {0x3c00, 0xbc00, 0x0000, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x4900, 0xce00, 0x0001, 0x3555, 0x4c00};
                const std::uint16_t ex2[] = {0x4000, 0x3800, 0x3c00, 0x3c00, 0x7c00, 0x0000, 0x7fff, 0x6400, 0x0001, 0x3c00, 0x3d0a, 0x7c00};
                const std::uint16_t tanh[] = {0x3a18, 0xba18, 0x0000, 0x8000, 0x3c00, 0xbc00, 0x7fff, 0x3c00, 0xbc00, 0x0001, 0x3525, 0x3c00};
                bench.set(2, [&](unsigned l) { return std::uint32_t{source[l % 12]} << 16 | 0x1234; });
                bench.run(word);
                for (unsigned l = 0; l < 12; ++l) {
                    INFO(sass::text(bench.instruction()) << " lane " << l);
                    CHECK(bench.reg(8, l) == (f == Ex2 ? ex2[l] : tanh[l]));
                }
            }
    WarpBench bench(90);
    auto word = mufu(Ex2);
    word.set(72, 2, 2); // BF16
    bench.set(2, [&](unsigned l) { return l == 0 ? 0x3f80U : l == 1 ? 0xc300U : 0x0001U; }); // 1, -128, a denormal
    bench.run(word);
    CHECK(bench.reg(8, 0) == 0x4000);
    CHECK(bench.reg(8, 1) == 0);
    CHECK(bench.reg(8, 2) == 0x3f80);
}
