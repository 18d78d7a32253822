// FADD, FMUL, FFMA, FSWZADD on lanes.
//
// p[0]: sign flags; p[1]: rounding mode; p[2]: flush (0 none, 1 FTZ, 2 FMZ); p[3]: bit 0 saturate, bits 1-3 scale of FMUL.
// FMZ (documented nowhere for compute, named after the graphics rule): sources are flushed, and zero times anything is +0.
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;

enum Kind { Add, Multiply, Fused };

template <Kind kKind> HEDDLE_INLINE float compute(float a, float b, float c) {
    if constexpr (kKind == Add) return a + b;
    else if constexpr (kKind == Multiply) return a * b;
    else return fused(a, b, c);
}

// The fast path: nearest even.
template <Kind kKind, bool kSigns, bool kFlush, bool kSaturate> void nearest(Warp& warp, const MicroOp& op) {
    const Row &a = warp.source(op.a), &b = warp.source(op.b), &c = warp.source(op.c);
    const U32 flags = op.p[0];
    const U32 keep_a = keep_mask(flags, 0), keep_b = keep_mask(flags, 1), keep_c = keep_mask(flags, 2);
    const U32 flip_a = flip_mask(flags, 0), flip_b = flip_mask(flags, 1), flip_c = flip_mask(flags, 2);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) {
        U32 x = a.lane[l], y = b.lane[l], z = kKind == Fused ? c.lane[l] : 0;
        if constexpr (kSigns) {
            x = (x & keep_a) ^ flip_a;
            y = (y & keep_b) ^ flip_b;
            z = (z & keep_c) ^ flip_c;
        }
        if constexpr (kFlush) {
            x = flush(x);
            y = flush(y);
            z = flush(z);
        }
        U32 v = canonical(bits_of(compute<kKind>(as_float(x), as_float(y), as_float(z))));
        if constexpr (kFlush) v = flush(v);
        if constexpr (kSaturate) v = saturate(v);
        r.lane[l] = v;
    }
    store(warp.destination(op.d), r, warp.exec);
}

// Sources with their modifiers, in memory, so that a loop under another rounding mode can read them.
struct Sources {
    Row x, y, z;
};
HEDDLE_INLINE void prepare(Sources& s, Warp& warp, const MicroOp& op) {
    const RowRef refs[3] = {op.a, op.b, op.c};
    Row* rows[3] = {&s.x, &s.y, &s.z};
    for (unsigned k = 0; k < 3; ++k) {
        const Row& from = warp.source(refs[k]);
        const U32 keep = keep_mask(op.p[0], k), flip = flip_mask(op.p[0], k);
        for (unsigned l = 0; l < kLanes; ++l) rows[k]->lane[l] = (from.lane[l] & keep) ^ flip;
        if (op.p[2] != 0)
            for (unsigned l = 0; l < kLanes; ++l) rows[k]->lane[l] = flush(rows[k]->lane[l]);
    }
}
HEDDLE_INLINE void finish(Row& r, const Sources& s, Kind kind, Warp& warp, const MicroOp& op) {
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = canonical(r.lane[l]);
    if (op.p[2] == 2) { // FMZ; the sum with +0 keeps the addend, rounded sources are exact
        for (unsigned l = 0; l < kLanes; ++l) {
            const bool zero = (s.x.lane[l] << 1) == 0 || (s.y.lane[l] << 1) == 0;
            const U32 alone = kind == Fused ? canonical(bits_of(0.0f + as_float(s.z.lane[l]))) : 0U;
            r.lane[l] = zero ? alone : r.lane[l];
        }
    }
    if (op.p[2] != 0)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = flush(r.lane[l]);
    if (op.p[3] & 1)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = saturate(r.lane[l]);
    store(warp.destination(op.d), r, warp.exec);
}

