// Branches, convergence barriers, CTA barriers, and what else steers a warp.
//
// Sources: branch displacement: experiments with ptxas (from sm_90 on the low byte lies in bits 16-23); the rest: CuAssembler vectors,
// Mesa NAK.
#include "frontend/sass/table.hpp"
#include "frontend/sass/text.hpp"

#include <fmt/format.h>

namespace heddle::sass {

namespace {

using K = Operand::Kind;

// Branch targets are relative to the next instruction, in units of 4 bytes.
bool relative_label(const Word& word, Instruction& i, bool low_byte) {
    std::int64_t displacement = word.signed_bits(34, 48) * 4;
    if (low_byte) displacement = (word.signed_bits(34, 48) * 256 + static_cast<std::int64_t>(word.bits(16, 8))) * 4;
    i[Slot::C].kind = K::Label;
    i[Slot::C].value = std::int64_t{i.address} + kWordBytes + displacement;
    return true;
}
bool label80(const Word& word, Instruction& i) { return relative_label(word, i, false); }
bool label90(const Word& word, Instruction& i) { return relative_label(word, i, true); }

// BSSY: bits 34-63, relative, not split.
bool bssy_label(const Word& word, Instruction& i) {
    i[Slot::C].kind = K::Label;
    i[Slot::C].value = std::int64_t{i.address} + kWordBytes + word.signed_bits(34, 30) * 4;
    return true;
}

// "BRX R14 -0x390": a register plus a displacement that is printed as it is.
std::string spell_indirect(const Instruction& i) {
    std::string s = i[Slot::PA].index == kTruePredicate && !i[Slot::PA].negate ? "" : operand_text(i[Slot::PA]) + ", ";
    return s + operand_text(i[Slot::A]) + " " + hex(i[Slot::C].value - (i.op == Op::RET || i.op == Op::CALL ? 0 : 0));
}
bool displacement80(const Word& word, Instruction& i) {
    i[Slot::C].kind = K::Label;
    i[Slot::C].value = word.signed_bits(34, 48) * 4;
    return true;
}
bool displacement90(const Word& word, Instruction& i) {
    i[Slot::C].kind = K::Label;
    i[Slot::C].value = (word.signed_bits(34, 48) * 256 + static_cast<std::int64_t>(word.bits(16, 8))) * 4;
    return true;
}

OperandSpec optional_predicate() { return at::pred_src(Slot::PA, 87, 90).as(TextStyle::HiddenIfZero); }
OperandSpec label_bits(bool low_byte) {
    OperandSpec spec = at::imm(Slot::C, 34, 48).as(TextStyle::Default);
    if (low_byte) spec.slot = Slot::C;
    return spec;
}
OperandSpec barrier_register(unsigned position, unsigned bits = 4) {
    OperandSpec spec;
    spec.slot = Slot::B;
    spec.kind = K::Barrier;
    spec.position = static_cast<std::uint8_t>(position);
    spec.bits = static_cast<std::uint8_t>(bits);
    return spec;
}

void add_branches(Table& t, unsigned first, unsigned last, bool low_byte) {
    const auto label = low_byte ? label90 : label80;
    const auto displacement = low_byte ? displacement90 : displacement80;
    const auto low = [&](Row& row) -> Row& { return low_byte ? row.modifier(silent(Field::M9, 16, 8)) : row; };
    {
        Row& r = low(t.row(Op::BRA, 0x947).on(first, last));
        r.modifier(choice(Field::Predicated, 32, 2, {"", "U"})).operand(optional_predicate()).operand(label_bits(low_byte));
        r.finish = label;
    }
    {
        // BRA.DIV URn: taken if the active lanes differ from the mask; BRA.CONV if they equal it. Bit 91 marks the uniform register.
        Row& r = low(t.row(Op::BRA, 0x947).on(first, last));
        r.fix(91, 1, 1).modifier(choice(Field::Predicated, 32, 2, {nullptr, nullptr, "DIV", "CONV"}));
        r.operand(optional_predicate()).operand(at::ureg(Slot::A, 24).inv(30)).operand(label_bits(low_byte));
        r.finish = label;
    }
    for (const auto& [op, opcode] : {std::pair{Op::BRX, 0x949U}, {Op::BRXU, 0x958U}}) {
        Row& r = low(t.row(op, opcode).on(first, last));
        r.operand(optional_predicate()).operand(op == Op::BRX ? at::reg(Slot::A, 24).wide(2) : at::ureg(Slot::A, 24));
        r.operand(label_bits(low_byte));
        if (op == Op::BRXU) r.fix(91, 1, 1);
        r.finish = displacement;
        r.spell_operands = spell_indirect;
    }
    const auto noinc = flag(Field::M0, 86, "NOINC");
    {
        Row& r = low(t.row(Op::CALL, 0x944, "CALL.REL").on(first, last));
        r.modifier(noinc).operand(optional_predicate()).operand(label_bits(low_byte));
        r.finish = label;
    }
    {
        Row& r = low(t.row(Op::CALL, 0x344, "CALL.REL").on(first, last));
        r.modifier(noinc).operand(optional_predicate()).operand(at::reg(Slot::A, 24).wide(2)).operand(label_bits(low_byte));
        r.finish = displacement;
        r.spell_operands = spell_indirect;
    }
    {
        Row& r = t.row(Op::CALL, 0x943, "CALL.ABS").on(first, last);
        r.modifier(noinc).operand(optional_predicate()).operand(at::imm(Slot::C, 32, 48));
    }
    {
        Row& r = low(t.row(Op::CALL, 0x343, "CALL.ABS").on(first, last));
        r.modifier(noinc).operand(optional_predicate()).operand(at::reg(Slot::A, 24).wide(2)).operand(label_bits(low_byte).as(TextStyle::Hidden));
    }
    {
        Row& r = low(t.row(Op::RET, 0x950).on(first, last));
        r.modifier(choice(Field::Relative, 85, 1, {"REL", "ABS"})).modifier(flag(Field::M0, 86, "NODEC"));
        r.operand(optional_predicate()).operand(at::reg(Slot::A, 24).wide(2)).operand(label_bits(low_byte));
        r.finish = displacement;
        r.spell_operands = spell_indirect;
    }
}

void add_convergence(Table& t) {
    Row& bssy = t.row(Op::BSSY, 0x945).operand(optional_predicate()).operand(barrier_register(16)).operand(at::imm(Slot::C, 34, 30));
    bssy.finish = bssy_label;
    t.row(Op::BSYNC, 0x941).operand(optional_predicate()).operand(barrier_register(16));
    t.row(Op::BREAK, 0x942).operand(optional_predicate()).operand(barrier_register(16));
    t.row(Op::YIELD, 0x946).operand(optional_predicate());
    const auto exclusive = choice(Field::M0, 86, 1, {"", "EXCLUSIVE"});
    t.row(Op::WARPSYNC, 0x948).operand(optional_predicate()).operand(at::imm(Slot::B, 32, 32, TextStyle::UnsignedHex));
    t.row(Op::WARPSYNC, 0x348).modifier(exclusive).operand(optional_predicate()).operand(at::reg(Slot::B, 32));
}

} // namespace

void add_control_rows(Table& t) {
    t.row(Op::NOP, 0x918);
    t.row(Op::EXIT, 0x94d).modifier(choice(Field::M0, 84, 2, {"", "KEEPREFCOUNT", "PREEMPTED"})).operand(optional_predicate());
    add_branches(t, 70, 89, false);
    add_branches(t, 90, 99, true);
    add_convergence(t);
}

} // namespace heddle::sass
