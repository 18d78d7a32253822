// Matrix product in fp16 with fp16 accumulators: C = alpha * A * B + beta * C, all row-major, so B goes through ldmatrix.trans.
// Register-staged double buffering (LDG.128, STS.128) into padded shared memory, the way it was done before cp.async. CTA tiles of 64 x
// 128, four warps. Stresses: HMMA.16816.F16, LDSM with transposition, register staging, HFMA2 epilogue.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_core.cuh"

constexpr int kBm = 64, kBn = 128, kBk = 32, kThreads = 128;
constexpr int kStrideA = kBk + 8, kStrideB = kBn + 8; // the padding spreads eight rows over all banks

// Requires: k and n divisible by 8.
__global__ void __launch_bounds__(kThreads) gemm_fp16(int m, int n, int k, __half alpha, const __half* __restrict__ a,
                                                      const __half* __restrict__ b, __half beta, __half* __restrict__ c) {
    __shared__ __align__(16) __half shared_a[2][kBm * kStrideA];
    __shared__ __align__(16) __half shared_b[2][kBk * kStrideB];
    const int tid = threadIdx.x, lane = tid & 31, warp = tid >> 5;
    const int m0 = blockIdx.y * kBm, n0 = blockIdx.x * kBn;
    const int warp_m = (warp >> 1) * 32, warp_n = (warp & 1) * 64;

    uint4 staged_a[2], staged_b[4];
    const uint4 zero = make_uint4(0, 0, 0, 0);
    const auto fetch = [&](int k0) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int row = (tid + i * kThreads) / 4, column = (tid + i * kThreads) % 4 * 8;
            const bool valid = m0 + row < m && k0 + column < k;
            staged_a[i] = valid ? *reinterpret_cast<const uint4*>(a + static_cast<size_t>(m0 + row) * k + k0 + column) : zero;
        }
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int row = (tid + i * kThreads) / 16, column = (tid + i * kThreads) % 16 * 8;
            const bool valid = k0 + row < k && n0 + column < n;
            staged_b[i] = valid ? *reinterpret_cast<const uint4*>(b + static_cast<size_t>(k0 + row) * n + n0 + column) : zero;
        }
    };
    const auto put = [&](int buffer) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int row = (tid + i * kThreads) / 4, column = (tid + i * kThreads) % 4 * 8;
            *reinterpret_cast<uint4*>(&shared_a[buffer][row * kStrideA + column]) = staged_a[i];
        }
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const int row = (tid + i * kThreads) / 16, column = (tid + i * kThreads) % 16 * 8;
            *reinterpret_cast<uint4*>(&shared_b[buffer][row * kStrideB + column]) = staged_b[i];
        }
    };

    dl::Word acc[2][8][2] = {};
    const int tiles = (k + kBk - 1) / kBk;
    fetch(0);
    put(0);
    __syncthreads();
    for (int tile = 0; tile < tiles; ++tile) {
        const int buffer = tile & 1;
        if (tile + 1 < tiles) fetch((tile + 1) * kBk);
#pragma unroll
        for (int kk = 0; kk < kBk; kk += 16) {
            dl::Word fa[2][4], fb[8][2];
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const int row = warp_m + i * 16 + (lane & 15), column = kk + (lane >> 4) * 8;
                dl::ldmatrix_x4(fa[i], dl::shared_address(&shared_a[buffer][row * kStrideA + column]));
            }
#pragma unroll
            for (int j = 0; j < 8; j += 2) {
                dl::Word both[4];
                const int row = kk + (lane & 15), column = warp_n + j * 8 + (lane >> 4) * 8;
                dl::ldmatrix_x4_trans(both, dl::shared_address(&shared_b[buffer][row * kStrideB + column]));
                fb[j][0] = both[0], fb[j][1] = both[1];
                fb[j + 1][0] = both[2], fb[j + 1][1] = both[3];
            }
#pragma unroll
            for (int i = 0; i < 2; ++i)
#pragma unroll
                for (int j = 0; j < 8; ++j) dl::mma_f16_acc16(acc[i][j], fa[i], fb[j]);
        }
        if (tile + 1 < tiles) {
            put(buffer ^ 1); // last read before the previous barrier
            __syncthreads();
        }
    }

    const __half2 alpha2 = __half2half2(alpha), beta2 = __half2half2(beta);
#pragma unroll
    for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 8; ++j)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int row = m0 + warp_m + i * 16 + half * 8 + (lane >> 2), column = n0 + warp_n + j * 8 + (lane & 3) * 2;
                if (row >= m || column >= n) continue;
                __half2* place = reinterpret_cast<__half2*>(c + static_cast<size_t>(row) * n + column);
                const __half2 sum = *reinterpret_cast<const __half2*>(&acc[i][j][half]);
                *place = __hfma2(alpha2, sum, __hmul2(beta2, *place));
            }
}

int main(int argc, char** argv) {
    workload::Run run("gemm_fp16_mma", argc, argv);
    const int m = run.pick(100, 384, 2048, 4096), n = run.pick(168, 400, 2048, 4096), k = run.pick(136, 512, 2048, 4096);
    // -1, 0 and 1: every sum is a whole number below 2048, exact in fp16.
    const auto a = dl::grid_vector<__half>(run.random(), static_cast<size_t>(m) * k, 1, 1.0f);
    const auto b = dl::grid_vector<__half>(run.random(), static_cast<size_t>(k) * n, 1, 1.0f);
    const auto c = dl::grid_vector<__half>(run.random(), static_cast<size_t>(m) * n, 4, 1.0f);
    workload::DeviceArray<__half> da(a), db(b), dc(c);

    run.launch("gemm", [&] {
        dc.upload(c);
        const dim3 grid(workload::ceil_div(n, kBn), workload::ceil_div(m, kBm));
        gemm_fp16<<<grid, kThreads>>>(m, n, k, __float2half(0.5f), da, db, __float2half(2.0f), dc);
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::transposed(dl::to_floats(b), k, n), m, n, k, {},
                      [&](double sum, int i, int j) {
                          return static_cast<float>(
                              __float2half(static_cast<float>(0.5 * sum + 2.0 * static_cast<float>(c[static_cast<size_t>(i) * n + j]))));
                      });
    return run.finish();
}
