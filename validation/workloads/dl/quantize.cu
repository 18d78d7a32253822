// Quantisation and its reverse, the way inference engines do it: int8 with one scale a row (symmetric), fp8 e4m3 with one scale a tensor
// found by an atomic maximum, and 4-bit with scale and minimum for each group of 64 (asymmetric), eight numbers a word. Stresses: F2I and
// I2F, F2FP.SATFINITE.E4M3, PRMT packing, shuffles, atomicMax on float bits.
#include "common/workload.hpp"
#include "dl/reduce.cuh"
#include "dl/reference.hpp"

#include <cuda_bf16.h>
#include <cuda_fp8.h>

// One CTA a row. q = round(x * 127 / max|x|), four a thread and step. Requires: columns divisible by 4.
__global__ void __launch_bounds__(128)
    to_int8(int columns, const float4* __restrict__ x, char4* __restrict__ q, float* __restrict__ scales) {
    const size_t base = static_cast<size_t>(blockIdx.x) * (columns / 4);
    float largest = 0;
    for (int i = threadIdx.x; i < columns / 4; i += 128) {
        const float4 v = x[base + i];
        largest = fmaxf(fmaxf(largest, fmaxf(fabsf(v.x), fabsf(v.y))), fmaxf(fabsf(v.z), fabsf(v.w)));
    }
    largest = dl::block_reduce<dl::Max, 128>(largest);
    const float inverse = largest > 0 ? 127.0f / largest : 0.0f;
    for (int i = threadIdx.x; i < columns / 4; i += 128) {
        const float4 v = x[base + i];
        q[base + i] =
            make_char4(static_cast<signed char>(__float2int_rn(v.x * inverse)), static_cast<signed char>(__float2int_rn(v.y * inverse)),
                       static_cast<signed char>(__float2int_rn(v.z * inverse)), static_cast<signed char>(__float2int_rn(v.w * inverse)));
    }
    if (threadIdx.x == 0) scales[blockIdx.x] = largest / 127.0f;
}
__global__ void from_int8(int count, int columns, const char4* __restrict__ q, const float* __restrict__ scales, float4* __restrict__ x) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count / 4) return;
    const float scale = scales[i * 4 / columns];
    const char4 v = q[i];
    x[i] = make_float4(static_cast<float>(v.x) * scale, static_cast<float>(v.y) * scale, static_cast<float>(v.z) * scale,
                       static_cast<float>(v.w) * scale);
}

// *bits becomes the largest bit pattern of any |x|: for floats without sign the order of the bits is the order of the numbers.
__global__ void __launch_bounds__(256) largest_magnitude(int count, const __nv_bfloat16* __restrict__ x, unsigned* bits) {
    float largest = 0;
    for (int i = blockIdx.x * 256 + threadIdx.x; i < count; i += gridDim.x * 256) largest = fmaxf(largest, fabsf(__bfloat162float(x[i])));
    largest = dl::block_reduce<dl::Max, 256>(largest);
    if (threadIdx.x == 0) atomicMax(bits, __float_as_uint(largest));
}
// Eight bf16 to eight fp8 a thread. Requires: count divisible by 8.
__global__ void to_fp8(int count, const uint4* __restrict__ x, const unsigned* __restrict__ bits, uint2* __restrict__ q) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count / 8) return;
    const float scale = 448.0f / __uint_as_float(*bits);
    const uint4 v = x[i];
    const __nv_bfloat162* pairs = reinterpret_cast<const __nv_bfloat162*>(&v);
    unsigned packed[2];
#pragma unroll
    for (int e = 0; e < 2; ++e) {
        float2 low = __bfloat1622float2(pairs[2 * e]), high = __bfloat1622float2(pairs[2 * e + 1]);
        low.x *= scale, low.y *= scale, high.x *= scale, high.y *= scale;
        const unsigned a = __nv_cvt_float2_to_fp8x2(low, __NV_SATFINITE, __NV_E4M3),
                       b = __nv_cvt_float2_to_fp8x2(high, __NV_SATFINITE, __NV_E4M3);
        packed[e] = a | b << 16;
    }
    q[i] = make_uint2(packed[0], packed[1]);
}
__global__ void from_fp8(int count, const __nv_fp8x2_storage_t* __restrict__ q, const unsigned* __restrict__ bits,
                         __nv_bfloat162* __restrict__ x) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count / 2) return;
    const float scale = __uint_as_float(*bits) / 448.0f;
    const __half2 pair = __half2(__nv_cvt_fp8x2_to_halfraw2(q[i], __NV_E4M3));
    const float2 f = __half22float2(pair);
    x[i] = __floats2bfloat162_rn(f.x * scale, f.y * scale);
}

// One group of 64 for eight lanes, eight neighbouring numbers a lane. step = (max - min) / 15, q = round((x - min) / step). Requires: count
// divisible by 256.
__global__ void __launch_bounds__(128)
    to_int4(int count, const float4* __restrict__ x, unsigned* __restrict__ q, float2* __restrict__ step_min) {
    const int i = blockIdx.x * 128 + threadIdx.x; // of count / 8 words
    if (i >= count / 8) return;
    const float4 a = x[2 * i], b = x[2 * i + 1];
    const float v[8] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w};
    float low = v[0], high = v[0];
#pragma unroll
    for (int e = 1; e < 8; ++e) low = fminf(low, v[e]), high = fmaxf(high, v[e]);
    high = dl::warp_reduce<dl::Max, 8>(high);
    low = -dl::warp_reduce<dl::Max, 8>(-low);
    const float inverse = high > low ? 15.0f / (high - low) : 0.0f;
    unsigned word = 0;
