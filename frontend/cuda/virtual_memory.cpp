#include "frontend/cuda/virtual_memory.hpp"

#include "frontend/cuda/image.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heddle::cuda {

namespace {

constexpr const char* kLabel = "cuMemMap";
constexpr Bytes kMostBytes = 1ULL << 40;

void require(bool condition, Error error = Error::InvalidValue) {
    if (!condition) throw Failure{error};
}
bool whole(Bytes bytes) { return bytes != 0 && bytes % VirtualMemory::kGranularity == 0 && bytes <= kMostBytes; }
void* pointer(Address address) { return reinterpret_cast<void*>(address); }

// Address space without memory at exactly `at`, or anywhere for 0.
bool hold(Address at, Bytes bytes, int how) {
    return mmap(pointer(at), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | how, -1, 0) == pointer(at);
}

} // namespace

VirtualMemory::Memory::~Memory() {
    close(file);
    *used -= bytes;
}

VirtualMemory::~VirtualMemory() {
    for (const auto& [begin, bytes] : ranges_) munmap(pointer(begin), bytes);
}

bool VirtualMemory::owns(const emulator::Allocation& allocation) {
    return allocation.kind == emulator::AllocationKind::Registered && allocation.label == kLabel;
}

Address VirtualMemory::reserve(Bytes bytes, Bytes alignment, Address wish) {
    if (alignment < kGranularity) {
        require((alignment & (alignment - 1)) == 0);
        alignment = kGranularity;
    }
    require(whole(bytes) && (alignment & (alignment - 1)) == 0 && alignment <= kMostBytes);
    if (wish != 0 && wish % alignment == 0) {
        void* const p = mmap(pointer(wish), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        require(p != MAP_FAILED, Error::MemoryAllocation);
        if (p == pointer(wish)) {
            ranges_.emplace(wish, bytes);
            return wish;
        }
        munmap(p, bytes);
    }
    // A range that holds an aligned one; what is too much goes back.
    void* const p = mmap(nullptr, bytes + alignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(p != MAP_FAILED, Error::MemoryAllocation);
    const auto low = reinterpret_cast<Address>(p);
    const Address begin = (low + alignment - 1) & ~(alignment - 1);
    if (begin != low) munmap(p, begin - low);
    munmap(pointer(begin + bytes), low + alignment - begin);
    ranges_.emplace(begin, bytes);
    return begin;
}

void VirtualMemory::free_range(Address begin, Bytes bytes) {
    const auto range = ranges_.find(begin);
    require(range != ranges_.end() && range->second == bytes);
    const auto mapped = mappings_.lower_bound(begin);
    require(mapped == mappings_.end() || mapped->first >= begin + bytes);
    munmap(pointer(begin), bytes);
    ranges_.erase(range);
}

std::uint64_t VirtualMemory::add(std::shared_ptr<Memory> memory) {
    handles_.emplace(++last_handle_, std::move(memory));
    return last_handle_;
}

const std::shared_ptr<VirtualMemory::Memory>& VirtualMemory::find(std::uint64_t handle) const {
    const auto found = handles_.find(handle);
    require(found != handles_.end());
    return found->second;
}

std::uint64_t VirtualMemory::create(Bytes bytes, const abi::AllocationProperties& properties) {
    constexpr int kPinned = 1, kFileDescriptor = 1;
    require(whole(bytes) && properties.type == kPinned && properties.location.id == 0);
    require((properties.handle_types & ~kFileDescriptor) == 0, Error::NotSupported);
    const Bytes taken = memory_.used() + *used_;
    require(taken <= memory_.capacity() && bytes <= memory_.capacity() - taken, Error::MemoryAllocation);
    const int file = memfd_create("heddle", MFD_CLOEXEC);
    require(file >= 0, Error::MemoryAllocation);
    auto memory = std::make_shared<Memory>();
    memory->file = file;
    memory->used = used_;
    memory->properties = properties;
    require(ftruncate(file, static_cast<off_t>(bytes)) == 0, Error::MemoryAllocation);
    memory->bytes = bytes;
    *used_ += bytes;
    return add(std::move(memory));
}

void VirtualMemory::release(std::uint64_t handle) {
    find(handle);
    handles_.erase(handle);
}

const abi::AllocationProperties& VirtualMemory::properties(std::uint64_t handle) const { return find(handle)->properties; }

int VirtualMemory::export_file(std::uint64_t handle) const {
    const Memory& memory = *find(handle);
    require(memory.properties.handle_types != 0); // asked for when it was made
    const int copy = fcntl(memory.file, F_DUPFD_CLOEXEC, 0);
    require(copy >= 0, Error::MemoryAllocation);
    return copy;
}

std::uint64_t VirtualMemory::import_file(int descriptor) {
    struct stat facts {};
    require(fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size > 0 && whole(static_cast<Bytes>(facts.st_size)));
    const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    require(copy >= 0, Error::MemoryAllocation);
    auto memory = std::make_shared<Memory>();
    memory->file = copy;
    memory->bytes = static_cast<Bytes>(facts.st_size);
    memory->used = used_;
    memory->properties.type = 1;
    memory->properties.handle_types = 1;
    memory->properties.location = {1, 0};
    *used_ += memory->bytes;
    return add(std::move(memory));
}

Address VirtualMemory::range_of(Address begin, Bytes bytes) const {
    auto range = ranges_.upper_bound(begin);
    require(range != ranges_.begin());
    --range;
    require(begin + bytes > begin && begin + bytes <= range->first + range->second);
    return range->first;
}

void VirtualMemory::map(Address begin, Bytes bytes, Bytes offset, std::uint64_t handle) {
    const std::shared_ptr<Memory>& memory = find(handle);
    require(whole(bytes) && begin % kGranularity == 0 && offset % kGranularity == 0);
    require(offset <= memory->bytes && bytes <= memory->bytes - offset);
    range_of(begin, bytes);
    auto next = mappings_.lower_bound(begin);
    require(next == mappings_.end() || next->first >= begin + bytes, Error::AlreadyMapped);
    if (next != mappings_.begin()) {
        --next;
        require(next->first + next->second.bytes <= begin, Error::AlreadyMapped);
    }
    void* const p = mmap(pointer(begin), bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_NORESERVE, memory->file,
                         static_cast<off_t>(offset));
    require(p == pointer(begin), Error::MemoryAllocation);
    mappings_.emplace(begin, Mapping{bytes, memory, Access::None});
}

std::pair<VirtualMemory::Mappings::iterator, VirtualMemory::Mappings::iterator> VirtualMemory::filling(Address begin, Bytes bytes) {
    const auto first = mappings_.find(begin);
    auto last = first;
    Address end = begin;
    for (; last != mappings_.end() && last->first == end && end < begin + bytes; ++last) end += last->second.bytes;
    require(first != mappings_.end() && end == begin + bytes);
    return {first, last};
}

void VirtualMemory::unmap(Address begin, Bytes bytes) {
    const Address range = range_of(begin, bytes);
    const auto [first, last] = filling(begin, bytes);
    mappings_.erase(first, last);
    publish(range);
    require(hold(begin, bytes, MAP_FIXED), Error::MemoryAllocation);
}

void VirtualMemory::set_access(Address begin, Bytes bytes, Access access) {
    const Address range = range_of(begin, bytes);
    const auto [first, last] = filling(begin, bytes);
    for (auto mapping = first; mapping != last; ++mapping) mapping->second.access = access;
    publish(range);
}

void VirtualMemory::publish(Address range) {
    const Address end = range + ranges_.at(range);
    for (auto it = published_.lower_bound(range); it != published_.end() && it->first < end; it = published_.erase(it))
        memory_.release(it->first);
    for (auto it = mappings_.lower_bound(range); it != mappings_.end() && it->first < end;) {
        const Address begin = it->first;
        const Access access = it->second.access;
        Address to = begin;
        for (; it != mappings_.end() && it->first == to && to < end && it->second.access == access; ++it) to += it->second.bytes;
        if (access == Access::None) continue;
        require(memory_.register_host(pointer(begin), to - begin, kLabel), Error::MemoryAllocation);
        if (access == Access::Read) memory_.set_read_only(begin, true);
        published_.emplace(begin, to);
    }
}

VirtualMemory::Access VirtualMemory::access(Address address) const {
    auto mapping = mappings_.upper_bound(address);
    require(mapping != mappings_.begin());
    --mapping;
    require(address < mapping->first + mapping->second.bytes);
    return mapping->second.access;
}

std::uint64_t VirtualMemory::retain(Address address) {
    auto mapping = mappings_.upper_bound(address);
    require(mapping != mappings_.begin());
    --mapping;
    require(address < mapping->first + mapping->second.bytes);
    return add(mapping->second.memory);
}

} // namespace heddle::cuda
