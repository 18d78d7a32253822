// Double-precision C = A*B: a register-tiled kernel of DFMA, and the FP64 tensor cores (mma m8n8k4).
// Stresses: the FP64 pipe, DMMA, 64-bit shared-memory accesses.
#include <mma.h>

#include "common/workload.hpp"

constexpr int kTile = 32, kDepth = 16;

// 64 threads, 32x32 results, 4x4 a thread. Requires: m and n divisible by 32, k by 16.
__global__ __launch_bounds__(64) void dgemm_registers(int n, int k, const double* __restrict__ a, const double* __restrict__ b,
                                                      double* __restrict__ c) {
    __shared__ double tile_a[kDepth][kTile + 1], tile_b[kDepth][kTile];
    const int t = threadIdx.x, tx = t % 8, ty = t / 8;
    double sums[4][4] = {};
    for (int base = 0; base < k; base += kDepth) {
        for (int e = t; e < kTile * kDepth; e += 64) {
            tile_a[e % kDepth][e / kDepth] = a[(blockIdx.y * kTile + e / kDepth) * k + base + e % kDepth];
            tile_b[e / kTile][e % kTile] = b[(base + e / kTile) * n + blockIdx.x * kTile + e % kTile];
        }
        __syncthreads();
#pragma unroll 4
        for (int i = 0; i < kDepth; ++i) {
            double row[4], column[4];
#pragma unroll
            for (int j = 0; j < 4; ++j) {
                row[j] = tile_a[i][ty + 8 * j];
                column[j] = tile_b[i][tx + 8 * j];
            }
#pragma unroll
            for (int r = 0; r < 4; ++r) {
#pragma unroll
                for (int s = 0; s < 4; ++s) sums[r][s] = fma(row[r], column[s], sums[r][s]);
            }
        }
        __syncthreads();
    }
    for (int r = 0; r < 4; ++r) {
        for (int s = 0; s < 4; ++s) c[(blockIdx.y * kTile + ty + 8 * r) * n + blockIdx.x * kTile + tx + 8 * s] = sums[r][s];
    }
}

// Four warps, each with a 16x16 quarter of the 32x32 results, as 2x2 fragments of 8x8. Requires: as above.
__global__ __launch_bounds__(128) void dgemm_tensor(int n, int k, const double* __restrict__ a, const double* __restrict__ b,
                                                    double* __restrict__ c) {
    using namespace nvcuda::wmma;
    __shared__ double tile_a[kTile][kDepth + 4], tile_b[kDepth][kTile + 4];
    const int t = threadIdx.x, warp = t / 32, row = warp / 2 * 16, column = warp % 2 * 16;
    fragment<accumulator, 8, 8, 4, double> sums[2][2];
    for (auto& line : sums) {
        for (auto& sum : line) fill_fragment(sum, 0.0);
    }
    for (int base = 0; base < k; base += kDepth) {
        for (int e = t; e < kTile * kDepth; e += 128) {
            tile_a[e / kDepth][e % kDepth] = a[(blockIdx.y * kTile + e / kDepth) * k + base + e % kDepth];
            tile_b[e / kTile][e % kTile] = b[(base + e / kTile) * n + blockIdx.x * kTile + e % kTile];
        }
        __syncthreads();
        for (int i = 0; i < kDepth; i += 4) {
            fragment<matrix_a, 8, 8, 4, double, row_major> left[2];
            fragment<matrix_b, 8, 8, 4, double, row_major> right[2];
            for (int j = 0; j < 2; ++j) {
                load_matrix_sync(left[j], &tile_a[row + 8 * j][i], kDepth + 4);
                load_matrix_sync(right[j], &tile_b[i][column + 8 * j], kTile + 4);
            }
            for (int r = 0; r < 2; ++r) {
                for (int s = 0; s < 2; ++s) mma_sync(sums[r][s], left[r], right[s], sums[r][s]);
            }
        }
        __syncthreads();
    }
    for (int r = 0; r < 2; ++r) {
        for (int s = 0; s < 2; ++s) {
            store_matrix_sync(c + (blockIdx.y * kTile + row + 8 * r) * n + blockIdx.x * kTile + column + 8 * s, sums[r][s], n,
                              mem_row_major);
        }
    }
}

int main(int argc, char** argv) {
    workload::Run run("dgemm", argc, argv);
    const int n = run.pick(64, 160, 512, 1536), m = n, k = run.pick(48, 192, 512, 1536);
    const auto a = run.random().uniform_vector<double>(m * k, -1, 1), b = run.random().uniform_vector<double>(k * n, -1, 1);
    // At the largest size the host checks every 16th row.
    const int stride = run.pick(1, 1, 1, 16);
    std::vector<double> expected(m / stride * n, 0);
    for (int row = 0; row < m; row += stride) {
        double* sums = &expected[row / stride * n];
        for (int i = 0; i < k; ++i) {
            for (int column = 0; column < n; ++column) sums[column] = std::fma(a[row * k + i], b[i * n + column], sums[column]);
        }
    }

    workload::DeviceArray<double> da(a), db(b), dc(m * n);
    const auto test = [&](const char* label, double tolerance, auto&& kernel) {
        dc.fill_bytes(0xff);
        run.launch(label, kernel);
        const auto all = dc.to_host();
        std::vector<double> actual;
        for (int row = 0; row < m; row += stride) actual.insert(actual.end(), &all[row * n], &all[row * n] + n);
        run.check_close(label, actual, expected, {tolerance, 0});
    };
    const dim3 grid(n / kTile, m / kTile);
    test("registers", 0, [&] { dgemm_registers<<<grid, 64>>>(n, k, da, db, dc); });
    // The tensor core may add the four products of a step in another order; every sum stays below k.
    test("tensor", 1e-15 * k, [&] { dgemm_tensor<<<grid, 128>>>(n, k, da, db, dc); });
    return run.finish();
}
