// FADD, FMUL, FFMA, FSWZADD against the host's IEEE arithmetic, in all rounding modes, with FTZ and SAT.
#include "tests/frontend/emulator/float_bench.hpp"

#include <cfenv>

using namespace heddle;
using namespace heddle::emulator;
using namespace heddle::emulator::float_test;

namespace {

constexpr int kModes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

// One operation of the host in a rounding mode; volatile keeps it between the switches.
float host(int kind, float a, float b, float c, unsigned mode) {
    volatile float x = a, y = b, z = c, r = 0;
    std::fesetround(kModes[mode]);
    if (kind == 0) r = x + y;
    else if (kind == 1) r = x * y;
    else r = std::fma(x, y, z);
    std::fesetround(FE_TONEAREST);
    return r;
}

std::vector<Operands> operands(unsigned sources) {
    std::mt19937_64 random(7);
    auto all = cases(edges32(), sources, 0, [] { return 0; });
    for (unsigned i = 0; i < 4096; ++i) {
        const int around = i % 4 == 0 ? 40 : i % 4 == 1 ? 20 : i % 4 == 2 ? 200 : 127; // products near the denormals, the limits, one
        all.push_back({random32(random, around), random32(random, i % 2 ? 127 : around), random32(random, 2 * around - 127 < 0 ? 5 : 127, 60)});
    }
    return all;
}

struct Form {
    const char* name;
    const char* digits;
    unsigned sources, c_at;
};
constexpr Form kForms[] = {{"FADD", "00000000000000000000000700077221", 2, 0},
                           {"FMUL", "00000000004000000000000700077220", 2, 0},
                           {"FFMA", "00000000000000060000000700077223", 3, 64}};

} // namespace

TEST_CASE("FADD, FMUL and FFMA round as IEEE 754 says in every mode, with FTZ and SAT") {
    for (int kind = 0; kind < 3; ++kind) {
        const Form& form = kForms[kind];
        const auto all = operands(form.sources);
        for (unsigned mode = 0; mode < 4; ++mode)
            for (const bool ftz : {false, true})
                for (const bool sat : {false, true}) {
                    if (sat && mode != 0 && mode != 3) continue;
                    auto word = with_registers(hex(form.digits), 32, form.c_at);
                    word.set(78, 2, mode);
                    word.set(80, 1, ftz);
                    word.set(77, 1, sat);
                    check(form.name, 80, word, all, false, [&](const Operands& o) {
                        std::uint32_t v[3] = {static_cast<std::uint32_t>(o.a), static_cast<std::uint32_t>(o.b), static_cast<std::uint32_t>(o.c)};
                        if (ftz)
                            for (auto& x : v) x = flush(x);
                        std::uint32_t r = canonical(bits(host(kind, f32(v[0]), f32(v[1]), f32(v[2]), mode)));
                        if (ftz) r = flush(r);
                        return sat ? saturate(r) : r;
                    });
                }
    }
}

TEST_CASE("Sign modifiers act on the bits of float sources, on NaN and zero, too") {
    for (unsigned negate = 0; negate < 8; ++negate)
        for (unsigned absolute = 0; absolute < 8; absolute += 3) {
            auto word = with_registers(hex(kForms[2].digits), 32, 64);
            const unsigned negate_bits[] = {72, 63, 75}, absolute_bits[] = {73, 62, 74};
            for (unsigned k = 0; k < 3; ++k) {
                word.set(negate_bits[k], 1, negate >> k);
                word.set(absolute_bits[k], 1, absolute >> k);
            }
            check("FFMA signs", 80, word, cases(edges32(), 3, 0, [] { return 0; }), false, [&](const Operands& o) {
                float v[3] = {f32(static_cast<std::uint32_t>(o.a)), f32(static_cast<std::uint32_t>(o.b)), f32(static_cast<std::uint32_t>(o.c))};
                for (unsigned k = 0; k < 3; ++k) {
                    if (absolute >> k & 1) v[k] = std::fabs(v[k]);
                    if (negate >> k & 1) v[k] = -v[k];
                }
                return canonical(bits(std::fma(v[0], v[1], v[2])));
            });
        }
}

TEST_CASE("FMUL scales the product before it is rounded") {
    const double scales[] = {0, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1, 2, 4, 8};
    for (unsigned scale = 1; scale < 8; ++scale) {
        auto word = with_registers(hex(kForms[1].digits), 32, 0);
        word.set(84, 3, scale);
        check("FMUL scale", 80, word, operands(2), false, [&](const Operands& o) {
            const double exact = double{f32(static_cast<std::uint32_t>(o.a))} * f32(static_cast<std::uint32_t>(o.b)) * scales[scale];
            return canonical(bits(static_cast<float>(exact)));
        });
    }
}

TEST_CASE("FSWZADD chooses signs per lane of a quad") {
    // FSWZADD R8, R2, R4, with the choices ZP, PP, PN, NP from lane 0 on.
    const auto word = [] {
        auto w = hex("00000000000020270000000026277822");
        w.set(16, 8, 8);
        w.set(24, 8, 2);
        w.set(64, 8, 4);
        w.set(32, 8, 0b11001001);
        return w;
    }();
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        bench.set(2, [](unsigned l) { return bits(10.0f + static_cast<float>(l)); });
        bench.set(4, [](unsigned) { return bits(1.5f); });
        bench.run(word);
        for (unsigned l = 0; l < kLanes; ++l) {
            const float a = 10.0f + static_cast<float>(l), b = 1.5f;
            const float expected[] = {b, a + b, a - b, b - a};
            CHECK(f32(bench.reg(8, l)) == expected[l % 4]);
        }
    }
}

TEST_CASE("Float results go only to the lanes that execute, and RZ swallows them") {
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        bench.set(2, [](unsigned l) { return bits(static_cast<float>(l)); });
        bench.set(8, [](unsigned) { return 77U; });
        auto word = with_registers(hex(kForms[0].digits), 32, 0);
        word.set(32, 8, 255); // RZ
        bench.run(word, 0x0f0f00ffU);
        for (unsigned l = 0; l < kLanes; ++l) CHECK(bench.reg(8, l) == ((0x0f0f00ffU >> l) & 1 ? bits(static_cast<float>(l)) : 77U));
        word.set(16, 8, 255);
        bench.run(word); // nothing to see; the zero row must stay zero
        word.set(16, 8, 9);
        word.set(24, 8, 255);
        bench.run(word);
        for (unsigned l = 0; l < kLanes; ++l) CHECK(bench.reg(9, l) == 0);
    }
}
