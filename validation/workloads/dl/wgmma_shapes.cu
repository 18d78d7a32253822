// wgmma type by type at N = 64: one warpgroup, one 64 x 64 product over 128 bytes of K, operands as raw bytes in the 128-byte swizzle:
// bf16, fp16 with both accumulator kinds, tf32, both fp8 pairs, signed and unsigned times signed bytes. An accumulator that is not zero at
// the start is added to. Stresses: HGMMA, QGMMA and IGMMA at N = 64, scale-d, bit patterns of every input type.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/wgmma_gemm.cuh"

#include <cuda_fp8.h>

// Problem i: C_i (64 x 64, row-major) = A_i * B_i^T + start, A_i and B_i 64 rows of 128 bytes. fp16 accumulators come out as floats.
template <typename Type, typename Register>
__global__ void __launch_bounds__(128)
    multiply(Register start, const uint4* __restrict__ a, const uint4* __restrict__ b, float* __restrict__ c) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(1024) char shared_a[64 * 128];
    __shared__ __align__(1024) char shared_b[64 * 128];
    for (int i = threadIdx.x; i < 64 * 8; i += 128) {
        *reinterpret_cast<uint4*>(shared_a + dl::swizzle_128(i / 8, i % 8 * 16)) = a[blockIdx.x * 512 + i];
        *reinterpret_cast<uint4*>(shared_b + dl::swizzle_128(i / 8, i % 8 * 16)) = b[blockIdx.x * 512 + i];
    }
    dl::fence_async_shared();
    __syncthreads();
    constexpr bool kPacked = std::is_same_v<Type, dl::F16Acc16>;
    constexpr int kRegisters = kPacked ? 16 : 32;
    Register acc[kRegisters];
#pragma unroll
    for (int i = 0; i < kRegisters; ++i) acc[i] = start;
    dl::keep_in_place(acc);
    dl::wgmma_fence();
#pragma unroll
    for (int step = 0; step < 4; ++step)
        dl::wgmma<Type>(acc, dl::descriptor_128(dl::shared_address(shared_a)) + step * 2,
                        dl::descriptor_128(dl::shared_address(shared_b)) + step * 2, 1);
    dl::wgmma_commit();
    dl::wgmma_wait<0>();
    float* tile = c + static_cast<size_t>(blockIdx.x) * 64 * 64;
    const int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4, column = threadIdx.x % 4 * 2;
#pragma unroll
    for (int i = 0; i < 32; ++i) {
        float value;
        if constexpr (kPacked) value = __half2float(__ushort_as_half(static_cast<unsigned short>(acc[i / 2] >> (i % 2 * 16))));
        else value = static_cast<float>(acc[i]);
        tile[(row + i % 4 / 2 * 8) * 64 + column + i / 4 * 8 + i % 2] = value;
    }
#endif
}

// `bits` gives the bit pattern of a whole number as an element of kBytes bytes; numbers are in [low, high] for A and [-high, high] for B.
template <typename Type, typename Register, int kBytes, typename BitsA, typename BitsB>
void test(workload::Run& run, const char* label, Register start, float start_value, int low, int high, BitsA&& bits_a, BitsB&& bits_b) {
    constexpr int kDepth = 128 / kBytes;
    const int problems = run.pick(2, 10, 1000, 10000);
    const auto a = run.random().integer_vector<float>(static_cast<size_t>(problems) * 64 * kDepth, low, high),
               b = run.random().integer_vector<float>(a.size(), -high, high);
    const auto pack = [](const std::vector<float>& values, auto&& bits) {
        std::vector<uint4> packed(values.size() * kBytes / 16);
        for (size_t i = 0; i < values.size(); ++i) {
            const std::uint32_t pattern = bits(values[i]);
            std::memcpy(reinterpret_cast<char*>(packed.data()) + i * kBytes, &pattern, kBytes);
        }
        return packed;
    };
    workload::DeviceArray<uint4> a_d(pack(a, bits_a)), b_d(pack(b, bits_b));
    workload::DeviceArray<float> c_d(static_cast<size_t>(problems) * 64 * 64);
    run.launch(label, [&] { multiply<Type, Register><<<problems, 128>>>(start, a_d, b_d, c_d); });
    std::vector<float> expected;
    for (int i = 0; i < problems * 64; ++i)
        for (int j = 0; j < 64; ++j) {
            const float *x = a.data() + static_cast<size_t>(i) * kDepth, *y = b.data() + (static_cast<size_t>(i / 64) * 64 + j) * kDepth;
            float sum = start_value;
            for (int l = 0; l < kDepth; ++l) sum += x[l] * y[l];
            expected.push_back(sum);
        }
    run.check_close(label, c_d.to_host(), expected, {});
}

int main(int argc, char** argv) {
    workload::Run run("wgmma_shapes", argc, argv);
    run.needs_sm90a();
    const auto half = [](float x) { return std::uint32_t(__half_as_ushort(__float2half(x))); };
    const auto bf16 = [](float x) { return std::uint32_t(__bfloat16_as_ushort(__float2bfloat16(x))); };
    const auto single = [](float x) {
        std::uint32_t bits;
        std::memcpy(&bits, &x, 4);
        return bits;
    };
    const auto e4m3 = [](float x) { return std::uint32_t(__nv_fp8_e4m3(x).__x); };
    const auto e5m2 = [](float x) { return std::uint32_t(__nv_fp8_e5m2(x).__x); };
    const auto byte = [](float x) { return static_cast<std::uint32_t>(static_cast<int>(x)); };
    test<dl::Bf16, float, 2>(run, "bf16", 0.5f, 0.5f, -100, 100, bf16, bf16);
    test<dl::F16, float, 2>(run, "f16", 0.5f, 0.5f, -100, 100, half, half);
    test<dl::F16Acc16, dl::Word, 2>(run, "f16 accumulators", dl::Word(0x42004200), 3.0f, -4, 4, half, half);
    test<dl::Tf32, float, 4>(run, "tf32", 0.25f, 0.25f, -500, 500, single, single);
    test<dl::E4m3, float, 1>(run, "e4m3", 2.0f, 2.0f, -4, 4, e4m3, e4m3);
    test<dl::E5m2E4m3, float, 1>(run, "e5m2 e4m3", 2.0f, 2.0f, -4, 4, e5m2, e4m3);
    test<dl::S8, int, 1>(run, "s8", -11, -11.0f, -127, 127, byte, byte);
    test<dl::U8S8, int, 1>(run, "u8 s8", -11, -11.0f, 0, 127, byte, byte);
    return run.finish();
}
