// The kernel attributes of a cubin: sections .nv.info (of all functions) and .nv.info.X (of function X).
//
// What hardware this is: none; what ptxas tells the driver about a kernel. What is modelled: the encoding of all entries, and
// the meaning of those listed here. What is not: the meaning of others; they are kept, with their number.
// Sources: numbers and names (EIATTR_*) as cuobjdump -elf prints them; contents by experiment with ptxas 13.0.
#pragma once

#include "frontend/cubin/cubin.hpp"
#include "frontend/cubin/elf.hpp"

namespace heddle::cubin {

namespace attribute {
inline constexpr std::uint8_t kMaxThreads = 0x05;         // 3 numbers: .maxntid
inline constexpr std::uint8_t kParameterBank = 0x0a;      // symbol of constant bank 0; u16 base, u16 bytes of all parameters
inline constexpr std::uint8_t kExterns = 0x0f;            // symbols of undefined functions called
inline constexpr std::uint8_t kRequiredThreads = 0x10;    // 3 numbers: .reqntid
inline constexpr std::uint8_t kFrameSize = 0x11;          // function symbol, bytes
inline constexpr std::uint8_t kMinStackSize = 0x12;       // kernel symbol, bytes of the deepest known call chain, -1: not known
inline constexpr std::uint8_t kParameterInfo = 0x17;      // number, u16 ordinal, u16 offset, bits 18 to 31: bytes
inline constexpr std::uint8_t kParameterBytes = 0x19;     // short: bytes of all parameters
inline constexpr std::uint8_t kExitOffsets = 0x1c;        // code offsets
inline constexpr std::uint8_t kMaxStackSize = 0x23;       // function symbol, bytes
inline constexpr std::uint8_t kRegisterCount = 0x2f;      // function symbol, registers per thread
inline constexpr std::uint8_t kToolkit = 0x37;            // number: CUDA version, 130
inline constexpr std::uint8_t kClusterExtent = 0x3d;      // 3 numbers
inline constexpr std::uint8_t kExplicitCluster = 0x3e;    // no value
inline constexpr std::uint8_t kMaxClusterRank = 0x3f;     // number
inline constexpr std::uint8_t kParameterInfoLarge = 0x45; // number, u16 ordinal, u16 offset, bits 0 to 23: bytes
inline constexpr std::uint8_t kSyscallOffsets = 0x46;     // code offsets
inline constexpr std::uint8_t kBarrierCount = 0x4c;       // short: named barriers
inline constexpr std::uint8_t kGridInClusters = 0x5b;     // no value: .blocksareclusters
} // namespace attribute

// All entries of .nv.info section `index`. Errors: UserError naming file, section and byte.
std::vector<Attribute> read_attributes(const ElfFile& elf, std::size_t index);

} // namespace heddle::cubin
