// Memory of the emulated GPU: allocations with bounds.
//
// What hardware this is: the virtual address space a CUDA context sees: device memory, managed and pinned memory.
// What is modelled: allocations as ranges at deterministic addresses, so that a run repeats to the bit; every access is
// checked against the range it falls into. An address is also the host address of its bytes: a program that runs in
// the same process reads managed and pinned memory without copies.
// How: one arena is reserved at a fixed address (the first free one of a short list) and made accessible as it grows;
// allocations are placed best fit (the runtime's own where the program freed nothing), holes coalesce, and a gap that
// belongs to nobody follows each allocation, so that an overrun does not land in its neighbour. Bytes of holes are always
// zero. Allocations of some MiB ask the host for huge pages.
// What is not: page tables, page faults of managed memory, access counters.
#pragma once

#include "sim/base/units.hpp"

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace heddle::emulator {

enum class AllocationKind : std::uint8_t {
    Device,
    Managed,
    Pinned,
    Registered,
    Global /*variables of a module*/,
    Heap /*device malloc*/,
    Array
};
const char* name(AllocationKind kind);

struct Allocation {
    Address begin = 0;
    Bytes bytes = 0;
    AllocationKind kind = AllocationKind::Device;
    std::string label; // for error messages: "cudaMalloc", a variable's name
    bool read_only = false;
    Address end() const { return begin + bytes; }
};

// Safe to use from several host threads. A kernel that runs while another thread releases what it uses is the program's
// error, as on hardware.
class DeviceMemory {
  public:
    // `capacity`: device memory in bytes, as a program may ask for. Errors: UserError if no address space can be reserved.
    explicit DeviceMemory(Bytes capacity);
    ~DeviceMemory();
    DeviceMemory(const DeviceMemory&) = delete;
    DeviceMemory& operator=(const DeviceMemory&) = delete;

    // Zeroed memory, aligned to at least 512 bytes (2 MiB from 1 MiB on, as the driver does). 0 if the capacity is exceeded or
    // the host has no memory left. Zero bytes give a valid unique address. Requires: alignment is a power of two.
    Address allocate(Bytes bytes, AllocationKind kind, std::string label, Bytes alignment = 512);
    // Zeroed memory at exactly this address, for memory captured elsewhere. Within the arena, addresses must be asked for in rising
    // order and before anything else. False if the address is taken, by this process itself perhaps, or the host refuses.
    bool allocate_at(Address address, Bytes bytes, AllocationKind kind, std::string label);
    // False if `address` is not the beginning of an allocation. Also ends a registration of host memory.
    bool release(Address address);
    // Host memory that kernels may use (cudaHostRegister). False if it overlaps something known, or is empty.
    bool register_host(void* pointer, Bytes bytes, std::string label);
    // Marks an allocation as one kernels must not write. False if `address` is not the beginning of an allocation.
    bool set_read_only(Address address, bool read_only);

    // The allocation that holds `address`; the pointer is valid until the allocation is released.
    const Allocation* find(Address address) const;
    // The bytes [address, address + bytes) if they lie within one allocation; else null.
    std::byte* bytes(Address address, Bytes bytes) const;
    // The allocation nearest below `address`, for messages.
    const Allocation* nearest_below(Address address) const;
    // One sentence on where `address` lies: "it is 16 bytes past the end of cudaMalloc [0x..., 4096 bytes]".
    std::string describe(Address address) const;

    Bytes capacity() const { return capacity_; }
    // Device memory handed out (pinned and registered host memory does not count).
    Bytes used() const { return used_; }
    // Counts releases: a cached Allocation is valid as long as this has not changed.
    std::uint64_t generation() const { return generation_.load(std::memory_order_relaxed); }

    // Windows of the generic address space: shared memory and local memory of a thread, as SR_SWINHI and SR_LWINHI give them.
    static constexpr Address kSharedWindow = 0x0000'0100'0000'0000; // high word 0x100, 4 GiB: (CTA rank in cluster << 24) + offset
    static constexpr Address kLocalWindow = 0x0000'0200'0000'0000;  // high word 0x200, 4 GiB
    static constexpr Bytes kWindowBytes = 1ULL << 32;

  private:
    struct Place {
        Address begin = 0, hole = 0; // hole: begin of the hole it lies in, 0 = above `top_`
    };
    std::optional<Place> place(Bytes extent, Bytes alignment, bool holes) const;
    bool commit(Address end);
    bool map_outside(Address begin, Address end);
    void add_hole(Address begin, Address end, bool lower);
    void remove_hole(Address begin);
    const Allocation* locate(Address address) const; // without the lock
    const Allocation* locate_below(Address address) const;

    Bytes capacity_;
    std::atomic<Bytes> used_ = 0;
    std::atomic<std::uint64_t> generation_ = 0;
    mutable std::mutex mutex_;
    std::map<Address, Allocation> allocations_; // by begin
    std::multimap<Bytes, Address> free_;        // holes of the arena by size
    std::map<Address, Bytes> holes_;            // by begin
    std::set<Address> outside_;                 // pieces of kOutsidePiece bytes beyond the arena that hold allocations
    Address arena_ = 0, arena_end_ = 0;
    Address top_ = 0;       // nothing of the arena from here on was handed out
    Address committed_ = 0; // end of what is accessible
};

} // namespace heddle::emulator
