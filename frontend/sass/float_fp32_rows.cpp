// Single precision arithmetic, comparison and selection, and the multi-function unit.
//
// Private fields: M0 of FMUL: power-of-two scale of the product (bits 84-86); M0 of FMNMX: XORSIGN, M1: NAN; M0 of FSWZADD:
// which of zero, plus and minus the two sources of each lane of a quad take; M1: NDV.
// Sources: see float_rows.hpp. FMNMX .XORSIGN, FSWZADD lane letters: experiments and CuAssembler vectors.
#include "frontend/sass/float_rows.hpp"
#include "frontend/sass/text.hpp"

namespace heddle::sass {

namespace {

constexpr SourceOptions kFloat{TextStyle::Float, true, true};

OperandSpec source_a() { return at::ra().neg(72).abs(73); }

// "ZPPPZPPP": per lane of a quad the sign of A and of B, first lane first.
std::string spell_swizzle_add(const Instruction& i) {
    static constexpr const char* kSigns[] = {"PP", "NP", "PN", "ZP"};
    std::string lanes;
    for (int shift = 6; shift >= 0; shift -= 2) lanes += kSigns[i.field(Field::M0) >> shift & 3];
    return operand_text(i[Slot::D]) + ", " + operand_text(i[Slot::A]) + ", " + operand_text(i[Slot::B]) + ", " + lanes;
}

void add_arithmetic(Table& t) {
    two_source_rows(t, Op::FADD, 0x021, SecondPlace::At32Second, kFloat, [](Row& r, const OperandSpec& b) {
        r.modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(round_modifier()).modifier(flag(Field::Saturate, 77, "SAT"));
        r.operand(at::rd()).operand(source_a()).operand(b);
    });
    two_source_rows(t, Op::FMUL, 0x020, SecondPlace::At32, kFloat, [](Row& r, const OperandSpec& b) {
        r.modifier(flush_modifier()).modifier(choice(Field::M0, 84, 3, {nullptr, "D8", "D4", "D2", "", "M2", "M4", "M8"}));
        r.modifier(round_modifier()).modifier(flag(Field::Saturate, 77, "SAT"));
        r.operand(at::rd()).operand(source_a()).operand(b);
    });
    three_source_rows(t, Op::FFMA, 0x023, kFloat, [](Row& r, const OperandSpec& b, const OperandSpec& c) {
        r.modifier(flush_modifier()).modifier(round_modifier()).modifier(flag(Field::Saturate, 77, "SAT"));
        r.operand(at::rd()).operand(source_a()).operand(b).operand(c);
    });
    Row& swizzle = t.row(Op::FSWZADD, 0x822);
    swizzle.modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(round_modifier()).modifier(flag(Field::M1, 77, "NDV"));
    swizzle.modifier(silent(Field::M0, 32, 8));
    swizzle.operand(at::rd()).operand(at::ra()).operand(at::reg(Slot::B, 64).reusing(124));
    swizzle.spell_operands = spell_swizzle_add;
}

void add_comparisons(Table& t) {
    two_source_rows(t, Op::FMNMX, 0x009, SecondPlace::At32, kFloat, [](Row& r, const OperandSpec& b) {
        r.modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(flag(Field::M1, 81, "NAN")).modifier(flag(Field::M0, 82, "XORSIGN"));
        r.operand(at::rd()).operand(source_a()).operand(b).operand(predicate_source());
    });
    two_source_rows(t, Op::FSEL, 0x008, SecondPlace::At32, kFloat, [](Row& r, const OperandSpec& b) {
        r.operand(at::rd()).operand(source_a()).operand(b).operand(predicate_source());
    });
    two_source_rows(t, Op::FSET, 0x00a, SecondPlace::At32, kFloat, [](Row& r, const OperandSpec& b) {
        r.mnemonic = "FSET.BF";
        r.modifier(compare_modifier()).modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(boolean_modifier(74));
        r.operand(at::rd()).operand(source_a()).operand(b).operand(predicate_source());
    });
    two_source_rows(t, Op::FSETP, 0x00b, SecondPlace::At32, kFloat, [](Row& r, const OperandSpec& b) {
        r.modifier(compare_modifier()).modifier(flag(Field::FlushDenormals, 80, "FTZ")).modifier(boolean_modifier(74));
        r.operand(at::pred_dst(Slot::PD, 81)).operand(at::pred_dst(Slot::PQ, 84)).operand(source_a()).operand(b).operand(predicate_source());
    });
    two_source_rows(t, Op::FCHK, 0x102, SecondPlace::At32, kFloat, [](Row& r, const OperandSpec& b) {
        r.operand(at::pred_dst(Slot::PD, 81)).operand(source_a()).operand(b);
    });
}

// The functions on the high half of a double take and give one register.
bool finish_mufu(const Word&, Instruction& i) {
    const unsigned function = i.field(Field::Function);
    const bool high_half = function == 6 || function == 7;
    if (i.field(Field::HalfFormat) != 0 && high_half) return false;
    if (i[Slot::B].kind == Operand::Kind::Immediate && high_half) i[Slot::B].text_style = static_cast<std::uint8_t>(TextStyle::Double);
    return true;
}

std::string spell_mufu(const Instruction& i) {
    std::string source = operand_text(i[Slot::B]);
    if (i.field(Field::SelectB) != 0) source += ".H1";
    return operand_text(i[Slot::D]) + ", " + source;
}

void add_mufu(Table& t) {
    for (const bool hopper : {false, true})
        two_source_rows(t, Op::MUFU, 0x108, SecondPlace::At32, kFloat, [&](Row& r, const OperandSpec& b) {
            r.on(hopper ? 90 : 70, hopper ? 99 : 89);
            r.modifier(choice(Field::Function, 74, 6, {"COS", "SIN", "EX2", "LG2", "RCP", "RSQ", "RCP64H", "RSQ64H", "SQRT", "TANH"}));
            if (hopper) r.modifier(choice(Field::HalfFormat, 72, 2, {"", "F16", "BF16"}));
            else r.modifier(choice(Field::HalfFormat, 72, 2, {"", nullptr, "F16"}));
            if (b.kind == Operand::Kind::Register || b.kind == Operand::Kind::UniformRegister) r.modifier(silent(Field::SelectB, 60, 1));
            r.operand(at::rd()).operand(b);
            r.finish = finish_mufu;
            r.spell_operands = spell_mufu;
        });
}

} // namespace

void add_fp32_rows(Table& t) {
    add_arithmetic(t);
    add_comparisons(t);
    add_mufu(t);
}

} // namespace heddle::sass
