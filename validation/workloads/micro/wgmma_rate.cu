// Rate of the warpgroup's tensor-core instruction (wgmma) by width N and type, A from shared memory or from registers; one warpgroup or
// two. Needs sm_90a. A and B hold ones everywhere, so every element of D counts K products a step, whatever the layout: the descriptors
// need only point into the buffer.
#include "common/measure.hpp"

constexpr int kBufferBytes = 64 << 10, kUnroll = 4;

// Operand numbers of the accumulators, and their constraints.
#define LIST_4 "%0, %1, %2, %3"
#define LIST_16 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15"
#define LIST_32                                                                                                                            \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                                                               \
    "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define LIST_64                                                                                                                            \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                                                               \
    "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "                                                     \
    "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "                                                     \
    "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define LIST_128                                                                                                                           \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "                                                               \
    "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "                                                     \
    "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "                                                     \
    "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63, "                                                     \
    "%64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, "                                                     \
    "%80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95, "                                                     \
    "%96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, "                                         \
    "%112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
#define OUT_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define OUT_16(i) OUT_4(i), OUT_4(i + 4), OUT_4(i + 8), OUT_4(i + 12)
#define OUT_32(i) OUT_16(i), OUT_16(i + 16)
#define OUT_64(i) OUT_32(i), OUT_32(i + 32)
#define OUT_128(i) OUT_64(i), OUT_64(i + 64)

// name, registers of D (half of N), operand numbers of the two descriptors and of A's register, instruction, what follows the descriptors,
// products a step, a word of ones.
#define SHAPES(F)                                                                                                                          \
    F(f16_n8, 4, "%4", "%5", "%6", "m64n8k16.f32.f16.f16", SHARED_A, ", 1, 1, 1, 0, 0;", 16, 0x3c003c00u)                                  \
    F(f16_n32, 16, "%16", "%17", "%18", "m64n32k16.f32.f16.f16", SHARED_A, ", 1, 1, 1, 0, 0;", 16, 0x3c003c00u)                            \
    F(f16_n64, 32, "%32", "%33", "%34", "m64n64k16.f32.f16.f16", SHARED_A, ", 1, 1, 1, 0, 0;", 16, 0x3c003c00u)                            \
    F(f16_n128, 64, "%64", "%65", "%66", "m64n128k16.f32.f16.f16", SHARED_A, ", 1, 1, 1, 0, 0;", 16, 0x3c003c00u)                          \
    F(f16_n256, 128, "%128", "%129", "%130", "m64n256k16.f32.f16.f16", SHARED_A, ", 1, 1, 1, 0, 0;", 16, 0x3c003c00u)                      \
    F(f16_n64_registers, 32, "%32", "%33", "%34", "m64n64k16.f32.f16.f16", REGISTER_A, ", 1, 1, 1, 0;", 16, 0x3c003c00u)                   \
    F(f16_n256_registers, 128, "%128", "%129", "%130", "m64n256k16.f32.f16.f16", REGISTER_A, ", 1, 1, 1, 0;", 16, 0x3c003c00u)             \
    F(bf16_n128, 64, "%64", "%65", "%66", "m64n128k16.f32.bf16.bf16", SHARED_A, ", 1, 1, 1, 0, 0;", 16, 0x3f803f80u)                       \
    F(tf32_n128, 64, "%64", "%65", "%66", "m64n128k8.f32.tf32.tf32", SHARED_A, ", 1, 1, 1;", 8, 0x3f800000u)                               \
    F(e4m3_n128, 64, "%64", "%65", "%66", "m64n128k32.f32.e4m3.e4m3", SHARED_A, ", 1, 1, 1;", 32, 0x38383838u)                             \
    F(e5m2_n256, 128, "%128", "%129", "%130", "m64n256k32.f32.e5m2.e5m2", SHARED_A, ", 1, 1, 1;", 32, 0x3c3c3c3cu)

#define SHARED_A(descriptor, word) descriptor
#define REGISTER_A(descriptor, word) "{" word ", " word ", " word ", " word "}"

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define STEP(registers, a, b, word, instruction, source, rest)                                                                             \
    asm volatile("wgmma.mma_async.sync.aligned." instruction " {" LIST_##registers "}, " source(a, word) ", " b rest                       \
                 : OUT_##registers(0)                                                                                                      \
                 : "l"(descriptor_a), "l"(descriptor_b), "r"(ones_word))
