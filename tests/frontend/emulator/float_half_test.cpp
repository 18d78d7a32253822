// HADD2, HMUL2, HFMA2 against exact sums rounded once.
#include "tests/frontend/emulator/float_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;
using namespace heddle::emulator::float_test;

namespace {

__extension__ using Quad = __float128;

struct Format {
    int fraction, bias;
    unsigned infinity;
    unsigned one;
};
constexpr Format kHalf{10, 15, 0x7c00, 0x3c00}, kBrain{7, 127, 0x7f80, 0x3f80};

Quad power(int n) {
    Quad x = 1;
    for (; n > 0; --n) x *= 2;
    for (; n < 0; ++n) x /= 2;
    return x;
}

// Finite values only.
Quad value(unsigned h, const Format& f) {
    const int field = static_cast<int>((h & 0x7fff) >> f.fraction), fraction = static_cast<int>(h & ((1U << f.fraction) - 1));
    const Quad size = (field == 0 ? Quad(fraction) : Quad(fraction + (1 << f.fraction))) * power((field == 0 ? 1 : field) - f.bias - f.fraction);
    return h & 0x8000 ? -size : size;
}

// Nearest even of x + error, |error| far below the last place of x.
unsigned round(Quad x, Quad error, const Format& f, bool negative_zero) {
    if (x == 0) return negative_zero ? 0x8000 : 0;
    const unsigned sign = x < 0 ? 0x8000 : 0;
    if (x < 0) x = -x, error = -error;
    int exponent = 1 - f.bias;
    while (x >= power(exponent + 1) && exponent < 200) ++exponent;
    const Quad scaled = x / power(exponent - f.fraction);
    auto n = static_cast<long long>(scaled);
    const Quad rest = scaled - Quad(n);
    const bool up = rest > Quad(0.5) || (rest == Quad(0.5) && (error > 0 || (error == 0 && n % 2 != 0)));
    n += up;
    const long long encoded = n + (static_cast<long long>(exponent + f.bias - 1) << f.fraction);
    return sign | static_cast<unsigned>(std::min<long long>(encoded, f.infinity));
}

bool is_nan(unsigned h, const Format& f) { return (h & 0x7fff) > f.infinity; }
bool is_infinite(unsigned h, const Format& f) { return (h & 0x7fff) == f.infinity; }

unsigned multiply_add(unsigned a, unsigned b, unsigned c, const Format& f) {
    if (is_nan(a, f) || is_nan(b, f) || is_nan(c, f)) return 0x7fff;
    const unsigned sign = (a ^ b) & 0x8000;
    if (is_infinite(a, f) || is_infinite(b, f)) {
        if ((a & 0x7fff) == 0 || (b & 0x7fff) == 0) return 0x7fff;
        return is_infinite(c, f) && (c & 0x8000) != sign ? 0x7fff : sign | f.infinity;
    }
    if (is_infinite(c, f)) return c;
    const Quad product = value(a, f) * value(b, f), addend = value(c, f), sum = product + addend;
    const Quad part = sum - product, error = (product - (sum - part)) + (addend - part);
    const bool both_negative = sign != 0 && (c & 0x8000) != 0;
    return round(sum, error, f, both_negative && product == 0 && addend == 0);
}

unsigned flush_half(unsigned h, const Format& f) { return (h & f.infinity) == 0 ? h & 0x8000 : h; }

std::uint32_t random_half(std::mt19937_64& random, const Format& f) {
    const unsigned fields = f.infinity >> f.fraction;
    const unsigned field = random() % 4 == 0 ? random() % fields : static_cast<unsigned>(f.bias) - 6 + random() % 12;
    return static_cast<std::uint32_t>((random() & 1) << 15 | std::min(field, fields) << f.fraction | (random() & ((1U << f.fraction) - 1)));
}

std::vector<Operands> operands(const Format& f) {
    std::mt19937_64 random(11);
    const unsigned edges[] = {0, 1, f.one - 1, f.one, f.one + 1, f.infinity - 1, f.infinity, f.infinity + 1, 0x7fff, 1U << f.fraction, (1U << f.fraction) - 1, 3};
    std::vector<std::uint32_t> pairs;
    for (const unsigned h : edges) {
        pairs.push_back(h | (h ^ 0x8000) << 16);
        pairs.push_back((h ^ 0x8000) | f.one << 16);
    }
    return cases(pairs, 3, 8192, [&] { return std::uint64_t{random_half(random, f)} | std::uint64_t{random_half(random, f)} << 16; });
}

unsigned pick(std::uint64_t pair, unsigned select, unsigned half) {
    const bool high = select == 3 || (select == 0 && half == 1);
    return static_cast<unsigned>(pair >> (high ? 16 : 0)) & 0xffff;
}

} // namespace

