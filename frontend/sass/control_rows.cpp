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
    return s + operand_text(i[Slot::A]) + " " + hex(i[Slot::C].value);
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
OperandSpec label_bits() { return at::imm(Slot::C, 34, 48); }
OperandSpec barrier_register(Slot slot, unsigned position) {
    OperandSpec spec;
    spec.slot = slot;
    spec.kind = K::Barrier;
    spec.position = static_cast<std::uint8_t>(position);
    spec.bits = 4;
    return spec;
}

void add_branches(Table& t, unsigned first, unsigned last, bool low_byte) {
    const auto label = low_byte ? label90 : label80;
    const auto displacement = low_byte ? displacement90 : displacement80;
    const auto low = [&](Row& row) -> Row& { return low_byte ? row.modifier(silent(Field::M9, 16, 8)) : row; };
    const auto noinc = flag(Field::M0, 86, "NOINC");
    {
        Row& r = low(t.row(Op::BRA, 0x947).on(first, last));
        r.modifier(choice(Field::Predicated, 32, 2, {"", "U"}));
        if (low_byte) r.modifier(flag(Field::M1, 84, "ANY")); // taken by all active lanes if any takes it
        r.operand(optional_predicate()).operand(label_bits());
        r.finish = label;
    }
    {
        // BRA.DIV: taken if the active lanes are not those of the mask; BRA.CONV if they are. Bit 91 marks the uniform register.
        Row& r = low(t.row(Op::BRA, 0x947).on(first, last));
        r.fix(91, 1, 1).modifier(choice(Field::Predicated, 32, 2, {nullptr, nullptr, "DIV", "CONV"}));
        r.operand(optional_predicate()).operand(at::ureg(Slot::A, 24).inv(30)).operand(label_bits());
        r.finish = label;
    }
    {
        Row& r = low(t.row(Op::BRX, 0x949).on(first, last));
        r.operand(optional_predicate()).operand(at::reg(Slot::A, 24).wide(2)).operand(label_bits());
        r.finish = displacement;
        r.spell_operands = spell_indirect;
    }
    {
        Row& r = low(t.row(Op::BRXU, 0x958).on(first, last)).fix(91, 1, 1);
        r.operand(optional_predicate()).operand(at::ureg(Slot::A, 24).wide(2)).operand(label_bits());
        r.finish = displacement;
        r.spell_operands = spell_indirect;
    }
    {
        Row& r = low(t.row(Op::CALL, 0x944, "CALL.REL").on(first, last));
        r.modifier(noinc).operand(optional_predicate()).operand(label_bits());
        r.finish = label;
    }
    {
        Row& r = low(t.row(Op::CALL, 0x344, "CALL.REL").on(first, last));
        r.modifier(noinc).operand(optional_predicate()).operand(at::reg(Slot::A, 24).wide(2)).operand(label_bits());
        r.finish = label;
        r.spell_operands = spell_indirect;
    }
    {
        Row& r = low(t.row(Op::CALL, 0x943, "CALL.ABS").on(first, last));
        r.modifier(noinc).operand(optional_predicate()).operand(label_bits());
        r.finish = displacement;
    }
    {
        Row& r = low(t.row(Op::CALL, 0x343, "CALL.ABS").on(first, last));
        r.modifier(noinc).operand(optional_predicate()).operand(at::reg(Slot::A, 24).wide(2)).operand(label_bits().as(TextStyle::Hidden));
        r.finish = displacement;
    }
    {
        Row& r = low(t.row(Op::RET, 0x950, "RET.REL").on(first, last)).fix(85, 1, 0);
        r.modifier(flag(Field::M0, 86, "NODEC")).operand(optional_predicate()).operand(at::reg(Slot::A, 24).wide(2)).operand(label_bits());
        r.finish = label;
        r.spell_operands = spell_indirect;
    }
    {
        Row& r = low(t.row(Op::RET, 0x950, "RET.ABS").on(first, last)).fix(85, 1, 1);
        r.modifier(flag(Field::M0, 86, "NODEC")).operand(optional_predicate()).operand(at::reg(Slot::A, 24).wide(2)).operand(label_bits());
        r.finish = displacement;
        r.spell_operands = spell_indirect;
    }
}

