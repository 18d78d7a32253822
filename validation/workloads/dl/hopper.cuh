// The sm_90 side that needs no tensor core, one PTX instruction a function: mbarriers, bulk copies and tensor copies (TMA), clusters,
// distributed shared memory, elect, setmaxnreg, stmatrix and dependent launch. Functions are empty where the machine lacks the instruction,
// so that programs compile for sm_80 and skip there.
//
// An mbarrier completes a phase when its pending arrivals and its pending bytes (transaction count) are both zero; phases alternate between
// parity 0 and 1, and waiting for parity P returns once the phase of parity P has completed. A fresh barrier is in phase 0, so waiting for
// parity 1 returns at once.
#pragma once

#include <cstdint>

#include <cuda.h>

#include "dl/tensor_core.cuh"

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define DL_SM90A(...) __VA_ARGS__
#else
#define DL_SM90A(...)
#endif

namespace dl {

using Barrier = std::uint64_t; // in shared memory, aligned to 8

// ---- mbarrier

__device__ __forceinline__ void barrier_init(Barrier* barrier, int arrivals) {
    DL_SM90A(asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");)
}
__device__ __forceinline__ void barrier_invalidate(Barrier* barrier) {
    DL_SM90A(asm volatile("mbarrier.inval.shared::cta.b64 [%0];" ::"r"(shared_address(barrier)) : "memory");)
}
// Makes initialised barriers visible to the asynchronous proxy and to the cluster; a barrier among the threads must follow.
__device__ __forceinline__ void fence_barrier_init() { DL_SM90A(asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");) }
// Orders this thread's writes to shared memory before later accesses of bulk copies and wgmma.
__device__ __forceinline__ void fence_async_shared() { DL_SM90A(asm volatile("fence.proxy.async.shared::cta;" ::: "memory");) }

__device__ __forceinline__ void barrier_arrive(Barrier* barrier) {
    DL_SM90A(asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");)
}
// Arrives and announces `bytes` that a copy will bring.
__device__ __forceinline__ void barrier_arrive_expect(Barrier* barrier, int bytes) {
    DL_SM90A(asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes) : "memory");)
}
__device__ __forceinline__ void barrier_expect(Barrier* barrier, int bytes) {
    DL_SM90A(asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes)
                          : "memory");)
}
// Arrives at a barrier anywhere in the cluster; the address comes from map_to_rank.
__device__ __forceinline__ void barrier_arrive_remote(Word cluster_address) {
    DL_SM90A(asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(cluster_address) : "memory");)
}
// One try, which may suspend the thread for a while.
__device__ __forceinline__ bool barrier_try_wait(Barrier* barrier, int parity) {
    int done = 1;
    DL_SM90A(asm volatile("{\n.reg .pred p;\nmbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\nselp.b32 %0, 1, 0, p;\n}"
                          : "=r"(done)
                          : "r"(shared_address(barrier)), "r"(parity)
                          : "memory");)
    return done != 0;
}
// One look, which never suspends.
__device__ __forceinline__ bool barrier_test(Barrier* barrier, int parity) {
    int done = 1;
    DL_SM90A(asm volatile("{\n.reg .pred p;\nmbarrier.test_wait.parity.shared::cta.b64 p, [%1], %2;\nselp.b32 %0, 1, 0, p;\n}"
                          : "=r"(done)
                          : "r"(shared_address(barrier)), "r"(parity)
                          : "memory");)
    return done != 0;
}
__device__ __forceinline__ void barrier_wait(Barrier* barrier, int parity) {
    while (!barrier_try_wait(barrier, parity)) {
    }
}
// The same with acquire semantics at cluster scope, for data that another CTA wrote.
__device__ __forceinline__ void barrier_wait_cluster(Barrier* barrier, int parity) {
    int done = 1;
    do {
        DL_SM90A(
            asm volatile("{\n.reg .pred p;\nmbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2;\nselp.b32 %0, 1, 0, p;\n}"
                         : "=r"(done)
                         : "r"(shared_address(barrier)), "r"(parity)
                         : "memory");)
    } while (!done);
}
// Arrives when all earlier cp.async of this thread have landed, without counting as one of the expected arrivals before (noinc: it does
// count).
__device__ __forceinline__ void barrier_arrive_cp_async(Barrier* barrier) {
    DL_SM90A(asm volatile("cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%0];" ::"r"(shared_address(barrier)) : "memory");)
}

// A walk through a ring of kStages slots; `phase` flips at each wrap.
template <int kStages> struct RingPosition {
    int slot = 0, phase = 0;
    __device__ void advance() {
        if (++slot == kStages) slot = 0, phase ^= 1;
    }
};

// ---- warps and clusters

