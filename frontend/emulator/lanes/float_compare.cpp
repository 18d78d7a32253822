// FMNMX, FSEL, FSET, FSETP, FCHK on lanes.
//
// p[0]: sign flags; p[1]: FTZ; p[2]: comparison, or bit 0 NAN and bit 1 XORSIGN of FMNMX; p[3]: boolean operation.
// FMNMX, documented as min and max of PTX: a NaN loses against a number (with NAN: wins), -0 is below +0, XORSIGN gives the result
// the product's sign. The predicate true asks for the minimum. FSEL passes bits on, NaN or not (it moves halves of doubles).
// FCHK answers whether a / b needs the slow path of division. Assumed, from what ptxas' fast path needs to round
// correctly: b normal and below 2^126 (its reciprocal is then normal), a finite, not zero and at least 2^-102 (remainders are exact),
// the quotient normal and below 2^127.
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;

// Sources A and B with their modifiers.
struct Pair {
    Row a, b;
};
HEDDLE_INLINE void prepare(Pair& s, Warp& warp, const MicroOp& op) {
    const Row &a = warp.source(op.a), &b = warp.source(op.b);
    const U32 keep_a = keep_mask(op.p[0], 0), keep_b = keep_mask(op.p[0], 1);
    const U32 flip_a = flip_mask(op.p[0], 0), flip_b = flip_mask(op.p[0], 1);
    for (unsigned l = 0; l < kLanes; ++l) {
        s.a.lane[l] = (a.lane[l] & keep_a) ^ flip_a;
        s.b.lane[l] = (b.lane[l] & keep_b) ^ flip_b;
    }
    if (op.p[1] == 0) return;
    for (unsigned l = 0; l < kLanes; ++l) {
        s.a.lane[l] = flush(s.a.lane[l]);
        s.b.lane[l] = flush(s.b.lane[l]);
    }
}

void minimum_maximum(Warp& warp, const MicroOp& op) {
    Pair s;
    prepare(s, warp, op);
    Row minimum, r;
    spread(minimum, warp.predicate(op.pa));
    const U32 nan_wins = op.p[2] & 1 ? ~0U : 0U;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 a = s.a.lane[l], b = s.b.lane[l];
        const U32 a_less = order(a) < order(b) ? ~0U : 0U;
        const U32 number = (a_less ^ minimum.lane[l]) == 0 ? a : b;
        const U32 nan_a = is_nan(a) ? ~0U : 0U, nan_b = is_nan(b) ? ~0U : 0U;
        U32 v = nan_a ? b : number;
        v = nan_b ? a : v;
        r.lane[l] = (nan_a & nan_b) | ((nan_a | nan_b) & nan_wins) ? kNan : v;
    }
    if (op.p[2] & 2) {
        const Row &a = warp.source(op.a), &b = warp.source(op.b);
        for (unsigned l = 0; l < kLanes; ++l) {
            const U32 sign = (a.lane[l] ^ b.lane[l]) & kSign;
            r.lane[l] = r.lane[l] == kNan ? kNan : (r.lane[l] & ~kSign) | sign;
        }
    }
    store(warp.destination(op.d), r, warp.exec);
}

void select(Warp& warp, const MicroOp& op) {
    Pair s;
    prepare(s, warp, op);
    Row first, r;
    spread(first, warp.predicate(op.pa));
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = (s.a.lane[l] & first.lane[l]) | (s.b.lane[l] & ~first.lane[l]);
    store(warp.destination(op.d), r, warp.exec);
}

HEDDLE_INLINE Mask compare(Warp& warp, const MicroOp& op) {
    Pair s;
    prepare(s, warp, op);
    Row r;
    const U32 wanted = op.p[2];
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = (relation(s.a.lane[l], s.b.lane[l]) & wanted) != 0;
    return to_mask(r);
}

void set(Warp& warp, const MicroOp& op) {
    const Mask result = combine(op.p[3], compare(warp, op), warp.predicate(op.pa));
    Row r;
    spread(r, result);
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] &= kOne;
    store(warp.destination(op.d), r, warp.exec);
}

void set_predicates(Warp& warp, const MicroOp& op) {
    const Mask result = compare(warp, op), predicate = warp.predicate(op.pa);
    warp.set_predicate(op.pd, combine(op.p[3], result, predicate), warp.exec);
    warp.set_predicate(op.pq, combine(op.p[3], ~result, predicate), warp.exec);
}

void check_division(Warp& warp, const MicroOp& op) {
    Pair s;
    prepare(s, warp, op);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) {
        const S32 a = static_cast<S32>(s.a.lane[l] >> 23 & 255), b = static_cast<S32>(s.b.lane[l] >> 23 & 255);
        r.lane[l] = (a < 25) | (a > 254) | (b < 1) | (b > 252) | (a - b > 126) | (a - b < -125);
    }
    warp.set_predicate(op.pd, to_mask(r), warp.exec);
}

} // namespace

Execute bind_float_compare(const sass::Instruction& i, MicroOp& op) {
    op.p[1] = i.field(Field::FlushDenormals);
    op.p[2] = i.field(Field::Compare);
    op.p[3] = i.field(Field::Boolean);
    switch (i.op) {
    case Op::FMNMX: op.p[2] = i.field(Field::M1) | std::uint32_t{i.field(Field::M0)} << 1; return minimum_maximum;
    case Op::FSEL: return select;
    case Op::FSET: return set;
    case Op::FSETP: return set_predicates;
    case Op::FCHK: return check_division;
    default: return nullptr;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
