// Double-precision matrix product on the tensor core: C = A * B, row-major, with mma.m8n8k4 (sm_80 and later) and, where there is one,
// mma.m16n8k16 (sm_90). CTA tiles of 64 x 64 x 16, four warps, two cp.async stages, padded shared memory. Stresses: DMMA.884, DMMA.16816,
// LDS.64, 64-bit registers.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_core.cuh"

constexpr int kBk = 16, kStrideA = kBk + 2, kStrideB = 64 + 4; // in doubles: rows stay 16-byte aligned

// Requires: m, n divisible by 64, k by 16.
template <bool kWide>
__global__ void __launch_bounds__(128)
    gemm_fp64(int m, int n, int k, const double* __restrict__ a, const double* __restrict__ b, double* __restrict__ c) {
    __shared__ __align__(16) double shared_a[2][64 * kStrideA];
    __shared__ __align__(16) double shared_b[2][kBk * kStrideB];
    const int tid = threadIdx.x, lane = tid & 31, warp = tid >> 5, group = lane >> 2, member = lane & 3;
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64, warp_m = (warp >> 1) * 32, warp_n = (warp & 1) * 32;

    const auto load = [&](int k0, int buffer) {
        for (int i = tid; i < 64 * kBk / 2; i += 128) {
            const int row = i / (kBk / 2), column = i % (kBk / 2) * 2;
            dl::cp_async_16(dl::shared_address(&shared_a[buffer][row * kStrideA + column]),
                            a + static_cast<size_t>(m0 + row) * k + k0 + column);
        }
        for (int i = tid; i < kBk * 32; i += 128) {
            const int row = i / 32, column = i % 32 * 2;
            dl::cp_async_16(dl::shared_address(&shared_b[buffer][row * kStrideB + column]),
                            b + static_cast<size_t>(k0 + row) * n + n0 + column);
        }
        dl::cp_async_commit();
    };

    double acc[4][4][2] = {}; // rows 8 * i + group, columns 8 * j + 2 * member and next
    load(0, 0);
    for (int k0 = 0; k0 < k; k0 += kBk) {
        const int buffer = k0 / kBk & 1;
        if (k0 + kBk < k) {
            load(k0 + kBk, buffer ^ 1);
            dl::cp_async_wait<1>();
        } else {
            dl::cp_async_wait<0>();
        }
        __syncthreads();
        const double* pa = &shared_a[buffer][warp_m * kStrideA];
        const double* pb = &shared_b[buffer][warp_n];
        if constexpr (kWide) {
            double fb[4][4];
#pragma unroll
            for (int j = 0; j < 4; ++j)
#pragma unroll
                for (int i = 0; i < 4; ++i) fb[j][i] = pb[(member + 4 * i) * kStrideB + j * 8 + group];
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                double fa[8];
#pragma unroll
                for (int e = 0; e < 8; ++e) fa[e] = pa[(i * 16 + group + (e & 1) * 8) * kStrideA + member + (e >> 1) * 4];
#pragma unroll
                for (int j = 0; j < 4; ++j) {
                    double wide[4] = {acc[2 * i][j][0], acc[2 * i][j][1], acc[2 * i + 1][j][0], acc[2 * i + 1][j][1]};
                    dl::mma_f64_k16(wide, fa, fb[j]);
                    acc[2 * i][j][0] = wide[0], acc[2 * i][j][1] = wide[1];
                    acc[2 * i + 1][j][0] = wide[2], acc[2 * i + 1][j][1] = wide[3];
                }
            }
        } else {
#pragma unroll
            for (int kk = 0; kk < kBk; kk += 4) {
                double fa[4], fb[4];
#pragma unroll
                for (int i = 0; i < 4; ++i) fa[i] = pa[(i * 8 + group) * kStrideA + kk + member];
#pragma unroll
                for (int j = 0; j < 4; ++j) fb[j] = pb[(kk + member) * kStrideB + j * 8 + group];
#pragma unroll
                for (int i = 0; i < 4; ++i)
#pragma unroll
                    for (int j = 0; j < 4; ++j) dl::mma_f64(acc[i][j], fa[i], fb[j]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 4; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            double* place = c + static_cast<size_t>(m0 + warp_m + i * 8 + group) * n + n0 + warp_n + j * 8 + member * 2;
            *reinterpret_cast<double2*>(place) = make_double2(acc[i][j][0], acc[i][j][1]);
        }
}

int main(int argc, char** argv) {
    workload::Run run("gemm_fp64_dmma", argc, argv);
    const int m = run.pick(64, 256, 1024, 2048), n = run.pick(128, 192, 1024, 2048), k = run.pick(64, 208, 1024, 1024);
    const auto a = run.random().uniform_vector<double>(static_cast<size_t>(m) * k, -1, 1);
    const auto b = run.random().uniform_vector<double>(static_cast<size_t>(k) * n, -1, 1);
    workload::DeviceArray<double> da(a), db(b), dc(static_cast<size_t>(m) * n);
    const dim3 grid(n / 64, m / 64);

    // Every element: a chain of fused multiply-adds in order of k, as DMMA does it, with room for another order within a step.
    const auto check = [&](const char* label) {
        const auto c = dc.to_host();
        std::vector<double> found, expected;
        const dl::Chosen chosen(run, m, n);
        for (const auto& [i, j] : chosen.places) {
            double sum = 0;
            for (int l = 0; l < k; ++l) sum = std::fma(a[static_cast<size_t>(i) * k + l], b[static_cast<size_t>(l) * n + j], sum);
            found.push_back(c[static_cast<size_t>(i) * n + j]);
            expected.push_back(sum);
        }
        run.check_close(label, found, expected, {k * 1e-15, 0});
    };
    run.launch("m8n8k4", [&] { gemm_fp64<false><<<grid, 128>>>(m, n, k, da, db, dc); });
    check("m8n8k4");
    if (dl::built_architecture() >= 900) {
        run.launch("m16n8k16", [&] {
            dc.fill_bytes(0xff);
            gemm_fp64<true><<<grid, 128>>>(m, n, k, da, db, dc);
        });
        check("m16n8k16");
    }
    return run.finish();
}
