// From an opcode's text and its register names to a row of a kernel's instruction table.
//
// What hardware this is: the operand conventions of the machine language: which operands are register pairs, quads
// or matrix fragments, what the modifiers of memory instructions mean.
// What is modelled: width of every register operand, bytes per lane, cache scope, matrix shape and type, barrier
// number and thread count, group counts, floating-point operations.
// What is not: predicate and uniform registers (a caller that knows them keeps them itself); an IMAD.WIDE of which a
// trace names two sources is ambiguous (factor or addend missing): the second counts as a pair if its number is even,
// which may add a dependence but never loses one. Operands of texture instructions are approximate.
// Sources: mnemonic and operand order of nvdisasm; fragment sizes: m*n*bits over 32 lanes (PTX ISA manual).
#pragma once

#include "frontend/isa/opcode_table.hpp"

#include <optional>
#include <span>
#include <string_view>

namespace heddle {

inline constexpr std::uint16_t kZeroRegister = 255;  // RZ: never read, never written
inline constexpr std::uint16_t kNoRegister = 0xffff; // the slot holds an immediate, a constant or a uniform register

// The register operands of an instruction. An operand is named by its first register.
struct OperandNames {
    enum class Form : std::uint8_t {
        // As NVBit traces name them: general registers in operand order, other operands left out; the result of
        // "SHFL PT, Rd, ..." and "ATOMG PT, Rd, ..." appears as the first source.
        Trace,
        // As a disassembler knows them: one entry per operand slot, kNoRegister for what is no general register.
        // Memory operands: the address base is one slot, before the data of a store or atomic.
        Slots,
    };
    Form form = Form::Trace;
    std::span<const std::uint16_t> destinations;
    std::span<const std::uint16_t> sources;
    std::optional<std::int64_t> immediate;        // the only immediate that is known, or the first of two
    std::optional<std::int64_t> second_immediate; // 0 if the instruction has one immediate only
};

struct Decoded {
    StaticInstruction instruction;  // pc, index and control bits are left to the caller
    const OpcodeRow* row = nullptr; // null: no row; the instruction then counts as a 32-bit integer operation
    bool barrier_guessed = false;   // the barrier's number or thread count had to be guessed
};

// Never fails: an unknown opcode gives `instruction.known == false`. Registers above 254 count as RZ.
Decoded decode(unsigned architecture, std::string_view text, const OperandNames& operands);

// True if an execution with active lanes must come with addresses: loads, stores, atomics, matrix loads, async copies.
bool needs_addresses(const StaticInstruction& instruction);

} // namespace heddle
