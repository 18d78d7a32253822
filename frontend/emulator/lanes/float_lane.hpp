// Helpers of the float operations on lanes; compiled once per level of vector instructions, into the namespace HEDDLE_LANES.
//
// Everything here is branch free on values, so that loops over the 32 lanes become vector instructions. Nothing depends on
// the host's handling of NaN: results that are NaN are replaced. Rounding modes other than nearest are those of the host's
// own control register (Rounding), switched for a loop.
// Documented (PTX ISA 9.0, CUDA Programming Guide): NaN results of FP32 are 0x7fffffff, of FP16 and BF16 0x7fff; FTZ flushes
// denormal sources and results to zero of the same sign; SAT clamps to [0, 1] and makes NaN zero; RELU clamps below at zero.
// Assumed: FTZ looks at the rounded result; SAT and RELU make -0 to +0; NaN results of FP64 are the first NaN source made quiet, or,
// if none is NaN, 0xfff8000000000000 (the value of CUDART_NAN).
#pragma once

#include "frontend/emulator/warp.hpp"

#include <cstdint>

namespace heddle::emulator::HEDDLE_LANES {

using U32 = std::uint32_t;
using S32 = std::int32_t;
using U64 = std::uint64_t;
using S64 = std::int64_t;

inline constexpr U32 kSign = 0x80000000U;
inline constexpr U32 kNan = 0x7fffffffU;
inline constexpr U32 kInfinity = 0x7f800000U;
inline constexpr U32 kOne = 0x3f800000U;
inline constexpr U64 kSign64 = 1ULL << 63;
inline constexpr U64 kInfinity64 = 0x7ff0000000000000ULL;
inline constexpr U64 kQuiet64 = 1ULL << 51;
inline constexpr U64 kNan64 = 0xfff8000000000000ULL;

#define HEDDLE_INLINE static inline __attribute__((always_inline))

HEDDLE_INLINE float as_float(U32 x) { return __builtin_bit_cast(float, x); }
HEDDLE_INLINE U32 bits_of(float x) { return __builtin_bit_cast(U32, x); }
HEDDLE_INLINE double as_double(U64 x) { return __builtin_bit_cast(double, x); }
HEDDLE_INLINE U64 bits_of(double x) { return __builtin_bit_cast(U64, x); }

// --- sign modifiers: two flags a source, negate and absolute, as sign_flags() of bind_float.cpp packs them --------------------
HEDDLE_INLINE U32 keep_mask(U32 flags, unsigned source, U32 sign = kSign) { return (flags >> (2 * source + 1)) & 1 ? ~sign : ~0U; }
HEDDLE_INLINE U32 flip_mask(U32 flags, unsigned source, U32 sign = kSign) { return (flags >> (2 * source)) & 1 ? sign : 0U; }

// --- FP32 -------------------------------------------------------------------------------------------------------------------
HEDDLE_INLINE bool is_nan(U32 x) { return (x & ~kSign) > kInfinity; }
HEDDLE_INLINE U32 canonical(U32 x) { return is_nan(x) ? kNan : x; }
HEDDLE_INLINE U32 flush(U32 x) { return (x & kInfinity) == 0 ? x & kSign : x; }
HEDDLE_INLINE U32 saturate(U32 x) { // of a canonical value
    const U32 positive = static_cast<S32>(x) <= 0 || x == kNan ? 0U : x;
    return positive > kOne ? kOne : positive;
}
// Order of the numbers as integers, -0 below +0.
HEDDLE_INLINE S32 order(U32 x) { return static_cast<S32>(x ^ (static_cast<U32>(static_cast<S32>(x) >> 31) >> 1)); }

// --- FP64 -------------------------------------------------------------------------------------------------------------------
HEDDLE_INLINE bool is_nan(U64 x) { return (x & ~kSign64) > kInfinity64; }
HEDDLE_INLINE S64 order(U64 x) { return static_cast<S64>(x ^ (static_cast<U64>(static_cast<S64>(x) >> 63) >> 1)); }

struct alignas(128) Wide { // 32 lanes of 64 bits
    U64 lane[kLanes];
};
HEDDLE_INLINE void gather(Wide& w, const Row* rows, U32 keep = ~0U, U32 flip = 0) {
    for (unsigned l = 0; l < kLanes; ++l) w.lane[l] = U64{rows[0].lane[l]} | U64{(rows[1].lane[l] & keep) ^ flip} << 32;
}

// --- results ----------------------------------------------------------------------------------------------------------------
HEDDLE_INLINE void store(Row& d, const Row& v, Mask mask) {
    if (mask == kAllLanes) {
        d = v;
        return;
    }
    for (unsigned l = 0; l < kLanes; ++l) d.lane[l] = (mask >> l) & 1 ? v.lane[l] : d.lane[l];
}
HEDDLE_INLINE void scatter(Row* d, const Wide& w, Mask mask) {
    Row low, high;
    for (unsigned l = 0; l < kLanes; ++l) {
        low.lane[l] = static_cast<U32>(w.lane[l]);
        high.lane[l] = static_cast<U32>(w.lane[l] >> 32);
    }
    store(d[0], low, mask);
    store(d[1], high, mask);
}
// The lowest bit of every lane.
HEDDLE_INLINE Mask to_mask(const Row& r) {
    Mask mask = 0;
    for (unsigned l = 0; l < kLanes; ++l) mask |= (r.lane[l] & 1) << l;
    return mask;
}
HEDDLE_INLINE void spread(Row& r, Mask mask) { // all ones where the mask is set
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = 0U - ((mask >> l) & 1);
}

// --- comparisons: four bits, less, equal, greater, unordered; the code of an instruction is the set that is true ----------------
HEDDLE_INLINE U32 relation(U32 a, U32 b) {
    const float x = as_float(a), y = as_float(b);
    return is_nan(a) || is_nan(b) ? 8U : x < y ? 1U : x > y ? 4U : 2U;
}
HEDDLE_INLINE Mask combine(U32 boolean, Mask result, Mask predicate) {
    return boolean == 0 ? result & predicate : boolean == 1 ? result | predicate : result ^ predicate;
}

// --- rounding -----------------------------------------------------------------------------------------------------------------
// While it lives, FP operations of the host round as asked: 0 nearest even, 1 down, 2 up, 3 toward zero. `results` is what the loop
// writes: naming it keeps the compiler from moving stores past the switch.
class Rounding {
  public:
    template <class T>
    __attribute__((always_inline)) Rounding(U32 mode, T& results) {
        saved_ = __builtin_ia32_stmxcsr();
        set((saved_ & ~0x6000U) | mode << 13, results);
    }
    template <class T> __attribute__((always_inline)) void end(T& results) { set(saved_, results); }

