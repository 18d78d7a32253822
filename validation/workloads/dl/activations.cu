// Activation functions forward and backward: ReLU, leaky ReLU, GELU (erf and tanh forms), SiLU, sigmoid, tanh and SwiGLU on fp32, with ReLU
// and GELU also on packed bf16. Stresses: MUFU (EX2, RCP, TANH), the polynomials of erff and expf, HFMA2.BF16, HMNMX2, 128-bit accesses.
#include "common/workload.hpp"
#include "dl/reference.hpp"

#include <cuda_bf16.h>

enum class Kind { Relu, LeakyRelu, Gelu, GeluTanh, Silu, Sigmoid, Tanh };

// The function and its derivative, for float on the device and double on the host.
template <Kind kind, typename T> __host__ __device__ T value_of(T x) {
    if constexpr (kind == Kind::Relu) return x > 0 ? x : 0;
    if constexpr (kind == Kind::LeakyRelu) return x > 0 ? x : T(0.01) * x;
    if constexpr (kind == Kind::Gelu) return T(0.5) * x * (1 + erf(x * T(0.70710678118654752)));
    if constexpr (kind == Kind::GeluTanh) return T(0.5) * x * (1 + tanh(T(0.79788456080286536) * (x + T(0.044715) * x * x * x)));
    if constexpr (kind == Kind::Silu) return x / (1 + exp(-x));
    if constexpr (kind == Kind::Sigmoid) return 1 / (1 + exp(-x));
    if constexpr (kind == Kind::Tanh) return tanh(x);
}
template <Kind kind, typename T> __host__ __device__ T slope_of(T x) {
    if constexpr (kind == Kind::Relu) return x > 0 ? 1 : 0;
    if constexpr (kind == Kind::LeakyRelu) return x > 0 ? T(1) : T(0.01);
    if constexpr (kind == Kind::Gelu)
        return T(0.5) * (1 + erf(x * T(0.70710678118654752))) + x * T(0.39894228040143268) * exp(T(-0.5) * x * x);
    if constexpr (kind == Kind::GeluTanh) {
        const T inner = T(0.79788456080286536) * (x + T(0.044715) * x * x * x), t = tanh(inner);
        return T(0.5) * (1 + t) + T(0.5) * x * (1 - t * t) * T(0.79788456080286536) * (1 + T(0.134145) * x * x);
    }
    const T s = 1 / (1 + exp(-x));
    if constexpr (kind == Kind::Silu) return s * (1 + x * (1 - s));
    if constexpr (kind == Kind::Sigmoid) return s * (1 - s);
    const T t = tanh(x);
    return 1 - t * t;
}

// Requires: n divisible by 4.
template <Kind kind> __global__ void forward(int n, const float4* __restrict__ x, float4* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n / 4) return;
    const float4 v = x[i];
    y[i] = make_float4(value_of<kind>(v.x), value_of<kind>(v.y), value_of<kind>(v.z), value_of<kind>(v.w));
}
template <Kind kind> __global__ void backward(int n, const float4* __restrict__ x, const float4* __restrict__ dy, float4* __restrict__ dx) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n / 4) return;
    const float4 v = x[i], g = dy[i];
    dx[i] = make_float4(g.x * slope_of<kind>(v.x), g.y * slope_of<kind>(v.y), g.z * slope_of<kind>(v.z), g.w * slope_of<kind>(v.w));
}

// y = silu(gate) * up, rows of [gate | up], the activation of recent transformers. Fast exponential and reciprocal.
__global__ void swiglu(int rows, int width, const float* __restrict__ gate_up, float* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= rows * width) return;
    const int row = i / width, column = i % width;
    const float gate = gate_up[static_cast<size_t>(row) * 2 * width + column],
                up = gate_up[static_cast<size_t>(row) * 2 * width + width + column];
    y[i] = __fdividef(gate, 1.0f + __expf(-gate)) * up;
}

// Eight bf16 a thread. Requires: n divisible by 8.
__global__ void relu_bf16(int n, const uint4* __restrict__ x, uint4* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n / 8) return;
    uint4 v = x[i];
    __nv_bfloat162* pairs = reinterpret_cast<__nv_bfloat162*>(&v);
    const __nv_bfloat162 zero = __float2bfloat162_rn(0.0f);
#pragma unroll
    for (int e = 0; e < 4; ++e) pairs[e] = __hmax2(pairs[e], zero);
    y[i] = v;
}
__global__ void gelu_bf16(int n, const uint4* __restrict__ x, uint4* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n / 8) return;
    uint4 v = x[i];
    __nv_bfloat162* pairs = reinterpret_cast<__nv_bfloat162*>(&v);
