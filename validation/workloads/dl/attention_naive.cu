// Attention as it is written down: scores = scale * Q K^T in a shared-memory tiled product, softmax over rows, output = scores * V, in fp32
// with all scores in memory. The baseline of the fused kernels. Stresses: tiled FFMA products with transposed reads, row reductions, memory
// traffic quadratic in the length.
#include "common/workload.hpp"
#include "dl/attention.hpp"
#include "dl/reduce.cuh"

constexpr int kTile = 32;

// One head a blockIdx.z. scores[i][j] = scale * sum_d q[i][d] k[j][d], or the lowest float where j > i under a causal mask. 32 x 8 threads,
// four rows each.
__global__ void __launch_bounds__(256) scores_kernel(int length, int width, float scale, bool causal, const float* __restrict__ q,
                                                     const float* __restrict__ k, float* __restrict__ scores) {
    __shared__ float tile_q[kTile][kTile + 1];
    __shared__ float tile_k[kTile][kTile + 1];
    const int tx = threadIdx.x, ty = threadIdx.y, i0 = blockIdx.y * kTile, j0 = blockIdx.x * kTile;
    const size_t head = static_cast<size_t>(blockIdx.z) * length;
    float acc[4] = {};
    for (int d0 = 0; d0 < width; d0 += kTile) {
#pragma unroll
        for (int r = 0; r < kTile; r += 8) {
            const bool inside = d0 + tx < width;
            tile_q[ty + r][tx] = inside && i0 + ty + r < length ? q[(head + i0 + ty + r) * width + d0 + tx] : 0.0f;
            tile_k[ty + r][tx] = inside && j0 + ty + r < length ? k[(head + j0 + ty + r) * width + d0 + tx] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int d = 0; d < kTile; ++d)
#pragma unroll
            for (int r = 0; r < 4; ++r) acc[r] = fmaf(tile_q[ty + r * 8][d], tile_k[tx][d], acc[r]);
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < 4; ++r) {
        const int i = i0 + ty + r * 8, j = j0 + tx;
        if (i < length && j < length) scores[(head + i) * length + j] = causal && j > i ? dl::Max::kNeutral : acc[r] * scale;
    }
}

// Softmax in place, one CTA a row.
__global__ void __launch_bounds__(128) softmax_kernel(int length, float* scores) {
    float* row = scores + static_cast<size_t>(blockIdx.x) * length;
    float largest = dl::Max::kNeutral, sum = 0;
    for (int j = threadIdx.x; j < length; j += 128) largest = fmaxf(largest, row[j]);
    largest = dl::block_reduce<dl::Max, 128>(largest);
    for (int j = threadIdx.x; j < length; j += 128) {
        row[j] = __expf(row[j] - largest);
        sum += row[j];
    }
    const float scale = 1.0f / dl::block_reduce<dl::Sum, 128>(sum);
    for (int j = threadIdx.x; j < length; j += 128) row[j] *= scale;
}

// y = p * v. The CTA makes 32 rows by 32 columns of one head.
__global__ void __launch_bounds__(256)
    output_kernel(int length, int width, const float* __restrict__ p, const float* __restrict__ v, float* __restrict__ y) {
    __shared__ float tile_p[kTile][kTile + 1];
    __shared__ float tile_v[kTile][kTile];
    const int tx = threadIdx.x, ty = threadIdx.y, i0 = blockIdx.y * kTile, d0 = blockIdx.x * kTile;
    const size_t head = static_cast<size_t>(blockIdx.z) * length;
    float acc[4] = {};
    for (int j0 = 0; j0 < length; j0 += kTile) {
#pragma unroll
        for (int r = 0; r < kTile; r += 8) {
            tile_p[ty + r][tx] = i0 + ty + r < length && j0 + tx < length ? p[(head + i0 + ty + r) * length + j0 + tx] : 0.0f;
            tile_v[ty + r][tx] = j0 + ty + r < length && d0 + tx < width ? v[(head + j0 + ty + r) * width + d0 + tx] : 0.0f;
        }
        __syncthreads();
#pragma unroll
        for (int j = 0; j < kTile; ++j)
#pragma unroll
            for (int r = 0; r < 4; ++r) acc[r] = fmaf(tile_p[ty + r * 8][j], tile_v[j][tx], acc[r]);
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < 4; ++r)
        if (i0 + ty + r * 8 < length && d0 + tx < width) y[(head + i0 + ty + r * 8) * width + d0 + tx] = acc[r];
}

int main(int argc, char** argv) {
    workload::Run run("attention_naive", argc, argv);
    const int heads = run.pick(2, 4, 8, 16), length = run.pick(50, 150, 512, 1024), width = run.pick(40, 64, 64, 64);
    const float scale = 1.0f / std::sqrt(static_cast<float>(width));
    const size_t count = static_cast<size_t>(heads) * length * width;
    const auto q = run.random().uniform_vector<float>(count, -2, 2), k = run.random().uniform_vector<float>(count, -2, 2),
               v = run.random().uniform_vector<float>(count, -1, 1);
    workload::DeviceArray<float> q_d(q), k_d(k), v_d(v), y_d(count), scores_d(static_cast<size_t>(heads) * length * length);
    const int tiles = workload::ceil_div(length, kTile);
    for (const bool causal : {false, true}) {
        const char* label = causal ? "causal" : "full";
        run.launch(label, [&] {
            const dim3 block(kTile, 8);
            scores_kernel<<<dim3(tiles, tiles, heads), block>>>(length, width, scale, causal, q_d, k_d, scores_d);
            softmax_kernel<<<heads * length, 128>>>(length, scores_d);
            output_kernel<<<dim3(workload::ceil_div(width, kTile), tiles, heads), block>>>(length, width, scores_d, v_d, y_d);
        });
        const auto y = y_d.to_host();
        std::vector<double> found, expected;
        const int step = run.full_check() ? 1 : 97; // a row in 97 at the larger sizes
        for (int row = 0; row < heads * length; row += step) {
            const size_t head = static_cast<size_t>(row / length) * length;
            const auto out = dl::attend(
                q.data() + static_cast<size_t>(row) * width, width, causal ? row % length + 1 : length, scale,
                [&](int j) { return k.data() + (head + j) * width; }, [&](int j) { return v.data() + (head + j) * width; });
            expected.insert(expected.end(), out.begin(), out.end());
            found.insert(found.end(), y.begin() + static_cast<long>(row) * width, y.begin() + static_cast<long>(row + 1) * width);
        }
        run.check_close(label, found, expected, {1e-5, 1e-5});
    }
    return run.finish();
}
