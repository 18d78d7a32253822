// F2F and FRND on lanes.
//
// p[0]: sign flags; p[1]: rounding mode; p[2]: bits 0-2 format of the source, 3-5 of the result (1 FP16, 2 FP32, 3 FP64, 4 BF16), bit 6 FTZ;
// p[3]: 1: the high half of the source register is taken.
// Every source format is exact in FP64, from where one rounding leads to the result. NaN: canonical, but FP64 results
// keep the source's payload (assumed). FTZ flushes FP32 sources and results. 16-bit results clear the upper half (assumed: ptxas never
// relies on it).
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"
#include "frontend/emulator/lanes/soft_double.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;

enum FormatCode : U32 { F16 = 1, F32 = 2, F64 = 3, BF16 = 4 };

// The source, with its modifiers, as FP64.
HEDDLE_INLINE void load(Wide& w, Warp& warp, const MicroOp& op) {
    const Row* from = &warp.source(op.b);
    const U32 format = op.p[2] & 7, shift = op.p[3] & 1 ? 16 : 0;
    if (format == F64) {
        gather(w, from, keep_mask(op.p[0], 1), flip_mask(op.p[0], 1));
        return;
    }
    Row x;
    for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = from->lane[l];
    if (format == F16)
        for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = Half::widen(x.lane[l] >> shift & 0xffff);
    if (format == BF16)
        for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = Brain::widen(x.lane[l] >> shift & 0xffff);
    const U32 keep = keep_mask(op.p[0], 1), flip = flip_mask(op.p[0], 1);
    for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = (x.lane[l] & keep) ^ flip;
    if (op.p[2] & 64)
        for (unsigned l = 0; l < kLanes; ++l) x.lane[l] = flush(x.lane[l]);
    for (unsigned l = 0; l < kLanes; ++l) w.lane[l] = bits_of(double{as_float(x.lane[l])});
}

void store_result(Warp& warp, const MicroOp& op, const Wide& w, U32 mode) {
    const U32 format = op.p[2] >> 3 & 7;
    if (format == F64) {
        scatter(&warp.destination(op.d), w, warp.exec);
        return;
    }
    Row r;
    if (format == F32) {
        Wide in = w;
        asm volatile("" : "+m"(in));
        Rounding rounding(mode, r);
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = bits_of(static_cast<float>(as_double(in.lane[l])));
        rounding.end(r);
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = canonical(r.lane[l]);
        if (op.p[2] & 64)
            for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = flush(r.lane[l]);
    } else {
        const Format f = format == F16 ? kFp16 : kBf16;
        const U32 infinity = format == F16 ? Half::kInfinityBits : Brain::kInfinityBits;
        for (unsigned l = 0; l < kLanes; ++l) {
            const U64 x = w.lane[l];
            if (is_nan(x)) r.lane[l] = kNan16;
            else if ((x & ~kSign64) == kInfinity64) r.lane[l] = infinity | (x & kSign64 ? 0x8000U : 0U);
            else r.lane[l] = static_cast<U32>(round_double(f, x, mode));
        }
    }
    store(warp.destination(op.d), r, warp.exec);
}

void float_to_float(Warp& warp, const MicroOp& op) {
    Wide w;
    load(w, warp, op);
    store_result(warp, op, w, op.p[1]);
}

// Whole numbers: 0 nearest even, 1 floor, 2 ceil, 3 trunc.
template <U32 kMode> void round_to_whole(Warp& warp, const MicroOp& op) {
    Wide w;
    load(w, warp, op);
    for (unsigned l = 0; l < kLanes; ++l) {
        const double x = as_double(w.lane[l]);
        const double y = kMode == 0 ? __builtin_rint(x) : kMode == 1 ? __builtin_floor(x) : kMode == 2 ? __builtin_ceil(x) : __builtin_trunc(x);
        // The sign stays where the result is zero.
        const U64 whole = (bits_of(y) & ~kSign64) | (w.lane[l] & kSign64);
        w.lane[l] = is_nan(w.lane[l]) ? w.lane[l] | kQuiet64 : whole;
    }
    store_result(warp, op, w, 0);
}

} // namespace

Execute bind_float_convert(const sass::Instruction& i, MicroOp& op) {
    if (i.op != Op::F2F && i.op != Op::FRND) return nullptr;
    op.p[1] = i.field(Field::Round);
    op.p[2] = i.field(Field::SourceFormat) | std::uint32_t{i.field(Field::DestinationFormat)} << 3 | (i.flag(Field::FlushDenormals) ? 64U : 0U);
    op.p[3] = i.field(Field::SelectB);
    if (i.op == Op::F2F) return float_to_float;
    static constexpr Execute kModes[] = {round_to_whole<0>, round_to_whole<1>, round_to_whole<2>, round_to_whole<3>};
    return kModes[op.p[1]];
}

} // namespace heddle::emulator::HEDDLE_LANES
