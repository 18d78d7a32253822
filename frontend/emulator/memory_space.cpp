#include "frontend/emulator/memory_space.hpp"

#include "frontend/emulator/device.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

namespace {

const char* verb(AccessKind kind) {
    switch (kind) {
    case AccessKind::Read: return "read";
    case AccessKind::Write: return "write";
    case AccessKind::Atomic: return "atomic operation";
    case AccessKind::Copy: return "asynchronous copy";
    }
    return "access";
}

} // namespace

MemorySpace::MemorySpace(Cta& cta)
    : cta_(cta), memory_(cta.grid().device().memory()), shared_(cta.shared()), shared_bytes_(cta.shared_bytes()),
      local_bytes_(cta.local_bytes()), rank_base_(cta.rank << 24), generation_(memory_.generation()) {}

void MemorySpace::forget() {
    ranges_.fill({});
    generation_ = memory_.generation();
}

std::byte* MemorySpace::look_up(Address address, unsigned bytes, std::uint32_t number, AccessKind kind, unsigned lane) {
    if ((address & (bytes - 1)) != 0)
        throw DeviceFault(FaultKind::MisalignedAddress,
                          fmt::format("global {} of {} bytes at 0x{:x}, which is no multiple of {}", verb(kind), bytes, address, bytes),
                          lane);
    const Allocation* a = memory_.find(address);
    if (!a || a->end() - address < bytes)
        throw DeviceFault(FaultKind::IllegalAddress,
                          fmt::format("global {} of {} bytes at 0x{:x}: {}", verb(kind), bytes, address, memory_.describe(address)), lane);
    if (a->read_only && kind != AccessKind::Read)
        throw DeviceFault(FaultKind::IllegalAddress,
                          fmt::format("global {} of {} bytes at 0x{:x}, which must not be written: {}", verb(kind), bytes, address,
                                      memory_.describe(address)),
                          lane);
    ranges_[number % kRanges] = {a->begin, a->bytes, !a->read_only};
    return reinterpret_cast<std::byte*>(address);
}

std::byte* MemorySpace::window(Address address, unsigned bytes, AccessKind kind, std::uint32_t thread) {
    if (in_shared(address))
        return cluster_shared(static_cast<std::uint32_t>(address - DeviceMemory::kSharedWindow), bytes, kind, thread % kLanes);
    if (in_local(address)) return local(static_cast<std::uint32_t>(address - DeviceMemory::kLocalWindow), bytes, kind, thread);
    throw DeviceFault(FaultKind::IllegalAddress,
                      fmt::format("generic {} of {} bytes at 0x{:x}, which lies in no address space", verb(kind), bytes, address),
                      thread % kLanes);
}

std::byte* MemorySpace::cluster_shared(std::uint32_t address, unsigned bytes, AccessKind kind, unsigned lane) {
    const std::uint32_t rank = address >> 24, offset = address & 0xffffff;
    if (rank == cta_.rank || !cta_.cluster) return shared(address, bytes, kind, lane);
    if (rank >= cta_.cluster->ctas.size())
        throw DeviceFault(
            FaultKind::IllegalAddress,
            fmt::format("shared {} of {} bytes at 0x{:x}: the cluster has no block of rank {}", verb(kind), bytes, address, rank), lane);
    Cta& other = *cta_.cluster->ctas[rank];
    if ((offset & (bytes - 1)) != 0 || offset + std::uint64_t{bytes} > other.shared_bytes()) shared_fault(address, bytes, kind, lane);
    return other.shared() + offset;
}

void MemorySpace::shared_fault(std::uint32_t address, unsigned bytes, AccessKind kind, unsigned lane) const {
    if ((address & (bytes - 1)) != 0)
        throw DeviceFault(FaultKind::MisalignedAddress,
                          fmt::format("shared {} of {} bytes at 0x{:x}, which is no multiple of {}", verb(kind), bytes, address, bytes),
                          lane);
    throw DeviceFault(
        FaultKind::IllegalAddress,
        fmt::format("shared {} of {} bytes at 0x{:x}: the block has {} bytes of shared memory", verb(kind), bytes, address, shared_bytes_),
        lane);
}

void MemorySpace::local_fault(std::uint32_t address, unsigned bytes, AccessKind kind, std::uint32_t thread) const {
    if ((address & (bytes - 1)) != 0)
        throw DeviceFault(FaultKind::MisalignedAddress,
                          fmt::format("local {} of {} bytes at 0x{:x}, which is no multiple of {}", verb(kind), bytes, address, bytes),
                          thread % kLanes);
    throw DeviceFault(
        FaultKind::IllegalAddress,
        fmt::format("local {} of {} bytes at 0x{:x}: a thread has {} bytes of local memory", verb(kind), bytes, address, local_bytes_),
        thread % kLanes);
}

} // namespace heddle::emulator
