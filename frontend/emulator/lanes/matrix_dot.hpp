// The dot product of a tensor core: products and accumulator are aligned to the largest exponent, truncated, added, rounded once.
//
// What hardware this is: the floating-point adder tree behind HMMA, QMMA, HGMMA and QGMMA.
// What is modelled, to the bit: each product's significand is exact and has the sum of the factors' exponents (it is not
// normalised); all products and the accumulator are shifted right to the largest exponent and truncated towards zero to `fraction` bits after
// the binary point; their sum is exact; the result is truncated to FP32 (or its upper 13 fraction bits), or rounded to
// the nearest even FP16. Subnormal inputs and outputs are kept. NaN is canonical; a zero result is +0. Where hardware adds in
// two steps, the second step takes the rounded first one as accumulator.
// What is assumed: a zero product does not take part in the choice of the largest exponent; a sparse instruction adds
// like a dense one of as many products.
// How: a column of the result at a time, 16 rows in vector lanes. Truncation is the conversion of a scaled product to an integer.
// Rows or columns with NaN, infinity or exponents a float product cannot hold go through scalar code.
// Sources: MMA-Sim (arXiv 2511.10909) and its published code: fraction bits 24 on sm_80 to sm_89, 25 on sm_90, 13 for FP8 on
// sm_89 and in wgmma; two steps of half the products on sm_80 to sm_89 for the longest dense shapes.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace heddle::emulator::HEDDLE_LANES {

namespace {

constexpr unsigned kTileRows = 16;
constexpr unsigned kMostProducts = 64;

// As wide as this level's registers: wider ones would be taken apart lane by lane.
#if defined(__AVX512F__)
constexpr unsigned kVector = 16;
#elif defined(__AVX2__)
constexpr unsigned kVector = 8;
#else
constexpr unsigned kVector = 4;
#endif
typedef float Floats __attribute__((vector_size(4 * kVector)));
typedef std::int32_t Ints __attribute__((vector_size(4 * kVector)));

enum class ElementFormat : std::uint8_t { F16, Bf16, Tf32, E4m3, E5m2 };
constexpr unsigned element_bits(ElementFormat f) { return f == ElementFormat::Tf32 ? 32 : f == ElementFormat::F16 || f == ElementFormat::Bf16 ? 16 : 8; }

enum class ResultFormat : std::uint8_t { F32, F32Upper13, F16 };

struct DotRule {
    int fraction = 24;
    unsigned step = 16; // products added at once
    ResultFormat result = ResultFormat::F32;
};

constexpr int kNoExponent = -1000; // of a zero
constexpr int kAbsent = -2000;     // of an element a sparse matrix does not have
constexpr int kWidest = 50;        // products of factors with exponents up to this are exact floats

// Elements, as value and exponent (that of the smallest normal number for subnormal ones).
struct FactorCheck {
    std::int32_t special = 0; // not 0: NaN or infinity among them
    std::int32_t wide = 0;    // not 0: exponents beyond kWidest among them
};
inline void unpack_elements(ElementFormat format, const std::uint32_t* raw, unsigned count, float* value, std::int32_t* exponent, bool negate,
                            FactorCheck& check) {
    const auto convert = [&](std::uint32_t sign_shift, std::uint32_t exponent_shift, std::uint32_t exponent_mask, std::uint32_t fraction_shift, std::uint32_t lift,
                             std::int32_t bias, std::uint32_t nan_from, std::uint32_t keep) {
        const std::uint32_t flip = negate ? 0x8000'0000U : 0;
        const float unit = std::bit_cast<float>(lift);
        std::int32_t special = 0, wide = 0;
        for (unsigned n = 0; n < count; ++n) {
            const std::uint32_t bits = raw[n] & keep, magnitude = bits & ((1U << sign_shift) - 1);
            const auto field = static_cast<std::int32_t>((magnitude >> exponent_shift) & exponent_mask);
            const float plain = std::bit_cast<float>(magnitude << fraction_shift) * unit;
            value[n] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(plain) | (((bits >> sign_shift) << 31) ^ flip));
            const std::int32_t e = (field > 1 ? field : 1) - bias;
            exponent[n] = magnitude == 0 ? kNoExponent : e;
            special |= magnitude >= nan_from ? 1 : 0;
            wide |= magnitude != 0 && (e > kWidest || e < -kWidest) ? 1 : 0;
        }
        check.special |= special;
        check.wide |= wide;
        if (special == 0) return;
        for (unsigned n = 0; n < count; ++n) {
            const std::uint32_t magnitude = raw[n] & keep & ((1U << sign_shift) - 1), sign = std::bit_cast<std::uint32_t>(value[n]) & 0x8000'0000U;
            const bool infinite = magnitude == nan_from && format != ElementFormat::E4m3;
            if (magnitude >= nan_from) value[n] = std::bit_cast<float>(sign | (infinite ? 0x7f80'0000U : 0x7fc0'0000U));
        }
    };
    constexpr std::uint32_t kOne = 127U << 23;
    switch (format) {
    case ElementFormat::F16: convert(15, 10, 31, 13, (127U + 112) << 23, 15, 0x7c00, 0xffff); break;
    case ElementFormat::Bf16: convert(15, 7, 255, 16, kOne, 127, 0x7f80, 0xffff); break;
    case ElementFormat::Tf32: convert(31, 23, 255, 0, kOne, 127, 0x7f80'0000, 0xffff'e000); break;
    case ElementFormat::E4m3: convert(7, 3, 15, 20, (127U + 120) << 23, 7, 0x7f, 0xff); break;
    case ElementFormat::E5m2: convert(7, 2, 31, 21, (127U + 112) << 23, 15, 0x7c, 0xff); break;
    }
}

