#include "frontend/sass/decoder.hpp"

#include "frontend/sass/table.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <cstring>

namespace heddle::sass {

namespace {

using K = Operand::Kind;

Operand read_operand(const Word& word, const OperandSpec& spec) {
    Operand o;
    o.kind = spec.kind;
    o.registers = spec.registers;
    o.text_style = static_cast<std::uint8_t>(spec.style);
    if (spec.negate != kNoBit) o.negate = word.bit(spec.negate);
    if (spec.reuse != kNoBit) o.reuse = word.bit(spec.reuse);
    if (spec.kind != K::Memory) {
        if (spec.absolute != kNoBit) o.absolute = word.bit(spec.absolute);
        if (spec.invert != kNoBit) o.invert = word.bit(spec.invert);
    }
    switch (spec.kind) {
    case K::Immediate:
    case K::SpecialRegister:
    case K::Label:
    case K::Mask:
        o.value = spec.is_signed ? word.signed_bits(spec.position, spec.bits) : static_cast<std::int64_t>(word.bits(spec.position, spec.bits));
        o.value = static_cast<std::int64_t>(static_cast<std::uint64_t>(o.value) << spec.scale);
        break;
    case K::Constant:
        o.value = static_cast<std::int64_t>(word.bits(spec.position, spec.bits));
        o.bank = static_cast<std::uint8_t>(word.bits(54, 5));
        o.index = kZeroRegister;
        break;
    case K::BindlessConstant:
        o.value = static_cast<std::int64_t>(word.bits(spec.position, spec.bits));
        o.uniform = static_cast<std::uint8_t>(word.bits(32, 6));
        break;
    case K::Memory:
        o.index = static_cast<std::uint8_t>(word.bits(spec.position, spec.bits));
        o.value = spec.invert == 0 ? 0 : word.signed_bits(spec.absolute, spec.invert);
        break;
    default: o.index = static_cast<std::uint8_t>(word.bits(spec.position, spec.bits)); break;
    }
    return o;
}

void touch(RegisterSet& set, std::uint8_t& highest, const Operand& o, unsigned count) {
    if (o.index == kZeroRegister || count == 0) return;
    set.add({o.index, static_cast<std::uint8_t>(count)});
    const unsigned end = std::min(unsigned{o.index} + count, 255U);
    highest = static_cast<std::uint8_t>(std::max<unsigned>(highest, end));
}

} // namespace

ControlBits control_bits(const Word& word) {
    ControlBits c;
    c.stall = static_cast<std::uint8_t>(word.bits(105, 4));
    c.yield = !word.bit(109);
    c.write_counter = static_cast<std::uint8_t>(word.bits(110, 3));
    c.read_counter = static_cast<std::uint8_t>(word.bits(113, 3));
    c.wait_mask = static_cast<std::uint8_t>(word.bits(116, 6));
    c.reuse = static_cast<std::uint8_t>(word.bits(122, 3));
    return c;
}

std::optional<Instruction> decode_word(const Word& word, unsigned architecture, std::uint32_t address, std::string* reason) {
    const Row* row = table().find(word, architecture, reason);
    if (!row) return std::nullopt;
    Instruction i;
    i.op = row->op;
    i.row = row;
    i.word = word;
    i.address = address;
    i.guard = static_cast<std::uint8_t>(word.bits(12, 3));
    i.guard_negate = word.bit(15);
    i.guard_uniform = row->uniform_guard;
    i.control = control_bits(word);
    for (const OperandSpec& spec : row->operands) i[spec.slot] = read_operand(word, spec);
    for (const ModifierSpec& m : row->modifiers)
        i.fields[static_cast<unsigned>(m.field)] = static_cast<std::uint8_t>(
            word.bits(m.position, m.bits) | (m.bits2 == 0 ? 0 : word.bits(m.position2, m.bits2) << m.bits));
    if (row->finish && !row->finish(word, i)) {
        if (reason && reason->empty()) *reason = fmt::format("{} has a modifier combination that is not known", row->mnemonic);
        return std::nullopt;
    }
    return i;
}

std::vector<Instruction> decode(std::span<const std::byte> text, unsigned architecture, std::string_view where) {
    std::vector<Diagnostic> findings;
    std::vector<Instruction> code;
    code.reserve(text.size() / kWordBytes);
    if (text.size() % kWordBytes != 0)
        fail_at(std::string(where), 0, 0, fmt::format("the code is {} bytes long, no multiple of {}", text.size(), kWordBytes), "the file is damaged");
    for (std::size_t offset = 0; offset < text.size(); offset += kWordBytes) {
        Word word;
        std::memcpy(&word.low, text.data() + offset, 8);
        std::memcpy(&word.high, text.data() + offset + 8, 8);
        std::string reason;
        if (auto instruction = decode_word(word, architecture, static_cast<std::uint32_t>(offset), &reason)) code.push_back(*instruction);
        else if (findings.size() < 20)
            findings.push_back({std::string(where), 0, 0,
                                fmt::format("cannot decode the word 0x{:016x}{:016x} at 0x{:x} for sm_{}: {}", word.high, word.low, offset, architecture, reason),
                                "the code is damaged, or uses an instruction Heddle does not know"});
    }
    if (!findings.empty()) throw UserError(std::move(findings));
    return code;
}

RegisterUse register_use(const Instruction& instruction) {
    RegisterUse use;
    for (unsigned s = 0; s < kSlots; ++s) {
        const Operand& o = instruction.operands[s];
        const bool result = s == static_cast<unsigned>(Slot::D) || s == static_cast<unsigned>(Slot::D2);
        switch (o.kind) {
        case K::Register: touch(result ? use.writes : use.reads, use.highest, o, o.registers); break;
        case K::Memory: touch(use.reads, use.highest, o, std::max<unsigned>(o.registers, o.wide ? 2 : 1)); break;
        case K::Constant: touch(use.reads, use.highest, o, 1); break;
        default: break;
        }
    }
    return use;
}

} // namespace heddle::sass
