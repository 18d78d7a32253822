// Allocation functions of the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/memory.hpp"

namespace heddle::cuda {

namespace {

using emulator::Allocation;
using emulator::AllocationKind;

constexpr unsigned kHostAllocFlags = 0x7;    // portable, mapped, write-combined
constexpr unsigned kHostRegisterFlags = 0xf; // portable, mapped, I/O memory, read-only
constexpr unsigned kAttachFlags = 0x7;       // global, host, single
constexpr int kInvalidDevice = -2;

const Allocation* find(Context& c, const void* pointer) { return c.device.memory().find(reinterpret_cast<Address>(pointer)); }

Error allocate_host(const char* name, void** pointer, std::size_t bytes, unsigned flags) {
    return runtime_call(name, [&](Context& c) {
        require((flags & ~kHostAllocFlags) == 0);
        void*& result = at(pointer);
        result = allocate(c, bytes, AllocationKind::Pinned, name);
        if (result != nullptr) c.host_flags[reinterpret_cast<Address>(result)] = flags;
    });
}

} // namespace

HEDDLE_CUDA_API Error cudaMalloc(void** pointer, std::size_t bytes) {
    return runtime_call("cudaMalloc", [&](Context& c) { at(pointer) = allocate(c, bytes, AllocationKind::Device, "cudaMalloc"); });
}

HEDDLE_CUDA_API Error cudaMallocManaged(void** pointer, std::size_t bytes, unsigned flags) {
    return runtime_call("cudaMallocManaged", [&](Context& c) {
        require(bytes != 0 && flags != 0 && (flags & ~kAttachFlags) == 0);
        at(pointer) = allocate(c, bytes, AllocationKind::Managed, "cudaMallocManaged");
    });
}

HEDDLE_CUDA_API Error cudaMallocHost(void** pointer, std::size_t bytes) { return allocate_host("cudaMallocHost", pointer, bytes, 0); }

HEDDLE_CUDA_API Error cudaHostAlloc(void** pointer, std::size_t bytes, unsigned flags) {
    return allocate_host("cudaHostAlloc", pointer, bytes, flags);
}

HEDDLE_CUDA_API Error cudaMallocPitch(void** pointer, std::size_t* pitch, std::size_t width, std::size_t height) {
    return runtime_call("cudaMallocPitch", [&](Context& c) {
        std::size_t distance = 0;
        at(pointer) = allocate_rows(c, distance, width, height);
        at(pitch) = distance;
    });
}

HEDDLE_CUDA_API Error cudaMalloc3D(abi::PitchedPointer* pointer, abi::Extent extent) {
    return runtime_call("cudaMalloc3D", [&](Context& c) {
        std::size_t pitch = 0, rows = 0;
        require(!__builtin_mul_overflow(extent.height, extent.depth, &rows), Error::MemoryAllocation);
        void* memory = allocate_rows(c, pitch, extent.width, rows);
        at(pointer) = {memory, pitch, extent.width, extent.height};
    });
}

HEDDLE_CUDA_API Error cudaFree(void* pointer) {
    return runtime_call("cudaFree", [&](Context& c) { release(c, pointer, false); });
}

HEDDLE_CUDA_API Error cudaFreeHost(void* pointer) {
    return runtime_call("cudaFreeHost", [&](Context& c) { release(c, pointer, true); });
}

HEDDLE_CUDA_API Error cudaHostRegister(void* pointer, std::size_t bytes, unsigned flags) {
    return runtime_call("cudaHostRegister", [&](Context& c) {
        require(pointer != nullptr && bytes != 0 && (flags & ~kHostRegisterFlags) == 0);
        require(c.device.memory().register_host(pointer, bytes, "cudaHostRegister"), Error::HostMemoryAlreadyRegistered);
        c.host_flags[reinterpret_cast<Address>(pointer)] = flags;
    });
}

HEDDLE_CUDA_API Error cudaHostUnregister(void* pointer) {
    return runtime_call("cudaHostUnregister", [&](Context& c) {
        const Allocation* allocation = find(c, pointer);
        require(allocation != nullptr && allocation->kind == AllocationKind::Registered && !VirtualMemory::owns(*allocation) &&
                    allocation->begin == reinterpret_cast<Address>(pointer),
                Error::HostMemoryNotRegistered);
        c.synchronize();
        c.host_flags.erase(allocation->begin);
        c.device.memory().release(allocation->begin);
    });
}

HEDDLE_CUDA_API Error cudaHostGetDevicePointer(void** device, void* host, unsigned flags) {
    return runtime_call("cudaHostGetDevicePointer", [&](Context& c) {
        const Allocation* allocation = find(c, host);
        require(flags == 0 && allocation != nullptr);
        require(allocation->kind == AllocationKind::Pinned || allocation->kind == AllocationKind::Registered ||
                allocation->kind == AllocationKind::Managed);
        at(device) = host;
    });
}

HEDDLE_CUDA_API Error cudaHostGetFlags(unsigned* flags, void* host) {
    return runtime_call("cudaHostGetFlags", [&](Context& c) {
        const Allocation* allocation = find(c, host);
        require(allocation != nullptr && c.host_flags.contains(allocation->begin));
        at(flags) = c.host_flags[allocation->begin] | 2U; // mapped: always, as with unified addressing
    });
}

HEDDLE_CUDA_API Error cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    return runtime_call("cudaMemGetInfo", [&](Context& c) {
        const emulator::DeviceMemory& memory = c.device.memory();
        const std::size_t used = memory.used() + c.virtual_memory.used();
        if (free != nullptr) *free = memory.capacity() - std::min(memory.capacity(), used);
        if (total != nullptr) *total = memory.capacity();
    });
}

