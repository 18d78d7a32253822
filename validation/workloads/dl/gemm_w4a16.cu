// Weight-only quantised linear layer for small batches: fp16 activations (16 rows) times 4-bit weights with one fp16 scale for 64 of K,
// fp32 accumulation. Weights are packed in mma fragment order and widened to fp16 in registers by the 0x6400 trick; the warps of a CTA
// split K and add up through shared memory. Stresses: LOP3 bit tricks, HFMA2/HMUL2, LDG.128 of packed weights, HMMA, cross-warp reduction.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_core.cuh"

constexpr int kGroup = 64, kWarps = 4;

// Eight 4-bit numbers q to four pairs of (q - 8) * scale in fp16; pair i is nibbles i and i + 4.
__device__ __forceinline__ void widen(dl::Word packed, __half2 scale, dl::Word (&pairs)[4]) {
    const __half2 bias = __halves2half2(__ushort_as_half(0x6408), __ushort_as_half(0x6408)); // 1024 + 8
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const dl::Word biased = dl::lop3_and_or(packed >> (4 * i), 0x000f000fu, 0x64006400u); // 1024 + q
        const __half2 value = __hmul2(__hsub2(*reinterpret_cast<const __half2*>(&biased), bias), scale);
        pairs[i] = *reinterpret_cast<const dl::Word*>(&value);
    }
}

// C (16 x n, fp16) = A (16 x k) * W^T, eight columns a CTA. weights[((column / 8) * (k / 32) + block of 32 of K) * 32 + lane] holds, for
// column lane / 4 of the eight and member = lane % 4, the pairs that begin at 2 * member + {0, 8, 16, 24} of the block. scales is (k / 64)
// x n. Requires: k divisible by 64.
__global__ void __launch_bounds__(32 * kWarps) gemm_w4a16(int n, int k, const __half* __restrict__ a, const dl::Word* __restrict__ weights,
                                                          const __half* __restrict__ scales, __half* __restrict__ c) {
    __shared__ float parts[kWarps][16][8 + 1];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, group = lane >> 2, member = lane & 3;
    const int column = blockIdx.x * 8 + group;
    float acc[4] = {};
    for (int k0 = warp * kGroup; k0 < k; k0 += kWarps * kGroup) {
        const __half2 scale = __half2half2(__ldg(scales + static_cast<size_t>(k0 / kGroup) * n + column));
#pragma unroll
        for (int block = 0; block < 2; ++block) { // 32 of K
            const int kb = k0 + block * 32;
            dl::Word pairs[4];
            widen(__ldg(weights + (static_cast<size_t>(blockIdx.x) * (k / 32) + kb / 32) * 32 + lane), scale, pairs);
#pragma unroll
            for (int step = 0; step < 2; ++step) {
                const __half* low = a + static_cast<size_t>(group) * k + kb + step * 16 + member * 2;
                const __half* high = low + static_cast<size_t>(8) * k;
                const dl::Word fa[4] = {*reinterpret_cast<const dl::Word*>(low), *reinterpret_cast<const dl::Word*>(high),
                                        *reinterpret_cast<const dl::Word*>(low + 8), *reinterpret_cast<const dl::Word*>(high + 8)};
                const dl::Word fb[2] = {pairs[step * 2], pairs[step * 2 + 1]};
                dl::mma_f16(acc, fa, fb);
            }
        }
    }
#pragma unroll
    for (int e = 0; e < 4; ++e) parts[warp][group + (e >> 1) * 8][member * 2 + (e & 1)] = acc[e];
    __syncthreads();
    const int row = threadIdx.x / 8, col = threadIdx.x % 8; // 16 x 8 results, one a thread
    float sum = 0;
#pragma unroll
    for (int w = 0; w < kWarps; ++w) sum += parts[w][row][col];
    c[static_cast<size_t>(row) * n + blockIdx.x * 8 + col] = __float2half(sum);
}

int main(int argc, char** argv) {
    workload::Run run("gemm_w4a16", argc, argv);
    const int n = run.pick(128, 512, 8192, 16384), k = run.pick(512, 1024, 8192, 16384);
    const auto a = dl::grid_vector<__half>(run.random(), static_cast<size_t>(16) * k, 4, 0.25f);
    const auto q = run.random().integer_vector<int>(static_cast<size_t>(n) * k, 0, 15);
    std::vector<__half> scales(static_cast<size_t>(k / kGroup) * n);
    for (auto& scale : scales) scale = __float2half(static_cast<float>(1 + run.random().below(4)) * 0.125f); // exact after the product

    std::vector<dl::Word> packed(static_cast<size_t>(n) * k / 8);
    for (int block_n = 0; block_n < n / 8; ++block_n)
        for (int block_k = 0; block_k < k / 32; ++block_k)
            for (int lane = 0; lane < 32; ++lane) {
                const int* row = q.data() + static_cast<size_t>(block_n * 8 + lane / 4) * k + block_k * 32 + lane % 4 * 2;
                dl::Word word = 0;
                for (int i = 0; i < 4; ++i)
                    word |= static_cast<dl::Word>(row[i * 8]) << (4 * i) | static_cast<dl::Word>(row[i * 8 + 1]) << (4 * i + 16);
                packed[(static_cast<size_t>(block_n) * (k / 32) + block_k) * 32 + lane] = word;
            }
    workload::DeviceArray<__half> da(a), dscales(scales), dc(static_cast<size_t>(16) * n);
    workload::DeviceArray<dl::Word> dw(packed);
    run.launch("gemm", [&] { gemm_w4a16<<<n / 8, 32 * kWarps>>>(n, k, da, dw, dscales, dc); });

    std::vector<float> w(q.size());
    for (int j = 0; j < n; ++j)
        for (int l = 0; l < k; ++l) {
            const size_t i = static_cast<size_t>(j) * k + l;
            w[i] = static_cast<float>(q[i] - 8) * __half2float(scales[static_cast<size_t>(l / kGroup) * n + j]);
        }
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), w, 16, n, k, {},
                      [](double sum, int, int) { return __half2float(__float2half(static_cast<float>(sum))); });
    return run.finish();
}
