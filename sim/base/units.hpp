// Quantities every block speaks in.
//
// A point in time and a length of time share a representation but not a name: `Cycle` is an edge number of one
// clock domain, `Cycles` a distance between two edges of it. Simulated time common to all domains is counted in
// femtoseconds, which holds any clock edge to better than one part in 10^5 of a 1 GHz period and lasts 5 hours.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace heddle {

using Cycle = std::uint64_t;    // an edge of a clock domain, counted from 0
using Cycles = std::uint64_t;   // a number of edges
using Time = std::uint64_t;     // a point in simulated time, femtoseconds since the start of the run
using Duration = std::uint64_t; // femtoseconds
using Hertz = std::uint64_t;
using Bytes = std::uint64_t;
using Address = std::uint64_t; // byte address in the device's address space

using SmId = std::uint16_t;
using SliceId = std::uint16_t;
using WarpSlot = std::uint16_t; // warp position within an SM, 0 .. warps_per_sm-1
using CtaSlot = std::uint16_t;  // CTA position within an SM

inline constexpr Cycle kNever = std::numeric_limits<Cycle>::max();
inline constexpr Time kNoTime = std::numeric_limits<Time>::max();
inline constexpr std::uint64_t kFemtosecondsPerSecond = 1'000'000'000'000'000ULL;
inline constexpr Duration kNanosecond = 1'000'000; // in femtoseconds

inline constexpr Bytes kKiB = 1024;
inline constexpr Bytes kMiB = 1024 * kKiB;
inline constexpr Bytes kGiB = 1024 * kMiB;

inline constexpr unsigned kLanes = 32;        // threads in a warp
inline constexpr Bytes kSectorBytes = 32;     // unit of transfer between L1, L2 and DRAM
inline constexpr Bytes kLineBytes = 128;      // unit of tagging in L1 and L2
inline constexpr unsigned kSectorsPerLine = 4;

// A three-dimensional extent or index (grid, block, cluster).
struct Dim3 {
    std::uint32_t x = 1, y = 1, z = 1;
    constexpr std::uint64_t volume() const { return std::uint64_t{x} * y * z; }
    friend constexpr bool operator==(const Dim3&, const Dim3&) = default;
};

} // namespace heddle
