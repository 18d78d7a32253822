// Jacobi iterations of a 5-point stencil in float and a 9-point stencil in double on a square with fixed borders.
// Stresses: two-dimensional CTAs, L1/L2 reuse across rows, shared-memory halo tiles, ping-pong launches, FFMA and DFMA.
#include "common/workload.hpp"

constexpr int kTileX = 32, kTileY = 8;

__global__ void jacobi_5_point(int n, const float* in, float* out) {
    const int x = blockIdx.x * kTileX + threadIdx.x, y = blockIdx.y * kTileY + threadIdx.y;
    if (x < 1 || y < 1 || x >= n - 1 || y >= n - 1) return;
    const float* at = in + y * n + x;
    out[y * n + x] = 0.25f * ((at[-1] + at[1]) + (at[-n] + at[n]));
}

__global__ void jacobi_9_point(int n, const double* __restrict__ in, double* __restrict__ out) {
    __shared__ double tile[kTileY + 2][kTileX + 2];
    const int x0 = blockIdx.x * kTileX - 1, y0 = blockIdx.y * kTileY - 1;
    for (int k = threadIdx.y * kTileX + threadIdx.x; k < (kTileY + 2) * (kTileX + 2); k += kTileX * kTileY) {
        const int ty = k / (kTileX + 2), tx = k % (kTileX + 2), x = x0 + tx, y = y0 + ty;
        tile[ty][tx] = x >= 0 && y >= 0 && x < n && y < n ? in[y * n + x] : 0.0;
    }
    __syncthreads();
    const int tx = threadIdx.x + 1, ty = threadIdx.y + 1, x = x0 + tx, y = y0 + ty;
    if (x < 1 || y < 1 || x >= n - 1 || y >= n - 1) return;
    const double cross = (tile[ty][tx - 1] + tile[ty][tx + 1]) + (tile[ty - 1][tx] + tile[ty + 1][tx]);
    const double corners = (tile[ty - 1][tx - 1] + tile[ty - 1][tx + 1]) + (tile[ty + 1][tx - 1] + tile[ty + 1][tx + 1]);
    out[y * n + x] = fma(0.2, cross, 0.05 * corners);
}

template <typename T, typename Update> std::vector<T> reference(int n, int steps, std::vector<T> grid, Update update) {
    std::vector<T> next = grid;
    for (int step = 0; step < steps; ++step) {
        for (int y = 1; y < n - 1; ++y) {
            for (int x = 1; x < n - 1; ++x) next[y * n + x] = update(&grid[y * n + x]);
        }
        std::swap(grid, next);
    }
    return grid;
}

template <typename T, typename Kernel, typename Update>
void test(workload::Run& run, const char* label, int n, int steps, Kernel kernel, Update update) {
    const auto start = run.random().uniform_vector<T>(n * n, 0, 100);
    workload::DeviceArray<T> a(start), b(start);
    const dim3 block(kTileX, kTileY), grid(workload::ceil_div(n, kTileX), workload::ceil_div(n, kTileY));
    run.launch(
        label, [&] { a.upload(start); },
        [&] {
            for (int step = 0; step < steps; ++step) kernel<<<grid, block>>>(n, step % 2 ? b.get() : a.get(), step % 2 ? a.get() : b.get());
        });
    run.check_equal(label, (steps % 2 ? b : a).to_host(), reference(n, steps, start, update));
}

int main(int argc, char** argv) {
    workload::Run run("stencil_2d", argc, argv);
    const int n = run.pick(66, 250, 1026, 3000), steps = run.pick(5, 6, 7, 8);
    test<float>(run, "5-point", n, steps, jacobi_5_point, [n](const float* at) { return 0.25f * ((at[-1] + at[1]) + (at[-n] + at[n])); });
    test<double>(run, "9-point", n, steps, jacobi_9_point, [n](const double* at) {
        const double cross = (at[-1] + at[1]) + (at[-n] + at[n]);
        const double corners = (at[-n - 1] + at[-n + 1]) + (at[n - 1] + at[n + 1]);
        return std::fma(0.2, cross, 0.05 * corners);
    });
    return run.finish();
}
