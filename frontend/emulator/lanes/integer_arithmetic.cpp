// IADD3, IMAD, LEA, IMNMX, IABS on lanes.
//
// Parameters: p[0], p[1], p[2]: all ones if A, B, C is subtracted or inverted; p[3]: how many are subtracted (an inverted source is one
// less than a subtracted one). Carries: PD says "one or more", PQ "two" (three sources can carry twice).
#include "frontend/emulator/integer_lanes.hpp"
#include "frontend/emulator/integer_semantics.hpp"
#include "frontend/emulator/lanes/lanes.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;
using namespace integer;

void add(Warp& w, const MicroOp& op) {
    ternary(w, op, [](U32 a, U32 b, U32 c) { return a + b + c; });
}

void add_signs(Warp& w, const MicroOp& op) {
    const U32 fa = op.p[0], fb = op.p[1], fc = op.p[2], extra = op.p[3];
    ternary(w, op, [=](U32 a, U32 b, U32 c) { return (a ^ fa) + (b ^ fb) + (c ^ fc) + extra; });
}

// With carries in (PA, PB) or out (PD, PQ).
template <bool CarryOut> void add_carry(Warp& w, const MicroOp& op) {
    const U32 fa = op.p[0], fb = op.p[1], fc = op.p[2], extra = op.p[3];
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c);
    Row one, two, r, carried, twice;
    expand(one, op.immediate ? w.predicate(op.pa) : 0);
    expand(two, op.immediate ? w.predicate(op.pb) : 0);
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 in = extra - one.lane[l] - two.lane[l];
        const U32 x = a.lane[l] ^ fa, y = b.lane[l] ^ fb, z = c.lane[l] ^ fc;
        if constexpr (CarryOut) {
            const U32 s1 = x + y, s2 = s1 + z, s3 = s2 + in;
            const U32 carries = (s1 < x ? 1U : 0U) + (s2 < z ? 1U : 0U) + (s3 < in ? 1U : 0U);
            r.lane[l] = s3;
            carried.lane[l] = 0U - carries; // the highest bit is set unless it is 0
            twice.lane[l] = 1U - carries;
        } else r.lane[l] = x + y + z + in;
    }
    put(w, op.d, r);
    if constexpr (CarryOut) {
        w.set_predicate(op.pd, sign_mask(carried), w.exec);
        w.set_predicate(op.pq, sign_mask(twice), w.exec);
    }
}

void multiply_add(Warp& w, const MicroOp& op) {
    ternary(w, op, [](U32 a, U32 b, U32 c) { return a * b + c; });
}
void multiply_add_sign(Warp& w, const MicroOp& op) {
    const U32 fc = op.p[2], extra = op.p[3];
    ternary(w, op, [=](U32 a, U32 b, U32 c) { return a * b + (c ^ fc) + extra; });
}
void multiply_add_carry(Warp& w, const MicroOp& op) {
    Row in;
    expand(in, w.predicate(op.pa));
    const U32 fc = op.p[2];
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = a.lane[l] * b.lane[l] + (c.lane[l] ^ fc) - in.lane[l];
    put(w, op.d, r);
}
void copy_c(Warp& w, const MicroOp& op) { put(w, op.d, w.source(op.c)); }

// 64-bit product plus 64-bit C.
template <bool Signed, bool High> void multiply_wide(Warp& w, const MicroOp& op) {
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c), &ch = w.source(next(op.c));
    Row low, high;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U64 s = multiply(a.lane[l], b.lane[l], Signed) + (U64{ch.lane[l]} << 32 | c.lane[l]);
        low.lane[l] = static_cast<U32>(s);
        high.lane[l] = static_cast<U32>(s >> 32);
    }
    if constexpr (High) put(w, op.d, high);
    else {
        put(w, op.d, low);
        put(w, next(op.d), high);
    }
}
// The same with a sign of C, a carry in, a carry out.
template <bool Signed, bool High> void multiply_wide_carry(Warp& w, const MicroOp& op) {
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c), &ch = w.source(next(op.c));
    Row in, low, high, carried;
    expand(in, op.immediate ? w.predicate(op.pa) : 0);
    const U64 flip = op.p[2] ? ~U64{0} : 0;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U64 product = multiply(a.lane[l], b.lane[l], Signed);
        const U64 more = op.p[3] + (in.lane[l] & 1U);
        const U64 s1 = product + ((U64{ch.lane[l]} << 32 | c.lane[l]) ^ flip), s2 = s1 + more;
        low.lane[l] = static_cast<U32>(s2);
        high.lane[l] = static_cast<U32>(s2 >> 32);
        carried.lane[l] = (s1 < product || s2 < s1) ? ~0U : 0U;
    }
    if constexpr (High) put(w, op.d, high);
    else {
        put(w, op.d, low);
        put(w, next(op.d), high);
    }
    w.set_predicate(op.pd, sign_mask(carried), w.exec);
}

