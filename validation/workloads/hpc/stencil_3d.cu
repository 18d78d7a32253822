// Three-dimensional stencils: 7 points with one thread a cell, and 25 points (radius 4) marching through z with the column in registers
// and the plane in shared memory.
// Stresses: strided global access, register queues, barriers in a long loop, high register use, FFMA with constants.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kRadius = 4, kTileX = 32, kTileY = 8;
__constant__ float taps[kRadius + 1];

struct Extent {
    int x, y, z;
    __host__ __device__ int at(int ix, int iy, int iz) const { return (iz * y + iy) * x + ix; }
};

__global__ void stencil_7_point(Extent e, const float* in, float* out) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y,
              z = blockIdx.z * blockDim.z + threadIdx.z;
    if (x < 1 || y < 1 || z < 1 || x >= e.x - 1 || y >= e.y - 1 || z >= e.z - 1) return;
    const float* at = in + e.at(x, y, z);
    const float around = ((at[-1] + at[1]) + (at[-e.x] + at[e.x])) + (at[-e.x * e.y] + at[e.x * e.y]);
    out[e.at(x, y, z)] = fmaf(-6.0f, *at, around);
}

// Requires: the grid covers the interior (all but kRadius cells on each side) of x and y.
__global__ __launch_bounds__(kTileX* kTileY) void stencil_25_point(Extent e, const float* __restrict__ in, float* __restrict__ out) {
    __shared__ float plane[kTileY + 2 * kRadius][kTileX + 2 * kRadius];
    const int tx = threadIdx.x + kRadius, ty = threadIdx.y + kRadius;
    const int x = blockIdx.x * kTileX + tx, y = blockIdx.y * kTileY + ty;
    const bool inside = x < e.x - kRadius && y < e.y - kRadius;
    const auto load = [&](int ix, int iy, int iz) { return ix < e.x && iy < e.y ? in[e.at(ix, iy, iz)] : 0.0f; };

    // column[k] holds the cell at z - kRadius + k.
    float column[2 * kRadius + 1];
#pragma unroll
    for (int k = 0; k < 2 * kRadius; ++k) column[k + 1] = load(x, y, k);
    for (int z = kRadius; z < e.z - kRadius; ++z) {
#pragma unroll
        for (int k = 0; k < 2 * kRadius; ++k) column[k] = column[k + 1];
        column[2 * kRadius] = load(x, y, z + kRadius);
        __syncthreads();
        plane[ty][tx] = column[kRadius];
        if (threadIdx.x < kRadius) {
            plane[ty][tx - kRadius] = load(x - kRadius, y, z);
            plane[ty][tx + kTileX] = load(x + kTileX, y, z);
        }
        if (threadIdx.y < kRadius) {
            plane[ty - kRadius][tx] = load(x, y - kRadius, z);
            plane[ty + kTileY][tx] = load(x, y + kTileY, z);
        }
        __syncthreads();
        float sum = taps[0] * column[kRadius];
#pragma unroll
        for (int k = 1; k <= kRadius; ++k) {
            const float ring = ((plane[ty][tx - k] + plane[ty][tx + k]) + (plane[ty - k][tx] + plane[ty + k][tx])) +
                               (column[kRadius - k] + column[kRadius + k]);
            sum = fmaf(taps[k], ring, sum);
        }
        if (inside) out[e.at(x, y, z)] = sum;
    }
}

int main(int argc, char** argv) {
    workload::Run run("stencil_3d", argc, argv);
    const Extent e = run.pick(Extent{40, 24, 20}, Extent{72, 50, 40}, Extent{200, 160, 100}, Extent{392, 264, 200});
    const float weights[kRadius + 1] = {-2.5f, 0.4f, -0.2f, 0.1f, -0.05f};
    const auto in = run.random().uniform_vector<float>(e.x * e.y * e.z, -1, 1);
    std::vector<float> expected_7(in.size(), 0), expected_25(in.size(), 0);
    const int row = e.x, slab = e.x * e.y;
    for (int z = 1; z < e.z - 1; ++z) {
        for (int y = 1; y < e.y - 1; ++y) {
            for (int x = 1; x < e.x - 1; ++x) {
                const float* at = &in[e.at(x, y, z)];
                expected_7[e.at(x, y, z)] = std::fmaf(-6.0f, *at, ((at[-1] + at[1]) + (at[-row] + at[row])) + (at[-slab] + at[slab]));
                if (std::min({x, y, z, e.x - 1 - x, e.y - 1 - y, e.z - 1 - z}) < kRadius) continue;
                float sum = weights[0] * *at;
                for (int k = 1; k <= kRadius; ++k) {
                    const float ring = ((at[-k] + at[k]) + (at[-k * row] + at[k * row])) + (at[-k * slab] + at[k * slab]);
                    sum = std::fmaf(weights[k], ring, sum);
                }
                expected_25[e.at(x, y, z)] = sum;
            }
        }
    }

    workload::DeviceArray<float> din(in), dout(in.size());
    CUDA_CHECK(cudaMemcpyToSymbol(taps, weights, sizeof(taps)));
    dout.fill_bytes(0);
    run.launch("7-point", [&] {
        const dim3 block(32, 4, 2), grid(workload::ceil_div(e.x, 32), workload::ceil_div(e.y, 4), workload::ceil_div(e.z, 2));
        stencil_7_point<<<grid, block>>>(e, din, dout);
    });
    run.check_equal("7-point", dout.to_host(), expected_7);
    dout.fill_bytes(0);
    run.launch("25-point", [&] {
        const dim3 grid(workload::ceil_div(e.x - 2 * kRadius, kTileX), workload::ceil_div(e.y - 2 * kRadius, kTileY));
        stencil_25_point<<<grid, dim3(kTileX, kTileY)>>>(e, din, dout);
    });
    run.check_equal("25-point", dout.to_host(), expected_25);
    return run.finish();
}
