// The warp-specialised matrix product that the wgmma programs share: C = A * B^T with both operands contiguous along K. A producer warp
// fills a ring of shared-memory stages (128 bytes of K each, 128-byte swizzle) by TMA; two consumer warpgroups make 64 rows each of a 128 x
// kBn tile. Full and empty mbarriers carry the stages to and fro; registers move from the producer to the consumers.
#pragma once

#include "dl/wgmma.cuh"

namespace dl {

// Accumulator registers and element size of each type.
template <typename Type> struct WgmmaTraits {
    using Register = float;
    static constexpr int kElementBytes = 2, kPerRegister = 1;
};
template <> struct WgmmaTraits<F16Acc16> {
    using Register = Word;
    static constexpr int kElementBytes = 2, kPerRegister = 2;
};
template <> struct WgmmaTraits<Tf32> {
    using Register = float;
    static constexpr int kElementBytes = 4, kPerRegister = 1;
};
template <> struct WgmmaTraits<E4m3> {
    using Register = float;
    static constexpr int kElementBytes = 1, kPerRegister = 1;
};
template <> struct WgmmaTraits<E5m2E4m3> : WgmmaTraits<E4m3> {};
template <> struct WgmmaTraits<S8> {
    using Register = int;
    static constexpr int kElementBytes = 1, kPerRegister = 1;
};

// `kReleases` is how many consumer warps, over all CTAs that read what this CTA's producer writes, give a stage back: 8 without multicast.
template <typename TypeOfElements, int kColumns, int kStagesOfRing, int kReleases = 8> struct WgmmaTile {
    using Type = TypeOfElements;
    using Traits = WgmmaTraits<Type>;
    using Register = typename Traits::Register;
    static constexpr int kBm = 128, kBn = kColumns, kStages = kStagesOfRing, kThreads = 384;
    static constexpr int kRegisters = kBn / 2 / Traits::kPerRegister;
    static constexpr int kStageElements = 128 / Traits::kElementBytes; // of K
    static constexpr int kBytesA = kBm * 128, kBytesB = kBn * 128, kStageBytes = kBytesA + kBytesB;
    static constexpr int kSharedBytes = kStages * kStageBytes + 2 * kStages * 8 + 1024; // with room for alignment
    using Position = RingPosition<kStages>;
    using Accumulator = Register[kRegisters];

    // The ring in dynamic shared memory.
    struct Ring {
        Word stages;    // address of stage 0, aligned to 1024
        Barrier* full;  // kStages: the bytes of a stage have arrived
        Barrier* empty; // kStages: every consumer warp is done with a stage

        __device__ Word a(int slot) const { return stages + slot * kStageBytes; }
        __device__ Word b(int slot) const { return stages + slot * kStageBytes + kBytesA; }
    };

    // Lays out the ring and makes its barriers ready. Requires: called by all threads; a barrier of the CTA (or cluster) follows.
    static __device__ Ring make_ring(char* shared) {
        const Word raw = shared_address(shared), aligned = (raw + 1023u) & ~1023u;
        Ring ring;
        ring.stages = aligned;
        ring.full = reinterpret_cast<Barrier*>(shared + (aligned - raw) + kStages * kStageBytes);
        ring.empty = ring.full + kStages;
        if (threadIdx.x == 0) {
            for (int s = 0; s < kStages; ++s) {
                barrier_init(ring.full + s, 1);
                barrier_init(ring.empty + s, kReleases);
            }
            fence_barrier_init();
        }
        return ring;
    }

    // Loads stages [begin, end) of the tile at (m0, n0). Requires: one thread.
    static __device__ void produce(const Ring& ring, const CUtensorMap* map_a, const CUtensorMap* map_b, int m0, int n0, int begin, int end,
                                   Position& at) {
        for (int stage = begin; stage < end; ++stage) {
            barrier_wait(ring.empty + at.slot, at.phase ^ 1);
            barrier_arrive_expect(ring.full + at.slot, kStageBytes);
            tensor_load_2d(ring.a(at.slot), map_a, stage * kStageElements, m0, ring.full + at.slot);
            tensor_load_2d(ring.b(at.slot), map_b, stage * kStageElements, n0, ring.full + at.slot);
            at.advance();
        }
    }
    // Waits until the consumers have given back every stage, so that no barrier is used after the CTA's end.
    static __device__ void drain(const Ring& ring, Position& at) {
        for (int s = 0; s < kStages; ++s) {
            barrier_wait(ring.empty + at.slot, at.phase ^ 1);
            at.advance();
        }
    }

    // acc = the products of `count` stages; `release(slot)` gives a stage back and is called by every thread. Requires: count > 0, called
    // by one consumer warpgroup (0 or 1) as a whole. The first stage stands before the loop: the tensor core owns the accumulators from the
    // first product to the last wait, and the compiler may not have to move them.
    template <typename Release>
    static __device__ void consume(Accumulator& acc, const Ring& ring, int warpgroup, int count, Position& at, Release&& release) {
        issue_stage<true>(acc, ring, warpgroup, at);
        int previous = at.slot;
        at.advance();
        for (int stage = 1; stage < count; ++stage) {
            issue_stage<false>(acc, ring, warpgroup, at);
            wgmma_wait<1>(); // all but the products just issued are done
            release(previous);
            previous = at.slot;
            at.advance();
        }
        wgmma_wait<0>();
        release(previous);
    }
    template <bool kFirst>
    static __device__ __forceinline__ void issue_stage(Accumulator& acc, const Ring& ring, int warpgroup, const Position& at) {
        barrier_wait(ring.full + at.slot, at.phase);
        const std::uint64_t a = descriptor_128(ring.a(at.slot) + warpgroup * 64 * 128), b = descriptor_128(ring.b(at.slot));
        wgmma_fence();
#pragma unroll
        for (int step = 0; step < 4; ++step) wgmma<Type>(acc, a + step * 2, b + step * 2, !kFirst || step > 0);
        wgmma_commit();
    }
    static __device__ void consume(Accumulator& acc, const Ring& ring, int warpgroup, int count, Position& at) {
        consume(acc, ring, warpgroup, count, at, [&](int slot) {
            if (threadIdx.x % 32 == 0) barrier_arrive(ring.empty + slot);
        });
    }

    // Calls visit(row, column, c0, c1) for each pair of neighbouring columns this thread holds; with fp16 accumulators visit(row, column,
    // packed).
    template <typename Visit> static __device__ void for_each_pair(Accumulator& acc, int warpgroup, Visit&& visit) {
        const int lane = threadIdx.x % 32, row = warpgroup * 64 + threadIdx.x / 32 % 4 * 16 + lane / 4, column = lane % 4 * 2;
#pragma unroll
        for (int j = 0; j < kBn / 8; ++j)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                if constexpr (Traits::kPerRegister == 2) {
                    visit(row + half * 8, column + j * 8, acc[2 * j + half]);
                } else {
                    visit(row + half * 8, column + j * 8, acc[4 * j + 2 * half], acc[4 * j + 2 * half + 1]);
                }
            }
    }
};

