// MUFU on lanes: reciprocal, square roots, exponential, logarithm, sine and cosine of turns, hyperbolic tangent.
//
// What hardware this is: a unit that interpolates in tables. The tables are not public, so what is computed here is the correctly
// rounded result (from FP64 polynomials of this file: the same on every host), which lies within all documented error bounds (PTX ISA 9.0: 1 ulp of
// rcp, 2^-22.9 of rsqrt, 2 ulp of ex2, 2^-22.6 of lg2, 2^-20.5 absolute of sin and cos, 2^-11 of tanh). Exact: whatever is exact, such as powers of two.
// Documented by ptxas' use of it: sources and results that are denormal are flushed in FP32 (TANH: kept), the argument
// of SIN and COS is in turns. RCP64H and RSQ64H take and give the high half of a double, the low half of the source being zero. The result
// is that of FP32 precision, cut to the high half: with that, and not with rounding or cutting
// the exact result, hpc/black_scholes in double agrees with an H200 in every bit at sizes tiny and small. FP16 keeps denormals, EX2.BF16 flushes them.
// Of an H200's results of EX2 for 256 arguments in -120 ... 120 (FP32), 52 % are the rounded ones, 28 % lie 1 ulp below them, 20 % above, 1 % 2 ulp below.
// p[0]: sign flags; p[1]: bit 0 high half of the source register (.H1).
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"
#include "frontend/sass/table.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;

enum Function { Cos, Sin, Ex2, Lg2, Rcp, Rsq, Rcp64h, Rsq64h, Sqrt, Tanh, kFunctions };

inline constexpr double kShift = 6755399441055744.0; // 1.5 * 2^52: adding it leaves an integer in the low bits
inline constexpr double kQuietNan = __builtin_nan("");
inline constexpr double kInf = __builtin_inf();

template <unsigned kCount> HEDDLE_INLINE double polynomial(const double (&c)[kCount], double x) {
    double sum = c[kCount - 1];
    for (unsigned k = kCount - 1; k > 0; --k) sum = sum * x + c[k - 1];
    return sum;
}
// x * 2^n for a whole n, |n| < 1000.
HEDDLE_INLINE double scale(double n) { return as_double((bits_of(n + kShift) << 52) + 0x3ff0000000000000ULL); }

// Taylor series of 2^f, |f| <= 1/2.
inline constexpr double kExp2[] = {0x1.0000000000000p+0,  0x1.62e42fefa39efp-1,  0x1.ebfbdff82c58fp-3,  0x1.c6b08d704a0c0p-5,  0x1.3b2ab6fba4e77p-7,
                                   0x1.5d87fe78a6731p-10, 0x1.430912f86c787p-13, 0x1.ffcbfc588b0c7p-17, 0x1.62c0223a5c824p-20, 0x1.b5253d395e7c4p-24,
                                   0x1.e4cf5158b8ecap-28, 0x1.e8cac7351bb25p-32, 0x1.c3bd650fc2986p-36, 0x1.816193166d0f9p-40};
// 2 / ln 2 * atanh(s) = s * (...) in s^2.
inline constexpr double kLog2[] = {0x1.71547652b82fep+1, 0x1.ec709dc3a03fdp-1, 0x1.2776c50ef9bfep-1, 0x1.a61762a7aded9p-2, 0x1.484b13d7c02a9p-2, 0x1.0c9a84994022dp-2,
                                   0x1.c68f568d31760p-3, 0x1.89f3b1694cffep-3, 0x1.5b9ac9b743f0dp-3, 0x1.3703c1f4d0ffep-3, 0x1.1964ec6fc9491p-3, 0x1.00ecd7e080215p-3};
// sin(2 pi t) = t * (...), cos(2 pi t) in t^2, |t| <= 1/8.
inline constexpr double kSine[] = {0x1.921fb54442d18p+2, -0x1.4abbce625be53p+5, 0x1.466bc6775aae2p+6, -0x1.32d2cce62bd86p+6, 0x1.50783487ee782p+5,
                                   -0x1.e3074fde8871fp+3, 0x1.e8f434d018d63p+1, -0x1.6fadb9f155744p-1, 0x1.aaec32af93359p-4};
