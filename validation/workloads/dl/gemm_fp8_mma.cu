// Matrix products in fp8 with mma.sync, fp32 accumulation, bf16 result with a scale: e4m3 * e4m3 (forward) and e5m2 * e4m3 (gradient times
// weight). CTA tiles of 64 x 128, four warps, three cp.async stages. Needs sm_89.
// Stresses: QMMA on sm_89, conversion plus HMMA on sm_90.
#include "common/workload.hpp"
#include "dl/gemm_tile.cuh"
#include "dl/reference.hpp"

#include <cuda_fp8.h>

template <typename Mma> using Gemm = dl::TileGemm<Mma, 64, 128, 2, 2, 3>;

// Requires: k divisible by 16, n even.
template <typename Mma>
__global__ void __launch_bounds__(Gemm<Mma>::kThreads) gemm_fp8(int m, int n, int k, float scale, const std::uint8_t* __restrict__ a,
                                                                const std::uint8_t* __restrict__ b, __nv_bfloat16* __restrict__ c) {
    __shared__ __align__(128) char shared[Gemm<Mma>::kSharedBytes];
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 128;
    typename Gemm<Mma>::Fragment acc = {};
    Gemm<Mma>::multiply(acc, shared, a, b, m, n, k, m0, n0, 0, (k + 63) / 64);
    Gemm<Mma>::for_each_pair(acc, [&](int row, int column, float c0, float c1) {
        row += m0, column += n0;
        if (row >= m || column >= n) return;
        *reinterpret_cast<__nv_bfloat162*>(c + static_cast<size_t>(row) * n + column) = __floats2bfloat162_rn(c0 * scale, c1 * scale);
    });
}

// Converts to fp8 and gives back what the numbers became.
template <typename Fp8> std::vector<float> bytes_of(const std::vector<float>& values, std::vector<std::uint8_t>& bytes) {
    std::vector<float> back;
    for (const float value : values) {
        const Fp8 converted(value);
        bytes.push_back(converted.__x);
        back.push_back(static_cast<float>(converted));
    }
    return back;
}

template <typename Mma, typename Fp8A> void test(workload::Run& run, const char* label, int m, int n, int k) {
    std::vector<std::uint8_t> bytes_a, bytes_b;
    const auto a = bytes_of<Fp8A>(dl::grid_vector<float>(run.random(), static_cast<size_t>(m) * k, 8, 0.25f), bytes_a);
    const auto b = bytes_of<__nv_fp8_e4m3>(dl::grid_vector<float>(run.random(), static_cast<size_t>(n) * k, 8, 0.25f), bytes_b);
    workload::DeviceArray<std::uint8_t> da(bytes_a), db(bytes_b);
    workload::DeviceArray<__nv_bfloat16> dc(static_cast<size_t>(m) * n);
    run.launch(label, [&] {
        gemm_fp8<Mma><<<dim3(workload::ceil_div(n, 128), workload::ceil_div(m, 64)), Gemm<Mma>::kThreads>>>(m, n, k, 0.25f, da, db, dc);
    });
    dl::check_product(run, label, dc.to_host(), a, b, m, n, k, {},
                      [](double sum, int, int) { return static_cast<float>(__float2bfloat16(static_cast<float>(sum) * 0.25f)); });
}

int main(int argc, char** argv) {
    workload::Run run("gemm_fp8_mma", argc, argv);
    if (dl::built_architecture() < 890) run.skip("needs sm_89");
    const int m = run.pick(80, 320, 2048, 4096), n = run.pick(130, 384, 2048, 4096), k = run.pick(208, 400, 2048, 4096);
    test<dl::MmaE4m3, __nv_fp8_e4m3>(run, "e4m3", m, n, k);
    test<dl::MmaE5m2E4m3, __nv_fp8_e5m2>(run, "e5m2", m, n, k);
    return run.finish();
}
