// Shapes of warpgroup matrix instructions, as their 7-bit field encodes them.
//
// 64 rows always; columns 8 to 256; the depth in elements is 256 bits' worth (512 if A is sparse).
// Sources: experiments with ptxas on every shape of wgmma.mma_async.
#pragma once

#include "frontend/sass/instruction.hpp"

namespace heddle::sass {

struct WarpgroupShape {
    unsigned columns = 0; // 0: the value encodes no shape
    unsigned depth = 0;   // elements
};

// Integer types know only 8, 16, 24, 32, 48, 64 ... 256 columns: the n-th of them.
inline unsigned integer_columns(unsigned n) { return n < 4 ? 8 * (n + 1) : n < 18 ? 16 * (n - 1) : 0; }

inline WarpgroupShape warpgroup_shape(Op op, unsigned value) {
    switch (op) {
    case Op::HGMMA: {
        static constexpr unsigned kDepth[] = {16, 8, 32, 0};
        const unsigned depth = kDepth[(value >> 5) & 3];
        return {depth == 0 ? 0 : 8 * ((value & 31) + 1), depth};
    }
    case Op::QGMMA: return {value >= 64 ? 0 : 8 * ((value & 31) + 1), value & 32 ? 64U : 32U};
    case Op::IGMMA: return {value % 3 == 2 ? 0 : integer_columns(value / 3), value % 3 == 0 ? 32U : 64U};
    case Op::BGMMA: return {integer_columns(value), 256};
    default: return {};
    }
}

// Bits of an element of A and B.
inline unsigned warpgroup_element_bits(const Instruction& i) {
    switch (i.op) {
    case Op::HGMMA: return i.field(Field::TypeA) == 2 ? 32 : 16;
    case Op::BGMMA: return 1;
    default: return 8;
    }
}

} // namespace heddle::sass