// True in one lane of the (converged) warp.
__device__ __forceinline__ bool elect_one() {
    int elected = 0;
    DL_SM90A(asm volatile("{\n.reg .pred p;\nelect.sync _|p, 0xffffffff;\nselp.b32 %0, 1, 0, p;\n}" : "=r"(elected));)
    return elected != 0;
}
// The same among the lanes of a mask, all of which must call it together; also gives the leader's lane.
__device__ __forceinline__ bool elect_among(Word mask, int& leader) {
    int elected = 0;
    DL_SM90A(asm volatile("{\n.reg .pred p;\nelect.sync %0|p, %2;\nselp.b32 %1, 1, 0, p;\n}" : "=r"(leader), "=r"(elected) : "r"(mask));)
    return elected != 0;
}
template <int kRegisters> __device__ __forceinline__ void give_registers() {
    DL_SM90A(asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));)
}
template <int kRegisters> __device__ __forceinline__ void take_registers() {
    DL_SM90A(asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));)
}
// bar.sync among `threads` threads of the CTA, a multiple of 32. Requires: 1 <= id < 16.
__device__ __forceinline__ void named_barrier(int id, int threads) { asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory"); }
__device__ __forceinline__ void named_barrier_arrive(int id, int threads) {
    asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

__device__ __forceinline__ Word cluster_rank() {
    Word rank = 0;
    DL_SM90A(asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));)
    return rank;
}
__device__ __forceinline__ Word cluster_size() {
    Word size = 1;
    DL_SM90A(asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));)
    return size;
}
__device__ __forceinline__ void cluster_arrive() { DL_SM90A(asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");) }
__device__ __forceinline__ void cluster_arrive_relaxed() { DL_SM90A(asm volatile("barrier.cluster.arrive.relaxed.aligned;" ::: "memory");) }
__device__ __forceinline__ void cluster_wait() { DL_SM90A(asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");) }
__device__ __forceinline__ void cluster_sync() {
    cluster_arrive();
    cluster_wait();
}
// The address, in the cluster's shared window, of the same place in the shared memory of CTA `rank`.
__device__ __forceinline__ Word map_to_rank(Word address, int rank) {
    Word mapped = address;
    DL_SM90A(asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(mapped) : "r"(address), "r"(rank));)
    return mapped;
}
__device__ __forceinline__ Word load_cluster(Word address) {
    Word value = 0;
    DL_SM90A(asm volatile("ld.shared::cluster.u32 %0, [%1];" : "=r"(value) : "r"(address) : "memory");)
    return value;
}
__device__ __forceinline__ void store_cluster(Word address, Word value) {
    DL_SM90A(asm volatile("st.shared::cluster.u32 [%0], %1;" ::"r"(address), "r"(value) : "memory");)
}
__device__ __forceinline__ void add_cluster(Word address, Word value) {
    DL_SM90A(asm volatile("red.relaxed.cluster.shared::cluster.add.u32 [%0], %1;" ::"r"(address), "r"(value) : "memory");)
}
// Stores to another CTA and completes four bytes at a barrier there.
__device__ __forceinline__ void store_async(Word address, Word value, Word barrier_address) {
    DL_SM90A(asm volatile("st.async.shared::cluster.mbarrier::complete_tx::bytes.u32 [%0], %1, [%2];" ::"r"(address), "r"(value),
                          "r"(barrier_address)
                          : "memory");)
}
__device__ __forceinline__ void add_async(Word address, Word value, Word barrier_address) {
    DL_SM90A(asm volatile("red.async.relaxed.cluster.shared::cluster.mbarrier::complete_tx::bytes.add.u32 [%0], %1, [%2];" ::"r"(address),
                          "r"(value), "r"(barrier_address)
                          : "memory");)
}

// ---- bulk copies of contiguous bytes. Requires everywhere: addresses aligned to 16, sizes divisible by 16.

__device__ __forceinline__ void bulk_load(Word shared, const void* global, int bytes, Barrier* barrier) {
    DL_SM90A(asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(shared),
                          "l"(global), "r"(bytes), "r"(shared_address(barrier))
                          : "memory");)
}
// To the same place in every CTA of the mask, and to the barrier at the same place there.
__device__ __forceinline__ void bulk_load_multicast(Word shared, const void* global, int bytes, Barrier* barrier, std::uint16_t ranks) {
    DL_SM90A(
        asm volatile(
            "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1], %2, [%3], %4;" ::"r"(shared),
            "l"(global), "r"(bytes), "r"(shared_address(barrier)), "h"(ranks)
            : "memory");)
}
__device__ __forceinline__ void bulk_store(void* global, Word shared, int bytes) {
    DL_SM90A(asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(global), "r"(shared), "r"(bytes) : "memory");)
}
__device__ __forceinline__ void bulk_add_f32(float* global, Word shared, int bytes) {
    DL_SM90A(
        asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f32 [%0], [%1], %2;" ::"l"(global), "r"(shared), "r"(bytes)
                     : "memory");)
}
__device__ __forceinline__ void bulk_max_s32(int* global, Word shared, int bytes) {
    DL_SM90A(
        asm volatile("cp.reduce.async.bulk.global.shared::cta.bulk_group.max.s32 [%0], [%1], %2;" ::"l"(global), "r"(shared), "r"(bytes)
                     : "memory");)
}
// From this CTA's shared memory to another's; bytes complete at a barrier of the receiver.
__device__ __forceinline__ void bulk_to_cluster(Word cluster_address, Word shared, int bytes, Word barrier_address) {
    DL_SM90A(
        asm volatile("cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(cluster_address),
                     "r"(shared), "r"(bytes), "r"(barrier_address)
                     : "memory");)
}
__device__ __forceinline__ void bulk_prefetch(const void* global, int bytes) {
    DL_SM90A(asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(global), "r"(bytes) : "memory");)
}
__device__ __forceinline__ void bulk_commit() { DL_SM90A(asm volatile("cp.async.bulk.commit_group;" ::: "memory");) }
// Waits until at most kPending of this thread's groups are under way (wait_read: until they have read their sources).
template <int kPending> __device__ __forceinline__ void bulk_wait() {
    DL_SM90A(asm volatile("cp.async.bulk.wait_group %0;" ::"n"(kPending) : "memory");)
}
template <int kPending> __device__ __forceinline__ void bulk_wait_read() {
    DL_SM90A(asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(kPending) : "memory");)
}