// Words of packed elements to one element a word. `stride`: distance of neighbouring elements in `raw`.
template <unsigned kBits> inline void split_elements(const unsigned char* bytes, unsigned count, std::uint32_t* raw, unsigned stride) {
    constexpr unsigned kPerWord = 32 / kBits;
    for (unsigned k = 0; k < count; k += kPerWord) {
        std::uint32_t word;
        std::memcpy(&word, bytes + k * kBits / 8, 4);
        for (unsigned e = 0; e < kPerWord; ++e) raw[(k + e) * stride] = kBits == 32 ? word : (word >> (e * kBits % 32)) & ((1ULL << kBits) - 1);
    }
}
inline void split_elements(unsigned bits, const unsigned char* bytes, unsigned count, std::uint32_t* raw, unsigned stride) {
    if (bits == 16) split_elements<16>(bytes, count, raw, stride);
    else if (bits == 8) split_elements<8>(bytes, count, raw, stride);
    else split_elements<32>(bytes, count, raw, stride);
}

// A: by product, then row. An instruction's 16 rows of one warp.
struct RowFactors {
    alignas(64) float value[kMostProducts][kTileRows];
    alignas(64) std::int32_t exponent[kMostProducts][kTileRows];
    FactorCheck check;
};
// B: one column.
struct ColumnFactors {
    alignas(64) float value[kMostProducts];
    alignas(64) std::int32_t exponent[kMostProducts];
    FactorCheck check;
};

