// Surface loads, stores and reductions.
//
// A: the coordinates, x first (in bytes for unformatted accesses .D.BA), then y and z; the array index comes last. B: data. E: the
// handle: a register (64-71), a constant c[bank][4*n] printed as bank and n, or a uniform register.
// Bits: 59-60 out of range: ignore, clamp, trap; 61-63 dimensions; 72-75 size, or components of formatted accesses (.P).
#include "frontend/sass/memory_rows.hpp"
#include "frontend/sass/text.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace heddle::sass::memory {

namespace {

enum class Handle { Register, Constant, Uniform };

unsigned coordinates(unsigned dimensions) {
    constexpr std::uint8_t count[] = {1, 1, 2, 2, 3, 3, 0, 0}; // 1D 1D_BUFFER 1D_ARRAY 2D 2D_ARRAY 3D
    return count[dimensions];
}
bool complete_coordinates(Instruction& i) {
    Operand& a = i[Slot::A];
    a.registers = static_cast<std::uint8_t>(coordinates(i.field(Field::Shape)));
    if (i[Slot::E].kind == Operand::Kind::Constant) i[Slot::E].value *= 4; // numbered in words
    return a.registers != 0;
}
bool load(const Word&, Instruction& i) {
    i[Slot::D].registers = static_cast<std::uint8_t>(registers_of_size(i.field(Field::Size)));
    return complete_coordinates(i);
}
bool store(const Word&, Instruction& i) {
    i.writes_memory = true;
    i[Slot::B].registers = static_cast<std::uint8_t>(registers_of_size(i.field(Field::Size)));
    return complete_coordinates(i);
}
bool store_formatted(const Word&, Instruction& i) {
    i.writes_memory = true;
    i[Slot::B].registers = static_cast<std::uint8_t>(std::popcount(i.field(Field::Size)));
    return complete_coordinates(i);
}
bool reduce(const Word&, Instruction& i) {
    i.writes_memory = true;
    const unsigned type = i.field(Field::Size); // U32 S32 64 .. S64
    i[Slot::B].registers = type == 2 || type == 3 || type == 5 ? 2 : 1;
    return complete_coordinates(i);
}

std::string handle_text(const Instruction& i) {
    const Operand& h = i[Slot::E];
    if (h.kind == Operand::Kind::Constant) return fmt::format("0x{:x}, {}", h.bank, hex(h.value / 4));
    if (h.kind == Operand::Kind::UniformRegister) return fmt::format("{}, 0x0", operand_text(h));
    return operand_text(h);
}
std::string spell_load(const Instruction& i) {
    return fmt::format("{}, {}, {}", operand_text(i[Slot::D]), operand_text(i[Slot::A]), handle_text(i));
}
std::string spell_store(const Instruction& i) {
    return fmt::format("{}, {}, {}", operand_text(i[Slot::A]), operand_text(i[Slot::B]), handle_text(i));
}

void add_handle(Row& row, Handle kind) {
    if (kind == Handle::Register) row.operand(at::reg(Slot::E, 64));
    if (kind == Handle::Constant) {
        OperandSpec spec = at::constant(Slot::E);
        spec.position = 40;
        spec.bits = 14;
        row.operand(spec);
    }
    if (kind == Handle::Uniform) row.fix(91, 1, 1).operand(at::ureg(Slot::E, 40));
}

Row& start(Table& t, Op op, unsigned opcode, Handle kind, const char* mnemonic) {
    Row& r = t.row(op, opcode, mnemonic).modifier(choice(Field::Shape, 61, 3, {"1D", "1D_BUFFER", "1D_ARRAY", "2D", "2D_ARRAY", "3D"}));
    r.operand(at::memory(Slot::A, 24, 0, 0));
    add_handle(r, kind);
    return r.fix(84, 3, 1);
}
ModifierSpec out_of_range() { return choice(Field::Mode, 59, 2, {"IGN", "", "TRAP"}); }
ModifierSpec order() {
    return choice(Field::Order, 77, 4,
                  {"", nullptr, nullptr, nullptr, nullptr, "STRONG.SM", nullptr, "STRONG.GPU", nullptr, nullptr, "STRONG.SYS"});
}

} // namespace

void add_surface_rows(Table& t) {
    struct Form {
        Handle handle;
        unsigned load, formatted, store, reduce;
    };
    for (const Form& f : {Form{Handle::Register, 0x99a, 0x99c, 0x99e, 0x3a0},
                          {Handle::Constant, 0xb99, 0xb9b, 0xb9d, 0x59f},
                          {Handle::Uniform, 0xf99, 0xf9b, 0xf9d, 0xf9f}}) {
        Row& ld = start(t, Op::SULD, f.load, f.handle, "SULD.D.BA").modifier(size_modifier()).modifier(order()).modifier(out_of_range());
        ld.fix(72, 1, 1).fix(81, 3, 7).operand(at::rd());
        ld.finish = load;
        ld.spell_operands = spell_load;
        Row& st = start(t, Op::SUST, f.store, f.handle, "SUST.D.BA").modifier(size_modifier()).modifier(order()).modifier(out_of_range());
        st.fix(72, 1, 1).operand(at::reg(Slot::B, 32));
        st.finish = store;
        st.spell_operands = spell_store;
        Row& p = start(t, Op::SUST, f.formatted, f.handle, "SUST.P").modifier(order());
        p.modifier(choice(Field::Size, 72, 4,
                          {nullptr, "R", nullptr, "RG", nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr,
                           nullptr, nullptr, ""}));
        p.modifier(out_of_range()).operand(at::reg(Slot::B, 32));
        p.finish = store_formatted;
        p.spell_operands = spell_store;
        Row& red = start(t, Op::SURED, f.reduce, f.handle, "SURED").modifier(choice(Field::M0, 72, 1, {"P", "D.BA"}));
        red.modifier(choice(Field::Function, 87, 3, {"ADD", "MIN", "MAX", nullptr, nullptr, "AND", "OR", "XOR"}));
        red.modifier(choice(Field::Size, 73, 3, {"", "S32", "64", nullptr, nullptr, "S64"})).modifier(order()).modifier(out_of_range());
        red.operand(at::reg(Slot::B, 32));
        red.finish = reduce;
        red.spell_operands = spell_store;
    }
}

} // namespace heddle::sass::memory
