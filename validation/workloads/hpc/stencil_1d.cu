// One-dimensional 9-point stencil (radius 4): straight from global memory, with a halo in shared memory, and by shuffles.
// Stresses: L1 reuse of overlapping loads, shared-memory halo, SHFL across a sliding window, constant memory operands.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kRadius = 4, kBlock = 256;
__constant__ float weights[2 * kRadius + 1];

// Requires of all three: in has kRadius more elements on either side of [0, n).
__global__ void stencil_global(int n, const float* in, float* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    float sum = 0;
#pragma unroll
    for (int k = -kRadius; k <= kRadius; ++k) sum = fmaf(weights[k + kRadius], in[i + k], sum);
    out[i] = sum;
}

__global__ void stencil_shared(int n, const float* in, float* out) {
    __shared__ float window[kBlock + 2 * kRadius];
    const int t = threadIdx.x, i = blockIdx.x * kBlock + t;
    for (int k = t; k < kBlock + 2 * kRadius; k += kBlock) {
        const int from = static_cast<int>(blockIdx.x) * kBlock + k - kRadius;
        window[k] = from < n + kRadius ? in[from] : 0.0f;
    }
    __syncthreads();
    if (i >= n) return;
    float sum = 0;
#pragma unroll
    for (int k = 0; k <= 2 * kRadius; ++k) sum = fmaf(weights[k], window[t + k], sum);
    out[i] = sum;
}

// A warp makes 32 - 2*kRadius outputs; lane l holds the input at offset l - kRadius.
__global__ void stencil_shuffle(int n, const float* in, float* out) {
    constexpr int kOutputs = 32 - 2 * kRadius;
    const int lane = threadIdx.x % 32, warp = (blockIdx.x * kBlock + threadIdx.x) / 32;
    const int from = warp * kOutputs + lane - kRadius;
    const float mine = from < n + kRadius ? in[from] : 0.0f;
    float sum = 0;
#pragma unroll
    for (int k = 0; k <= 2 * kRadius; ++k) sum = fmaf(weights[k], __shfl_sync(0xffffffffu, mine, (lane + k) % 32), sum);
    const int i = warp * kOutputs + lane;
    if (lane < kOutputs && i < n) out[i] = sum;
}

int main(int argc, char** argv) {
    workload::Run run("stencil_1d", argc, argv);
    const int n = run.pick(20'001, 200'003, 4'000'003, 32'000'003);
    const auto in = run.random().uniform_vector<float>(n + 2 * kRadius, -1, 1);
    const auto coefficients = run.random().uniform_vector<float>(2 * kRadius + 1, -0.5f, 0.5f);
    std::vector<float> expected(n, 0);
    for (int i = 0; i < n; ++i) {
        for (int k = 0; k <= 2 * kRadius; ++k) expected[i] = std::fmaf(coefficients[k], in[i + k], expected[i]);
    }

    workload::DeviceArray<float> din(in), dout(n);
    CUDA_CHECK(cudaMemcpyToSymbol(weights, coefficients.data(), sizeof(weights)));
    const auto test = [&](const char* label, auto&& kernel) {
        dout.fill_bytes(0xff);
        run.launch(label, kernel);
        run.check_equal(label, dout.to_host(), expected);
    };
    const int grid = workload::ceil_div(n, kBlock), warps = workload::ceil_div(n, 32 - 2 * kRadius);
    test("global", [&] { stencil_global<<<grid, kBlock>>>(n, din + kRadius, dout); });
    test("shared", [&] { stencil_shared<<<grid, kBlock>>>(n, din + kRadius, dout); });
    test("shuffle", [&] { stencil_shuffle<<<workload::ceil_div(warps, kBlock / 32), kBlock>>>(n, din + kRadius, dout); });
    return run.finish();
}