inline std::uint32_t half_from_float_odd(std::uint32_t bits) {
    // Nearest even; the input's last bit is sticky.
    const std::uint32_t sign = (bits >> 16) & 0x8000, magnitude = bits & 0x7fff'ffff;
    if (magnitude > 0x7f80'0000) return 0x7fff;
    if (magnitude >= 0x4780'0000) return sign | 0x7c00; // 65536 and above
    if (magnitude < 0x3880'0000) {                      // below 2^-14
        const std::uint32_t exponent = magnitude >> 23;
        if (exponent < 101) return sign; // below 2^-25: rounds to zero; 2^-25 itself is a tie to even
        const std::uint32_t significand = (magnitude & 0x7f'ffff) | 0x80'0000, shift = 126 - exponent;
        const std::uint32_t half = 1U << (shift - 1), rest = significand & ((1U << shift) - 1);
        std::uint32_t result = significand >> shift;
        result += rest > half || (rest == half && (result & 1)) ? 1 : 0;
        return sign | result;
    }
    const std::uint32_t rebased = magnitude - (112U << 23);
    return sign | ((rebased + 0xfff + ((rebased >> 13) & 1)) >> 13);
}
inline float float_from_half(std::uint32_t half) {
    const std::uint32_t magnitude = (half & 0x7fff) << 13;
    float f = std::bit_cast<float>(magnitude) * std::bit_cast<float>((127U + 112) << 23);
    std::uint32_t bits = std::bit_cast<std::uint32_t>(f);
    if ((half & 0x7c00) == 0x7c00) bits = 0x7f80'0000 | magnitude;
    return std::bit_cast<float>(bits | (half & 0x8000) << 16);
}

// The exact sum, a double, to the result's format; 32 bits (FP16 in the low half).
inline std::uint32_t round_result(double sum, ResultFormat format) {
    const double magnitude = std::fabs(sum);
    auto bits = std::bit_cast<std::uint32_t>(static_cast<float>(sum));
    const double back = std::fabs(static_cast<double>(std::bit_cast<float>(bits)));
    if (back > magnitude && magnitude < 0x1p128) --bits;
    const bool inexact = std::fabs(static_cast<double>(std::bit_cast<float>(bits))) != magnitude;
    std::uint32_t result = bits;
    if (format == ResultFormat::F32Upper13) result &= ~0x3ffU;
    if (format == ResultFormat::F16) result = half_from_float_odd(bits | (inexact && magnitude < 0x1p128 ? 1U : 0U));
    return (result & (format == ResultFormat::F16 ? 0x7fffU : 0x7fff'ffffU)) == 0 ? 0 : result;
}

// Any values: scalar. `c` is the accumulator as a float.
inline std::uint32_t dot_any(const RowFactors& a, const ColumnFactors& b, unsigned row, unsigned first, unsigned last, float c, const DotRule& rule) {
    double plain = c;
    for (unsigned k = first; k < last; ++k)
        if (a.exponent[k][row] != kAbsent) plain += static_cast<double>(a.value[k][row]) * static_cast<double>(b.value[k]);
    const bool half = rule.result == ResultFormat::F16;
    if (plain != plain) return half ? 0x7fff : 0x7fff'ffff;
    if (std::fabs(plain) == HUGE_VAL) return (half ? 0x7c00U : 0x7f80'0000U) | (plain < 0 ? (half ? 0x8000U : 0x8000'0000U) : 0);
    int exponents[kMostProducts + 1], largest = kNoExponent;
    double significands[kMostProducts + 1];
    unsigned count = 0;
    const auto add = [&](double value, int exponent) {
        if (value == 0) return;
        significands[count] = std::ldexp(value, -exponent);
        exponents[count++] = exponent;
        largest = exponent > largest ? exponent : largest;
    };
    const auto field = static_cast<int>((std::bit_cast<std::uint32_t>(c) >> 23) & 255);
    add(c, (field > 1 ? field : 1) - 127);
    for (unsigned k = first; k < last; ++k)
        if (a.exponent[k][row] != kAbsent)
            add(static_cast<double>(a.value[k][row]) * static_cast<double>(b.value[k]), a.exponent[k][row] + b.exponent[k]);
    if (count == 0) return 0;
    std::int64_t sum = 0;
    for (unsigned i = 0; i < count; ++i) sum += static_cast<std::int64_t>(std::ldexp(significands[i], rule.fraction + exponents[i] - largest));
    return round_result(std::ldexp(static_cast<double>(sum), largest - rule.fraction), rule.result);
}

// The largest exponents of the terms of kVector rows, at least -2 kWidest.
inline void largest_exponents(const RowFactors& a, const ColumnFactors& b, unsigned first, unsigned last, unsigned row, std::int32_t* largest) {
    Ints m;
    std::memcpy(&m, largest + row, sizeof m);
    for (unsigned k = first; k < last; ++k) {
        Ints e;
        std::memcpy(&e, a.exponent[k] + row, sizeof e);
        e += b.exponent[k];
        m = m > e ? m : e;
    }
    const Ints least = Ints{} - 2 * kWidest;
    m = m > least ? m : least;
    std::memcpy(largest + row, &m, sizeof m);
}

// The sum of the aligned products of kVector rows, in parts[0] and parts[1] (each within 31 bits), for up to 16 products.
inline void aligned_products(const RowFactors& a, const ColumnFactors& b, unsigned first, unsigned last, unsigned row, const float* scales, std::int32_t* part) {
    Floats scale;
    std::memcpy(&scale, scales + row, sizeof scale);
    Ints sum{};
    for (unsigned k = first; k < last; ++k) {
        Floats v;
        std::memcpy(&v, a.value[k] + row, sizeof v);
        sum += __builtin_convertvector(v * b.value[k] * scale, Ints);
    }
    std::memcpy(part + row, &sum, sizeof sum);
}

// One step for 16 rows of one column: c becomes the result (floats; FP16 results as floats).
inline void dot_step(const RowFactors& a, const ColumnFactors& b, unsigned first, unsigned last, float* c, const DotRule& rule) {
    alignas(64) std::int32_t largest[kTileRows], part[kTileRows];
    alignas(64) float scale[kTileRows];
    alignas(64) double sum[kTileRows], exact[kTileRows];
    std::int32_t odd = a.check.special | b.check.special | a.check.wide | b.check.wide;
    for (unsigned r = 0; r < kTileRows; ++r) {
        const std::int32_t magnitude = std::bit_cast<std::int32_t>(c[r]) & 0x7fff'ffff, field = magnitude >> 23;
        const std::int32_t e = (field > 1 ? field : 1) - 127;
        largest[r] = magnitude == 0 ? kNoExponent : e;
        odd |= (field == 255 ? 1 : 0) | (magnitude != 0 && e < -2 * kWidest ? 1 : 0);
    }
    if (odd != 0) {
        for (unsigned r = 0; r < kTileRows; ++r) {
            const std::uint32_t bits = dot_any(a, b, r, first, last, c[r], rule);
            c[r] = rule.result == ResultFormat::F16 ? float_from_half(bits) : std::bit_cast<float>(bits);
        }
        return;
    }
    for (unsigned row = 0; row < kTileRows; row += kVector) largest_exponents(a, b, first, last, row, largest);
    for (unsigned r = 0; r < kTileRows; ++r) {
        scale[r] = std::bit_cast<float>((rule.fraction + 127 - largest[r]) << 23);
        sum[r] = static_cast<double>(static_cast<std::int32_t>(c[r] * scale[r]));
    }
    for (unsigned k = first; k < last; k += 8) { // at most eight terms below 2^27 each
        for (unsigned row = 0; row < kTileRows; row += kVector) aligned_products(a, b, k, k + 8 < last ? k + 8 : last, row, scale, part);
        for (unsigned r = 0; r < kTileRows; ++r) sum[r] += static_cast<double>(part[r]);
    }
    for (unsigned r = 0; r < kTileRows; ++r)
        exact[r] = sum[r] * std::bit_cast<double>(static_cast<std::int64_t>(largest[r] - rule.fraction + 1023) << 52);
    if (rule.result == ResultFormat::F16) {
        for (unsigned r = 0; r < kTileRows; ++r) c[r] = float_from_half(round_result(exact[r], ResultFormat::F16));
        return;
    }
    const std::int32_t keep = rule.result == ResultFormat::F32Upper13 ? ~0x3ff : ~0;
    for (unsigned r = 0; r < kTileRows; ++r) {
        const float nearest = static_cast<float>(exact[r]);
        const double magnitude = std::fabs(exact[r]);
        const bool too_far = (std::fabs(static_cast<double>(nearest)) > magnitude) & (magnitude < 0x1p128);
        const std::int32_t bits = (std::bit_cast<std::int32_t>(nearest) - (too_far ? 1 : 0)) & keep;
        c[r] = std::bit_cast<float>((bits & 0x7fff'ffff) == 0 ? 0 : bits);
    }
}

// `products` products for 16 rows of one column, in the steps of the rule.
inline void dot_column(const RowFactors& a, const ColumnFactors& b, unsigned products, float* c, const DotRule& rule) {
    for (unsigned k = 0; k < products; k += rule.step) dot_step(a, b, k, k + rule.step, c, rule);
}

} // namespace

} // namespace heddle::emulator::HEDDLE_LANES
