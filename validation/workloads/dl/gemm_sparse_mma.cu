// Matrix product with a 2:4 structured-sparse A in fp16: the device prunes a dense A (the two largest of each four), compresses it, writes
// the metadata in the order mma.sp wants, and multiplies. CTA tiles of 64 x 64, four warps of 32 x 32. Stresses: HMMA.SP.16832, metadata
// layout, pruning with comparisons and selections, LDSM.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_core.cuh"

// Keeps the two elements of larger magnitude of each four (the earlier one among equals). Thread: one row and 16 columns, which is half a
// word of metadata: word (m / 16) * (k / 32) * 16 + (k / 32 index) * 16 + (row % 8) * 2 + (which 16 columns), bits 0-15 for rows 0-7, 16-31
// for rows 8-15. Requires: m divisible by 16, k by 32.
__global__ void compress(int m, int k, const __half* __restrict__ dense, __half* __restrict__ values,
                         unsigned short* __restrict__ metadata) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const int row = i / (k / 16), column = i % (k / 16) * 16;
    if (row >= m) return;
    const __half* source = dense + static_cast<size_t>(row) * k + column;
    unsigned bits = 0;
    __half kept[8];
#pragma unroll
    for (int group = 0; group < 4; ++group) {
        __half x[4];
        float magnitude[4];
#pragma unroll
        for (int e = 0; e < 4; ++e) x[e] = source[group * 4 + e], magnitude[e] = fabsf(__half2float(x[e]));
        int best = 0;
#pragma unroll
        for (int e = 1; e < 4; ++e)
            if (magnitude[e] > magnitude[best]) best = e;
        int second = best == 0 ? 1 : 0;
#pragma unroll
        for (int e = 0; e < 4; ++e)
            if (e != best && magnitude[e] > magnitude[second]) second = e;
        const int low = min(best, second), high = max(best, second);
        bits |= static_cast<unsigned>(low | high << 2) << (group * 4);
        kept[group * 2] = x[0], kept[group * 2 + 1] = x[1];
#pragma unroll
        for (int e = 1; e < 4; ++e) {
            if (low == e) kept[group * 2] = x[e];
            if (high == e) kept[group * 2 + 1] = x[e];
        }
    }
    uint4 packed;
    packed.x = dl::pack(kept[0], kept[1]), packed.y = dl::pack(kept[2], kept[3]);
    packed.z = dl::pack(kept[4], kept[5]), packed.w = dl::pack(kept[6], kept[7]);
    *reinterpret_cast<uint4*>(values + static_cast<size_t>(row) * (k / 2) + column / 2) = packed;
    const size_t word = (static_cast<size_t>(row / 16) * (k / 32) + column / 32) * 16 + (row % 8) * 2 + column % 32 / 16;
    metadata[word * 2 + row % 16 / 8] = static_cast<unsigned short>(bits);
}

