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
    context.pools.released(address);
    memory.release(address);
}

AllocOperation make_graph_memory(Context& context, std::size_t bytes) {
    void* pointer = allocate(context, std::max<std::size_t>(bytes, 1), AllocationKind::Device, "graph memory");
    const auto address = reinterpret_cast<Address>(pointer);
    context.graph_memory.insert(address);
    AllocOperation operation;
    operation.memory = std::shared_ptr<void>(pointer, [&context, address](void*) {
        context.graph_memory.erase(address);
        context.device.memory().release(address);
    });
    operation.parameters.bytes = bytes;
    operation.parameters.pointer = pointer;
    return operation;
}

void* allocate_in_stream(Context& context, Stream& stream, std::size_t bytes, Pool& pool) {
    if (stream.capture) {
        AllocOperation operation = make_graph_memory(context, bytes);
        void* pointer = operation.parameters.pointer;
        context.submit(stream, std::move(operation));
        return pointer;
    }
    void* pointer = allocate(context, bytes, AllocationKind::Device, "cudaMallocAsync");
    if (pointer != nullptr) context.pools.allocated(pool, reinterpret_cast<Address>(pointer), bytes);
    return pointer;
}

void free_in_stream(Context& context, Stream& stream, void* pointer) {
    if (stream.capture) context.submit(stream, FreeOperation{pointer});
    else release(context, pointer, false);
}

} // namespace heddle::cuda
