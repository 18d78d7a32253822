// From instruction words to instructions.
//
// Errors: a word that no row of the table explains entirely (unknown opcode, unknown modifier value, a set bit without
// a meaning) is a UserError naming function, address and word.
#pragma once

#include "frontend/sass/instruction.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace heddle::sass {

// Decodes one word, or says why it cannot.
std::optional<Instruction> decode_word(const Word& word, unsigned architecture, std::uint32_t address, std::string* reason = nullptr);

// Decodes the text section of a function. `where` names it in errors. Requires nothing of the bytes: a length that is no
// multiple of 16 is an error, too.
std::vector<Instruction> decode(std::span<const std::byte> text, unsigned architecture, std::string_view where);

// General registers an instruction reads and writes; RZ never appears.
struct RegisterUse {
    RegisterSet reads, writes;
    std::uint8_t highest = 0; // number of registers needed: highest number + 1
};
RegisterUse register_use(const Instruction& instruction);

ControlBits control_bits(const Word& word);

} // namespace heddle::sass