void add_convergence(Table& t) {
    Row& bssy = t.row(Op::BSSY, 0x945).operand(optional_predicate()).operand(barrier_register(Slot::B, 16)).operand(at::imm(Slot::C, 34, 30));
    bssy.finish = bssy_label;
    t.row(Op::BSYNC, 0x941).operand(optional_predicate()).operand(barrier_register(Slot::B, 16));
    t.row(Op::BREAK, 0x942).operand(optional_predicate()).operand(barrier_register(Slot::B, 16));
    t.row(Op::YIELD, 0x946).operand(optional_predicate());
    t.row(Op::WARPSYNC, 0x948).on(70, 89).operand(optional_predicate()).operand(at::imm(Slot::B, 32, 32, TextStyle::UnsignedHex));
    t.row(Op::WARPSYNC, 0x948, "WARPSYNC.ALL").on(90, 99).fix(32, 32, 0).fix(85, 2, 0).operand(optional_predicate());
    Row& all = t.row(Op::WARPSYNC, 0x948, "WARPSYNC.COLLECTIVE.ALL").on(90, 99).fix(85, 2, 2).modifier(silent(Field::M9, 16, 8));
    all.operand(optional_predicate()).operand(label_bits());
    all.finish = label90;
    t.row(Op::WARPSYNC, 0x348).on(70, 89).modifier(flag(Field::M0, 86, "EXCLUSIVE")).operand(optional_predicate()).operand(at::reg(Slot::B, 32));
    t.row(Op::WARPSYNC, 0x348).on(90, 99).fix(86, 1, 0).modifier(flag(Field::M0, 85, "EXCLUSIVE")).operand(optional_predicate()).operand(at::reg(Slot::B, 24));
    // COLLECTIVE names the end of the stretch that the gathered lanes execute together.
    Row& collective = t.row(Op::WARPSYNC, 0x348, "WARPSYNC.COLLECTIVE").on(90, 99).fix(85, 2, 2).modifier(silent(Field::M9, 16, 8));
    collective.operand(optional_predicate()).operand(at::reg(Slot::B, 24)).operand(label_bits());
    collective.finish = [](const Word& word, Instruction& i) {
        i.fields[static_cast<unsigned>(Field::M0)] = 1; // parts the lanes as EXCLUSIVE does
        return label90(word, i);
    };
    // Moves between convergence barrier registers and general registers. Mode 1, 2: the set of active lanes (MACTIVE).
    const auto clear = flag(Field::M0, 84, "CLEAR");
    t.row(Op::BMOV, 0x355, "BMOV.32").modifier(clear).operand(at::rd()).operand(barrier_register(Slot::A, 24));
    t.row(Op::BMOV, 0x356, "BMOV.32").operand(barrier_register(Slot::D2, 24)).operand(at::reg(Slot::B, 32));
    Row& from = t.row(Op::BMOV, 0xf55, "BMOV.32").fix(24, 8, 0x1a).operand(barrier_register(Slot::D2, 16));
    from.finish = [](const Word&, Instruction& i) { i.fields[static_cast<unsigned>(Field::Mode)] = 1; return true; };
    from.spell_operands = [](const Instruction& i) { return operand_text(i[Slot::D2]) + ", MACTIVE"; };
    Row& to = t.row(Op::BMOV, 0xf56, "BMOV.32").fix(24, 8, 0x1a).modifier(flag(Field::M1, 84, "PQUAD")).operand(barrier_register(Slot::A, 16));
    to.finish = [](const Word&, Instruction& i) { i.fields[static_cast<unsigned>(Field::Mode)] = 2; return true; };
    to.spell_operands = [](const Instruction& i) { return "MACTIVE, " + operand_text(i[Slot::A]); };
}

// CTA barriers. Number in bits 54-57 or, packed with the count << 16, in a register; threads in bits 42-53.
bool packed_barrier(const Word&, Instruction& i) {
    i.fields[static_cast<unsigned>(Field::M1)] = 1;
    return true;
}
std::string spell_barrier(const Instruction& i) {
    const Operand& a = i[Slot::A];
    const Operand& b = i[Slot::B];
    std::string s = operand_text(a);
    if (i.field(Field::M1)) s += ", " + s; // packed
    else if (b.is_register() || b.value != 0) s += ", " + operand_text(b);
    if (i[Slot::PA].present()) s += ", " + operand_text(i[Slot::PA]);
    return s;
}

