#include "frontend/emulator/device_memory.hpp"

#include "sim/base/error.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

namespace heddle::emulator {

namespace {

// Where arenas are put: free on Linux x86-64 whatever the randomisation of stack and libraries, also under ASan. Each
// further Device of a process takes the next one.
constexpr Address kFirstArena = 0x7000'0000'0000;
constexpr Bytes kArenaSpacing = 1ULL << 40;
constexpr unsigned kArenas = 12;
constexpr Bytes kSmallestArena = 64 * kMiB;

constexpr Bytes kUnit = 512;             // allocations begin at multiples of this
constexpr Bytes kGap = 4096;             // at least so much after each allocation belongs to nobody
constexpr Bytes kCommitStep = 64 * kMiB; // the arena becomes accessible in steps of this
constexpr Bytes kLarge = 1 * kMiB;       // from here on allocations are aligned to kLargeAlignment
constexpr Bytes kLargeAlignment = 2 * kMiB;
constexpr Bytes kGiveBack = 256 * kKiB; // released memory of this size goes back to the operating system
constexpr Bytes kPage = 4096;
constexpr Bytes kOutsidePiece = 2 * kMiB; // what real drivers map at a time, so that allocations of one piece belong together
constexpr Bytes kHugePage = 2 * kMiB;
constexpr unsigned kLeastHugePages = 2;  // allocations of fewer stay in small pages
constexpr unsigned kHugeShareOfHost = 4; // and so do those of more than a quarter of the host's memory
constexpr unsigned kCandidates = 64;     // holes looked at before a surely large enough one is taken

constexpr Address align_up(Address a, Bytes alignment) { return (a + alignment - 1) & ~(alignment - 1); }
constexpr Bytes extent(Bytes bytes) { return align_up(std::max<Bytes>(bytes, 1) + kGap, kUnit); }
bool on_device(AllocationKind kind) { return kind != AllocationKind::Pinned && kind != AllocationKind::Registered; }

// Zeroes [begin, end). Large ranges are handed back to the operating system, which gives zeroed pages again.
void clear(Address begin, Address end) {
    const Address first = align_up(begin, kPage), last = end & ~(kPage - 1);
    auto* const bytes = reinterpret_cast<std::byte*>(begin);
    if (end - begin >= kGiveBack && madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED) == 0) {
        std::memset(bytes, 0, first - begin);
        std::memset(reinterpret_cast<void*>(last), 0, end - last);
    } else std::memset(bytes, 0, end - begin);
}

Bytes host_memory() {
    const long pages = sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? static_cast<Bytes>(pages) * kPage : 0;
}

// Asks for huge pages where [begin, end) holds whole ones: a first touch then costs one page fault for 2 MiB, not 512. Very large
// allocations are left alone, since a program may touch few of their bytes and each touch would take 2 MiB of the host.
// Where the host has no huge pages, nothing changes.
void prefer_huge_pages(Address begin, Address end) {
    static const Bytes most = host_memory() / kHugeShareOfHost;
    const Address first = align_up(begin, kHugePage), last = end & ~(kHugePage - 1);
    if (last < first + kLeastHugePages * kHugePage || end - begin > most) return;
    (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
}

} // namespace

const char* name(AllocationKind kind) {
    switch (kind) {
    case AllocationKind::Device: return "device memory";
    case AllocationKind::Managed: return "managed memory";
    case AllocationKind::Pinned: return "pinned host memory";
    case AllocationKind::Registered: return "registered host memory";
    case AllocationKind::Global: return "variable";
    case AllocationKind::Heap: return "device heap";
    case AllocationKind::Array: return "array";
    }
    return "memory";
}

DeviceMemory::DeviceMemory(Bytes capacity) : capacity_(capacity) {
    // Room for as much pinned memory and for gaps; halved until the host allows it.
    Bytes size = std::min(align_up(std::min(capacity, kArenaSpacing / 4) * 2 + kGiB, kLargeAlignment), kArenaSpacing - kGiB);
    const auto reserve = [&](Address at) {
        const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED_NOREPLACE : 0);
        void* const p = mmap(reinterpret_cast<void*>(at), size, PROT_NONE, flags, -1, 0);
        if (p == MAP_FAILED) return false;
        if (at && reinterpret_cast<Address>(p) != at) { // a kernel that does not know MAP_FIXED_NOREPLACE
            munmap(p, size);
            return false;
        }
        arena_ = reinterpret_cast<Address>(p);
        return true;
    };
    for (; size >= kSmallestArena && arena_ == 0; size /= 2) {
        for (unsigned i = 0; i < kArenas && !reserve(kFirstArena + i * kArenaSpacing); ++i) {
        }
        if (arena_ == 0) reserve(0);
        if (arena_ != 0) break;
    }
    if (arena_ == 0)
        throw UserError(Diagnostic{"emulator", 0, 0, "cannot reserve address space for the memory of the emulated GPU",
                                   "raise the limit on virtual memory (ulimit -v)"});
    arena_end_ = arena_ + size;
    top_ = committed_ = align_up(arena_, kLargeAlignment);
}

