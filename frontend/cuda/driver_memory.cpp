// Allocation and pointers through the driver API.
#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/memory.hpp"

namespace heddle::cuda {

namespace {

using emulator::Allocation;
using emulator::AllocationKind;

const Allocation& allocation_at(Context& c, const void* pointer) {
    const Allocation* found = c.device.memory().find(reinterpret_cast<Address>(pointer));
    require(found != nullptr);
    return *found;
}

// CUmemorytype: host or device.
unsigned memory_type(const Allocation& a) {
    return a.kind == AllocationKind::Pinned || (a.kind == AllocationKind::Registered && !VirtualMemory::owns(a)) ? 1 : 2;
}

template <class T> void put(void* data, T value) { *static_cast<T*>(data) = value; }

void pointer_attribute(Context& c, void* data, int attribute, void* pointer) {
    const Allocation& a = allocation_at(c, pointer);
    require(data != nullptr);
    const bool host = memory_type(a) == 1 || a.kind == AllocationKind::Managed;
    switch (attribute) {
    case 1: put<void*>(data, nullptr); return;
    case 2: put<unsigned>(data, memory_type(a)); return;
    case 3: put<void*>(data, pointer); return;
    case 4:
        require(host);
        put<void*>(data, pointer);
        return;
    case 6: put<unsigned>(data, 1); return;
    case 7: put<std::uint64_t>(data, a.begin); return;
    case 8: put<unsigned>(data, a.kind == AllocationKind::Managed ? 1 : 0); return;
    case 9: put<int>(data, 0); return;
    case 10:
    case 15: put<bool>(data, false); return;
    case 11:
    case 19: put<Address>(data, a.begin); return;
    case 12:
    case 18: put<std::size_t>(data, a.bytes); return;
    case 13: put<bool>(data, true); return;
    case 14: put<std::uint64_t>(data, 0); return;
    case 16: put<unsigned>(data, 3); return;
    case 17: put<void*>(data, nullptr); return;
    case 20: put<std::uint64_t>(data, a.begin); return;
    default: throw Failure{Error::InvalidValue};
    }
}

} // namespace

HEDDLE_CUDA_API Error cuMemAlloc_v2(void** pointer, std::size_t bytes) {
    return driver_call("cuMemAlloc", [&](Context& c) {
        require(bytes != 0);
        at(pointer) = allocate(c, bytes, AllocationKind::Device, "cuMemAlloc");
    });
}

HEDDLE_CUDA_API Error cuMemFree_v2(void* pointer) {
    return driver_call("cuMemFree", [&](Context& c) { release(c, pointer, false); });
}

HEDDLE_CUDA_API Error cuMemAllocPitch_v2(void** pointer, std::size_t* pitch, std::size_t width, std::size_t height,
                                         unsigned element_bytes) {
    return driver_call("cuMemAllocPitch", [&](Context& c) {
        require(element_bytes == 4 || element_bytes == 8 || element_bytes == 16);
        std::size_t distance = 0;
        at(pointer) = allocate_rows(c, distance, width, height);
        at(pitch) = distance;
    });
}

HEDDLE_DRIVER(cuMemGetInfo_v2, cudaMemGetInfo, (std::size_t * free, std::size_t* total), (free, total))
HEDDLE_DRIVER(cuMemAllocHost_v2, cudaMallocHost, (void** pointer, std::size_t bytes), (pointer, bytes))
HEDDLE_DRIVER(cuMemFreeHost, cudaFreeHost, (void* pointer), (pointer))
HEDDLE_DRIVER(cuMemHostAlloc, cudaHostAlloc, (void** pointer, std::size_t bytes, unsigned flags), (pointer, bytes, flags))
HEDDLE_DRIVER(cuMemHostGetDevicePointer_v2, cudaHostGetDevicePointer, (void** device, void* host, unsigned flags), (device, host, flags))
HEDDLE_DRIVER(cuMemHostGetFlags, cudaHostGetFlags, (unsigned* flags, void* pointer), (flags, pointer))
HEDDLE_DRIVER(cuMemHostRegister_v2, cudaHostRegister, (void* pointer, std::size_t bytes, unsigned flags), (pointer, bytes, flags))
HEDDLE_DRIVER(cuMemHostUnregister, cudaHostUnregister, (void* pointer), (pointer))
HEDDLE_DRIVER(cuMemAllocManaged, cudaMallocManaged, (void** pointer, std::size_t bytes, unsigned flags), (pointer, bytes, flags))
HEDDLE_DRIVER(cuMemAllocAsync, cudaMallocAsync, (void** pointer, std::size_t bytes, void* stream), (pointer, bytes, stream))
HEDDLE_DRIVER(cuMemFreeAsync, cudaFreeAsync, (void* pointer, void* stream), (pointer, stream))
HEDDLE_DRIVER(cuMemAllocFromPoolAsync, cudaMallocFromPoolAsync, (void** pointer, std::size_t bytes, void* pool, void* stream),
              (pointer, bytes, pool, stream))
HEDDLE_DRIVER(cuMemPoolCreate, cudaMemPoolCreate, (void** pool, const abi::PoolProperties* properties), (pool, properties))
HEDDLE_DRIVER(cuMemPoolDestroy, cudaMemPoolDestroy, (void* pool), (pool))
HEDDLE_DRIVER(cuMemPoolTrimTo, cudaMemPoolTrimTo, (void* pool, std::size_t bytes), (pool, bytes))
HEDDLE_DRIVER(cuMemPoolSetAttribute, cudaMemPoolSetAttribute, (void* pool, int attribute, void* value), (pool, attribute, value))
HEDDLE_DRIVER(cuMemPoolGetAttribute, cudaMemPoolGetAttribute, (void* pool, int attribute, void* value), (pool, attribute, value))
HEDDLE_DRIVER(cuMemPoolSetAccess, cudaMemPoolSetAccess, (void* pool, const abi::MemoryAccess* access, std::size_t count),
              (pool, access, count))
HEDDLE_DRIVER(cuMemPrefetchAsync, cudaMemPrefetchAsync, (const void* pointer, std::size_t bytes), (pointer, bytes))
HEDDLE_CUDA_ALIAS(cuMemPrefetchAsync_v2, cuMemPrefetchAsync);
HEDDLE_DRIVER(cuMemAdvise, cudaMemAdvise, (const void* pointer, std::size_t bytes, int advice), (pointer, bytes, advice))
HEDDLE_CUDA_ALIAS(cuMemAdvise_v2, cuMemAdvise);
HEDDLE_DRIVER(cuMemRangeGetAttribute, cudaMemRangeGetAttribute,
              (void* data, std::size_t bytes, int attribute, const void* pointer, std::size_t length),
              (data, bytes, attribute, pointer, length))

HEDDLE_CUDA_API Error cuMemGetAddressRange_v2(void** base, std::size_t* bytes, void* pointer) {
    return driver_call("cuMemGetAddressRange", [&](Context& c) {
        const Allocation& a = allocation_at(c, pointer);
        if (base != nullptr) *base = reinterpret_cast<void*>(a.begin);
        if (bytes != nullptr) *bytes = a.bytes;
    });
}

HEDDLE_CUDA_API Error cuPointerGetAttribute(void* data, int attribute, void* pointer) {
    return driver_call("cuPointerGetAttribute", [&](Context& c) { pointer_attribute(c, data, attribute, pointer); });
}

// Attributes that a pointer has not got read as zero, and so do all of memory the GPU does not know.
HEDDLE_CUDA_API Error cuPointerGetAttributes(unsigned count, const int* attributes, void** data, void* pointer) {
    return driver_call("cuPointerGetAttributes", [&](Context& c) {
        require(count == 0 || (attributes != nullptr && data != nullptr));
        for (unsigned i = 0; i < count; ++i) {
            try {
                pointer_attribute(c, data[i], attributes[i], pointer);
            } catch (const Failure&) {
                require(data[i] != nullptr);
                put<unsigned>(data[i], 0);
            }
        }
    });
}

HEDDLE_CUDA_API Error cuPointerSetAttribute(const void*, int attribute, void* pointer) {
    return driver_call("cuPointerSetAttribute", [&](Context& c) {
        require(attribute == 6); // synchronous memory operations: always
        allocation_at(c, pointer);
    });
}

} // namespace heddle::cuda
