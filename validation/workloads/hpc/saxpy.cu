// SAXPY, y = a*x + y, in four forms: one element a thread, grid-stride loop, float4 accesses, and the same with the read-only cache.
// Stresses: streaming global loads and stores (LDG, LDG.128, LDG.CONSTANT, STG), FFMA.
#include "common/workload.hpp"

__global__ void saxpy_one(int n, float a, const float* x, float* y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = a * x[i] + y[i];
}

__global__ void saxpy_stride(int n, float a, const float* x, float* y) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) y[i] = a * x[i] + y[i];
}

// Requires: n divisible by 4, arrays aligned to 16 bytes.
__global__ void saxpy_vector(int n, float a, const float4* __restrict__ x, float4* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n / 4) return;
    const float4 u = x[i];
    float4 v = y[i];
    v.x = fmaf(a, u.x, v.x);
    v.y = fmaf(a, u.y, v.y);
    v.z = fmaf(a, u.z, v.z);
    v.w = fmaf(a, u.w, v.w);
    y[i] = v;
}

__global__ void saxpy_streaming(int n, float a, const float* x, float* y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) __stcs(y + i, fmaf(a, __ldg(x + i), __ldcs(y + i)));
}

int main(int argc, char** argv) {
    workload::Run run("saxpy", argc, argv);
    const int n = run.pick(20'000, 200'000, 4'000'000, 32'000'000);
    const float a = 2.5f;
    const auto x = run.random().uniform_vector<float>(n, -1, 1);
    const auto y = run.random().uniform_vector<float>(n, -1, 1);
    std::vector<float> expected(n);
    for (int i = 0; i < n; ++i) expected[i] = std::fmaf(a, x[i], y[i]);

    workload::DeviceArray<float> dx(x), dy(n);
    const auto test = [&](const char* label, auto&& kernel) {
        run.launch(
            label, [&] { dy.upload(y); }, kernel);
        run.check_equal(label, dy.to_host(), expected);
    };
    const int block = 256, grid = workload::ceil_div(n, block);
    test("one element a thread", [&] { saxpy_one<<<grid, block>>>(n, a, dx, dy); });
    test("grid stride", [&] { saxpy_stride<<<workload::ceil_div(grid, 8), block>>>(n, a, dx, dy); });
    test("float4", [&] {
        saxpy_vector<<<workload::ceil_div(n / 4, block), block>>>(n, a, reinterpret_cast<const float4*>(dx.get()),
                                                                  reinterpret_cast<float4*>(dy.get()));
    });
    test("streaming", [&] { saxpy_streaming<<<grid, block>>>(n, a, dx, dy); });
    return run.finish();
}
