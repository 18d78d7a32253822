// Matrix product in bf16 with mma.sync: C = A * B^T + bias, fp32 accumulation, bf16 result. CTA tiles of 128 x 128, eight warps, four
// cp.async stages, CTAs grouped so that neighbours in time share rows and columns in L2. Stresses: HMMA.16816.F32.BF16, LDSM, LDGSTS,
// multi-stage pipelining, predicated borders.
#include "common/workload.hpp"
#include "dl/gemm_tile.cuh"
#include "dl/reference.hpp"

using Gemm = dl::TileGemm<dl::MmaBf16, 128, 128, 2, 4, 4>;

// Requires: k divisible by 8, n even.
__global__ void __launch_bounds__(Gemm::kThreads)
    gemm_bf16(int m, int n, int k, const __nv_bfloat16* __restrict__ a, const __nv_bfloat16* __restrict__ b,
              const __nv_bfloat16* __restrict__ bias, __nv_bfloat16* __restrict__ c) {
    extern __shared__ __align__(128) char shared[];
    // Walk the grid in column-major groups of eight tile rows.
    const int tiles_m = gridDim.y, tiles_n = gridDim.x;
    const int linear = blockIdx.y * tiles_n + blockIdx.x;
    const int group_height = 8;
    const int group = linear / (group_height * tiles_n);
    const int height = min(tiles_m - group * group_height, group_height);
    const int within = linear - group * group_height * tiles_n;
    const int m0 = (group * group_height + within % height) * 128, n0 = within / height * 128;

    Gemm::Fragment acc = {};
    Gemm::multiply(acc, shared, a, b, m, n, k * 2ll, m0, n0, 0, (k + Gemm::kStageElements - 1) / Gemm::kStageElements);
    Gemm::for_each_pair(acc, [&](int row, int column, float c0, float c1) {
        row += m0, column += n0;
        if (row >= m || column >= n) return;
        const float2 add = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(bias + column));
        *reinterpret_cast<__nv_bfloat162*>(c + static_cast<size_t>(row) * n + column) = __floats2bfloat162_rn(c0 + add.x, c1 + add.y);
    });
}

int main(int argc, char** argv) {
    workload::Run run("gemm_bf16_mma", argc, argv);
    const int m = run.pick(200, 512, 2048, 4096), n = run.pick(136, 520, 2048, 4096), k = run.pick(200, 520, 2048, 4096);
    // Multiples of 1/8 within [-1, 1]: all sums are exact in fp32, so only the last rounding to bf16 is left.
    const auto a = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(m) * k, 8, 0.125f);
    const auto b = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(n) * k, 8, 0.125f);
    const auto bias = dl::grid_vector<__nv_bfloat16>(run.random(), n, 16, 0.125f);
    workload::DeviceArray<__nv_bfloat16> da(a), db(b), dbias(bias), dc(static_cast<size_t>(m) * n);

    dl::allow_shared(gemm_bf16, Gemm::kSharedBytes);
    run.launch("gemm", [&] {
        const dim3 grid(workload::ceil_div(n, 128), workload::ceil_div(m, 128));
        gemm_bf16<<<grid, Gemm::kThreads, Gemm::kSharedBytes>>>(m, n, k, da, db, dbias, dc);
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k, {}, [&](double sum, int, int j) {
        return static_cast<float>(__float2bfloat16(static_cast<float>(sum) + static_cast<float>(bias[j])));
    });
    return run.finish();
}
