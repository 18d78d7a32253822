#include "frontend/emulator/micro_op.hpp"

namespace heddle::emulator {

Execute bind_float(const sass::Instruction&, MicroOp&, LaneLevel) { return nullptr; }

} // namespace heddle::emulator
