// Depthwise convolution, one filter a channel: fp32 NCHW with the image patch in shared memory (3 x 3 and 5 x 5, stride 1 and 2), and fp16
// NHWC with two channels a thread, a bias and ReLU6 fused, as mobile networks use it. Stresses: low arithmetic intensity, HFMA2, HMNMX2 or
// its replacement, predicated loads, constant-memory filters.
#include "common/workload.hpp"
#include "dl/conv_reference.hpp"

#include <cuda_fp16.h>

constexpr int kTile = 16, kMaxChannels = 512;

// Filters of the NHWC kernel: [r * 3 + s][channel pair].
__constant__ __half2 constant_filters[9 * kMaxChannels / 2];

// Grid: (tiles, channels, images). Requires: NCHW, kFilter x kFilter filters of one channel, 256 threads.
template <int kFilter, int kStride>
__global__ void __launch_bounds__(kTile* kTile)
    depthwise_nchw(dl::ConvShape v, const float* __restrict__ x, const float* __restrict__ f, float* __restrict__ y) {
    constexpr int kPatch = (kTile - 1) * kStride + kFilter;
    __shared__ float patch[kPatch][kPatch + 1];
    const int tx = threadIdx.x % kTile, ty = threadIdx.x / kTile, p = v.p(), q = v.q();
    const int tiles_q = (q + kTile - 1) / kTile;
    const int p0 = blockIdx.x / tiles_q * kTile, q0 = blockIdx.x % tiles_q * kTile;
    const size_t plane = static_cast<size_t>(blockIdx.z) * v.c + blockIdx.y;
    for (int i = threadIdx.x; i < kPatch * kPatch; i += kTile * kTile) {
        const int row = i / kPatch, column = i % kPatch, ih = p0 * kStride - v.pad + row, iw = q0 * kStride - v.pad + column;
        patch[row][column] = ih >= 0 && ih < v.h && iw >= 0 && iw < v.w ? x[(plane * v.h + ih) * v.w + iw] : 0.0f;
    }
    float filter[kFilter * kFilter];
#pragma unroll
    for (int e = 0; e < kFilter * kFilter; ++e) filter[e] = __ldg(f + blockIdx.y * kFilter * kFilter + e);
    __syncthreads();
    if (p0 + ty >= p || q0 + tx >= q) return;
    float sum = 0;
#pragma unroll
    for (int e = 0; e < kFilter * kFilter; ++e) sum = fmaf(patch[ty * kStride + e / kFilter][tx * kStride + e % kFilter], filter[e], sum);
    y[(plane * p + p0 + ty) * q + q0 + tx] = sum;
}

// One thread two channels of one output pixel; pairs of channels run fastest. Requires: NHWC, 3 x 3, v.c even and at most kMaxChannels.
__global__ void depthwise_nhwc(dl::ConvShape v, const __half2* __restrict__ x, const __half2* __restrict__ bias, __half2* __restrict__ y) {
    const int pairs = v.c / 2, p = v.p(), q = v.q(), i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= v.n * p * q * pairs) return;
    const int pair = i % pairs, pixel = i / pairs, iq = pixel % q, ip = pixel / q % p, image = pixel / (q * p);
    __half2 sum = bias[pair];
#pragma unroll
    for (int e = 0; e < 9; ++e) {
        const int ih = ip * v.stride - v.pad + e / 3, iw = iq * v.stride - v.pad + e % 3;
        if (ih < 0 || ih >= v.h || iw < 0 || iw >= v.w) continue;
        sum = __hfma2(x[((static_cast<size_t>(image) * v.h + ih) * v.w + iw) * pairs + pair], constant_filters[e * pairs + pair], sum);
    }
    y[i] = __hmin2(__hmax2(sum, __float2half2_rn(0.0f)), __float2half2_rn(6.0f));
}

