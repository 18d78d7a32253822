// From a decoded instruction to the row the timing model works with.
//
// What is modelled: pipe, latency class and behaviour from the opcode tables of frontend/isa by the opcode's text; exact
// registers and control bits from the machine code.
#pragma once

#include "frontend/sass/instruction.hpp"
#include "sim/isa/instruction.hpp"

namespace heddle::emulator {

StaticInstruction timing_row(const sass::Instruction& instruction, unsigned architecture);

} // namespace heddle::emulator
