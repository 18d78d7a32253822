#include "frontend/emulator/memory_operations.hpp"
namespace heddle::emulator {
Execute bind_textures(const sass::Instruction&, MicroOp&) { return nullptr; }
} // namespace heddle::emulator
