// Shared pieces of the rows of the float family.
//
// What is here: the forms of operations with a fixed register A at bits 24-31 (negate 72, absolute 73) and a flexible second
// source, and the spellings that all float operations share. Bindless constants (cx[UR][offset]) are the constant forms with bit 91 set.
// Sources: Mesa NAK (sm70_encode.rs, MIT) for the field positions, the CuAssembler vectors for the spellings, completed by
// experiments with ptxas 13.0 and by the words found in CUDA's own libraries.
#pragma once

#include "frontend/sass/table.hpp"

#include <functional>

namespace heddle::sass {

// Where a flexible source B of a two-source operation stands.
enum class SecondPlace : std::uint8_t {
    At32,       // bits 32-63 in every form: forms 1, 4, 5, 6
    At32Second, // register at 32, everything else in the forms of source C: 1, 2, 3, 7 (FADD, DSETP, HADD2 ...)
    At64,       // register at 64-71, everything else in the forms of source C (DADD)
};

// What tells the forms apart for an operation: called once per form with the row and the finished source B.
using Describe = std::function<void(Row& row, const OperandSpec& b)>;
void two_source_rows(Table& t, Op op, unsigned base, SecondPlace place, const SourceOptions& options, const Describe& describe);
// Called with sources B and C of each of the forms 1 to 7.
using DescribeThree = std::function<void(Row& row, const OperandSpec& b, const OperandSpec& c)>;
void three_source_rows(Table& t, Op op, unsigned base, const SourceOptions& options, const DescribeThree& describe);

// FTZ (bit 80) and FMZ (bit 76: zero times anything is zero, denormals flushed) are one choice.
ModifierSpec flush_modifier();
ModifierSpec round_modifier(unsigned position = 78);  // .RM .RP .RZ
ModifierSpec compare_modifier();                      // bits 76-79, comparisons of floats
ModifierSpec boolean_modifier(unsigned position);     // .AND .OR .XOR
OperandSpec predicate_source();                       // bits 87-90

void add_fp32_rows(Table& table);
void add_fp64_rows(Table& table);
void add_half_rows(Table& table);
void add_convert_rows(Table& table);

} // namespace heddle::sass