// C = A * B^T with compressed A (m x k/2) and B n x k row-major. Requires: m, n divisible by 64, k by 64.
__global__ void __launch_bounds__(128)
    gemm_sparse(int m, int n, int k, const __half* __restrict__ values, const dl::Word* __restrict__ metadata, const __half* __restrict__ b,
                float* __restrict__ c) {
    constexpr int kStrideA = 32 + 8, kStrideB = 64 + 8; // one stage: 64 columns of the dense A
    __shared__ __align__(16) __half shared_a[2][64 * kStrideA];
    __shared__ __align__(16) __half shared_b[2][64 * kStrideB];
    const int tid = threadIdx.x, lane = tid & 31, warp = tid >> 5, group = lane >> 2, member = lane & 3;
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64, warp_m = (warp >> 1) * 32, warp_n = (warp & 1) * 32;

    const auto load = [&](int k0, int buffer) {
        for (int i = tid; i < 64 * 4; i += 128) {
            const int row = i >> 2, column = (i & 3) * 8;
            dl::cp_async_16(dl::shared_address(&shared_a[buffer][row * kStrideA + column]),
                            values + static_cast<size_t>(m0 + row) * (k / 2) + k0 / 2 + column);
        }
        for (int i = tid; i < 64 * 8; i += 128) {
            const int row = i >> 3, column = (i & 7) * 8;
            dl::cp_async_16(dl::shared_address(&shared_b[buffer][row * kStrideB + column]),
                            b + static_cast<size_t>(n0 + row) * k + k0 + column);
        }
        dl::cp_async_commit();
    };

    float acc[2][4][4] = {};
    load(0, 0);
    for (int k0 = 0; k0 < k; k0 += 64) {
        const int buffer = k0 / 64 & 1;
        if (k0 + 64 < k) {
            load(k0 + 64, buffer ^ 1);
            dl::cp_async_wait<1>();
        } else {
            dl::cp_async_wait<0>();
        }
        __syncthreads();
#pragma unroll
        for (int step = 0; step < 2; ++step) {
            dl::Word fa[2][4], fb[4][4], meta[2];
#pragma unroll
            for (int i = 0; i < 2; ++i) {
                const int row = warp_m + i * 16 + (lane & 15), column = step * 16 + (lane >> 4) * 8;
                dl::ldmatrix_x4(fa[i], dl::shared_address(&shared_a[buffer][row * kStrideA + column]));
                const size_t block = static_cast<size_t>((m0 + warp_m) / 16 + i) * (k / 32) + k0 / 32 + step;
                meta[i] = metadata[block * 16 + group * 2 + (member & 1)];
            }
#pragma unroll
            for (int j = 0; j < 4; ++j) { // 8 columns by 32 of K: four matrices
                const int row = warp_n + j * 8 + (lane & 7), column = step * 32 + (lane >> 3) * 8;
                dl::ldmatrix_x4(fb[j], dl::shared_address(&shared_b[buffer][row * kStrideB + column]));
            }
#pragma unroll
            for (int i = 0; i < 2; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) dl::mma_sparse_f16(acc[i][j], fa[i], fb[j], meta[i]);
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int row = m0 + warp_m + i * 16 + half * 8 + group, column = n0 + warp_n + j * 8 + member * 2;
                *reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column) =
                    make_float2(acc[i][j][half * 2], acc[i][j][half * 2 + 1]);
            }
}

int main(int argc, char** argv) {
    workload::Run run("gemm_sparse_mma", argc, argv);
    const int m = run.pick(64, 256, 2048, 4096), n = run.pick(128, 320, 2048, 4096), k = run.pick(128, 512, 2048, 4096);
    const auto a = dl::grid_vector<__half>(run.random(), static_cast<size_t>(m) * k, 8, 0.125f);
    const auto b = dl::grid_vector<__half>(run.random(), static_cast<size_t>(n) * k, 8, 0.125f);
    workload::DeviceArray<__half> da(a), db(b), dvalues(static_cast<size_t>(m) * k / 2);
    workload::DeviceArray<dl::Word> dmeta(static_cast<size_t>(m) * k / 32);
    workload::DeviceArray<float> dc(static_cast<size_t>(m) * n);
    run.launch("compress", [&] {
        compress<<<workload::ceil_div(m * (k / 16), 128), 128>>>(m, k, da, dvalues, reinterpret_cast<unsigned short*>(dmeta.get()));
    });
    run.launch("gemm", [&] { gemm_sparse<<<dim3(n / 64, m / 64), 128>>>(m, n, k, dvalues, dmeta, db, dc); });

    std::vector<float> pruned = dl::to_floats(a);
    for (size_t i = 0; i < pruned.size(); i += 4) {
        int order[4] = {0, 1, 2, 3};
        std::stable_sort(order, order + 4, [&](int x, int y) { return std::fabs(pruned[i + x]) > std::fabs(pruned[i + y]); });
        pruned[i + order[2]] = pruned[i + order[3]] = 0;
    }
    dl::check_product(run, "C", dc.to_host(), pruned, dl::to_floats(b), m, n, k);
    return run.finish();
}
