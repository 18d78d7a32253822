// Matrix product of 4-bit numbers, int32 result: C = A * B^T with two elements a byte. CTA tiles of 64 x 64, four warps.
// Stresses: IMMA.16864.S4.S4 where the machine has it (sm_80), its emulation by ptxas where not (sm_90).
#include "common/workload.hpp"
#include "dl/gemm_tile.cuh"
#include "dl/reference.hpp"

using Gemm = dl::TileGemm<dl::MmaS4, 64, 64, 2, 2, 3>;

// Requires: k divisible by 32, n even.
__global__ void __launch_bounds__(Gemm::kThreads)
    gemm_int4(int m, int n, int k, const std::uint8_t* __restrict__ a, const std::uint8_t* __restrict__ b, int* __restrict__ c) {
    __shared__ __align__(128) char shared[Gemm::kSharedBytes];
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64;
    Gemm::Fragment acc = {};
    Gemm::multiply(acc, shared, a, b, m, n, k / 2, m0, n0, 0, (k + Gemm::kStageElements - 1) / Gemm::kStageElements);
    Gemm::for_each_pair(acc, [&](int row, int column, int c0, int c1) {
        row += m0, column += n0;
        if (row < m && column < n) *reinterpret_cast<int2*>(c + static_cast<size_t>(row) * n + column) = make_int2(c0, c1);
    });
}

// Two 4-bit numbers a byte, lower index in the lower bits.
std::vector<std::uint8_t> pack_nibbles(const std::vector<int>& values) {
    std::vector<std::uint8_t> packed(values.size() / 2);
    for (size_t i = 0; i < packed.size(); ++i) packed[i] = static_cast<std::uint8_t>((values[2 * i] & 15) | (values[2 * i + 1] & 15) << 4);
    return packed;
}

int main(int argc, char** argv) {
    workload::Run run("gemm_int4_mma", argc, argv);
    const int m = run.pick(80, 320, 4096, 8192), n = run.pick(72, 256, 2048, 4096), k = run.pick(288, 800, 4096, 4096);
    const auto a = run.random().integer_vector<int>(static_cast<size_t>(m) * k, -8, 7);
    const auto b = run.random().integer_vector<int>(static_cast<size_t>(n) * k, -8, 7);
    workload::DeviceArray<std::uint8_t> da(pack_nibbles(a)), db(pack_nibbles(b));
    workload::DeviceArray<int> dc(static_cast<size_t>(m) * n);
    run.launch("gemm",
               [&] { gemm_int4<<<dim3(workload::ceil_div(n, 64), workload::ceil_div(m, 64)), Gemm::kThreads>>>(m, n, k, da, db, dc); });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k);
    return run.finish();
}
