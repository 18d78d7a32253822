// Matrix product of fp32 data in tf32: C = A * B^T. Inputs are rounded to tf32 (nearest, ties away) on the way from shared memory to the
// tensor core. CTA tiles of 64 x 64, four warps, three cp.async stages. Stresses: HMMA.1688.F32.TF32, F2F/F2FP to TF32, LDSM on 32-bit
// data.
#include "common/workload.hpp"
#include "dl/gemm_tile.cuh"
#include "dl/reference.hpp"

using Gemm = dl::TileGemm<dl::MmaTf32, 64, 64, 2, 2, 3>;

// Requires: k divisible by 4, n even.
__global__ void __launch_bounds__(Gemm::kThreads)
    gemm_tf32(int m, int n, int k, const float* __restrict__ a, const float* __restrict__ b, float* __restrict__ c) {
    __shared__ __align__(128) char shared[Gemm::kSharedBytes];
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64;
    Gemm::Fragment acc = {};
    Gemm::multiply(acc, shared, a, b, m, n, k * 4ll, m0, n0, 0, (k + Gemm::kStageElements - 1) / Gemm::kStageElements);
    Gemm::for_each_pair(acc, [&](int row, int column, float c0, float c1) {
        row += m0, column += n0;
        if (row < m && column < n) *reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column) = make_float2(c0, c1);
    });
}

int main(int argc, char** argv) {
    workload::Run run("gemm_tf32_mma", argc, argv);
    const int m = run.pick(96, 300, 2048, 4096), n = run.pick(80, 256, 2048, 4096), k = run.pick(132, 300, 1024, 2048);
    const auto a = run.random().uniform_vector<float>(static_cast<size_t>(m) * k, -1, 1);
    const auto b = run.random().uniform_vector<float>(static_cast<size_t>(n) * k, -1, 1);
    workload::DeviceArray<float> da(a), db(b), dc(static_cast<size_t>(m) * n);
    run.launch("gemm",
               [&] { gemm_tf32<<<dim3(workload::ceil_div(n, 64), workload::ceil_div(m, 64)), Gemm::kThreads>>>(m, n, k, da, db, dc); });

    // With rounded inputs the products are exact; each of the k / 4 accumulations inside the tensor core may lose 2^-23 of the running sum.
    std::vector<float> ra(a), rb(b);
    for (float& x : ra) x = dl::round_tf32(x);
    for (float& x : rb) x = dl::round_tf32(x);
    dl::check_product(run, "C", dc.to_host(), ra, rb, m, n, k, {k * 1e-6, 1e-6});
    return run.finish();
}
