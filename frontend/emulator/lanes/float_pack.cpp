// F2FP on lanes.
//
// p[1]: rounding mode; p[2]: bits 0-2 format of the result, 3-4 of the source, 5-7 how results are packed (float_pack_rows.cpp);
// p[3]: bit 0 RELU, bit 1 SATFINITE, bit 2 high half of C, bit 3 high half of B.
// Documented (PTX cvt): SATFINITE clamps what is larger, infinities too, to the largest finite number; NaN stays NaN: 0x7fff in FP16 and
// BF16, 0x7f in E4M3 (which has no infinity) and E5M2, 0x7fffffff in TF32; RELU clamps below at zero. Without SATFINITE E4M3 overflows to NaN.
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"
#include "frontend/emulator/lanes/soft_double.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;

enum Result : U32 { F16 = 0, BF16 = 1, TF32 = 3, E5M2 = 4, E4M3 = 5 };
enum Mode : U32 { PackAb, MergeC, UnpackB, PackB, UnpackBMergeC, PackAbMergeC };

// One FP32 to the format, any options; the slow way.
U32 convert(U32 x, U32 format, U32 mode, U32 options) {
    const bool relu = options & 1, finite = options & 2;
    const U32 nan = format == TF32 ? kNan : format >= E5M2 ? 0x7fU : kNan16;
    if (is_nan(x)) return nan;
    if (relu && (x & kSign)) return 0;
    const bool negative = x & kSign;
    const U64 wide = bits_of(double{as_float(x)});
    const bool infinite = (x & ~kSign) == kInfinity;
    // Directed modes act on the magnitude.
    const U32 magnitude_mode = negative && (mode == 1 || mode == 2) ? 3 - mode : mode;
    if (format == E4M3) { // its bits are those of a format with bias 15, of the number scaled by 2^-8; cut at 448
        U32 bits = infinite ? 0xffU : static_cast<U32>(round_double({3, 5}, bits_of(as_double(wide & ~kSign64) * 0x1p-8), magnitude_mode));
        if (bits > 0x7e) bits = finite ? 0x7e : 0x7f;
        return bits | (negative ? 0x80U : 0U);
    }
    const Format f = format == F16 ? kFp16 : format == BF16 ? kBf16 : format == TF32 ? kTf32 : kE5m2;
    const U32 width = f.fraction + f.exponent, infinity = ((1U << f.exponent) - 1) << f.fraction;
    U32 bits = infinite ? infinity : static_cast<U32>(round_double(f, wide & ~kSign64, magnitude_mode));
    if (finite && bits >= infinity) bits = infinity - 1;
    bits |= negative ? 1U << width : 0U;
    return format == TF32 ? bits << 13 : bits;
}

// The same for a row, nearest even.
template <U32 kFormat> HEDDLE_INLINE void convert_nearest(Row& r, const Row& from, U32 options) {
    constexpr U32 kNanBits = kFormat == TF32 ? kNan : kFormat >= E5M2 ? 0x7fU : kNan16;
    constexpr U32 kLargest = kFormat == F16 ? 0x7bff : kFormat == BF16 ? 0x7f7f : kFormat == TF32 ? 0x3fbff : kFormat == E5M2 ? 0x7b : 0x7e;
    constexpr unsigned kSignShift = kFormat == TF32 ? 13 : kFormat >= E5M2 ? 24 : 16; // of the float's sign to the format's
    const U32 limit = options & 2 ? kLargest : kLargest + 1, relu = options & 1 ? kSign : 0U;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 x = from.lane[l], size = x & ~kSign;
        U32 v = 0;
        if constexpr (kFormat == F16) v = round_size<10, 15>(size);
        else if constexpr (kFormat == E5M2) v = round_size<2, 15>(size);
        else if constexpr (kFormat == E4M3) v = round_size<3, 7>(size);
        else if constexpr (kFormat == BF16) v = (size + 0x7fff + ((size >> 16) & 1)) >> 16;
        else v = (size + 0xfff + ((size >> 13) & 1)) >> 13;
        v = v < limit ? v : limit;
        v = (x & relu) != 0 ? 0 : v | (x & kSign) >> kSignShift;
        r.lane[l] = size > kInfinity ? kNanBits : kFormat == TF32 ? v << 13 : v;
    }
}

