// Stream-ordered allocation through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/memory.hpp"

namespace heddle::cuda {

namespace {

enum Attribute : int { kReleaseThreshold = 4, kReservedCurrent = 5, kReservedHigh = 6, kUsedCurrent = 7, kUsedHigh = 8 };

Error allocate_from(const char* name, void** pointer, std::size_t bytes, void* pool, void* stream) {
    return runtime_call(name, [&](Context& c) {
        Stream& target = c.streams.find(stream);
        at(pointer) = allocate_in_stream(c, target, bytes, pool == nullptr ? c.pools.current() : c.pools.find(pool));
    });
}

} // namespace

HEDDLE_CUDA_API Error cudaMallocAsync(void** pointer, std::size_t bytes, void* stream) {
    return allocate_from("cudaMallocAsync", pointer, bytes, nullptr, stream);
}
HEDDLE_CUDA_ALIAS(cudaMallocAsync_ptsz, cudaMallocAsync);

HEDDLE_CUDA_API Error cudaMallocFromPoolAsync(void** pointer, std::size_t bytes, void* pool, void* stream) {
    if (pool == nullptr) return last_error() = Error::InvalidValue;
    return allocate_from("cudaMallocFromPoolAsync", pointer, bytes, pool, stream);
}
HEDDLE_CUDA_ALIAS(cudaMallocFromPoolAsync_ptsz, cudaMallocFromPoolAsync);

HEDDLE_CUDA_API Error cudaFreeAsync(void* pointer, void* stream) {
    return runtime_call("cudaFreeAsync", [&](Context& c) {
        require(pointer != nullptr);
        free_in_stream(c, c.streams.find(stream), pointer);
    });
}
HEDDLE_CUDA_ALIAS(cudaFreeAsync_ptsz, cudaFreeAsync);

HEDDLE_CUDA_API Error cudaDeviceGetDefaultMemPool(void** pool, int device) {
    return runtime_call("cudaDeviceGetDefaultMemPool", [&](Context& c) {
        require(device == 0, Error::InvalidDevice);
        at(pool) = &c.pools.default_pool();
    });
}

HEDDLE_CUDA_API Error cudaDeviceGetMemPool(void** pool, int device) {
    return runtime_call("cudaDeviceGetMemPool", [&](Context& c) {
        require(device == 0, Error::InvalidDevice);
        at(pool) = &c.pools.current();
    });
}

HEDDLE_CUDA_API Error cudaDeviceSetMemPool(int device, void* pool) {
    return runtime_call("cudaDeviceSetMemPool", [&](Context& c) {
        require(device == 0, Error::InvalidDevice);
        c.pools.set_current(c.pools.find(pool));
    });
}

HEDDLE_CUDA_API Error cudaMemPoolCreate(void** pool, const abi::PoolProperties* properties) {
    return runtime_call("cudaMemPoolCreate", [&](Context& c) { at(pool) = c.pools.create(at(properties)); });
}

HEDDLE_CUDA_API Error cudaMemPoolDestroy(void* pool) {
    return runtime_call("cudaMemPoolDestroy", [&](Context& c) { c.pools.destroy(pool); });
}

HEDDLE_CUDA_API Error cudaMemPoolTrimTo(void* pool, std::size_t) {
    return runtime_call("cudaMemPoolTrimTo", [&](Context& c) { c.pools.find(pool); });
}

HEDDLE_CUDA_API Error cudaMemPoolSetAttribute(void* pool, int attribute, void* value) {
    return runtime_call("cudaMemPoolSetAttribute", [&](Context& c) {
        Pool& target = c.pools.find(pool);
        require(value != nullptr && attribute >= 1 && attribute <= kUsedHigh);
        if (attribute < kReleaseThreshold) target.attributes[attribute] = static_cast<std::uint64_t>(*static_cast<int*>(value));
        else if (attribute == kReleaseThreshold) target.attributes[attribute] = *static_cast<std::uint64_t*>(value);
        else if (attribute == kReservedHigh || attribute == kUsedHigh) target.used_high = target.used; // can only be reset
        else throw Failure{Error::InvalidValue};
    });
}

HEDDLE_CUDA_API Error cudaMemPoolGetAttribute(void* pool, int attribute, void* value) {
    return runtime_call("cudaMemPoolGetAttribute", [&](Context& c) {
        Pool& target = c.pools.find(pool);
        require(value != nullptr && attribute >= 1 && attribute <= kUsedHigh);
        if (attribute < kReleaseThreshold) *static_cast<int*>(value) = static_cast<int>(target.attributes[attribute]);
        else if (attribute == kReleaseThreshold) *static_cast<std::uint64_t*>(value) = target.attributes[attribute];
        else *static_cast<std::uint64_t*>(value) = attribute == kReservedHigh || attribute == kUsedHigh ? target.used_high : target.used;
    });
}

HEDDLE_CUDA_API Error cudaMemPoolSetAccess(void* pool, const abi::MemoryAccess* access, std::size_t count) {
    return runtime_call("cudaMemPoolSetAccess", [&](Context& c) {
        c.pools.find(pool);
        require(count == 0 || access != nullptr);
        for (std::size_t i = 0; i < count; ++i) require(access[i].location.type == 1 && access[i].location.id == 0, Error::InvalidDevice);
    });
}

HEDDLE_CUDA_API Error cudaMemPoolGetAccess(int* flags, void* pool, abi::MemoryLocation* location) {
    return runtime_call("cudaMemPoolGetAccess", [&](Context& c) {
        c.pools.find(pool);
        at(flags) = at(location).type == 1 && location->id == 0 ? 3 : 0; // read and write
    });
}

} // namespace heddle::cuda
