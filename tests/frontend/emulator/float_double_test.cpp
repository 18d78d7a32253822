// DADD, DMUL, DFMA against the host's IEEE arithmetic in all rounding modes; the portable level computes DFMA in integers.
#include "tests/frontend/emulator/float_bench.hpp"

#include <cfenv>

using namespace heddle;
using namespace heddle::emulator;
using namespace heddle::emulator::float_test;

namespace {

constexpr int kModes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

double host(int kind, double a, double b, double c, unsigned mode) {
    volatile double x = a, y = b, z = c, r = 0;
    std::fesetround(kModes[mode]);
    if (kind == 0) r = x + y;
    else if (kind == 1) r = x * y;
    else r = std::fma(x, y, z);
    std::fesetround(FE_TONEAREST);
    return r;
}

std::uint64_t with_nan_rule(double r, const Operands& o, int kind) {
    if (!std::isnan(r)) return bits(r);
    for (const std::uint64_t x : {o.a, o.b, kind == 2 ? o.c : 0})
        if (std::isnan(f64(x))) return x | 1ULL << 51;
    return 0xfff8000000000000ULL;
}

} // namespace

TEST_CASE("DADD, DMUL and DFMA round as IEEE 754 says in every mode") {
    const char* digits[] = {"00000000000000060000000004047229", "00000000000000000000000604047228", "0000000000000008000000060404722b"};
    for (int kind = 0; kind < 3; ++kind) {
        std::mt19937_64 random(5);
        auto all = cases(edges64(), kind == 2 ? 3 : 2, 0, [] { return 0; });
        for (unsigned i = 0; i < 8192; ++i) {
            const int around = i % 4 == 0 ? 520 : i % 4 == 1 ? 60 : i % 4 == 2 ? 1530 : 1023;
            all.push_back({random64(random, around), random64(random, i % 2 ? 1023 : around), random64(random, std::clamp(2 * around - 1023, 10, 2040), 140)});
        }
        for (unsigned mode = 0; mode < 4; ++mode) {
            auto word = kind == 0 ? with_registers(hex(digits[0]), 64, 0) : with_registers(hex(digits[kind]), 32, kind == 2 ? 64 : 0);
            word.set(78, 2, mode);
            check(kind == 0 ? "DADD" : kind == 1 ? "DMUL" : "DFMA", 80, word, all, true,
                  [&](const Operands& o) { return with_nan_rule(host(kind, f64(o.a), f64(o.b), f64(o.c), mode), o, kind); });
        }
    }
}

TEST_CASE("Immediates of double operations are the high half; signs apply to pairs") {
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        bench.set(2, [](unsigned) { return 0U; });
        bench.set(3, [](unsigned l) { return static_cast<std::uint32_t>(bits(static_cast<double>(l)) >> 32); });
        auto word = with_registers(hex("000000000000010040000000080c7429"), 0, 0);
        bench.run(word, 0x00ffffffU); // DADD R8, -R2, 2
        for (unsigned l = 0; l < 24; ++l) CHECK(f64(bench.reg(8, l) | std::uint64_t{bench.reg(9, l)} << 32) == 2.0 - l);
    }
}
