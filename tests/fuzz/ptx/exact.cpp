#include "tests/fuzz/ptx/exact.hpp"

#include <bit>
#include <cmath>

namespace heddle::ptx_fuzz {

namespace {

struct Shape {
    int precision, least_exponent; // bits of the significand; exponent of the smallest normal number
    unsigned bits;
};

constexpr Shape shape(Format format) {
    switch (format) {
    case Format::F16: return {11, -14, 16};
    case Format::Bf16: return {8, -126, 16};
    case Format::F32: return {24, -126, 32};
    case Format::F64: return {53, -1022, 64};
    }
    return {};
}

bool is_nan(Quad q) { return q != q; }
bool is_negative(Quad q) { return static_cast<U64>(std::bit_cast<U128>(q) >> 64) >> 63; }
Quad magnitude(Quad q) { return is_negative(q) ? -q : q; }
bool is_infinite(Quad q) { return !is_nan(q) && is_nan(q - q); }

// |q| = significand * 2^exponent, 113 bits. Requires: finite, not zero, normal as a Quad (all numbers here are).
U128 significand(Quad q, int& exponent) {
    const auto bits = std::bit_cast<U128>(q);
    exponent = static_cast<int>(static_cast<U64>(bits >> 112) & 0x7fff) - 16383 - 112;
    return (bits & ((U128{1} << 112) - 1)) | U128{1} << 112;
}

Quad power_of_two(int exponent) { return std::bit_cast<Quad>(U128(exponent + 16383) << 112); }

// Away from zero, for a significand cut at `dropped` bits?
bool round_up(bool negative, bool odd, U128 rest, U128 half, Rounding mode) {
    if (rest == 0) return false;
    switch (mode) {
    case Rounding::Nearest: return rest > half || (rest == half && odd);
    case Rounding::Zero: return false;
    case Rounding::Down: return negative;
    case Rounding::Up: return !negative;
    }
    return false;
}

Exact sum(Quad a, Quad b) {
    const Quad s = a + b;
    if (is_nan(s) || is_infinite(s)) return {s, 0};
    const Quad b_part = s - a, a_part = s - b_part;
    const Quad rest = (a - a_part) + (b - b_part);
    return {s, rest > 0 ? 1 : rest < 0 ? -1 : 0};
}

U64 encode_sum(Format format, Quad a, Quad b, Rounding mode) {
    const Exact s = sum(a, b);
    if (s.value == 0 && !(is_negative(a) && is_negative(b))) { // x - x, or zeros of both signs
        const bool negative = mode == Rounding::Down && (is_negative(a) || is_negative(b));
        return negative ? sign_bit(format) : 0;
    }
    return encode(format, s, mode);
}

} // namespace

U64 sign_bit(Format format) { return U64{1} << (shape(format).bits - 1); }
U64 infinity(Format format) {
    const Shape s = shape(format);
    return (sign_bit(format) - 1) & ~((U64{1} << (s.precision - 1)) - 1);
}
U64 canonical_nan(Format format) {
    return format == Format::F64 ? 0xfff8000000000000 : sign_bit(format) - 1; // 0x7fff, 0x7fffffff
}
bool is_nan(Format format, U64 bits) { return (bits & (sign_bit(format) - 1)) > infinity(format); }
U64 flush(Format format, U64 bits) { return (bits & infinity(format)) == 0 ? bits & sign_bit(format) : bits; }

U64 saturate(Format format, U64 bits) {
    if (is_nan(format, bits) || (bits & sign_bit(format))) return 0;
    return decode(format, bits) > 1 ? encode(format, {1, 0}, Rounding::Nearest) : bits;
}
U64 relu(Format format, U64 bits) {
    if (is_nan(format, bits)) return canonical_nan(format);
    return bits & sign_bit(format) ? 0 : bits;
}

Quad decode(Format format, U64 bits) {
    const Shape s = shape(format);
    const bool negative = bits & sign_bit(format);
    const U64 fraction = bits & ((U64{1} << (s.precision - 1)) - 1);
    const int exponent = static_cast<int>((bits & infinity(format)) >> (s.precision - 1));
    Quad value = 0;
    if ((bits & infinity(format)) == infinity(format)) {
        value = fraction ? __builtin_nanf("") : __builtin_inff();
    } else {
        const U64 whole = exponent ? fraction | U64{1} << (s.precision - 1) : fraction;
        value = static_cast<Quad>(whole) * power_of_two((exponent ? exponent : 1) - 1 + s.least_exponent - (s.precision - 1));
    }
    return negative ? -value : value;
}

U64 encode(Format format, Exact number, Rounding mode) {
    const Shape s = shape(format);
    if (is_nan(number.value)) return canonical_nan(format);
    const bool negative = is_negative(number.value);
    const U64 sign = negative ? sign_bit(format) : 0;
    if (number.value == 0) return sign;
    if (is_infinite(number.value)) return sign | infinity(format);
    int exponent = 0;
    U128 whole = significand(number.value, exponent) << 1; // one bit for what is missing
    --exponent;
    if (number.missing) whole += (number.missing > 0) != negative ? U128{1} : ~U128{0};
    const int lead = exponent + (whole >> 113 ? 113 : 112); // what is missing may leave just less than a power of two
    const int quantum = (lead > s.least_exponent ? lead : s.least_exponent) - (s.precision - 1);
    const int dropped = quantum - exponent;
    U128 kept = 0, rest = 1, half = 2; // all of it below half a quantum
    if (dropped <= 120) {
        kept = whole >> dropped;
        half = U128{1} << (dropped - 1);
        rest = whole & ((half << 1) - 1);
    }
    const bool up = round_up(negative, static_cast<U64>(kept) & 1, rest, half, mode);
    U64 bits = static_cast<U64>(kept) + (up ? 1 : 0);
    if (lead >= s.least_exponent) bits += static_cast<U64>(lead - s.least_exponent) << (s.precision - 1);
    if (bits >= infinity(format)) {
        const bool to_infinity = mode == Rounding::Nearest || (mode == Rounding::Up && !negative) || (mode == Rounding::Down && negative);
        bits = to_infinity ? infinity(format) : infinity(format) - 1;
    }
    return sign | bits;
}

U64 add(Format format, U64 a, U64 b, Rounding mode) { return encode_sum(format, decode(format, a), decode(format, b), mode); }
U64 multiply(Format format, U64 a, U64 b, Rounding mode) { return encode(format, {decode(format, a) * decode(format, b), 0}, mode); }
U64 fused(Format format, U64 a, U64 b, U64 c, Rounding mode) {
    return encode_sum(format, decode(format, a) * decode(format, b), decode(format, c), mode);
}

U64 divide(Format format, U64 a, U64 b, Rounding mode) {
    const Quad x = decode(format, a), y = decode(format, b);
    Quad q = x / y;
    if (is_nan(q) || is_infinite(q) || q == 0) return encode(format, {q, 0}, mode);
    q = std::bit_cast<Quad>(std::bit_cast<U128>(q) >> 53 << 53); // 60 bits, so that q * y is exact
    const Quad rest = x - q * y;                                 // exact: nearly all of x cancels
    return encode(format, {q, rest == 0 ? 0 : (rest > 0) == (y > 0) ? 1 : -1}, mode);
}

U64 square_root(Format format, U64 a, Rounding mode) {
    const Quad x = decode(format, a);
    if (is_nan(x) || x == 0 || (is_infinite(x) && x > 0)) return encode(format, {x, 0}, mode);
    if (x < 0) return canonical_nan(format);
    int exponent = 0;
    significand(x, exponent);
    const int half = (exponent + 112) >> 1;
    const Quad scaled = x * power_of_two(-2 * half); // in [1, 4)
    Quad root = static_cast<Quad>(std::sqrt(static_cast<double>(scaled)));
    root = (root + scaled / root) / 2;
    root = std::bit_cast<Quad>(std::bit_cast<U128>(root) >> 57 << 57); // 56 bits, so that its square is exact
    const Quad rest = scaled - root * root;
    return encode(format, {root * power_of_two(half), rest > 0 ? 1 : rest < 0 ? -1 : 0}, mode);
}

U64 minimum(Format format, U64 a, U64 b, bool maximum, bool nan) {
    const bool a_nan = is_nan(format, a), b_nan = is_nan(format, b);
    if (a_nan || b_nan) return (a_nan && b_nan) || nan ? canonical_nan(format) : a_nan ? b : a;
    const Quad x = decode(format, a), y = decode(format, b);
    const bool a_less = x < y || (x == y && (a & sign_bit(format)));
    return a_less != maximum ? a : b;
}

namespace {

// The integer part of a finite number below 2^112 in magnitude, rounded.
Quad rounded(Quad x, Rounding mode) {
    const Quad m = magnitude(x), big = power_of_two(112);
    if (m >= big || m == 0) return x;
    Quad whole = static_cast<Quad>(static_cast<S128>(m)); // cut
    const Quad rest = m - whole, half = power_of_two(-1);
    const bool odd = static_cast<U64>(static_cast<S128>(m)) & 1;
    const bool negative = is_negative(x);
    if (round_up(negative, odd, rest > half ? 3 : rest == half ? 2 : rest > 0 ? 1 : 0, 2, mode)) whole += 1;
    return negative ? -whole : whole;
}

} // namespace

U64 integral(Format format, U64 a, Rounding mode) {
    const Quad x = decode(format, a);
    if (is_nan(x) || is_infinite(x)) return encode(format, {x, 0}, mode);
    return encode(format, {rounded(x, mode), 0}, Rounding::Nearest);
}

S128 to_integer(Format format, U64 a, Rounding mode, unsigned bits, bool is_signed) {
    const S128 highest = (S128{1} << (is_signed ? bits - 1 : bits)) - 1, lowest = is_signed ? -highest - 1 : 0;
    const Quad x = decode(format, a);
    if (is_infinite(x)) return x > 0 ? highest : lowest;
    const Quad r = rounded(x, mode);
    if (r >= static_cast<Quad>(highest)) return highest;
    if (r <= static_cast<Quad>(lowest)) return lowest;
    return static_cast<S128>(r);
}

} // namespace heddle::ptx_fuzz