DeviceMemory::~DeviceMemory() {
    munmap(reinterpret_cast<void*>(arena_), arena_end_ - arena_);
    for (const Address piece : outside_) munmap(reinterpret_cast<void*>(piece), kOutsidePiece);
}

std::optional<DeviceMemory::Place> DeviceMemory::place(Bytes extent, Bytes alignment, bool holes) const {
    const auto fits = [&](Address hole, Bytes bytes) { return align_up(hole, alignment) + extent <= hole + bytes; };
    auto it = holes ? free_.lower_bound(extent) : free_.end();
    for (unsigned tried = 0; it != free_.end() && tried < kCandidates; ++it, ++tried)
        if (fits(it->second, it->first)) return Place{align_up(it->second, alignment), it->second};
    if (it != free_.end()) {
        it = free_.lower_bound(extent + alignment);
        if (it != free_.end()) return Place{align_up(it->second, alignment), it->second};
    }
    const Address begin = align_up(top_, alignment);
    if (begin < top_ || begin > arena_end_ || arena_end_ - begin < extent) return std::nullopt;
    return Place{begin, 0};
}

bool DeviceMemory::commit(Address end) {
    if (end <= committed_) return true;
    const Address upto = std::min(align_up(end, kCommitStep), arena_end_);
    if (mprotect(reinterpret_cast<void*>(committed_), upto - committed_, PROT_READ | PROT_WRITE) != 0) return false;
    committed_ = upto;
    return true;
}

void DeviceMemory::remove_hole(Address begin) {
    const auto hole = holes_.find(begin);
    for (auto [it, last] = free_.equal_range(hole->second); it != last; ++it)
        if (it->second == begin) {
            free_.erase(it);
            break;
        }
    holes_.erase(hole);
}

// Joins [begin, end) with the holes beside it; with `lower`, a hole just below `top_` lowers it.
void DeviceMemory::add_hole(Address begin, Address end, bool lower) {
    if (begin == end) return;
    if (const auto after = holes_.find(end); after != holes_.end()) {
        end += after->second;
        remove_hole(after->first);
    }
    if (auto before = holes_.lower_bound(begin); before != holes_.begin()) {
        --before;
        if (before->first + before->second == begin) {
            begin = before->first;
            remove_hole(begin);
        }
    }
    if (end == top_ && lower) {
        top_ = begin;
        return;
    }
    holes_.emplace(begin, end - begin);
    free_.emplace(end - begin, begin);
}

Address DeviceMemory::allocate(Bytes bytes, AllocationKind kind, std::string label, Bytes alignment) {
    HEDDLE_EXPECT(alignment != 0 && (alignment & (alignment - 1)) == 0, "alignment {}", alignment);
    alignment = std::max(alignment, bytes >= kLarge ? kLargeAlignment : kUnit);
    const std::lock_guard lock(mutex_);
    if (bytes > arena_end_ - arena_ || alignment > arena_end_ - arena_) return 0;
    if (on_device(kind) && bytes > capacity_ - std::min<Bytes>(capacity_, used_)) return 0;
    const Bytes whole = extent(bytes);
    auto at = place(whole, alignment, kind != AllocationKind::Global);
    if (!at) {
        if (!holes_.empty()) { // the last one may lie just below `top_`
            const auto [begin, bytes_of] = *holes_.rbegin();
            remove_hole(begin);
            add_hole(begin, begin + bytes_of, true);
        }
        at = place(whole, alignment, true);
    }
    if (!at || !commit(at->begin + whole)) return 0;
    Address from = at->hole, to = 0;
    if (at->hole != 0) {
        to = at->hole + holes_.at(at->hole);
        remove_hole(at->hole);
    } else {
        from = top_;
        to = top_ = at->begin + whole;
    }
    add_hole(from, at->begin, false);
    add_hole(at->begin + whole, to, false);
    prefer_huge_pages(at->begin, at->begin + bytes);
    allocations_.emplace(at->begin, Allocation{at->begin, bytes, kind, std::move(label)});
    if (on_device(kind)) used_ += bytes;
    return at->begin;
}

