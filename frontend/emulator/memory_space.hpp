// Addresses of a CTA's accesses, checked and turned into host pointers.
//
// What hardware this is: the address spaces an SM sees: global memory, shared memory (own and of the cluster's other CTAs), local memory of
// each thread, and the generic address space with its windows onto the latter two. What is modelled: bounds of the allocation, alignment to
// the access size, write protection, windows, ranks of a cluster in shared addresses ((rank << 24) + offset). Every fault names address,
// size, lane and the nearest allocation. What is not: page granularity; hardware notices overruns only at page or 512-byte borders, this at
// every byte.
#pragma once

#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/device_memory.hpp"
#include "frontend/emulator/grid.hpp"

#include <array>
#include <cstring>

namespace heddle::emulator {

enum class AccessKind : std::uint8_t { Read, Write, Atomic, Copy };

// Attached to a CTA; remembers the allocations its instructions touched last.
class MemorySpace : public Cta::Attachment {
  public:
    explicit MemorySpace(Cta& cta);

    static MemorySpace& of(Warp& warp) {
        Cta& cta = warp.cta();
        if (!cta.memory) [[unlikely]]
            cta.memory = std::make_unique<MemorySpace>(cta);
        return static_cast<MemorySpace&>(*cta.memory);
    }

    // Host address of `bytes` bytes of global memory, which instruction `number` accesses. Throws DeviceFault.
    std::byte* global(Address address, unsigned bytes, std::uint32_t number, AccessKind kind, unsigned lane) {
        const Range& range = range_of(number);
        if ((address & (bytes - 1)) == 0 && address - range.begin <= range.bytes - bytes && range.bytes >= bytes &&
            (range.writable || kind == AccessKind::Read)) [[likely]]
            return reinterpret_cast<std::byte*>(address);
        return look_up(address, bytes, number, kind, lane);
    }
    // True if instruction `number` may touch [address, address + bytes) without further ado.
    bool covers(Address address, Bytes bytes, std::uint32_t number, bool write) {
        const Range& range = range_of(number);
        return address - range.begin <= range.bytes - bytes && range.bytes >= bytes && (range.writable || !write);
    }
    // The same for a generic address. `thread`: number of the lane's thread in the CTA.
    std::byte* generic(Address address, unsigned bytes, std::uint32_t number, AccessKind kind, std::uint32_t thread) {
        if (address - DeviceMemory::kSharedWindow < kWindows) return window(address, bytes, kind, thread);
        return global(address, bytes, number, kind, thread % kLanes);
    }
    // Which window a generic address lies in.
    static bool in_shared(Address address) { return address - DeviceMemory::kSharedWindow < DeviceMemory::kWindowBytes; }
    static bool in_local(Address address) { return address - DeviceMemory::kLocalWindow < DeviceMemory::kWindowBytes; }

    // Shared memory of the CTA; the rank in bits 24 and up must be its own (or zero).
    std::byte* shared(std::uint32_t address, unsigned bytes, AccessKind kind, unsigned lane) {
        const std::uint32_t offset = address >= rank_base_ ? address - rank_base_ : address;
        if ((offset & (bytes - 1)) == 0 && offset + std::uint64_t{bytes} <= shared_bytes_) [[likely]]
            return shared_ + offset;
        shared_fault(address, bytes, kind, lane);
    }
    // The same for many bytes; null instead of a fault.
    std::byte* shared_range(std::uint32_t address, unsigned bytes, unsigned alignment) {
        const std::uint32_t offset = address >= rank_base_ ? address - rank_base_ : address;
        return offset % alignment == 0 && offset + std::uint64_t{bytes} <= shared_bytes_ ? shared_ + offset : nullptr;
    }
    // Shared memory of any CTA of the cluster.
    std::byte* cluster_shared(std::uint32_t address, unsigned bytes, AccessKind kind, unsigned lane);
    std::byte* local(std::uint32_t address, unsigned bytes, AccessKind kind, std::uint32_t thread) {
        if ((address & (bytes - 1)) == 0 && address + std::uint64_t{bytes} <= local_bytes_) [[likely]]
            return cta_.local(thread) + address;
        local_fault(address, bytes, kind, thread);
    }
    // Shared offset without the rank, for the timing model.
    std::uint32_t shared_offset(std::uint32_t address) const { return address & 0xffffff; }

  private:
    struct Range {
        Address begin = 0;
        Bytes bytes = 0;
        bool writable = false;
    };
    static constexpr Bytes kWindows = DeviceMemory::kLocalWindow + DeviceMemory::kWindowBytes - DeviceMemory::kSharedWindow;
    static constexpr unsigned kRanges = 32;

    const Range& range_of(std::uint32_t number) {
        if (memory_.generation() != generation_) [[unlikely]]
            forget();
        return ranges_[number % kRanges];
    }
    void forget();
    std::byte* look_up(Address address, unsigned bytes, std::uint32_t number, AccessKind kind, unsigned lane);
    std::byte* window(Address address, unsigned bytes, AccessKind kind, std::uint32_t thread);
    [[noreturn]] void shared_fault(std::uint32_t address, unsigned bytes, AccessKind kind, unsigned lane) const;
    [[noreturn]] void local_fault(std::uint32_t address, unsigned bytes, AccessKind kind, std::uint32_t thread) const;

    Cta& cta_;
    const DeviceMemory& memory_;
    std::byte* shared_;
    Bytes shared_bytes_, local_bytes_;
    std::uint32_t rank_base_; // own rank << 24
    std::uint64_t generation_;
    std::array<Range, kRanges> ranges_{};
};

} // namespace heddle::emulator
