// Moves, selections, logic, shifts, permutations, bit fields, bit counts and compares on lanes.
//
// Parameters: p[0], p[1]: all ones if A, B is inverted; others per operation.
#include "frontend/emulator/integer_lanes.hpp"
#include "frontend/emulator/integer_semantics.hpp"
#include "frontend/emulator/lanes/lanes.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

using sass::Field;
using sass::Op;
using sass::Operand;
using sass::Slot;
using namespace integer;

void move(Warp& w, const MicroOp& op) { put(w, op.d, w.source(op.b)); }
// p[0]: the lanes of each quad that are written.
void move_quad_lanes(Warp& w, const MicroOp& op) {
    const Mask exec = w.exec;
    w.exec &= op.p[0] * 0x11111111U;
    put(w, op.d, w.source(op.b));
    w.exec = exec;
}

void select(Warp& w, const MicroOp& op) {
    Row wanted;
    expand(wanted, w.predicate(op.pa));
    const Row &a = w.source(op.a), &b = w.source(op.b);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = b.lane[l] ^ (wanted.lane[l] & (a.lane[l] ^ b.lane[l]));
    put(w, op.d, r);
}

// p[0]: truth table.
template <unsigned Table> void logic(Warp& w, const MicroOp& op) {
    ternary(w, op, [](U32 a, U32 b, U32 c) { return truth_table(a, b, c, Table); });
}
void logic_any(Warp& w, const MicroOp& op) {
    const U32 table = op.p[0];
    ternary(w, op, [=](U32 a, U32 b, U32 c) { return truth_table(a, b, c, table); });
}
// p[1]: the predicate result is "not zero and PA" rather than "or".
void logic_predicate(Warp& w, const MicroOp& op) {
    const U32 table = op.p[0];
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c);
    Row r, set;
    for (unsigned l = 0; l < kLanes; ++l) {
        r.lane[l] = truth_table(a.lane[l], b.lane[l], c.lane[l], table);
        set.lane[l] = r.lane[l] != 0 ? ~0U : 0U;
    }
    put(w, op.d, r);
    const Mask nonzero = sign_mask(set), other = w.predicate(op.pa);
    w.set_predicate(op.pd, op.p[1] ? nonzero & other : nonzero | other, w.exec);
}
void sign_logic(Warp& w, const MicroOp& op) {
    const U32 table = op.p[0];
    const Row &a = w.source(op.a), &b = w.source(op.b), &c = w.source(op.c);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = truth_table(a.lane[l], b.lane[l], c.lane[l], table);
    w.set_predicate(op.pd, sign_mask(r), w.exec);
}

// The frequent shifts by one register.
void shift_left(Warp& w, const MicroOp& op) {
    binary(w, op, [](U32 a, U32 n) { return n < 32 ? a << (n & 31) : 0; });
}
void shift_right(Warp& w, const MicroOp& op) {
    const Row &n = w.source(op.b), &c = w.source(op.c);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = n.lane[l] < 32 ? c.lane[l] >> (n.lane[l] & 31) : 0;
    put(w, op.d, r);
}
void shift_right_signed(Warp& w, const MicroOp& op) {
    const Row &n = w.source(op.b), &c = w.source(op.c);
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = static_cast<U32>(static_cast<S32>(c.lane[l]) >> (n.lane[l] < 31 ? n.lane[l] : 31));
    put(w, op.d, r);
}
template <unsigned Bits> void shift(Warp& w, const MicroOp& op) {
    constexpr Shift kind{(Bits & 1) != 0, (Bits & 2) != 0, (Bits & 4) != 0, (Bits & 8) != 0, (Bits & 16) != 0};
    ternary(w, op, [](U32 a, U32 n, U32 c) { return funnel(a, n, c, kind); });
}
template <unsigned... Bits> struct ShiftTable {
    static constexpr Execute entries[] = {shift<Bits>...};
};
using Shifts =
    ShiftTable<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31>;

