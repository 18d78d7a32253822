#include "frontend/emulator/micro_op.hpp"

namespace heddle::emulator {

Execute bind_hopper(const sass::Instruction&, MicroOp&, LaneLevel) { return nullptr; }

} // namespace heddle::emulator
