// mbarriers as sm_80 has them: no transaction counts, no suspended waiting, phases told apart by the token of an arrival or by parity. See
// hopper.cuh for what sm_90 added.
#pragma once

#include <cstdint>

#include "dl/tensor_core.cuh"

namespace dl::sm80 {

using Barrier = std::uint64_t; // in shared memory, aligned to 8
using Token = std::uint64_t;

__device__ __forceinline__ void barrier_init(Barrier* barrier, int arrivals) {
    asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
}
__device__ __forceinline__ void barrier_invalidate(Barrier* barrier) {
    asm volatile("mbarrier.inval.shared.b64 [%0];" ::"r"(shared_address(barrier)) : "memory");
}
// Arrives; the token names the phase that this arrival belongs to.
__device__ __forceinline__ Token barrier_arrive(Barrier* barrier) {
    Token token;
    asm volatile("mbarrier.arrive.shared.b64 %0, [%1];" : "=l"(token) : "r"(shared_address(barrier)) : "memory");
    return token;
}
// Arrives and takes this thread out of the expected arrivals of all later phases.
__device__ __forceinline__ void barrier_arrive_and_drop(Barrier* barrier) {
    asm volatile("mbarrier.arrive_drop.shared.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
}
// Lets the completion of this thread's earlier cp.async count as one of the expected arrivals.
__device__ __forceinline__ void barrier_arrive_cp_async(Barrier* barrier) {
    asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(shared_address(barrier)) : "memory");
}
// Whether the phase of the token is complete.
__device__ __forceinline__ bool barrier_test(Barrier* barrier, Token token) {
    int done;
    asm volatile("{\n.reg .pred p;\nmbarrier.test_wait.shared.b64 p, [%1], %2;\nselp.b32 %0, 1, 0, p;\n}"
                 : "=r"(done)
                 : "r"(shared_address(barrier)), "l"(token)
                 : "memory");
    return done != 0;
}
__device__ __forceinline__ bool barrier_test_parity(Barrier* barrier, int parity) {
    int done;
    asm volatile("{\n.reg .pred p;\nmbarrier.test_wait.parity.shared.b64 p, [%1], %2;\nselp.b32 %0, 1, 0, p;\n}"
                 : "=r"(done)
                 : "r"(shared_address(barrier)), "r"(parity)
                 : "memory");
    return done != 0;
}
__device__ __forceinline__ void barrier_wait(Barrier* barrier, Token token) {
    while (!barrier_test(barrier, token)) {
    }
}
__device__ __forceinline__ void barrier_wait_parity(Barrier* barrier, int parity) {
    while (!barrier_test_parity(barrier, parity)) {
    }
}

} // namespace dl::sm80
