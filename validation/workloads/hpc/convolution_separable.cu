// A 17x17 separable filter on an image: rows, then columns, each with its tile and halo in shared memory and the weights in constant
// memory.
// Stresses: constant-bank operands of FFMA, unrolled loops, shared memory at two strides.
#include "common/workload.hpp"

constexpr int kRadius = 8, kTaps = 2 * kRadius + 1;
__constant__ float row_weights[kTaps], column_weights[kTaps];

constexpr int kRowX = 16, kRowY = 4, kRowResults = 8;

// Requires: width divisible by kRowX*kRowResults, height by kRowY.
__global__ void filter_rows(int width, const float* in, float* out) {
    __shared__ float tile[kRowY][(kRowResults + 2) * kRowX];
    const int x0 = (blockIdx.x * kRowResults - 1) * kRowX + threadIdx.x, y = blockIdx.y * kRowY + threadIdx.y;
#pragma unroll
    for (int j = 0; j < kRowResults + 2; ++j) {
        const int x = x0 + j * kRowX;
        tile[threadIdx.y][threadIdx.x + j * kRowX] = x >= 0 && x < width ? in[y * width + x] : 0.0f;
    }
    __syncthreads();
#pragma unroll
    for (int j = 1; j <= kRowResults; ++j) {
        float sum = 0;
#pragma unroll
        for (int k = -kRadius; k <= kRadius; ++k) sum = fmaf(row_weights[k + kRadius], tile[threadIdx.y][threadIdx.x + j * kRowX + k], sum);
        out[y * width + x0 + j * kRowX] = sum;
    }
}

constexpr int kColumnX = 32, kColumnY = 8, kColumnResults = 4;

// Requires: width divisible by kColumnX, height by kColumnY*kColumnResults.
__global__ void filter_columns(int width, int height, const float* in, float* out) {
    __shared__ float tile[(kColumnResults + 2) * kColumnY][kColumnX];
    const int x = blockIdx.x * kColumnX + threadIdx.x, y0 = (blockIdx.y * kColumnResults - 1) * kColumnY + threadIdx.y;
    for (int j = 0; j < kColumnResults + 2; ++j) {
        const int y = y0 + j * kColumnY;
        tile[threadIdx.y + j * kColumnY][threadIdx.x] = y >= 0 && y < height ? in[y * width + x] : 0.0f;
    }
    __syncthreads();
    for (int j = 1; j <= kColumnResults; ++j) {
        float sum = 0;
#pragma unroll
        for (int k = -kRadius; k <= kRadius; ++k)
            sum = fmaf(column_weights[k + kRadius], tile[threadIdx.y + j * kColumnY + k][threadIdx.x], sum);
        out[(y0 + j * kColumnY) * width + x] = sum;
    }
}

int main(int argc, char** argv) {
    workload::Run run("convolution_separable", argc, argv);
    const int width = run.pick(128, 512, 2048, 4096), height = run.pick(96, 160, 1024, 4096);
    const auto in = run.random().uniform_vector<float>(width * height, 0, 1);
    const auto rows = run.random().uniform_vector<float>(kTaps, -1, 1), columns = run.random().uniform_vector<float>(kTaps, -1, 1);
    std::vector<float> middle(in.size()), expected(in.size());
    const auto filter = [&](const std::vector<float>& from, std::vector<float>& to, const std::vector<float>& weights, int dx, int dy) {
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                float sum = 0;
                for (int k = -kRadius; k <= kRadius; ++k) {
                    const int sx = x + k * dx, sy = y + k * dy;
                    const bool inside = sx >= 0 && sx < width && sy >= 0 && sy < height;
                    sum = std::fmaf(weights[k + kRadius], inside ? from[sy * width + sx] : 0.0f, sum);
                }
                to[y * width + x] = sum;
            }
        }
    };
    filter(in, middle, rows, 1, 0);
    filter(middle, expected, columns, 0, 1);

    workload::DeviceArray<float> din(in), dmiddle(in.size()), dout(in.size());
    CUDA_CHECK(cudaMemcpyToSymbol(row_weights, rows.data(), sizeof(row_weights)));
    CUDA_CHECK(cudaMemcpyToSymbol(column_weights, columns.data(), sizeof(column_weights)));
    run.launch("separable", [&] {
        filter_rows<<<dim3(width / (kRowX * kRowResults), height / kRowY), dim3(kRowX, kRowY)>>>(width, din, dmiddle);
        filter_columns<<<dim3(width / kColumnX, height / (kColumnY * kColumnResults)), dim3(kColumnX, kColumnY)>>>(width, height, dmiddle,
                                                                                                                   dout);
    });
    run.check_equal("rows", dmiddle.to_host(), middle);
    run.check_equal("columns", dout.to_host(), expected);
    return run.finish();
}
