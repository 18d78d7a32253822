// RMS normalisation of bf16 rows fused with the residual addition, forward and backward, as transformer blocks use it: the residual stream
// h += x is updated in place, y = h * rstd * gain; the backward pass gives dh and adds its part of the gain's gradient with packed atomics
// in fp32. Stresses: packed bf16 conversion, block reductions, in-place updates, RED on float2.
#include "common/workload.hpp"
#include "dl/reduce.cuh"
#include "dl/reference.hpp"

#include <cuda_bf16.h>

constexpr float kEpsilon = 1e-6f;
constexpr int kThreads = 128;

// One CTA a row. Requires: columns == 2 * kThreads * kPairs.
template <int kPairs>
__global__ void __launch_bounds__(kThreads)
    forward(int columns, const __nv_bfloat162* __restrict__ x, __nv_bfloat162* residual, const __nv_bfloat162* __restrict__ gain,
            __nv_bfloat162* __restrict__ y, float* __restrict__ rstd) {
    const size_t base = static_cast<size_t>(blockIdx.x) * (columns / 2);
    float2 h[kPairs];
    float squares = 0;
#pragma unroll
    for (int i = 0; i < kPairs; ++i) {
        const int pair = threadIdx.x + i * kThreads;
        const float2 a = __bfloat1622float2(x[base + pair]), b = __bfloat1622float2(residual[base + pair]);
        const __nv_bfloat162 sum = __floats2bfloat162_rn(a.x + b.x, a.y + b.y);
        residual[base + pair] = sum;
        h[i] = __bfloat1622float2(sum); // as the next layer will see it
        squares = fmaf(h[i].x, h[i].x, fmaf(h[i].y, h[i].y, squares));
    }
    const float r = rsqrtf(dl::block_reduce<dl::Sum, kThreads>(squares) / columns + kEpsilon);
#pragma unroll
    for (int i = 0; i < kPairs; ++i) {
        const int pair = threadIdx.x + i * kThreads;
        const float2 g = __bfloat1622float2(gain[pair]);
        y[base + pair] = __floats2bfloat162_rn(h[i].x * r * g.x, h[i].y * r * g.y);
    }
    if (threadIdx.x == 0) rstd[blockIdx.x] = r;
}

// dh = rstd * (g - xhat * mean(g * xhat)), g = dy * gain, xhat = h * rstd; dgain += dy * xhat. Each CTA walks rows with the stride of the
// grid and adds its gain sums once.
template <int kPairs>
__global__ void __launch_bounds__(kThreads)
    backward(int rows, int columns, const __nv_bfloat162* __restrict__ h, const __nv_bfloat162* __restrict__ gain,
             const __nv_bfloat162* __restrict__ dy, const float* __restrict__ rstd, float2* __restrict__ dh, float2* dgain) {
    float2 sums[kPairs] = {};
    for (int row = blockIdx.x; row < rows; row += gridDim.x) {
        const size_t base = static_cast<size_t>(row) * (columns / 2);
        const float r = rstd[row];
        float2 g[kPairs], normal[kPairs];
        float dot = 0;
#pragma unroll
        for (int i = 0; i < kPairs; ++i) {
            const int pair = threadIdx.x + i * kThreads;
            const float2 a = __bfloat1622float2(h[base + pair]), w = __bfloat1622float2(gain[pair]),
                         d = __bfloat1622float2(dy[base + pair]);
            normal[i] = make_float2(a.x * r, a.y * r);
            g[i] = make_float2(d.x * w.x, d.y * w.y);
            sums[i].x = fmaf(d.x, normal[i].x, sums[i].x);
            sums[i].y = fmaf(d.y, normal[i].y, sums[i].y);
            dot = fmaf(g[i].x, normal[i].x, fmaf(g[i].y, normal[i].y, dot));
        }
        dot = dl::block_reduce<dl::Sum, kThreads>(dot) / columns;
#pragma unroll
        for (int i = 0; i < kPairs; ++i)
            dh[base + threadIdx.x + i * kThreads] = make_float2(r * (g[i].x - normal[i].x * dot), r * (g[i].y - normal[i].y * dot));
    }
#pragma unroll
    for (int i = 0; i < kPairs; ++i) {
        float2* place = dgain + threadIdx.x + i * kThreads;
        atomicAdd(&place->x, sums[i].x);
        atomicAdd(&place->y, sums[i].y);
    }
}

