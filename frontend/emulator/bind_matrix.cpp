// Binds the operations of the matrix family.
#include "frontend/emulator/matrix_parts.hpp"

namespace heddle::emulator {

namespace {

using Part = Execute (*)(const sass::Instruction&, MicroOp&);
constexpr Part kPortable[] = {portable::bind_matrix_float, portable::bind_matrix_integer, portable::bind_matrix_double};
constexpr Part kAvx2[] = {avx2::bind_matrix_float, avx2::bind_matrix_integer, avx2::bind_matrix_double};
constexpr Part kAvx512[] = {avx512::bind_matrix_float, avx512::bind_matrix_integer, avx512::bind_matrix_double};

} // namespace

Execute bind_matrix(const sass::Instruction& i, MicroOp& op, LaneLevel level) {
    for (const Part part : level == LaneLevel::Avx512 ? kAvx512 : level == LaneLevel::Avx2 ? kAvx2 : kPortable)
        if (const Execute execute = part(i, op)) return execute;
    return nullptr;
}

} // namespace heddle::emulator
