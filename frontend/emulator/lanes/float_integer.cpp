// F2I, I2F, I2FP, F2IP on lanes.
//
// Formats of floats: 1 FP16, 2 FP32, 3 FP64, 4 BF16; sizes of integers: 0 8 bits, 1 16, 2 32, 3 64. p[0]: sign flags;
// p[1]: rounding mode; p[2]: bits 0-2 format or size of the source, 3-5 of the result, bit 6 FTZ, bit 7 the integer is signed, bit 8 NTZ;
// p[3]: which byte or half of the source is taken.
// Documented: results are clamped to the range of the integer type; NaN gives zero with NTZ, else the highest bit alone
// (0x80000000 or 0x8000000000000000). Results of 8 and 16 bits are extended to 32 (assumed; ptxas extends them again).
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"
#include "frontend/emulator/lanes/soft_double.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;

enum FormatCode : U32 { F16 = 1, F32 = 2, F64 = 3, BF16 = 4 };

template <U32 kMode> HEDDLE_INLINE double whole(double x) {
    return kMode == 0 ? __builtin_rint(x) : kMode == 1 ? __builtin_floor(x) : kMode == 2 ? __builtin_ceil(x) : __builtin_trunc(x);
}

// Source B as whole FP64 numbers, and where it is NaN.
template <U32 kMode> HEDDLE_INLINE void load_whole(Wide& w, Row& nan, Warp& warp, const MicroOp& op) {
    const Row* from = &warp.source(op.b);
    const U32 format = op.p[2] & 7, shift = op.p[3] & 1 ? 16 : 0;
    const U32 keep = keep_mask(op.p[0], 1), flip = flip_mask(op.p[0], 1);
    if (format == F64) {
        gather(w, from, keep, flip);
    } else {
        Row x;
        for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = from->lane[l];
        if (format == F16)
            for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = Half::widen(x.lane[l] >> shift & 0xffff);
        if (format == BF16)
            for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = Brain::widen(x.lane[l] >> shift & 0xffff);
        for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = (x.lane[l] & keep) ^ flip;
        if (op.p[2] & 64)
            for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = flush(x.lane[l]);
        for (unsigned l = 0; l < kLanes; ++l) w.lane[l] = bits_of(double{as_float(x.lane[l])});
    }
    for (unsigned l = 0; l < kLanes; ++l) {
        nan.lane[l] = is_nan(w.lane[l]) ? ~0U : 0U;
        w.lane[l] = is_nan(w.lane[l]) ? 0 : bits_of(whole<kMode>(as_double(w.lane[l])));
    }
}

template <U32 kMode> void float_to_integer(Warp& warp, const MicroOp& op) {
    Wide w;
    Row nan, r;
    load_whole<kMode>(w, nan, warp, op);
    const bool is_signed = op.p[2] & 128;
    const unsigned width = 8U << (op.p[2] >> 3 & 3);
    const U32 nan_value = op.p[2] & 256 ? 0U : 1U << (width - 1);
    const double low = is_signed ? -static_cast<double>(1ULL << (width - 1)) : 0.0;
    const double high = static_cast<double>((1ULL << (is_signed ? width - 1 : width)) - 1);
    for (unsigned l = 0; l < kLanes; ++l) {
        double x = as_double(w.lane[l]);
        x = x < low ? low : x;
        x = x > high ? high : x;
        // |x| < 2^32: adding 1.5 * 2^52 leaves the integer in the low bits.
        const U32 value = static_cast<U32>(bits_of(x + 6755399441055744.0));
        r.lane[l] = nan.lane[l] ? nan_value : value;
    }
    store(warp.destination(op.d), r, warp.exec);
}

template <U32 kMode> void float_to_wide_integer(Warp& warp, const MicroOp& op) {
    Wide w;
    Row nan;
    load_whole<kMode>(w, nan, warp, op);
    const bool is_signed = op.p[2] & 128;
    for (unsigned l = 0; l < kLanes; ++l) {
        const double x = as_double(w.lane[l]);
        U64 value = 0;
        if (nan.lane[l]) value = op.p[2] & 256 ? 0 : kSign64;
        else if (is_signed) value = x >= 0x1p63 ? ~kSign64 : x <= -0x1p63 ? kSign64 : static_cast<U64>(static_cast<S64>(x));
        else value = x >= 0x1p64 ? ~0ULL : x <= 0 ? 0 : x >= 0x1p63 ? static_cast<U64>(static_cast<S64>(x - 0x1p63)) + kSign64 : static_cast<U64>(static_cast<S64>(x));
        w.lane[l] = value;
    }
    scatter(&warp.destination(op.d), w, warp.exec);
}

// Source B as a 64-bit integer, extended.
HEDDLE_INLINE void load_integer(Wide& w, Warp& warp, const MicroOp& op) {
    const Row* from = &warp.source(op.b);
    const U32 size = op.p[2] & 3;
    const bool is_signed = op.p[2] & 128;
    if (size == 3) {
        gather(w, from);
        return;
    }
    const unsigned width = 8U << size, right = 32 - width, left = right - (size == 0 ? 8 : 16) * op.p[3] % 32;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 top = from->lane[l] << left;
        w.lane[l] = is_signed ? static_cast<U64>(S64{static_cast<S32>(top) >> right}) : U64{top >> right};
    }
}