// p[0]: mode.
void permute_any(Warp& w, const MicroOp& op) {
    const unsigned mode = op.p[0];
    if (mode == 0) return ternary(w, op, [](U32 a, U32 s, U32 c) { return permute(a, s, c, 0); });
    ternary(w, op, [=](U32 a, U32 s, U32 c) { return permute(a, s, c, mode); });
}
// One selector for all lanes, in p[0] as four nibbles.
void permute_fixed(Warp& w, const MicroOp& op) {
    const Row &a = w.source(op.a), &c = w.source(op.c);
    Row r = {};
    for (unsigned k = 0; k < 4; ++k) {
        const U32 nibble = (op.p[0] >> (4 * k)) & 15;
        const Row& from = nibble & 4 ? c : a;
        const unsigned down = 8 * (nibble & 3), up = 8 * k;
        if (nibble & 8)
            for (unsigned l = 0; l < kLanes; ++l) r.lane[l] |= (0U - ((from.lane[l] >> (down + 7)) & 1U)) & (0xffU << up);
        else
            for (unsigned l = 0; l < kLanes; ++l) r.lane[l] |= ((from.lane[l] >> down) & 0xffU) << up;
    }
    put(w, op.d, r);
}

template <bool Signed, bool Wrap> void extend_field(Warp& w, const MicroOp& op) {
    binary(w, op, [](U32 a, U32 n) { return extend(a, n, Signed, Wrap); });
}
template <bool Wrap> void make_mask(Warp& w, const MicroOp& op) {
    binary(w, op, [](U32 a, U32 b) { return bit_mask(a, b, Wrap); });
}

template <bool Signed, bool Distance> void find_leading_one(Warp& w, const MicroOp& op) {
    const U32 flip = op.p[1];
    const Row& b = w.source(op.b);
    Row r, found;
    for (unsigned l = 0; l < kLanes; ++l) {
        r.lane[l] = find_leading(b.lane[l] ^ flip, Signed, Distance);
        found.lane[l] = ~r.lane[l]; // bit 31 is set unless nothing was found
    }
    put(w, op.d, r);
    w.set_predicate(op.pd, sign_mask(found), w.exec);
}
void count_ones(Warp& w, const MicroOp& op) {
    const U32 flip = op.p[1];
    unary_b(w, op, [=](U32 b) { return static_cast<U32>(__builtin_popcount(b ^ flip)); });
}
void reverse(Warp& w, const MicroOp& op) {
    const U32 flip = op.p[1];
    unary_b(w, op, [=](U32 b) { return reverse_bits(b ^ flip); });
}

// Comparison: p[0]. p[1]: how the result is combined with PA.
template <bool Signed, bool Less, bool Equal> HEDDLE_INLINE Mask compare_masks(const Row& a, const Row& b) {
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) {
        const bool less = Signed ? static_cast<S32>(a.lane[l]) < static_cast<S32>(b.lane[l]) : a.lane[l] < b.lane[l];
        const bool equal = a.lane[l] == b.lane[l];
        r.lane[l] = (Less && less) || (Equal && equal) ? ~0U : 0U;
    }
    return sign_mask(r);
}
HEDDLE_INLINE void set_comparison(Warp& w, const MicroOp& op, Mask value) {
    const Mask other = w.predicate(op.pa);
    const auto combined = [&](Mask x) { return op.p[1] == 0 ? x & other : op.p[1] == 1 ? x | other : x ^ other; };
    w.set_predicate(op.pd, combined(value), w.exec);
    if (op.pq.index != 7) w.set_predicate(op.pq, combined(~value), w.exec);
}
template <bool Signed, bool Less, bool Equal, bool Not> void compare(Warp& w, const MicroOp& op) {
    const Mask value = compare_masks<Signed, Less, Equal>(w.source(op.a), w.source(op.b));
    set_comparison(w, op, Not ? ~value : value);
}
void compare_never(Warp& w, const MicroOp& op) { set_comparison(w, op, op.p[0] == 7 ? kAllLanes : 0); }
template <bool Signed> void compare_extended(Warp& w, const MicroOp& op) {
    const Row &a = w.source(op.a), &b = w.source(op.b);
    const Mask less = compare_masks<Signed, true, false>(a, b), equal = compare_masks<Signed, false, true>(a, b);
    const Mask strict = (op.p[0] & 1 ? less : 0) | (op.p[0] & 4 ? ~(less | equal) : 0);
    set_comparison(w, op, strict | (equal & w.predicate(op.pc)));
}

// Predicates to and from a byte of a register. p[0]: which, p[1]: first bit.
void predicates_to_register(Warp& w, const MicroOp& op) {
    const U32 keep = ~(op.p[0] << op.p[1]);
    const Row& a = w.source(op.a);
    Row r, set;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = a.lane[l] & keep;
    for (unsigned k = 0; k < 7; ++k) {
        if (!(op.p[0] >> k & 1)) continue;
        expand(set, w.predicates[k]);
        const U32 bit = 1U << (op.p[1] + k);
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] |= set.lane[l] & bit;
    }
    put(w, op.d, r);
}
void register_to_predicates(Warp& w, const MicroOp& op) {
    const Row& a = w.source(op.a);
    for (unsigned k = 0; k < 7; ++k) {
        if (!(op.p[0] >> k & 1)) continue;
        const U32 up = 31 - (op.p[1] + k);
        Row r;
        for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = a.lane[l] << up;
        w.set_predicate({static_cast<std::uint8_t>(k), false, false}, sign_mask(r), w.exec);
    }
}

