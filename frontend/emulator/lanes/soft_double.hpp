// Double precision fused multiply-add in integers, for hosts without the instruction; exact in every rounding mode.
//
// Also rounding of a number with a 64-bit significand to any of the float formats, which the conversions share.
#pragma once

#include "frontend/emulator/lanes/float_lane.hpp"

namespace heddle::emulator::HEDDLE_LANES {

__extension__ using U128 = unsigned __int128;

// A float format by its field widths. All have an implied leading one and, but for E4M3, infinities.
struct Format {
    unsigned fraction, exponent;
};
inline constexpr Format kFp16{10, 5}, kFp32{23, 8}, kFp64{52, 11}, kBf16{7, 8}, kTf32{10, 8}, kE5m2{2, 5};

// Rounds significand * 2^exponent with the sign to the format. `sticky`: something nonzero lies below the lowest bit.
// Mode as in the instructions: 0 nearest even, 1 down, 2 up, 3 toward zero. Returns the bits, without FTZ.
HEDDLE_INLINE U64 round_to(Format f, bool negative, U128 significand, int exponent, bool sticky, U32 mode) {
    const int bias = (1 << (f.exponent - 1)) - 1, max_field = (1 << f.exponent) - 1;
    const U64 sign = U64{negative} << (f.fraction + f.exponent);
    if (significand == 0 && !sticky) return sign;
    const int top = significand == 0 ? -1
                    : static_cast<U64>(significand >> 64) != 0 ? 127 - __builtin_clzll(static_cast<U64>(significand >> 64))
                                                              : 63 - __builtin_clzll(static_cast<U64>(significand));
    int field = top + exponent + bias; // biased exponent if normal
    if (field < 1 || significand == 0) field = 0;
    // The lowest kept bit has weight 2^lowest.
    const int lowest = (field == 0 ? 1 : field) - bias - static_cast<int>(f.fraction);
    const int shift = lowest - exponent; // bits to drop, or to append if negative
    U64 kept = 0;
    bool half = false, rest = sticky;
    if (shift <= 0) kept = static_cast<U64>(significand << -shift);
    else if (shift > 128) rest = rest || significand != 0;
    else {
        kept = shift == 128 ? 0 : static_cast<U64>(significand >> shift);
        half = (significand >> (shift - 1)) & 1;
        rest = rest || (significand & ((U128{1} << (shift - 1)) - 1)) != 0;
    }
    const bool inexact = half || rest;
    const bool up = mode == 0 ? half && (rest || (kept & 1)) : mode == 1 ? inexact && negative : mode == 2 ? inexact && !negative : false;
    // `kept` holds the implied one if normal; adding it to the field makes carries come out right.
    U64 bits = kept + U64{up} + (field == 0 ? 0 : (static_cast<U64>(field) - 1) << f.fraction);
    const U64 infinity = static_cast<U64>(max_field) << f.fraction;
    if (field >= max_field || bits >= infinity) {
        const bool to_infinity = mode == 0 || (mode == 1 && negative) || (mode == 2 && !negative);
        bits = to_infinity ? infinity : infinity - 1;
    }
    return sign | bits;
}

struct Parts {
    bool negative;
    U64 significand; // with the implied one
    int exponent;    // value = significand * 2^exponent
};
HEDDLE_INLINE Parts parts_of(U64 x) {
    const int field = static_cast<int>(x >> 52 & 0x7ff);
    const U64 fraction = x & ((1ULL << 52) - 1);
    return {(x & kSign64) != 0, field == 0 ? fraction : fraction | 1ULL << 52, (field == 0 ? 1 : field) - 1075};
}

// Rounds a finite double to another format.
HEDDLE_INLINE U64 round_double(Format f, U64 x, U32 mode) {
    const Parts p = parts_of(x);
    return round_to(f, p.negative, p.significand, p.exponent, false, mode);
}

static inline U64 soft_multiply_add(U64 a, U64 b, U64 c, U32 mode) {
    const auto special = [](U64 x) { return (x & kInfinity64) == kInfinity64; };
    if (special(a) || special(b)) return bits_of(as_double(a) * as_double(b) + as_double(c)); // infinities and NaN only
    if (special(c)) return is_nan(c) ? c | kQuiet64 : c;
    const Parts x = parts_of(a), y = parts_of(b), z = parts_of(c);
    const bool product_negative = x.negative != y.negative;
    U128 product = U128{x.significand} * y.significand;
    int product_exponent = x.exponent + y.exponent;
    if (product == 0) {
        if (z.significand != 0) return c;
        const bool negative = product_negative == z.negative ? z.negative : mode == 1;
        return negative ? kSign64 : 0;
    }
    if (z.significand == 0) return round_to(kFp64, product_negative, product, product_exponent, false, mode);
    // Bring both to one exponent with the larger one high in 128 bits; what falls off the smaller one is sticky.
    U128 addend = z.significand;
    int addend_exponent = z.exponent;
    const auto high_bit = [](U128 v) {
        return static_cast<U64>(v >> 64) != 0 ? 127 - __builtin_clzll(static_cast<U64>(v >> 64)) : 63 - __builtin_clzll(static_cast<U64>(v));
    };
    const auto raise = [&](U128& v, int& exponent) { // top bit to 125: room for a carry and a guard bit
        const int up = 125 - high_bit(v);
        v <<= up;
        exponent -= up;
    };
    raise(product, product_exponent);
    raise(addend, addend_exponent);
    bool sticky = false;
    const auto lower = [&](U128& v, int& exponent, int to) {
        const int down = to - exponent;
        if (down > 127) {
            sticky = v != 0;
            v = 0;
        } else if (down > 0) {
            sticky = (v & ((U128{1} << down) - 1)) != 0;
            v >>= down;
        }
        exponent = to;
    };
    if (product_exponent >= addend_exponent) lower(addend, addend_exponent, product_exponent);
    else lower(product, product_exponent, addend_exponent);
    if (product_negative == z.negative) return round_to(kFp64, z.negative, product + addend, product_exponent, sticky, mode);
    // A number that lost bits is far smaller than the other one: the difference keeps its leading bits.
    const bool product_larger = product >= addend;
    U128 difference = product_larger ? product - addend : addend - product;
    if (difference == 0) return mode == 1 ? kSign64 : 0;
    if (sticky) difference -= 1; // what was lost is subtracted, too
    return round_to(kFp64, product_larger ? product_negative : z.negative, difference, product_exponent, sticky, mode);
}

} // namespace heddle::emulator::HEDDLE_LANES
