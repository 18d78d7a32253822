// Binary network layer: vectors of +1 and -1 as bits, dot products as k - 2 * popc(a xor b) from popc(a and b) on the tensor core, result
// binarised again with a vote. The population counts of the rows are made by a first kernel; a scalar POPC kernel computes the same for
// comparison. Stresses: BMMA.168256.AND.POPC where the machine has it, POPC, VOTE, LOP3.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_core.cuh"

// One warp a row: counts[row] = number of ones.
__global__ void count_ones(int rows, int words, const dl::Word* __restrict__ matrix, int* __restrict__ counts) {
    const int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    int ones = 0;
    for (int i = lane; i < words; i += 32) ones += __popc(matrix[static_cast<size_t>(row) * words + i]);
    ones = __reduce_add_sync(0xffffffffu, ones);
    if (lane == 0) counts[row] = ones;
}

// dots[i][j] = sum of products of +-1. One warp makes 16 x 32. Requires: m divisible by 16, n by 32, words by 8.
__global__ void __launch_bounds__(128) binary_mma(int m, int n, int words, const dl::Word* __restrict__ a, const dl::Word* __restrict__ b,
                                                  const int* __restrict__ ones_a, const int* __restrict__ ones_b, int* __restrict__ dots) {
    const int lane = threadIdx.x & 31, group = lane >> 2, member = lane & 3;
    const int warp = (blockIdx.x * blockDim.x + threadIdx.x) >> 5;
    const int m0 = warp / (n / 32) * 16, n0 = warp % (n / 32) * 32;
    if (m0 >= m) return;
    int acc[4][4] = {};
    for (int w = 0; w < words; w += 8) { // 256 bits
        const dl::Word *low = a + static_cast<size_t>(m0 + group) * words + w + member, *high = low + static_cast<size_t>(8) * words;
        const dl::Word fa[4] = {low[0], high[0], low[4], high[4]};
#pragma unroll
        for (int j = 0; j < 4; ++j) {
            const dl::Word* row = b + static_cast<size_t>(n0 + j * 8 + group) * words + w + member;
            const dl::Word fb[2] = {row[0], row[4]};
            dl::mma_b1_and(acc[j], fa, fb);
        }
    }
#pragma unroll
    for (int j = 0; j < 4; ++j)
#pragma unroll
        for (int e = 0; e < 4; ++e) {
            const int row = m0 + group + (e >> 1) * 8, column = n0 + j * 8 + member * 2 + (e & 1);
            const int differing = ones_a[row] + ones_b[column] - 2 * acc[j][e];
            dots[static_cast<size_t>(row) * n + column] = words * 32 - 2 * differing;
        }
}

__global__ void binary_scalar(int m, int n, int words, const dl::Word* __restrict__ a, const dl::Word* __restrict__ b,
                              int* __restrict__ dots) {
    const int column = blockIdx.x * blockDim.x + threadIdx.x, row = blockIdx.y;
    if (column >= n) return;
    int differing = 0;
    for (int w = 0; w < words; ++w)
        differing += __popc(a[static_cast<size_t>(row) * words + w] ^ b[static_cast<size_t>(column) * words + w]);
    dots[static_cast<size_t>(row) * n + column] = words * 32 - 2 * differing;
}

// Bit j of a row's word is 1 where the dot product is at least the threshold. Requires: n divisible by 32, blocks of whole warps.
__global__ void binarise(int count, int threshold, const int* __restrict__ dots, dl::Word* __restrict__ bits) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    const dl::Word ballot = __ballot_sync(0xffffffffu, i < count && dots[min(i, count - 1)] >= threshold);
    if (threadIdx.x % 32 == 0 && i < count) bits[i / 32] = ballot;
}

int main(int argc, char** argv) {
    workload::Run run("gemm_b1_mma", argc, argv);
    const int m = run.pick(32, 128, 2048, 4096), n = run.pick(64, 160, 2048, 4096), words = run.pick(16, 64, 128, 256);
    const auto a = run.random().bits_vector(static_cast<size_t>(m) * words), b = run.random().bits_vector(static_cast<size_t>(n) * words);
    workload::DeviceArray<dl::Word> da(a), db(b), dbits(static_cast<size_t>(m) * n / 32);
    workload::DeviceArray<int> ones_a(m), ones_b(n), dots(static_cast<size_t>(m) * n);

    const auto check = [&](const char* label) {
        const dl::Chosen chosen(run, m, n);
        const auto found = dots.to_host();
        const auto bits = dbits.to_host();
        std::vector<int> actual, expected;
        for (const auto& [i, j] : chosen.places) {
            int same = 0;
            for (int w = 0; w < words; ++w)
                same += __builtin_popcount(~(a[static_cast<size_t>(i) * words + w] ^ b[static_cast<size_t>(j) * words + w]));
            const int dot = 2 * same - words * 32;
            const size_t place = static_cast<size_t>(i) * n + j;
            actual.push_back(found[place] * 2 + static_cast<int>(bits[place / 32] >> place % 32 & 1));
            expected.push_back(dot * 2 + (dot >= 4));
        }
        run.check_equal(label, actual, expected);
    };
    run.launch("mma", [&] {
        count_ones<<<workload::ceil_div(m, 4), 128>>>(m, words, da, ones_a);
        count_ones<<<workload::ceil_div(n, 4), 128>>>(n, words, db, ones_b);
        binary_mma<<<workload::ceil_div(m / 16 * (n / 32), 4), 128>>>(m, n, words, da, db, ones_a, ones_b, dots);
        binarise<<<workload::ceil_div(m * n, 256), 256>>>(m * n, 4, dots, dbits);
    });
    check("mma");
    run.launch("scalar", [&] {
        binary_scalar<<<dim3(workload::ceil_div(n, 64), m), 64>>>(m, n, words, da, db, dots);
        binarise<<<workload::ceil_div(m * n, 256), 256>>>(m * n, 4, dots, dbits);
    });
    check("scalar");
    return run.finish();
}