#define ORDER(text) asm volatile(text ::: "memory")
#else
#define STEP(registers, a, b, word, instruction, source, rest) (void)descriptor_a, (void)descriptor_b
#define ORDER(text)
#endif

// A descriptor of an operand in shared memory without swizzle: its address, and 128 and 256 bytes from one core matrix to the next.
__device__ inline unsigned long long descriptor_of(unsigned address) {
    return static_cast<unsigned long long>((address & 0x3ffff) >> 4) | 8ull << 16 | 16ull << 32;
}

#define KERNEL(name, registers, a, b, word, instruction, source, rest, products, ones)                                                     \
    __global__ __launch_bounds__(256) void name(int rounds, unsigned ones_word, float2* out, long long* cycles) {                          \
        extern __shared__ __align__(1024) unsigned buffer[];                                                                               \
        for (int i = threadIdx.x; i < kBufferBytes / 4; i += blockDim.x) buffer[i] = ones_word;                                            \
        ORDER("fence.proxy.async;");                                                                                                       \
        __syncthreads();                                                                                                                   \
        const unsigned long long descriptor_a = descriptor_of(workload::shared_address(buffer));                                           \
        const unsigned long long descriptor_b = descriptor_of(workload::shared_address(buffer) + kBufferBytes / 4);                        \
        float d[registers];                                                                                                                \
        _Pragma("unroll") for (int r = 0; r < registers; ++r) d[r] = 0.0f;                                                                 \
        const long long start = workload::read_clock();                                                                                    \
        _Pragma("unroll 1") for (int round = 0; round < rounds; ++round) {                                                                 \
            ORDER("wgmma.fence.sync.aligned;");                                                                                            \
            _Pragma("unroll") for (int k = 0; k < kUnroll; ++k) STEP(registers, a, b, word, instruction, source, rest);                    \
            ORDER("wgmma.commit_group.sync.aligned;");                                                                                     \
            ORDER("wgmma.wait_group.sync.aligned 0;");                                                                                     \
        }                                                                                                                                  \
        const long long took = workload::read_clock() - start;                                                                             \
        float low = d[0], high = d[0];                                                                                                     \
        _Pragma("unroll") for (int r = 1; r < registers; ++r) {                                                                            \
            low = fminf(low, d[r]);                                                                                                        \
            high = fmaxf(high, d[r]);                                                                                                      \
        }                                                                                                                                  \
        out[blockIdx.x * blockDim.x + threadIdx.x] = make_float2(low, high);                                                               \
        if (threadIdx.x % 32 == 0) cycles[(blockIdx.x * blockDim.x + threadIdx.x) / 32] = took;                                            \
    }
SHAPES(KERNEL)

template <typename Kernel>
void test(workload::Run& run, const std::string& label, Kernel kernel, int rounds, int block, int products, unsigned ones) {
    const int grid = run.pick(1, 1, 132, 132), threads = grid * block;
    workload::DeviceArray<float2> out(threads);
    workload::DeviceArray<long long> cycles(threads / 32);
    CUDA_CHECK(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBufferBytes));
    run.launch(label.c_str(), [&] { kernel<<<grid, block, kBufferBytes>>>(rounds, ones, out, cycles); });
    // Sums of equal whole numbers with few significant bits: exact, but that products of 8-bit reals keep 13 fraction bits at the scale of
    // the greatest term, so that ones no longer count once the sum is 2^14.
    const float exact = static_cast<float>(rounds * kUnroll * products), expected = products == 32 ? std::fmin(exact, 16384.0f) : exact;
    run.check_equal(label.c_str(), out.to_host(), std::vector<float2>(threads, make_float2(expected, expected)));
    workload::report(run, label.c_str(), cycles.to_host(), static_cast<double>(rounds) * kUnroll);
}

int main(int argc, char** argv) {
    workload::Run run("wgmma_rate", argc, argv);
    run.needs_sm90a();
    const int rounds = run.pick(2, 16, 256, 1024);
#define TEST(name, registers, a, b, word, instruction, source, rest, products, ones)                                                       \
    test(run, #name ", one warpgroup", name, rounds, 128, products, ones);                                                                 \
    if (registers <= 64) test(run, #name ", two warpgroups", name, rounds, 256, products, ones);
    SHAPES(TEST)
    return run.finish();
}