// ---- tensor copies. Coordinates in elements, innermost first; elements outside the tensor load as zeros and are not stored.

__device__ __forceinline__ void prefetch_map(const CUtensorMap* map) {
    DL_SM90A(asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");)
}
__device__ __forceinline__ void tensor_load_2d(Word shared, const CUtensorMap* map, int x, int y, Barrier* barrier) {
    DL_SM90A(asm volatile(
                 "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(shared),
                 "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y)
                 : "memory");)
}
__device__ __forceinline__ void tensor_load_2d_multicast(Word shared, const CUtensorMap* map, int x, int y, Barrier* barrier,
                                                         std::uint16_t ranks) {
    DL_SM90A(asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%0], [%1, {%4, "
                          "%5}], [%2], %3;" ::"r"(shared),
                          "l"(map), "r"(shared_address(barrier)), "h"(ranks), "r"(x), "r"(y)
                          : "memory");)
}
__device__ __forceinline__ void tensor_load_3d(Word shared, const CUtensorMap* map, int x, int y, int z, Barrier* barrier) {
    DL_SM90A(
        asm volatile(
            "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];" ::"r"(shared),
            "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y), "r"(z)
            : "memory");)
}
__device__ __forceinline__ void tensor_load_4d(Word shared, const CUtensorMap* map, int x, int y, int z, int w, Barrier* barrier) {
    DL_SM90A(
        asm volatile(
            "cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6}], [%2];" ::"r"(shared),
            "l"(map), "r"(shared_address(barrier)), "r"(x), "r"(y), "r"(z), "r"(w)
            : "memory");)
}
__device__ __forceinline__ void tensor_store_2d(const CUtensorMap* map, int x, int y, Word shared) {
    DL_SM90A(
        asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];" ::"l"(map), "r"(shared), "r"(x), "r"(y)
                     : "memory");)
}
__device__ __forceinline__ void tensor_store_3d(const CUtensorMap* map, int x, int y, int z, Word shared) {
    DL_SM90A(asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.bulk_group [%0, {%2, %3, %4}], [%1];" ::"l"(map), "r"(shared), "r"(x),
                          "r"(y), "r"(z)
                          : "memory");)
}
__device__ __forceinline__ void tensor_add_2d(const CUtensorMap* map, int x, int y, Word shared) {
    DL_SM90A(asm volatile("cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.bulk_group [%0, {%2, %3}], [%1];" ::"l"(map), "r"(shared),
                          "r"(x), "r"(y)
                          : "memory");)
}
__device__ __forceinline__ void tensor_max_3d(const CUtensorMap* map, int x, int y, int z, Word shared) {
    DL_SM90A(asm volatile("cp.reduce.async.bulk.tensor.3d.global.shared::cta.max.bulk_group [%0, {%2, %3, %4}], [%1];" ::"l"(map),
                          "r"(shared), "r"(x), "r"(y), "r"(z)
                          : "memory");)
}

// ---- stmatrix, dependent launch

// Stores four 8x8 matrices of 16-bit elements from mma fragments; lane i gives the address of row i % 8 of matrix i / 8.
__device__ __forceinline__ void stmatrix_x4(Word address, const Word (&r)[4]) {
    DL_SM90A(asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(r[0]), "r"(r[1]),
                          "r"(r[2]), "r"(r[3])
                          : "memory");)
}
__device__ __forceinline__ void stmatrix_x4_trans(Word address, const Word (&r)[4]) {
    DL_SM90A(asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(r[0]), "r"(r[1]),
                          "r"(r[2]), "r"(r[3])
                          : "memory");)
}
__device__ __forceinline__ void stmatrix_x1(Word address, Word r) {
    DL_SM90A(asm volatile("stmatrix.sync.aligned.m8n8.x1.shared.b16 [%0], {%1};" ::"r"(address), "r"(r) : "memory");)
}

// Waits until the kernels this one depends on have finished and their writes are visible.
__device__ __forceinline__ void wait_for_prerequisites() { DL_SM90A(asm volatile("griddepcontrol.wait;" ::: "memory");) }
// Lets kernels that depend on this one start once every CTA has said so or ended.
__device__ __forceinline__ void let_dependents_start() { DL_SM90A(asm volatile("griddepcontrol.launch_dependents;" ::: "memory");) }

} // namespace dl
