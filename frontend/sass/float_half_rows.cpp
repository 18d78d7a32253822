// Half precision: two 16-bit floats in a register, FP16 or BF16.
//
// Sources choose which halves the two results take: both as they are, the low one twice (H0_H0), the high one twice (H1_H1);
// H0_NH1 (sm_86 and later, source B of HFMA2) negates the high one. HFMA2.MMA is the same operation on another pipe, without
// these choices. HFMA2.RELU has a predicate that is printed unless it is PT. Fields: SelectA-C; M0: XORSIGN of HMNMX2, BF
// of HSET2 (result 1.0 instead of all ones), H_AND of HSETP2; M1: NAN of HMNMX2; M2: OOB and FMZ (with FTZ);
// HalfFormat: 0 FP16, 1 BF16; M3: F32 (result and sum in single precision).
// Sources: see float_rows.hpp; BF16_V2 of HADD2, HMUL2, HSET2 and HSETP2 exists from sm_90 on, as does
// VHMNMX (experiments; its name is in the CUDA Binary Utilities' list).
#include "frontend/sass/float_rows.hpp"
#include "frontend/sass/text.hpp"

#include <bit>
#include <fmt/format.h>

namespace heddle::sass {

namespace {

using K = Operand::Kind;

constexpr unsigned kNoSelect = 0; // H1_H0: as they are

// Where a half operand is: the flexible field at 32 or the register at 64, and the field with its choice of halves.
struct HalfSource {
    OperandSpec operand;
    bool has_select = false;
    unsigned select_position = 60;
};

HalfSource flexible(Slot slot, AluForm form, bool bindless, bool select) {
    SourceOptions options{TextStyle::HalfPair, true, true};
    HalfSource s{second_source(form, options), false, 60};
    s.operand.slot = slot;
    if (bindless) s.operand.kind = K::BindlessConstant;
    s.has_select = select && s.operand.kind != K::Immediate;
    return s;
}
HalfSource fixed_at_64(Slot slot, bool select) { return {at::reg(slot, 64).reusing(124).abs(83).neg(84), select, 81}; }

void add_source(Row& row, const HalfSource& s, bool not_high = false) {
    row.operand(s.operand);
    if (!s.has_select) return;
    const Field field = s.operand.slot == Slot::B ? Field::SelectB : Field::SelectC;
    if (not_high) row.modifier(split_choice(field, s.select_position, 2, 86, 1, {"", nullptr, "H0_H0", "H1_H1", "H0_NH1", nullptr, nullptr, nullptr}));
    else row.modifier(choice(field, s.select_position, 2, {"", nullptr, "H0_H0", "H1_H1"}));
    row.modifiers.back().after_operands = true;
}

void add_source_a(Row& row, bool select) {
    row.operand(at::ra().neg(72).abs(73));
    if (!select) return;
    row.modifier(choice(Field::SelectA, 74, 2, {"", nullptr, "H0_H0", "H1_H1"}));
    row.modifiers.back().after_operands = true;
}

float brain_value(unsigned bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16); }

const char* select_text(unsigned select) {
    static constexpr const char* kText[] = {"", "", ".H0_H0", ".H1_H1", ".H0_NH1"};
    return select < std::size(kText) ? kText[select] : "";
}

std::string half_text(const Instruction& i, Slot slot, Field select_field) {
    Operand o = i[slot];
    const std::string select = select_text(i.field(select_field));
    if (o.kind == K::Immediate && i.field(Field::HalfFormat) != 0) {
        const auto bits = static_cast<std::uint32_t>(o.value);
        Operand high = o, low = o;
        high.text_style = low.text_style = static_cast<std::uint8_t>(TextStyle::Float);
        high.value = std::bit_cast<std::int32_t>(brain_value(bits >> 16));
        low.value = std::bit_cast<std::int32_t>(brain_value(bits & 0xffff));
        return operand_text(high) + ", " + operand_text(low);
    }
    if (o.kind == K::Register || o.kind == K::Immediate) return operand_text(o) + select;
    // The vendor puts a space into constants of half operations, and the bars around the choice.
    const bool negate = o.negate, absolute = o.absolute;
    o.negate = o.absolute = false;
    std::string s = operand_text(o);
    if (o.kind == K::Constant && i.op != Op::HFMA2) s.insert(s.find(']') + 1, " ");
    if (o.kind == K::Constant && i.op == Op::HFMA2 && i.field(Field::Mode) == 0) s.insert(s.find(']') + 1, " ");
    s += select;
    if (absolute) s = "|" + s + "|";
    return negate ? "-" + s : s;
}

std::string spell_half(const Instruction& i) {
    std::string s;
    for (const OperandSpec& spec : i.row->operands) {
        std::string part;
        switch (spec.slot) {
        case Slot::A: part = half_text(i, Slot::A, Field::SelectA); break;
        case Slot::B: part = half_text(i, Slot::B, Field::SelectB); break;
        case Slot::C: part = half_text(i, Slot::C, Field::SelectC); break;
        default:
            if (spec.style == TextStyle::HiddenIfZero && i[spec.slot].index == kTruePredicate && !i[spec.slot].negate) continue;
            part = operand_text(i[spec.slot]);
        }
        s += (s.empty() ? "" : ", ") + part;
    }
    return s;
}

ModifierSpec brain(unsigned position) { return flag(Field::HalfFormat, position, "BF16_V2"); }
// FTZ (bit 80) and bit 76 are one choice: 1 FTZ, 2 FMZ, 3 OOB (a product with the out-of-bounds NaN is zero).
ModifierSpec half_flush() { return split_choice(Field::FlushDenormals, 80, 1, 76, 1, {"", "FTZ", "FMZ", "OOB"}); }

using DescribeHalf = void (*)(Row& row);
void two_half_sources(Table& t, Op op, unsigned base, bool second, unsigned first_architecture, DescribeHalf head, DescribeHalf results, DescribeHalf tail) {
    static constexpr AluForm kFirst[] = {AluForm::Rrr, AluForm::Rir, AluForm::Rcr, AluForm::Rur};
    static constexpr AluForm kSecond[] = {AluForm::Rrr, AluForm::Rri, AluForm::Rrc, AluForm::Rru};
    for (const AluForm form : second ? kSecond : kFirst)
        for (const bool bindless : {false, true}) {
            if (bindless && form != AluForm::Rrc && form != AluForm::Rcr) continue;
            Row& r = t.row(op, base | static_cast<unsigned>(form) << 9).on(first_architecture, 99);
            if (bindless || form == AluForm::Rur || form == AluForm::Rru) r.fix(91, 1, 1);
            head(r);
            results(r);
            add_source_a(r, true);
            add_source(r, flexible(Slot::B, form, bindless, true));
            tail(r);
            r.spell_operands = spell_half;
        }
}

void add_two_source_operations(Table& t) {
    const auto none = [](Row&) {};
    const auto to_register = [](Row& r) { r.operand(at::rd()); };
    const auto to_predicates = [](Row& r) { r.operand(at::pred_dst(Slot::PD, 81)).operand(at::pred_dst(Slot::PQ, 84)); };
    const auto with_predicate = [](Row& r) { r.operand(predicate_source()); };
    two_half_sources(t, Op::HADD2, 0x030, true, 80, [](Row& r) {
        r.modifier(brain(85)).modifier(flag(Field::M3, 78, "F32")).modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(flag(Field::Saturate, 77, "SAT"));
    }, to_register, none);
    two_half_sources(t, Op::HMUL2, 0x032, false, 80, [](Row& r) {
        r.modifier(brain(85)).modifier(half_flush()).modifier(flag(Field::Saturate, 77, "SAT"));
    }, to_register, none);
    two_half_sources(t, Op::HMNMX2, 0x040, false, 80, [](Row& r) {
        r.modifier(brain(85)).modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(flag(Field::M1, 81, "NAN")).modifier(flag(Field::M0, 82, "XORSIGN"));
    }, to_register, with_predicate);
    two_half_sources(t, Op::HSET2, 0x033, true, 80, [](Row& r) {
        r.modifier(flag(Field::M0, 71, "BF")).modifier(brain(65)).modifier(compare_modifier()).modifier(flag(Field::FlushDenormals, 80, "FTZ"));
        r.modifier(boolean_modifier(69));
    }, to_register, with_predicate);
    two_half_sources(t, Op::HSETP2, 0x034, true, 80, [](Row& r) {
        r.modifier(flag(Field::M0, 71, "H_AND")).modifier(brain(65)).modifier(compare_modifier()).modifier(flag(Field::FlushDenormals, 80, "FTZ"));
        r.modifier(boolean_modifier(69));
    }, to_predicates, with_predicate);
}

// The lesser (greater) of three, without XORSIGN. ptxas makes the forms with a register, an immediate and a uniform register.
void add_three_source_minimum(Table& t) {
    for (const AluForm form : {AluForm::Rrr, AluForm::Rir, AluForm::Rcr, AluForm::Rur})
        for (const bool bindless : {false, true}) {
            if (bindless && form != AluForm::Rcr) continue;
            Row& r = t.row(Op::HMNMX2, 0x047 | static_cast<unsigned>(form) << 9, "VHMNMX").on(90, 99);
            if (bindless || form == AluForm::Rur) r.fix(91, 1, 1);
            r.modifier(brain(85)).modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(flag(Field::M1, 81, "NAN"));
            r.operand(at::rd());
            add_source_a(r, true);
            add_source(r, flexible(Slot::B, form, bindless, true));
            add_source(r, {at::reg(Slot::C, 64).reusing(124).abs(83).neg(84), true, 76});
            r.operand(predicate_source());
            r.finish = [](const Word&, Instruction& i) {
                i.fields[static_cast<unsigned>(Field::Mode)] = 3; // how many sources
                return true;
            };
            r.spell_operands = spell_half;
        }
}

void add_fused_multiply_add(Table& t, unsigned base, bool tensor_pipe) {
    for (unsigned f = 1; f <= 7; ++f)
        for (const bool bindless : {false, true})
            for (const bool relu : {false, true}) {
                const auto form = static_cast<AluForm>(f);
                const bool swapped = form == AluForm::Rri || form == AluForm::Rrc || form == AluForm::Rru;
                if (bindless && form != AluForm::Rrc && form != AluForm::Rcr) continue;
                Row& r = t.row(Op::HFMA2, base | f << 9, tensor_pipe ? "HFMA2.MMA" : "HFMA2");
                if (bindless || form == AluForm::Rur || form == AluForm::Rru) r.fix(91, 1, 1);
                r.fix(79, 1, relu);
                r.modifier(brain(85));
                if (!tensor_pipe) r.modifier(flag(Field::M3, 78, "F32"));
                r.modifier(half_flush()).modifier(flag(Field::Saturate, 77, "SAT"));
                if (relu) r.modifier(flag(Field::Relu, 79, "RELU"));
                r.operand(at::rd());
                add_source_a(r, !tensor_pipe);
                const HalfSource other = fixed_at_64(swapped ? Slot::B : Slot::C, !tensor_pipe);
                const HalfSource flex = flexible(swapped ? Slot::C : Slot::B, form, bindless, !tensor_pipe);
                add_source(r, swapped ? other : flex, !tensor_pipe && !swapped && flex.has_select);
                add_source(r, swapped ? flex : other);
                if (relu) r.operand(predicate_source().as(TextStyle::HiddenIfZero));
                if (tensor_pipe)
                    r.finish = [](const Word&, Instruction& i) {
                        i.fields[static_cast<unsigned>(Field::Mode)] = 1;
                        return true;
                    };
                r.spell_operands = spell_half;
            }
}

} // namespace

void add_half_rows(Table& t) {
    add_two_source_operations(t);
    add_three_source_minimum(t);
    add_fused_multiply_add(t, 0x031, false);
    add_fused_multiply_add(t, 0x035, true);
}

} // namespace heddle::sass
