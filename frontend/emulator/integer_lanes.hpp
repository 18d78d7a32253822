// The parts of the integer family that are compiled once per level of vector instructions, and what they share with the rest.
#pragma once

#include "frontend/emulator/micro_op.hpp"

namespace heddle::emulator {

// Each gives the function of an instruction, or null if it is not its own. Before: p[0], p[1], p[2] are all ones where A, B, C carry a
// sign; p[3] counts those that are subtracted rather than inverted.
#define HEDDLE_INTEGER_PARTS(level)                                                                                                        \
    namespace level {                                                                                                                      \
    Execute bind_integer_arithmetic(const sass::Instruction& instruction, MicroOp& op);                                                    \
    Execute bind_integer_logic(const sass::Instruction& instruction, MicroOp& op);                                                         \
    Execute bind_integer_video(const sass::Instruction& instruction, MicroOp& op);                                                         \
    }
HEDDLE_INTEGER_PARTS(portable)
HEDDLE_INTEGER_PARTS(avx2)
HEDDLE_INTEGER_PARTS(avx512)
#undef HEDDLE_INTEGER_PARTS

// Compiled once: the uniform datapath; special registers, votes, moves between register files.
Execute bind_uniform(const sass::Instruction& instruction, MicroOp& op);
Execute bind_special(const sass::Instruction& instruction, MicroOp& op);

} // namespace heddle::emulator