void integer_to_float(Warp& warp, const MicroOp& op) {
    Wide w;
    load_integer(w, warp, op);
    const bool is_signed = op.p[2] & 128;
    const U32 format = op.p[2] >> 3 & 7, mode = op.p[1];
    const Format f = format == F16 ? kFp16 : format == F32 ? kFp32 : format == F64 ? kFp64 : kBf16;
    for (unsigned l = 0; l < kLanes; ++l) {
        const bool negative = is_signed && static_cast<S64>(w.lane[l]) < 0;
        w.lane[l] = round_to(f, negative, negative ? 0 - w.lane[l] : w.lane[l], 0, false, mode);
    }
    if (format == F64) {
        scatter(&warp.destination(op.d), w, warp.exec);
        return;
    }
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = static_cast<U32>(w.lane[l]);
    store(warp.destination(op.d), r, warp.exec);
}

// 32 bits and less to FP32 or FP64, the common case: exact in FP64, then one rounding.
void small_integer_to_float(Warp& warp, const MicroOp& op) {
    Wide w;
    load_integer(w, warp, op);
    for (unsigned l = 0; l < kLanes; ++l) // 2^52 + 2^51 + the integer is exact, for any in -2^31 ... 2^32 - 1
        w.lane[l] = bits_of(as_double(0x4338000000000000ULL + w.lane[l]) - 6755399441055744.0);
    if ((op.p[2] >> 3 & 7) == F64) {
        scatter(&warp.destination(op.d), w, warp.exec);
        return;
    }
    Row r;
    asm volatile("" : "+m"(w));
    Rounding rounding(op.p[1], r);
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = bits_of(static_cast<float>(as_double(w.lane[l])));
    rounding.end(r);
    store(warp.destination(op.d), r, warp.exec);
}

// Two FP32 to two 8-bit integers below the low half of C. p[2]: bit 7 signed, bit 8 NTZ, bit 9 RELU.
template <U32 kMode> void pack_integers(Warp& warp, const MicroOp& op) {
    const Row &a = warp.source(op.a), &b = warp.source(op.b), &c = warp.source(op.c);
    const bool is_signed = op.p[2] & 128;
    const double low = is_signed && !(op.p[2] & 512) ? -128 : 0, high = is_signed ? 127 : 255;
    const U32 nan_value = op.p[2] & 256 ? 0 : 0x80;
    Row r;
    const auto convert = [&](U32 bits) {
        double x = whole<kMode>(double{as_float(is_nan(bits) ? 0 : bits)});
        x = x < low ? low : x;
        x = x > high ? high : x;
        const U32 value = static_cast<U32>(bits_of(x + 6755399441055744.0)) & 0xff;
        return is_nan(bits) ? nan_value : value;
    };
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = c.lane[l] << 16 | convert(a.lane[l]) << 8 | convert(b.lane[l]);
    store(warp.destination(op.d), r, warp.exec);
}

template <U32 kMode> Execute pick_to_integer(const sass::Instruction& i) {
    if (i.op == Op::F2IP) return pack_integers<kMode>;
    return i.field(Field::DestinationFormat) == 3 ? float_to_wide_integer<kMode> : float_to_integer<kMode>;
}

} // namespace

Execute bind_float_integer(const sass::Instruction& i, MicroOp& op) {
    if (i.op != Op::F2I && i.op != Op::I2F && i.op != Op::I2FP && i.op != Op::F2IP) return nullptr;
    op.p[1] = i.field(Field::Round);
    op.p[2] = std::uint32_t{i.field(Field::SourceFormat)} | std::uint32_t{i.field(Field::DestinationFormat)} << 3 |
              (i.flag(Field::FlushDenormals) ? 64U : 0U) | (i.flag(Field::Signed) ? 128U : 0U);
    op.p[3] = i.field(Field::SelectB);
    if (i.op == Op::F2I || i.op == Op::F2IP) {
        op.p[2] |= (i.flag(Field::M1) ? 256U : 0U) | (i.flag(Field::Relu) ? 512U : 0U);
        switch (op.p[1]) {
        case 0: return pick_to_integer<0>(i);
        case 1: return pick_to_integer<1>(i);
        case 2: return pick_to_integer<2>(i);
        default: return pick_to_integer<3>(i);
        }
    }
    if (i.op == Op::I2FP) op.p[2] = 2 | 2 << 3 | (i.field(Field::SourceFormat) & 4 ? 128U : 0U);
    const U32 size = op.p[2] & 3, format = op.p[2] >> 3 & 7;
    return size < 3 && (format == F32 || format == F64) ? small_integer_to_float : integer_to_float;
}

} // namespace heddle::emulator::HEDDLE_LANES