bool DeviceMemory::map_outside(Address begin, Address end) {
    for (Address piece = begin & ~(kOutsidePiece - 1); piece < end; piece += kOutsidePiece) {
        if (outside_.contains(piece)) continue;
        void* const wanted = reinterpret_cast<void*>(piece);
        void* const p = mmap(wanted, kOutsidePiece, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        if (p == MAP_FAILED) return false;
        if (p != wanted) {
            munmap(p, kOutsidePiece);
            return false;
        }
        outside_.insert(piece);
    }
    return true;
}

bool DeviceMemory::allocate_at(Address address, Bytes bytes, AllocationKind kind, std::string label) {
    const std::lock_guard lock(mutex_);
    const Address end = address + bytes;
    if (address == 0 || bytes == 0 || end < address || (on_device(kind) && bytes > capacity_ - std::min<Bytes>(capacity_, used_))) return false;
    const auto after = allocations_.lower_bound(address);
    if (after != allocations_.end() && after->first < end) return false;
    if (const Allocation* before = locate_below(address); before && before->end() > address) return false;
    if (address < arena_end_ && end > arena_) {
        if (address < top_ || end > arena_end_ || !commit(end)) return false;
        add_hole(top_, address, false);
        top_ = std::min(address + extent(bytes), arena_end_);
    } else if (!map_outside(address, end)) return false;
    allocations_.emplace(address, Allocation{address, bytes, kind, std::move(label)});
    if (on_device(kind)) used_ += bytes;
    return true;
}

bool DeviceMemory::release(Address address) {
    const std::lock_guard lock(mutex_);
    const auto it = allocations_.find(address);
    if (it == allocations_.end()) return false;
    const Allocation& a = it->second;
    ++generation_;
    if (a.kind != AllocationKind::Registered) {
        clear(a.begin, a.end());
        const bool outside = a.begin < arena_ || a.begin >= arena_end_;
        // What a program has freed stays a hole, so that the runtime's own allocations do not come to lie there: a program
        // that goes on using it is to be told so, not to overwrite kernel parameters.
        if (!outside) add_hole(a.begin, a.begin + extent(a.bytes), a.kind == AllocationKind::Global);
        if (on_device(a.kind)) used_ -= a.bytes;
    }
    allocations_.erase(it);
    return true;
}

bool DeviceMemory::register_host(void* pointer, Bytes bytes, std::string label) {
    const auto begin = reinterpret_cast<Address>(pointer);
    if (begin == 0 || bytes == 0 || begin + bytes < begin) return false;
    const std::lock_guard lock(mutex_);
    if (begin < arena_end_ && begin + bytes > arena_) return false;
    const auto after = allocations_.lower_bound(begin);
    if (after != allocations_.end() && after->first < begin + bytes) return false;
    if (const Allocation* before = locate_below(begin); before && before->end() > begin) return false;
    allocations_.emplace(begin, Allocation{begin, bytes, AllocationKind::Registered, std::move(label)});
    return true;
}

bool DeviceMemory::set_read_only(Address address, bool read_only) {
    const std::lock_guard lock(mutex_);
    const auto it = allocations_.find(address);
    if (it == allocations_.end()) return false;
    it->second.read_only = read_only;
    ++generation_;
    return true;
}

const Allocation* DeviceMemory::locate_below(Address address) const {
    auto it = allocations_.upper_bound(address);
    return it == allocations_.begin() ? nullptr : &std::prev(it)->second;
}

const Allocation* DeviceMemory::locate(Address address) const {
    const Allocation* a = locate_below(address);
    return a && address < a->end() ? a : nullptr;
}

const Allocation* DeviceMemory::find(Address address) const {
    const std::lock_guard lock(mutex_);
    return locate(address);
}

std::byte* DeviceMemory::bytes(Address address, Bytes bytes) const {
    const std::lock_guard lock(mutex_);
    const Allocation* a = locate_below(address);
    if (!a || address > a->end() || bytes > a->end() - address) return nullptr;
    return reinterpret_cast<std::byte*>(address);
}

const Allocation* DeviceMemory::nearest_below(Address address) const {
    const std::lock_guard lock(mutex_);
    return locate_below(address);
}

std::string DeviceMemory::describe(Address address) const {
    const std::lock_guard lock(mutex_);
    const Allocation* below = locate_below(address);
    const auto text = [](const Allocation& a) {
        return fmt::format("{} '{}' [0x{:x}, {} bytes]", name(a.kind), a.label, a.begin, a.bytes);
    };
    if (below && address < below->end()) return fmt::format("it lies {} bytes into {}", address - below->begin, text(*below));
    const auto above = allocations_.upper_bound(address);
    const Bytes past = below ? address - below->end() : std::numeric_limits<Bytes>::max();
    if (above != allocations_.end() && above->first - address < past)
        return fmt::format("it lies {} bytes before {}", above->first - address, text(above->second));
    if (!below) return "nothing is allocated";
    return past == 0 ? fmt::format("it lies just past the end of {}", text(*below))
                     : fmt::format("it lies {} bytes past the end of {}", past, text(*below));
}

} // namespace heddle::emulator
