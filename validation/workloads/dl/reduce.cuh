// Sums and maxima over a warp and over a CTA, by shuffles and one round through shared memory.
#pragma once

#include <cuda_runtime.h>

namespace dl {

constexpr unsigned kAllLanes = 0xffffffffu;

struct Sum {
    static constexpr float kNeutral = 0;
    static __device__ float of(float a, float b) { return a + b; }
};
struct Max {
    static constexpr float kNeutral = -3.402823466e38f;
    static __device__ float of(float a, float b) { return fmaxf(a, b); }
};

// The reduction over each `kWidth` neighbouring lanes, in every one of them.
template <typename Op, int kWidth = 32> __device__ __forceinline__ float warp_reduce(float value) {
#pragma unroll
    for (int offset = kWidth / 2; offset > 0; offset >>= 1) value = Op::of(value, __shfl_xor_sync(kAllLanes, value, offset));
    return value;
}

// The reduction over a one-dimensional CTA of kThreads, in every thread. Contains two barriers, so it may be called again at once.
template <typename Op, int kThreads> __device__ __forceinline__ float block_reduce(float value) {
    static_assert(kThreads % 32 == 0 && kThreads <= 1024, "whole warps");
    __shared__ float parts[32];
    value = warp_reduce<Op>(value);
    __syncthreads();
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = value;
    __syncthreads();
    value = threadIdx.x % 32 < kThreads / 32 ? parts[threadIdx.x % 32] : Op::kNeutral;
    return warp_reduce<Op>(value);
}

} // namespace dl
