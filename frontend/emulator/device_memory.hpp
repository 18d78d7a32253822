// Memory of the emulated GPU: allocations with bounds.
//
// What hardware this is: the virtual address space a CUDA context sees: device memory, managed and pinned memory.
// What is modelled: allocations as ranges at deterministic addresses, so that a run repeats to the bit; every access is
// checked against the range it falls into. An address is also the host address of its bytes: a program that runs in
// the same process reads managed and pinned memory without copies.
// What is not: page tables, page faults of managed memory, access counters.
#pragma once

#include "sim/base/units.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace heddle::emulator {

enum class AllocationKind : std::uint8_t { Device, Managed, Pinned, Registered, Global /*variables of a module*/, Heap /*device malloc*/, Array };

struct Allocation {
    Address begin = 0;
    Bytes bytes = 0;
    AllocationKind kind = AllocationKind::Device;
    std::string label;   // for error messages: "cudaMalloc", a variable's name
    bool read_only = false;
    Address end() const { return begin + bytes; }
};

class DeviceMemory {
  public:
    // `capacity`: device memory in bytes, as a program may ask for.
    explicit DeviceMemory(Bytes capacity);
    ~DeviceMemory();
    DeviceMemory(const DeviceMemory&) = delete;
    DeviceMemory& operator=(const DeviceMemory&) = delete;

    // Zeroed memory, aligned to at least 512 bytes. 0 if the capacity is exceeded. Zero bytes give a valid unique address.
    Address allocate(Bytes bytes, AllocationKind kind, std::string label, Bytes alignment = 512);
    // False if `address` is not the beginning of an allocation.
    bool release(Address address);
    // Host memory that kernels may use (cudaHostRegister). False if it overlaps something known.
    bool register_host(void* pointer, Bytes bytes, std::string label);

    // The allocation that holds `address`; the pointer is valid until the allocation is released.
    const Allocation* find(Address address) const;
    // The bytes [address, address + bytes) if they lie within one allocation; else null.
    std::byte* bytes(Address address, Bytes bytes) const;
    // The allocation nearest below `address`, for messages.
    const Allocation* nearest_below(Address address) const;

    Bytes capacity() const { return capacity_; }
    Bytes used() const { return used_; }
    // Counts releases: a cached Allocation is valid as long as this has not changed.
    std::uint64_t generation() const { return generation_; }

    // Windows of the generic address space: shared memory and local memory of a thread, as SR_SWINHI and SR_LWINHI give them.
    static constexpr Address kSharedWindow = 0x0000'0100'0000'0000; // high word 0x100, 4 GiB: (CTA rank in cluster << 24) + offset
    static constexpr Address kLocalWindow = 0x0000'0200'0000'0000;  // high word 0x200, 4 GiB
    static constexpr Bytes kWindowBytes = 1ULL << 32;

  private:
    Bytes capacity_, used_ = 0;
    std::uint64_t generation_ = 0;
    std::map<Address, Allocation> allocations_;           // by begin
    std::multimap<Bytes, Address> free_;                   // holes of the arena by size
    std::map<Address, Bytes> holes_;                       // by begin
    Address arena_ = 0, arena_end_ = 0, top_ = 0;
};

} // namespace heddle::emulator
