// Lattice Boltzmann, two dimensions and nine directions: flow past a cylinder, pull scheme, periodic in x, walls that bounce back.
// Stresses: nine strided streams in and out, long FFMA sequences with division, boundary divergence, structure-of-arrays layout.
#include "common/workload.hpp"

constexpr int kDirections = 9;

struct Channel {
    int width, height, centre_x, centre_y, radius;
    float relaxation, force;
};

__host__ __device__ inline bool is_solid(const Channel& c, int x, int y) {
    const int dx = x - c.centre_x, dy = y - c.centre_y;
    return y == 0 || y == c.height - 1 || dx * dx + dy * dy <= c.radius * c.radius;
}

// Every operation on its own with a fixed rounding, so that host and device agree bit for bit.
__host__ __device__ inline float fused(float a, float b, float c) { return fmaf(a, b, c); }
__host__ __device__ inline float product(float a, float b) {
#ifdef __CUDA_ARCH__
    return __fmul_rn(a, b);
#else
    return a * b;
#endif
}

// One step of one cell, from the populations `in` to `out` (direction d of cell (x, y) at d * cells + y * width + x).
__host__ __device__ inline void step_cell(const Channel& c, int x, int y, const float* in, float* out) {
    const int cells = c.width * c.height;
    const auto f = [&](int d, int from_x, int from_y) { return in[d * cells + from_y * c.width + from_x]; };
    const auto store = [&](int d, float value) { out[d * cells + y * c.width + x] = value; };
    const int ex[kDirections] = {0, 1, 0, -1, 0, 1, -1, -1, 1}, ey[kDirections] = {0, 0, 1, 0, -1, 1, 1, -1, -1};
    const int opposite[kDirections] = {0, 3, 4, 1, 2, 7, 8, 5, 6};
    const float weight[kDirections] = {4.0f / 9, 1.0f / 9, 1.0f / 9, 1.0f / 9, 1.0f / 9, 1.0f / 36, 1.0f / 36, 1.0f / 36, 1.0f / 36};
    if (is_solid(c, x, y)) {
        for (int d = 0; d < kDirections; ++d) store(d, f(d, x, y));
        return;
    }
    float g[kDirections], density = 0, momentum_x = 0, momentum_y = 0;
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
    for (int d = 0; d < kDirections; ++d) {
        const int from_x = (x - ex[d] + c.width) % c.width, from_y = y - ey[d];
        g[d] = is_solid(c, from_x, from_y) ? f(opposite[d], x, y) : f(d, from_x, from_y);
        density += g[d];
        momentum_x = fused(static_cast<float>(ex[d]), g[d], momentum_x);
        momentum_y = fused(static_cast<float>(ey[d]), g[d], momentum_y);
    }
    const float ux = fused(c.force, 0.5f, momentum_x) / density, uy = momentum_y / density;
    const float squared = fused(uy, uy, product(ux, ux));
#ifdef __CUDA_ARCH__
#pragma unroll
#endif
    for (int d = 0; d < kDirections; ++d) {
        const float along = fused(static_cast<float>(ey[d]), uy, product(static_cast<float>(ex[d]), ux));
        const float shape = fused(-1.5f, squared, fused(product(4.5f, along), along, fused(3.0f, along, 1.0f)));
        const float balance = product(product(weight[d], density), shape);
        store(d, fused(c.relaxation, balance - g[d], g[d]) + product(product(3.0f * weight[d], c.force), static_cast<float>(ex[d])));
    }
}

__global__ void step_all(Channel c, const float* __restrict__ in, float* __restrict__ out) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < c.width && y < c.height) step_cell(c, x, y, in, out);
}

int main(int argc, char** argv) {
    workload::Run run("lattice_boltzmann", argc, argv);
    const int width = run.pick(64, 160, 1024, 3000), height = run.pick(24, 64, 512, 1000), steps = run.pick(6, 8, 10, 10),
              cells = width * height;
    const Channel c{width, height, width / 4, height / 2 + 1, height / 8, 1.2f, 1e-4f};
    const float weight[kDirections] = {4.0f / 9, 1.0f / 9, 1.0f / 9, 1.0f / 9, 1.0f / 9, 1.0f / 36, 1.0f / 36, 1.0f / 36, 1.0f / 36};
    std::vector<float> start(kDirections * cells);
    for (int i = 0; i < kDirections * cells; ++i) start[i] = weight[i / cells] * (1.0f + 0.01f * run.random().uniform(-1.0f, 1.0f));

    workload::DeviceArray<float> a(start), b(start.size());
    run.launch(
        "steps", [&] { a.upload(start); },
        [&] {
            const dim3 block(32, 4), grid(workload::ceil_div(width, 32), workload::ceil_div(height, 4));
            for (int step = 0; step < steps; step += 2) {
                step_all<<<grid, block>>>(c, a, b);
                step_all<<<grid, block>>>(c, b, a);
            }
        });
    const auto actual = a.to_host();
    if (run.full_check()) {
        auto now = start, next = start;
        for (int step = 0; step < steps; ++step) {
            for (int y = 0; y < height; ++y) {
                for (int x = 0; x < width; ++x) step_cell(c, x, y, now.data(), next.data());
            }
            std::swap(now, next);
        }
        run.check_equal("populations", actual, now);
    }
    // Mass is conserved.
    double before = 0, after = 0;
    for (int i = 0; i < kDirections * cells; ++i) {
        before += start[i];
        after += actual[i];
    }
    run.check_close("mass", after, before, {0, 1e-6});
    return run.finish();
}
