// Direct convolution backward, fp32, NCHW: the data gradient gathers (one thread an input element, divisibility tests for the stride), the
// filter gradient gives one CTA each (filter, channel) pair, nine partial sums a thread, reduced over the CTA by shuffles. Stresses:
// integer division and modulo, divergent inner conditions, strided reads, CTA reduction.
#include "common/workload.hpp"
#include "dl/conv_reference.hpp"

__global__ void conv_dgrad(dl::ConvShape v, const float* __restrict__ dy, const float* __restrict__ f, float* __restrict__ dx) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= v.n * v.c * v.h * v.w) return;
    const int iw = i % v.w, ih = i / v.w % v.h, ic = i / (v.w * v.h) % v.c, image = i / (v.w * v.h * v.c);
    const int p = v.p(), q = v.q();
    float sum = 0;
    for (int ir = 0; ir < v.r; ++ir) {
        const int up = ih + v.pad - ir;
        if (up < 0 || up % v.stride != 0 || up / v.stride >= p) continue;
        for (int is = 0; is < v.s; ++is) {
            const int uq = iw + v.pad - is;
            if (uq < 0 || uq % v.stride != 0 || uq / v.stride >= q) continue;
            for (int ik = 0; ik < v.k; ++ik)
                sum = fmaf(dy[v.output(image, ik, up / v.stride, uq / v.stride)], f[v.filter(ik, ic, ir, is)], sum);
        }
    }
    dx[i] = sum;
}

// CTA (ik, ic). Requires: v.r == v.s == 3, 128 threads.
__global__ void __launch_bounds__(128)
    conv_wgrad(dl::ConvShape v, const float* __restrict__ x, const float* __restrict__ dy, float* __restrict__ df) {
    __shared__ float partial[4][9];
    const int ik = blockIdx.x, ic = blockIdx.y, p = v.p(), q = v.q();
    float sums[9] = {};
    for (int i = threadIdx.x; i < v.n * p * q; i += 128) {
        const int iq = i % q, ip = i / q % p, image = i / (q * p);
        const float gradient = dy[v.output(image, ik, ip, iq)];
#pragma unroll
        for (int e = 0; e < 9; ++e) {
            const int ih = ip * v.stride - v.pad + e / 3, iw = iq * v.stride - v.pad + e % 3;
            if (ih >= 0 && ih < v.h && iw >= 0 && iw < v.w) sums[e] = fmaf(x[v.input(image, ic, ih, iw)], gradient, sums[e]);
        }
    }
#pragma unroll
    for (int e = 0; e < 9; ++e) {
#pragma unroll
        for (int offset = 16; offset > 0; offset >>= 1) sums[e] += __shfl_xor_sync(0xffffffffu, sums[e], offset);
        if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32][e] = sums[e];
    }
    __syncthreads();
    if (threadIdx.x < 9) {
        const int e = threadIdx.x;
        df[v.filter(ik, ic, 0, 0) + e] = (partial[0][e] + partial[1][e]) + (partial[2][e] + partial[3][e]);
    }
}

int main(int argc, char** argv) {
    workload::Run run("conv_direct_bwd", argc, argv);
    for (const int stride : {1, 2}) {
        const dl::ConvShape v{run.pick(2, 3, 8, 16),
                              run.pick(3, 8, 64, 64),
                              run.pick(13, 28, 56, 56),
                              run.pick(14, 30, 56, 56),
                              run.pick(6, 12, 64, 64),
                              3,
                              3,
                              stride,
                              1,
                              false};
        const auto x = dl::grid_vector<float>(run.random(), v.input_count(), 8, 0.125f),
                   f = dl::grid_vector<float>(run.random(), v.filter_count(), 8, 0.125f);
        const auto dy = dl::grid_vector<float>(run.random(), v.output_count(), 8, 0.125f);
        workload::DeviceArray<float> x_d(x), f_d(f), dy_d(dy), dx_d(v.input_count()), df_d(v.filter_count());
        const std::string label = "stride " + std::to_string(stride);
        run.launch((label + " dgrad").c_str(),
                   [&] { conv_dgrad<<<workload::ceil_div(static_cast<int>(v.input_count()), 128), 128>>>(v, dy_d, f_d, dx_d); });
        dl::check_dgrad(run, (label + " dgrad").c_str(), v, dx_d.to_host(), dy, f);
        run.launch((label + " wgrad").c_str(), [&] { conv_wgrad<<<dim3(v.k, v.c), 128>>>(v, x_d, dy_d, df_d); });
        dl::check_wgrad(run, (label + " wgrad").c_str(), v, df_d.to_host(), x, dy);
    }
    return run.finish();
}
