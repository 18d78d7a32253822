// Data gradient of a convolution as an implicit matrix product, fp16 NHWC, fp32 result: rows are input pixels, columns are input channels,
// K runs over (filter row, filter column, filter). The gathered operand is the output gradient (with holes for stride 2), the filters are
// read as they lie (K R S C) and transposed by ldmatrix. Stresses: HMMA with LDSM.T, gathered LDGSTS with zero fill, divisibility tests.
#include "common/workload.hpp"
#include "dl/conv_reference.hpp"
#include "dl/tensor_core.cuh"

constexpr int kThreads = 128, kStages = 3;
constexpr int kBytesA = 64 * 64, kBytesB = 32 * 128, kStageBytes = kBytesA + kBytesB; // 64 pixels x 32 filters, 32 filters x 64 channels

__device__ __forceinline__ int offset_a(int row, int chunk) { return row * 64 + ((chunk ^ ((row >> 1) & 3)) << 4); }
__device__ __forceinline__ int offset_b(int row, int chunk) { return row * 128 + ((chunk ^ (row & 7)) << 4); }

// Requires: NHWC, v.k divisible by 32, v.c by 8.
__global__ void __launch_bounds__(kThreads)
    conv_dgrad(dl::ConvShape v, const __half* __restrict__ dy, const __half* __restrict__ f, float* __restrict__ dx) {
    __shared__ __align__(128) char shared[kStages * kStageBytes];
    const dl::Word base = dl::shared_address(shared);
    const int p = v.p(), q = v.q(), pixels = v.n * v.h * v.w;
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64;
    const int tid = threadIdx.x, lane = tid & 31, warp = tid >> 5;

    int image[2], ih[2], iw[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
        const int pixel = m0 + (tid >> 2) + i * 32;
        image[i] = pixel < pixels ? pixel / (v.h * v.w) : -1;
        ih[i] = pixel / v.w % v.h + v.pad;
        iw[i] = pixel % v.w + v.pad;
    }
    const int blocks_k = v.k / 32, stages = v.r * v.s * blocks_k;
    const auto load = [&](int stage, int slot) {
        const int k0 = stage % blocks_k * 32, rs = stage / blocks_k, ir = rs / v.s, is = rs % v.s;
        const dl::Word place = base + slot * kStageBytes;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int up = ih[i] - ir, uq = iw[i] - is, ip = up / v.stride, iq = uq / v.stride;
            const bool valid = image[i] >= 0 && up >= 0 && uq >= 0 && ip * v.stride == up && iq * v.stride == uq && ip < p && iq < q;
            const __half* source = valid ? dy + ((static_cast<size_t>(image[i]) * p + ip) * q + iq) * v.k + k0 + (tid & 3) * 8 : dy;
            dl::cp_async_16(place + offset_a((tid >> 2) + i * 32, tid & 3), source, valid);
        }
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int row = (tid >> 3) + i * 16, chunk = tid & 7, channel = n0 + chunk * 8;
            const bool valid = channel < v.c;
            const __half* source = valid ? f + ((static_cast<size_t>(k0 + row) * v.r + ir) * v.s + is) * v.c + channel : f;
            dl::cp_async_16(place + kBytesA + offset_b(row, chunk), source, valid);
        }
    };

    float acc[2][4][4] = {};
    const int warp_m = (warp >> 1) * 32, warp_n = (warp & 1) * 32;
#pragma unroll
    for (int s = 0; s < kStages - 1; ++s) {
        if (s < stages) load(s, s);
        dl::cp_async_commit();
    }
    for (int stage = 0; stage < stages; ++stage) {
        dl::cp_async_wait<kStages - 2>();
        __syncthreads();
        if (stage + kStages - 1 < stages) load(stage + kStages - 1, (stage + kStages - 1) % kStages);
        dl::cp_async_commit();
        const dl::Word place_a = base + stage % kStages * kStageBytes, place_b = place_a + kBytesA;
#pragma unroll
        for (int step = 0; step < 2; ++step) {
            dl::Word fa[2][4], fb[4][2];
#pragma unroll
            for (int i = 0; i < 2; ++i) dl::ldmatrix_x4(fa[i], place_a + offset_a(warp_m + i * 16 + (lane & 15), step * 2 + (lane >> 4)));
#pragma unroll
            for (int j = 0; j < 4; j += 2) {
                dl::Word both[4];
                dl::ldmatrix_x4_trans(both, place_b + offset_b(step * 16 + (lane & 15), (warp_n + j * 8) / 8 + (lane >> 4)));
                fb[j][0] = both[0], fb[j][1] = both[1];
                fb[j + 1][0] = both[2], fb[j + 1][1] = both[3];
            }
#pragma unroll
            for (int i = 0; i < 2; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) dl::mma_f16(acc[i][j], fa[i], fb[j]);
        }
    }
#pragma unroll
    for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const int row = m0 + warp_m + i * 16 + half * 8 + (lane >> 2), column = n0 + warp_n + j * 8 + (lane & 3) * 2;
                if (row >= pixels || column >= v.c) continue;
                *reinterpret_cast<float2*>(dx + static_cast<size_t>(row) * v.c + column) =
                    make_float2(acc[i][j][half * 2], acc[i][j][half * 2 + 1]);
            }
}

int main(int argc, char** argv) {
    workload::Run run("conv_implicit_dgrad", argc, argv);
    for (const int stride : {1, 2}) {
        const dl::ConvShape v{run.pick(1, 2, 8, 32),
                              run.pick(24, 72, 128, 128),
                              run.pick(9, 14, 56, 56),
                              run.pick(10, 15, 56, 56),
                              run.pick(32, 64, 128, 128),
                              3,
                              3,
                              stride,
                              1,
                              true};
        const auto dy = dl::grid_vector<__half>(run.random(), v.output_count(), 4, 0.25f),
                   f = dl::grid_vector<__half>(run.random(), v.filter_count(), 4, 0.25f);
        workload::DeviceArray<__half> dy_d(dy), f_d(f);
        workload::DeviceArray<float> dx_d(v.input_count());
        const std::string label = "stride " + std::to_string(stride);
        const dim3 grid(workload::ceil_div(v.c, 64), workload::ceil_div(v.n * v.h * v.w, 64));
        run.launch(label.c_str(), [&] { conv_dgrad<<<grid, kThreads>>>(v, dy_d, f_d, dx_d); });
        dl::check_dgrad(run, label.c_str(), v, dx_d.to_host(), dl::to_floats(dy), dl::to_floats(f));
    }
    return run.finish();
}