// Every other case: any rounding mode, FMZ, scales.
template <Kind kKind> void general(Warp& warp, const MicroOp& op) {
    Sources s;
    prepare(s, warp, op);
    Row r;
    if constexpr (kKind == Multiply) { // the product is exact in FP64, and so is its scaling
        static constexpr double kScales[] = {1, 1.0 / 8, 1.0 / 4, 1.0 / 2, 1, 2, 4, 8};
        const double scale = kScales[op.p[3] >> 1 & 7];
        double product[kLanes];
        for (unsigned l = 0; l < kLanes; ++l) product[l] = double{as_float(s.x.lane[l])} * double{as_float(s.y.lane[l])} * scale;
        asm volatile("" : "+m"(product));
        Rounding rounding(op.p[1], r);
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = bits_of(static_cast<float>(product[l]));
        rounding.end(r);
    } else if constexpr (kKind == Fused) {
        double sum[kLanes];
        for (unsigned l = 0; l < kLanes; ++l) sum[l] = odd_multiply_add(as_float(s.x.lane[l]), as_float(s.y.lane[l]), as_float(s.z.lane[l]));
        // Exact sums of zero take their sign from the rounding mode.
        double zero[kLanes];
        for (unsigned l = 0; l < kLanes; ++l) zero[l] = double{as_float(s.x.lane[l])} * double{as_float(s.y.lane[l])};
        asm volatile("" : "+m"(sum), "+m"(zero), "+m"(s));
        Rounding rounding(op.p[1], r);
        for (unsigned l = 0; l < kLanes; ++l) {
            const double signed_zero = zero[l] + double{as_float(s.z.lane[l])};
            r.lane[l] = bits_of(static_cast<float>(sum[l] == 0 ? signed_zero : sum[l]));
        }
        rounding.end(r);
    } else {
        asm volatile("" : "+m"(s));
        Rounding rounding(op.p[1], r);
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = bits_of(as_float(s.x.lane[l]) + as_float(s.y.lane[l]));
        rounding.end(r);
    }
    finish(r, s, kKind, warp, op);
}

// Lane l of each quad: 0 a + b, 1 b - a, 2 a - b, 3 b; p[3]: the four choices, lane 0 in the highest bits.
void swizzle_add(Warp& warp, const MicroOp& op) {
    Sources s;
    prepare(s, warp, op);
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 choice = op.p[3] >> (2 * (3 - l % 4)) & 3;
        s.x.lane[l] = choice == 3 ? kSign : s.x.lane[l] ^ (choice == 1 ? kSign : 0); // -0 + b = b
        s.y.lane[l] ^= choice == 2 ? kSign : 0;
    }
    Row r;
    asm volatile("" : "+m"(s));
    Rounding rounding(op.p[1], r);
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = bits_of(as_float(s.x.lane[l]) + as_float(s.y.lane[l]));
    rounding.end(r);
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = canonical(r.lane[l]);
    if (op.p[2] != 0)
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = flush(r.lane[l]);
    store(warp.destination(op.d), r, warp.exec);
}

template <Kind kKind> Execute pick(const MicroOp& op) {
    static constexpr Execute kTable[] = {
        nearest<kKind, false, false, false>, nearest<kKind, false, false, true>, nearest<kKind, false, true, false>, nearest<kKind, false, true, true>,
        nearest<kKind, true, false, false>,  nearest<kKind, true, false, true>,  nearest<kKind, true, true, false>,  nearest<kKind, true, true, true>,
    };
    const bool plain_scale = kKind != Multiply || op.p[3] >> 1 == 4;
    if (op.p[1] != 0 || op.p[2] > 1 || !plain_scale) return general<kKind>;
    return kTable[(op.p[0] != 0 ? 4 : 0) + (op.p[2] != 0 ? 2 : 0) + (op.p[3] & 1)];
}

} // namespace

Execute bind_float_arithmetic(const sass::Instruction& i, MicroOp& op) {
    if (i.op != Op::FADD && i.op != Op::FMUL && i.op != Op::FFMA && i.op != Op::FSWZADD) return nullptr;
    op.p[1] = i.field(Field::Round);
    op.p[2] = i.field(Field::FlushDenormals);
    op.p[3] = i.field(Field::Saturate);
    switch (i.op) {
    case Op::FADD: return pick<Add>(op);
    case Op::FMUL: op.p[3] |= std::uint32_t{i.field(Field::M0)} << 1; return pick<Multiply>(op);
    case Op::FFMA: return pick<Fused>(op);
    default: op.p[3] = i.field(Field::M0); return swizzle_add;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
