// The instruction table: one row per opcode form, in data, from which decoding and disassembly follow.
//
// A row says which 12-bit opcode it has (bits 0-11, bit 91 as a thirteenth where it tells forms apart), where its operands and modifier fields are and how they
// are spelled. Bits that no operand or field explains must have the row's fixed value, else the word is not this row: a
// word that fits no row is an error, never a guess. A new architecture is a set of rows with another range.
// Sources: see the files with the rows (*_rows.cpp).
#pragma once

#include "frontend/sass/instruction.hpp"

#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace heddle::sass {

// How an operand is spelled where its kind leaves a choice.
enum class TextStyle : std::uint8_t {
    Default,       // immediates as hexadecimal with sign: 0x10, -0x10
    UnsignedHex,   // 0xfffffff0
    Float,         // the 32 bits as a float
    Double,        // the 32 bits are the high half of a double
    HalfPair,      // two halves: 1, 2
    Hidden,        // takes part in decoding, is not printed
    HiddenIfZero,  // not printed if RZ, PT, !PT, 0
    Decimal,
    MemoryBare,    // an address whose register is printed without ".64" though it is a pair
    MemoryUniform, // an address whose uniform register is printed even if it is URZ
};

constexpr unsigned kNoBit = 255;

// Where an operand is.
struct OperandSpec {
    Slot slot = Slot::D;
    Operand::Kind kind = Operand::Kind::Register;
    std::uint8_t position = 0;    // first bit of the register number or value
    std::uint8_t bits = 8;        // its width
    std::uint8_t negate = kNoBit; // bits of the modifiers
    std::uint8_t absolute = kNoBit;
    std::uint8_t invert = kNoBit;
    std::uint8_t reuse = kNoBit;
    std::uint8_t registers = 1;
    TextStyle style = TextStyle::Default;
    bool is_signed = false;       // immediates: sign extended
    std::uint8_t scale = 0;       // value is shifted left by this after extraction

    OperandSpec neg(unsigned bit) const { auto s = *this; s.negate = static_cast<std::uint8_t>(bit); return s; }
    OperandSpec abs(unsigned bit) const { auto s = *this; s.absolute = static_cast<std::uint8_t>(bit); return s; }
    OperandSpec inv(unsigned bit) const { auto s = *this; s.invert = static_cast<std::uint8_t>(bit); return s; }
    OperandSpec reusing(unsigned bit) const { auto s = *this; s.reuse = static_cast<std::uint8_t>(bit); return s; }
    OperandSpec wide(unsigned count) const { auto s = *this; s.registers = static_cast<std::uint8_t>(count); return s; }
    OperandSpec as(TextStyle t) const { auto s = *this; s.style = t; return s; }
};

// The usual places. Register sources carry their reuse bit.
namespace at {
OperandSpec rd(unsigned position = 16);
OperandSpec ra(unsigned position = 24);                   // slot A, reuse 122
OperandSpec reg(Slot slot, unsigned position);            // no reuse bit
OperandSpec ureg(Slot slot, unsigned position);           // 6 bits
OperandSpec pred_dst(Slot slot, unsigned position);       // 3 bits
OperandSpec pred_src(Slot slot, unsigned position, unsigned negate_bit);
OperandSpec upred_dst(Slot slot, unsigned position);
OperandSpec upred_src(Slot slot, unsigned position, unsigned negate_bit);
OperandSpec imm(Slot slot, unsigned position, unsigned bits, TextStyle style = TextStyle::Default, bool is_signed = false);
OperandSpec constant(Slot slot);                          // c[54-58][38-53]
OperandSpec bindless(Slot slot);                          // cx[UR 24-?]: uniform register at 32, offset 38-53; bit 91
OperandSpec memory(Slot slot, unsigned base, unsigned offset, unsigned offset_bits); // uniform parts by a `finish`
} // namespace at

// One modifier: a field of one or two pieces (low piece first) and the spelling of each value. An empty spelling prints
// nothing; a null one is no valid value (the word is refused). With no spellings at all the field prints nothing.
struct ModifierSpec {
    Field field = Field::M0;
    std::uint8_t position = 0, bits = 1;
    std::uint8_t position2 = 0, bits2 = 0;
    std::vector<const char*> spellings;
    bool after_operands = false; // consumed by a `finish` or special printing only
};
ModifierSpec flag(Field field, unsigned position, const char* set, const char* clear = "");
ModifierSpec choice(Field field, unsigned position, unsigned bits, std::initializer_list<const char*> spellings);
ModifierSpec split_choice(Field field, unsigned position, unsigned bits, unsigned position2, unsigned bits2,
                          std::initializer_list<const char*> spellings);
