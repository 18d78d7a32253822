// Binds the operations of the Hopper family.
#include "frontend/emulator/hopper_state.hpp"
#include "frontend/emulator/matrix_parts.hpp"

namespace heddle::emulator {

Execute bind_hopper(const sass::Instruction& i, MicroOp& op, LaneLevel level) {
    for (const auto part : {bind_hopper_barriers, bind_hopper_stores, bind_hopper_bulk, bind_hopper_tensor})
        if (const Execute execute = part(i, op)) return execute;
    return level == LaneLevel::Avx512 ? avx512::bind_warpgroup(i, op) : level == LaneLevel::Avx2 ? avx2::bind_warpgroup(i, op) : portable::bind_warpgroup(i, op);
}

} // namespace heddle::emulator
