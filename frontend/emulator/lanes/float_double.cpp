// DADD, DMUL, DFMA, DSETP on lanes.
//
// p[0]: sign flags; p[1]: rounding mode or comparison; p[2]: boolean operation. Denormals are kept. DSETP.MIN and .MAX
// set the first predicate where A is the result of fmin or fmax, the second where both are NaN: what ptxas' sequences for min.f64 and
// max.f64 need (assumed).
#include "frontend/emulator/lanes/float_lane.hpp"
#include "frontend/emulator/lanes/float_lanes.hpp"
#include "frontend/emulator/lanes/soft_double.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;

enum Kind { Add, Multiply, Fused };

template <Kind kKind> HEDDLE_INLINE double compute(double a, double b, double c, U32 mode) {
    if constexpr (kKind == Add) return a + b;
    else if constexpr (kKind == Multiply) return a * b;
    else {
#ifdef __FMA__
        (void)mode;
        return __builtin_fma(a, b, c);
#else
        return as_double(soft_multiply_add(bits_of(a), bits_of(b), bits_of(c), mode));
#endif
    }
}

template <Kind kKind, bool kNearest> void arithmetic(Warp& warp, const MicroOp& op) {
    Wide a, b, c, r;
    const U32 flags = op.p[0];
    gather(a, &warp.source(op.a), keep_mask(flags, 0), flip_mask(flags, 0));
    gather(b, &warp.source(op.b), keep_mask(flags, 1), flip_mask(flags, 1));
    if constexpr (kKind == Fused) gather(c, &warp.source(op.c), keep_mask(flags, 2), flip_mask(flags, 2));
    else c = a;
    const U32 mode = kNearest ? 0 : op.p[1];
    const auto loop = [&] {
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = bits_of(compute<kKind>(as_double(a.lane[l]), as_double(b.lane[l]), as_double(c.lane[l]), mode));
    };
    if constexpr (kNearest) {
        loop();
    } else {
        asm volatile("" : "+m"(a), "+m"(b), "+m"(c));
        Rounding rounding(mode, r);
        loop();
        rounding.end(r);
    }
    for (unsigned l = 0; l < kLanes; ++l) {
        U64 nan = kNan64;
        if constexpr (kKind == Fused) nan = is_nan(c.lane[l]) ? c.lane[l] | kQuiet64 : nan;
        nan = is_nan(b.lane[l]) ? b.lane[l] | kQuiet64 : nan;
        nan = is_nan(a.lane[l]) ? a.lane[l] | kQuiet64 : nan;
        r.lane[l] = is_nan(r.lane[l]) ? nan : r.lane[l];
    }
    scatter(&warp.destination(op.d), r, warp.exec);
}

struct Pair {
    Wide a, b;
};
HEDDLE_INLINE void prepare(Pair& s, Warp& warp, const MicroOp& op) {
    gather(s.a, &warp.source(op.a), keep_mask(op.p[0], 0), flip_mask(op.p[0], 0));
    gather(s.b, &warp.source(op.b), keep_mask(op.p[0], 1), flip_mask(op.p[0], 1));
}

void set_predicates(Warp& warp, const MicroOp& op) {
    Pair s;
    prepare(s, warp, op);
    Row r;
    const U32 wanted = op.p[1];
    for (unsigned l = 0; l < kLanes; ++l) {
        const double x = as_double(s.a.lane[l]), y = as_double(s.b.lane[l]);
        const bool unordered = is_nan(s.a.lane[l]) || is_nan(s.b.lane[l]);
        const U32 relation = unordered ? 8U : x < y ? 1U : x > y ? 4U : 2U;
        r.lane[l] = (relation & wanted) != 0;
    }
    const Mask result = to_mask(r), predicate = warp.predicate(op.pa);
    warp.set_predicate(op.pd, combine(op.p[2], result, predicate), warp.exec);
    warp.set_predicate(op.pq, combine(op.p[2], ~result, predicate), warp.exec);
}

template <bool kMinimum> void choose(Warp& warp, const MicroOp& op) {
    Pair s;
    prepare(s, warp, op);
    Row first, both;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U64 a = s.a.lane[l], b = s.b.lane[l];
        const bool better = kMinimum ? order(a) < order(b) : order(a) > order(b);
        first.lane[l] = is_nan(a) ? 0 : is_nan(b) ? 1 : better;
        both.lane[l] = is_nan(a) && is_nan(b);
    }
    const Mask predicate = warp.predicate(op.pa);
    warp.set_predicate(op.pd, combine(op.p[2], to_mask(first), predicate), warp.exec);
    warp.set_predicate(op.pq, combine(op.p[2], to_mask(both), predicate), warp.exec);
}

} // namespace

Execute bind_float_double(const sass::Instruction& i, MicroOp& op) {
    op.p[1] = i.field(Field::Round);
    const bool nearest = op.p[1] == 0;
    switch (i.op) {
    case Op::DADD: return nearest ? arithmetic<Add, true> : arithmetic<Add, false>;
    case Op::DMUL: return nearest ? arithmetic<Multiply, true> : arithmetic<Multiply, false>;
    case Op::DFMA: return nearest ? arithmetic<Fused, true> : arithmetic<Fused, false>;
    case Op::DSETP:
        op.p[1] = i.field(Field::Compare);
        op.p[2] = i.field(Field::Boolean);
        return op.p[1] == 0 ? choose<true> : op.p[1] == 15 ? choose<false> : set_predicates;
    default: return nullptr;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
