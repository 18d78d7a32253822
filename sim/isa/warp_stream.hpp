// The contract between whatever produces warp instructions (traces, emulators, generators) and the GPU model.
//
// A warp is a sequence of dynamic instructions, handed over in chunks so that the model makes no virtual call per
// instruction and a producer may generate them as they are consumed. Nothing per lane is stored that a base and a
// stride can say.
#pragma once

#include "sim/isa/instruction.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace heddle {

// Addresses of the active lanes of one memory instruction.
struct AddressPattern {
    enum class Kind : std::uint8_t {
        Stride, // lane i (any lane, active or not) accesses base + stride * i
        List,   // the k-th active lane accesses list[first + k]
    };
    Kind kind = Kind::Stride;
    Address base = 0;
    std::int64_t stride = 0;
    std::uint32_t first = 0; // List: index into the chunk's list
};

inline constexpr std::uint32_t kNoAddress = 0xffffffff;

// Of a barrier whose number and thread count stood in registers: base = number + 16 * threads.
// One executed warp instruction. 16 bytes. `code` stays valid as long as the kernel's code table.
struct DynamicInstruction {
    const StaticInstruction* code = nullptr;
    std::uint32_t active_mask = 0;     // lanes that execute (active and predicate true); 0 = issued for nobody
    std::uint32_t address = kNoAddress; // index into the chunk's patterns
};

// A piece of a warp's instruction sequence. Spans stay valid until the next-but-one call of WarpStream::next_chunk(),
// because an instruction buffer may hold the end of one chunk and the start of the next.
struct InstructionChunk {
    std::span<const DynamicInstruction> instructions;
    std::span<const AddressPattern> patterns;
    std::span<const Address> list;

    // Address of lane `lane`, the `k`-th active one. Requires: the instruction has a pattern.
    Address lane_address(const AddressPattern& pattern, unsigned lane, unsigned k) const {
        return pattern.kind == AddressPattern::Kind::Stride ? pattern.base + static_cast<Address>(pattern.stride) * lane
                                                            : list[pattern.first + k];
    }
};

inline constexpr std::size_t kMinChunk = 16;

// The instructions one warp executes, in order.
class WarpStream {
  public:
    virtual ~WarpStream() = default;
    // The next instructions; an empty chunk means the warp is finished. Every chunk but the last holds at least
    // kMinChunk instructions.
    virtual InstructionChunk next_chunk() = 0;
};

} // namespace heddle
