// Softmax over rows, forward and backward: one warp a row with the row in registers (short rows), one CTA a row with one pass for maximum
// and sum together (online softmax) and one for the result (long rows), and a causally masked, scaled bf16 form as in attention. Stresses:
// MUFU.EX2, SHFL reductions, block reductions through shared memory, 128-bit and packed bf16 accesses.
#include "common/workload.hpp"
#include "dl/reduce.cuh"
#include "dl/reference.hpp"

#include <cuda_bf16.h>

// Four rows a CTA of 128 threads. Requires: columns <= 32 * kItems.
template <int kItems>
__global__ void __launch_bounds__(128) softmax_warp(int rows, int columns, const float* __restrict__ x, float* __restrict__ y) {
    const int row = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= rows) return; // the whole warp together
    const float* in = x + static_cast<size_t>(row) * columns;
    float value[kItems], largest = dl::Max::kNeutral;
#pragma unroll
    for (int i = 0; i < kItems; ++i) {
        value[i] = lane + i * 32 < columns ? in[lane + i * 32] : dl::Max::kNeutral;
        largest = fmaxf(largest, value[i]);
    }
    largest = dl::warp_reduce<dl::Max>(largest);
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kItems; ++i) {
        value[i] = lane + i * 32 < columns ? __expf(value[i] - largest) : 0.0f;
        sum += value[i];
    }
    const float scale = 1.0f / dl::warp_reduce<dl::Sum>(sum);
#pragma unroll
    for (int i = 0; i < kItems; ++i)
        if (lane + i * 32 < columns) y[static_cast<size_t>(row) * columns + lane + i * 32] = value[i] * scale;
}

// One CTA a row. The running maximum m and sum s of exp(x - m) of two parts combine as (max, s_a * exp(m_a - max) + s_b * exp(m_b - max)).
__global__ void __launch_bounds__(256) softmax_block(int columns, const float* __restrict__ x, float* __restrict__ y) {
    const float* in = x + static_cast<size_t>(blockIdx.x) * columns;
    float* out = y + static_cast<size_t>(blockIdx.x) * columns;
    float largest = dl::Max::kNeutral, sum = 0;
    for (int i = threadIdx.x; i < columns; i += 256) {
        const float value = in[i], next = fmaxf(largest, value);
        sum = sum * __expf(largest - next) + __expf(value - next);
        largest = next;
    }
    const float row_max = dl::block_reduce<dl::Max, 256>(largest);
    const float row_sum = dl::block_reduce<dl::Sum, 256>(sum * __expf(largest - row_max));
    const float scale = 1.0f / row_sum;
    for (int i = threadIdx.x; i < columns; i += 256) out[i] = __expf(in[i] - row_max) * scale;
}

// dx = y * (dy - sum(y * dy)). One CTA a row.
__global__ void __launch_bounds__(256)
    softmax_backward(int columns, const float* __restrict__ y, const float* __restrict__ dy, float* __restrict__ dx) {
    const size_t base = static_cast<size_t>(blockIdx.x) * columns;
    float dot = 0;
    for (int i = threadIdx.x; i < columns; i += 256) dot = fmaf(y[base + i], dy[base + i], dot);
    dot = dl::block_reduce<dl::Sum, 256>(dot);
    for (int i = threadIdx.x; i < columns; i += 256) dx[base + i] = y[base + i] * (dy[base + i] - dot);
}

// Rows of a square score matrix, columns behind the row's own are masked out (and become 0). One warp a row, two bf16 a lane and step,
// base-2 exponentials. Requires: size even.
__global__ void __launch_bounds__(128)
    softmax_causal(int rows, int size, float scale, const __nv_bfloat162* __restrict__ x, __nv_bfloat162* __restrict__ y) {
    const int row = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    const int query = row % size, visible = query + 1;
    const __nv_bfloat162* in = x + static_cast<size_t>(row) * size / 2;
    const float scale_log2 = scale * 1.44269504f;
    float largest = dl::Max::kNeutral;
    for (int i = lane; i * 2 < visible; i += 32) {
        const float2 v = __bfloat1622float2(in[i]);
        largest = fmaxf(largest, v.x);
        if (i * 2 + 1 < visible) largest = fmaxf(largest, v.y);
    }
    largest = dl::warp_reduce<dl::Max>(largest) * scale_log2;
    float sum = 0;
    for (int i = lane; i * 2 < visible; i += 32) {
        const float2 v = __bfloat1622float2(in[i]);
        sum += exp2f(fmaf(v.x, scale_log2, -largest));
        if (i * 2 + 1 < visible) sum += exp2f(fmaf(v.y, scale_log2, -largest));
    }
    const float factor = __frcp_rn(dl::warp_reduce<dl::Sum>(sum));
    for (int i = lane; i * 2 < size; i += 32) {
        const float2 v = __bfloat1622float2(in[i]);
        const float p0 = i * 2 < visible ? exp2f(fmaf(v.x, scale_log2, -largest)) * factor : 0.0f;
        const float p1 = i * 2 + 1 < visible ? exp2f(fmaf(v.y, scale_log2, -largest)) * factor : 0.0f;
        y[static_cast<size_t>(row) * size / 2 + i] = __floats2bfloat162_rn(p0, p1);
    }
}

