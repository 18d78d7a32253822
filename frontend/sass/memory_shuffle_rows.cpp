// Exchange between the lanes of a warp: SHFL, MATCH, REDUX.
#include "frontend/sass/memory_rows.hpp"

namespace heddle::sass::memory {

namespace {

bool match(const Word&, Instruction& i) {
    if (i.flag(Field::Wide)) i[Slot::A].registers = 2;
    return true;
}

} // namespace

void add_shuffle_rows(Table& t) {
    // A the value, B the lane, C clamp (bits 0-4) and segment mask (bits 8-12). PD: the source lane is within bounds.
    for (const unsigned opcode : {0x389U, 0x589U, 0x989U, 0xf89U}) {
        Row& r = t.row(Op::SHFL, opcode).modifier(choice(Field::Mode, 58, 2, {"IDX", "UP", "DOWN", "BFLY"}));
        const bool lane_immediate = opcode == 0x989 || opcode == 0xf89, clamp_immediate = opcode == 0x589 || opcode == 0xf89;
        r.operand(at::pred_dst(Slot::PD, 81)).operand(at::rd()).operand(at::reg(Slot::A, 24));
        r.operand(lane_immediate ? at::imm(Slot::B, 53, 5) : at::reg(Slot::B, 32));
        r.operand(clamp_immediate ? at::imm(Slot::C, 40, 13) : at::reg(Slot::C, 64));
    }
    // ANY: lanes with the same value. ALL: all lanes if all have the same value, else none; PD says which.
    for (const bool any : {false, true}) {
        Row& r = t.row(Op::MATCH, 0x3a1).modifier(choice(Field::Mode, 79, 1, {"ALL", "ANY"})).fix(79, 1, any);
        r.modifier(choice(Field::Wide, 73, 1, {"", "U64"}));
        OperandSpec predicate = at::pred_dst(Slot::PD, 81);
        r.operand(any ? predicate.as(TextStyle::HiddenIfZero) : predicate).operand(at::rd()).operand(at::reg(Slot::A, 24));
        r.finish = match;
    }
    Row& redux = t.row(Op::REDUX, 0x3c4)
                     .modifier(choice(Field::Function, 78, 3, {"", "OR", "XOR", "SUM", "MIN", "MAX"}))
                     .modifier(choice(Field::Signed, 73, 1, {"", "S32"}));
    redux.operand(at::ureg(Slot::D, 16)).operand(at::reg(Slot::A, 24));
}

} // namespace heddle::sass::memory
