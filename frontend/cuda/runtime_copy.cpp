// Copies and fills of linear memory and symbols through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/copy.hpp"

namespace heddle::cuda {

namespace {

using abi::CopyKind;

// A copy the caller waits for.
template <class Make> Error copy_now(const char* name, Make make) {
    return runtime_call(name, [&](Context& c) { c.submit(c.streams.legacy(), make(c)); });
}

template <class Make> Error copy_in(const char* name, void* stream, Make make) {
    return runtime_call(name, [&](Context& c) {
        Stream& target = c.streams.find(stream);
        c.submit(target, make(c));
    });
}

auto plain(void* to, const void* from, std::size_t bytes, CopyKind kind) {
    return [=](Context& c) { return make_copy(c, to, from, bytes, kind); };
}

auto rows(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t width, std::size_t height, CopyKind kind) {
    return [=](Context& c) {
        require(height == 0 || (width <= to_pitch && width <= from_pitch), Error::InvalidPitchValue);
        return make_copy(c, linear(to, to_pitch), linear(from, from_pitch), width, height, 1, kind);
    };
}

auto to_symbol(const void* symbol, const void* from, std::size_t bytes, std::size_t offset, CopyKind kind) {
    return [=](Context& c) {
        require(kind == CopyKind::HostToDevice || kind == CopyKind::DeviceToDevice || kind == CopyKind::Default,
                Error::InvalidMemcpyDirection);
        return make_copy(c, in_symbol(c, symbol, offset, bytes), from, bytes, kind);
    };
}

auto from_symbol(void* to, const void* symbol, std::size_t bytes, std::size_t offset, CopyKind kind) {
    return [=](Context& c) {
        require(kind == CopyKind::DeviceToHost || kind == CopyKind::DeviceToDevice || kind == CopyKind::Default,
                Error::InvalidMemcpyDirection);
        return make_copy(c, to, in_symbol(c, symbol, offset, bytes), bytes, kind);
    };
}

auto boxes(const abi::Copy3D* parameters) {
    return [=](Context& c) { return make_copy(c, at(parameters)); };
}

auto peer_boxes(const abi::Copy3DPeer* parameters) {
    return [=](Context& c) {
        const abi::Copy3DPeer& p = at(parameters);
        require(p.source_device == 0 && p.destination_device == 0, Error::InvalidDevice);
        return make_copy(c, abi::Copy3D{p.source_array, p.source_position, p.source, p.destination_array, p.destination_position,
                                        p.destination, p.extent, CopyKind::Default});
    };
}

auto peer(void* to, int to_device, const void* from, int from_device, std::size_t bytes) {
    return [=](Context& c) {
        require(to_device == 0 && from_device == 0, Error::InvalidDevice);
        return make_copy(c, to, from, bytes, CopyKind::Default);
    };
}

} // namespace

HEDDLE_CUDA_API Error cudaMemcpy(void* to, const void* from, std::size_t bytes, CopyKind kind) {
    return copy_now("cudaMemcpy", plain(to, from, bytes, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy_ptds, cudaMemcpy);

HEDDLE_CUDA_API Error cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, CopyKind kind, void* stream) {
    return copy_in("cudaMemcpyAsync", stream, plain(to, from, bytes, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpyAsync_ptsz, cudaMemcpyAsync);

HEDDLE_CUDA_API Error cudaMemcpy2D(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t width,
                                   std::size_t height, CopyKind kind) {
    return copy_now("cudaMemcpy2D", rows(to, to_pitch, from, from_pitch, width, height, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy2D_ptds, cudaMemcpy2D);

HEDDLE_CUDA_API Error cudaMemcpy2DAsync(void* to, std::size_t to_pitch, const void* from, std::size_t from_pitch, std::size_t width,
                                        std::size_t height, CopyKind kind, void* stream) {
    return copy_in("cudaMemcpy2DAsync", stream, rows(to, to_pitch, from, from_pitch, width, height, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy2DAsync_ptsz, cudaMemcpy2DAsync);

HEDDLE_CUDA_API Error cudaMemcpy3D(const abi::Copy3D* parameters) { return copy_now("cudaMemcpy3D", boxes(parameters)); }
HEDDLE_CUDA_ALIAS(cudaMemcpy3D_ptds, cudaMemcpy3D);

HEDDLE_CUDA_API Error cudaMemcpy3DAsync(const abi::Copy3D* parameters, void* stream) {
    return copy_in("cudaMemcpy3DAsync", stream, boxes(parameters));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy3DAsync_ptsz, cudaMemcpy3DAsync);

HEDDLE_CUDA_API Error cudaMemcpy3DPeer(const abi::Copy3DPeer* parameters) { return copy_now("cudaMemcpy3DPeer", peer_boxes(parameters)); }
HEDDLE_CUDA_ALIAS(cudaMemcpy3DPeer_ptds, cudaMemcpy3DPeer);

HEDDLE_CUDA_API Error cudaMemcpy3DPeerAsync(const abi::Copy3DPeer* parameters, void* stream) {
    return copy_in("cudaMemcpy3DPeerAsync", stream, peer_boxes(parameters));
}
HEDDLE_CUDA_ALIAS(cudaMemcpy3DPeerAsync_ptsz, cudaMemcpy3DPeerAsync);

HEDDLE_CUDA_API Error cudaMemcpyPeer(void* to, int to_device, const void* from, int from_device, std::size_t bytes) {
    return copy_now("cudaMemcpyPeer", peer(to, to_device, from, from_device, bytes));
}

HEDDLE_CUDA_API Error cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device, std::size_t bytes, void* stream) {
    return copy_in("cudaMemcpyPeerAsync", stream, peer(to, to_device, from, from_device, bytes));
}

HEDDLE_CUDA_API Error cudaMemcpyToSymbol(const void* symbol, const void* from, std::size_t bytes, std::size_t offset, CopyKind kind) {
    return copy_now("cudaMemcpyToSymbol", to_symbol(symbol, from, bytes, offset, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpyToSymbol_ptds, cudaMemcpyToSymbol);

HEDDLE_CUDA_API Error cudaMemcpyFromSymbol(void* to, const void* symbol, std::size_t bytes, std::size_t offset, CopyKind kind) {
    return copy_now("cudaMemcpyFromSymbol", from_symbol(to, symbol, bytes, offset, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpyFromSymbol_ptds, cudaMemcpyFromSymbol);

HEDDLE_CUDA_API Error cudaMemcpyToSymbolAsync(const void* symbol, const void* from, std::size_t bytes, std::size_t offset, CopyKind kind,
                                              void* stream) {
    return copy_in("cudaMemcpyToSymbolAsync", stream, to_symbol(symbol, from, bytes, offset, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpyToSymbolAsync_ptsz, cudaMemcpyToSymbolAsync);

HEDDLE_CUDA_API Error cudaMemcpyFromSymbolAsync(void* to, const void* symbol, std::size_t bytes, std::size_t offset, CopyKind kind,
                                                void* stream) {
    return copy_in("cudaMemcpyFromSymbolAsync", stream, from_symbol(to, symbol, bytes, offset, kind));
}
HEDDLE_CUDA_ALIAS(cudaMemcpyFromSymbolAsync_ptsz, cudaMemcpyFromSymbolAsync);

HEDDLE_CUDA_API Error cudaGetSymbolAddress(void** pointer, const void* symbol) {
    return runtime_call("cudaGetSymbolAddress",
                        [&](Context& c) { at(pointer) = reinterpret_cast<void*>(c.images.variable(symbol).address); });
}

HEDDLE_CUDA_API Error cudaGetSymbolSize(std::size_t* bytes, const void* symbol) {
    return runtime_call("cudaGetSymbolSize", [&](Context& c) { at(bytes) = c.images.variable(symbol).bytes; });
}

} // namespace heddle::cuda