TEST_CASE("HFMA2, HADD2 and HMUL2 are fused and round once, FP16 and BF16") {
    for (const bool brain : {false, true}) {
        const Format& f = brain ? kBrain : kHalf;
        const auto all = operands(f);
        for (const char* digits : {"00000000000000060000000700077231", "00000000000000060000000700077235"}) { // HFMA2, HFMA2.MMA
            auto word = with_registers(hex(digits), 32, 64);
            word.set(85, 1, brain);
            check("HFMA2", 90, word, all, false, [&](const Operands& o) {
                std::uint64_t r = 0;
                for (unsigned half = 0; half < 2; ++half) r |= std::uint64_t{multiply_add(pick(o.a, 0, half), pick(o.b, 0, half), pick(o.c, 0, half), f)} << (16 * half);
                return r;
            });
        }
        auto add = with_registers(hex("00000000000000000000000700077230"), 32, 0), multiply = with_registers(hex("00000000000000000000000700077232"), 32, 0);
        add.set(85, 1, brain);
        multiply.set(85, 1, brain);
        check("HADD2", 90, add, all, false, [&](const Operands& o) {
            std::uint64_t r = 0;
            for (unsigned half = 0; half < 2; ++half) r |= std::uint64_t{multiply_add(pick(o.a, 0, half), f.one, pick(o.b, 0, half), f)} << (16 * half);
            return r;
        });
        check("HMUL2", 90, multiply, all, false, [&](const Operands& o) {
            std::uint64_t r = 0;
            for (unsigned half = 0; half < 2; ++half) r |= std::uint64_t{multiply_add(pick(o.a, 0, half), pick(o.b, 0, half), 0x8000, f)} << (16 * half);
            return r;
        });
    }
}

TEST_CASE("HFMA2 modifiers: choices of halves, signs, FTZ, OOB, SAT, RELU") {
    const auto all = operands(kHalf);
    for (unsigned variant = 0; variant < 16; ++variant) {
        const unsigned select_a = variant % 3 == 0 ? 0 : variant % 3 + 1, select_c = variant % 4 == 1 ? 3 : 0;
        const unsigned select_b = variant == 5 ? 4 : variant % 2 ? 2 : 0;
        const bool ftz = variant & 1, oob = variant == 7, sat = variant % 5 == 2, relu = variant % 5 == 3, negate_b = variant & 8, absolute_c = variant & 4;
        auto word = with_registers(hex("00000000000000060000000700077231"), 32, 64);
        word.set(74, 2, select_a);
        word.set(60, 2, select_b & 3);
        word.set(86, 1, select_b >> 2);
        word.set(81, 2, select_c);
        word.set(63, 1, negate_b);
        word.set(83, 1, absolute_c);
        word.set(80, 1, ftz || oob);
        word.set(76, 1, oob);
        word.set(77, 1, sat);
        if (relu) word.set(79, 1, 1), word.set(87, 3, 7);
        auto with_marker = all;
        for (std::size_t k = 0; k < with_marker.size(); k += 5) with_marker[k].b = (with_marker[k].b & 0xffff) | 0x7ff70000;
        check("HFMA2 variant", 90, word, with_marker, false, [&](const Operands& o) {
            std::uint64_t r = 0;
            for (unsigned half = 0; half < 2; ++half) {
                unsigned a = pick(o.a, select_a, half), b = pick(o.b, select_b & 3, half), c = pick(o.c, select_c, half);
                if (negate_b) b ^= 0x8000;
                if (select_b == 4 && half == 1) b ^= 0x8000;
                if (absolute_c) c &= 0x7fff;
                const bool out = oob && (a == 0x7ff7 || b == 0x7ff7);
                if (ftz || oob) a = flush_half(a, kHalf), b = flush_half(b, kHalf), c = flush_half(c, kHalf);
                unsigned v = multiply_add(a, b, c, kHalf);
                if (ftz || oob) v = flush_half(v, kHalf);
                if (sat) v = v == 0x7fff || (v & 0x8000) ? 0 : std::min(v, kHalf.one);
                if (relu && (v & 0x8000)) v = 0;
                if (out) v = 0;
                r |= std::uint64_t{v} << (16 * half);
            }
            return r;
        });
    }
}

TEST_CASE("RELU of HFMA2 follows its predicate") {
    for (const LaneLevel level : levels()) {
        WarpBench bench(80, level);
        bench.set(2, [](unsigned) { return 0xbc003c00U; }); // 1, -1
        bench.set(4, [](unsigned) { return 0x40004000U; });
        bench.set(6, [](unsigned) { return 0U; });
        bench.warp().predicates[1] = 0x0000ffff;
        auto word = with_registers(hex("00000000008080060000000700077231"), 32, 64);
        bench.run(word); // HFMA2.RELU R8, R2, R4, R6, P1
        for (unsigned l = 0; l < kLanes; ++l) CHECK(bench.reg(8, l) == (l < 16 ? 0x00004000U : 0xc0004000U));
    }
}

TEST_CASE("HADD2.F32 widens every half exactly") {
    for (const LaneLevel level : levels())
        for (const bool high : {false, true}) {
            WarpBench bench(80, level);
            auto word = with_registers(hex("000000000000410020000005ff077230"), 32, 0, false);
            if (high) word.set(60, 2, 3);
            for (unsigned first = 0; first < 0x10000; first += kLanes) {
                bench.set(4, [&](unsigned l) { return high ? (first + l) << 16 | 0x1234 : (first + l) | 0x43210000; });
                bench.run(word);
                for (unsigned l = 0; l < kLanes; ++l) {
                    const unsigned h = first + l;
                    const float expected = is_infinite(h, kHalf) ? (h & 0x8000 ? -INFINITY : INFINITY) : static_cast<float>(value(h, kHalf));
                    const std::uint32_t want = is_nan(h, kHalf) ? 0x7fffffffU : h == 0x8000 ? 0x80000000U : bits(expected);
                    if (bench.reg(8, l) != want) CHECK(bench.reg(8, l) == want);
                }
            }
            SUCCEED();
        }
}
