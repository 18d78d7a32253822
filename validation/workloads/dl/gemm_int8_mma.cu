// Quantised matrix product: int8 * int8 in int32, then bias, ReLU and requantisation to int8 with one scale per output channel, as an
// integer-only inference layer does it. CTA tiles of 128 x 64, four warps, three cp.async stages.
// Stresses: IMMA.16832.S8.S8, integer pipes, I2F, F2I with rounding, byte packing, saturation.
#include "common/workload.hpp"
#include "dl/gemm_tile.cuh"
#include "dl/reference.hpp"

using Gemm = dl::TileGemm<dl::MmaS8, 128, 64, 2, 2, 3>;

__device__ int requantise(int sum, int bias, float scale) {
    const int value = __float2int_rn(static_cast<float>(max(sum + bias, 0)) * scale);
    return min(value, 127);
}

// Requires: k divisible by 16, n even.
__global__ void __launch_bounds__(Gemm::kThreads)
    gemm_int8(int m, int n, int k, const std::int8_t* __restrict__ a, const std::int8_t* __restrict__ b, const int* __restrict__ bias,
              const float* __restrict__ scale, std::int8_t* __restrict__ c) {
    __shared__ __align__(128) char shared[Gemm::kSharedBytes];
    const int m0 = blockIdx.y * 128, n0 = blockIdx.x * 64;
    Gemm::Fragment acc = {};
    Gemm::multiply(acc, shared, a, b, m, n, k, m0, n0, 0, (k + Gemm::kStageElements - 1) / Gemm::kStageElements);
    Gemm::for_each_pair(acc, [&](int row, int column, int c0, int c1) {
        row += m0, column += n0;
        if (row >= m || column >= n) return;
        char2 packed;
        packed.x = static_cast<signed char>(requantise(c0, bias[column], scale[column]));
        packed.y = static_cast<signed char>(requantise(c1, bias[column + 1], scale[column + 1]));
        *reinterpret_cast<char2*>(c + static_cast<size_t>(row) * n + column) = packed;
    });
}

int main(int argc, char** argv) {
    workload::Run run("gemm_int8_mma", argc, argv);
    const int m = run.pick(150, 600, 4096, 8192), n = run.pick(130, 520, 2048, 4096), k = run.pick(208, 528, 2048, 4096);
    const auto a = run.random().integer_vector<std::int8_t>(static_cast<size_t>(m) * k, -128, 127);
    const auto b = run.random().integer_vector<std::int8_t>(static_cast<size_t>(n) * k, -128, 127);
    const auto bias = run.random().integer_vector<int>(n, -20000, 20000);
    const auto scale = run.random().uniform_vector<float>(n, 0.0001f, 0.001f);
    workload::DeviceArray<std::int8_t> da(a), db(b), dc(static_cast<size_t>(m) * n);
    workload::DeviceArray<int> dbias(bias);
    workload::DeviceArray<float> dscale(scale);
    run.launch("gemm", [&] {
        gemm_int8<<<dim3(workload::ceil_div(n, 64), workload::ceil_div(m, 128)), Gemm::kThreads>>>(m, n, k, da, db, dbias, dscale, dc);
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k, {}, [&](double sum, int, int j) {
        const float scaled = static_cast<float>(std::max(static_cast<int>(sum) + bias[j], 0)) * scale[j];
        return std::min(static_cast<int>(std::nearbyint(scaled)), 127);
    });
    return run.finish();
}