// Sum of one channel's window in double.
double reference_at(const dl::ConvShape& v, const std::vector<float>& x, const std::vector<float>& f, const dl::Index4& o) {
    double sum = 0;
    for (int ir = 0; ir < v.r; ++ir)
        for (int is = 0; is < v.s; ++is) {
            const int ih = o.row * v.stride - v.pad + ir, iw = o.column * v.stride - v.pad + is;
            if (ih >= 0 && ih < v.h && iw >= 0 && iw < v.w)
                sum += static_cast<double>(x[v.input(o.outer, o.channel, ih, iw)]) * f[(o.channel * v.r + ir) * v.s + is];
        }
    return sum;
}

template <int kFilter, int kStride> void test_nchw(workload::Run& run, const char* label) {
    const int c = run.pick(6, 24, 128, 256), size = run.pick(19, 45, 112, 112);
    const dl::ConvShape v{run.pick(1, 2, 16, 32), c, size, size + 2, c, kFilter, kFilter, kStride, kFilter / 2, false};
    const auto x = dl::grid_vector<float>(run.random(), v.input_count(), 8, 0.125f),
               f = dl::grid_vector<float>(run.random(), static_cast<size_t>(c) * kFilter * kFilter, 8, 0.125f);
    workload::DeviceArray<float> dx(x), df(f), dy(v.output_count());
    const dim3 grid(workload::ceil_div(v.p(), kTile) * workload::ceil_div(v.q(), kTile), c, v.n);
    run.launch(label, [&] { depthwise_nchw<kFilter, kStride><<<grid, kTile * kTile>>>(v, dx, df, dy); });
    dl::check_places(run, label, dy.to_host(), 20000, {},
                     [&](size_t i) { return reference_at(v, x, f, dl::Index4(i, v.k, v.p(), v.q(), false)); });
}

void test_nhwc(workload::Run& run, int stride) {
    const int c = run.pick(16, 64, 256, 512), size = run.pick(11, 25, 56, 56);
    const dl::ConvShape v{run.pick(1, 2, 16, 32), c, size, size + 1, c, 3, 3, stride, 1, true};
    // Products are multiples of 1/16, sums stay below 32: exact in fp16.
    const auto x = dl::grid_vector<__half>(run.random(), v.input_count(), 6, 0.25f),
               bias = dl::grid_vector<__half>(run.random(), c, 4, 0.25f);
    const auto f = dl::grid_vector<float>(run.random(), static_cast<size_t>(c) * 9, 4, 0.25f); // [channel][place]
    std::vector<__half2> filters(9 * c / 2);
    for (int e = 0; e < 9; ++e)
        for (int pair = 0; pair < c / 2; ++pair)
            filters[e * (c / 2) + pair] = __floats2half2_rn(f[pair * 2 * 9 + e], f[(pair * 2 + 1) * 9 + e]);
    CUDA_CHECK(cudaMemcpyToSymbol(constant_filters, filters.data(), filters.size() * sizeof(__half2)));
    workload::DeviceArray<__half> dx(x), dbias(bias), dy(v.output_count());
    const std::string label = "nhwc stride " + std::to_string(stride);
    run.launch(label.c_str(), [&] {
        depthwise_nhwc<<<workload::ceil_div(static_cast<int>(v.output_count() / 2), 256), 256>>>(
            v, reinterpret_cast<const __half2*>(dx.get()), reinterpret_cast<const __half2*>(dbias.get()),
            reinterpret_cast<__half2*>(dy.get()));
    });
    const auto fx = dl::to_floats(x);
    dl::check_places(run, label.c_str(), dy.to_host(), 20000, {}, [&](size_t i) {
        const dl::Index4 o(i, v.k, v.p(), v.q(), true);
        return std::min(std::max(reference_at(v, fx, f, o) + static_cast<float>(bias[o.channel]), 0.0), 6.0);
    });
}

int main(int argc, char** argv) {
    workload::Run run("conv_depthwise", argc, argv);
    test_nchw<3, 1>(run, "3x3");
    test_nchw<3, 2>(run, "3x3 stride 2");
    test_nchw<5, 1>(run, "5x5");
    test_nhwc(run, 1);
    test_nhwc(run, 2);
    return run.finish();
}
