// Texture fetches.
//
// Where things are: D (16-23) holds the first two of the components asked for, D2 (64-71) the others. The arguments are, in
// order: array index, x, y, z, [handle if .B], level of detail (LL), offsets (AOFFI). Without SCR register A holds the coordinates
// and B the rest; with SCR the list is split in halves, A takes the first, larger one. TXD: A holds [handle], x, y, z, array index; B the
// gradients. The handle of an object that is no register (no .B) is a constant c[bank][4*n], printed as bank and n, or a uniform register
// pair. Bits: 59 B, 60 SCR, 61-63 dimensions, 72-75 components, 76 AOFFI, 77 NDV, 78 DC, 79 F16, 87-89 level mode. Sources: CuAssembler
// vectors; order of the arguments: constants in PTX found again in registers before TEX.
#include "frontend/sass/memory_rows.hpp"
#include "frontend/sass/text.hpp"

#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace heddle::sass::memory {

namespace {

// Dimensions as encoded: 1D 2D 3D CUBE, then with array index.
constexpr const char* kDimensions[] = {"1D", "2D", "3D", "CUBE", "ARRAY_1D", "ARRAY_2D", "ARRAY_3D", "ARRAY_CUBE"};

unsigned coordinates(unsigned dimensions) {
    constexpr std::uint8_t count[] = {1, 2, 3, 3, 2, 3, 4, 4};
    return count[dimensions];
}

void complete_result(Instruction& i, bool halves) {
    const auto components = static_cast<unsigned>(std::popcount(i.field(Field::M1)));
    const unsigned registers = halves ? (components + 1) / 2 : components;
    const unsigned first = halves ? 1 : 2;
    i[Slot::D].registers = static_cast<std::uint8_t>(std::min(registers, first));
    i[Slot::D2].registers = static_cast<std::uint8_t>(registers > first ? registers - first : 0);
}

// Constants are numbered in words; operands count in bytes.
void complete_handle(Instruction& i) {
    if (i[Slot::E].kind == Operand::Kind::UniformRegister) i[Slot::E].registers = 2;
    if (i[Slot::E].kind == Operand::Kind::Constant) i[Slot::E].value *= 4;
}

bool fetch(const Word&, Instruction& i) {
    const unsigned dimensions = i.field(Field::Shape);
    if (dimensions == 6 || i.field(Field::M1) == 0) return false;
    complete_result(i, i.flag(Field::M5));
    unsigned first = coordinates(dimensions);
    unsigned rest = (i.flag(Field::M0) ? 1 : 0) + (i.flag(Field::M4) ? 1 : 0);
    if (i.op != Op::TLD4 && i.field(Field::Mode) >= 2) ++rest; // bias or level
    if (i.op == Op::TXD) {
        first += i.flag(Field::M0) ? 1 : 0;
        rest = 2 * coordinates(dimensions & 3);
        if (dimensions == 0 || dimensions == 4) rest = 2;
    } else if (i.flag(Field::M3)) { // SCR
        const unsigned all = first + rest;
        first = (all + 1) / 2;
        rest = all - first;
    }
    i[Slot::A].registers = static_cast<std::uint8_t>(first);
    i[Slot::B].registers = static_cast<std::uint8_t>(i[Slot::B].index == kZeroRegister ? 0 : rest);
    complete_handle(i);
    return true;
}
bool query(const Word&, Instruction& i) {
    complete_result(i, false);
    complete_handle(i);
    i[Slot::A].registers = i.flag(Field::M0) ? 2 : 1;
    return i.field(Field::M1) != 0;
}

std::string handle_text(const Instruction& i) {
    const Operand& h = i[Slot::E];
    if (h.kind == Operand::Kind::Constant) return fmt::format(", 0x{:x}, {}", h.bank, hex(h.value / 4));
    if (h.kind == Operand::Kind::UniformRegister) return fmt::format(", {}, 0x0", operand_text(h));
    return {};
}
std::string components_text(const Instruction& i) { return i.field(Field::M1) == 15 ? "" : fmt::format(", 0x{:x}", i.field(Field::M1)); }

std::string spell_fetch(const Instruction& i) {
    std::string s = operand_text(i[Slot::D2]) + ", " + operand_text(i[Slot::D]) + ", " + operand_text(i[Slot::A]);
    if (i[Slot::B].index != kZeroRegister) s += ", " + operand_text(i[Slot::B]);
    return s + handle_text(i) + ", " + kDimensions[i.field(Field::Shape)] + components_text(i);
}
std::string spell_query(const Instruction& i) {
    return operand_text(i[Slot::D2]) + ", " + operand_text(i[Slot::D]) + ", " + operand_text(i[Slot::A]) + ", TEX_HEADER_DIMENSION" +
           handle_text(i) + components_text(i);
}

enum class Handle { Register, Constant, Uniform };

// Bits 40-53: offset in words; 54-58 bank.
void add_handle(Row& row, Handle kind) {
    if (kind == Handle::Register) row.modifier(flag(Field::M0, 59, "B")).fix(59, 1, 1);
    if (kind == Handle::Constant) {
        OperandSpec spec = at::constant(Slot::E);
        spec.position = 40;
        spec.bits = 14;
        row.operand(spec);
    }
    if (kind == Handle::Uniform) row.fix(91, 1, 1).operand(at::ureg(Slot::E, 40));
}

void add_fetch(Table& t, Op op, Handle kind, unsigned opcode) {
    Row& r = t.row(op, opcode);
    if (op != Op::TXD) r.modifier(flag(Field::M3, 60, "SCR"));
    if (op == Op::TLD4) r.modifier(choice(Field::Mode, 87, 2, {"R", "G", "B", "A"}));
    add_handle(r, kind);
    if (op == Op::TEX) r.modifier(choice(Field::Mode, 87, 3, {"", "LZ", "LB", "LL"}));
    if (op == Op::TLD) r.modifier(choice(Field::Mode, 87, 3, {nullptr, "LZ", nullptr, "LL"}));
    r.modifier(flag(Field::M4, 76, "AOFFI"));
    if (op == Op::TEX) r.modifier(flag(Field::M6, 77, "NDV")).modifier(flag(Field::M7, 78, "DC"));
    r.modifier(flag(Field::M5, 79, "F16")).modifier(silent(Field::M1, 72, 4)).modifier(silent(Field::Shape, 61, 3));
    r.fix(81, 3, 7).fix(84, 3, 1);
    r.operand(at::rd()).operand(at::reg(Slot::D2, 64)).operand(at::reg(Slot::A, 24)).operand(at::reg(Slot::B, 32));
    r.finish = fetch;
    r.spell_operands = spell_fetch;
}

} // namespace

