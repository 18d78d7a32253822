#include "frontend/emulator/atomic_arithmetic.hpp"

namespace heddle::emulator::arithmetic {

namespace {

// Rounds a finite double to `fraction` bits of fraction, least exponent `least`, to nearest even. Ties and carries are the
// business of nearbyint in the default rounding mode.
double round_to(double value, int fraction, int least) {
    if (value == 0) return value;
    const int exponent = std::max(std::ilogb(value), least);
    const int unit = exponent - fraction;
    return std::ldexp(std::nearbyint(std::ldexp(value, -unit)), unit);
}

template <u32 (*Operation)(std::uint16_t, std::uint16_t)> u32 halves(u32 a, u32 b) {
    return Operation(static_cast<std::uint16_t>(a), static_cast<std::uint16_t>(b)) |
           Operation(static_cast<std::uint16_t>(a >> 16), static_cast<std::uint16_t>(b >> 16)) << 16;
}

u32 add_half(std::uint16_t a, std::uint16_t b) { return to_half(from_half(a) + from_half(b)); }
u32 add_bfloat(std::uint16_t a, std::uint16_t b) { return to_bfloat(from_bfloat(a) + from_bfloat(b)); }

// Both formats order like sign and magnitude. `infinity`: bits of infinity.
template <std::uint16_t Infinity> bool is_nan(std::uint16_t x) { return (x & 0x7fff) > Infinity; }
int key(std::uint16_t x) { return (x & 0x8000) ? -static_cast<int>(x & 0x7fff) - 1 : static_cast<int>(x); }
template <std::uint16_t Infinity> u32 lesser(std::uint16_t a, std::uint16_t b) {
    if (is_nan<Infinity>(a)) return is_nan<Infinity>(b) ? 0x7fff : b;
    if (is_nan<Infinity>(b)) return a;
    return key(b) < key(a) ? b : a;
}
template <std::uint16_t Infinity> u32 greater(std::uint16_t a, std::uint16_t b) {
    if (is_nan<Infinity>(a)) return is_nan<Infinity>(b) ? 0x7fff : b;
    if (is_nan<Infinity>(b)) return a;
    return key(a) < key(b) ? b : a;
}

} // namespace

double from_half(std::uint16_t bits) {
    const unsigned exponent = (bits >> 10) & 31, fraction = bits & 0x3ff;
    const double sign = (bits & 0x8000) ? -1.0 : 1.0;
    if (exponent == 31) return fraction != 0 ? std::nan("") : sign * INFINITY;
    if (exponent == 0) return sign * std::ldexp(fraction, -24);
    return sign * std::ldexp(fraction + 1024, static_cast<int>(exponent) - 25);
}

std::uint16_t to_half(double value) {
    if (std::isnan(value)) return 0x7fff;
    const std::uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    const double rounded = std::isinf(value) ? value : round_to(value, 10, -14);
    const double magnitude = std::fabs(rounded);
    if (magnitude >= 65536.0) return sign | 0x7c00;
    if (magnitude == 0) return sign;
    const int exponent = std::ilogb(magnitude);
    if (exponent < -14) return sign | static_cast<std::uint16_t>(std::ldexp(magnitude, 24));
    return sign | static_cast<std::uint16_t>((exponent + 15) << 10 | (static_cast<unsigned>(std::ldexp(magnitude, 10 - exponent)) & 0x3ff));
}

std::uint16_t to_bfloat(double value) {
    if (std::isnan(value)) return 0x7fff;
    if (!std::isinf(value)) value = round_to(value, 7, -126);
    return static_cast<std::uint16_t>(std::bit_cast<u32>(static_cast<float>(value)) >> 16);
}

u32 add_f16x2(u32 a, u32 b) { return halves<add_half>(a, b); }
u32 min_f16x2(u32 a, u32 b) { return halves<lesser<0x7c00>>(a, b); }
u32 max_f16x2(u32 a, u32 b) { return halves<greater<0x7c00>>(a, b); }
u32 add_bf16x2(u32 a, u32 b) { return halves<add_bfloat>(a, b); }
u32 min_bf16x2(u32 a, u32 b) { return halves<lesser<0x7f80>>(a, b); }
u32 max_bf16x2(u32 a, u32 b) { return halves<greater<0x7f80>>(a, b); }

} // namespace heddle::emulator::arithmetic
