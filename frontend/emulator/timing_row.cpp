#include "frontend/emulator/timing_row.hpp"

#include "frontend/isa/decode.hpp"
#include "frontend/sass/decoder.hpp"

#include <algorithm>
#include <vector>

namespace heddle::emulator {

namespace {

using sass::Op;
using sass::Slot;
using K = sass::Operand::Kind;

std::uint16_t register_name(const sass::Operand& o) {
    if (o.kind == K::Register || o.kind == K::Memory) return o.index;
    return kNoRegister;
}

// Immediates that steer the timing model: barrier number and count, groups that may stay open, nanoseconds.
void immediates(const sass::Instruction& i, OperandNames& names) {
    switch (i.op) {
    case Op::BAR:
        if (!i[Slot::A].is_register()) names.immediate = i[Slot::A].value;
        if (!i[Slot::B].is_register()) names.second_immediate = i[Slot::B].value;
        break;
    case Op::WARPGROUP:
    case Op::DEPBAR:
    case Op::NANOSLEEP:
        for (const Slot slot : {Slot::B, Slot::A, Slot::C})
            if (i[slot].kind == K::Immediate) {
                names.immediate = i[slot].value;
                break;
            }
        break;
    default: break;
    }
}

// Register operands in slot order: what the register file and the reuse cache see.
void operands(const sass::Instruction& i, StaticInstruction& s) {
    s.source_count = s.destination_count = 0;
    for (const Slot slot : {Slot::A, Slot::B, Slot::C, Slot::E}) {
        const sass::Operand& o = i[slot];
        const unsigned count = o.kind == K::Memory ? std::max<unsigned>(o.registers, o.wide ? 2 : 1) : o.registers;
        if (register_name(o) >= kZeroRegister || count == 0) continue;
        if (s.source_count < s.sources.size()) s.sources[s.source_count++] = {o.index, static_cast<std::uint8_t>(count)};
    }
    for (const Slot slot : {Slot::D, Slot::D2}) {
        const sass::Operand& o = i[slot];
        if (o.kind != K::Register || o.index == sass::kZeroRegister || o.registers == 0) continue;
        if (s.destination_count < s.destinations.size()) s.destinations[s.destination_count++] = {o.index, o.registers};
    }
}

} // namespace

constexpr std::uint64_t kNoGroup = 7; // of a warpgroup MMA's field gsb: more of its group will follow

StaticInstruction timing_row(const sass::Instruction& i, unsigned architecture) {
    std::vector<std::uint16_t> sources, destinations;
    for (const Slot slot : {Slot::A, Slot::B, Slot::C, Slot::E})
        if (i[slot].present()) sources.push_back(register_name(i[slot]));
    for (const Slot slot : {Slot::D, Slot::D2})
        if (i[slot].kind == K::Register) destinations.push_back(i[slot].index);
    OperandNames names;
    names.form = OperandNames::Form::Slots;
    names.sources = sources;
    names.destinations = destinations;
    immediates(i, names);
    StaticInstruction s = decode(architecture, sass::opcode_text(i), names).instruction;
    const sass::RegisterUse use = sass::register_use(i);
    s.reads = use.reads;
    s.writes = use.writes;
    operands(i, s);
    if (i[Slot::A].kind == K::Memory) s.uniform_address = i[Slot::A].index == sass::kZeroRegister;
    if (s.behaviour == Behaviour::WarpgroupMma) {
        s.uniform_address = i[Slot::A].kind == K::UniformRegister;
        s.immediate = i.field(sass::Field::M4) != kNoGroup ? 1 : 0;
    }
    s.control = i.control;
    s.pc = i.address;
    return s;
}

} // namespace heddle::emulator
