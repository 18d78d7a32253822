// Flash-style attention for prefill in fp16 with mma.sync: 64 queries a CTA (16 a warp), blocks of 64 keys through two cp.async buffers,
// scores and the running output in registers, online softmax in base 2, probabilities repacked from accumulator to operand fragments.
// Causal or not, several query heads to one key head.
#pragma once

#include "dl/tensor_core.cuh"

namespace dl {

constexpr int kFlashWidth = 64, kFlashBlock = 64, kFlashThreads = 128;
constexpr int kFlashTileBytes = kFlashBlock * kFlashWidth * 2;
constexpr float kLowest = -3.402823466e38f;

__device__ __forceinline__ int flash_offset(int row, int chunk) { return row * 128 + ((chunk ^ (row & 7)) << 4); }

// Starts copying 64 rows of 64 fp16 from a [length][heads][64] tensor into a swizzled tile; rows behind the end are zeros.
__device__ __forceinline__ void load_flash_tile(Word place, const __half* tensor, int first, int length, int row_elements) {
#pragma unroll
    for (int i = 0; i < kFlashBlock * 8 / kFlashThreads; ++i) {
        const int row = (threadIdx.x >> 3) + i * (kFlashThreads / 8), chunk = threadIdx.x & 7;
        const bool valid = first + row < length;
        cp_async_16(place + flash_offset(row, chunk), valid ? tensor + static_cast<size_t>(first + row) * row_elements + chunk * 8 : tensor,
                    valid);
    }
}

// Also stores the logarithm of the sum of exponentials.
// q, y: [batch][length][heads][64]; k, v: [batch][length][heads / group][64]; lse: [batch][heads][length]. Grid: (query blocks, heads,
// batch).
template <bool kCausal>
__global__ void __launch_bounds__(kFlashThreads)
    flash(int length, int heads, int group, float scale_log2, const __half* __restrict__ q, const __half* __restrict__ k,
          const __half* __restrict__ v, __half* __restrict__ y, float* __restrict__ lse) {
    __shared__ __align__(128) char shared[5 * kFlashTileBytes]; // Q, two of K, two of V
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, member = lane & 3;
    const int q0 = (gridDim.x - 1 - blockIdx.x) * kFlashBlock; // the longest rows of a causal mask first
    const int head = blockIdx.y, kv_heads = heads / group, kv_row = kv_heads * kFlashWidth;
    const size_t batch = static_cast<size_t>(blockIdx.z) * length;
    const __half* q_head = q + batch * heads * kFlashWidth + head * kFlashWidth;
    const __half* k_head = k + batch * kv_row + head / group * kFlashWidth;
    const __half* v_head = v + batch * kv_row + head / group * kFlashWidth;
    const Word base = shared_address(shared);
    const int keys = kCausal ? min(length, q0 + kFlashBlock) : length, blocks = (keys + kFlashBlock - 1) / kFlashBlock;

    load_flash_tile(base, q_head, q0, length, heads * kFlashWidth);
    load_flash_tile(base + kFlashTileBytes, k_head, 0, length, kv_row);
    load_flash_tile(base + 3 * kFlashTileBytes, v_head, 0, length, kv_row);
    cp_async_commit();

    Word fq[4][4];
    float out[8][4] = {}, row_max[2] = {kLowest, kLowest}, row_sum[2] = {0, 0};
    for (int block = 0; block < blocks; ++block) {
        const int buffer = block & 1;
        if (block + 1 < blocks) {
            load_flash_tile(base + (1 + (buffer ^ 1)) * kFlashTileBytes, k_head, (block + 1) * kFlashBlock, length, kv_row);
            load_flash_tile(base + (3 + (buffer ^ 1)) * kFlashTileBytes, v_head, (block + 1) * kFlashBlock, length, kv_row);
        }
        cp_async_commit();
        cp_async_wait<1>();
        __syncthreads();
        if (block == 0) {
#pragma unroll
            for (int kk = 0; kk < 4; ++kk) ldmatrix_x4(fq[kk], base + flash_offset(warp * 16 + (lane & 15), kk * 2 + (lane >> 4)));
        }

        // Scores of 16 queries and 64 keys.
        float s[8][4] = {};
        const Word place_k = base + (1 + buffer) * kFlashTileBytes, place_v = base + (3 + buffer) * kFlashTileBytes;
#pragma unroll
        for (int kk = 0; kk < 4; ++kk)
#pragma unroll
            for (int j = 0; j < 8; j += 2) {
                Word both[4];
                ldmatrix_x4(both, place_k + flash_offset(j * 8 + (lane & 7) + ((lane >> 4) << 3), kk * 2 + ((lane >> 3) & 1)));
                const Word first[2] = {both[0], both[1]}, second[2] = {both[2], both[3]};
                mma_f16(s[j], fq[kk], first);
                mma_f16(s[j + 1], fq[kk], second);
            }
        const int row0 = q0 + warp * 16 + (lane >> 2);
        if ((kCausal && block == blocks - 1) || (block + 1) * kFlashBlock > length) {
#pragma unroll
            for (int j = 0; j < 8; ++j)
#pragma unroll
                for (int e = 0; e < 4; ++e) {
                    const int key = block * kFlashBlock + j * 8 + member * 2 + (e & 1), query = row0 + (e >> 1) * 8;
                    if (key >= length || (kCausal && key > query)) s[j][e] = kLowest;
                }
        }

        // Online softmax: four lanes hold a row.
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            float largest = row_max[half];
#pragma unroll
            for (int j = 0; j < 8; ++j) largest = fmaxf(largest, fmaxf(s[j][half * 2], s[j][half * 2 + 1]));
            largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 1));
            largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 2));
            const float shrink = exp2f((row_max[half] - largest) * scale_log2), shift = largest * scale_log2;
            row_max[half] = largest;
            float sum = 0;
