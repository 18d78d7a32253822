// What travels between SMs, L2 slices and DRAM channels: one 128-byte line, with a mask of its 32-byte sectors.
#pragma once

#include "sim/base/units.hpp"

namespace heddle {

// Number of sectors in a mask of four; one shift, where the portable population count is a function call.
constexpr unsigned sector_count(unsigned mask) { return static_cast<unsigned>(0x4332'3221'3221'2110ULL >> (4 * (mask & 15))) & 15; }

enum class MemoryOp : std::uint8_t {
    Read,      // reply carries `sector_mask` sectors
    Write,     // data travels with the request; the reply is an acknowledgement
    Atomic,    // executed at L2; the reply carries the old values
    Reduction, // executed at L2; the reply is an acknowledgement
};

// From an SM towards an L2 slice. 32 bytes.
struct MemoryRequest {
    Address line = 0;              // address of the line's first byte
    std::uint32_t transaction = 0; // chosen by the sender, returned in the reply
    SmId sm = 0;                   // sender
    SliceId slice = 0;             // destination, from the address map
    MemoryOp op = MemoryOp::Read;
    std::uint8_t sector_mask = 0;  // sectors asked for or written
    std::uint8_t full_mask = 0;    // Write: those of them written in all 32 bytes
    std::uint8_t atomic_lanes = 0; // Atomic, Reduction: lanes that take part
    std::uint8_t source = 0;       // L1 = 0, constant/instruction cache = 1
    std::uint8_t cluster = 0;      // GPC of the sender, for the way back

    // Bytes on the request network beside the header.
    Bytes payload() const;
};

// From an L2 slice back to an SM. 24 bytes.
struct MemoryReply {
    Address line = 0;
    std::uint32_t transaction = 0;
    SmId sm = 0;
    SliceId slice = 0; // sender
    MemoryOp op = MemoryOp::Read;
    std::uint8_t sector_mask = 0;
    std::uint8_t source = 0;
    std::uint8_t cluster = 0; // GPC of `sm`

    Bytes payload() const;
};

inline Bytes MemoryRequest::payload() const { return op == MemoryOp::Read ? 0 : kSectorBytes * sector_count(sector_mask); }
inline Bytes MemoryReply::payload() const {
    return op == MemoryOp::Read || op == MemoryOp::Atomic ? kSectorBytes * sector_count(sector_mask) : 0;
}

// From an L2 slice to its DRAM channel: one line, the sectors are the channel's 32-byte atoms.
struct DramRequest {
    Address line = 0;              // address of the line within the channel (AddressMap::channel_local)
    std::uint32_t transaction = 0; // chosen by the slice
    std::uint16_t slice = 0;       // sender
    bool write = false;
    std::uint8_t sector_mask = 0;
};

// From a DRAM channel back to the slice: the sectors of a read that are complete. A read may be answered in parts.
struct DramReply {
    Address line = 0;
    std::uint32_t transaction = 0;
    std::uint8_t sector_mask = 0;
};

} // namespace heddle
