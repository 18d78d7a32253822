// Sparse matrix times vector: CSR with a thread a row, CSR with a warp a row, ELLPACK, and coordinate form with a thread an entry.
// Stresses: gathers, irregular loop counts and divergence, warp reductions, floating-point atomics.
#include "common/workload.hpp"

using workload::ceil_div;

struct Csr {
    int rows = 0;
    std::vector<int> starts, columns;
    std::vector<float> values;
};

// Row lengths follow a skewed distribution: most rows short, a few long.
Csr random_matrix(workload::Random& random, int rows, int mean) {
    Csr matrix{rows, {0}, {}, {}};
    for (int row = 0; row < rows; ++row) {
        const int length = random.below(16) == 0 ? mean * 6 : static_cast<int>(random.below(mean + mean / 2));
        for (int j = 0; j < length; ++j) {
            matrix.columns.push_back(static_cast<int>(random.below(rows)));
            // Small whole numbers: every order of summation gives the same float.
            matrix.values.push_back(static_cast<float>(static_cast<int>(random.below(17)) - 8));
        }
        matrix.starts.push_back(static_cast<int>(matrix.columns.size()));
    }
    return matrix;
}

__global__ void spmv_csr_scalar(int rows, const int* starts, const int* columns, const float* values, const float* x, float* y) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    float sum = 0;
    for (int j = starts[row]; j < starts[row + 1]; ++j) sum += values[j] * x[columns[j]];
    y[row] = sum;
}

__global__ void spmv_csr_vector(int rows, const int* __restrict__ starts, const int* __restrict__ columns, const float* __restrict__ values,
                                const float* __restrict__ x, float* __restrict__ y) {
    const int row = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    float sum = 0;
    for (int j = starts[row] + lane; j < starts[row + 1]; j += 32) sum += values[j] * x[columns[j]];
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, offset);
    if (lane == 0) y[row] = sum;
}

// Column-major: entry j of row r at j*rows + r; column -1 pads short rows.
__global__ void spmv_ell(int rows, int width, const int* columns, const float* values, const float* x, float* y) {
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    float sum = 0;
    for (int j = 0; j < width; ++j) {
        const int column = columns[j * rows + row];
        if (column < 0) break;
        sum += values[j * rows + row] * x[column];
    }
    y[row] = sum;
}

__global__ void spmv_coo(int entries, const int* rows, const int* columns, const float* values, const float* x, float* y) {
    const int j = blockIdx.x * blockDim.x + threadIdx.x;
    if (j < entries) atomicAdd(y + rows[j], values[j] * x[columns[j]]);
}

int main(int argc, char** argv) {
    workload::Run run("spmv", argc, argv);
    const int rows = run.pick(1'000, 8'000, 100'000, 500'000), mean = 12;
    const Csr matrix = random_matrix(run.random(), rows, mean);
    const auto x = run.random().integer_vector<float>(rows, -16, 16);
    const int entries = static_cast<int>(matrix.columns.size());

    std::vector<float> expected(rows, 0);
    std::vector<int> coo_rows(entries);
    const int width = mean * 6;
    std::vector<int> ell_columns(rows * width, -1);
    std::vector<float> ell_values(rows * width, 0);
    for (int row = 0; row < rows; ++row) {
        for (int j = matrix.starts[row]; j < matrix.starts[row + 1]; ++j) {
            expected[row] += matrix.values[j] * x[matrix.columns[j]];
            coo_rows[j] = row;
            ell_columns[(j - matrix.starts[row]) * rows + row] = matrix.columns[j];
            ell_values[(j - matrix.starts[row]) * rows + row] = matrix.values[j];
        }
    }

    workload::DeviceArray<int> starts(matrix.starts), columns(matrix.columns), entry_rows(coo_rows), wide_columns(ell_columns);
    workload::DeviceArray<float> values(matrix.values), wide_values(ell_values), dx(x), dy(rows);
    const auto test = [&](const char* label, auto&& kernel) {
        run.launch(
            label, [&] { dy.fill_bytes(0); }, kernel);
        run.check_equal(label, dy.to_host(), expected);
    };
    const int block = 128;
    test("CSR scalar", [&] { spmv_csr_scalar<<<ceil_div(rows, block), block>>>(rows, starts, columns, values, dx, dy); });
    test("CSR vector", [&] { spmv_csr_vector<<<ceil_div(rows, block / 32), block>>>(rows, starts, columns, values, dx, dy); });
    test("ELL", [&] { spmv_ell<<<ceil_div(rows, block), block>>>(rows, width, wide_columns, wide_values, dx, dy); });
    test("COO", [&] { spmv_coo<<<ceil_div(entries, block), block>>>(entries, entry_rows, columns, values, dx, dy); });
    return run.finish();
}
