// What the operations of sm_90 share: shared memory of a cluster by address, mbarriers in it, state of a CTA's warps.
//
// Asynchronous operations complete at once, in the instruction that starts them: bytes are moved and the mbarrier is
// told before the next instruction. That is one of the orders hardware may choose, and the earliest; a program that is
// correct for every order (the PTX memory model promises none before the wait) cannot tell. So fences between proxies, waits for
// bulk groups (DEPBAR after UTMACMDFLUSH) and prefetches do nothing here.
#pragma once

#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/device.hpp"
#include "frontend/emulator/grid.hpp"
#include "frontend/emulator/recorder.hpp"

#include <array>

namespace heddle::emulator {

class HopperState : public Cta::Attachment {
  public:
    static HopperState& of(Warp& warp) {
        Cta& cta = warp.cta();
        if (!cta.hopper) cta.hopper = std::make_unique<HopperState>();
        return static_cast<HopperState&>(*cta.hopper);
    }
    static constexpr unsigned kWarps = 32;
    std::array<std::uint64_t, kWarps> cluster_generation{}; // of the cluster barrier a warp arrived at last
    std::array<std::uint32_t, kWarps> failed_tries{};       // SYNCS.PHASECHK.TRYWAIT in a row
    std::array<std::uint64_t, kWarps> groups{};             // warpgroup matrix groups a warp has executed
    std::unique_ptr<Cluster> alone;                         // of a CTA that was launched without a cluster
};

// The CTA's cluster; of one CTA if it was launched without.
Cluster& cluster_of(Warp& warp);

// Host pointer of [address, address + bytes) of the shared memory of the CTA whose rank is in bits 24 and up. Throws DeviceFault.
std::byte* cluster_bytes(Warp& warp, std::uint32_t address, Bytes bytes, unsigned alignment, const char* what, unsigned lane = 0);
// Host pointer of global memory. Throws DeviceFault.
std::byte* global_bytes(Warp& warp, Address address, Bytes bytes, const char* what, unsigned lane = 0);

std::uint64_t load_barrier(Warp& warp, std::uint32_t address, unsigned lane = 0);
void store_barrier(Warp& warp, std::uint32_t address, std::uint64_t word);
// `bytes` of the transactions of the mbarrier at `address` are complete.
void complete_transactions(Warp& warp, std::uint32_t address, Bytes bytes);

inline std::uint32_t uniform(Warp& warp, RowRef ref, unsigned n = 0) { return warp.source({ref.space, ref.index + n}).lane[0]; }
inline std::uint64_t uniform_pair(Warp& warp, RowRef ref) { return uniform(warp, ref) | std::uint64_t{uniform(warp, ref, 1)} << 32; }

// For the timing model: an asynchronous copy touches `bytes` bytes of global memory from `start` on. The pattern's address at
// the lane that executes is the start, its stride the length; if several lanes execute (one copy for all), the stride is 0.
inline void record_copy(Warp& warp, Address start, Bytes bytes) {
    if (!warp.recorder || warp.exec == 0) return;
    if ((warp.exec & (warp.exec - 1)) != 0) return warp.recorder->bulk(start, 0);
    warp.recorder->bulk(start - bytes * static_cast<unsigned>(std::countr_zero(warp.exec)), bytes);
}

Execute bind_hopper_barriers(const sass::Instruction& instruction, MicroOp& op); // SYNCS, ELECT, clusters, register hand-over
Execute bind_hopper_stores(const sass::Instruction& instruction, MicroOp& op);   // STAS, REDAS
Execute bind_hopper_bulk(const sass::Instruction& instruction, MicroOp& op);     // UBLKCP, UBLKRED
Execute bind_hopper_tensor(const sass::Instruction& instruction, MicroOp& op);   // UTMALDG, UTMASTG, UTMAREDG

} // namespace heddle::emulator