#pragma unroll
            for (int j = 0; j < 8; ++j)
#pragma unroll
                for (int e = half * 2; e < half * 2 + 2; ++e) {
                    s[j][e] = exp2f(fmaf(s[j][e], scale_log2, -shift));
                    sum += s[j][e];
                    out[j][e] *= shrink;
                }
            row_sum[half] = row_sum[half] * shrink + sum; // this lane's part; joined at the end
        }

        // out += p * V: two neighbouring score tiles are one 16-wide operand.
#pragma unroll
        for (int kk = 0; kk < 4; ++kk) {
            const Word fp[4] = {pack(__float2half(s[2 * kk][0]), __float2half(s[2 * kk][1])),
                                pack(__float2half(s[2 * kk][2]), __float2half(s[2 * kk][3])),
                                pack(__float2half(s[2 * kk + 1][0]), __float2half(s[2 * kk + 1][1])),
                                pack(__float2half(s[2 * kk + 1][2]), __float2half(s[2 * kk + 1][3]))};
#pragma unroll
            for (int j = 0; j < 8; j += 2) {
                Word both[4];
                ldmatrix_x4_trans(both, place_v + flash_offset(kk * 16 + (lane & 15), j + (lane >> 4)));
                const Word first[2] = {both[0], both[1]}, second[2] = {both[2], both[3]};
                mma_f16(out[j], fp, first);
                mma_f16(out[j + 1], fp, second);
            }
        }
        __syncthreads(); // the buffers are free for the copy after next
    }

#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float sum = row_sum[half];
        sum += __shfl_xor_sync(0xffffffffu, sum, 1);
        sum += __shfl_xor_sync(0xffffffffu, sum, 2);
        const int query = q0 + warp * 16 + (lane >> 2) + half * 8;
        if (query >= length) continue;
        const float scale = 1.0f / sum;
        __half* row = y + (batch + query) * heads * kFlashWidth + head * kFlashWidth;
#pragma unroll
        for (int j = 0; j < 8; ++j)
            *reinterpret_cast<__half2*>(row + j * 8 + member * 2) =
                __floats2half2_rn(out[j][half * 2] * scale, out[j][half * 2 + 1] * scale);
        if (member == 0)
            lse[(static_cast<size_t>(blockIdx.z) * heads + head) * length + query] =
                (row_max[half] * scale_log2 + log2f(sum)) * 0.69314718f;
    }
}

} // namespace dl
