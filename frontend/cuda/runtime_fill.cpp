// cudaMemset in all its forms.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/copy.hpp"

namespace heddle::cuda {

namespace {

Error fill(const char* name, void* stream, const Side& to, int value, std::size_t width, std::size_t height, std::size_t depth) {
    return runtime_call(name, [&](Context& c) {
        Stream& target = c.streams.find(stream);
        c.submit(target, make_fill(c, to, static_cast<std::uint8_t>(value), 1, width, height, depth));
    });
}

Error fill_boxes(const char* name, void* stream, const abi::PitchedPointer& p, int value, const abi::Extent& e) {
    return fill(name, stream, linear(p.pointer, p.pitch, p.pitch * p.height), value, e.width, e.height, e.depth);
}

} // namespace

HEDDLE_CUDA_API Error cudaMemset(void* to, int value, std::size_t bytes) {
    return fill("cudaMemset", nullptr, linear(to), value, bytes, 1, 1);
}
HEDDLE_CUDA_ALIAS(cudaMemset_ptds, cudaMemset);

HEDDLE_CUDA_API Error cudaMemsetAsync(void* to, int value, std::size_t bytes, void* stream) {
    return fill("cudaMemsetAsync", stream, linear(to), value, bytes, 1, 1);
}
HEDDLE_CUDA_ALIAS(cudaMemsetAsync_ptsz, cudaMemsetAsync);

HEDDLE_CUDA_API Error cudaMemset2D(void* to, std::size_t pitch, int value, std::size_t width, std::size_t height) {
    return fill("cudaMemset2D", nullptr, linear(to, pitch), value, width, height, 1);
}
HEDDLE_CUDA_ALIAS(cudaMemset2D_ptds, cudaMemset2D);

HEDDLE_CUDA_API Error cudaMemset2DAsync(void* to, std::size_t pitch, int value, std::size_t width, std::size_t height, void* stream) {
    return fill("cudaMemset2DAsync", stream, linear(to, pitch), value, width, height, 1);
}
HEDDLE_CUDA_ALIAS(cudaMemset2DAsync_ptsz, cudaMemset2DAsync);

HEDDLE_CUDA_API Error cudaMemset3D(abi::PitchedPointer to, int value, abi::Extent extent) {
    return fill_boxes("cudaMemset3D", nullptr, to, value, extent);
}
HEDDLE_CUDA_ALIAS(cudaMemset3D_ptds, cudaMemset3D);

HEDDLE_CUDA_API Error cudaMemset3DAsync(abi::PitchedPointer to, int value, abi::Extent extent, void* stream) {
    return fill_boxes("cudaMemset3DAsync", stream, to, value, extent);
}
HEDDLE_CUDA_ALIAS(cudaMemset3DAsync_ptsz, cudaMemset3DAsync);

} // namespace heddle::cuda
