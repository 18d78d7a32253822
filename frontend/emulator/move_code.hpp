// Moving a decoded instruction to another address: from its section's start to the start of all code of a module, and back
// for reports, which count as disassemblers do.
#pragma once

#include "frontend/sass/instruction.hpp"

#include <cstdint>

namespace heddle::emulator {

// Adds `distance` bytes to the instruction's address and to the address it names, if that is relative to its own code.
void move_code(sass::Instruction& instruction, std::int64_t distance);

} // namespace heddle::emulator
