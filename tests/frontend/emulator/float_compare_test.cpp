// FMNMX, FSEL, FSET, FSETP, FCHK, and their double and half relatives DSETP, HMNMX2, HSET2, HSETP2.
#include "tests/frontend/emulator/float_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;
using namespace heddle::emulator::float_test;

namespace {

bool compare(unsigned code, double a, double b) {
    if (std::isnan(a) || std::isnan(b)) return code & 8;
    return a < b ? code & 1 : a > b ? code & 4 : code & 2;
}
bool boolean(unsigned operation, bool a, bool b) { return operation == 0 ? a && b : operation == 1 ? a || b : a != b; }

// min or max as PTX defines them; `nan` is the canonical NaN.
double extreme(double a, double b, bool minimum, bool nan_wins) {
    if (std::isnan(a) || std::isnan(b)) {
        if (nan_wins || (std::isnan(a) && std::isnan(b))) return NAN;
        return std::isnan(a) ? b : a;
    }
    if (a == b) return std::signbit(a) == minimum ? a : b; // -0 below +0
    return (a < b) == minimum ? a : b;
}

double half_value(unsigned h, bool brain) {
    if (brain) return f32(h << 16);
    const int exponent = h >> 10 & 31;
    const double fraction = h & 0x3ff, sign = h & 0x8000 ? -1 : 1;
    if (exponent == 31) return fraction != 0 ? NAN : sign * INFINITY;
    return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(fraction + 1024, exponent - 25));
}

std::vector<std::uint32_t> half_pairs() {
    std::vector<std::uint32_t> v;
    const unsigned halves[] = {0, 1, 0x3ff, 0x400, 0x3c00, 0x3c01, 0x7bff, 0x7c00, 0x7c01, 0x7fff, 0x3f80, 0x0080, 0x007f, 0x7f80, 0x7f7f};
    for (const unsigned h : halves)
        for (const unsigned g : {0x8000U, 0x3c00U, 0xfc00U, 0x0001U}) v.push_back(h | g << 16), v.push_back((h | 0x8000) << 16 | g);
    return v;
}

} // namespace

TEST_CASE("FMNMX: NaN, signed zeros, NAN, FTZ, XORSIGN") {
    for (const bool minimum : {false, true})
        for (unsigned options = 0; options < 8; ++options) {
            auto word = with_registers(hex("00000000078000000000000700077209"), 32, 0);
            word.set(90, 1, !minimum);
            const bool ftz = options & 1, nan_wins = options & 2, xor_sign = options & 4;
            word.set(80, 3, options);
            if (xor_sign) word.set(62, 1, 1), word.set(73, 1, 1); // as ptxas writes it: |a|, |b|
            check("FMNMX", 86, word, cases(edges32(), 2, 512, [r = std::mt19937_64(3)]() mutable { return random32(r); }), false, [&](const Operands& o) -> std::uint64_t {
                auto a = static_cast<std::uint32_t>(o.a), b = static_cast<std::uint32_t>(o.b);
                const std::uint32_t sign = (a ^ b) & 0x80000000;
                if (ftz) a = flush(a), b = flush(b);
                if (xor_sign) a &= 0x7fffffff, b &= 0x7fffffff;
                const double r = extreme(f32(a), f32(b), minimum, nan_wins);
                if (std::isnan(r)) return 0x7fffffff;
                return xor_sign ? (bits(static_cast<float>(r)) & 0x7fffffff) | sign : bits(static_cast<float>(r));
            });
        }
}

