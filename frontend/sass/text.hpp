// Spelling of operands, for rows that spell themselves.
#pragma once

#include "frontend/sass/instruction.hpp"

#include <string>

namespace heddle::sass {

// "-|R4|.reuse", "c[0x0][0x160]", "[R2.64+0x10]", "!P0", "UR4", "0x10".
std::string operand_text(const Operand& operand);
std::string special_register_name(unsigned number); // "SR_TID.X"; "SR37" if it has no known name
std::string hex(std::int64_t value);                // "0x10", "-0x10"

} // namespace heddle::sass
