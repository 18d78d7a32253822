// Matrix shapes in opcode text: "HMMA.16816.F32.BF16" -> 16x8x16, bf16, 32-bit accumulators.
#pragma once

#include "sim/isa/instruction.hpp"

#include <string_view>

namespace heddle {

// Registers each thread holds of one matrix operand.
struct MmaFragments {
    std::uint8_t a = 1, b = 1, c = 1; // the result has as many as c
};

// The shape in the modifiers of `text`; all zero if it names none. Warpgroup shapes ("64x128x16") are included.
MmaShape mma_shape(std::string_view text);

// Fragment sizes of a shape for one warp, or for one warp of a warpgroup (`threads` = 128). Sparse shapes hold half
// of a. 1 each if the shape is empty.
MmaFragments mma_fragments(const MmaShape& shape, std::string_view text, unsigned threads = kLanes);

} // namespace heddle