#pragma unroll
    for (int e = 0; e < 4; ++e) {
        const float2 f = __bfloat1622float2(pairs[e]);
        pairs[e] = __floats2bfloat162_rn(value_of<Kind::GeluTanh>(f.x), value_of<Kind::GeluTanh>(f.y));
    }
    y[i] = v;
}

template <Kind kind> void test(workload::Run& run, const char* label, const std::vector<float>& x, const std::vector<float>& dy) {
    const int n = static_cast<int>(x.size()), grid = workload::ceil_div(n / 4, 256);
    workload::DeviceArray<float> x_d(x), dy_d(dy), y_d(n), dx_d(n);
    run.launch(label, [&] {
        forward<kind><<<grid, 256>>>(n, reinterpret_cast<const float4*>(x_d.get()), reinterpret_cast<float4*>(y_d.get()));
        backward<kind><<<grid, 256>>>(n, reinterpret_cast<const float4*>(x_d.get()), reinterpret_cast<const float4*>(dy_d.get()),
                                      reinterpret_cast<float4*>(dx_d.get()));
    });
    std::vector<double> y(n), dx(n);
    for (int i = 0; i < n; ++i) y[i] = value_of<kind>(static_cast<double>(x[i])), dx[i] = dy[i] * slope_of<kind>(static_cast<double>(x[i]));
    run.check_close((std::string(label) + " forward").c_str(), y_d.to_host(), y, {4e-6, 2e-6});
    run.check_close((std::string(label) + " backward").c_str(), dx_d.to_host(), dx, {4e-6, 4e-6});
}

int main(int argc, char** argv) {
    workload::Run run("activations", argc, argv);
    const int n = run.pick(4096, 65536, 1 << 20, 4 << 20);
    const auto x = run.random().uniform_vector<float>(n, -5, 5), dy = run.random().uniform_vector<float>(n, -1, 1);
    test<Kind::Relu>(run, "relu", x, dy);
    test<Kind::LeakyRelu>(run, "leaky relu", x, dy);
    test<Kind::Gelu>(run, "gelu", x, dy);
    test<Kind::GeluTanh>(run, "gelu tanh", x, dy);
    test<Kind::Silu>(run, "silu", x, dy);
    test<Kind::Sigmoid>(run, "sigmoid", x, dy);
    test<Kind::Tanh>(run, "tanh", x, dy);

    const int width = 128, rows = n / 2 / width;
    workload::DeviceArray<float> x_d(x), y_d(static_cast<size_t>(rows) * width);
    run.launch("swiglu", [&] { swiglu<<<workload::ceil_div(rows * width, 256), 256>>>(rows, width, x_d, y_d); });
    std::vector<double> expected(static_cast<size_t>(rows) * width);
    for (int row = 0; row < rows; ++row)
        for (int j = 0; j < width; ++j)
            expected[static_cast<size_t>(row) * width + j] =
                value_of<Kind::Silu>(static_cast<double>(x[static_cast<size_t>(row) * 2 * width + j])) *
                x[static_cast<size_t>(row) * 2 * width + width + j];
    run.check_close("swiglu", y_d.to_host(), expected, {1e-5, 1e-5});

    std::vector<__nv_bfloat16> half(n);
    for (int i = 0; i < n; ++i) half[i] = __float2bfloat16(x[i]);
    workload::DeviceArray<__nv_bfloat16> half_d(half), out_d(n);
    const auto* in = reinterpret_cast<const uint4*>(half_d.get());
    auto* out = reinterpret_cast<uint4*>(out_d.get());
    std::vector<double> relu(n), gelu(n);
    for (int i = 0; i < n; ++i)
        relu[i] = value_of<Kind::Relu>(static_cast<double>(static_cast<float>(half[i]))),
        gelu[i] = value_of<Kind::GeluTanh>(static_cast<double>(static_cast<float>(half[i])));
    run.launch("relu bf16", [&] { relu_bf16<<<workload::ceil_div(n / 8, 256), 256>>>(n, in, out); });
    run.check_close("relu bf16", out_d.to_host(), relu, {});
    run.launch("gelu bf16", [&] { gelu_bf16<<<workload::ceil_div(n / 8, 256), 256>>>(n, in, out); });
    run.check_close("gelu bf16", out_d.to_host(), gelu, {4e-6, 1.0 / 255}); // half a unit in the last place of bf16 and a little
    return run.finish();
}
