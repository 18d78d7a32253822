// The bias of a linear layer: y = gelu(x + bias) forward with vector accesses, and backward the gradient of x and the column sums that are
// the gradient of bias, the sums in one pass with a shared-memory tree per CTA and fp32 atomics, and in a deterministic two-pass form.
// Stresses: broadcast reads, column reduction, RED, fused element-wise work.
#include "common/workload.hpp"

// Requires: columns divisible by 4.
__global__ void bias_forward(int count, int columns, const float4* __restrict__ x, const float4* __restrict__ bias,
                             float4* __restrict__ y) {
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count / 4; i += gridDim.x * blockDim.x) {
        const float4 v = x[i], b = __ldg(bias + i % (columns / 4));
        const auto gelu = [](float t) { return t * normcdff(t); };
        y[i] = make_float4(gelu(v.x + b.x), gelu(v.y + b.y), gelu(v.z + b.z), gelu(v.w + b.w));
    }
}

// dx = dy * gelu'(x + bias). CTA: 32 columns x 8 rows of threads, rows [blockIdx.y * rows_a_cta, ...). kAtomic adds the CTA's column sums
// to dbias (zeroed before), else they are stored in partial[blockIdx.y].
template <bool kAtomic>
__global__ void __launch_bounds__(256)
    bias_backward(int rows, int columns, int rows_a_cta, const float* __restrict__ x, const float* __restrict__ bias,
                  const float* __restrict__ dy, float* __restrict__ dx, float* dbias, float* __restrict__ partial) {
    __shared__ float sums[8][33];
    const int column = blockIdx.x * 32 + threadIdx.x, first = blockIdx.y * rows_a_cta, last = min(rows, first + rows_a_cta);
    float sum = 0;
    if (column < columns) {
        const float b = bias[column];
        for (int row = first + threadIdx.y; row < last; row += 8) {
            const size_t i = static_cast<size_t>(row) * columns + column;
            const float t = x[i] + b;
            const float slope = normcdff(t) + t * 0.3989422804f * expf(-0.5f * t * t);
            const float gradient = dy[i] * slope;
            dx[i] = gradient;
            sum += gradient;
        }
    }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < columns) {
#pragma unroll
        for (int i = 1; i < 8; ++i) sum += sums[i][threadIdx.x];
        if (kAtomic) atomicAdd(dbias + column, sum);
        else partial[static_cast<size_t>(blockIdx.y) * columns + column] = sum;
    }
}
__global__ void add_partials(int parts, int columns, const float* __restrict__ partial, float* __restrict__ dbias) {
    const int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float sum = 0;
    for (int part = 0; part < parts; ++part) sum += partial[static_cast<size_t>(part) * columns + column];
    dbias[column] = sum;
}

int main(int argc, char** argv) {
    workload::Run run("bias_gelu", argc, argv);
    const int rows = run.pick(70, 500, 4096, 8192), columns = run.pick(72, 200, 1024, 4096), rows_a_cta = 64,
              parts = workload::ceil_div(rows, rows_a_cta);
    const int count = rows * columns;
    const auto x = run.random().uniform_vector<float>(count, -3, 3), bias = run.random().uniform_vector<float>(columns, -1, 1),
               dy = run.random().uniform_vector<float>(count, -1, 1);
    std::vector<double> y(count), dx(count), dbias(columns);
    for (int i = 0; i < count; ++i) {
        const double t = static_cast<double>(x[i] + bias[i % columns]), cdf = 0.5 * std::erfc(-t * 0.70710678118654752);
        y[i] = t * cdf;
        dx[i] = dy[i] * (cdf + t * 0.39894228040143268 * std::exp(-0.5 * t * t));
        dbias[i % columns] += dx[i];
    }
    workload::DeviceArray<float> x_d(x), bias_d(bias), dy_d(dy), y_d(count), dx_d(count), dbias_d(columns),
        partial_d(static_cast<size_t>(parts) * columns);
    run.launch("forward", [&] {
        bias_forward<<<std::min(workload::ceil_div(count / 4, 256), 264), 256>>>(count, columns, reinterpret_cast<const float4*>(x_d.get()),
                                                                                 reinterpret_cast<const float4*>(bias_d.get()),
                                                                                 reinterpret_cast<float4*>(y_d.get()));
    });
    run.check_close("y", y_d.to_host(), y, {2e-6, 2e-6});
    const dim3 grid(workload::ceil_div(columns, 32), parts), block(32, 8);
    const workload::Tolerance of_sums{rows * 1e-6, 1e-5};
    run.launch("backward atomic", [&] {
        dbias_d.fill_bytes(0);
        bias_backward<true><<<grid, block>>>(rows, columns, rows_a_cta, x_d, bias_d, dy_d, dx_d, dbias_d, partial_d);
    });
    run.check_close("dx", dx_d.to_host(), dx, {2e-6, 2e-6});
    run.check_close("dbias", dbias_d.to_host(), dbias, of_sums);
    run.launch("backward two-pass", [&] {
        bias_backward<false><<<grid, block>>>(rows, columns, rows_a_cta, x_d, bias_d, dy_d, dx_d, dbias_d, partial_d);
        add_partials<<<workload::ceil_div(columns, 128), 128>>>(parts, columns, partial_d, dbias_d);
    });
    run.check_close("dbias two-pass", dbias_d.to_host(), dbias, of_sums);
    return run.finish();
}
