// Image processing on 8-bit pixels: conversion to grey, Sobel edges, 3x3 median by a sorting network, bilateral filter, histogram
// equalisation.
// Stresses: byte loads and packing, integer min/max networks, MUFU.EX2, shared-memory histograms, clamped borders.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlockX = 32, kBlockY = 4;
using Byte = unsigned char;

struct Image {
    int width, height;
    __host__ __device__ int at(int x, int y) const {
        x = x < 0 ? 0 : x >= width ? width - 1 : x;
        y = y < 0 ? 0 : y >= height ? height - 1 : y;
        return y * width + x;
    }
};

__host__ __device__ inline Byte grey_of(uchar4 p) { return static_cast<Byte>((p.x * 77 + p.y * 150 + p.z * 29) >> 8); }

__host__ __device__ inline Byte sobel_of(const Image& m, const Byte* in, int x, int y) {
    const auto get = [&](int dx, int dy) { return static_cast<int>(in[m.at(x + dx, y + dy)]); };
    const int gx = get(1, -1) + 2 * get(1, 0) + get(1, 1) - get(-1, -1) - 2 * get(-1, 0) - get(-1, 1);
    const int gy = get(-1, 1) + 2 * get(0, 1) + get(1, 1) - get(-1, -1) - 2 * get(0, -1) - get(1, -1);
    const int sum = (gx < 0 ? -gx : gx) + (gy < 0 ? -gy : gy);
    return static_cast<Byte>(sum > 255 ? 255 : sum);
}

__device__ void order(int& a, int& b) {
    const int low = min(a, b);
    b = max(a, b);
    a = low;
}
__device__ Byte median_of(const Image& m, const Byte* in, int x, int y) {
    int v[9];
#pragma unroll
    for (int k = 0; k < 9; ++k) v[k] = in[m.at(x + k % 3 - 1, y + k / 3 - 1)];
    // Nineteen exchanges bring the median of nine to the middle.
    order(v[1], v[2]), order(v[4], v[5]), order(v[7], v[8]), order(v[0], v[1]), order(v[3], v[4]), order(v[6], v[7]), order(v[1], v[2]),
        order(v[4], v[5]);
    order(v[7], v[8]), order(v[0], v[3]), order(v[5], v[8]), order(v[4], v[7]), order(v[3], v[6]), order(v[1], v[4]), order(v[2], v[5]),
        order(v[4], v[7]);
    order(v[4], v[2]), order(v[6], v[4]), order(v[4], v[2]);
    return static_cast<Byte>(v[4]);
}

__host__ __device__ inline float bilateral_of(const Image& m, const Byte* in, int x, int y) {
    const float centre = in[m.at(x, y)];
    float sum = 0, weights = 0;
    for (int dy = -2; dy <= 2; ++dy) {
        for (int dx = -2; dx <= 2; ++dx) {
            const float value = in[m.at(x + dx, y + dy)], difference = value - centre;
            const float weight = expf(-0.1f * static_cast<float>(dx * dx + dy * dy) - 0.001f * difference * difference);
            sum += weight * value;
            weights += weight;
        }
    }
    return sum / weights;
}

__global__ void to_grey(Image m, const uchar4* in, Byte* grey) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < m.width * m.height) grey[i] = grey_of(in[i]);
}

__global__ void filter(Image m, const Byte* grey, Byte* edges, Byte* medians, float* smooth) {
    const int x = blockIdx.x * kBlockX + threadIdx.x, y = blockIdx.y * kBlockY + threadIdx.y;
    if (x >= m.width || y >= m.height) return;
    edges[m.at(x, y)] = sobel_of(m, grey, x, y);
    medians[m.at(x, y)] = median_of(m, grey, x, y);
    smooth[m.at(x, y)] = bilateral_of(m, grey, x, y);
}

__global__ void count_levels(int n, const Byte* grey, unsigned* counts) {
    __shared__ unsigned mine[256];
    for (int i = threadIdx.x; i < 256; i += blockDim.x) mine[i] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) atomicAdd(mine + grey[i], 1u);
    __syncthreads();
    for (int i = threadIdx.x; i < 256; i += blockDim.x) atomicAdd(counts + i, mine[i]);
}

