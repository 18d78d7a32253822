// Direct convolution forward, fp32, NCHW, 3 x 3 with stride 1 and 2: a CTA makes a 16 x 16 patch of eight output channels of one image, an
// input patch with its halo in shared memory, the filters of the eight channels beside it, eight accumulators a thread. A naive kernel, one
// thread an output, for comparison. Stresses: LDS broadcast and conflicts by stride, FFMA with register reuse, integer division by launch
// constants, halo predication.
#include "common/workload.hpp"
#include "dl/conv_reference.hpp"

constexpr int kTile = 16, kChannels = 8;

// Requires: v.r == v.s == 3, v.stride == kStride, NCHW, v.k divisible by kChannels.
template <int kStride>
__global__ void __launch_bounds__(kTile* kTile)
    conv_tiled(dl::ConvShape v, const float* __restrict__ x, const float* __restrict__ f, float* __restrict__ y) {
    constexpr int kPatch = (kTile - 1) * kStride + 3;
    __shared__ float patch[kPatch][kPatch + 1];
    __shared__ float filters[kChannels][9];
    const int tx = threadIdx.x % kTile, ty = threadIdx.x / kTile;
    const int tiles_q = (v.q() + kTile - 1) / kTile;
    const int p0 = blockIdx.x / tiles_q * kTile, q0 = blockIdx.x % tiles_q * kTile, k0 = blockIdx.y * kChannels, image = blockIdx.z;
    const int h0 = p0 * kStride - v.pad, w0 = q0 * kStride - v.pad;

    float acc[kChannels] = {};
    for (int channel = 0; channel < v.c; ++channel) {
        for (int i = threadIdx.x; i < kPatch * kPatch; i += kTile * kTile) {
            const int row = i / kPatch, column = i % kPatch;
            const bool inside = h0 + row >= 0 && h0 + row < v.h && w0 + column >= 0 && w0 + column < v.w;
            patch[row][column] = inside ? x[v.input(image, channel, h0 + row, w0 + column)] : 0.0f;
        }
        if (threadIdx.x < kChannels * 9)
            filters[threadIdx.x / 9][threadIdx.x % 9] = f[v.filter(k0 + threadIdx.x / 9, channel, 0, 0) + threadIdx.x % 9];
        __syncthreads();
        float window[9];
#pragma unroll
        for (int e = 0; e < 9; ++e) window[e] = patch[ty * kStride + e / 3][tx * kStride + e % 3];
#pragma unroll
        for (int out = 0; out < kChannels; ++out)
#pragma unroll
            for (int e = 0; e < 9; ++e) acc[out] = fmaf(window[e], filters[out][e], acc[out]);
        __syncthreads();
    }
    if (p0 + ty >= v.p() || q0 + tx >= v.q()) return;
#pragma unroll
    for (int out = 0; out < kChannels; ++out) y[v.output(image, k0 + out, p0 + ty, q0 + tx)] = acc[out];
}

// One thread an output, any shape and layout.
__global__ void conv_naive(dl::ConvShape v, const float* __restrict__ x, const float* __restrict__ f, float* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x, p = v.p(), q = v.q();
    if (i >= v.n * v.k * p * q) return;
    const int iq = i % q, ip = i / q % p, ik = i / (q * p) % v.k, image = i / (q * p * v.k);
    float sum = 0;
    for (int channel = 0; channel < v.c; ++channel)
        for (int ir = 0; ir < v.r; ++ir)
            for (int is = 0; is < v.s; ++is) {
                const int ih = ip * v.stride - v.pad + ir, iw = iq * v.stride - v.pad + is;
                if (ih >= 0 && ih < v.h && iw >= 0 && iw < v.w)
                    sum = fmaf(x[v.input(image, channel, ih, iw)], f[v.filter(ik, channel, ir, is)], sum);
            }
    y[v.output(image, ik, ip, iq)] = sum;
}

int main(int argc, char** argv) {
    workload::Run run("conv_direct_fwd", argc, argv);
    for (const int stride : {1, 2}) {
        const dl::ConvShape v{run.pick(1, 2, 8, 16),
                              run.pick(3, 6, 64, 64),
                              run.pick(21, 35, 56, 112),
                              run.pick(18, 40, 56, 112),
                              run.pick(8, 16, 64, 64),
                              3,
                              3,
                              stride,
                              1,
                              false};
        const auto x = dl::grid_vector<float>(run.random(), v.input_count(), 8, 0.125f),
                   f = dl::grid_vector<float>(run.random(), v.filter_count(), 8, 0.125f);
        workload::DeviceArray<float> dx(x), df(f), dy(v.output_count());
        const dim3 grid(workload::ceil_div(v.p(), kTile) * workload::ceil_div(v.q(), kTile), v.k / kChannels, v.n);
        const std::string label = "stride " + std::to_string(stride);
        run.launch((label + " tiled").c_str(), [&] {
            if (stride == 1) conv_tiled<1><<<grid, kTile * kTile>>>(v, dx, df, dy);
            else conv_tiled<2><<<grid, kTile * kTile>>>(v, dx, df, dy);
        });
        dl::check_forward(run, (label + " tiled").c_str(), v, dy.to_host(), x, f);
        dy.fill_bytes(0xff);
        run.launch((label + " naive").c_str(),
                   [&] { conv_naive<<<workload::ceil_div(static_cast<int>(v.output_count()), 128), 128>>>(v, dx, df, dy); });
        dl::check_forward(run, (label + " naive").c_str(), v, dy.to_host(), x, f);
    }
    return run.finish();
}