  private:
    template <class T> __attribute__((always_inline)) static void set(U32 value, T& results) {
        asm volatile("ldmxcsr %1" : "+m"(results) : "m"(value) : "memory");
    }
    U32 saved_;
};

// --- fused multiply-add -----------------------------------------------------------------------------------------------------
// a * b is exact in FP64; the sum is rounded to odd, so that the later rounding to FP32 is right in every mode. Requires: the host
// rounds to nearest.
HEDDLE_INLINE double odd_multiply_add(double a, double b, double c) {
    const double product = a * b, sum = product + c, part = sum - product;
    const double error = (product - (sum - part)) + (c - part);
    const U64 bits = bits_of(sum);
    const bool up = (error > 0) == (sum > 0), inexact = error > 0 || error < 0;
    const U64 step = inexact && !(bits & 1) ? (up ? 1ULL : ~0ULL) : 0;
    return as_double(bits + step);
}
#ifdef __FMA__
HEDDLE_INLINE float fused(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
#else
HEDDLE_INLINE float fused(float a, float b, float c) { return static_cast<float>(odd_multiply_add(a, b, c)); }
#endif

// Round to odd of a double to a float: a second rounding to fewer bits is then right.
HEDDLE_INLINE U32 odd_float(double x) {
    const float nearest = static_cast<float>(x);
    const U32 bits = bits_of(nearest);
    const double size = as_double(bits_of(x) & ~kSign64), back = as_double(bits_of(double{nearest}) & ~kSign64);
    const U32 up = back < size ? ~bits & 1 : 0U, down = back > size ? ~bits & 1 : 0U;
    return bits + up - down;
}

// --- FP16 and BF16 ------------------------------------------------------------------------------------------------------------
inline constexpr U32 kNan16 = 0x7fff;

// The magnitude of a float rounded, nearest even, to a format with narrower fraction and exponent. Beyond the format's range
// the result is some larger number.
template <unsigned kFraction, unsigned kBias> HEDDLE_INLINE U32 round_size(U32 size) {
    constexpr unsigned kDrop = 23 - kFraction;
    constexpr U32 kLeastNormal = (128 - kBias) << 23, kMagic = (128 - kBias + kDrop) << 23; // its last place is the format's least number
    const U32 normal = (size - ((127 - kBias) << 23) + (1U << (kDrop - 1)) - 1 + ((size >> kDrop) & 1)) >> kDrop;
    const U32 small = bits_of(as_float(size < kLeastNormal ? size : 0) + as_float(kMagic)) - kMagic;
    return size < kLeastNormal ? small : normal;
}

// Formats of halves: how to widen a half (exact), and to round a float to it, nearest even. Results: 16 bits, NaN canonical.
struct Half {
    static constexpr U32 kOneBits = 0x3c00, kInfinityBits = 0x7c00;
    static constexpr bool kBrain = false;
    HEDDLE_INLINE U32 widen(U32 h) {
        const U32 shifted = (h & 0x7fff) << 13, exponent = shifted & 0x0f800000;
        U32 bits = shifted + 0x38000000;
        bits = exponent == 0x0f800000 ? bits + 0x38000000 : bits;
        const U32 small = bits_of(as_float(bits + 0x00800000) - as_float(0x38800000));
        bits = exponent == 0 ? small : bits;
        return bits | (h & 0x8000) << 16;
    }
    HEDDLE_INLINE U32 narrow(U32 f) {
        const U32 size = f & ~kSign, h = round_size<10, 15>(size);
        return size > kInfinity ? kNan16 : (h < kInfinityBits ? h : kInfinityBits) | ((f >> 16) & 0x8000);
    }
};
struct Brain {
    static constexpr U32 kOneBits = 0x3f80, kInfinityBits = 0x7f80;
    static constexpr bool kBrain = true;
    HEDDLE_INLINE U32 widen(U32 h) { return h << 16; }
    HEDDLE_INLINE U32 narrow(U32 f) { return is_nan(f) ? kNan16 : (f + 0x7fff + ((f >> 16) & 1)) >> 16; }
};

} // namespace heddle::emulator::HEDDLE_LANES