HEDDLE_CUDA_API Error cudaPointerGetAttributes(abi::PointerAttributes12* attributes, const void* pointer) {
    return runtime_call("cudaPointerGetAttributes", [&](Context& c) {
        abi::PointerAttributes12& result = at(attributes);
        void* address = const_cast<void*>(pointer);
        const Allocation* allocation = find(c, pointer);
        if (allocation == nullptr) {
            result = {0, kInvalidDevice, nullptr, address};
        } else if (allocation->kind == AllocationKind::Managed) {
            result = {3, 0, address, address};
        } else if (allocation->kind == AllocationKind::Pinned ||
                   (allocation->kind == AllocationKind::Registered && !VirtualMemory::owns(*allocation))) {
            result = {1, 0, address, address};
        } else {
            result = {2, 0, address, nullptr};
        }
    });
}

// Where managed memory lives and should live is of no consequence here. The arguments behind `bytes` differ between CUDA 12
// and 13 and are not looked at.
HEDDLE_CUDA_API Error cudaMemPrefetchAsync(const void* pointer, std::size_t bytes) {
    return runtime_call("cudaMemPrefetchAsync", [&](Context& c) {
        const Allocation* allocation = find(c, pointer);
        require(bytes != 0 && allocation != nullptr && reinterpret_cast<Address>(pointer) + bytes <= allocation->end());
        require(allocation->kind == AllocationKind::Managed);
    });
}
HEDDLE_CUDA_ALIAS(cudaMemPrefetchAsync_ptsz, cudaMemPrefetchAsync);
HEDDLE_CUDA_ALIAS(cudaMemPrefetchAsync_v2, cudaMemPrefetchAsync);
HEDDLE_CUDA_ALIAS(cudaMemPrefetchAsync_v2_ptsz, cudaMemPrefetchAsync);

HEDDLE_CUDA_API Error cudaMemAdvise(const void* pointer, std::size_t bytes, int advice) {
    return runtime_call("cudaMemAdvise", [&](Context& c) {
        const Allocation* allocation = find(c, pointer);
        require(advice >= 1 && advice <= 6 && bytes != 0 && allocation != nullptr);
        require(reinterpret_cast<Address>(pointer) + bytes <= allocation->end() && allocation->kind == AllocationKind::Managed);
    });
}
HEDDLE_CUDA_ALIAS(cudaMemAdvise_v2, cudaMemAdvise);

HEDDLE_CUDA_API Error cudaMemRangeGetAttribute(void* data, std::size_t bytes, int attribute, const void* pointer, std::size_t length) {
    return runtime_call("cudaMemRangeGetAttribute", [&](Context& c) {
        const Allocation* allocation = find(c, pointer);
        require(data != nullptr && bytes >= 4 && length != 0 && allocation != nullptr && allocation->kind == AllocationKind::Managed);
        require(attribute >= 1 && attribute <= 8);
        for (std::size_t i = 0; i < bytes / 4; ++i)
            static_cast<int*>(data)[i] = attribute == 1 ? 0 : kInvalidDevice; // nothing was ever advised
    });
}

} // namespace heddle::cuda