HEDDLE_INLINE void convert_row(Row& r, const Row& from, const MicroOp& op) {
    const U32 format = op.p[2] & 7, options = op.p[3];
    if (op.p[1] != 0) {
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = convert(from.lane[l], format, op.p[1], options);
        return;
    }
    switch (format) {
    case F16: return convert_nearest<F16>(r, from, options);
    case BF16: return convert_nearest<BF16>(r, from, options);
    case TF32: return convert_nearest<TF32>(r, from, options);
    case E5M2: return convert_nearest<E5M2>(r, from, options);
    default: return convert_nearest<E4M3>(r, from, options);
    }
}

// FP16 and BF16, nearest even, without options: the common case.
template <class Format> void pack_nearest(Warp& warp, const MicroOp& op) {
    const Row &a = warp.source(op.a), &b = warp.source(op.b);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = Format::narrow(a.lane[l]) << 16 | Format::narrow(b.lane[l]);
    store(warp.destination(op.d), r, warp.exec);
}

void pack(Warp& warp, const MicroOp& op) {
    const U32 mode = op.p[2] >> 5, width = (op.p[2] & 7) >= E5M2 ? 8 : 16;
    Row r, high;
    convert_row(r, warp.source(op.b), op);
    if (mode == PackAb || mode == PackAbMergeC) {
        convert_row(high, warp.source(op.a), op);
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] |= high.lane[l] << width;
    }
    if (mode == MergeC || mode == PackAbMergeC) {
        const Row& c = warp.source(op.c);
        const unsigned shift = op.p[3] & 4 ? 16 : 0;
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] |= c.lane[l] >> shift << 16;
    }
    store(warp.destination(op.d), r, warp.exec);
}

void narrow_halves(Warp& warp, const MicroOp& op) { // FP16 pair to FP8 pair, below C
    const Row &b = warp.source(op.b), &c = warp.source(op.c);
    Row low, high;
    for (unsigned l = 0; l < kLanes; ++l) {
        low.lane[l] = Half::widen(b.lane[l] & 0xffff);
        high.lane[l] = Half::widen(b.lane[l] >> 16);
    }
    convert_row(low, low, op);
    convert_row(high, high, op);
    for (unsigned l = 0; l < kLanes; ++l) low.lane[l] |= high.lane[l] << 8 | c.lane[l] << 16;
    store(warp.destination(op.d), low, warp.exec);
}

// One FP8 to FP16; exact.
HEDDLE_INLINE U32 widen_small(U32 x, bool e5m2, bool relu) {
    const U32 size = x & 0x7f, sign = x & 0x80;
    // E4M3 has its bits where a float has them, but for the bias: 127 - 7.
    const U32 single = bits_of(as_float(size << 20) * 0x1p120f);
    U32 h = e5m2 ? size << 8 : size == 0 ? 0 : (single - 0x38000000) >> 13;
    h = relu && sign ? 0 : h | sign << 8;
    return size > (e5m2 ? 0x7cU : 0x7eU) ? kNan16 : h;
}

void widen_pair(Warp& warp, const MicroOp& op) {
    const Row& b = warp.source(op.b);
    const unsigned shift = op.p[3] & 8 ? 16 : 0;
    const bool e5m2 = (op.p[2] >> 3 & 3) == 2, relu = op.p[3] & 1;
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 x = b.lane[l] >> shift;
        r.lane[l] = widen_small(x & 0xff, e5m2, relu) | widen_small(x >> 8 & 0xff, e5m2, relu) << 16;
    }
    store(warp.destination(op.d), r, warp.exec);
}

} // namespace

Execute bind_float_pack(const sass::Instruction& i, MicroOp& op) {
    if (i.op != Op::F2FP) return nullptr;
    const U32 result = i.field(Field::DestinationFormat), source = i.field(Field::SourceFormat), mode = i.field(Field::Mode);
    op.p[1] = i.field(Field::Round);
    op.p[2] = result | source << 3 | mode << 5;
    op.p[3] = (i.flag(Field::Relu) ? 1U : 0U) | (i.flag(Field::Saturate) ? 2U : 0U) | (i.flag(Field::M0) ? 4U : 0U) | (i.flag(Field::SelectB) ? 8U : 0U);
    switch (mode) {
    case UnpackB: return result == F16 ? widen_pair : nullptr;
    case UnpackBMergeC: return narrow_halves;
    case PackAb:
        if (op.p[1] == 0 && op.p[3] == 0) return result == BF16 ? pack_nearest<Brain> : pack_nearest<Half>;
        return pack;
    default: return pack;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
