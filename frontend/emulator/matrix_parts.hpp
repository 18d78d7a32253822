// Parts of the matrix families, one set per level of vector instructions.
#pragma once

#include "frontend/emulator/micro_op.hpp"

namespace heddle::emulator {

#define HEDDLE_MATRIX_PARTS(level)                                                                                                                   \
    namespace level {                                                                                                                                \
    Execute bind_matrix_float(const sass::Instruction& instruction, MicroOp& op);   /* HMMA, QMMA */                                                 \
    Execute bind_matrix_integer(const sass::Instruction& instruction, MicroOp& op); /* IMMA, BMMA, MOVM */                                           \
    Execute bind_matrix_double(const sass::Instruction& instruction, MicroOp& op);  /* DMMA */                                                       \
    Execute bind_warpgroup(const sass::Instruction& instruction, MicroOp& op);      /* HGMMA, QGMMA, IGMMA, BGMMA */                                 \
    }
HEDDLE_MATRIX_PARTS(portable)
HEDDLE_MATRIX_PARTS(avx2)
HEDDLE_MATRIX_PARTS(avx512)
#undef HEDDLE_MATRIX_PARTS

} // namespace heddle::emulator