// Softmax of the first `visible` of `columns` values times scale; the others are 0.
std::vector<double> reference(const float* x, int columns, int visible, double scale) {
    std::vector<double> y(columns, 0.0);
    double largest = -1e300, sum = 0;
    for (int i = 0; i < visible; ++i) largest = std::max(largest, scale * x[i]);
    for (int i = 0; i < visible; ++i) sum += y[i] = std::exp(scale * x[i] - largest);
    for (double& v : y) v /= sum;
    return y;
}

int main(int argc, char** argv) {
    workload::Run run("softmax", argc, argv);
    const auto test_rows = [&](const char* label, int rows, int columns, auto&& kernel) {
        const auto x = run.random().uniform_vector<float>(static_cast<size_t>(rows) * columns, -6, 6),
                   dy = run.random().uniform_vector<float>(x.size(), -1, 1);
        workload::DeviceArray<float> x_d(x), y_d(x.size()), dy_d(dy), dx_d(x.size());
        run.launch(label, [&] {
            kernel(rows, columns, x_d.get(), y_d.get());
            softmax_backward<<<rows, 256>>>(columns, y_d, dy_d, dx_d);
        });
        std::vector<double> y, dx;
        for (int row = 0; row < rows; ++row) {
            const auto p = reference(x.data() + static_cast<size_t>(row) * columns, columns, columns, 1);
            double dot = 0;
            for (int i = 0; i < columns; ++i) dot += p[i] * dy[static_cast<size_t>(row) * columns + i];
            for (int i = 0; i < columns; ++i) dx.push_back(p[i] * (dy[static_cast<size_t>(row) * columns + i] - dot));
            y.insert(y.end(), p.begin(), p.end());
        }
        run.check_close((std::string(label) + " y").c_str(), y_d.to_host(), y, {1e-7, 1e-5});
        run.check_close((std::string(label) + " dx").c_str(), dx_d.to_host(), dx, {1e-6, 1e-5});
    };
    test_rows("warp", run.pick(17, 70, 8192, 32768), 100, [](int rows, int columns, const float* x, float* y) {
        softmax_warp<4><<<workload::ceil_div(rows, 4), 128>>>(rows, columns, x, y);
    });
    test_rows("block", run.pick(5, 20, 512, 1024), run.pick(1000, 3001, 8192, 32000),
              [](int rows, int columns, const float* x, float* y) { softmax_block<<<rows, 256>>>(columns, x, y); });

    const int size = run.pick(66, 130, 1024, 2048), heads = run.pick(1, 2, 8, 16), rows = size * heads;
    std::vector<__nv_bfloat16> x(static_cast<size_t>(rows) * size);
    for (auto& v : x) v = __float2bfloat16(run.random().uniform(-20.0f, 20.0f));
    workload::DeviceArray<__nv_bfloat16> x_d(x), y_d(x.size());
    run.launch("causal", [&] {
        softmax_causal<<<workload::ceil_div(rows, 4), 128>>>(rows, size, 0.125f, reinterpret_cast<const __nv_bfloat162*>(x_d.get()),
                                                             reinterpret_cast<__nv_bfloat162*>(y_d.get()));
    });
    std::vector<double> y;
    const auto fx = dl::to_floats(x);
    for (int row = 0; row < rows; ++row) {
        const auto p = reference(fx.data() + static_cast<size_t>(row) * size, size, row % size + 1, 0.125);
        y.insert(y.end(), p.begin(), p.end());
    }
    run.check_close("causal", y_d.to_host(), y, {1e-7, 1.0 / 250}); // rounding to bf16 is 1/256
    return run.finish();
}
