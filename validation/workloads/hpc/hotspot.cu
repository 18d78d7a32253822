// Heat in a chip, explicit steps on a square: several steps a launch, the tile shrinking by one ring each (pyramid blocking).
// Stresses: shared-memory tiles with halo, barriers in a loop under conditions, predicated updates, clamped borders.
// The physical model is that of the Rodinia benchmark of the same name (S. Che et al., IISWC 2009); the code is our own.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kTile = 16, kSteps = 2;

struct Model {
    int n;
    float along_x, along_y, along_z, power, ambient;
};

// One cell's next temperature, the same operations on host and device.
__host__ __device__ inline float next_temperature(const Model& m, float at, float west, float east, float north, float south, float power) {
    float change = m.power * power;
    change = fmaf(m.along_y, fmaf(-2.0f, at, north + south), change);
    change = fmaf(m.along_x, fmaf(-2.0f, at, west + east), change);
    change = fmaf(m.along_z, m.ambient - at, change);
    return at + change;
}

__global__ void hotspot(Model m, const float* in, const float* power, float* out) {
    __shared__ float temperature[2][kTile][kTile], heat[kTile][kTile];
    const int tx = threadIdx.x, ty = threadIdx.y;
    constexpr int kInner = kTile - 2 * kSteps;
    const int x = blockIdx.x * kInner + tx - kSteps, y = blockIdx.y * kInner + ty - kSteps;
    const bool inside = x >= 0 && y >= 0 && x < m.n && y < m.n;
    temperature[0][ty][tx] = inside ? in[y * m.n + x] : 0.0f;
    heat[ty][tx] = inside ? power[y * m.n + x] : 0.0f;
    // Neighbours beyond the chip's border are the border cell itself.
    const int west = x == 0 ? tx : tx - 1, east = x == m.n - 1 ? tx : tx + 1, north = y == 0 ? ty : ty - 1,
              south = y == m.n - 1 ? ty : ty + 1;
    int from = 0;
    for (int step = 1; step <= kSteps; ++step) {
        __syncthreads();
        if (inside && tx >= step && tx < kTile - step && ty >= step && ty < kTile - step) {
            const auto& t = temperature[from];
            temperature[1 - from][ty][tx] =
                next_temperature(m, t[ty][tx], t[ty][west], t[ty][east], t[north][tx], t[south][tx], heat[ty][tx]);
        }
        from = 1 - from;
    }
    if (inside && tx >= kSteps && tx < kTile - kSteps && ty >= kSteps && ty < kTile - kSteps) out[y * m.n + x] = temperature[from][ty][tx];
}

int main(int argc, char** argv) {
    workload::Run run("hotspot", argc, argv);
    const int n = run.pick(60, 200, 1000, 2500), launches = run.pick(4, 6, 10, 10);
    const Model m{n, 0.1f, 0.12f, 0.0005f, 0.4f, 80.0f};
    const auto start = run.random().uniform_vector<float>(n * n, 60, 90), power = run.random().uniform_vector<float>(n * n, 0, 1);
    auto now = start, next = start;
    for (int step = 0; step < launches * kSteps; ++step) {
        for (int y = 0; y < n; ++y) {
            const int north = std::max(y - 1, 0), south = std::min(y + 1, n - 1);
            for (int x = 0; x < n; ++x) {
                next[y * n + x] = next_temperature(m, now[y * n + x], now[y * n + std::max(x - 1, 0)], now[y * n + std::min(x + 1, n - 1)],
                                                   now[north * n + x], now[south * n + x], power[y * n + x]);
            }
        }
        std::swap(now, next);
    }

    workload::DeviceArray<float> a(start), b(start.size()), dpower(power);
    const int grid = workload::ceil_div(n, kTile - 2 * kSteps);
    run.launch(
        "hotspot", [&] { a.upload(start); },
        [&] {
            float* from = a;
            float* to = b;
            for (int launch = 0; launch < launches; ++launch) {
                hotspot<<<dim3(grid, grid), dim3(kTile, kTile)>>>(m, from, dpower, to);
                std::swap(from, to);
            }
        });
    run.check_equal("temperature", (launches % 2 ? b : a).to_host(), now);
    return run.finish();
}
