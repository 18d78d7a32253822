// The parts of the float family, one set for each level of vector instructions.
//
// Each returns the function that executes `instruction`, or null if the operation is not in the part or the form cannot be
// executed. `op.p[0]` holds the sign flags of sources A, B and C on entry (2 bits each: negate, absolute).
#pragma once

#include "frontend/emulator/micro_op.hpp"

#define HEDDLE_FLOAT_PARTS                                                                                                                 \
    Execute bind_float_arithmetic(const sass::Instruction& instruction, MicroOp& op);                                                      \
    Execute bind_float_compare(const sass::Instruction& instruction, MicroOp& op);                                                         \
    Execute bind_float_double(const sass::Instruction& instruction, MicroOp& op);                                                          \
    Execute bind_float_half(const sass::Instruction& instruction, MicroOp& op);                                                            \
    Execute bind_float_half_compare(const sass::Instruction& instruction, MicroOp& op);                                                    \
    Execute bind_float_convert(const sass::Instruction& instruction, MicroOp& op);                                                         \
    Execute bind_float_integer(const sass::Instruction& instruction, MicroOp& op);                                                         \
    Execute bind_float_pack(const sass::Instruction& instruction, MicroOp& op);                                                            \
    Execute bind_float_mufu(const sass::Instruction& instruction, MicroOp& op);

namespace heddle::emulator {
namespace portable {
HEDDLE_FLOAT_PARTS
}
namespace avx2 {
HEDDLE_FLOAT_PARTS
}
namespace avx512 {
HEDDLE_FLOAT_PARTS
}
} // namespace heddle::emulator
