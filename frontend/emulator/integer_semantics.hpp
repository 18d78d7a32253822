// What the integer instructions compute on one lane.
//
// What hardware this is: the integer and logic units, and the uniform datapath, which computes the same on one value.
// What is modelled: every result bit. Sources: PTX ISA manual (shf, bmsk, szext, dp4a, prmt, bfind, lop3 ...), whose instructions map to
// these; carries and 64-bit sequences: code ptxas makes for 64- and 128-bit arithmetic, whose results must come out right. Always inlined:
// the callers are compiled for different hosts.
#pragma once

#include <bit>
#include <cstdint>

namespace heddle::emulator::integer {

#define HEDDLE_SEMANTICS [[gnu::always_inline]] static inline

using U32 = std::uint32_t;
using U64 = std::uint64_t;
using S32 = std::int32_t;
using S64 = std::int64_t;

// Sum with carries. `flip` is all ones for sources that are subtracted or inverted; `extra`: 1 for each source that is subtracted, carries.
struct Sum {
    U32 value, carry;
};
HEDDLE_SEMANTICS Sum sum3(U32 a, U32 b, U32 c, U32 extra) {
    const U64 s = U64{a} + b + c + extra;
    return {static_cast<U32>(s), static_cast<U32>(s >> 32)};
}

HEDDLE_SEMANTICS U64 multiply(U32 a, U32 b, bool is_signed) {
    return is_signed ? static_cast<U64>(S64{static_cast<S32>(a)} * static_cast<S32>(b)) : U64{a} * b;
}

// Upper word of (c:a << shift).
HEDDLE_SEMANTICS U32 shifted_high(U32 a, U32 c, U32 shift) { return static_cast<U32>(((U64{c} << 32 | a) << shift) >> 32); }

// SHF: one word of c:a shifted. Counts at or above the width act like the width (or the width modulo, `wrap`).
struct Shift {
    bool right, wrap, wide, is_signed, high;
};
HEDDLE_SEMANTICS U32 funnel(U32 a, U32 count, U32 c, Shift s) {
    const U32 width = s.wide ? 64 : 32;
    const U32 n = s.wrap ? count & (width - 1) : count < width ? count : width;
    const U64 both = U64{c} << 32 | a;
    U64 r;
    if (!s.right) r = n > 63 ? 0 : both << n;
    else if (!s.is_signed) r = n > 63 ? 0 : both >> n;
    else r = static_cast<U64>(static_cast<S64>(both) >> (n > 63 ? 63 : n));
    return static_cast<U32>(s.high ? r >> 32 : r);
}

// Truth table: bit (a << 2 | b << 1 | c) of `table`, for all bits.
HEDDLE_SEMANTICS U32 truth_table(U32 a, U32 b, U32 c, U32 table) {
    const auto bit = [table](unsigned i) { return 0U - ((table >> i) & 1U); };
    const U32 t0 = bit(0) ^ (c & (bit(0) ^ bit(1))), t1 = bit(2) ^ (c & (bit(2) ^ bit(3)));
    const U32 t2 = bit(4) ^ (c & (bit(4) ^ bit(5))), t3 = bit(6) ^ (c & (bit(6) ^ bit(7)));
    const U32 u0 = t0 ^ (b & (t0 ^ t1)), u1 = t2 ^ (b & (t2 ^ t3));
    return u0 ^ (a & (u0 ^ u1));
}

// SGXT: the lowest `width` bits, sign or zero extended.
HEDDLE_SEMANTICS U32 extend(U32 a, U32 width, bool is_signed, bool wrap) {
    const U32 n = wrap ? width & 31 : width;
    if (n >= 32) return a;
    if (n == 0) return 0;
    const U32 up = a << (32 - n);
    return is_signed ? static_cast<U32>(static_cast<S32>(up) >> (32 - n)) : up >> (32 - n);
}

// BMSK: `width` ones from bit `position` on.
HEDDLE_SEMANTICS U32 bit_mask(U32 position, U32 width, bool wrap) {
    const U32 p = wrap ? position & 31 : position, n = wrap ? width & 31 : width;
    if (p >= 32) return 0;
    return (n >= 32 ? ~0U : (1U << n) - 1) << p;
}

// FLO: number of the highest bit that differs from the sign (or that is set); all ones if there is none. `shift`: how
// far that bit is from bit 31 instead.
HEDDLE_SEMANTICS U32 find_leading(U32 a, bool is_signed, bool shift) {
    const U32 x = is_signed && (a >> 31) != 0 ? ~a : a;
    if (x == 0) return ~0U;
    const auto zeros = static_cast<U32>(__builtin_clz(x));
    return shift ? zeros : 31 - zeros;
}

HEDDLE_SEMANTICS U32 reverse_bits(U32 a) {
    a = (a >> 1 & 0x55555555U) | (a & 0x55555555U) << 1;
    a = (a >> 2 & 0x33333333U) | (a & 0x33333333U) << 2;
    a = (a >> 4 & 0x0f0f0f0fU) | (a & 0x0f0f0f0fU) << 4;
    return __builtin_bswap32(a);
}

// PRMT: the nibble of the selector for each byte of the result, in the special modes from the lowest two bits.
HEDDLE_SEMANTICS U32 permute_selector(U32 selector, unsigned mode) {
    const U32 n = selector & 3;
    switch (mode) {
    case 1: return (0x3210U + n * 0x1111U) & 0xffffU;                                 // F4E: forward four bytes from n
    case 2: return n | ((n - 1) & 7) << 4 | ((n - 2) & 7) << 8 | ((n - 3) & 7) << 12; // B4E: backward
    case 3: return n * 0x1111U;                                                       // RC8: byte n everywhere
    case 4: return n | (n > 1 ? n : 1) << 4 | (n > 2 ? n : 2) << 8 | 3U << 12;        // ECL: edge clamp left
    case 5: return (n < 1 ? n : 1) << 4 | (n < 2 ? n : 2) << 8 | n << 12;             // ECR: edge clamp right
    case 6: return n & 1 ? 0x3232U : 0x1010U;                                         // RC16: half n everywhere
    default: return selector;
    }
}
HEDDLE_SEMANTICS U32 permute_byte(U32 a, U32 c, U32 nibble) {
    const U32 byte = ((nibble & 4 ? c : a) >> (8 * (nibble & 3))) & 0xff;
    return nibble & 8 ? (byte & 0x80 ? 0xffU : 0U) : byte;
}
HEDDLE_SEMANTICS U32 permute(U32 a, U32 selector, U32 c, unsigned mode) {
    const U32 s = permute_selector(selector, mode);
    return permute_byte(a, c, s) | permute_byte(a, c, s >> 4) << 8 | permute_byte(a, c, s >> 8) << 16 | permute_byte(a, c, s >> 12) << 24;
}

// Comparison by the field of a SETP: bit 0 less, bit 1 equal, bit 2 greater.
HEDDLE_SEMANTICS bool compares(U32 a, U32 b, bool is_signed, unsigned comparison) {
    const bool less = is_signed ? static_cast<S32>(a) < static_cast<S32>(b) : a < b;
    return (comparison & 1 && less) || (comparison & 2 && a == b) || (comparison & 4 && !less && a != b);
}
// Upper half of a 64-bit comparison; `low` is the result of the same comparison of the lower halves.
HEDDLE_SEMANTICS bool compares_extended(U32 a, U32 b, bool is_signed, unsigned comparison, bool low) {
    return compares(a, b, is_signed, comparison & 5U) || (a == b && low);
}
HEDDLE_SEMANTICS bool combine(bool value, bool other, unsigned operation) {
    return operation == 0 ? value && other : operation == 1 ? value || other : value != other;
}

} // namespace heddle::emulator::integer
