// HADD2, HMUL2, HFMA2 on lanes: all are a fused multiply-add of halves, a * 1 + b and a * b - 0.
//
// p[0]: sign flags; p[1]: choices of halves, 4 bits each for A, B, C (0 both as they are, 2 low, 3 high, 4 low and minus high);
// p[2]: bits 0-1 flush (1 FTZ, 2 FMZ, 3 OOB), bit 2 saturate, bit 3 relu.
// FP16: the product is exact in FP32, the sum is rounded to odd there, then once to FP16. BF16 the same in FP64.
// OOB (documented): a result is +0 if A or B is the out-of-bounds NaN. Its value, 0x7ff7, was measured on sm_120 by others and is assumed here.
// RELU applies where the predicate is true (assumed). FMZ: see float_arithmetic.cpp.
// HADD2.F32: the sum of the low (chosen) halves in FP32. HFMA2.F32 is not executed.
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;

inline constexpr U32 kOutOfBounds = 0x7ff7;
enum Flush : U32 { None, Ftz, Fmz, Oob };

// The low and the high half a source gives to the two results.
struct Halves {
    Row low, high;
};
HEDDLE_INLINE void split(Halves& h, const Row& from, U32 flags, unsigned source, U32 select) {
    const U32 keep = keep_mask(flags, source, 0x80008000U), flip = flip_mask(flags, source, 0x80008000U) ^ (select == 4 ? kSign : 0U);
    const unsigned low_shift = select == 3 ? 16 : 0, high_shift = select == 2 ? 0 : 16;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 x = (from.lane[l] & keep) ^ flip;
        h.low.lane[l] = x >> low_shift & 0xffff;
        h.high.lane[l] = x >> high_shift & 0xffff;
    }
}

template <class Format> HEDDLE_INLINE U32 flush_half(U32 h) { return (h & Format::kInfinityBits) == 0 ? h & 0x8000 : h; }

HEDDLE_INLINE U32 odd_sum(float product, float c) { // as odd_multiply_add, in FP32
    const float sum = product + c, part = sum - product;
    const float error = (product - (sum - part)) + (c - part);
    const U32 bits = bits_of(sum);
    const bool up = (error > 0) == (sum > 0), inexact = error > 0 || error < 0;
    return bits + (inexact && !(bits & 1) ? (up ? 1U : ~0U) : 0U);
}

template <class Format> HEDDLE_INLINE U32 multiply_add(U32 a, U32 b, U32 c) {
    const float x = as_float(Format::widen(a)), y = as_float(Format::widen(b)), z = as_float(Format::widen(c));
    if constexpr (Format::kBrain) return Format::narrow(odd_float(odd_multiply_add(x, y, z)));
    else return Format::narrow(odd_sum(x * y, z));
}

template <class Format> HEDDLE_INLINE void multiply_add_row(Row& r, const Row& a, const Row& b, const Row& c) {
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = multiply_add<Format>(a.lane[l], b.lane[l], c.lane[l]);
}

// One of the two results, with every option. A loop per option, so that each becomes vector code.
template <class Format> HEDDLE_INLINE void one_half(Row& r, const Row& a, const Row& b, const Row& c, U32 options, const Row& relu) {
    const U32 mode = options & 3;
    Row x = a, y = b, z = c, zero;
    if (mode != None)
        for (unsigned l = 0; l < kLanes; ++l) {
            x.lane[l] = flush_half<Format>(x.lane[l]);
            y.lane[l] = flush_half<Format>(y.lane[l]);
            z.lane[l] = flush_half<Format>(z.lane[l]);
        }
    if (mode == Fmz)
        for (unsigned l = 0; l < kLanes; ++l) {
            zero.lane[l] = (x.lane[l] & 0x7fff) == 0 || (y.lane[l] & 0x7fff) == 0 ? 0U : ~0U;
            x.lane[l] &= zero.lane[l];
            y.lane[l] &= zero.lane[l];
        }
    multiply_add_row<Format>(r, x, y, z);
    if (mode != None)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = flush_half<Format>(r.lane[l]);
    if (options & 4)
        for (unsigned l = 0; l < kLanes; ++l) {
            const U32 v = r.lane[l], positive = v >= kNan16 ? 0U : v; // negative ones are above NaN
            r.lane[l] = positive > Format::kOneBits ? Format::kOneBits : positive;
        }
    if (options & 8)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = r.lane[l] & 0x8000 ? r.lane[l] & ~relu.lane[l] : r.lane[l];
    if (mode == Oob)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = a.lane[l] == kOutOfBounds || b.lane[l] == kOutOfBounds ? 0U : r.lane[l];
}