#pragma unroll
    for (int e = 0; e < 8; ++e) word |= static_cast<unsigned>(__float2int_rn((v[e] - low) * inverse)) << (4 * e);
    q[i] = word;
    if (threadIdx.x % 8 == 0) step_min[i / 8] = make_float2((high - low) / 15.0f, low);
}
__global__ void from_int4(int count, const unsigned* __restrict__ q, const float2* __restrict__ step_min, float4* __restrict__ x) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count / 8) return;
    const unsigned word = q[i];
    const float2 sm = __ldg(step_min + i / 8);
    float v[8];
#pragma unroll
    for (int e = 0; e < 8; ++e) v[e] = fmaf(static_cast<float>(word >> (4 * e) & 15u), sm.x, sm.y);
    x[2 * i] = make_float4(v[0], v[1], v[2], v[3]);
    x[2 * i + 1] = make_float4(v[4], v[5], v[6], v[7]);
}

int main(int argc, char** argv) {
    workload::Run run("quantize", argc, argv);
    const int rows = run.pick(6, 60, 4096, 8192), columns = run.pick(512, 1024, 2048, 4096), count = rows * columns;
    const auto x = run.random().uniform_vector<float>(count, -3, 2);
    workload::DeviceArray<float> x_d(x), back_d(count), scales_d(rows);
    const auto* in = reinterpret_cast<const float4*>(x_d.get());
    auto* out = reinterpret_cast<float4*>(back_d.get());
    const auto blocks = [](int items) { return workload::ceil_div(items, 256); };

    workload::DeviceArray<signed char> q8_d(count);
    run.launch("int8", [&] {
        to_int8<<<rows, 128>>>(columns, in, reinterpret_cast<char4*>(q8_d.get()), scales_d);
        from_int8<<<blocks(count / 4), 256>>>(count, columns, reinterpret_cast<const char4*>(q8_d.get()), scales_d, out);
    });
    std::vector<signed char> q8(count);
    std::vector<float> back(count);
    for (int row = 0; row < rows; ++row) {
        float largest = 0;
        for (int i = 0; i < columns; ++i) largest = std::max(largest, std::fabs(x[static_cast<size_t>(row) * columns + i]));
        for (int i = 0; i < columns; ++i) {
            const size_t place = static_cast<size_t>(row) * columns + i;
            q8[place] = static_cast<signed char>(std::nearbyint(x[place] * (127.0f / largest)));
            back[place] = static_cast<float>(q8[place]) * (largest / 127.0f);
        }
    }
    run.check_equal("int8", q8_d.to_host(), q8);
    run.check_equal("int8 and back", back_d.to_host(), back);

    std::vector<__nv_bfloat16> half(count), half_back(count);
    float largest = 0;
    for (int i = 0; i < count; ++i) {
        half[i] = __float2bfloat16(x[i]);
        largest = std::max(largest, std::fabs(static_cast<float>(half[i])));
    }
    workload::DeviceArray<__nv_bfloat16> half_d(half), half_back_d(count);
    workload::DeviceArray<std::uint8_t> fp8_d(count);
    workload::DeviceArray<unsigned> bits_d(1);
    run.launch("fp8", [&] {
        bits_d.fill_bytes(0);
        largest_magnitude<<<std::min(blocks(count), 264), 256>>>(count, half_d, bits_d);
        to_fp8<<<blocks(count / 8), 256>>>(count, reinterpret_cast<const uint4*>(half_d.get()), bits_d,
                                           reinterpret_cast<uint2*>(fp8_d.get()));
        from_fp8<<<blocks(count / 2), 256>>>(count, reinterpret_cast<const __nv_fp8x2_storage_t*>(fp8_d.get()), bits_d,
                                             reinterpret_cast<__nv_bfloat162*>(half_back_d.get()));
    });
    std::vector<std::uint8_t> fp8(count);
    for (int i = 0; i < count; ++i) {
        const __nv_fp8_e4m3 converted(static_cast<float>(half[i]) * (448.0f / largest));
        fp8[i] = converted.__x;
        half_back[i] = __float2bfloat16(static_cast<float>(converted) * (largest / 448.0f));
    }
    run.check_equal("fp8", fp8_d.to_host(), fp8);
    run.check_equal("fp8 and back", half_back_d.to_host(), half_back);

    workload::DeviceArray<unsigned> q4_d(count / 8);
    workload::DeviceArray<float2> step_min_d(count / 64);
    run.launch("int4", [&] {
        to_int4<<<workload::ceil_div(count / 8, 128), 128>>>(count, in, q4_d, step_min_d);
        from_int4<<<blocks(count / 8), 256>>>(count, q4_d, step_min_d, out);
    });
    std::vector<unsigned> q4(count / 8, 0);
    for (int group = 0; group < count / 64; ++group) {
        const auto first = x.begin() + static_cast<long>(group) * 64;
        const float low = *std::min_element(first, first + 64), high = *std::max_element(first, first + 64), step = (high - low) / 15.0f,
                    inverse = 15.0f / (high - low);
        for (int i = group * 64; i < group * 64 + 64; ++i) {
            const auto q = static_cast<unsigned>(std::nearbyint((x[i] - low) * inverse));
            q4[i / 8] |= q << (i % 8 * 4);
            back[i] = std::fmaf(static_cast<float>(q), step, low);
        }
    }
    run.check_equal("int4", q4_d.to_host(), q4);
    run.check_equal("int4 and back", back_d.to_host(), back);
    return run.finish();
}
