// Convolution forward as an implicit matrix product on the tensor core, fp16 NHWC, fp32 accumulation, bias and ReLU in the epilogue: rows
// are output pixels, columns are filters, K runs over (filter row, filter column, channel). cp.async gathers the input with zero fill for
// the padding, so the im2col matrix never exists. Stresses: HMMA main loop fed by gathered LDGSTS with zero-fill, address arithmetic, LDSM.
#include "common/workload.hpp"
#include "dl/conv_reference.hpp"
#include "dl/gemm_tile.cuh"

using Gemm = dl::TileGemm<dl::MmaF16, 64, 64, 2, 2, 4>;

// Requires: NHWC, v.c divisible by 32, v.k even.
__global__ void __launch_bounds__(Gemm::kThreads) conv_forward(dl::ConvShape v, const __half* __restrict__ x, const __half* __restrict__ f,
                                                               const float* __restrict__ bias, __half* __restrict__ y) {
    extern __shared__ __align__(128) char shared[];
    const dl::Word base = dl::shared_address(shared);
    const int p = v.p(), q = v.q(), pixels = v.n * p * q, k_length = v.r * v.s * v.c;
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64;
    const int chunk = threadIdx.x & 3;

    // Each thread gathers 16 bytes of two fixed pixels at every stage.
    int first_h[2], first_w[2];
    const __half* image[2];
    bool exists[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
        const int pixel = m0 + (threadIdx.x >> 2) + i * 32;
        exists[i] = pixel < pixels;
        const int in = pixel / (p * q), rest = pixel % (p * q);
        first_h[i] = rest / q * v.stride - v.pad;
        first_w[i] = rest % q * v.stride - v.pad;
        image[i] = x + static_cast<size_t>(exists[i] ? in : 0) * v.h * v.w * v.c + chunk * 8;
    }
    int load_r = 0, load_s = 0, load_c = 0;
    const auto load = [&](int stage, int slot) {
        const dl::Word place = base + slot * Gemm::kStageBytes;
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            const int ih = first_h[i] + load_r, iw = first_w[i] + load_s;
            const bool inside = exists[i] && ih >= 0 && ih < v.h && iw >= 0 && iw < v.w;
            const __half* source = inside ? image[i] + (static_cast<size_t>(ih) * v.w + iw) * v.c + load_c : x;
            dl::cp_async_16(place + Gemm::chunk_offset((threadIdx.x >> 2) + i * 32, chunk), source, inside);
        }
        Gemm::load_operand<64>(place + 64 * Gemm::kRowBytes, f, k_length * 2ll, n0, v.k, stage * 64ll);
        load_c += 32;
        if (load_c == v.c) {
            load_c = 0;
            if (++load_s == v.s) load_s = 0, ++load_r;
        }
    };

    Gemm::Fragment acc = {};
    const int stages = k_length / 32;
#pragma unroll
    for (int s = 0; s < 3; ++s) {
        if (s < stages) load(s, s);
        dl::cp_async_commit();
    }
    for (int stage = 0; stage < stages; ++stage) {
        dl::cp_async_wait<2>();
        __syncthreads();
        if (stage + 3 < stages) load(stage + 3, (stage + 3) & 3);
        dl::cp_async_commit();
        Gemm::multiply_stage(acc, base + (stage & 3) * Gemm::kStageBytes);
    }
    Gemm::for_each_pair(acc, [&](int row, int column, float c0, float c1) {
        row += m0, column += n0;
        if (row >= pixels || column >= v.k) return;
        const __half2 value = __floats2half2_rn(fmaxf(c0 + bias[column], 0.0f), fmaxf(c1 + bias[column + 1], 0.0f));
        *reinterpret_cast<__half2*>(y + static_cast<size_t>(row) * v.k + column) = value;
    });
}

int main(int argc, char** argv) {
    workload::Run run("conv_implicit_fwd", argc, argv);
    dl::allow_shared(conv_forward, Gemm::kSharedBytes);
    struct Case {
        const char* label;
        int filter, stride, pad;
    };
    for (const Case& shape : {Case{"3x3", 3, 1, 1}, Case{"3x3 stride 2", 3, 2, 1}, Case{"1x1", 1, 1, 0}}) {
        const dl::ConvShape v{run.pick(1, 2, 8, 32),
                              run.pick(32, 64, 128, 128),
                              run.pick(9, 15, 56, 56),
                              run.pick(11, 14, 56, 56),
                              run.pick(48, 96, 128, 128),
                              shape.filter,
                              shape.filter,
                              shape.stride,
                              shape.pad,
                              true};
        const auto x = dl::grid_vector<__half>(run.random(), v.input_count(), 4, 0.25f),
                   f = dl::grid_vector<__half>(run.random(), v.filter_count(), 4, 0.25f);
        const auto bias = dl::grid_vector<float>(run.random(), v.k, 8, 0.25f);
        workload::DeviceArray<__half> dx(x), df(f), dy(v.output_count());
        workload::DeviceArray<float> dbias(bias);
        const dim3 grid(workload::ceil_div(v.k, 64), workload::ceil_div(v.n * v.p() * v.q(), 64));
        run.launch(shape.label, [&] { conv_forward<<<grid, Gemm::kThreads, Gemm::kSharedBytes>>>(v, dx, df, dbias, dy); });
        const auto fx = dl::to_floats(x), ff = dl::to_floats(f);
        dl::check_places(run, shape.label, dy.to_host(), 2000, {}, [&](size_t i) {
            const dl::Index4 o(i, v.k, v.p(), v.q(), true);
            const double sum = dl::conv_forward_at(v, fx, ff, o.outer, o.channel, o.row, o.column);
            return __half2float(__float2half(static_cast<float>(std::max(sum + bias[o.channel], 0.0))));
        });
    }
    return run.finish();
}
