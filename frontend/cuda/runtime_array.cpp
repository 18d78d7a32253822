// CUDA arrays through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/copy.hpp"

namespace heddle::cuda {

namespace {

using abi::CopyKind;

template <class Make> Error copy(const char* name, void* stream, Make make) {
    return runtime_call(name, [&](Context& c) {
        Stream& target = c.streams.find(stream);
        c.submit(target, make(c));
    });
}

auto to_array(void* to, std::size_t x, std::size_t y, const void* from, std::size_t pitch, std::size_t width, std::size_t height,
              CopyKind kind) {
    return [=](Context& c) { return make_copy(c, in_array(c.arrays.find(to), x, y, 0), linear(from, pitch), width, height, 1, kind); };
}

auto from_array(void* to, std::size_t pitch, const void* from, std::size_t x, std::size_t y, std::size_t width, std::size_t height,
                CopyKind kind) {
    return [=](Context& c) { return make_copy(c, linear(to, pitch), in_array(c.arrays.find(from), x, y, 0), width, height, 1, kind); };
}

// Copies that wrap from row to row of an array: as many whole rows as there are, and what is left.
struct Wrapped {
    std::size_t height, width;
};
Wrapped wrapped(const Array& array, std::size_t x, std::size_t bytes) {
    const std::size_t row = array.extent.width * array.element_bytes;
    if (x + bytes <= row) return {1, bytes};
    require(x == 0 && bytes % row == 0, Error::NotSupported);
    return {bytes / row, row};
}

} // namespace

HEDDLE_CUDA_API abi::ChannelFormat cudaCreateChannelDesc(int x, int y, int z, int w, int kind) { return {x, y, z, w, kind}; }

HEDDLE_CUDA_API Error cudaMallocArray(void** array, const abi::ChannelFormat* format, std::size_t width, std::size_t height,
                                      unsigned flags) {
    return runtime_call("cudaMallocArray", [&](Context& c) { at(array) = c.arrays.create(at(format), {width, height, 0}, flags); });
}

HEDDLE_CUDA_API Error cudaMalloc3DArray(void** array, const abi::ChannelFormat* format, abi::Extent extent, unsigned flags) {
    return runtime_call("cudaMalloc3DArray", [&](Context& c) { at(array) = c.arrays.create(at(format), extent, flags); });
}

HEDDLE_CUDA_API Error cudaFreeArray(void* array) {
    return runtime_call("cudaFreeArray", [&](Context& c) {
        if (array == nullptr) return;
        c.synchronize();
        require(c.arrays.destroy(array), Error::InvalidResourceHandle);
    });
}

HEDDLE_CUDA_API Error cudaGetChannelDesc(abi::ChannelFormat* format, const void* array) {
    return runtime_call("cudaGetChannelDesc", [&](Context& c) { at(format) = c.arrays.find(array).format; });
}

HEDDLE_CUDA_API Error cudaArrayGetInfo(abi::ChannelFormat* format, abi::Extent* extent, unsigned* flags, void* array) {
    return runtime_call("cudaArrayGetInfo", [&](Context& c) {
        const Array& found = c.arrays.find(array);
        if (format != nullptr) *format = found.format;
        if (extent != nullptr) *extent = found.extent;
        if (flags != nullptr) *flags = found.flags;
    });
}

HEDDLE_CUDA_API Error cudaMemcpy2DToArray(void* to, std::size_t x, std::size_t y, const void* from, std::size_t pitch, std::size_t width,
                                          std::size_t height, CopyKind kind) {
    return copy("cudaMemcpy2DToArray", nullptr, to_array(to, x, y, from, pitch, width, height, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy2DToArray_ptds, cudaMemcpy2DToArray);

HEDDLE_CUDA_API Error cudaMemcpy2DToArrayAsync(void* to, std::size_t x, std::size_t y, const void* from, std::size_t pitch,
                                               std::size_t width, std::size_t height, CopyKind kind, void* stream) {
    return copy("cudaMemcpy2DToArrayAsync", stream, to_array(to, x, y, from, pitch, width, height, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy2DToArrayAsync_ptsz, cudaMemcpy2DToArrayAsync);

HEDDLE_CUDA_API Error cudaMemcpy2DFromArray(void* to, std::size_t pitch, const void* from, std::size_t x, std::size_t y, std::size_t width,
                                            std::size_t height, CopyKind kind) {
    return copy("cudaMemcpy2DFromArray", nullptr, from_array(to, pitch, from, x, y, width, height, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy2DFromArray_ptds, cudaMemcpy2DFromArray);

HEDDLE_CUDA_API Error cudaMemcpy2DFromArrayAsync(void* to, std::size_t pitch, const void* from, std::size_t x, std::size_t y,
                                                 std::size_t width, std::size_t height, CopyKind kind, void* stream) {
    return copy("cudaMemcpy2DFromArrayAsync", stream, from_array(to, pitch, from, x, y, width, height, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy2DFromArrayAsync_ptsz, cudaMemcpy2DFromArrayAsync);

HEDDLE_CUDA_API Error cudaMemcpy2DArrayToArray(void* to, std::size_t to_x, std::size_t to_y, const void* from, std::size_t from_x,
                                               std::size_t from_y, std::size_t width, std::size_t height, CopyKind kind) {
    return copy("cudaMemcpy2DArrayToArray", nullptr, [=](Context& c) {
        return make_copy(c, in_array(c.arrays.find(to), to_x, to_y, 0), in_array(c.arrays.find(from), from_x, from_y, 0), width, height, 1,
                         kind);
    });
}
HEDDLE_CUDA_ALIAS(cudaMemcpy2DArrayToArray_ptds, cudaMemcpy2DArrayToArray);

HEDDLE_CUDA_API Error cudaMemcpyToArrayAsync(void* to, std::size_t x, std::size_t y, const void* from, std::size_t bytes, CopyKind kind,
                                             void* stream) {
    return copy("cudaMemcpyToArray", stream, [=](Context& c) {
        const Wrapped w = wrapped(c.arrays.find(to), x, bytes);
        return to_array(to, x, y, from, w.width, w.width, w.height, kind)(c);
    });
}
HEDDLE_CUDA_ALIAS(cudaMemcpyToArrayAsync_ptsz, cudaMemcpyToArrayAsync);

HEDDLE_CUDA_API Error cudaMemcpyToArray(void* to, std::size_t x, std::size_t y, const void* from, std::size_t bytes, CopyKind kind) {
    return cudaMemcpyToArrayAsync(to, x, y, from, bytes, kind, nullptr);
}
HEDDLE_CUDA_ALIAS(cudaMemcpyToArray_ptds, cudaMemcpyToArray);

HEDDLE_CUDA_API Error cudaMemcpyFromArrayAsync(void* to, const void* from, std::size_t x, std::size_t y, std::size_t bytes, CopyKind kind,
                                               void* stream) {
    return copy("cudaMemcpyFromArray", stream, [=](Context& c) {
        const Wrapped w = wrapped(c.arrays.find(from), x, bytes);
        return from_array(to, w.width, from, x, y, w.width, w.height, kind)(c);
    });
}
HEDDLE_CUDA_ALIAS(cudaMemcpyFromArrayAsync_ptsz, cudaMemcpyFromArrayAsync);

HEDDLE_CUDA_API Error cudaMemcpyFromArray(void* to, const void* from, std::size_t x, std::size_t y, std::size_t bytes, CopyKind kind) {
    return cudaMemcpyFromArrayAsync(to, from, x, y, bytes, kind, nullptr);
}
HEDDLE_CUDA_ALIAS(cudaMemcpyFromArray_ptds, cudaMemcpyFromArray);

} // namespace heddle::cuda
