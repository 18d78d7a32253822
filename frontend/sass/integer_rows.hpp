// What the row files of the integer family share: forms of integer ALU operations, parts of the family.
//
// Sources: field positions as in Mesa NAK and the CuAssembler vectors; what they lack (sm_90 video instructions, half
// of the SHF and IDP modifiers) was found by compiling PTX for each modifier and comparing the words.
#pragma once

#include "frontend/sass/table.hpp"

#include <span>

namespace heddle::sass::integer {

enum class Sign : std::uint8_t { None, Negate, Invert };

// How the sources of an operation are spelled. The sign bits belong to places of the word: A 72, place 32 63, place 64 75.
struct Shape {
    Sign a = Sign::None; // of the register at 24
    Sign b = Sign::None; // of source B
    Sign c = Sign::None; // of source C
    TextStyle immediate = TextStyle::Default;
    unsigned width_c = 1; // registers of C
};

inline OperandSpec with_sign(OperandSpec spec, Sign sign, unsigned bit) {
    return sign == Sign::Negate ? spec.neg(bit) : sign == Sign::Invert ? spec.inv(bit) : spec;
}

// The first source, a register; uniform: one of the uniform datapath.
OperandSpec source_a(Sign sign, bool uniform = false);
// The flexible source at place 32 in the given form. `sign_bit`: 63; no sign for immediates.
OperandSpec flexible(Slot slot, AluForm form, Sign sign, TextStyle immediate, unsigned width, bool uniform = false);
// B and C, in this order.
void add_sources_bc(Row& row, AluForm form, const Shape& shape, bool uniform = false);

inline unsigned opcode(unsigned base, AluForm form, bool uniform = false) {
    return base | (uniform ? 0x80U : 0U) | static_cast<unsigned>(form) << 9;
}

// Starts the row of one form; fixes bit 91 where the form has a uniform register.
Row& form_row(Table& t, Op op, unsigned base, AluForm form, bool uniform = false, const char* mnemonic = nullptr);

// A predicate source at 87-90, a predicate result at 81-83, in the register or uniform file.
OperandSpec predicate_source(bool uniform, Slot slot = Slot::PA, unsigned position = 87, unsigned negate = 90);
OperandSpec predicate_result(bool uniform, Slot slot = Slot::PD, unsigned position = 81);
OperandSpec result(bool uniform);

// Forms an operation comes in: with one flexible source (B), or with the register at place 64 swapped in for it (B or C). The
// uniform datapath takes registers and immediates only.
inline constexpr AluForm kSecondSource[] = {AluForm::Rrr, AluForm::Rir, AluForm::Rcr, AluForm::Rur};
inline constexpr AluForm kThirdSource[] = {AluForm::Rrr, AluForm::Rri, AluForm::Rrc, AluForm::Rir,
                                           AluForm::Rcr, AluForm::Rur, AluForm::Rru};
inline constexpr AluForm kUniformSecond[] = {AluForm::Rrr, AluForm::Rir};
inline constexpr AluForm kUniformThird[] = {AluForm::Rrr, AluForm::Rri, AluForm::Rir};
inline std::span<const AluForm> second_source_forms(bool uniform) {
    return uniform ? std::span<const AluForm>(kUniformSecond) : std::span<const AluForm>(kSecondSource);
}
inline std::span<const AluForm> third_source_forms(bool uniform) {
    return uniform ? std::span<const AluForm>(kUniformThird) : std::span<const AluForm>(kThirdSource);
}

void add_arithmetic_rows(Table& t); // IADD3, IMAD, LEA, IDP, IABS, min/max, absolute differences
void add_logic_rows(Table& t);      // MOV, SEL, LOP3, SHF, PRMT, bit fields, bit counts, compares, predicate logic
void add_uniform_rows(Table& t);    // what only the uniform datapath has, and moves between the files
void add_special_rows(Table& t);    // special registers, votes
void add_video_rows(Table& t);      // sm_90: VIADD, VIMNMX, VIADDMNMX

} // namespace heddle::sass::integer
