// Uniform loads of constants, moves between the register files, conversions of small integers.
//
// Private fields: I2I, I2IP: DestinationFormat 0 U8, 1 S8, 2 U16, 3 S16, 4 U2, 5 S2, 6 U4, 7 S4.
#include "frontend/sass/integer_rows.hpp"
#include "frontend/sass/text.hpp"

namespace heddle::sass::integer {

namespace {

constexpr auto kHidden = TextStyle::HiddenIfZero;

bool uldc_width(const Word& word, Instruction& i) {
    if (i.field(Field::Size) == 5) i[Slot::D].registers = i[Slot::A].registers = 2;
    if (word.bits(0, 12) == 0xabb) {
        i[Slot::A].uniform = static_cast<std::uint8_t>(word.bits(24, 6));
        i[Slot::A].value = word.signed_bits(38, 16);
    }
    return true;
}

void add_constant_loads(Table& t) {
    const auto size = choice(Field::Size, 73, 3, {"U8", "S8", "U16", "S16", "", "64"});
    Row& plain = t.row(Op::ULDC, 0xab9).modifier(size).operand(result(true)).operand(at::constant(Slot::A));
    plain.uniform_guard = true;
    plain.finish = uldc_width;
    Row& indexed = t.row(Op::ULDC, 0xabb).fix(91, 1, 1).modifier(size).operand(result(true)).operand(at::constant(Slot::A));
    indexed.modifier(silent(Field::M0, 24, 6)); // the uniform register added to the offset
    indexed.uniform_guard = true;
    indexed.finish = uldc_width;
}

void add_file_moves(Table& t) {
    // A lane's value becomes uniform. The predicate says whether all active lanes agreed.
    for (const auto& [opcode, first, last] : {std::tuple{0x3c2U, 70U, 89U}, {0x2caU, 90U, 99U}}) {
        Row& r = t.row(Op::R2UR, opcode).on(first, last);
        if (first >= 90) r.modifier(flag(Field::Boolean, 84, "OR")); // keeps the predicate where it was true: for pairs of registers
        r.operand(predicate_result(false).as(kHidden)).operand(result(true)).operand(at::ra());
    }
}

std::string spell_upper_half(const Instruction& i) {
    return operand_text(i[Slot::D]) + ", " + operand_text(i[Slot::A]) + ", " + operand_text(i[Slot::B]) + ", " + operand_text(i[Slot::C]) +
           ".H1";
}

// Saturating conversions. I2IP packs two results below the third source; bit 74 is set from sm_90 on.
void add_conversions(Table& t) {
    for (const AluForm form : kSecondSource) {
        Row& r = form_row(t, Op::I2I, 0x038, form);
        r.modifier(choice(Field::DestinationFormat, 76, 2, {"U8.S32.SAT", "S8.S32.SAT", "U16.S32.SAT", "S16.S32.SAT"}));
        r.operand(at::rd()).operand(flexible(Slot::B, form, Sign::None, TextStyle::Default, 1));
    }
    for (const AluForm form : kThirdSource) {
        for (const bool hopper : {false, true}) {
            // Bits 72-73: where C goes: 0 its lower half on top, 1 its upper half, 2 and 3 eight and four bits up, with the narrow formats.
            for (const unsigned width : {0U, 1U, 2U, 3U}) {
                Row& packed = form_row(t, Op::I2IP, 0x039, form).on(hopper ? 90 : 70, hopper ? 99 : 89);
                packed.fix(74, 1, hopper).fix(72, 2, width).modifier(silent(Field::SelectC, 72, 2));
                const char* const none = nullptr;
                if (width == 1) packed.spell_operands = spell_upper_half;
                packed.modifier(
                    width == 0   ? choice(Field::DestinationFormat, 76, 3, {"U8.S32.SAT", "S8.S32.SAT", "U16.S32.SAT", "S16.S32.SAT"})
                    : width == 1 ? choice(Field::DestinationFormat, 76, 3, {"U8.S32.SAT", "S8.S32.SAT"})
                    : width == 3
                        ? choice(Field::DestinationFormat, 76, 3, {none, none, none, none, "U2.S32.SAT", "S2.S32.SAT"})
                        : choice(Field::DestinationFormat, 76, 3, {none, none, none, none, none, none, "U4.S32.SAT", "S4.S32.SAT"}));
                packed.operand(at::rd()).operand(source_a(Sign::None));
                add_sources_bc(packed, form, {});
            }
        }
    }
}

} // namespace

void add_uniform_rows(Table& t) {
    add_constant_loads(t);
    add_file_moves(t);
    add_conversions(t);
}

} // namespace heddle::sass::integer
