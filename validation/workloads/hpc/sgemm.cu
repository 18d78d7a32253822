// Single-precision C = A*B (row major), the ladder: naive, 32x32 tiles in shared memory, 64x64 tiles with 4x4 results a thread, and
// 128x128 tiles with 8x8 results a thread, float4 loads and a double buffer filled by cp.async.
// Stresses: FFMA, shared-memory bandwidth (LDS.128), LDGSTS with commit and wait groups, high register use.
// All kernels add the products of a result in ascending order of k with fused multiply-add, so they agree bit for bit.
#include <cuda_pipeline.h>

#include "common/workload.hpp"

__global__ void sgemm_naive(int m, int n, int k, const float* a, const float* b, float* c) {
    const int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y * blockDim.y + threadIdx.y;
    if (row >= m || column >= n) return;
    float sum = 0;
    for (int i = 0; i < k; ++i) sum = fmaf(a[row * k + i], b[i * n + column], sum);
    c[row * n + column] = sum;
}

template <int Tile> __global__ void sgemm_tiled(int m, int n, int k, const float* a, const float* b, float* c) {
    __shared__ float tile_a[Tile][Tile], tile_b[Tile][Tile];
    const int tx = threadIdx.x, ty = threadIdx.y, column = blockIdx.x * Tile + tx, row = blockIdx.y * Tile + ty;
    float sum = 0;
    for (int base = 0; base < k; base += Tile) {
        tile_a[ty][tx] = row < m && base + tx < k ? a[row * k + base + tx] : 0.0f;
        tile_b[ty][tx] = column < n && base + ty < k ? b[(base + ty) * n + column] : 0.0f;
        __syncthreads();
#pragma unroll
        for (int i = 0; i < Tile; ++i) sum = fmaf(tile_a[ty][i], tile_b[i][tx], sum);
        __syncthreads();
    }
    if (row < m && column < n) c[row * n + column] = sum;
}

// 256 threads, 64x64 results. Requires: m and n divisible by 64, k by 16.
__global__ __launch_bounds__(256) void sgemm_registers(int n, int k, const float* __restrict__ a, const float* __restrict__ b,
                                                       float* __restrict__ c) {
    constexpr int kTile = 64, kDepth = 16;
    __shared__ float tile_a[kDepth][kTile + 4], tile_b[kDepth][kTile];
    const int t = threadIdx.x, tx = t % 16, ty = t / 16;
    const float* block_a = a + blockIdx.y * kTile * k;
    const float* block_b = b + blockIdx.x * kTile;
    float sums[4][4] = {};
    for (int base = 0; base < k; base += kDepth) {
        for (int e = t; e < kTile * kDepth; e += 256) {
            tile_a[e % kDepth][e / kDepth] = block_a[e / kDepth * k + base + e % kDepth];
            tile_b[e / kTile][e % kTile] = block_b[(base + e / kTile) * n + e % kTile];
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < kDepth; ++i) {
            float row[4], column[4];
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                row[j] = tile_a[i][ty * 4 + j];
                column[j] = tile_b[i][tx + 16 * j];
            }
#pragma unroll
            for (int r = 0; r < 4; ++r) {
#pragma unroll
                for (int s = 0; s < 4; ++s) sums[r][s] = fmaf(row[r], column[s], sums[r][s]);
            }
        }
        __syncthreads();
    }
    for (int r = 0; r < 4; ++r) {
        for (int s = 0; s < 4; ++s) c[(blockIdx.y * kTile + ty * 4 + r) * n + blockIdx.x * kTile + tx + 16 * s] = sums[r][s];
    }
}