template <class Format, bool kPlain> HEDDLE_INLINE void finish(Warp& warp, const MicroOp& op, const Halves& a, const Halves& b, const Halves& c) {
    Row low, high;
    if constexpr (kPlain) {
        multiply_add_row<Format>(low, a.low, b.low, c.low);
        multiply_add_row<Format>(high, a.high, b.high, c.high);
    } else {
        Row relu;
        spread(relu, warp.predicate(op.pa));
        one_half<Format>(low, a.low, b.low, c.low, op.p[2], relu);
        one_half<Format>(high, a.high, b.high, c.high, op.p[2], relu);
    }
    for (unsigned l = 0; l < kLanes; ++l) low.lane[l] |= high.lane[l] << 16;
    store(warp.destination(op.d), low, warp.exec);
}

enum Kind { Add, Multiply, Fused };

template <class Format, Kind kKind, bool kPlain> void arithmetic(Warp& warp, const MicroOp& op) {
    Halves a, b, c;
    split(a, warp.source(op.a), op.p[0], 0, op.p[1] & 15);
    split(b, warp.source(op.b), op.p[0], 1, op.p[1] >> 4 & 15);
    if constexpr (kKind == Fused) {
        split(c, warp.source(op.c), op.p[0], 2, op.p[1] >> 8 & 15);
        finish<Format, kPlain>(warp, op, a, b, c);
    } else {
        constexpr U32 kConstant = kKind == Add ? Format::kOneBits : 0x8000U;
        for (unsigned l = 0; l < kLanes; ++l) c.low.lane[l] = c.high.lane[l] = kConstant;
        if constexpr (kKind == Add) finish<Format, kPlain>(warp, op, a, c, b);
        else finish<Format, kPlain>(warp, op, a, b, c);
    }
}

template <class Format, bool kPlain> void add_single(Warp& warp, const MicroOp& op) {
    const Row &a = warp.source(op.a), &b = warp.source(op.b);
    const U32 keep_a = keep_mask(op.p[0], 0, 0x80008000U), flip_a = flip_mask(op.p[0], 0, 0x80008000U);
    const U32 keep_b = keep_mask(op.p[0], 1, 0x80008000U), flip_b = flip_mask(op.p[0], 1, 0x80008000U);
    const unsigned shift_a = (op.p[1] & 15) == 3 ? 16 : 0, shift_b = (op.p[1] >> 4 & 15) == 3 ? 16 : 0;
    Row x, y, r;
    for (unsigned l = 0; l < kLanes; ++l) {
        x.lane[l] = ((a.lane[l] & keep_a) ^ flip_a) >> shift_a & 0xffff;
        y.lane[l] = ((b.lane[l] & keep_b) ^ flip_b) >> shift_b & 0xffff;
    }
    if (!kPlain && op.p[2] & 3)
        for (unsigned l = 0; l < kLanes; ++l) {
            x.lane[l] = flush_half<Format>(x.lane[l]);
            y.lane[l] = flush_half<Format>(y.lane[l]);
        }
    for (unsigned l = 0; l < kLanes; ++l)
        r.lane[l] = canonical(bits_of(as_float(Format::widen(x.lane[l])) + as_float(Format::widen(y.lane[l]))));
    if (!kPlain && op.p[2] & 3)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = flush(r.lane[l]);
    if (!kPlain && op.p[2] & 4)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = saturate(r.lane[l]);
    store(warp.destination(op.d), r, warp.exec);
}

template <class Format> Execute pick(const sass::Instruction& i, const MicroOp& op) {
    const bool plain = op.p[2] == 0;
    switch (i.op) {
    case Op::HADD2:
        if (i.flag(Field::M3)) return plain ? add_single<Format, true> : add_single<Format, false>;
        return plain ? arithmetic<Format, Add, true> : arithmetic<Format, Add, false>;
    case Op::HMUL2: return plain ? arithmetic<Format, Multiply, true> : arithmetic<Format, Multiply, false>;
    default: return plain ? arithmetic<Format, Fused, true> : arithmetic<Format, Fused, false>;
    }
}

} // namespace

Execute bind_float_half(const sass::Instruction& i, MicroOp& op) {
    if (i.op != Op::HADD2 && i.op != Op::HMUL2 && i.op != Op::HFMA2) return nullptr;
    if (i.op == Op::HFMA2 && i.flag(Field::M3)) return nullptr;
    op.p[1] = i.field(Field::SelectA) | std::uint32_t{i.field(Field::SelectB)} << 4 | std::uint32_t{i.field(Field::SelectC)} << 8;
    op.p[2] = i.field(Field::FlushDenormals) | (i.flag(Field::Saturate) ? 4U : 0U) | (i.flag(Field::Relu) ? 8U : 0U);
    return i.field(Field::HalfFormat) != 0 ? pick<Brain>(i, op) : pick<Half>(i, op);
}

} // namespace heddle::emulator::HEDDLE_LANES