// 256 threads: a running sum of the counts becomes the table of new levels.
__global__ void make_levels(int n, const unsigned* counts, Byte* levels) {
    __shared__ unsigned sums[256];
    const int t = threadIdx.x;
    sums[t] = counts[t];
    for (int offset = 1; offset < 256; offset *= 2) {
        __syncthreads();
        const unsigned left = t >= offset ? sums[t - offset] : 0;
        __syncthreads();
        sums[t] += left;
    }
    levels[t] = static_cast<Byte>(sums[t] * 255ull / n);
}

// Four pixels a thread, packed.
__global__ void apply_levels(int n, const Byte* levels, const uchar4* grey, uchar4* out) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n / 4) return;
    const uchar4 p = grey[i];
    out[i] = make_uchar4(levels[p.x], levels[p.y], levels[p.z], levels[p.w]);
}

int main(int argc, char** argv) {
    workload::Run run("image_filters", argc, argv);
    const Image m = run.pick(Image{48, 20}, Image{160, 90}, Image{1280, 720}, Image{3840, 2160});
    const int n = m.width * m.height, stride = run.pick(1, 1, 8, 64);
    std::vector<uchar4> in(n);
    for (int i = 0; i < n; ++i) {
        // Soft shapes with noise.
        const int x = i % m.width, y = i / m.width, base = (x * 3 + y * 5) % 160;
        const auto draw = [&] { return static_cast<Byte>(base + static_cast<int>(run.random().below(90))); };
        in[i].x = draw();
        in[i].y = draw();
        in[i].z = draw();
        in[i].w = 255;
    }
    std::vector<Byte> grey(n), levels(256), equalised(n);
    std::vector<unsigned> counts(256, 0);
    for (int i = 0; i < n; ++i) ++counts[grey[i] = grey_of(in[i])];
    for (unsigned level = 0, sum = 0; level < 256; ++level) levels[level] = static_cast<Byte>((sum += counts[level]) * 255ull / n);
    for (int i = 0; i < n; ++i) equalised[i] = levels[grey[i]];

    workload::DeviceArray<uchar4> din(in);
    workload::DeviceArray<Byte> dgrey(n), edges(n), medians(n), dlevels(256), out(n);
    workload::DeviceArray<float> smooth(n);
    workload::DeviceArray<unsigned> dcounts(256);
    run.launch(
        "filters", [&] { dcounts.fill_bytes(0); },
        [&] {
            to_grey<<<workload::ceil_div(n, 128), 128>>>(m, din, dgrey);
            filter<<<dim3(workload::ceil_div(m.width, kBlockX), workload::ceil_div(m.height, kBlockY)), dim3(kBlockX, kBlockY)>>>(
                m, dgrey, edges, medians, smooth);
            count_levels<<<std::min(workload::ceil_div(n, 1024), 264), 128>>>(n, dgrey, dcounts);
            make_levels<<<1, 256>>>(n, dcounts, dlevels);
            apply_levels<<<workload::ceil_div(n / 4, 128), 128>>>(n, dlevels, reinterpret_cast<const uchar4*>(dgrey.get()),
                                                                  reinterpret_cast<uchar4*>(out.get()));
        });
    run.check_equal("grey", dgrey.to_host(), grey);
    run.check_equal("equalised", out.to_host(), equalised);
    const auto all_edges = edges.to_host(), all_medians = medians.to_host();
    const auto all_smooth = smooth.to_host();
    std::vector<int> actual, expected;
    std::vector<float> actual_smooth, expected_smooth;
    for (int i = 0; i < n; i += stride) {
        const int x = i % m.width, y = i / m.width;
        std::vector<int> around;
        for (int k = 0; k < 9; ++k) around.push_back(grey[m.at(x + k % 3 - 1, y + k / 3 - 1)]);
        std::nth_element(around.begin(), around.begin() + 4, around.end());
        actual.insert(actual.end(), {all_edges[i], all_medians[i]});
        expected.insert(expected.end(), {sobel_of(m, grey.data(), x, y), around[4]});
        actual_smooth.push_back(all_smooth[i]);
        expected_smooth.push_back(bilateral_of(m, grey.data(), x, y));
    }
    run.check_equal("edges and medians", actual, expected);
    run.check_close("bilateral", actual_smooth, expected_smooth, {1e-3, 0});
    return run.finish();
}