// 256 threads, 128x128 results, two stages. A is kept as it lies in memory (row of k), B as rows of n.
// Requires: m and n divisible by 128, k by 8.
__global__ __launch_bounds__(256) void sgemm_async(int n, int k, const float* __restrict__ a, const float* __restrict__ b,
                                                   float* __restrict__ c) {
    constexpr int kTile = 128, kDepth = 8, kPitchA = kDepth + 4;
    __shared__ alignas(16) float tile_a[2][kTile * kPitchA];
    __shared__ alignas(16) float tile_b[2][kDepth * kTile];
    const int t = threadIdx.x, tx = t % 16, ty = t / 16;
    // 128x8 floats of A are 256 float4 (row t/2, half t%2), and so are 8x128 floats of B (row t/32, piece t%32).
    const float* from_a = a + (blockIdx.y * kTile + t / 2) * k + t % 2 * 4;
    const float* from_b = b + (t / 32) * n + blockIdx.x * kTile + t % 32 * 4;
    const auto fetch = [&](int stage, int base) {
        __pipeline_memcpy_async(&tile_a[stage][t / 2 * kPitchA + t % 2 * 4], from_a + base, 16);
        __pipeline_memcpy_async(&tile_b[stage][t / 32 * kTile + t % 32 * 4], from_b + base * n, 16);
        __pipeline_commit();
    };

    float sums[8][8] = {};
    fetch(0, 0);
    for (int base = 0, stage = 0; base < k; base += kDepth, stage ^= 1) {
        if (base + kDepth < k) {
            fetch(stage ^ 1, base + kDepth);
            __pipeline_wait_prior(1);
        } else {
            __pipeline_wait_prior(0);
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < kDepth; ++i) {
            float row[8];
#pragma unroll
            for (int j = 0; j < 8; ++j) row[j] = tile_a[stage][(ty * 8 + j) * kPitchA + i];
            const float4 left = *reinterpret_cast<const float4*>(&tile_b[stage][i * kTile + tx * 4]);
            const float4 right = *reinterpret_cast<const float4*>(&tile_b[stage][i * kTile + 64 + tx * 4]);
            const float column[8] = {left.x, left.y, left.z, left.w, right.x, right.y, right.z, right.w};
#pragma unroll
            for (int r = 0; r < 8; ++r) {
#pragma unroll
                for (int s = 0; s < 8; ++s) sums[r][s] = fmaf(row[r], column[s], sums[r][s]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < 8; ++r) {
        float* to = c + (blockIdx.y * kTile + ty * 8 + r) * n + blockIdx.x * kTile + tx * 4;
        *reinterpret_cast<float4*>(to) = make_float4(sums[r][0], sums[r][1], sums[r][2], sums[r][3]);
        *reinterpret_cast<float4*>(to + 64) = make_float4(sums[r][4], sums[r][5], sums[r][6], sums[r][7]);
    }
}

int main(int argc, char** argv) {
    workload::Run run("sgemm", argc, argv);
    const int m = run.pick(128, 128, 512, 1024), n = run.pick(128, 256, 512, 1024), k = run.pick(32, 160, 512, 1024);
    const auto a = run.random().uniform_vector<float>(m * k, -1, 1), b = run.random().uniform_vector<float>(k * n, -1, 1);
    std::vector<float> expected(m * n, 0);
    for (int row = 0; row < m; ++row) {
        for (int i = 0; i < k; ++i) {
            const float factor = a[row * k + i];
            for (int column = 0; column < n; ++column) {
                expected[row * n + column] = std::fmaf(factor, b[i * n + column], expected[row * n + column]);
            }
        }
    }

    workload::DeviceArray<float> da(a), db(b), dc(m * n);
    const auto test = [&](const char* label, auto&& kernel) {
        dc.fill_bytes(0xff);
        run.launch(label, kernel);
        run.check_equal(label, dc.to_host(), expected);
    };
    test("naive", [&] { sgemm_naive<<<dim3(n / 32, m / 8), dim3(32, 8)>>>(m, n, k, da, db, dc); });
    test("tiled 16", [&] { sgemm_tiled<16><<<dim3(n / 16, m / 16), dim3(16, 16)>>>(m, n, k, da, db, dc); });
    test("tiled 32", [&] { sgemm_tiled<32><<<dim3(n / 32, m / 32), dim3(32, 32)>>>(m, n, k, da, db, dc); });
    test("registers", [&] { sgemm_registers<<<dim3(n / 64, m / 64), 256>>>(n, k, da, db, dc); });
    test("async", [&] { sgemm_async<<<dim3(n / 128, m / 128), 256>>>(n, k, da, db, dc); });
    return run.finish();
}
