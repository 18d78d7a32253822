// HMNMX2, VHMNMX, HSET2, HSETP2 on lanes.
//
// p[0]: sign flags; p[1]: choices of halves of A, B and C, 4 bits each; p[2]: comparison, or bit 0 NAN and bit 1 XORSIGN of HMNMX2;
// p[3]: bits 0-1 boolean operation, bit 2 FTZ, bit 3 BF (HSET2) or H_AND (HSETP2).
// Rules of minimum and maximum as for FMNMX (float_compare.cpp). HSETP2 gives the low halves' comparison to the first predicate and
// the high halves' to the second; with H_AND (assumed): both hold, and its complement. VHMNMX is HMNMX2 of A and B, then of that and C.
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;

// Halves of the sources with their modifiers, in the upper 16 bits: so they have the order of 32-bit numbers.
struct Sources {
    Row a[2], b[2]; // low, high
};
HEDDLE_INLINE void split(Row* h, const Row& from, U32 flags, unsigned source, U32 select, U32 flush_bits) {
    const U32 keep = keep_mask(flags, source, 0x80008000U), flip = flip_mask(flags, source, 0x80008000U);
    for (unsigned half = 0; half < 2; ++half) {
        const bool high = select == 3 || (select == 0 && half == 1);
        for (unsigned l = 0; l < kLanes; ++l) {
            const U32 x = ((from.lane[l] & keep) ^ flip) << (high ? 0 : 16) & 0xffff0000U;
            h[half].lane[l] = (x & flush_bits) == 0 ? x & kSign : x;
        }
    }
}
template <class Format> HEDDLE_INLINE void prepare(Sources& s, Warp& warp, const MicroOp& op) {
    // Without FTZ only zeros are "denormal".
    const U32 flush_bits = op.p[3] & 4 ? Format::kInfinityBits << 16 : 0x7fff0000U;
    split(s.a, warp.source(op.a), op.p[0], 0, op.p[1] & 15, flush_bits);
    split(s.b, warp.source(op.b), op.p[0], 1, op.p[1] >> 4 & 15, flush_bits);
}

template <class Format> HEDDLE_INLINE bool half_nan(U32 x) { return (x & ~kSign) > Format::kInfinityBits << 16; }

// One of two by order; `minimum`: all ones in lanes that want the lesser one.
template <class Format> HEDDLE_INLINE void choose(Row& result, const Row& first, const Row& second, const Row& minimum, bool nan_wins) {
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 a = first.lane[l], b = second.lane[l];
        const U32 a_less = order(a) < order(b) ? ~0U : 0U;
        const U32 number = (a_less ^ minimum.lane[l]) == 0 ? a : b;
        const bool nan_a = half_nan<Format>(a), nan_b = half_nan<Format>(b);
        U32 v = nan_a ? b : number;
        v = nan_b ? a : v;
        result.lane[l] = (nan_a & nan_b) | ((nan_a | nan_b) & nan_wins) ? kNan16 << 16 : v;
    }
}

template <class Format> void minimum_maximum(Warp& warp, const MicroOp& op) {
    Sources s;
    prepare<Format>(s, warp, op);
    Row minimum, r[2];
    spread(minimum, warp.predicate(op.pa));
    for (unsigned half = 0; half < 2; ++half) choose<Format>(r[half], s.a[half], s.b[half], minimum, op.p[2] & 1);
    if (op.p[2] & 2) { // the product's sign: of the sources without absolute
        Sources t;
        MicroOp plain = op;
        plain.p[0] = 0;
        prepare<Format>(t, warp, plain);
        for (unsigned half = 0; half < 2; ++half)
            for (unsigned l = 0; l < kLanes; ++l) {
                const U32 sign = (t.a[half].lane[l] ^ t.b[half].lane[l]) & kSign, v = r[half].lane[l];
                r[half].lane[l] = v == kNan16 << 16 ? v : (v & ~kSign) | sign;
            }
    }
    for (unsigned l = 0; l < kLanes; ++l) r[0].lane[l] = r[0].lane[l] >> 16 | r[1].lane[l];
    store(warp.destination(op.d), r[0], warp.exec);
}

