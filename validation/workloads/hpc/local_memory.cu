// Local memory: arrays with dynamic index, structures by value, arrays by alloca, pointers to locals passed to calls, and registers
// spilled because the launch bounds leave too few.
// Stresses: LDL/STL of all widths, stack frames, generic addresses of locals (converted from the local window), spill code.
#include "common/workload.hpp"

constexpr int kBlock = 128;

// Counting sort of 64 bytes by nibbles in local arrays.
__global__ void counting_sort(int n, const unsigned char* in, unsigned char* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    unsigned short counts[17] = {};
    unsigned char values[64];
    for (int k = 0; k < 64; ++k) {
        values[k] = in[i * 64 + k];
        ++counts[(values[k] >> 4) + 1];
    }
    for (int k = 1; k < 17; ++k) counts[k] = static_cast<unsigned short>(counts[k] + counts[k - 1]);
    for (int k = 0; k < 64; ++k) out[i * 64 + counts[values[k] >> 4]++] = values[k];
}

struct Matrix {
    double cell[3][3];
};
__host__ __device__ inline Matrix product(const Matrix& a, const Matrix& b) {
    Matrix c{};
    for (int i = 0; i < 3; ++i) {
        for (int j = 0; j < 3; ++j) {
            for (int k = 0; k < 3; ++k) c.cell[i][j] += a.cell[i][k] * b.cell[k][j];
        }
    }
    return c;
}
__device__ __noinline__ void swap_rows(Matrix* matrix, int a, int b) {
    for (int k = 0; k < 3; ++k) {
        const double cell = matrix->cell[a][k];
        matrix->cell[a][k] = matrix->cell[b][k];
        matrix->cell[b][k] = cell;
    }
}

// Small whole numbers, so that doubles are exact.
__global__ void matrices(int n, const Matrix* in, Matrix* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    Matrix m = in[i];
    swap_rows(&m, i % 3, (i + 1) % 3);
    out[i] = product(m, product(in[i], m));
}

// An array whose size is known at run time only.
__global__ void by_alloca(int n, unsigned* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const int size = 5 + i % 20;
    auto* line = static_cast<unsigned*>(alloca(size * sizeof(unsigned)));
    for (int k = 0; k < size; ++k) line[k] = k == 0 ? 1 : 0;
    // Pascal's triangle, one row after another in place.
    for (int row = 1; row < size; ++row) {
        for (int k = row; k > 0; --k) line[k] += line[k - 1];
    }
    unsigned hash = 0;
    for (int k = 0; k < size; ++k) hash = hash * 31 + line[k];
    out[i] = hash;
}

// 64 running values that all stay alive, under a bound of 32 registers.
__global__ void __launch_bounds__(1024, 2) spill(int rounds, const unsigned* in, unsigned* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    unsigned v[64];
#pragma unroll
    for (int k = 0; k < 64; ++k) v[k] = in[i] * (2 * k + 1);
    for (int round = 0; round < rounds; ++round) {
#pragma unroll
        for (int k = 0; k < 64; ++k) v[k] = v[k] * 5 + (v[(k * 7 + 13) % 64] ^ v[(k + 32) % 64]);
    }
    unsigned hash = 0;
#pragma unroll
    for (int k = 0; k < 64; ++k) hash = hash * 3 + v[k];
    out[i] = hash;
}

int main(int argc, char** argv) {
    workload::Run run("local_memory", argc, argv);
    const int n = run.pick(300, 3'000, 100'000, 500'000), grid = workload::ceil_div(n, kBlock);
    std::vector<unsigned char> bytes(n * 64), sorted(n * 64);
    for (auto& byte : bytes) byte = static_cast<unsigned char>(run.random().bits32());
    for (int i = 0; i < n; ++i) {
        int at = 0;
        for (int nibble = 0; nibble < 16; ++nibble) {
            for (int k = 0; k < 64; ++k) {
                if (bytes[i * 64 + k] >> 4 == nibble) sorted[i * 64 + at++] = bytes[i * 64 + k];
            }
        }
    }
    workload::DeviceArray<unsigned char> dbytes(bytes), dsorted(sorted.size());
    run.launch("counting sort", [&] { counting_sort<<<grid, kBlock>>>(n, dbytes, dsorted); });
    run.check_equal("counting sort", dsorted.to_host(), sorted);

    std::vector<Matrix> in(n), products(n);
    for (int i = 0; i < n; ++i) {
        for (auto& row : in[i].cell) {
            for (double& cell : row) cell = static_cast<int>(run.random().below(201)) - 100;
        }
        Matrix swapped = in[i];
        std::swap(swapped.cell[i % 3], swapped.cell[(i + 1) % 3]);
        products[i] = product(swapped, product(in[i], swapped));
    }
    workload::DeviceArray<Matrix> din(in), dproducts(n);
    run.launch("matrices", [&] { matrices<<<grid, kBlock>>>(n, din, dproducts); });
    run.check_equal("matrices", dproducts.to_host(), products);

    std::vector<unsigned> hashes(n);
    for (int i = 0; i < n; ++i) {
        const int size = 5 + i % 20;
        unsigned long long binomial = 1;
        for (int k = 0; k < size; ++k) {
            hashes[i] = hashes[i] * 31 + static_cast<unsigned>(binomial);
            binomial = binomial * (size - 1 - k) / (k + 1);
        }
    }
    workload::DeviceArray<unsigned> dhashes(n);
    run.launch("alloca", [&] { by_alloca<<<grid, kBlock>>>(n, dhashes); });
    run.check_equal("alloca", dhashes.to_host(), hashes);

    const int blocks = run.pick(1, 2, 64, 264), block = run.pick(128, 512, 1024, 1024), rounds = run.pick(4, 6, 10, 10);
    const auto seeds = run.random().bits_vector(blocks * block);
    std::vector<unsigned> spilled(seeds.size());
    for (std::size_t i = 0; i < seeds.size(); i += run.pick(1, 1, 7, 31)) {
        unsigned v[64];
        for (int k = 0; k < 64; ++k) v[k] = seeds[i] * (2 * k + 1);
        for (int round = 0; round < rounds; ++round) {
            for (int k = 0; k < 64; ++k) v[k] = v[k] * 5 + (v[(k * 7 + 13) % 64] ^ v[(k + 32) % 64]);
        }
        for (const unsigned value : v) spilled[i] = spilled[i] * 3 + value;
    }
    workload::DeviceArray<unsigned> dseeds(seeds), dspilled(seeds.size());
    run.launch("spill", [&] { spill<<<blocks, block>>>(rounds, dseeds, dspilled); });
    auto actual = dspilled.to_host();
    for (std::size_t i = 0; i < actual.size(); ++i) {
        if (i % run.pick(1, 1, 7, 31) != 0) actual[i] = 0;
    }
    run.check_equal("spill", actual, spilled);
    return run.finish();
}