template <int kPairs> void test(workload::Run& run, int rows) {
    const int columns = 2 * kThreads * kPairs;
    const size_t count = static_cast<size_t>(rows) * columns;
    const auto random_bf16 = [&](size_t n, float low, float high) {
        std::vector<__nv_bfloat16> values(n);
        for (auto& v : values) v = __float2bfloat16(run.random().uniform(low, high));
        return values;
    };
    const auto x = random_bf16(count, -1, 1), residual = random_bf16(count, -2, 2), gain = random_bf16(columns, 0.5f, 1.5f),
               dy = random_bf16(count, -1, 1);
    workload::DeviceArray<__nv_bfloat16> x_d(x), h_d(count), gain_d(gain), dy_d(dy), y_d(count);
    workload::DeviceArray<float> rstd_d(rows), dh_d(count), dgain_d(columns);
    const auto pairs = [](const workload::DeviceArray<__nv_bfloat16>& array) { return reinterpret_cast<__nv_bfloat162*>(array.get()); };
    run.launch("forward", [&] {
        h_d.upload(residual);
        forward<kPairs><<<rows, kThreads>>>(columns, pairs(x_d), pairs(h_d), pairs(gain_d), pairs(y_d), rstd_d);
    });
    run.launch("backward", [&] {
        dgain_d.fill_bytes(0);
        backward<kPairs><<<std::min(rows, 132), kThreads>>>(rows, columns, pairs(h_d), pairs(gain_d), pairs(dy_d), rstd_d,
                                                            reinterpret_cast<float2*>(dh_d.get()),
                                                            reinterpret_cast<float2*>(dgain_d.get()));
    });

    std::vector<__nv_bfloat16> h(count);
    std::vector<double> y(count), dh(count), dgain(columns);
    for (int row = 0; row < rows; ++row) {
        const size_t base = static_cast<size_t>(row) * columns;
        double squares = 0, dot = 0;
        for (int i = 0; i < columns; ++i) {
            h[base + i] = __float2bfloat16(static_cast<float>(x[base + i]) + static_cast<float>(residual[base + i]));
            squares += workload::to_double(h[base + i]) * workload::to_double(h[base + i]);
        }
        const double r = 1 / std::sqrt(squares / columns + kEpsilon);
        for (int i = 0; i < columns; ++i) {
            const double normal = workload::to_double(h[base + i]) * r, d = workload::to_double(dy[base + i]),
                         w = workload::to_double(gain[i]);
            y[base + i] = normal * w;
            dot += d * w * normal;
            dgain[i] += d * normal;
        }
        for (int i = 0; i < columns; ++i)
            dh[base + i] = r * (workload::to_double(dy[base + i]) * workload::to_double(gain[i]) -
                                workload::to_double(h[base + i]) * r * dot / columns);
    }
    run.check_equal("residual", h_d.to_host(), h);
    run.check_close("y", y_d.to_host(), y, {1e-6, 1.0 / 250}); // rounding to bf16 is 1/256 (of the spacing below a power of two)
    run.check_close("dh", dh_d.to_host(), dh, {4e-6, 4e-6});
    run.check_close("dgain", dgain_d.to_host(), dgain, {rows * 2e-6, 1e-5});
}

int main(int argc, char** argv) {
    workload::Run run("rms_norm", argc, argv);
    if (run.full_check()) {
        test<2>(run, run.pick(16, 150, 0, 0));
    } else {
        test<16>(run, run.pick(0, 0, 2048, 8192));
    }
    return run.finish();
}