void add_texture_rows(Table& t) {
    struct Form {
        Op op;
        unsigned reg, constant, uniform;
    };
    for (const Form& f : {Form{Op::TEX, 0x361, 0xb60, 0xf60},
                          {Op::TLD, 0x367, 0xb66, 0xf66},
                          {Op::TLD4, 0x364, 0xb63, 0xf63},
                          {Op::TXD, 0x36d, 0xb6c, 0xf6c}}) {
        add_fetch(t, f.op, Handle::Register, f.reg);
        add_fetch(t, f.op, Handle::Constant, f.constant);
        add_fetch(t, f.op, Handle::Uniform, f.uniform);
    }
    // TXQ gives width, height, depth of a level; A: the level (or, with .B, the handle followed by the level).
    for (const auto& [kind, opcode] : {std::pair{Handle::Register, 0x370U}, {Handle::Constant, 0xb6fU}, {Handle::Uniform, 0xf6fU}}) {
        Row& r = t.row(Op::TXQ, opcode);
        add_handle(r, kind);
        r.modifier(silent(Field::M1, 72, 4)).operand(at::rd()).operand(at::reg(Slot::D2, 64)).operand(at::reg(Slot::A, 24));
        r.finish = query;
        r.spell_operands = spell_query;
    }
}

} // namespace heddle::sass::memory