TEST_CASE("FSEL passes bits; FSET and FSETP compare all ways and combine with a predicate") {
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        const auto all = cases(edges32(), 2, 0, [] { return 0; });
        auto select = with_registers(hex("00000000000000000000000000007208"), 32, 0);
        select.set(87, 3, 3);
        for (std::size_t first = 0; first < all.size(); first += kLanes) {
            for (unsigned l = 0; l < kLanes; ++l) {
                bench.reg(2).lane[l] = static_cast<std::uint32_t>(all[first + l].a);
                bench.reg(4).lane[l] = static_cast<std::uint32_t>(all[first + l].b);
            }
            bench.warp().predicates[3] = 0x5a5a00ff;
            bench.run(select);
            for (unsigned l = 0; l < kLanes; ++l) REQUIRE(bench.reg(8, l) == ((0x5a5a00ffU >> l) & 1 ? bench.reg(2, l) : bench.reg(4, l)));
            for (unsigned code = 0; code < 16; ++code) {
                const unsigned operation = code % 3;
                auto set = with_registers(hex("0000000000000000000000000000720a"), 32, 0);
                set.set(87, 3, 3);
                set.set(76, 4, code);
                set.set(74, 2, operation);
                bench.run(set);
                auto setp = with_registers(hex("0000000000000000000000000000720b"), 32, 0, true, false);
                setp.set(87, 3, 3);
                setp.set(90, 1, 1);
                setp.set(76, 4, code);
                setp.set(74, 2, operation);
                setp.set(81, 3, 1);
                setp.set(84, 3, 2);
                bench.warp().predicates[1] = bench.warp().predicates[2] = 0;
                bench.run(setp, 0xfffffff0U);
                for (unsigned l = 0; l < kLanes; ++l) {
                    const bool p = (0x5a5a00ffU >> l) & 1, c = compare(code, f32(bench.reg(2, l)), f32(bench.reg(4, l)));
                    REQUIRE(bench.reg(8, l) == (boolean(operation, c, p) ? bits(1.0f) : 0U));
                    REQUIRE((bench.warp().predicates[1] >> l & 1) == (l >= 4 && boolean(operation, c, !p)));
                    REQUIRE((bench.warp().predicates[2] >> l & 1) == (l >= 4 && boolean(operation, !c, !p)));
                }
            }
        }
    }
}

TEST_CASE("FSETP.FTZ takes denormals for zero") {
    WarpBench bench(80);
    bench.set(2, [](unsigned l) { return l; });
    auto word = with_registers(hex("0000000003f02000000000000000720b"), 32, 0, true, false);
    word.set(32, 8, 255);
    word.set(81, 3, 0);
    bench.run(word); // FSETP.EQ.AND P0, PT, R2, RZ, PT
    CHECK(bench.warp().predicates[0] == 1);
    word.set(80, 1, 1);
    bench.run(word);
    CHECK(bench.warp().predicates[0] == kAllLanes);
}

TEST_CASE("FCHK asks for the slow path for everything division's fast path cannot do") {
    WarpBench bench(80);
    const float a[] = {1, 0, -0.0f, 1e-45f, INFINITY, NAN, 1, 1, 1, 1, 1, 1e38f, 1e-37f, 3, 1e-30f, 2};
    const float b[] = {3, 1, 1, 1, 1, 1, 0, 1e-45f, INFINITY, NAN, 1.5e38f, 1e-3f, 1e10f, -7, 5, 8e37f};
    const bool slow[] = {false, true, true, true, true, true, true, true, true, true, true, true, true, false, false, false};
    bench.set(2, [&](unsigned l) { return bits(a[l % 16]); });
    bench.set(4, [&](unsigned l) { return bits(b[l % 16]); });
    auto word = with_registers(hex("00000000000000000000000000007302"), 32, 0, true, false);
    bench.run(word);
    for (unsigned l = 0; l < 16; ++l) {
        INFO(a[l] << " / " << b[l]);
        CHECK((bench.warp().predicates[0] >> l & 1) == slow[l]);
    }
}

TEST_CASE("DSETP compares doubles; MIN and MAX give what min.f64 and max.f64 need") {
    const auto all = cases(edges64(), 2, 0, [] { return 0; });
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        for (std::size_t first = 0; first < all.size(); first += kLanes) {
            for (unsigned l = 0; l < kLanes; ++l) {
                const auto& o = all[first + l];
                bench.reg(2).lane[l] = static_cast<std::uint32_t>(o.a), bench.reg(3).lane[l] = static_cast<std::uint32_t>(o.a >> 32);
                bench.reg(4).lane[l] = static_cast<std::uint32_t>(o.b), bench.reg(5).lane[l] = static_cast<std::uint32_t>(o.b >> 32);
            }
            for (unsigned code = 0; code < 16; ++code) {
                auto word = with_registers(hex("0000000003800000000000000000722a"), 32, 0, true, false);
                word.set(76, 4, code);
                word.set(81, 3, 1);
                word.set(84, 3, 2);
                bench.run(word);
                for (unsigned l = 0; l < kLanes; ++l) {
                    const double a = f64(all[first + l].a), b = f64(all[first + l].b);
                    const bool p = bench.warp().predicates[1] >> l & 1, q = bench.warp().predicates[2] >> l & 1;
                    if (code != 0 && code != 15) {
                        REQUIRE(p == compare(code, a, b));
                        REQUIRE(q == !compare(code, a, b));
                        continue;
                    }
                    REQUIRE(q == (std::isnan(a) && std::isnan(b)));
                    if (!q) REQUIRE(bits(p ? a : b) == bits(extreme(a, b, code == 0, false)));
                }
            }
        }
    }
}

