// The uniform datapath: the integer instructions on one value for the whole warp, and uniform loads of constants.
//
// Parameters: as in lanes/integer_arithmetic.cpp. A uniform register is a row of equal lanes.
// Assumed: an indexed constant load beyond the bank gives zero.
#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/grid.hpp"
#include "frontend/emulator/integer_lanes.hpp"
#include "frontend/emulator/integer_semantics.hpp"

#include <cstring>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;
using namespace integer;

U32 value(const Warp& w, RowRef ref) { return w.uniform_value(ref); }
U64 value64(const Warp& w, RowRef ref) { return w.uniform_value(ref) | U64{w.uniform_value({ref.space, ref.index + 1})} << 32; }
void set64(Warp& w, RowRef d, U64 v) {
    w.set_uniform(d, static_cast<U32>(v));
    w.set_uniform({d.space, d.index + 1}, static_cast<U32>(v >> 32));
}
U32 bit(const Warp& w, PredicateRef p) { return w.predicate(p) & 1U; }

void uiadd3(Warp& w, const MicroOp& op) {
    const U32 in = op.p[3] + (op.immediate ? bit(w, op.pa) + bit(w, op.pb) : 0);
    const Sum s = sum3(value(w, op.a) ^ op.p[0], value(w, op.b) ^ op.p[1], value(w, op.c) ^ op.p[2], in);
    w.set_uniform(op.d, s.value);
    w.set_uniform_predicate(op.pd, s.carry > 0);
    w.set_uniform_predicate(op.pq, s.carry > 1);
}
void uiadd3_64(Warp& w, const MicroOp& op) {
    const auto part = [&](RowRef ref, U32 negative, bool wide) {
        const U64 v = wide ? value64(w, ref) : static_cast<U64>(S64{static_cast<S32>(value(w, ref))});
        return negative ? 0 - v : v;
    };
    set64(w, op.d, part(op.a, op.p[0], true) + part(op.b, op.p[1], op.immediate == 0) + part(op.c, op.p[2], true));
}

enum class Product : std::uint8_t { Low, Wide, High };
template <Product P> void uimad(Warp& w, const MicroOp& op) {
    const bool is_signed = op.source->flag(Field::Signed);
    const U64 product = multiply(value(w, op.a), value(w, op.b), is_signed);
    const U64 more = op.p[3] + (op.immediate ? bit(w, op.pa) : 0);
    if constexpr (P == Product::Low) w.set_uniform(op.d, static_cast<U32>(product + (value(w, op.c) ^ op.p[2]) + more));
    else {
        const U64 s1 = product + (value64(w, op.c) ^ (op.p[2] ? ~U64{0} : 0)), s2 = s1 + more;
        if constexpr (P == Product::High) w.set_uniform(op.d, static_cast<U32>(s2 >> 32));
        else set64(w, op.d, s2);
        w.set_uniform_predicate(op.pd, s1 < product || s2 < s1);
    }
}

void ulea(Warp& w, const MicroOp& op) {
    const sass::Instruction& i = *op.source;
    const U32 a = value(w, op.a), shift = i.field(Field::Shift);
    const U32 up = i.flag(Field::Signed) ? static_cast<U32>(static_cast<S32>(a) >> 31) : value(w, op.c);
    const U32 shifted = i.flag(Field::High) ? shifted_high(a, up, shift) : a << shift;
    const Sum s = sum3(shifted ^ op.p[0], value(w, op.b) ^ op.p[1], 0, op.p[3] + (op.immediate ? bit(w, op.pa) : 0));
    w.set_uniform(op.d, s.value);
    w.set_uniform_predicate(op.pd, s.carry != 0);
}

void umov(Warp& w, const MicroOp& op) { w.set_uniform(op.d, value(w, op.b)); }
void usel(Warp& w, const MicroOp& op) { w.set_uniform(op.d, value(w, bit(w, op.pa) ? op.a : op.b)); }
void ulop3(Warp& w, const MicroOp& op) {
    const U32 r = truth_table(value(w, op.a), value(w, op.b), value(w, op.c), op.p[0]);
    const bool nonzero = r != 0, other = bit(w, op.pa) != 0;
    w.set_uniform_predicate(op.pd, op.p[1] ? nonzero && other : nonzero || other);
    w.set_uniform(op.d, r);
}
void uslop3(Warp& w, const MicroOp& op) {
    const U32 r = truth_table(value(w, op.a), value(w, op.b), value(w, op.c), op.p[0]);
    w.set_uniform_predicate(op.pd, r >> 31 != 0);
}
void ushf(Warp& w, const MicroOp& op) {
    const sass::Instruction& i = *op.source;
    const unsigned type = i.field(Field::ShiftType);
    w.set_uniform(op.d, funnel(value(w, op.a), value(w, op.b), value(w, op.c),
                               {i.flag(Field::ShiftRight), i.flag(Field::ShiftWrap), type < 2, (type & 1) == 0, i.flag(Field::High)}));
}
void uprmt(Warp& w, const MicroOp& op) {
    w.set_uniform(op.d, permute(value(w, op.a), value(w, op.b), value(w, op.c), op.source->field(Field::Mode)));
}
void usgxt(Warp& w, const MicroOp& op) {
    w.set_uniform(op.d, extend(value(w, op.a), value(w, op.b), op.source->flag(Field::Signed), op.source->flag(Field::M0)));
}
void ubmsk(Warp& w, const MicroOp& op) { w.set_uniform(op.d, bit_mask(value(w, op.a), value(w, op.b), op.source->flag(Field::M0))); }
void uflo(Warp& w, const MicroOp& op) {
    const U32 r = find_leading(value(w, op.b) ^ op.p[1], op.source->flag(Field::Signed), op.source->flag(Field::M0));
    w.set_uniform(op.d, r);
    w.set_uniform_predicate(op.pd, r != ~0U);
}
void upopc(Warp& w, const MicroOp& op) { w.set_uniform(op.d, static_cast<U32>(std::popcount(value(w, op.b) ^ op.p[1]))); }
void ubrev(Warp& w, const MicroOp& op) { w.set_uniform(op.d, reverse_bits(value(w, op.b) ^ op.p[1])); }

