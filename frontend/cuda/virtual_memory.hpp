// Virtual memory management: address ranges, and memory that is mapped into them (cuMemAddressReserve, cuMemCreate, cuMemMap).
//
// What hardware this is: the page tables of a context, as far as the driver API lets a program fill them.
// What is modelled: ranges without memory, memory without an address, mappings of a part of one into the other, several mappings of
// the same memory, access rights, memory handed to other processes as a file descriptor. An access where nothing is mapped, or
// mapped without access, is an illegal address. Neighbouring mappings with the same rights act as one piece.
// How: memory is a memfd; a mapping is a shared mapping of it at the reserved address, known to DeviceMemory as registered memory.
// What is not: several devices, multicast objects, sparse arrays, compression, other kinds of handles.
// Sources: CUDA driver API manual, virtual memory management.
#pragma once

#include "frontend/cuda/abi.hpp"
#include "frontend/cuda/error_codes.hpp"
#include "frontend/emulator/device_memory.hpp"

#include <map>
#include <memory>

namespace heddle::cuda {

namespace abi {
struct AllocationProperties { // CUmemAllocationProp
    int type = 0, handle_types = 0;
    MemoryLocation location;
    void* windows_metadata = nullptr;
    unsigned char compression = 0, rdma_capable = 0;
    unsigned short usage = 0;
    unsigned char reserved[4] = {};
};
} // namespace abi

// All functions throw Failure: InvalidValue, MemoryAllocation, NotSupported, AlreadyMapped.
class VirtualMemory {
  public:
    static constexpr Bytes kGranularity = 2 * kMiB;                         // sizes, offsets and addresses are multiples of it
    enum class Access : std::uint8_t { None = 0, Read = 1, ReadWrite = 3 }; // CUmemAccess_flags

    explicit VirtualMemory(emulator::DeviceMemory& memory) : memory_(memory) {}
    ~VirtualMemory();
    VirtualMemory(const VirtualMemory&) = delete;
    VirtualMemory& operator=(const VirtualMemory&) = delete;

    // A free address range. `wish`: where it may lie, 0 or taken: anywhere. `alignment`: a power of two, 0 for the granularity.
    Address reserve(Bytes bytes, Bytes alignment, Address wish);
    // The whole range, with nothing mapped in it.
    void free_range(Address begin, Bytes bytes);

    // Zeroed memory, and its handle.
    std::uint64_t create(Bytes bytes, const abi::AllocationProperties& properties);
    // The handle is gone; the memory stays until nothing maps it.
    void release(std::uint64_t handle);
    const abi::AllocationProperties& properties(std::uint64_t handle) const;
    // A file descriptor that stands for the memory; it belongs to the caller.
    int export_file(std::uint64_t handle) const;
    // Takes memory another process has exported.
    std::uint64_t import_file(int descriptor);

    void map(Address begin, Bytes bytes, Bytes offset, std::uint64_t handle);
    // Whole mappings that fill [begin, begin + bytes).
    void unmap(Address begin, Bytes bytes);
    // Rights for whole mappings that fill [begin, begin + bytes).
    void set_access(Address begin, Bytes bytes, Access access);
    Access access(Address address) const;
    // A new handle of the memory mapped at `address`.
    std::uint64_t retain(Address address);

    // Memory that exists, in bytes: it is not in DeviceMemory::used().
    Bytes used() const { return *used_; }
    // Whether `allocation` is a mapping made here: registered, but the device's own.
    static bool owns(const emulator::Allocation& allocation);

  private:
    struct Memory {
        int file = -1;
        Bytes bytes = 0;
        abi::AllocationProperties properties;
        std::shared_ptr<Bytes> used;
        ~Memory();
    };
    struct Mapping {
        Bytes bytes = 0;
        std::shared_ptr<Memory> memory;
        Access access = Access::None;
    };
    using Mappings = std::map<Address, Mapping>;

    std::uint64_t add(std::shared_ptr<Memory> memory);
    const std::shared_ptr<Memory>& find(std::uint64_t handle) const;
    // The mappings from `begin` on that fill the range exactly.
    std::pair<Mappings::iterator, Mappings::iterator> filling(Address begin, Bytes bytes);
    Address range_of(Address begin, Bytes bytes) const;
    // Tells DeviceMemory anew what is accessible in the reserved range at `range`.
    void publish(Address range);

    emulator::DeviceMemory& memory_;
    std::map<Address, Bytes> ranges_;
    Mappings mappings_;
    std::map<Address, Address> published_; // begin and end of what DeviceMemory knows
    std::map<std::uint64_t, std::shared_ptr<Memory>> handles_;
    std::uint64_t last_handle_ = 0;
    std::shared_ptr<Bytes> used_ = std::make_shared<Bytes>(0);
};

} // namespace heddle::cuda