TEST_CASE("VHMNMX gives the lesser or greater of three, FP16 and BF16") {
    const auto all = cases(half_pairs(), 3, 0, [] { return 0; });
    for (const bool brain : {false, true})
        for (const bool minimum : {false, true})
            for (const bool nan_wins : {false, true}) {
                auto word = with_registers(hex("00000000078000040000000500057247"), 32, 64);
                word.set(90, 1, !minimum);
                word.set(81, 1, nan_wins);
                word.set(85, 1, brain);
                word.set(76, 2, 2); // C.H0_H0
                word.set(84, 1, 1); // -C
                check("VHMNMX", 90, word, all, false, [&](const Operands& o) {
                    std::uint64_t r = 0;
                    for (unsigned half = 0; half < 2; ++half) {
                        const std::uint64_t source[] = {o.a >> (16 * half) & 0xffff, o.b >> (16 * half) & 0xffff, (o.c & 0xffff) ^ 0x8000};
                        std::uint64_t best = source[0];
                        for (const unsigned next : {1U, 2U}) {
                            const double a = half_value(static_cast<unsigned>(best), brain), b = half_value(static_cast<unsigned>(source[next]), brain);
                            const double e = extreme(a, b, minimum, nan_wins);
                            best = std::isnan(e) ? 0x7fff : bits(e) == bits(a) ? best : source[next];
                        }
                        r |= best << (16 * half);
                    }
                    return r;
                });
            }
}

TEST_CASE("HMNMX2, HSET2 and HSETP2 work on both halves, FP16 and BF16") {
    const auto all = cases(half_pairs(), 2, 0, [] { return 0; });
    for (const bool brain : {false, true}) {
        const auto value = [&](std::uint64_t pair, unsigned half) { return half_value(static_cast<unsigned>(pair >> (16 * half)) & 0xffff, brain); };
        for (const bool minimum : {false, true})
            for (const bool nan_wins : {false, true}) {
                auto word = with_registers(hex("00000000078000000000000700077240"), 32, 0);
                word.set(90, 1, !minimum);
                word.set(81, 1, nan_wins);
                word.set(85, 1, brain);
                check("HMNMX2", 90, word, all, false, [&](const Operands& o) {
                    std::uint64_t r = 0;
                    for (unsigned half = 0; half < 2; ++half) {
                        const double a = value(o.a, half), b = value(o.b, half), e = extreme(a, b, minimum, nan_wins);
                        const bool from_a = !std::isnan(e) && bits(e) == bits(a);
                        r |= std::uint64_t{std::isnan(e) ? 0x7fffU : static_cast<unsigned>((from_a ? o.a : o.b) >> (16 * half)) & 0xffff} << (16 * half);
                    }
                    return r;
                });
            }
        for (unsigned code = 0; code < 16; ++code)
            for (const bool one : {false, true}) {
                auto word = with_registers(hex("00000000038000000000000700077233"), 32, 0); // combined with PT
                word.set(76, 4, code);
                word.set(71, 1, one);
                word.set(65, 1, brain);
                check("HSET2", 90, word, all, false, [&](const Operands& o) {
                    std::uint64_t r = 0;
                    for (unsigned half = 0; half < 2; ++half)
                        if (compare(code, value(o.a, half), value(o.b, half))) r |= std::uint64_t{!one ? 0xffffU : brain ? 0x3f80U : 0x3c00U} << (16 * half);
                    return r;
                });
            }
    }
    WarpBench bench(80);
    bench.set(2, [](unsigned l) { return l % 2 ? 0x3c004000U : 0x40003c00U; }); // (2, 1) or (1, 2), low first
    bench.set(4, [](unsigned) { return 0x3c003c00U; });
    auto word = with_registers(hex("00000000039040000000000700007234"), 32, 0, true, false);
    bench.run(word); // HSETP2.GT.AND P0, P1, R2, R4, PT
    CHECK(bench.warp().predicates[0] == 0xaaaaaaaaU);
    CHECK(bench.warp().predicates[1] == 0x55555555U);
}