template <bool Signed> Execute bind_compare_typed(unsigned comparison) {
    switch (comparison) {
    case 1: return compare<Signed, true, false, false>;
    case 2: return compare<Signed, false, true, false>;
    case 3: return compare<Signed, true, true, false>;
    case 4: return compare<Signed, true, true, true>;
    case 5: return compare<Signed, false, true, true>;
    case 6: return compare<Signed, true, false, true>;
    default: return compare_never;
    }
}

Execute bind_compare(const sass::Instruction& i, MicroOp& op) {
    op.p[0] = i.field(Field::Compare);
    op.p[1] = i.field(Field::Boolean);
    const bool is_signed = i.flag(Field::Signed);
    if (i.flag(Field::Extended)) return is_signed ? compare_extended<true> : compare_extended<false>;
    return is_signed ? bind_compare_typed<true>(op.p[0]) : bind_compare_typed<false>(op.p[0]);
}

Execute bind_logic(const sass::Instruction& i, MicroOp& op) {
    op.p[0] = i.field(Field::Lut);
    op.p[1] = i.flag(Field::M0);
    if (op.pd.index != 7) return logic_predicate;
    switch (op.p[0]) {
    case 0xc0: return logic<0xc0>; // and
    case 0xfc: return logic<0xfc>; // or
    case 0x3c: return logic<0x3c>; // xor
    case 0x33: return logic<0x33>; // not b
    case 0x96: return logic<0x96>; // xor of three
    case 0xf8: return logic<0xf8>;
    default: return logic_any;
    }
}

Execute bind_shift(const sass::Instruction& i) {
    const unsigned type = i.field(Field::ShiftType); // S64, U64, S32, U32
    const bool right = i.flag(Field::ShiftRight), wrap = i.flag(Field::ShiftWrap), wide = type < 2, is_signed = (type & 1) == 0,
               high = i.flag(Field::High);
    if (!wide && !wrap) {
        if (!right && !high) return shift_left;
        if (right && high) return is_signed ? shift_right_signed : shift_right;
    }
    return Shifts::entries[right | wrap << 1 | wide << 2 | is_signed << 3 | high << 4];
}

Execute bind_permute(const sass::Instruction& i, MicroOp& op) {
    op.p[0] = i.field(Field::Mode);
    if (i[Slot::B].kind != Operand::Kind::Immediate) return permute_any;
    op.p[0] = permute_selector(static_cast<U32>(i[Slot::B].value), op.p[0]) & 0xffff;
    return permute_fixed;
}

Execute bind_move(const sass::Instruction& i, MicroOp& op) {
    op.p[0] = i.field(Field::Lut);
    return op.p[0] == 15 ? move : move_quad_lanes;
}

} // namespace

Execute bind_integer_logic(const sass::Instruction& i, MicroOp& op) {
    const bool is_signed = i.flag(Field::Signed), option = i.flag(Field::M0);
    switch (i.op) {
    case Op::MOV: return bind_move(i, op);
    case Op::SEL: return select;
    case Op::LOP3: return bind_logic(i, op);
    case Op::SLOP3: op.p[0] = i.field(Field::Lut); return sign_logic;
    case Op::SHF: return bind_shift(i);
    case Op::PRMT: return bind_permute(i, op);
    case Op::SGXT:
        if (option) return is_signed ? extend_field<true, true> : extend_field<false, true>;
        return is_signed ? extend_field<true, false> : extend_field<false, false>;
    case Op::BMSK: return option ? make_mask<true> : make_mask<false>;
    case Op::FLO:
        if (option) return is_signed ? find_leading_one<true, true> : find_leading_one<false, true>;
        return is_signed ? find_leading_one<true, false> : find_leading_one<false, false>;
    case Op::POPC: return count_ones;
    case Op::P2R:
    case Op::R2P:
        op.p[0] = static_cast<U32>(i[Slot::B].value);
        op.p[1] = 8U * i.field(Field::M0);
        return i.op == Op::P2R ? predicates_to_register : register_to_predicates;
    case Op::BREV: return reverse;
    case Op::ISETP: return bind_compare(i, op);
    default: return nullptr;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
