// Arithmetic of atomic operations on one operand; see memory_atomics.cpp for what is bit exact and why.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace heddle::emulator::arithmetic {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

template <class T> T add(T a, T b) { return a + b; }
template <class T> T min_unsigned(T a, T b) { return b < a ? b : a; }
template <class T> T max_unsigned(T a, T b) { return a < b ? b : a; }
template <class T> struct SignedOf;
template <> struct SignedOf<u32> { using type = std::int32_t; };
template <> struct SignedOf<u64> { using type = std::int64_t; };
template <class T> T min_signed(T a, T b) {
    using S = typename SignedOf<T>::type;
    return static_cast<S>(b) < static_cast<S>(a) ? b : a;
}
template <class T> T max_signed(T a, T b) {
    using S = typename SignedOf<T>::type;
    return static_cast<S>(a) < static_cast<S>(b) ? b : a;
}
template <class T> T bit_and(T a, T b) { return a & b; }
template <class T> T bit_or(T a, T b) { return a | b; }
template <class T> T bit_xor(T a, T b) { return a ^ b; }
inline u32 increment(u32 a, u32 limit) { return a >= limit ? 0 : a + 1; }
inline u32 decrement(u32 a, u32 limit) { return a == 0 || a > limit ? limit : a - 1; }

inline u32 flush(u32 bits) { return (bits & 0x7f800000U) == 0 ? bits & 0x80000000U : bits; }
inline u32 add_f32(u32 a, u32 b) {
    const float sum = std::bit_cast<float>(flush(a)) + std::bit_cast<float>(flush(b));
    return sum != sum ? 0x7fffffffU : flush(std::bit_cast<u32>(sum));
}
inline u64 add_f64(u64 a, u64 b) { return std::bit_cast<u64>(std::bit_cast<double>(a) + std::bit_cast<double>(b)); }

// Halves and bfloats as doubles: every value is exact, and rounding a sum of two of them once to double and once
// to the target gives the same as rounding once (53 >= 2 * 11 + 2).
double from_half(std::uint16_t bits);
std::uint16_t to_half(double value); // nearest even; NaN gives 0x7fff
inline double from_bfloat(std::uint16_t bits) { return std::bit_cast<float>(u32{bits} << 16); }
std::uint16_t to_bfloat(double value);

u32 add_f16x2(u32 a, u32 b);
u32 min_f16x2(u32 a, u32 b); // a NaN operand loses; -0 is less than +0
u32 max_f16x2(u32 a, u32 b);
u32 add_bf16x2(u32 a, u32 b);
u32 min_bf16x2(u32 a, u32 b);
u32 max_bf16x2(u32 a, u32 b);

} // namespace heddle::emulator::arithmetic
