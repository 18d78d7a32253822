// The main loop that the mma.sync GEMMs share: C = A * B^T with both operands contiguous along K, staged through shared memory by a
// multi-stage cp.async pipeline, read by ldmatrix from an XOR-swizzled layout free of bank conflicts. Written in bytes along K, so
// that one loop serves bf16, fp16, tf32, int8, int4 and fp8: 32 bytes of K are one mma in each of them.
#pragma once

#include "dl/tensor_core.cuh"

namespace dl {

// An element type: `mma` consumes 32 bytes of K.
struct MmaBf16 {
    using Element = __nv_bfloat16;
    using Accumulator = float;
    static constexpr int kElementsPer16Bytes = 8;
    static __device__ void mma(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) { mma_bf16(c, a, b); }
};
struct MmaF16 {
    using Element = __half;
    using Accumulator = float;
    static constexpr int kElementsPer16Bytes = 8;
    static __device__ void mma(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) { mma_f16(c, a, b); }
};
// fp32 in memory, rounded to tf32 between ldmatrix and mma.
struct MmaTf32 {
    using Element = float;
    using Accumulator = float;
    static constexpr int kElementsPer16Bytes = 4;
    static __device__ void mma(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
        Word ra[4], rb[2];
#pragma unroll
        for (int i = 0; i < 4; ++i) ra[i] = to_tf32(__uint_as_float(a[i]));
#pragma unroll
        for (int i = 0; i < 2; ++i) rb[i] = to_tf32(__uint_as_float(b[i]));
        mma_tf32(c, ra, rb);
    }
};
struct MmaS8 {
    using Element = std::int8_t;
    using Accumulator = int;
    static constexpr int kElementsPer16Bytes = 16;
    static __device__ void mma(int (&c)[4], const Word (&a)[4], const Word (&b)[2]) { mma_s8(c, a, b); }
};
// Two 4-bit numbers a byte, the one of lower index in the lower bits.
struct MmaS4 {
    using Element = std::uint8_t;
    using Accumulator = int;
    static constexpr int kElementsPer16Bytes = 32;
    static __device__ void mma(int (&c)[4], const Word (&a)[4], const Word (&b)[2]) { mma_s4(c, a, b); }
};
struct MmaE4m3 {
    using Element = std::uint8_t;
    using Accumulator = float;
    static constexpr int kElementsPer16Bytes = 16;
    static __device__ void mma(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) { mma_e4m3(c, a, b); }
};
struct MmaE5m2E4m3 {
    using Element = std::uint8_t;
    using Accumulator = float;
    static constexpr int kElementsPer16Bytes = 16;
    static __device__ void mma(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) { mma_e5m2_e4m3(c, a, b); }
};

// One CTA's tile of kBm x kBn, made by kWarpsM x kWarpsN warps, 64 bytes of K a stage.
template <typename Mma, int kBm, int kBn, int kWarpsM, int kWarpsN, int kStages> struct TileGemm {
    static constexpr int kThreads = 32 * kWarpsM * kWarpsN;
    static constexpr int kRowBytes = 64;
    static constexpr int kStageElements = 4 * Mma::kElementsPer16Bytes; // of K
    static constexpr int kStageBytes = (kBm + kBn) * kRowBytes;
    static constexpr int kSharedBytes = kStages * kStageBytes;
    static constexpr int kWarpM = kBm / kWarpsM, kWarpN = kBn / kWarpsN;
    static constexpr int kTilesM = kWarpM / 16, kTilesN = kWarpN / 8;
    static_assert(kWarpM % 16 == 0 && kWarpN % 16 == 0, "a warp holds whole pairs of mma tiles");
    using Accumulator = typename Mma::Accumulator;
    using Fragment = Accumulator[kTilesM][kTilesN][4];

    // Two rows share 128 bytes, so the 16-byte chunk is permuted by the number of the pair of rows: eight rows, eight bank groups.
    static __device__ int chunk_offset(int row, int chunk) { return row * kRowBytes + ((chunk ^ ((row >> 1) & 3)) << 4); }

    // Starts the copy of rows [first_row, first_row + kRows) and 64 bytes from `k_byte` of a matrix with `row_bytes` a row.
    // Rows from `rows` on, and bytes from row_bytes on, are zeros. Requires: row_bytes divisible by 16.
    template <int kRows>
    static __device__ void load_operand(Word shared, const void* matrix, long long row_bytes, int first_row, int rows, long long k_byte) {
        const char* base = static_cast<const char*>(matrix);
#pragma unroll
        for (int i = threadIdx.x; i < kRows * 4; i += kThreads) {
            const int row = i >> 2, chunk = i & 3;
            const long long byte = k_byte + chunk * 16;
            const bool valid = first_row + row < rows && byte < row_bytes;
            const char* source = valid ? base + (first_row + row) * row_bytes + byte : base;
            cp_async_16(shared + chunk_offset(row, chunk), source, valid);
        }
    }

    // c += the products of one stage in shared memory.
    static __device__ void multiply_stage(Fragment& c, Word shared) {
        const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
        const int row_a = (warp / kWarpsN) * kWarpM + (lane & 15);
        const int row_b = (warp % kWarpsN) * kWarpN + (lane & 7) + ((lane >> 4) << 3);
        const Word shared_b = shared + kBm * kRowBytes;
#pragma unroll
        for (int step = 0; step < 2; ++step) {
            Word a[kTilesM][4], b[kTilesN][2];
#pragma unroll
            for (int i = 0; i < kTilesM; ++i) ldmatrix_x4(a[i], shared + chunk_offset(row_a + i * 16, step * 2 + (lane >> 4)));
#pragma unroll
            for (int j = 0; j < kTilesN; j += 2) {
                Word both[4];
                ldmatrix_x4(both, shared_b + chunk_offset(row_b + j * 8, step * 2 + ((lane >> 3) & 1)));
                b[j][0] = both[0], b[j][1] = both[1];
                b[j + 1][0] = both[2], b[j + 1][1] = both[3];
            }
#pragma unroll
            for (int i = 0; i < kTilesM; ++i)
#pragma unroll
                for (int j = 0; j < kTilesN; ++j) Mma::mma(c[i][j], a[i], b[j]);
        }
    }

    // c += A[m0.., k] * B[n0.., k]^T over stages [k_begin, k_end) of 64 bytes each. `shared` is kSharedBytes of shared memory, aligned
    // to 128; all threads of the CTA take part, and may write to it after the __syncthreads() that follows their own return.
    static __device__ void multiply(Fragment& c, char* shared, const void* a, const void* b, int m, int n, long long row_bytes, int m0,
                                    int n0, int k_begin, int k_end) {
        const Word base = shared_address(shared);
        const auto load = [&](int stage, int slot) {
            const Word place = base + slot * kStageBytes;
            load_operand<kBm>(place, a, row_bytes, m0, m, static_cast<long long>(stage) * kRowBytes);
            load_operand<kBn>(place + kBm * kRowBytes, b, row_bytes, n0, n, static_cast<long long>(stage) * kRowBytes);
        };
#pragma unroll
        for (int s = 0; s < kStages - 1; ++s) {
            if (k_begin + s < k_end) load(k_begin + s, s);
            cp_async_commit();
        }
        int slot = 0;
        for (int stage = k_begin; stage < k_end; ++stage) {
            cp_async_wait<kStages - 2>();
            __syncthreads(); // this stage has landed for every thread, and no one still reads the slot that is loaded next
            const int next = stage + kStages - 1;
            if (next < k_end) load(next, slot == 0 ? kStages - 1 : slot - 1);
            cp_async_commit();
            multiply_stage(c, base + slot * kStageBytes);
            slot = slot + 1 == kStages ? 0 : slot + 1;
        }
        cp_async_wait<0>();
    }

    // Calls visit(row, column, c0, c1) for each pair of neighbouring columns this thread holds; row and column within the CTA's tile.
    template <typename Visit> static __device__ void for_each_pair(Fragment& c, Visit&& visit) {
        const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
        const int row = (warp / kWarpsN) * kWarpM + (lane >> 2), column = (warp % kWarpsN) * kWarpN + (lane & 3) * 2;
#pragma unroll
        for (int i = 0; i < kTilesM; ++i)
#pragma unroll
            for (int j = 0; j < kTilesN; ++j)
#pragma unroll
                for (int half = 0; half < 2; ++half)
                    visit(row + i * 16 + half * 8, column + j * 8, c[i][j][half * 2], c[i][j][half * 2 + 1]);
    }
};

} // namespace dl