inline constexpr double kCosine[] = {0x1.0000000000000p+0, -0x1.3bd3cc9be45dep+4, 0x1.03c1f081b5ac4p+6, -0x1.55d3c7e3cbffap+6, 0x1.e1f506891babbp+5,
                                     -0x1.a6d1f2a204a8cp+4, 0x1.f9d38a3763cc3p+2, -0x1.b6e24f44b128fp+0, 0x1.20c62c2f2d7f5p-2};
// (e^f - 1) / f, |f| <= ln 2 / 2.
inline constexpr double kExpm1[] = {0x1.0000000000000p+0,  0x1.0000000000000p-1,  0x1.5555555555555p-3,  0x1.5555555555555p-5,  0x1.1111111111111p-7,
                                    0x1.6c16c16c16c17p-10, 0x1.a01a01a01a01ap-13, 0x1.a01a01a01a01ap-16, 0x1.71de3a556c734p-19, 0x1.27e4fb7789f5cp-22,
                                    0x1.ae64567f544e4p-26, 0x1.1eed8eff8d898p-29, 0x1.6124613a86d09p-33, 0x1.93974a8c07c9dp-37};

HEDDLE_INLINE double exp2_of(double x) {
    double y = x < -300 ? -300 : x;
    y = y > 300 ? 300 : y;
    const double n = (y + kShift) - kShift;
    const double result = polynomial(kExp2, y - n) * scale(n);
    return is_nan(bits_of(x)) ? kQuietNan : result;
}

