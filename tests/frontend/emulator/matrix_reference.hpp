// A second, independent model of a tensor core's floating-point dot product, in integers only.
//
// A number is sign * significand * 2^(exponent - fraction bits). Written after the rules of MMA-Sim (arXiv 2511.10909),
// without anything of the emulator.
#pragma once

#include <cstdint>
#include <vector>

namespace reference {

struct Number {
    enum Kind { Finite, Infinite, NotANumber } kind = Finite;
    bool negative = false;
    std::uint64_t significand = 0; // with `fraction_bits` bits after the point
    int exponent = 0, fraction_bits = 0;
};

struct Format {
    int exponent_bits, fraction_bits, dropped_bits; // dropped: low bits of the word that do not count
    bool has_infinity;
};
inline constexpr Format kF16{5, 10, 0, true}, kBf16{8, 7, 0, true}, kTf32{8, 10, 13, true}, kF32{8, 23, 0, true}, kE4m3{4, 3, 0, false}, kE5m2{5, 2, 0, true};

inline Number decode(std::uint32_t word, Format f) {
    word >>= f.dropped_bits;
    Number n;
    n.fraction_bits = f.fraction_bits;
    const std::uint32_t fraction = word & ((1U << f.fraction_bits) - 1), field = (word >> f.fraction_bits) & ((1U << f.exponent_bits) - 1);
    n.negative = (word >> (f.fraction_bits + f.exponent_bits)) & 1;
    const int bias = (1 << (f.exponent_bits - 1)) - 1;
    if (f.has_infinity && field == (1U << f.exponent_bits) - 1) n.kind = fraction ? Number::NotANumber : Number::Infinite;
    if (!f.has_infinity && field == 15 && fraction == 7) n.kind = Number::NotANumber;
    n.significand = field == 0 ? fraction : fraction | 1U << f.fraction_bits;
    n.exponent = (field == 0 ? 1 : static_cast<int>(field)) - bias;
    return n;
}

// sum * 2^scale as FP32, truncated to `fraction_bits` bits after the point; or as FP16, nearest even.
inline std::uint32_t encode(std::int64_t sum, int scale, Format f, int kept_fraction, bool nearest) {
    if (sum == 0) return 0;
    const bool negative = sum < 0;
    std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(sum) : static_cast<std::uint64_t>(sum);
    int exponent = scale + 63 - __builtin_clzll(magnitude);
    const int bias = (1 << (f.exponent_bits - 1)) - 1;
    if (exponent < 1 - bias) exponent = 1 - bias;
    const int shift = exponent - kept_fraction - scale; // right
    std::uint64_t kept = shift >= 64 ? 0 : shift <= 0 ? magnitude << -shift : magnitude >> shift;
    if (nearest && shift > 0 && shift < 64) {
        const std::uint64_t rest = magnitude & ((1ULL << shift) - 1), half = 1ULL << (shift - 1);
        if (rest > half || (rest == half && (kept & 1))) ++kept;
        if (kept >> (kept_fraction + 1)) kept >>= 1, ++exponent;
    }
    const std::uint32_t sign = negative ? 1U << (f.exponent_bits + f.fraction_bits) : 0;
    if (kept == 0) return 0;
    if (exponent > bias) return sign | ((1U << f.exponent_bits) - 1) << f.fraction_bits;
    std::uint32_t bits = static_cast<std::uint32_t>(kept << (f.fraction_bits - kept_fraction));
    const bool normal = bits >> f.fraction_bits;
    if (normal) bits = (bits & ((1U << f.fraction_bits) - 1)) | static_cast<std::uint32_t>(exponent + bias) << f.fraction_bits;
    return sign | bits;
}

struct Rule {
    int fraction;      // bits after the point of the aligned terms
    bool half;         // FP16 accumulator
    int kept_fraction; // of the result
};

// One step: all products and the accumulator at once.
inline std::uint32_t dot(const std::vector<Number>& a, const std::vector<Number>& b, std::uint32_t c_word, Rule rule) {
    const Format c_format = rule.half ? kF16 : kF32;
    const Number c = decode(c_word, c_format);
    bool nan = c.kind == Number::NotANumber, plus = c.kind == Number::Infinite && !c.negative, minus = c.kind == Number::Infinite && c.negative;
    struct Term {
        bool negative;
        std::uint64_t significand;
        int exponent, fraction_bits;
    };
    std::vector<Term> terms;
    if (c.significand != 0) terms.push_back({c.negative, c.significand, c.exponent, c.fraction_bits});
    for (std::size_t k = 0; k < a.size(); ++k) {
        const bool negative = a[k].negative != b[k].negative;
        if (a[k].kind == Number::NotANumber || b[k].kind == Number::NotANumber) nan = true;
        else if (a[k].kind == Number::Infinite || b[k].kind == Number::Infinite) {
            const bool zero = (a[k].kind == Number::Finite && a[k].significand == 0) || (b[k].kind == Number::Finite && b[k].significand == 0);
            if (zero) nan = true;
            else (negative ? minus : plus) = true;
        } else if (a[k].significand != 0 && b[k].significand != 0) {
            terms.push_back({negative, a[k].significand * b[k].significand, a[k].exponent + b[k].exponent, a[k].fraction_bits + b[k].fraction_bits});
        }
    }
    const std::uint32_t infinity = rule.half ? 0x7c00 : 0x7f80'0000, sign = rule.half ? 0x8000 : 0x8000'0000;
    if (nan || (plus && minus)) return rule.half ? 0x7fff : 0x7fff'ffff;
    if (plus) return infinity;
    if (minus) return infinity | sign;
    int largest = -100000;
    for (const Term& t : terms) largest = t.exponent > largest ? t.exponent : largest;
    std::int64_t sum = 0;
    for (const Term& t : terms) {
        const int shift = rule.fraction - t.fraction_bits + t.exponent - largest;
        const std::uint64_t aligned = shift >= 0 ? t.significand << shift : shift <= -64 ? 0 : t.significand >> -shift;
        sum += t.negative ? -static_cast<std::int64_t>(aligned) : static_cast<std::int64_t>(aligned);
    }
    return encode(sum, largest - rule.fraction, c_format, rule.kept_fraction, rule.half);
}

// In `steps` steps of equal length, each taking the one before as accumulator.
inline std::uint32_t dot_in_steps(const std::vector<Number>& a, const std::vector<Number>& b, std::uint32_t c, Rule rule, unsigned steps) {
    const std::size_t length = a.size() / steps;
    for (unsigned s = 0; s < steps; ++s)
        c = dot({a.begin() + static_cast<long>(s * length), a.begin() + static_cast<long>((s + 1) * length)},
                {b.begin() + static_cast<long>(s * length), b.begin() + static_cast<long>((s + 1) * length)}, c, rule);
    return c;
}

} // namespace reference
