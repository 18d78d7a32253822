// How the fragments of a warp's matrices lie in registers, and tiles of them.
//
// Register r of lane l holds, for elements of E per 32 bits: of A (16 rows) row l/4 + 8 (r odd), elements of K from
// 4E (r/2) + E (l%4) on; of B column l/4, elements of K from 4E r + E (l%4) on; of C and D row l/4 + 8 (r/2), column
// 2 (l%4) + r%2 (FP16: both columns in one register). With 8 rows A has no second half.
// So four neighbouring lanes hold 16 consecutive bytes of a row of A or a column of B.
// Sources: PTX ISA manual, matrix fragments of mma and mma.sp; one formula says them all.
#pragma once

#include "frontend/emulator/warp.hpp"

#include <cstring>

namespace heddle::emulator::HEDDLE_LANES {

namespace {

// Bytes of A by row, `row_bytes` each, from `registers` registers.
inline void gather_rows(const Row* fragment, unsigned registers, unsigned halves, unsigned char* bytes, unsigned row_bytes) {
    for (unsigned r = 0; r < registers; ++r)
        for (unsigned g = 0; g < 8; ++g)
            std::memcpy(bytes + (g + 8 * (r % halves)) * row_bytes + 16 * (r / halves), &fragment[r].lane[4 * g], 16);
}

// C of FP32 or integers: tile[column][row], 16 rows in any case.
inline void gather_words(const Row* fragment, unsigned registers, std::uint32_t (*tile)[16]) {
    for (unsigned r = 0; r < registers; ++r)
        for (unsigned l = 0; l < kLanes; ++l) tile[2 * (l & 3) + (r & 1)][l / 4 + 8 * (r / 2)] = fragment[r].lane[l];
}
inline void scatter_words(const std::uint32_t (*tile)[16], unsigned registers, Row* fragment, Mask lanes) {
    for (unsigned r = 0; r < registers; ++r) {
        Row out;
        for (unsigned l = 0; l < kLanes; ++l) out.lane[l] = tile[2 * (l & 3) + (r & 1)][l / 4 + 8 * (r / 2)];
        blend(fragment[r], out, lanes);
    }
}

// 2:4 metadata of one row: 2 bits for each kept element, in order. `pieces`: lanes of the group that hold it, from
// `selector` times that number on.
//   16 and 32-bit elements: a lane holds 16 bits of row g in its low half and of row g + 8 in the high half; lanes in order of K.
//   8 and 4-bit elements: lanes hold 32 bits: row g, row g + 8, and again for the second half of K.
inline std::uint64_t row_metadata(const Row& metadata, bool wide_elements, unsigned lanes_used, unsigned selector, unsigned row) {
    const unsigned base = (row & 7) * 4 + selector * lanes_used;
    std::uint64_t bits = 0;
    if (wide_elements) {
        for (unsigned p = 0; p < lanes_used; ++p) bits |= std::uint64_t{(metadata.lane[base + p] >> (row < 8 ? 0 : 16)) & 0xffff} << (16 * p);
    } else {
        for (unsigned p = 0; p < lanes_used / 2; ++p) bits |= std::uint64_t{metadata.lane[base + 2 * p + (row < 8 ? 0 : 1)]} << (32 * p);
    }
    return bits;
}

} // namespace

} // namespace heddle::emulator::HEDDLE_LANES
