// Exact arithmetic of the host reference: numbers of four formats, rounded once, in software.
//
// A result is held as a 113-bit number and the sign of what is missing from it, which is enough to round any sum, product,
// fused product, quotient or square root of FP64 correctly in any mode, so the host's floating-point environment plays no part.
#pragma once

#include "tests/fuzz/ptx/operation.hpp"

namespace heddle::ptx_fuzz {

__extension__ typedef __float128 Quad;
__extension__ typedef unsigned __int128 U128;
__extension__ typedef __int128 S128;

enum class Format : std::uint8_t { F16, Bf16, F32, F64 };
enum class Rounding : std::uint8_t { Nearest, Zero, Down, Up };
inline constexpr std::array<const char*, 4> kRoundingText{"rn", "rz", "rm", "rp"};

struct Exact {
    Quad value = 0;
    int missing = 0; // sign of the true value minus `value`
};

Quad decode(Format format, U64 bits);
// Results that are NaN get the format's canonical NaN.
U64 encode(Format format, Exact number, Rounding mode);
U64 canonical_nan(Format format);
U64 infinity(Format format);
U64 sign_bit(Format format);
bool is_nan(Format format, U64 bits);
U64 flush(Format format, U64 bits);    // a denormal to zero of its sign
U64 saturate(Format format, U64 bits); // to [0, 1]; NaN and -0 to +0
U64 relu(Format format, U64 bits);     // negative and -0 to +0, NaN canonical

U64 add(Format format, U64 a, U64 b, Rounding mode);
U64 multiply(Format format, U64 a, U64 b, Rounding mode);
U64 fused(Format format, U64 a, U64 b, U64 c, Rounding mode);
U64 divide(Format format, U64 a, U64 b, Rounding mode);
U64 square_root(Format format, U64 a, Rounding mode);
// `nan`: any NaN source makes the result NaN; else the other source is taken.
U64 minimum(Format format, U64 a, U64 b, bool maximum, bool nan);
// To an integral value of the same format.
U64 integral(Format format, U64 a, Rounding mode);
// To an integer of `bits` bits, clamped; the caller handles NaN.
S128 to_integer(Format format, U64 a, Rounding mode, unsigned bits, bool is_signed);

} // namespace heddle::ptx_fuzz
