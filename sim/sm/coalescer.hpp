// Turns the addresses of a warp's lanes into 128-byte lines with sector masks.
//
// Hardware: the coalescing buffer in front of the L1 tags, which looks at all lanes of one instruction together.
// Modelled: which lines, which of their 32-byte sectors, which sectors a store writes in full, how many lanes touch
// each line, and the tag-stage cycles (each tag bank looks up one line per cycle). An access that straddles a sector
// or a line touches both. Strided patterns of a contiguous run of lanes, |stride| <= 32 bytes, take a closed form;
// the rest goes lane by lane.
// Local memory: the hardware interleaves thread-private memory so that the same 4-byte word of the 32 lanes is
// contiguous. Addresses come as each thread sees them and are interleaved here, into a region of its own per warp.
// Not modelled: coalescing across instructions.
// Sources: Nsight Compute documentation (requests, sectors, t-stage); CUDA programming guide (local memory layout);
// the tag-bank hash is fitted to te42kyfo/gpu-benches gpu-strides (A100).
#pragma once

#include "sim/base/units.hpp"
#include "sim/isa/warp_stream.hpp"

#include <array>
#include <bit>
#include <cstdint>

namespace heddle {

// Without the library call that std::popcount is on machines without a popcount instruction, for the commonest mask.
constexpr unsigned lane_count(std::uint32_t lanes) {
    return lanes == ~std::uint32_t{0} ? kLanes : static_cast<unsigned>(std::popcount(lanes));
}

struct LineAccess {
    Address line = 0;         // address of the first byte
    std::uint8_t sectors = 0; // touched
    std::uint8_t full = 0;    // of those, touched in all 32 bytes
    std::uint8_t lanes = 0;   // lanes whose first byte lies in this line (atomics)
};

inline constexpr unsigned kMaxLinesPerAccess = 2 * kLanes; // every lane straddles

// The lines of one instruction, in order of the first lane that touches them (strided patterns: of first byte).
struct CoalescedAccess {
    std::uint8_t count = 0;
    std::uint8_t tag_cycles = 0;
    std::array<LineAccess, kMaxLinesPerAccess> lines;
};

// Byte addresses of all lanes in `active`, indexed by lane.
struct LaneAddresses {
    std::uint32_t active = 0;
    std::array<Address, kLanes> of;
};
void expand(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, LaneAddresses& lanes);

// Tag bank of a line, below `banks`: 16 bits of the line number folded by exclusive or. Requires: banks is 1, 2, 4
// or 8. With 4 banks the tag cycles of 142 strides and block sizes on A100 come out with a mean error of 4 %.
inline unsigned tag_bank(Address line, unsigned banks) {
    auto fold = static_cast<unsigned>(line / kLineBytes) & 0xffff;
    fold ^= fold >> 8;
    fold ^= fold >> 4;
    if (banks <= 4) fold ^= fold >> 2;
    return fold & (banks - 1);
}

// Lines of an access of `bytes` (1 to 16) per active lane. Requires: active != 0.
void coalesce(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, unsigned bytes, unsigned tag_banks,
              CoalescedAccess& access);

// Whether all active lanes name the same address.
bool same_address(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active);

// Number of different addresses the active lanes name.
unsigned distinct_addresses(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active);

// Lines of an access to thread-private offset `offset`, the same in every lane; `window` tells the warps of the
// machine apart. Requires: active != 0.
void coalesce_interleaved(Address offset, std::uint64_t window, std::uint32_t active, unsigned bytes, unsigned tag_banks,
                          CoalescedAccess& access);
// The same for lanes that name different addresses: one line per word that any of them touches.
void coalesce_private(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint64_t window, std::uint32_t active, unsigned bytes,
                      unsigned tag_banks, CoalescedAccess& access);

} // namespace heddle
