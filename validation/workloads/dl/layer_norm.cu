// Layer normalisation: forward (one CTA a row, Welford-free two-pass statistics from registers, and one warp a row with float4), backward
// to the input (one CTA a row), and the gradients of gain and bias as column sums over row blocks, finished by a second kernel. Stresses:
// block and warp reductions, MUFU.RSQ, register-resident rows, column reductions.
#include "common/workload.hpp"
#include "dl/reduce.cuh"

constexpr float kEpsilon = 1e-5f;

// One CTA of 256 a row; saves mean and reciprocal deviation for the backward pass. Requires: columns <= 256 * kItems.
template <int kItems>
__global__ void __launch_bounds__(256)
    forward_block(int columns, const float* __restrict__ x, const float* __restrict__ gain, const float* __restrict__ bias,
                  float* __restrict__ y, float* __restrict__ mean, float* __restrict__ rstd) {
    const size_t base = static_cast<size_t>(blockIdx.x) * columns;
    float value[kItems], sum = 0;
#pragma unroll
    for (int i = 0; i < kItems; ++i) {
        const int column = threadIdx.x + i * 256;
        value[i] = column < columns ? x[base + column] : 0.0f;
        sum += value[i];
    }
    const float m = dl::block_reduce<dl::Sum, 256>(sum) / columns;
    float squares = 0;
#pragma unroll
    for (int i = 0; i < kItems; ++i) {
        const float d = value[i] - m;
        if (threadIdx.x + i * 256 < columns) squares = fmaf(d, d, squares);
    }
    const float r = rsqrtf(dl::block_reduce<dl::Sum, 256>(squares) / columns + kEpsilon);
#pragma unroll
    for (int i = 0; i < kItems; ++i) {
        const int column = threadIdx.x + i * 256;
        if (column < columns) y[base + column] = (value[i] - m) * r * gain[column] + bias[column];
    }
    if (threadIdx.x == 0) mean[blockIdx.x] = m, rstd[blockIdx.x] = r;
}

// One warp a row, rows read twice as float4, with Chan's combination of partial mean and squares over the lanes. Requires: columns
// divisible by 128.
__global__ void __launch_bounds__(128) forward_warp(int rows, int columns, const float4* __restrict__ x, const float4* __restrict__ gain,
                                                    const float4* __restrict__ bias, float4* __restrict__ y) {
    const int row = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32, vectors = columns / 4;
    if (row >= rows) return;
    const float4* in = x + static_cast<size_t>(row) * vectors;
    float mean = 0, squares = 0, count = 0;
    for (int i = lane; i < vectors; i += 32) {
        const float4 v = in[i];
        const float values[4] = {v.x, v.y, v.z, v.w};
#pragma unroll
        for (int e = 0; e < 4; ++e) { // Welford
            count += 1;
            const float d = values[e] - mean;
            mean += __fdividef(d, count);
            squares = fmaf(d, values[e] - mean, squares);
        }
    }
#pragma unroll
    for (int offset = 16; offset > 0; offset >>= 1) { // every lane holds as many elements as its partner
        const float other_mean = __shfl_xor_sync(dl::kAllLanes, mean, offset),
                    other_squares = __shfl_xor_sync(dl::kAllLanes, squares, offset);
        const float d = other_mean - mean;
        squares += other_squares + d * d * count * 0.5f;
        mean = 0.5f * (mean + other_mean);
        count *= 2;
    }
    const float r = rsqrtf(squares / columns + kEpsilon);
    for (int i = lane; i < vectors; i += 32) {
        const float4 v = in[i], g = __ldg(gain + i), b = __ldg(bias + i);
        y[static_cast<size_t>(row) * vectors + i] = make_float4((v.x - mean) * r * g.x + b.x, (v.y - mean) * r * g.y + b.y,
                                                                (v.z - mean) * r * g.z + b.z, (v.w - mean) * r * g.w + b.w);
    }
}

// dx = rstd * (g - mean(g) - xhat * mean(g * xhat)) with g = dy * gain.
__global__ void __launch_bounds__(256)
    backward_input(int columns, const float* __restrict__ x, const float* __restrict__ gain, const float* __restrict__ dy,
                   const float* __restrict__ mean, const float* __restrict__ rstd, float* __restrict__ dx) {
    const size_t base = static_cast<size_t>(blockIdx.x) * columns;
    const float m = mean[blockIdx.x], r = rstd[blockIdx.x];
    float sum = 0, dot = 0;
    for (int i = threadIdx.x; i < columns; i += 256) {
        const float g = dy[base + i] * gain[i];
        sum += g;
        dot = fmaf(g, (x[base + i] - m) * r, dot);
    }
    sum = dl::block_reduce<dl::Sum, 256>(sum) / columns;
    dot = dl::block_reduce<dl::Sum, 256>(dot) / columns;
    for (int i = threadIdx.x; i < columns; i += 256) {
        const float g = dy[base + i] * gain[i], normal = (x[base + i] - m) * r;
        dx[base + i] = r * (g - sum - normal * dot);
    }
}