// One tile a CTA; warpgroup 0 produces, 1 and 2 consume. `epilogue` is called as visit above, with rows and columns of C, inside m x n
// only. Requires: grid of (column tiles, row tiles).
template <typename Tile, typename Epilogue>
__global__ void __launch_bounds__(Tile::kThreads, 1)
    gemm_wgmma(const __grid_constant__ CUtensorMap map_a, const __grid_constant__ CUtensorMap map_b, int m, int n, int stages,
               Epilogue epilogue) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    extern __shared__ __align__(1024) char shared[];
    const typename Tile::Ring ring = Tile::make_ring(shared);
    const int m0 = blockIdx.y * Tile::kBm, n0 = blockIdx.x * Tile::kBn;
    __syncthreads();
    typename Tile::Position at;
    if (threadIdx.x < 128) {
        give_registers<40>();
        if (threadIdx.x < 32 && elect_one()) {
            prefetch_map(&map_a);
            prefetch_map(&map_b);
            Tile::produce(ring, &map_a, &map_b, m0, n0, 0, stages, at);
        }
        return;
    }
    take_registers<232>();
    const int warpgroup = threadIdx.x / 128 - 1;
    typename Tile::Accumulator acc; // defined by the first product
    Tile::consume(acc, ring, warpgroup, stages, at);
    Tile::for_each_pair(acc, warpgroup, [&](int row, int column, auto... values) {
        if (m0 + row < m && n0 + column < n) epilogue(m0 + row, n0 + column, values...);
    });
#endif
}

} // namespace dl