void add_barriers(Table& t) {
    for (const unsigned opcode : {0xb1dU, 0x51dU, 0x91dU, 0x31dU}) {
        for (const bool reduce : {false, true}) {
            Row& r = t.row(Op::BAR, opcode, reduce ? "BAR.RED" : "BAR");
            if (reduce) r.fix(77, 3, 2).modifier(silent(Field::Barrier, 77, 3)).modifier(choice(Field::Function, 74, 2, {"POPC", "AND", "OR"}));
            else r.modifier(choice(Field::Barrier, 77, 3, {"SYNC", "ARV", nullptr, nullptr, "SYNCALL"}));
            r.modifier(flag(Field::M0, 80, "DEFER_BLOCKING"));
            r.operand(opcode == 0xb1d || opcode == 0x91d ? at::imm(Slot::A, 54, 4) : at::reg(Slot::A, 32));
            if (opcode == 0xb1d || opcode == 0x51d) r.operand(at::imm(Slot::B, 42, 12));
            else if (opcode == 0x91d) r.operand(at::reg(Slot::B, 32));
            if (reduce) r.operand(at::pred_src(Slot::PA, 87, 90));
            if (opcode == 0x31d) r.finish = packed_barrier;
            r.spell_operands = spell_barrier;
        }
    }
    Row& result = t.row(Op::B2R, 0x31c).modifier(choice(Field::Mode, 77, 3, {"BAR", "WARP", "RESULT"}));
    result.operand(at::rd()).operand(at::pred_dst(Slot::PD, 81).as(TextStyle::HiddenIfZero));
}

void add_rest(Table& t) {
    t.row(Op::NOP, 0x918);
    t.row(Op::ENDCOLLECTIVE, 0x91b).on(90, 99).operand(optional_predicate()); // closes what WARPSYNC.COLLECTIVE opened
    t.row(Op::EXIT, 0x94d).modifier(choice(Field::M0, 84, 2, {"", "KEEPREFCOUNT", "PREEMPTED"})).operand(optional_predicate());
    // SYNCS: ends early when an mbarrier the warp failed to wait for completes its phase.
    t.row(Op::NANOSLEEP, 0x35d).modifier(flag(Field::M0, 84, "SYNCS")).operand(optional_predicate()).operand(at::reg(Slot::B, 32));
    t.row(Op::NANOSLEEP, 0x95d).modifier(flag(Field::M0, 84, "SYNCS")).operand(optional_predicate()).operand(at::imm(Slot::B, 32, 32));
    t.row(Op::NANOSLEEP, 0xb5d).modifier(flag(Field::M0, 84, "SYNCS")).operand(optional_predicate()).operand(at::constant(Slot::B));
    t.row(Op::BPT, 0x95c).modifier(choice(Field::Mode, 84, 3, {nullptr, "PAUSE", nullptr, "TRAP", "INT", "DRAIN"})).operand(at::imm(Slot::B, 34, 20));
    // The address of the instruction itself; from sm_90 on, of a place some bytes behind the next instruction.
    t.row(Op::LEPC, 0x34e).on(70, 89).operand(at::rd().wide(2));
    Row& lepc = t.row(Op::LEPC, 0x94e).on(90, 99).operand(at::rd().wide(2)).operand(at::imm(Slot::C, 24, 32, TextStyle::Default, true));
    lepc.finish = [](const Word& word, Instruction& i) {
        i[Slot::C].kind = K::Label;
        i[Slot::C].value = std::int64_t{i.address} + kWordBytes + word.signed_bits(24, 32);
        return true;
    };
    t.row(Op::BPT, 0x95c).fix(84, 3, 0).operand(at::imm(Slot::B, 34, 20));
}

} // namespace

void add_control_rows(Table& t) {
    add_rest(t);
    add_branches(t, 70, 89, false);
    add_branches(t, 90, 99, true);
    add_convergence(t);
    add_barriers(t);
}

} // namespace heddle::sass
