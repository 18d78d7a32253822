#include "frontend/cuda/memory.hpp"

#include "frontend/cuda/api.hpp"

namespace heddle::cuda {

using emulator::AllocationKind;

void* allocate(Context& context, std::size_t bytes, AllocationKind kind, const char* label) {
    if (bytes == 0) return nullptr;
    require(bytes <= std::size_t{1} << 46, Error::MemoryAllocation);
    const Address address = context.device.memory().allocate(bytes, kind, label);
    require(address != 0, Error::MemoryAllocation);
    context.record.peak_memory = std::max(context.record.peak_memory, context.device.memory().used());
    return reinterpret_cast<void*>(address);
}

void* allocate_rows(Context& context, std::size_t& pitch, std::size_t width, std::size_t rows) {
    std::size_t bytes = 0;
    require(width <= std::size_t{1} << 46, Error::MemoryAllocation);
    pitch = (width + kPitchAlignment - 1) / kPitchAlignment * kPitchAlignment;
    require(!__builtin_mul_overflow(pitch, rows, &bytes), Error::MemoryAllocation);
    return allocate(context, bytes, AllocationKind::Device, "cudaMallocPitch");
}

void release(Context& context, void* pointer, bool host) {
    if (pointer == nullptr) return;
    const auto address = reinterpret_cast<Address>(pointer);
    emulator::DeviceMemory& memory = context.device.memory();
    const emulator::Allocation* allocation = memory.find(address);
    require(allocation != nullptr && allocation->begin == address);
    const AllocationKind kind = allocation->kind;
    require(host ? kind == AllocationKind::Pinned : kind == AllocationKind::Device || kind == AllocationKind::Managed);
    context.synchronize();
    if (context.graph_memory.contains(address)) return; // goes with its graph
    context.host_flags.erase(address);
    memory.release(address);
}

} // namespace heddle::cuda