ModifierSpec silent(Field field, unsigned position, unsigned bits); // any value, prints nothing

struct Row {
    Op op = Op::NOP;
    std::string mnemonic;
    std::uint16_t opcode = 0;           // bits 0-11
    std::uint8_t first_architecture = 80, last_architecture = 99;
    Word fixed_mask, fixed;             // further bits this row demands; all other unexplained bits must be 0
    bool uniform_guard = false;         // the guard names a uniform predicate
    std::vector<OperandSpec> operands;  // in the order of the text
    std::vector<ModifierSpec> modifiers; // in the order of the text
    // Completes what a table cannot say: widths from modifiers, address parts, labels. Runs after operands and fields
    // were read. Returns false if the word is not valid.
    bool (*finish)(const Word& word, Instruction& instruction) = nullptr;
    // Replaces the mnemonic by one of the special cases the disassembler names ("IMAD.MOV"); modifiers follow it.
    const char* (*rename)(const Instruction& instruction) = nullptr;
    // Replaces the spelling of all that follows the guard ("LDG.E.64 R2, [R4.64]"); null: as the table says.
    std::string (*spell)(const Instruction& instruction) = nullptr;
    // Replaces the spelling of the operands only.
    std::string (*spell_operands)(const Instruction& instruction) = nullptr;

    Word explained; // filled in by the table

    // Builders
    Row& operand(OperandSpec spec) { operands.push_back(spec); return *this; }
    Row& modifier(ModifierSpec spec) { modifiers.push_back(std::move(spec)); return *this; }
    Row& fix(unsigned position, unsigned bits, std::uint64_t value);
    Row& on(unsigned first, unsigned last) { first_architecture = static_cast<std::uint8_t>(first); last_architecture = static_cast<std::uint8_t>(last); return *this; }
};

// The forms of an ALU operation: bits 9-11 of the opcode.
enum class AluForm : std::uint8_t { Rrr = 1, Rri = 2, Rrc = 3, Rir = 4, Rcr = 5, Rur = 6, Rru = 7 };

class Table {
  public:
    // Adds a row; the reference stays valid.
    Row& row(Op op, unsigned opcode, const char* mnemonic = nullptr);

    // What differs between the forms of one operation: all forms listed get the same modifiers and other operands. `source(form)`
    // gives the specs of the flexible sources B and C for a form; see three_sources() and two_sources().
    const std::vector<Row*>& rows() const { return order_; }

    // Finds the row of a word; null if none fits. `reason` then says what is wrong with it.
    const Row* find(const Word& word, unsigned architecture, std::string* reason) const;
    void freeze(); // computes explained bits and the index; rows may not be added afterwards

  private:
    std::vector<std::unique_ptr<Row>> storage_;
    std::vector<Row*> order_;
    std::vector<std::vector<std::uint16_t>> index_; // by opcode
};

// Sources B and C of an operation with three sources, spelled by form; style: of an immediate.
// Sign modifiers are in the places of the physical field: register 24: 72/73; 32: 63/62; 64: 75/74; constants 63/62.
struct SourceOptions {
    TextStyle immediate = TextStyle::Default;
    bool negate = false, absolute = false; // sources may carry them
    unsigned width_b = 1, width_c = 1;
};
std::vector<OperandSpec> three_sources(AluForm form, const SourceOptions& options); // B, C
// The only flexible source B of an operation with two sources: at 32 in every form.
OperandSpec second_source(AluForm form, const SourceOptions& options);

// The whole table: rows of all families.
const Table& table();

// Families, each in its own file(s).
void add_control_rows(Table& table);  // branches, convergence, barriers of a CTA, NOP, special
void add_integer_rows(Table& table);  // integer, logic, moves, predicates, uniform datapath, special registers
void add_float_rows(Table& table);    // FP32, FP64, half precision, conversions, MUFU
void add_memory_rows(Table& table);   // loads, stores, atomics, shared memory, shuffles and votes, textures
void add_matrix_rows(Table& table);   // tensor cores of sm_80 to sm_90: HMMA, IMMA, DMMA, BMMA, QMMA, MOVM
void add_hopper_rows(Table& table);   // sm_90: warpgroup MMA, mbarriers, TMA, clusters

} // namespace heddle::sass
