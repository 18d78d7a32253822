// Moves, selections, bitwise logic, shifts, permutations, bit fields, bit counts, compares and logic of predicates; the forms of the
// uniform datapath among them.
//
// Private fields: LOP3: M0 = the predicate result is "non-zero and predicate" instead of "or" (PAND). SGXT, BMSK: M0 = positions and
// widths wrap at 32 (W). FLO: M0 = returns the shift amount that brings the bit to the top (SH). SHF: High = the upper word is
// returned. P2R, R2P: M0 = byte of the register. PLOP3: M0, M1 = pieces of the first truth table (see finish).
#include "frontend/sass/integer_rows.hpp"
#include "frontend/sass/text.hpp"

namespace heddle::sass::integer {

namespace {

using F = AluForm;

constexpr auto kHidden = TextStyle::HiddenIfZero;

void add_moves(Table& t) {
    for (const F form : kSecondSource) {
        // The four bits say which lanes of each quad are written; all of them in normal code.
        Row& r = form_row(t, Op::MOV, 0x002, form).fix(72, 4, 15).modifier(silent(Field::Lut, 72, 4));
        r.operand(at::rd()).operand(flexible(Slot::B, form, Sign::None, TextStyle::UnsignedHex, 1));
        Row& partial = form_row(t, Op::MOV, 0x002, form).modifier(silent(Field::Lut, 72, 4));
        partial.operand(at::rd()).operand(flexible(Slot::B, form, Sign::None, TextStyle::UnsignedHex, 1)).operand(at::imm(Slot::E, 72, 4));
    }
    for (const F form : {F::Rir, F::Rur}) {
        Row& r = form_row(t, Op::UMOV, 0x002, form, true);
        r.fixed_mask = r.fixed = Word{};
        r.fix(91, 1, form == F::Rur);
        r.operand(result(true)).operand(flexible(Slot::B, form, Sign::None, TextStyle::UnsignedHex, 1, true));
    }
    for (const bool uniform : {false, true}) {
        for (const F form : second_source_forms(uniform)) {
            Row& r = form_row(t, uniform ? Op::USEL : Op::SEL, 0x007, form, uniform);
            r.operand(result(uniform)).operand(source_a(Sign::None, uniform));
            r.operand(flexible(Slot::B, form, Sign::None, TextStyle::UnsignedHex, 1, uniform)).operand(predicate_source(uniform));
        }
    }
}

void add_logic(Table& t, bool uniform) {
    for (const F form : second_source_forms(uniform)) {
        Row& r = form_row(t, uniform ? Op::ULOP3 : Op::LOP3, 0x012, form, uniform, uniform ? "ULOP3.LUT" : "LOP3.LUT");
        r.modifier(flag(Field::M0, 80, "PAND")).modifier(silent(Field::Lut, 72, 8));
        r.operand(predicate_result(uniform).as(kHidden)).operand(result(uniform)).operand(source_a(Sign::None, uniform));
        add_sources_bc(r, form, {.immediate = TextStyle::UnsignedHex}, uniform);
        r.operand(at::imm(Slot::E, 72, 8)).operand(predicate_source(uniform));
    }
}

// A truth table over the sign bits of three sources, as in LOP3; ptxas finds signed overflow with it. The vendor's name of opcode 0x01f
// is in no public list: SLOP3 and USLOP3 are ours.
void add_sign_logic(Table& t, bool uniform) {
    for (const F form : third_source_forms(uniform)) {
        Row& r = form_row(t, uniform ? Op::USLOP3 : Op::SLOP3, 0x01f, form, uniform);
        r.fix(84, 3, 7).modifier(silent(Field::Lut, 72, 8));
        r.operand(predicate_result(uniform)).operand(source_a(Sign::None, uniform));
        add_sources_bc(r, form, {.immediate = TextStyle::UnsignedHex}, uniform);
        r.operand(at::imm(Slot::E, 72, 8));
    }
}

void add_shifts(Table& t, bool uniform) {
    for (const F form : third_source_forms(uniform)) {
        Row& r = form_row(t, uniform ? Op::USHF : Op::SHF, 0x019, form, uniform);
        r.modifier(choice(Field::ShiftRight, 76, 1, {"L", "R"})).modifier(flag(Field::ShiftWrap, 75, "W"));
        r.modifier(choice(Field::ShiftType, 73, 2, {"S64", "U64", "S32", "U32"})).modifier(flag(Field::High, 80, "HI"));
        r.operand(result(uniform)).operand(source_a(Sign::None, uniform));
        add_sources_bc(r, form, {.immediate = TextStyle::UnsignedHex}, uniform);
    }
}

void add_permutations(Table& t, bool uniform) {
    for (const F form : third_source_forms(uniform)) {
        Row& r = form_row(t, uniform ? Op::UPRMT : Op::PRMT, 0x016, form, uniform);
        r.modifier(choice(Field::Mode, 72, 3, {"", "F4E", "B4E", "RC8", "ECL", "ECR", "RC16"}));
        r.operand(result(uniform)).operand(source_a(Sign::None, uniform));
        add_sources_bc(r, form, {.immediate = TextStyle::UnsignedHex}, uniform);
    }
}

void add_bit_fields(Table& t, bool uniform) {
    for (const F form : second_source_forms(uniform)) {
        Row& s = form_row(t, uniform ? Op::USGXT : Op::SGXT, 0x01a, form, uniform);
        s.modifier(flag(Field::M0, 75, "W")).modifier(choice(Field::Signed, 73, 1, {"U32", ""}));
        Row& b = form_row(t, uniform ? Op::UBMSK : Op::BMSK, 0x01b, form, uniform);
        b.modifier(flag(Field::M0, 75, "W"));
        for (Row* r : {&s, &b}) {
            r->operand(result(uniform)).operand(source_a(Sign::None, uniform));
            r->operand(flexible(Slot::B, form, Sign::None, TextStyle::UnsignedHex, 1, uniform));
        }
    }
}

// FLO, POPC and BREV run on the transcendental unit: forms without immediates of their own opcode range.
void add_bit_counts(Table& t) {
    for (const bool uniform : {false, true}) {
        for (const F form : uniform ? std::span<const F>(kUniformSecond, 1) : std::span<const F>(kSecondSource)) {
            const auto row = [&](Op op, unsigned base) -> Row& {
                Row& r = uniform ? t.row(op, base) : t.row(op, (base & 0x1ff) | static_cast<unsigned>(form) << 9);
                if (uniform || form == F::Rur) r.fix(91, 1, 1);
                r.uniform_guard = uniform;
                return r;
            };
            const auto source = flexible(Slot::B, form, Sign::Invert, TextStyle::UnsignedHex, 1, uniform);
            Row& flo = uniform ? row(Op::UFLO, 0x2bd) : row(Op::FLO, 0x100);
            flo.modifier(choice(Field::Signed, 73, 1, {"U32", ""})).modifier(flag(Field::M0, 74, "SH"));
            flo.operand(predicate_result(uniform).as(kHidden)).operand(result(uniform)).operand(source);
            Row& popc = uniform ? row(Op::UPOPC, 0x2bf) : row(Op::POPC, 0x109);
            popc.operand(result(uniform)).operand(source);
            Row& brev = uniform ? row(Op::UBREV, 0x2be) : row(Op::BREV, 0x101);
            brev.operand(result(uniform)).operand(source);
        }
    }
}

void add_compares(Table& t, bool uniform) {
    const auto compare = choice(Field::Compare, 76, 3, {"F", "LT", "EQ", "LE", "GT", "NE", "GE", "T"});
    const auto boolean = choice(Field::Boolean, 74, 2, {"AND", "OR", "XOR"});
    for (const F form : second_source_forms(uniform)) {
        for (const bool extended : {false, true}) {
            Row& r = form_row(t, uniform ? Op::UISETP : Op::ISETP, 0x00c, form, uniform);
            r.modifier(compare).modifier(choice(Field::Signed, 73, 1, {"U32", ""})).modifier(boolean);
            r.fix(72, 1, extended).modifier(flag(Field::Extended, 72, "EX"));
            r.operand(predicate_result(uniform)).operand(predicate_result(uniform, Slot::PQ, 84)).operand(source_a(Sign::None, uniform));
            r.operand(flexible(Slot::B, form, Sign::None, TextStyle::Default, 1, uniform)).operand(predicate_source(uniform));
            // The comparison of the low halves comes in by a predicate.
            if (extended) r.operand(predicate_source(uniform, Slot::PC, 68, 71));
            else r.fix(68, 4, 7);
        }
    }
}

// The first truth table is split: low three bits at 64, high five at 72.
bool plop3_table(const Word& word, Instruction& i) {
    i.fields[static_cast<unsigned>(Field::Lut)] = static_cast<std::uint8_t>(word.bits(64, 3) | word.bits(72, 5) << 3);
    i[Slot::B].value = i.field(Field::Lut);
    return true;
}

void add_predicate_logic(Table& t) {
    for (const bool uniform : {false, true}) {
        for (const bool third_uniform : {false, true}) {
            if (uniform && third_uniform) continue;
            Row& r = t.row(uniform ? Op::UPLOP3 : Op::PLOP3, uniform ? 0x89c : 0x81c, uniform ? "UPLOP3.LUT" : "PLOP3.LUT");
            r.uniform_guard = uniform;
            r.fix(67, 1, third_uniform);
            r.modifier(silent(Field::M0, 64, 3)).modifier(silent(Field::M1, 72, 5)).modifier(silent(Field::Lut2, 16, 8));
            r.operand(predicate_result(uniform)).operand(predicate_result(uniform, Slot::PQ, 84));
            r.operand(predicate_source(uniform)).operand(predicate_source(uniform, Slot::PB, 77, 80));
            r.operand(predicate_source(uniform || third_uniform, Slot::PC, 68, 71));
            r.operand(at::imm(Slot::B, 64, 3)).operand(at::imm(Slot::E, 16, 8));
            r.finish = plop3_table;
        }
    }
}

std::string byte_of(const Instruction& i, const char* separator) {
    return i.field(Field::M0) == 0 ? "" : separator + std::to_string(i.field(Field::M0));
}
// "R2P PR, R0.B1, 0xf"; all eight bits set: not printed.
std::string spell_r2p(const Instruction& i) {
    std::string s = (i.op == Op::R2P ? "PR, " : "UPR, ") + operand_text(i[Slot::A]) + byte_of(i, ".B");
    if (i[Slot::B].value != 0xff) s += ", " + operand_text(i[Slot::B]);
    return s;
}
// "P2R.B1 R15, PR, R14, 0xf".
std::string spell_p2r(const Instruction& i) {
    return operand_text(i[Slot::D]) + (i.op == Op::P2R ? ", PR, " : ", UPR, ") + operand_text(i[Slot::A]) + ", " + operand_text(i[Slot::B]);
}

// All predicates at once to or from a byte of a register; the mask says which.
void add_predicate_moves(Table& t) {
    for (const bool uniform : {false, true}) {
        Row& p = t.row(uniform ? Op::UP2UR : Op::P2R, uniform ? 0x883 : 0x803);
        p.uniform_guard = uniform;
        if (uniform) p.fix(91, 1, 1);
        p.modifier(choice(Field::M0, 76, 2, {"", "B1", "B2", "B3"}));
        p.operand(result(uniform)).operand(source_a(Sign::None, uniform)).operand(at::imm(Slot::B, 32, 8));
        p.spell_operands = spell_p2r;
        Row& r = t.row(uniform ? Op::UR2UP : Op::R2P, uniform ? 0x884 : 0x804);
        r.uniform_guard = uniform;
        if (uniform) r.fix(91, 1, 1);
        r.modifier(choice(Field::M0, 76, 2, {"", "", "", ""}));
        r.operand(source_a(Sign::None, uniform)).operand(at::imm(Slot::B, 32, 8));
        r.spell_operands = spell_r2p;
    }
}

} // namespace

void add_logic_rows(Table& t) {
    add_moves(t);
    for (const bool uniform : {false, true}) {
        add_logic(t, uniform);
        add_sign_logic(t, uniform);
        add_shifts(t, uniform);
        add_permutations(t, uniform);
        add_bit_fields(t, uniform);
        add_compares(t, uniform);
    }
    add_bit_counts(t);
    add_predicate_logic(t);
    add_predicate_moves(t);
}

} // namespace heddle::sass::integer
