// What the operations of the memory family share: how an address operand is bound, addresses of all lanes, recording.
//
// In a bound operation, op.a is the register (low half of a pair), p[0] the row of the uniform register that is added (zeros if
// none), p[1] the row of the high half of the register (zeros: 32 bits), p[2] the row of the uniform high half,
// op.immediate the offset. Shared addresses: the low byte of p[3] is the shift of the register; the other bytes are free.
#pragma once

#include "frontend/emulator/memory_space.hpp"
#include "frontend/emulator/micro_op.hpp"
#include "frontend/emulator/recorder.hpp"

namespace heddle::emulator {

// Fills in p and immediate from the address in slot A. Throws UserError for 32-bit global addresses, which CUDA has no more.
void bind_address(const sass::Instruction& instruction, MicroOp& op, sass::Slot slot = sass::Slot::A);

// 64-bit addresses, in parts.
struct WideAddress {
    const Row& low;
    const Row& high;
    Address add;
    WideAddress(Warp& w, const MicroOp& op)
        : low(w.source(op.a)), high(w.row(op.p[1])), add(op.immediate + (w.row(op.p[0]).lane[0] | Address{w.row(op.p[2]).lane[0]} << 32)) {}
    Address of(unsigned lane) const { return (low.lane[lane] | Address{high.lane[lane]} << 32) + add; }
    // True if lane l accesses the address of lane 0 plus l * bytes.
    bool contiguous(unsigned bytes) const {
        const std::uint32_t first = low.lane[0], top = high.lane[0];
        std::uint32_t different = 0;
        for (unsigned l = 0; l < kLanes; ++l) different |= (low.lane[l] - first - bytes * l) | (high.lane[l] ^ top);
        return different == 0 && first <= 0xffffffffU - kLanes * 16;
    }
};

// 32-bit addresses (shared, local).
struct NarrowAddress {
    const Row& low;
    std::uint32_t add;
    unsigned shift;
    NarrowAddress(Warp& w, const MicroOp& op)
        : low(w.source(op.a)), add(static_cast<std::uint32_t>(op.immediate) + w.row(op.p[0]).lane[0]), shift(op.p[3] & 0xff) {}
    std::uint32_t of(unsigned lane) const { return (low.lane[lane] << shift) + add; }
    bool contiguous(unsigned bytes) const {
        const std::uint32_t first = low.lane[0];
        std::uint32_t different = 0;
        for (unsigned l = 0; l < kLanes; ++l) different |= ((low.lane[l] - first) << shift) - bytes * l;
        return different == 0;
    }
};

// Hands the addresses of `lanes` to the recorder. It wants one for every executing lane: those that access nothing (a false
// predicate, a row LDSM does not ask for) get that of the first lane that does, which adds no traffic.
template <class Of> void record_addresses(Warp& w, Mask lanes, Of of) {
    if (!w.recorder || lanes == 0) return;
    Address addresses[kLanes];
    const Address first = of(static_cast<unsigned>(std::countr_zero(lanes)));
    for_each_lane(w.exec, [&](unsigned l) { addresses[l] = lanes >> l & 1 ? of(l) : first; });
    w.recorder->addresses(addresses, w.exec);
}

inline std::uint32_t thread_of(const Warp& w, unsigned lane) { return w.number() * kLanes + lane; }

// Parts of the family: null if the operation is not theirs.
Execute bind_loads(const sass::Instruction& instruction, MicroOp& op);
Execute bind_atomics(const sass::Instruction& instruction, MicroOp& op);
Execute bind_copies(const sass::Instruction& instruction, MicroOp& op);   // LDSM STSM LDGSTS ARRIVES
Execute bind_shuffles(const sass::Instruction& instruction, MicroOp& op); // SHFL MATCH REDUX
Execute bind_textures(const sass::Instruction& instruction, MicroOp& op);

} // namespace heddle::emulator
