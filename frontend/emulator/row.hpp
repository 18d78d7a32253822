// One register of a warp: 32 lanes of 32 bits. And masks of lanes.
//
// Registers, uniform registers, constants and immediates all appear as rows, so that an operation on lanes is a plain
// loop over arrays, which the compiler turns into vector instructions.
#pragma once

#include "sim/base/units.hpp"

#include <bit>
#include <cstdint>

namespace heddle::emulator {

using Mask = std::uint32_t; // bit l = lane l
inline constexpr Mask kAllLanes = 0xffffffffU;

struct alignas(128) Row {
    std::uint32_t lane[kLanes];
};

// Where an operand is: index into the warp's own rows, or into the rows of constants of its launch.
struct RowRef {
    std::uint32_t space = 0; // 0: the warp's rows, 1: the launch's constants
    std::uint32_t index = 0;
};

inline void fill(Row& row, std::uint32_t value) {
    for (unsigned l = 0; l < kLanes; ++l) row.lane[l] = value;
}

// d = mask ? v : d, lane by lane.
inline void blend(Row& d, const Row& v, Mask mask) {
    if (mask == kAllLanes) {
        d = v;
        return;
    }
    for (unsigned l = 0; l < kLanes; ++l) d.lane[l] = (mask & (1U << l)) ? v.lane[l] : d.lane[l];
}

// Calls visit(lane) for every set lane, lowest first.
template <class Visit> inline void for_each_lane(Mask mask, Visit visit) {
    for (; mask != 0; mask &= mask - 1) visit(static_cast<unsigned>(std::countr_zero(mask)));
}

} // namespace heddle::emulator