template <class Format> void minimum_maximum_of_three(Warp& warp, const MicroOp& op) {
    Sources s;
    prepare<Format>(s, warp, op);
    Row minimum, c[2], r[2];
    spread(minimum, warp.predicate(op.pa));
    split(c, warp.source(op.c), op.p[0], 2, op.p[1] >> 8 & 15, op.p[3] & 4 ? Format::kInfinityBits << 16 : 0x7fff0000U);
    for (unsigned half = 0; half < 2; ++half) {
        choose<Format>(r[half], s.a[half], s.b[half], minimum, op.p[2] & 1);
        choose<Format>(r[half], r[half], c[half], minimum, op.p[2] & 1);
    }
    for (unsigned l = 0; l < kLanes; ++l) r[0].lane[l] = r[0].lane[l] >> 16 | r[1].lane[l];
    store(warp.destination(op.d), r[0], warp.exec);
}

template <class Format> HEDDLE_INLINE void compare(Mask* result, Warp& warp, const MicroOp& op) {
    Sources s;
    prepare<Format>(s, warp, op);
    const U32 wanted = op.p[2];
    for (unsigned half = 0; half < 2; ++half) {
        Row r;
        for (unsigned l = 0; l < kLanes; ++l) {
            const U32 a = s.a[half].lane[l], b = s.b[half].lane[l];
            const bool equal = a == b || ((a | b) & ~kSign) == 0;
            const U32 relation = half_nan<Format>(a) || half_nan<Format>(b) ? 8U : equal ? 2U : order(a) < order(b) ? 1U : 4U;
            r.lane[l] = (relation & wanted) != 0;
        }
        result[half] = to_mask(r);
    }
}

template <class Format> void set(Warp& warp, const MicroOp& op) {
    Mask result[2];
    compare<Format>(result, warp, op);
    const Mask predicate = warp.predicate(op.pa);
    const U32 value = op.p[3] & 8 ? Format::kOneBits : 0xffffU;
    Row low, high;
    spread(low, combine(op.p[3] & 3, result[0], predicate));
    spread(high, combine(op.p[3] & 3, result[1], predicate));
    for (unsigned l = 0; l < kLanes; ++l) low.lane[l] = (low.lane[l] & value) | (high.lane[l] & value << 16);
    store(warp.destination(op.d), low, warp.exec);
}

template <class Format> void set_predicates(Warp& warp, const MicroOp& op) {
    Mask result[2];
    compare<Format>(result, warp, op);
    if (op.p[3] & 8) {
        result[0] &= result[1];
        result[1] = ~result[0];
    }
    const Mask predicate = warp.predicate(op.pa);
    warp.set_predicate(op.pd, combine(op.p[3] & 3, result[0], predicate), warp.exec);
    warp.set_predicate(op.pq, combine(op.p[3] & 3, result[1], predicate), warp.exec);
}

} // namespace

Execute bind_float_half_compare(const sass::Instruction& i, MicroOp& op) {
    const bool brain = i.field(Field::HalfFormat) != 0;
    op.p[1] = i.field(Field::SelectA) | std::uint32_t{i.field(Field::SelectB)} << 4 | std::uint32_t{i.field(Field::SelectC)} << 8;
    op.p[2] = i.field(Field::Compare);
    op.p[3] = i.field(Field::Boolean) | (i.flag(Field::FlushDenormals) ? 4U : 0U) | (i.flag(Field::M0) ? 8U : 0U);
    switch (i.op) {
    case Op::HMNMX2:
        op.p[2] = i.field(Field::M1) | std::uint32_t{i.field(Field::M0)} << 1;
        if (i.field(Field::Mode) == 3) return brain ? minimum_maximum_of_three<Brain> : minimum_maximum_of_three<Half>; // VHMNMX
        return brain ? minimum_maximum<Brain> : minimum_maximum<Half>;
    case Op::HSET2: return brain ? set<Brain> : set<Half>;
    case Op::HSETP2: return brain ? set_predicates<Brain> : set_predicates<Half>;
    default: return nullptr;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
