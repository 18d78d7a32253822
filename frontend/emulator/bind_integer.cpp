// Chooses the functions of integer instructions.
#include "frontend/emulator/integer_lanes.hpp"
#include "frontend/sass/table.hpp"
#include "sim/base/error.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;

// Forms that decode but whose meaning is not certain. Never a guess.
void refuse_unknown(const sass::Instruction& i) {
    const char* what = nullptr;
    if ((i.op == Op::LEA || i.op == Op::ULEA) && i.flag(Field::High) && !i.flag(Field::Extended) && i[Slot::A].negate)
        what = "the upper half of a negative source";
    if ((i.op == Op::ISETP || i.op == Op::UISETP) && i.flag(Field::Extended) &&
        (i.field(Field::Compare) == 0 || i.field(Field::Compare) == 7))
        what = "an extended comparison that compares nothing";
    if ((i.op == Op::IMAD || i.op == Op::UIMAD) && (i.word.bits(0, 9) & 0x17fU) == 0x027 && i.flag(Field::Extended))
        what = "the upper half with a carry";
    if ((i.op == Op::IMAD || i.op == Op::UIMAD) && i[Slot::C].kind == sass::Operand::Kind::Immediate && i[Slot::C].registers == 2 &&
        i[Slot::C].value < 0 && !i.flag(Field::Signed))
        what = "a negative addend of 64 bits to an unsigned product";
    if (i.op == Op::P2R && (i[Slot::B].value & 0x80)) what = "there is no eighth predicate";
    if (what)
        fail_at("", 0, 0, fmt::format("cannot execute {} at 0x{:x}: {}", sass::text(i), i.address, what), "the emulator does not model it");
}

} // namespace

Execute bind_integer(const sass::Instruction& i, MicroOp& op, LaneLevel level) {
    if (const Execute special = bind_special(i, op)) return special;
    const auto sign = [&](Slot slot) { return i[slot].negate || i[slot].invert ? ~0U : 0U; };
    op.p = {sign(Slot::A), sign(Slot::B), sign(Slot::C), unsigned{i[Slot::A].negate} + i[Slot::B].negate + i[Slot::C].negate};
    Execute execute = bind_uniform(i, op);
    const auto try_parts = [&](auto... parts) { ((execute = execute ? execute : parts(i, op)), ...); };
    switch (level) {
    case LaneLevel::Portable:
        try_parts(portable::bind_integer_arithmetic, portable::bind_integer_logic, portable::bind_integer_video);
        break;
    case LaneLevel::Avx2: try_parts(avx2::bind_integer_arithmetic, avx2::bind_integer_logic, avx2::bind_integer_video); break;
    case LaneLevel::Avx512: try_parts(avx512::bind_integer_arithmetic, avx512::bind_integer_logic, avx512::bind_integer_video); break;
    }
    if (execute) refuse_unknown(i);
    return execute;
}

} // namespace heddle::emulator
