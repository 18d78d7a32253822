// Rotary position embedding on bf16 queries and keys: the interleaved form (neighbouring pairs) with sines and cosines computed on the fly,
// the half-split form with a table, and the backward pass, which turns the other way and must undo the forward one. Stresses: MUFU.SIN, COS
// and EX2, range reduction of sinf and cosf, packed bf16 access.
#include "common/workload.hpp"
#include "dl/reference.hpp"

#include <cuda_bf16.h>

// Angle of pair i at a position: position * base^(-2 i / width).
__global__ void make_table(int length, int half_width, float log2_base, float2* __restrict__ table) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= length * half_width) return;
    const float angle =
        static_cast<float>(i / half_width) * exp2f(-log2_base * static_cast<float>(i % half_width) / static_cast<float>(half_width));
    float sine, cosine;
    sincosf(angle, &sine, &cosine);
    table[i] = make_float2(cosine, sine);
}

// x is [batch * length][heads][width]; pairs (2 i, 2 i + 1) turn. One thread a pair. Accurate sine and cosine of angles up to the length.
__global__ void rotate_interleaved(int count, int length, int heads, int half_width, float log2_base, const __nv_bfloat162* __restrict__ x,
                                   __nv_bfloat162* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const int pair = i % half_width, position = i / (half_width * heads) % length;
    const float angle = static_cast<float>(position) * exp2f(-log2_base * static_cast<float>(pair) / static_cast<float>(half_width));
    const float sine = sinf(angle), cosine = cosf(angle);
    const float2 v = __bfloat1622float2(x[i]);
    y[i] = __floats2bfloat162_rn(v.x * cosine - v.y * sine, v.x * sine + v.y * cosine);
}

// Pairs (i, i + width / 2) turn by the table's angle, backwards if direction is -1. One thread two neighbouring pairs.
__global__ void rotate_half(int count, int length, int heads, int half_width, float direction, const float2* __restrict__ table,
                            const __nv_bfloat16* __restrict__ x, __nv_bfloat16* __restrict__ y) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x; // one of count / 2 double pairs
    if (i >= count / 2) return;
    const int pair = i % (half_width / 2) * 2, row = i / (half_width / 2), position = row / heads % length;
    const size_t base = static_cast<size_t>(row) * 2 * half_width + pair;
    const float2 low = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(x + base)),
                 high = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(x + base + half_width));
    const float4 turns = *reinterpret_cast<const float4*>(table + static_cast<size_t>(position) * half_width + pair); // cos, sin, cos, sin
    const float s0 = turns.y * direction, s1 = turns.w * direction;
    *reinterpret_cast<__nv_bfloat162*>(y + base) = __floats2bfloat162_rn(low.x * turns.x - high.x * s0, low.y * turns.z - high.y * s1);
    *reinterpret_cast<__nv_bfloat162*>(y + base + half_width) =
        __floats2bfloat162_rn(low.x * s0 + high.x * turns.x, low.y * s1 + high.y * turns.z);
}

int main(int argc, char** argv) {
    workload::Run run("rope", argc, argv);
    const int batch = run.pick(1, 2, 2, 2), length = run.pick(40, 128, 2048, 4096), heads = run.pick(2, 8, 32, 32),
              half_width = run.pick(16, 32, 64, 64);
    const int count = batch * length * heads * half_width; // pairs
    const float log2_base = 13.2877124f;                   // log2(10000)
    std::vector<__nv_bfloat16> x(static_cast<size_t>(count) * 2);
    for (auto& v : x) v = __float2bfloat16(run.random().uniform(-2.0f, 2.0f));
    workload::DeviceArray<__nv_bfloat16> x_d(x), y_d(x.size()), back_d(x.size());
    workload::DeviceArray<float2> table_d(static_cast<size_t>(length) * half_width);

    // In double; the angle carries the float rounding of exponent and product, up to a few 1e-7 of the position.
    const auto turned = [&](size_t first, size_t second, int pair, int position, double& out0, double& out1) {
        const double angle = position * std::exp2(-static_cast<double>(log2_base) * pair / half_width), a = workload::to_double(x[first]),
                     b = workload::to_double(x[second]);
        out0 = a * std::cos(angle) - b * std::sin(angle);
        out1 = a * std::sin(angle) + b * std::cos(angle);
    };
    const workload::Tolerance tolerance{1e-5 + length * 2e-6, 1.0 / 250};
    std::vector<double> expected(x.size());
    for (int i = 0; i < count; ++i)
        turned(2 * static_cast<size_t>(i), 2 * static_cast<size_t>(i) + 1, i % half_width, i / (half_width * heads) % length,
               expected[2 * static_cast<size_t>(i)], expected[2 * static_cast<size_t>(i) + 1]);
    run.launch("interleaved", [&] {
        rotate_interleaved<<<workload::ceil_div(count, 256), 256>>>(count, length, heads, half_width, log2_base,
                                                                    reinterpret_cast<const __nv_bfloat162*>(x_d.get()),
                                                                    reinterpret_cast<__nv_bfloat162*>(y_d.get()));
    });
    run.check_close("interleaved", y_d.to_host(), expected, tolerance);

    for (int i = 0; i < count; ++i) {
        const size_t base = static_cast<size_t>(i / half_width) * 2 * half_width + i % half_width;
        turned(base, base + half_width, i % half_width, i / (half_width * heads) % length, expected[base], expected[base + half_width]);
    }
    run.launch("half", [&] {
        make_table<<<workload::ceil_div(length * half_width, 256), 256>>>(length, half_width, log2_base, table_d);
        rotate_half<<<workload::ceil_div(count / 2, 256), 256>>>(count, length, heads, half_width, 1.0f, table_d, x_d, y_d);
        rotate_half<<<workload::ceil_div(count / 2, 256), 256>>>(count, length, heads, half_width, -1.0f, table_d, y_d, back_d);
    });
    run.check_close("half", y_d.to_host(), expected, tolerance);
    run.check_close("half and back", back_d.to_host(), x, {0.02, 1.0 / 120}); // two roundings to bf16 of values up to 2.9
    return run.finish();
}
