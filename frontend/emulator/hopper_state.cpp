#include "frontend/emulator/hopper_state.hpp"

#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/mbarrier.hpp"

#include <cstring>
#include <fmt/format.h>

namespace heddle::emulator {

Cluster& cluster_of(Warp& w) {
    Cta& cta = w.cta();
    if (!cta.cluster) {
        HopperState& state = HopperState::of(w);
        state.alone = std::make_unique<Cluster>();
        state.alone->shape = {1, 1, 1};
        state.alone->ctas.push_back(&cta);
        cta.cluster = state.alone.get();
    }
    return *cta.cluster;
}

std::byte* cluster_bytes(Warp& w, std::uint32_t address, Bytes bytes, unsigned alignment, const char* what, unsigned lane) {
    const std::uint32_t rank = address >> 24, offset = address & 0xffffff;
    Cta* cta = &w.cta();
    if (rank != cta->rank) {
        const Cluster* cluster = cta->cluster;
        if (!cluster || rank >= cluster->ctas.size())
            throw DeviceFault(FaultKind::IllegalAddress, fmt::format("invalid shared {} of size {} at 0x{:x}: block {} is not in the cluster", what, bytes, address, rank), lane);
        cta = cluster->ctas[rank];
    }
    if (offset % alignment != 0)
        throw DeviceFault(FaultKind::MisalignedAddress, fmt::format("misaligned shared {} of size {} at 0x{:x}: not a multiple of {}", what, bytes, address, alignment), lane);
    if (offset + bytes > cta->shared_bytes())
        throw DeviceFault(FaultKind::IllegalAddress, fmt::format("invalid shared {} of size {} at 0x{:x}: the block has {} bytes", what, bytes, address, cta->shared_bytes()), lane);
    return cta->shared() + offset;
}

std::byte* global_bytes(Warp& w, Address address, Bytes bytes, const char* what, unsigned lane) {
    const DeviceMemory& memory = w.cta().grid().device().memory();
    if (std::byte* pointer = memory.bytes(address, bytes)) return pointer;
    std::string near;
    if (const Allocation* below = memory.nearest_below(address))
        near = fmt::format(": {} bytes after the end of {} ({} bytes at 0x{:x})", static_cast<std::int64_t>(address + bytes - below->end()), below->label, below->bytes, below->begin);
    throw DeviceFault(FaultKind::IllegalAddress, fmt::format("invalid global {} of size {} at 0x{:x}{}", what, bytes, address, near), lane);
}

std::uint64_t load_barrier(Warp& w, std::uint32_t address, unsigned lane) {
    std::uint64_t word;
    std::memcpy(&word, cluster_bytes(w, address, 8, 8, "mbarrier access", lane), 8);
    return word;
}

void store_barrier(Warp& w, std::uint32_t address, std::uint64_t word) { std::memcpy(cluster_bytes(w, address, 8, 8, "mbarrier access"), &word, 8); }

void complete_transactions(Warp& w, std::uint32_t address, Bytes bytes) {
    std::uint64_t word = load_barrier(w, address);
    mbarrier::complete_tx(word, static_cast<std::uint32_t>(bytes));
    store_barrier(w, address, word);
}

} // namespace heddle::emulator
