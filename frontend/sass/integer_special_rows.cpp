// Special registers and warp votes.
//
// Private fields: CS2R: Wide = 64 bits.
#include "frontend/sass/integer_rows.hpp"

namespace heddle::sass::integer {

namespace {

constexpr auto kHidden = TextStyle::HiddenIfZero;

OperandSpec special_register() {
    OperandSpec spec;
    spec.slot = Slot::A;
    spec.kind = Operand::Kind::SpecialRegister;
    spec.position = 72;
    spec.bits = 8;
    return spec;
}

bool cs2r_width(const Word&, Instruction& i) {
    if (i.flag(Field::Wide)) i[Slot::D].registers = 2;
    return true;
}

} // namespace

void add_special_rows(Table& t) {
    t.row(Op::S2R, 0x919).operand(at::rd()).operand(special_register());
    t.row(Op::S2UR, 0x9c3).operand(result(true)).operand(special_register());
    Row& cs2r = t.row(Op::CS2R, 0x805).modifier(choice(Field::Wide, 80, 1, {"32", ""}));
    cs2r.operand(at::rd()).operand(special_register());
    cs2r.finish = cs2r_width;
    for (const bool uniform : {false, true}) {
        Row& r = t.row(uniform ? Op::VOTEU : Op::VOTE, uniform ? 0x886 : 0x806);
        r.modifier(choice(Field::Mode, 72, 2, {"ALL", "ANY", "EQ"}));
        r.operand(result(uniform).as(kHidden)).operand(predicate_result(uniform)).operand(predicate_source(false));
    }
    // One of the active lanes is elected, among those of a mask or those whose predicate is true.
    Row& elect = t.row(Op::ELECT, 0x82f).on(90, 99).fix(91, 1, 1);
    elect.operand(predicate_result(false)).operand(result(true)).operand(at::ureg(Slot::A, 24).inv(72));
    t.row(Op::ELECT, 0x82f).on(90, 99).operand(predicate_result(false)).operand(result(true)).operand(predicate_source(false));
}

} // namespace heddle::sass::integer