HEDDLE_INLINE double log2_of(double x) {
    const U64 bits = bits_of(x);
    double m = as_double((bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
    double e = as_double(0x4338000000000000ULL + (bits >> 52 & 0x7ff)) - (kShift + 1023);
    const bool high = m > 0x1.6a09e667f3bcdp+0;
    m = high ? m * 0.5 : m;
    e = high ? e + 1 : e;
    const double s = (m - 1) / (m + 1);
    double result = e + s * polynomial(kLog2, s * s);
    result = x == kInf ? kInf : result;
    result = (bits << 1) == 0 ? -kInf : result;
    return is_nan(bits) || ((bits & kSign64) && (bits << 1) != 0) ? kQuietNan : result;
}

// sin(2 pi x), or with `quarter` 1 cos(2 pi x).
HEDDLE_INLINE double sine_of_turns(double x, U64 quarter) {
    const double r = x - __builtin_rint(x);            // exact, in -1/2 ... 1/2
    const double q = (4 * r + kShift) - kShift;         // nearest quarter
    const double t = r - 0.25 * q;                      // exact, in -1/8 ... 1/8
    const U64 n = bits_of(q + kShift) + quarter;
    const double sine = t * polynomial(kSine, t * t), cosine = polynomial(kCosine, t * t);
    const U64 value = bits_of(n & 1 ? cosine : sine);
    const double result = as_double((value << 1) == 0 ? 0 : value ^ (n & 2) << 62);
    return quarter == 0 && (bits_of(x) << 1) == 0 ? x : result; // sin(-0) = -0; other zeros are +0 (assumed); infinities became NaN
}

HEDDLE_INLINE double tanh_of(double x) {
    const U64 sign = bits_of(x) & kSign64;
    double y = 2 * as_double(bits_of(x) & ~kSign64);
    y = y > 80 ? 80 : y;
    const double n = (y * 0x1.71547652b82fep+0 + kShift) - kShift;
    const double f = (y - n * 0x1.62e42fefa0000p-1) - n * 0x1.cf79abc9e3b3ap-40;
    const double power = scale(n), e = power * (f * polynomial(kExpm1, f)) + (power - 1);
    const double result = e / (e + 2);
    return is_nan(bits_of(x)) ? kQuietNan : as_double(bits_of(result) | sign);
}

template <Function kFunction> HEDDLE_INLINE double evaluate(double x) {
    if constexpr (kFunction == Cos) return sine_of_turns(x, 1);
    else if constexpr (kFunction == Sin) return sine_of_turns(x, 0);
    else if constexpr (kFunction == Ex2) return exp2_of(x);
    else if constexpr (kFunction == Lg2) return log2_of(x);
    else if constexpr (kFunction == Rcp) return 1 / x;
    else if constexpr (kFunction == Rsq) return 1 / __builtin_sqrt(x);
    else if constexpr (kFunction == Sqrt) return __builtin_sqrt(x);
    else return tanh_of(x);
}

template <Function kFunction> void single(Warp& warp, const MicroOp& op) {
    const Row& from = warp.source(op.b);
    const U32 keep = keep_mask(op.p[0], 1), flip = flip_mask(op.p[0], 1);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) {
        U32 x = (from.lane[l] & keep) ^ flip;
        if constexpr (kFunction != Tanh) x = flush(x);
        U32 v = canonical(bits_of(static_cast<float>(evaluate<kFunction>(double{as_float(x)}))));
        if constexpr (kFunction == Rcp || kFunction == Ex2) v = flush(v);
        r.lane[l] = v;
    }
    store(warp.destination(op.d), r, warp.exec);
}

template <Function kFunction, class Format> void half(Warp& warp, const MicroOp& op) {
    const Row& from = warp.source(op.b);
    const U32 keep = keep_mask(op.p[0], 1), flip = flip_mask(op.p[0], 1);
    const unsigned shift = op.p[1] ? 16 : 0;
    constexpr bool kFlushes = Format::kBrain && kFunction != Tanh;
    Row x, r;
    Wide y;
    for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = (Format::widen(from.lane[l] >> shift & 0xffff) & keep) ^ flip;
    if constexpr (kFlushes)
        for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = flush(x.lane[l]);
    for (unsigned l = 0; l < kLanes; ++l) y.lane[l] = bits_of(evaluate<kFunction>(double{as_float(x.lane[l])}));
    for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = odd_float(as_double(y.lane[l]));
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = Format::narrow(x.lane[l]);
    if constexpr (kFlushes)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = (r.lane[l] & Format::kInfinityBits) == 0 ? r.lane[l] & 0x8000 : r.lane[l];
    store(warp.destination(op.d), r, warp.exec);
}

template <bool kRoot> void high_half(Warp& warp, const MicroOp& op) {
    const Row& from = warp.source(op.b);
    const U32 keep = keep_mask(op.p[0], 1), flip = flip_mask(op.p[0], 1);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) {
        U32 high = (from.lane[l] & keep) ^ flip;
        high = (high & 0x7ff00000U) == 0 ? high & kSign : high;
        const double x = as_double(U64{high} << 32), y = kRoot ? 1 / __builtin_sqrt(x) : 1 / x;
        const U64 bits = bits_of(y);
        const U32 rounded = static_cast<U32>(((bits + (1U << 28)) >> 29 << 29) >> 32); // to 24 bits, then cut
        const U32 v = (rounded & 0x7ff00000U) == 0 ? rounded & kSign : rounded;
        r.lane[l] = is_nan(bits) ? kNan : v;
    }
    store(warp.destination(op.d), r, warp.exec);
}

template <Function kFunction> constexpr Execute choose(U32 format) {
    return format == 0 ? single<kFunction> : format == 1 ? half<kFunction, Half> : half<kFunction, Brain>;
}

} // namespace

Execute bind_float_mufu(const sass::Instruction& i, MicroOp& op) {
    if (i.op != Op::MUFU) return nullptr;
    op.p[1] = i.field(Field::SelectB);
    // The format's number depends on the architecture; the row spells it.
    const U32 raw = i.field(Field::HalfFormat);
    const U32 format = raw == 0 ? 0 : raw == 2 && i.row->first_architecture >= 90 ? 2 : 1;
    switch (i.field(Field::Function)) {
    case Cos: return choose<Cos>(format);
    case Sin: return choose<Sin>(format);
    case Ex2: return choose<Ex2>(format);
    case Lg2: return choose<Lg2>(format);
    case Rcp: return choose<Rcp>(format);
    case Rsq: return choose<Rsq>(format);
    case Rcp64h: return high_half<false>;
    case Rsq64h: return high_half<true>;
    case Sqrt: return choose<Sqrt>(format);
    case Tanh: return choose<Tanh>(format);
    default: return nullptr;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
