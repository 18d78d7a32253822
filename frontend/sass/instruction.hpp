// A decoded machine instruction: mnemonic, modifiers, operands, control bits.
//
// What hardware this is: the instruction set of sm_80 to sm_90a as its 128-bit words encode it.
// What is modelled: every operand in a named slot with its kind, number, width and sign modifiers; every modifier as the
// raw value of a named field; which registers are read and written. What an operand means is the emulator's business.
// Sources: field positions as in Mesa NAK and the CuAssembler vectors, completed by experiments with ptxas.
#pragma once

#include "frontend/sass/opcodes.hpp"
#include "frontend/sass/word.hpp"
#include "sim/isa/instruction.hpp"

#include <array>
#include <cstdint>
#include <string>

namespace heddle::sass {

struct Row;

inline constexpr std::uint8_t kZeroRegister = 255;       // RZ
inline constexpr std::uint8_t kZeroUniformRegister = 63; // URZ
inline constexpr std::uint8_t kTruePredicate = 7;        // PT, UPT

// Operands stand in slots named after their role, not after their place in the text.
enum class Slot : std::uint8_t {
    D,  // result
    D2, // second register result, if any
    A,  // first source; memory instructions: the address
    B,  // second source; stores and atomics: the data; copies: the second address
    C,  // third source; compare-and-swap: the new value
    E,  // fourth source (sparsity metadata, descriptors)
    PD, // predicate result, bits 81-83 in most instructions
    PQ, // second predicate result, bits 84-86
    PA, // predicate source, bits 87-90 in most instructions
    PB, // second predicate source, bits 77-80
    PC, // third predicate source, bits 68-71
    Count
};
inline constexpr unsigned kSlots = static_cast<unsigned>(Slot::Count);

struct Operand {
    enum class Kind : std::uint8_t {
        None,
        Register,         // index: 0-254, 255 = RZ
        UniformRegister,  // index: 0-62, 63 = URZ
        Predicate,        // index: 0-6, 7 = PT
        UniformPredicate, // index: 0-6, 7 = UPT
        Immediate,        // value, as wide as the instruction says
        Constant,         // c[bank][index + uniform + value]: index 255, uniform 63 unless one is added; value in bytes
        BindlessConstant, // cx[uniform][value]: bank descriptor in a uniform register pair
        Memory,           // [index*scale + uniform + value]; see below
        Barrier,          // convergence barrier register: index 0-15
        SpecialRegister,  // value: number
        Label,            // value: byte address in the function's section
        Counter,          // dependence counter SB0-SB5: index
        Mask,             // value: bit set (DEPBAR list, register lists)
    };
    Kind kind = Kind::None;
    std::uint8_t index = 0;
    std::uint8_t uniform = kZeroUniformRegister; // Memory, Constant, BindlessConstant: uniform register that is added
    std::uint8_t descriptor = kZeroUniformRegister; // Memory: uniform register pair of the memory descriptor; URZ = none
    std::uint8_t registers = 1;  // 32-bit registers from `index` on; 0 if none is touched
    std::uint8_t bank = 0;       // Constant
    std::uint8_t shift = 0;      // Memory: the register is shifted left by this
    std::uint8_t text_style = 0; // TextStyle, see table.hpp
    bool wide = false;           // Memory: index is a register pair with a 64-bit address; else 32 bits
    bool wide_uniform = false;   // Memory: so is `uniform`
    bool negate = false;         // arithmetic minus; Predicate: "!"
    bool absolute = false;
    bool invert = false;         // bitwise complement
    bool reuse = false;
    std::int64_t value = 0;

    bool present() const { return kind != Kind::None; }
    bool is_register() const { return kind == Kind::Register; }
};

struct Instruction {
    Op op = Op::NOP;
    std::uint8_t guard = kTruePredicate; // predicate that enables the instruction per lane
    bool guard_negate = false;
    bool guard_uniform = false;          // the guard is a uniform predicate
    bool writes_memory = false;
    std::uint32_t address = 0;           // byte offset in its section
    Word word;
    const Row* row = nullptr;
    std::array<Operand, kSlots> operands{};
    std::array<std::uint8_t, kFields> fields{};
    ControlBits control;

    const Operand& operator[](Slot slot) const { return operands[static_cast<unsigned>(slot)]; }
    Operand& operator[](Slot slot) { return operands[static_cast<unsigned>(slot)]; }
    std::uint8_t field(Field f) const { return fields[static_cast<unsigned>(f)]; }
    bool flag(Field f) const { return field(f) != 0; }
};

// "@!P0 IMAD.WIDE.U32 R2, R0, 0x4, R4", spelled as the vendor's disassembler does, without the final semicolon.
std::string text(const Instruction& instruction);
// Opcode with modifiers only: "IMAD.WIDE.U32".
std::string opcode_text(const Instruction& instruction);

} // namespace heddle::sass
