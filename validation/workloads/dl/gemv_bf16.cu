// Matrix times vector in bf16, the shape of decoding one token: y = W x with W row-major (one warp a row, 16-byte loads, shuffle
// reduction), and y = W^T x (one thread two columns, the rows split over CTAs, fp32 atomics). The matrix is read once: a bandwidth test.
// Stresses: LDG.128 streaming loads, bf16 unpacking (PRMT, SHL), FFMA, SHFL, RED.
#include "common/workload.hpp"
#include "dl/reference.hpp"

#include <cuda_bf16.h>

// Two bf16 in a word, as floats.
__device__ __forceinline__ float2 unpack(unsigned word) {
    return make_float2(__uint_as_float(word << 16), __uint_as_float(word & 0xffff0000u));
}

__device__ __forceinline__ float dot8(uint4 u, uint4 v, float sum) {
    const unsigned a[4] = {u.x, u.y, u.z, u.w}, b[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        const float2 x = unpack(a[i]), y = unpack(b[i]);
        sum = fmaf(x.x, y.x, sum);
        sum = fmaf(x.y, y.y, sum);
    }
    return sum;
}

// Requires: columns divisible by 8.
__global__ void __launch_bounds__(256)
    gemv(int rows, int columns, const __nv_bfloat16* __restrict__ w, const __nv_bfloat16* __restrict__ x, float* __restrict__ y) {
    const int row = (blockIdx.x * 256 + threadIdx.x) / 32, lane = threadIdx.x % 32;
    if (row >= rows) return;
    const uint4* weights = reinterpret_cast<const uint4*>(w + static_cast<size_t>(row) * columns);
    const uint4* vector = reinterpret_cast<const uint4*>(x);
    float sum = 0;
    for (int i = lane; i < columns / 8; i += 32) sum = dot8(__ldcs(weights + i), __ldg(vector + i), sum);
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) sum += __shfl_down_sync(0xffffffffu, sum, offset);
    if (lane == 0) y[row] = sum;
}

// CTA (bx, by): columns from 2 * 128 * bx, rows from by * rows_a_cta. Requires: columns even, y zeroed.
__global__ void __launch_bounds__(128) gemv_transposed(int rows, int columns, int rows_a_cta, const __nv_bfloat16* __restrict__ w,
                                                       const __nv_bfloat16* __restrict__ x, float* y) {
    const int column = (blockIdx.x * 128 + threadIdx.x) * 2, first = blockIdx.y * rows_a_cta, last = min(first + rows_a_cta, rows);
    if (column >= columns) return;
    float s0 = 0, s1 = 0;
#pragma unroll 4
    for (int row = first; row < last; ++row) {
        const float2 weight = unpack(__ldcs(reinterpret_cast<const unsigned*>(w + static_cast<size_t>(row) * columns + column)));
        const float factor = __bfloat162float(x[row]);
        s0 = fmaf(weight.x, factor, s0);
        s1 = fmaf(weight.y, factor, s1);
    }
    atomicAdd(y + column, s0);
    atomicAdd(y + column + 1, s1);
}

int main(int argc, char** argv) {
    workload::Run run("gemv_bf16", argc, argv);
    const int rows = run.pick(200, 1000, 8192, 16384), columns = run.pick(520, 2048, 8192, 16384);
    const auto w = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(rows) * columns, 8, 0.125f);
    const auto x = dl::grid_vector<__nv_bfloat16>(run.random(), columns, 8, 0.125f),
               z = dl::grid_vector<__nv_bfloat16>(run.random(), rows, 8, 0.125f);
    std::vector<float> y(rows), t(columns); // sums are exact, in any order
    for (int i = 0; i < rows; ++i) {
        float sum = 0;
        const float zi = static_cast<float>(z[i]);
        for (int j = 0; j < columns; ++j) {
            const float weight = static_cast<float>(w[static_cast<size_t>(i) * columns + j]);
            sum += weight * static_cast<float>(x[j]);
            t[j] += weight * zi;
        }
        y[i] = sum;
    }
    workload::DeviceArray<__nv_bfloat16> dw(w), dx(x), dz(z);
    workload::DeviceArray<float> dy(rows), dt(columns);
    run.launch("gemv", [&] { gemv<<<workload::ceil_div(rows, 8), 256>>>(rows, columns, dw, dx, dy); });
    run.check_close("y", dy.to_host(), y, {});
    const int rows_a_cta = 64;
    run.launch("gemv transposed", [&] {
        dt.fill_bytes(0);
        gemv_transposed<<<dim3(workload::ceil_div(columns, 256), workload::ceil_div(rows, rows_a_cta)), 128>>>(rows, columns, rows_a_cta,
                                                                                                               dw, dz, dt);
    });
    run.check_close("t", dt.to_host(), t, {});
    return run.finish();
}