// Column sums over the rows of block blockIdx.y: partial[block] = (sum of dy * xhat, sum of dy). 32 x 8 threads.
__global__ void __launch_bounds__(256)
    backward_gain(int rows, int columns, int rows_a_cta, const float* __restrict__ x, const float* __restrict__ dy,
                  const float* __restrict__ mean, const float* __restrict__ rstd, float2* __restrict__ partial) {
    __shared__ float2 sums[8][33];
    const int column = blockIdx.x * 32 + threadIdx.x, last = min(rows, static_cast<int>(blockIdx.y + 1) * rows_a_cta);
    float2 sum = make_float2(0, 0);
    if (column < columns)
        for (int row = blockIdx.y * rows_a_cta + threadIdx.y; row < last; row += 8) {
            const size_t i = static_cast<size_t>(row) * columns + column;
            sum.x = fmaf(dy[i], (x[i] - mean[row]) * rstd[row], sum.x);
            sum.y += dy[i];
        }
    sums[threadIdx.y][threadIdx.x] = sum;
    __syncthreads();
    if (threadIdx.y != 0 || column >= columns) return;
    for (int i = 1; i < 8; ++i) sum.x += sums[i][threadIdx.x].x, sum.y += sums[i][threadIdx.x].y;
    partial[static_cast<size_t>(blockIdx.y) * columns + column] = sum;
}
__global__ void add_partials(int parts, int columns, const float2* __restrict__ partial, float* __restrict__ dgain,
                             float* __restrict__ dbias) {
    const int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float2 sum = make_float2(0, 0);
    for (int part = 0; part < parts; ++part) {
        const float2 more = partial[static_cast<size_t>(part) * columns + column];
        sum.x += more.x, sum.y += more.y;
    }
    dgain[column] = sum.x;
    dbias[column] = sum.y;
}

int main(int argc, char** argv) {
    workload::Run run("layer_norm", argc, argv);
    const int rows = run.pick(20, 100, 4096, 8192), columns = run.pick(384, 768, 1024, 2048), rows_a_cta = 32,
              parts = workload::ceil_div(rows, rows_a_cta);
    const size_t count = static_cast<size_t>(rows) * columns;
    const auto x = run.random().uniform_vector<float>(count, -2, 4), dy = run.random().uniform_vector<float>(count, -1, 1);
    const auto gain = run.random().uniform_vector<float>(columns, 0.5f, 1.5f), bias = run.random().uniform_vector<float>(columns, -1, 1);

    std::vector<double> y(count), dx(count), dgain(columns), dbias(columns);
    for (int row = 0; row < rows; ++row) {
        const float *in = x.data() + static_cast<size_t>(row) * columns, *g = dy.data() + static_cast<size_t>(row) * columns;
        double m = 0, variance = 0, sum = 0, dot = 0;
        for (int i = 0; i < columns; ++i) m += in[i];
        m /= columns;
        for (int i = 0; i < columns; ++i) variance += (in[i] - m) * (in[i] - m);
        const double r = 1 / std::sqrt(variance / columns + kEpsilon);
        for (int i = 0; i < columns; ++i) {
            const double normal = (in[i] - m) * r;
            y[static_cast<size_t>(row) * columns + i] = normal * gain[i] + bias[i];
            sum += static_cast<double>(g[i]) * gain[i];
            dot += static_cast<double>(g[i]) * gain[i] * normal;
            dgain[i] += g[i] * normal;
            dbias[i] += g[i];
        }
        for (int i = 0; i < columns; ++i)
            dx[static_cast<size_t>(row) * columns + i] =
                r * (static_cast<double>(g[i]) * gain[i] - sum / columns - (in[i] - m) * r * dot / columns);
    }

    workload::DeviceArray<float> x_d(x), dy_d(dy), gain_d(gain), bias_d(bias), y_d(count), dx_d(count), mean_d(rows), rstd_d(rows),
        dgain_d(columns), dbias_d(columns);
    workload::DeviceArray<float2> partial_d(static_cast<size_t>(parts) * columns);
    run.launch("forward block", [&] { forward_block<8><<<rows, 256>>>(columns, x_d, gain_d, bias_d, y_d, mean_d, rstd_d); });
    run.check_close("y block", y_d.to_host(), y, {5e-6, 2e-6});
    y_d.fill_bytes(0xff);
    const auto vector = [](const workload::DeviceArray<float>& array) { return reinterpret_cast<const float4*>(array.get()); };
    run.launch("forward warp", [&] {
        forward_warp<<<workload::ceil_div(rows, 4), 128>>>(rows, columns, vector(x_d), vector(gain_d), vector(bias_d),
                                                           reinterpret_cast<float4*>(y_d.get()));
    });
    run.check_close("y warp", y_d.to_host(), y, {2e-5, 1e-5});
    run.launch("backward input", [&] { backward_input<<<rows, 256>>>(columns, x_d, gain_d, dy_d, mean_d, rstd_d, dx_d); });
    run.check_close("dx", dx_d.to_host(), dx, {5e-6, 5e-6});
    run.launch("backward gain", [&] {
        backward_gain<<<dim3(workload::ceil_div(columns, 32), parts), dim3(32, 8)>>>(rows, columns, rows_a_cta, x_d, dy_d, mean_d, rstd_d,
                                                                                     partial_d);
        add_partials<<<workload::ceil_div(columns, 128), 128>>>(parts, columns, partial_d, dgain_d, dbias_d);
    });
    run.check_close("dgain", dgain_d.to_host(), dgain, {rows * 2e-6, 1e-5});
    run.check_close("dbias", dbias_d.to_host(), dbias, {rows * 1e-6, 1e-5});
    return run.finish();
}
