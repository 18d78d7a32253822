// Cubins as text: what is in them, and their machine code disassembled.
#pragma once

#include <string>

namespace heddle {

// True if the file begins as an ELF image does.
bool is_elf(const std::string& path);
// Kernels, registers, shared memory, parameters. Host programs and libraries: the images inside them. Errors: UserError.
std::string cubin_info(const std::string& path);
// Address, control bits and text of each instruction of all functions, or of those whose name contains `function`. Control bits:
// counters waited for, counter released at operand read, at write-back, yield, stall cycles. Errors: UserError, also for code that cannot be decoded.
std::string disassembly(const std::string& path, const std::string& function);

} // namespace heddle
