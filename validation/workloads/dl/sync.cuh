// Signals between CTAs through global memory: a release store or reduction on one side, an acquire load in a loop on the other.
#pragma once

#include <cuda_runtime.h>

namespace dl {

__device__ __forceinline__ int load_acquire(const int* flag) {
    int value;
    asm volatile("ld.acquire.gpu.global.s32 %0, [%1];" : "=r"(value) : "l"(flag) : "memory");
    return value;
}
__device__ __forceinline__ void store_release(int* flag, int value) {
    asm volatile("st.release.gpu.global.s32 [%0], %1;" ::"l"(flag), "r"(value) : "memory");
}

// Makes what all threads of this CTA wrote visible to whoever sees the flag. Requires: called by every thread of the CTA.
__device__ __forceinline__ void signal_from_cta(int* flag, int value) {
    __syncthreads();
    if (threadIdx.x == 0) {
        __threadfence();
        store_release(flag, value);
    }
}
// Returns once the flag holds `value`. Requires: called by every thread of the CTA; the signalling CTA is resident or done.
__device__ __forceinline__ void wait_by_cta(const int* flag, int value) {
    if (threadIdx.x == 0) {
        while (load_acquire(flag) != value) __nanosleep(32);
    }
    __syncthreads();
}

} // namespace dl