// b + (a << shift). p[0], p[1] as above.
void lea(Warp& w, const MicroOp& op) {
    const U32 shift = static_cast<U32>(op.immediate);
    binary(w, op, [=](U32 a, U32 b) { return (a << shift) + b; });
}
enum class LeaHigh : std::uint8_t { No, Register, Sign }; // the upper word comes from C, or is the sign of A
template <LeaHigh High> void lea_any(Warp& w, const MicroOp& op) {
    const U32 shift = static_cast<U32>(op.immediate), fa = op.p[0], fb = op.p[1], extra = op.p[3];
    const bool extended = op.immediate >> 32 != 0;
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c);
    Row in, r, carried;
    expand(in, extended ? w.predicate(op.pa) : 0);
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 x = a.lane[l];
        const U32 up = High == LeaHigh::Sign ? static_cast<U32>(static_cast<S32>(x) >> 31) : c.lane[l];
        const U32 shifted = (High == LeaHigh::No ? x << shift : shifted_high(x, up, shift)) ^ fa;
        const U32 y = b.lane[l] ^ fb, more = extra + (in.lane[l] & 1U);
        const U32 s1 = shifted + y, s2 = s1 + more;
        r.lane[l] = s2;
        carried.lane[l] = (s1 < y || s2 < s1) ? ~0U : 0U;
    }
    put(w, op.d, r);
    w.set_predicate(op.pd, sign_mask(carried), w.exec);
}

// PA: minimum, else maximum. p[0]: all lanes alike: 0 minimum, 1 maximum, 2 by lane.
template <bool Signed> void min_max(Warp& w, const MicroOp& op) {
    const auto lower = [](U32 a, U32 b) { return (Signed ? static_cast<S32>(a) < static_cast<S32>(b) : a < b) ? a : b; };
    const auto higher = [](U32 a, U32 b) { return (Signed ? static_cast<S32>(a) < static_cast<S32>(b) : a < b) ? b : a; };
    if (op.pa.index == 7) return op.pa.negate ? binary(w, op, higher) : binary(w, op, lower);
    Row wanted;
    expand(wanted, w.predicate(op.pa));
    const Row &a = w.source(op.a), &b = w.source(op.b);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) {
        const U32 x = a.lane[l], y = b.lane[l];
        r.lane[l] = wanted.lane[l] ? lower(x, y) : higher(x, y);
    }
    put(w, op.d, r);
}

void absolute(Warp& w, const MicroOp& op) {
    unary_b(w, op, [](U32 b) { return static_cast<S32>(b) < 0 ? 0U - b : b; });
}

Execute bind_add(const sass::Instruction& i, MicroOp& op) {
    const bool carry_out = op.pd.index != 7 || op.pq.index != 7;
    op.immediate = i.flag(Field::Extended);
    if (carry_out) return add_carry<true>;
    if (op.immediate) return add_carry<false>;
    return (op.p[0] | op.p[1] | op.p[2]) ? add_signs : add;
}

Execute bind_wide(const sass::Instruction& i, MicroOp& op, bool high) {
    const bool is_signed = i.flag(Field::Signed);
    op.immediate = i.flag(Field::Extended);
    const bool plain = op.pd.index == 7 && !op.immediate && op.p[2] == 0;
    if (plain) {
        if (high) return is_signed ? multiply_wide<true, true> : multiply_wide<false, true>;
        return is_signed ? multiply_wide<true, false> : multiply_wide<false, false>;
    }
    if (high) return is_signed ? multiply_wide_carry<true, true> : multiply_wide_carry<false, true>;
    return is_signed ? multiply_wide_carry<true, false> : multiply_wide_carry<false, false>;
}

bool is_zero(const sass::Operand& o) { return o.kind == sass::Operand::Kind::Register && o.index == sass::kZeroRegister; }

Execute bind_multiply(const sass::Instruction& i, MicroOp& op) {
    switch (i.word.bits(0, 9)) {
    case 0x025: return bind_wide(i, op, false);
    case 0x027: return bind_wide(i, op, true);
    default: break;
    }
    if (i.flag(Field::Extended)) return multiply_add_carry;
    if (op.p[2]) return multiply_add_sign;
    if (is_zero(i[Slot::A]) || is_zero(i[Slot::B])) return copy_c;
    return multiply_add;
}

Execute bind_lea(const sass::Instruction& i, MicroOp& op) {
    op.immediate = i.field(Field::Shift) | std::uint64_t{i.flag(Field::Extended)} << 32;
    if (!i.flag(Field::High)) return op.pd.index == 7 && (op.p[0] | op.p[1]) == 0 ? lea : lea_any<LeaHigh::No>;
    return i.flag(Field::Signed) ? lea_any<LeaHigh::Sign> : lea_any<LeaHigh::Register>;
}

} // namespace

Execute bind_integer_arithmetic(const sass::Instruction& i, MicroOp& op) {
    switch (i.op) {
    case Op::IADD3: return bind_add(i, op);
    case Op::IMAD: return bind_multiply(i, op);
    case Op::LEA: return bind_lea(i, op);
    case Op::IMNMX: return i.flag(Field::Signed) ? min_max<true> : min_max<false>;
    case Op::IABS: return absolute;
    default: return nullptr;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
