// What the row files of the memory family share: address operands, access sizes, memory order, cache policy.
//
// Addresses come in these forms (bits 24-31 register, 40-63 signed byte offset):
//   no bit 91            [R + offset]; 64-bit addresses (E) take a register pair
//   bit 91               [R.64|R.U32 + UR + offset]: a uniform register (pair for E); whether R is a pair is a bit of its own
//   bit 91 + descriptor  desc[UR][R.64 + offset]: the uniform pair holds a memory descriptor, which says how to cache
// The uniform register is at 32-37 in loads, at 64-69 where data takes that place; bit 101 (sm_80, cache hints) changes no result.
// Sources: CuAssembler vectors of sm_75 to sm_86, Mesa NAK, experiments with ptxas 13.0 for each PTX modifier.
#pragma once

#include "frontend/sass/table.hpp"

namespace heddle::sass::memory {

// Where the parts of an address are that its form needs.
struct AddressForm {
    unsigned uniform = 32;    // first bit of the uniform register
    unsigned wide = 90;       // bit: R is a pair (only with a uniform register)
    unsigned descriptor = 76; // bit: the uniform register is a descriptor; kNoBit: never
    unsigned offset = 40, offset_bits = 24;
};
inline constexpr AddressForm kLoadForm{};
inline constexpr AddressForm kStoreForm{64, 90, 76, 40, 24};
inline constexpr AddressForm kAtomicForm{64, 70, 71, 40, 24};    // ATOM, ATOMG
inline constexpr AddressForm kReductionForm{64, 90, 71, 40, 24}; // RED
inline constexpr AddressForm kSharedLoadForm{32, kNoBit, kNoBit, 40, 24};
inline constexpr AddressForm kSharedStoreForm{64, kNoBit, kNoBit, 40, 24};

// [R24 + offset], to be completed by complete_address().
OperandSpec address(Slot slot = Slot::A);
// Marks the bits of a form as explained (the values are read by complete_address). `optional`: bit 91 is read, else it is fixed to 1.
void explain_address(Row& row, const AddressForm& form, bool optional);
// Fills in pair, uniform register, descriptor and scale of an address. False if the combination is not valid. `extended`: E.
bool complete_address(const Word& word, Operand& operand, const AddressForm& form, bool extended);

// 73-75: U8 S8 U16 S16 32 64 128; `registers_of_size` gives the registers data of it takes.
ModifierSpec size_modifier();
unsigned registers_of_size(unsigned size);
ModifierSpec order_modifier();    // 77-80
ModifierSpec policy_modifier();   // 84-86
ModifierSpec extended_modifier(); // 72: E
ModifierSpec scale_modifier();    // 78-79: index scale of shared addresses

void add_load_rows(Table& t);    // LD ST LDG STG LDL STL LDC
void add_shared_rows(Table& t);  // LDS STS LDSM STSM LDGSTS LDGDEPBAR ARRIVES
void add_atomic_rows(Table& t);  // ATOM ATOMG ATOMS RED LDGMC
void add_order_rows(Table& t);   // MEMBAR FENCE ERRBAR CCTL DEPBAR QSPC
void add_shuffle_rows(Table& t); // SHFL MATCH REDUX
void add_texture_rows(Table& t); // TEX TLD TLD4 TXD TXQ
void add_surface_rows(Table& t); // SULD SUST SURED SUATOM

} // namespace heddle::sass::memory