void uisetp(Warp& w, const MicroOp& op) {
    const sass::Instruction& i = *op.source;
    const U32 a = value(w, op.a), b = value(w, op.b);
    const unsigned comparison = i.field(Field::Compare), boolean = i.field(Field::Boolean);
    const bool is_signed = i.flag(Field::Signed), other = bit(w, op.pa) != 0;
    const bool r = i.flag(Field::Extended) ? compares_extended(a, b, is_signed, comparison, bit(w, op.pc) != 0)
                                           : compares(a, b, is_signed, comparison);
    w.set_uniform_predicate(op.pd, combine(r, other, boolean));
    w.set_uniform_predicate(op.pq, combine(!r, other, boolean));
}

// --- constants ------------------------------------------------------------------------------------------------------

// Field Size: U8, S8, U16, S16, 32 bits, 64 bits.
U64 sized(U64 raw, unsigned size) {
    switch (size) {
    case 0: return raw & 0xff;
    case 1: return static_cast<U32>(static_cast<S32>(static_cast<std::int8_t>(raw)));
    case 2: return raw & 0xffff;
    case 3: return static_cast<U32>(static_cast<S32>(static_cast<std::int16_t>(raw)));
    case 4: return raw & 0xffffffffU;
    default: return raw;
    }
}
void uldc(Warp& w, const MicroOp& op) { w.set_uniform(op.d, static_cast<U32>(sized(value(w, op.a), op.p[0]))); }
void uldc_wide(Warp& w, const MicroOp& op) { set64(w, op.d, value64(w, op.a)); }
// p[0]: size, p[1]: bank, p[2]: row of the uniform register.
void uldc_indexed(Warp& w, const MicroOp& op) {
    const auto bank = w.cta().grid().constant_bank(op.p[1]);
    constexpr unsigned kBytes[] = {1, 1, 2, 2, 4, 8};
    const unsigned bytes = kBytes[op.p[0]];
    const U64 offset = static_cast<U32>(value(w, {0, op.p[2]}) + static_cast<U32>(op.immediate));
    U64 raw = 0;
    if (offset + bytes <= bank.size()) std::memcpy(&raw, bank.data() + offset, bytes);
    const U64 v = sized(raw, op.p[0]);
    if (op.p[0] == 5) set64(w, op.d, v);
    else w.set_uniform(op.d, static_cast<U32>(v));
}

Execute bind_uldc(const sass::Instruction& i, MicroOp& op) {
    op.p[0] = i.field(Field::Size);
    const sass::Operand& a = i[Slot::A];
    if (a.uniform != sass::kZeroUniformRegister) {
        op.p[1] = a.bank;
        op.p[2] = a.uniform;
        op.immediate = static_cast<U64>(a.value);
        return uldc_indexed;
    }
    return op.p[0] == 5 ? uldc_wide : uldc;
}

Execute bind_uimad(const sass::Instruction& i) {
    switch (i.word.bits(0, 7)) {
    case 0x24: return uimad<Product::Low>;
    case 0x25: return uimad<Product::Wide>;
    default: return uimad<Product::High>;
    }
}

Execute bind_one(const sass::Instruction& i, MicroOp& op) {
    switch (i.op) {
    case Op::UIADD3:
        if (!i.flag(Field::Wide)) return uiadd3;
        op.immediate = i[Slot::B].kind == sass::Operand::Kind::Immediate;
        return uiadd3_64;
    case Op::UIMAD: return bind_uimad(i);
    case Op::ULEA: return ulea;
    case Op::UMOV: return umov;
    case Op::USEL: return usel;
    case Op::ULOP3:
        op.p[0] = i.field(Field::Lut);
        op.p[1] = i.flag(Field::M0);
        return ulop3;
    case Op::USLOP3: op.p[0] = i.field(Field::Lut); return uslop3;
    case Op::USHF: return ushf;
    case Op::UPRMT: return uprmt;
    case Op::USGXT: return usgxt;
    case Op::UBMSK: return ubmsk;
    case Op::UFLO: return uflo;
    case Op::UPOPC: return upopc;
    case Op::UBREV: return ubrev;
    case Op::UISETP: return uisetp;
    case Op::ULDC: return bind_uldc(i, op);
    default: return nullptr;
    }
}

} // namespace

Execute bind_uniform(const sass::Instruction& i, MicroOp& op) {
    op.immediate = i.flag(Field::Extended);
    const Execute execute = bind_one(i, op);
    if (execute) op.uniform = true;
    return execute;
}

} // namespace heddle::emulator
