// Filter gradient of a convolution as an implicit matrix product, fp16 NHWC, fp32 result: for one filter place (r, s), rows are filters,
// columns are channels and K runs over the output pixels, which are split over CTAs that add with atomics. Both operands lie with K
// outermost and are transposed by ldmatrix. Stresses: LDSM.T for A and B, split-K with RED.ADD.F32, gathered LDGSTS.
#include "common/workload.hpp"
#include "dl/conv_reference.hpp"
#include "dl/tensor_core.cuh"

constexpr int kThreads = 128, kPixels = 32, kBytes = kPixels * 128; // a stage: 32 pixels x 64 channels of each operand

__device__ __forceinline__ int offset(int row, int chunk) { return row * 128 + ((chunk ^ (row & 7)) << 4); }

// Grid: (channel blocks * r * s, filter blocks, parts). Adds into df (K R S C). Requires: NHWC, v.c and v.k divisible by 8, df zeroed.
__global__ void __launch_bounds__(kThreads)
    conv_wgrad(dl::ConvShape v, const __half* __restrict__ x, const __half* __restrict__ dy, float* df) {
    __shared__ __align__(128) char shared[2][2 * kBytes];
    const int p = v.p(), q = v.q(), pixels = v.n * p * q;
    const int rs = blockIdx.x % (v.r * v.s), ir = rs / v.s, is = rs % v.s;
    const int n0 = blockIdx.x / (v.r * v.s) * 64, m0 = blockIdx.y * 64;
    const int tid = threadIdx.x, lane = tid & 31, warp = tid >> 5, warp_m = (warp >> 1) * 32, warp_n = (warp & 1) * 32;
    const int stages_all = (pixels + kPixels - 1) / kPixels;
    const int first = stages_all * blockIdx.z / gridDim.z, last = stages_all * (blockIdx.z + 1) / gridDim.z;

    const auto load = [&](int stage, int slot) {
        const dl::Word place = dl::shared_address(shared[slot]);
        const int chunk = tid & 7;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int row = (tid >> 3) + i * 16, pixel = stage * kPixels + row;
            const bool exists = pixel < pixels, filter_valid = exists && m0 + chunk * 8 < v.k;
            dl::cp_async_16(place + offset(row, chunk), filter_valid ? dy + static_cast<size_t>(pixel) * v.k + m0 + chunk * 8 : dy,
                            filter_valid);
            const int image = pixel / (p * q), ih = pixel / q % p * v.stride - v.pad + ir, iw = pixel % q * v.stride - v.pad + is;
            const bool inside = exists && n0 + chunk * 8 < v.c && ih >= 0 && ih < v.h && iw >= 0 && iw < v.w;
            const __half* source = inside ? x + ((static_cast<size_t>(image) * v.h + ih) * v.w + iw) * v.c + n0 + chunk * 8 : x;
            dl::cp_async_16(place + kBytes + offset(row, chunk), source, inside);
        }
        dl::cp_async_commit();
    };

    float acc[2][4][4] = {};
    if (first < last) load(first, 0);
    for (int stage = first; stage < last; ++stage) {
        const int slot = (stage - first) & 1;
        if (stage + 1 < last) {
            load(stage + 1, slot ^ 1);
            dl::cp_async_wait<1>();
        } else {
            dl::cp_async_wait<0>();
        }
        __syncthreads();
        const dl::Word place_a = dl::shared_address(shared[slot]), place_b = place_a + kBytes;
#pragma unroll
        for (int step = 0; step < kPixels / 16; ++step) {
            dl::Word fa[2][4], fb[4][2];
#pragma unroll
            for (int i = 0; i < 2; ++i) { // matrices: filters 0-7, 8-15 of pixels 0-7, then of pixels 8-15
                const int row = step * 16 + (lane & 7) + ((lane >> 4) << 3), chunk = (warp_m + i * 16) / 8 + ((lane >> 3) & 1);
                dl::ldmatrix_x4_trans(fa[i], place_a + offset(row, chunk));
            }
#pragma unroll
            for (int j = 0; j < 4; j += 2) {
                dl::Word both[4];
                dl::ldmatrix_x4_trans(both, place_b + offset(step * 16 + (lane & 15), (warp_n + j * 8) / 8 + (lane >> 4)));
                fb[j][0] = both[0], fb[j][1] = both[1];
                fb[j + 1][0] = both[2], fb[j + 1][1] = both[3];
            }
#pragma unroll
            for (int i = 0; i < 2; ++i)
#pragma unroll
                for (int j = 0; j < 4; ++j) dl::mma_f16(acc[i][j], fa[i], fb[j]);
        }
        __syncthreads();
    }
#pragma unroll
    for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j)
#pragma unroll
            for (int e = 0; e < 4; ++e) {
                const int ik = m0 + warp_m + i * 16 + (e >> 1) * 8 + (lane >> 2), ic = n0 + warp_n + j * 8 + (lane & 3) * 2 + (e & 1);
                if (ik < v.k && ic < v.c) atomicAdd(df + ((static_cast<size_t>(ik) * v.r + ir) * v.s + is) * v.c + ic, acc[i][j][e]);
            }
}

int main(int argc, char** argv) {
    workload::Run run("conv_implicit_wgrad", argc, argv);
    for (const int stride : {1, 2}) {
        const dl::ConvShape v{run.pick(1, 3, 8, 32),
                              run.pick(24, 64, 128, 128),
                              run.pick(9, 14, 56, 56),
                              run.pick(10, 15, 56, 56),
                              run.pick(40, 72, 128, 128),
                              3,
                              3,
                              stride,
                              1,
                              true};
        const int parts = run.pick(2, 4, 16, 32);
        const auto x = dl::grid_vector<__half>(run.random(), v.input_count(), 4, 0.25f),
                   dy = dl::grid_vector<__half>(run.random(), v.output_count(), 4, 0.25f);
        workload::DeviceArray<__half> x_d(x), dy_d(dy);
        workload::DeviceArray<float> df_d(v.filter_count());
        const std::string label = "stride " + std::to_string(stride);
        const dim3 grid(workload::ceil_div(v.c, 64) * v.r * v.s, workload::ceil_div(v.k, 64), parts);
        run.launch(label.c_str(), [&] {
            df_d.fill_bytes(0);
            conv_wgrad<<<grid, kThreads>>>(v, x_d, dy_d, df_d);
        });
        dl::check_wgrad(run, label.c_str(), v, df_d.to_host(), dl::to_floats(x), dl::to_floats(dy));
    }
    return run.finish();
}
