// LU decomposition without pivoting in tiles: diagonal tile, the row and the column of tiles beside it, the rest; then a triangular
// solve by one CTA.
// Stresses: shared-memory tiles, dependent small launches of shrinking grids, division, barriers in triangular loops.
#include "common/workload.hpp"

constexpr int kTile = 16;

// Factors the diagonal tile at (base, base) in place: L below the diagonal (ones on it), U on and above it.
__global__ void factor_diagonal(int n, int base, float* a) {
    __shared__ float tile[kTile][kTile + 1];
    const int x = threadIdx.x, y = threadIdx.y;
    float* mine = a + (base + y) * n + base + x;
    tile[y][x] = *mine;
    for (int k = 0; k < kTile - 1; ++k) {
        __syncthreads();
        if (x == k && y > k) tile[y][k] /= tile[k][k];
        __syncthreads();
        if (x > k && y > k) tile[y][x] = fmaf(-tile[y][k], tile[k][x], tile[y][x]);
    }
    __syncthreads();
    *mine = tile[y][x];
}

// One warp-sized CTA a tile: even CTAs solve L * U = A for a tile of the row to the right, odd ones for a tile of the column below.
__global__ void solve_border(int n, int base, float* a) {
    __shared__ float diagonal[kTile][kTile + 1], tile[kTile][kTile + 1];
    const int t = threadIdx.x % kTile, other = base + (blockIdx.x / 2 + 1) * kTile;
    const bool row = blockIdx.x % 2 == 0;
    float* from = row ? a + base * n + other : a + other * n + base;
    for (int i = threadIdx.x / kTile; i < kTile; i += 2) {
        diagonal[i][t] = a[(base + i) * n + base + t];
        tile[i][t] = from[i * n + t];
    }
    __syncwarp();
    if (threadIdx.x < kTile) {
        if (row) {
            // Column t of U, from the top.
            for (int i = 1; i < kTile; ++i) {
                for (int k = 0; k < i; ++k) tile[i][t] = fmaf(-diagonal[i][k], tile[k][t], tile[i][t]);
            }
        } else {
            // Row t of L, from the left.
            for (int j = 0; j < kTile; ++j) {
                for (int k = 0; k < j; ++k) tile[t][j] = fmaf(-tile[t][k], diagonal[k][j], tile[t][j]);
                tile[t][j] /= diagonal[j][j];
            }
        }
    }
    __syncwarp();
    for (int i = threadIdx.x / kTile; i < kTile; i += 2) from[i * n + t] = tile[i][t];
}

__global__ void update_interior(int n, int base, float* a) {
    __shared__ float left[kTile][kTile], top[kTile][kTile];
    const int x = threadIdx.x, y = threadIdx.y, row = base + (blockIdx.y + 1) * kTile + y, column = base + (blockIdx.x + 1) * kTile + x;
    left[y][x] = a[row * n + base + x];
    top[y][x] = a[(base + y) * n + column];
    __syncthreads();
    float sum = a[row * n + column];
#pragma unroll
    for (int k = 0; k < kTile; ++k) sum = fmaf(-left[y][k], top[k][x], sum);
    a[row * n + column] = sum;
}

// Solves L * U * x = b by one CTA, column by column: x in shared memory.
__global__ void solve(int n, const float* a, const float* b, float* x) {
    extern __shared__ float v[];
    for (int i = threadIdx.x; i < n; i += blockDim.x) v[i] = b[i];
    for (int k = 0; k < n; ++k) {
        __syncthreads();
        const float pivot = v[k];
        for (int i = k + 1 + threadIdx.x; i < n; i += blockDim.x) v[i] = fmaf(-a[i * n + k], pivot, v[i]);
    }
    for (int k = n - 1; k >= 0; --k) {
        __syncthreads();
        const float value = v[k] / a[k * n + k];
        __syncthreads();
        if (threadIdx.x == 0) v[k] = value;
        for (int i = threadIdx.x; i < k; i += blockDim.x) v[i] = fmaf(-a[i * n + k], value, v[i]);
    }
    __syncthreads();
    for (int i = threadIdx.x; i < n; i += blockDim.x) x[i] = v[i];
}

int main(int argc, char** argv) {
    workload::Run run("lu_decomposition", argc, argv);
    const int n = kTile * run.pick(4, 10, 32, 80);
    auto matrix = run.random().uniform_vector<float>(n * n, -1, 1);
    for (int i = 0; i < n; ++i) matrix[i * n + i] += static_cast<float>(n); // dominant diagonal: no pivoting needed
    const auto b = run.random().uniform_vector<float>(n, -1, 1);

    workload::DeviceArray<float> a(matrix.size()), db(b), x(n);
    run.launch(
        "decomposition", [&] { a.upload(matrix); },
        [&] {
            const dim3 block(kTile, kTile);
            for (int base = 0; base < n; base += kTile) {
                const int rest = (n - base) / kTile - 1;
                factor_diagonal<<<1, block>>>(n, base, a);
                if (rest == 0) break;
                solve_border<<<2 * rest, 32>>>(n, base, a);
                update_interior<<<dim3(rest, rest), block>>>(n, base, a);
            }
        });
    run.launch("solve", [&] { solve<<<1, 256, n * sizeof(float)>>>(n, a, db, x); });

    // Every element undergoes the same fused operations in the same order of k: exact.
    if (run.size() <= workload::Size::Medium) {
        auto expected = matrix;
        for (int k = 0; k < n; ++k) {
            for (int i = k + 1; i < n; ++i) {
                expected[i * n + k] /= expected[k * n + k];
                for (int j = k + 1; j < n; ++j)
                    expected[i * n + j] = std::fmaf(-expected[i * n + k], expected[k * n + j], expected[i * n + j]);
            }
        }
        run.check_equal("decomposition", a.to_host(), expected);
    }
    // The solution satisfies the equations: the diagonal is n, the solution about 1/n.
    const auto solution = x.to_host();
    std::vector<double> residual(n);
    for (int i = 0; i < n; ++i) {
        residual[i] = -b[i];
        for (int j = 0; j < n; ++j) residual[i] += static_cast<double>(matrix[i * n + j]) * solution[j];
    }
    run.check_close("residual", residual, std::vector<double>(n, 0), {1e-5, 0});
    return run.finish();
}
