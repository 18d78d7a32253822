// Video and dynamic-programming instructions: absolute differences; sm_90: VIADD, VIMNMX, VIMNMX3, VIADDMNMX.
//
// Field Size is the type: 0 U32, 1 S32, 2 U16x2, 3 S16x2 (bits 72-73). VABSDIFF, VABSDIFF4: M0 = the third source is added (ACC).
// VIMNMX: the predicates are those of __vibmin and __vibmax: "the first source was chosen", of the lower and the upper half.
// Text of VIMNMX3 and VABSDIFF: by analogy, no public listing has them.
#include "frontend/sass/integer_rows.hpp"

namespace heddle::sass::integer {

namespace {

using F = AluForm;

constexpr auto kHidden = TextStyle::HiddenIfZero;

ModifierSpec type() { return choice(Field::Size, 72, 2, {"U32", "", "U16x2", "S16x2"}); }
ModifierSpec relu() { return flag(Field::Relu, 76, "RELU"); }

void add_absolute_differences(Table& t) {
    for (const F form : kThirdSource) {
        Row& bytes = form_row(t, Op::VABSDIFF4, 0x015, form);
        bytes.fix(81, 3, 7).modifier(choice(Field::Signed, 73, 1, {"U8", "S8"})).modifier(flag(Field::M0, 75, "ACC"));
        Row& word = form_row(t, Op::VABSDIFF, 0x014, form);
        word.fix(81, 3, 7).modifier(choice(Field::Signed, 73, 1, {"U32", ""}));
        for (Row* r : {&bytes, &word}) {
            r->operand(at::rd()).operand(source_a(Sign::None));
            add_sources_bc(*r, form, {});
        }
    }
}

void add_additions(Table& t) {
    for (const F form : kSecondSource) {
        Row& r = form_row(t, Op::VIADD, 0x036, form).on(90, 99);
        r.modifier(choice(Field::Size, 72, 2, {"", nullptr, "16x2"}));
        r.operand(at::rd()).operand(source_a(Sign::None)).operand(flexible(Slot::B, form, Sign::Negate, TextStyle::UnsignedHex, 1));
    }
}

// Minimum if the predicate is true, else maximum.
void add_min_max(Table& t) {
    for (const F form : kSecondSource) {
        Row& r = form_row(t, Op::VIMNMX, 0x048, form).on(90, 99);
        r.modifier(type()).modifier(relu());
        r.operand(predicate_result(false).as(kHidden)).operand(predicate_result(false, Slot::PQ, 84).as(kHidden));
        r.operand(at::rd()).operand(source_a(Sign::None)).operand(flexible(Slot::B, form, Sign::None, TextStyle::Default, 1));
        r.operand(predicate_source(false));
    }
    for (const F form : kThirdSource) {
        Row& three = form_row(t, Op::VIMNMX3, 0x00f, form).on(90, 99);
        three.modifier(type()).modifier(relu()).operand(at::rd()).operand(source_a(Sign::None));
        add_sources_bc(three, form, {});
        three.operand(predicate_source(false));
        Row& sum = form_row(t, Op::VIADDMNMX, 0x046, form).on(90, 99);
        sum.modifier(type()).modifier(relu()).operand(at::rd()).operand(source_a(Sign::None));
        add_sources_bc(sum, form, {.b = Sign::Negate});
        sum.operand(predicate_source(false));
    }
}

} // namespace

void add_video_rows(Table& t) {
    add_absolute_differences(t);
    add_additions(t);
    add_min_max(t);
}

} // namespace heddle::sass::integer
