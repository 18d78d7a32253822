// Helpers of the integer family's rows, and its list of parts.
#include "frontend/sass/integer_rows.hpp"

namespace heddle::sass {

namespace integer {

OperandSpec source_a(Sign sign, bool uniform) { return with_sign(uniform ? at::ureg(Slot::A, 24) : at::ra(), sign, 72); }

OperandSpec flexible(Slot slot, AluForm form, Sign sign, TextStyle immediate, unsigned width, bool uniform) {
    OperandSpec spec;
    switch (form) {
    case AluForm::Rri:
    case AluForm::Rir: return at::imm(slot, 32, 32, immediate, immediate == TextStyle::Default).wide(width);
    case AluForm::Rrc:
    case AluForm::Rcr: spec = at::constant(slot); break;
    case AluForm::Rur:
    case AluForm::Rru: spec = at::ureg(slot, 32); break;
    case AluForm::Rrr: spec = uniform ? at::ureg(slot, 32) : at::reg(slot, 32).reusing(123); break;
    }
    return with_sign(spec.wide(width), sign, 63);
}

void add_sources_bc(Row& row, AluForm form, const Shape& shape, bool uniform) {
    const bool swapped = form == AluForm::Rri || form == AluForm::Rrc || form == AluForm::Rru; // B is at 64
    const auto plain = [&](Slot slot, Sign sign, unsigned width) {
        return with_sign((uniform ? at::ureg(slot, 64) : at::reg(slot, 64).reusing(124)).wide(width), sign, 75);
    };
    if (swapped) {
        row.operand(plain(Slot::B, shape.b, 1)).operand(flexible(Slot::C, form, shape.c, shape.immediate, shape.width_c, uniform));
    } else {
        row.operand(flexible(Slot::B, form, shape.b, shape.immediate, 1, uniform)).operand(plain(Slot::C, shape.c, shape.width_c));
    }
}

Row& form_row(Table& t, Op op, unsigned base, AluForm form, bool uniform, const char* mnemonic) {
    Row& r = t.row(op, opcode(base, form, uniform), mnemonic);
    if (uniform || form == AluForm::Rur || form == AluForm::Rru) r.fix(91, 1, 1);
    r.uniform_guard = uniform;
    return r;
}

OperandSpec predicate_source(bool uniform, Slot slot, unsigned position, unsigned negate) {
    return uniform ? at::upred_src(slot, position, negate) : at::pred_src(slot, position, negate);
}
OperandSpec predicate_result(bool uniform, Slot slot, unsigned position) {
    return uniform ? at::upred_dst(slot, position) : at::pred_dst(slot, position);
}
OperandSpec result(bool uniform) { return uniform ? at::ureg(Slot::D, 16) : at::rd(); }

} // namespace integer

void add_integer_rows(Table& t) {
    integer::add_arithmetic_rows(t);
    integer::add_logic_rows(t);
    integer::add_uniform_rows(t);
    integer::add_special_rows(t);
    integer::add_video_rows(t);
}

} // namespace heddle::sass
