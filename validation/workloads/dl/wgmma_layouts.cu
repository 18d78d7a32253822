// One warpgroup, one 64 x 64 x 64 product in bf16, with operands laid out in shared memory in every way wgmma reads them: K-major and M- or
// N-major, without swizzle and with 32, 64 and 128 bytes of it, and A from registers. Threads write the layouts themselves, so that
// placement and descriptor check each other. Stresses: GMMA descriptors (start, leading and stride offsets, swizzle modes), transposed
// operands, fence between generic and asynchronous proxy.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/wgmma.cuh"

constexpr int kSide = 64;

// Bytes of a row that one swizzle pattern spans; 16 without swizzle.
__host__ __device__ constexpr int span_of(dl::Swizzle swizzle) {
    return swizzle == dl::Swizzle::Bytes128 ? 128 : swizzle == dl::Swizzle::Bytes64 ? 64 : swizzle == dl::Swizzle::Bytes32 ? 32 : 16;
}

// The place of element (outer, inner) of a 64 x 64 bf16 operand, `inner` being the contiguous direction: columns of `span` bytes one behind
// the other, each 64 rows of `span` bytes, 16-byte chunks permuted by the address bits above 128.
template <dl::Swizzle kSwizzle> __device__ int place_of(int outer, int inner) {
    constexpr int kSpan = span_of(kSwizzle);
    const int byte = inner * 2, linear = byte / kSpan * (kSide * kSpan) + outer * kSpan + byte % kSpan;
    return linear ^ ((linear >> 7 & (kSpan / 16 - 1)) << 4);
}

// The descriptor for the step-th 16 of K. K-major: the contiguous direction is K.
template <dl::Swizzle kSwizzle, bool kKMajor> __device__ std::uint64_t descriptor_of(dl::Word base, int step) {
    constexpr int kSpan = span_of(kSwizzle), kColumn = kSide * kSpan, kEight = 8 * kSpan;
    if (kKMajor) return dl::matrix_descriptor(base + step * 32 / kSpan * kColumn + step * 32 % kSpan, kColumn, kEight, kSwizzle);
    // M- or N-major: from column to column along M or N, and from eight to eight rows along K; the two fields change roles without swizzle.
    const bool none = kSwizzle == dl::Swizzle::None;
    return dl::matrix_descriptor(base + step * 2 * kEight, none ? kEight : kColumn, none ? kColumn : kEight, kSwizzle);
}

// C = A * B with A m x k and B k x n, row-major in memory, brought into the layouts asked for.
template <dl::Swizzle kSwizzleA, bool kAKMajor, dl::Swizzle kSwizzleB, bool kBKMajor>
__global__ void __launch_bounds__(128)
    product(const __nv_bfloat16* __restrict__ a, const __nv_bfloat16* __restrict__ b, float* __restrict__ c) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(1024) char shared_a[kSide * kSide * 2];
    __shared__ __align__(1024) char shared_b[kSide * kSide * 2];
    for (int i = threadIdx.x; i < kSide * kSide; i += 128) {
        const int row = i / kSide, column = i % kSide; // of A: (m, k); of B: (k, n)
        *reinterpret_cast<__nv_bfloat16*>(shared_a + (kAKMajor ? place_of<kSwizzleA>(row, column) : place_of<kSwizzleA>(column, row))) =
            a[i];
        *reinterpret_cast<__nv_bfloat16*>(shared_b + (kBKMajor ? place_of<kSwizzleB>(column, row) : place_of<kSwizzleB>(row, column))) =
            b[i];
    }
    dl::fence_async_shared();
    __syncthreads();
    using Type = std::conditional_t<!kAKMajor, dl::Bf16TransA, std::conditional_t<!kBKMajor, dl::Bf16TransB, dl::Bf16>>;
    static_assert(kAKMajor || kBKMajor, "no type is declared for both transposed");
    float acc[32];
    dl::wgmma_fence();
#pragma unroll
    for (int step = 0; step < kSide / 16; ++step)
        dl::wgmma<Type>(acc, descriptor_of<kSwizzleA, kAKMajor>(dl::shared_address(shared_a), step),
                        descriptor_of<kSwizzleB, kBKMajor>(dl::shared_address(shared_b), step), step > 0);
    dl::wgmma_commit();
    dl::wgmma_wait<0>();
    const int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4, column = threadIdx.x % 4 * 2;
#pragma unroll
    for (int i = 0; i < 32; ++i) c[(row + i % 4 / 2 * 8) * kSide + column + i / 4 * 8 + i % 2] = acc[i];
#endif
}

// C (64 x 128) = A * B^T with A (64 x 64) from registers, B (128 x 64) K-major with 128 bytes of swizzle.
__global__ void __launch_bounds__(128)
    product_registers(const __nv_bfloat16* __restrict__ a, const __nv_bfloat16* __restrict__ b, float* __restrict__ c) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(1024) char shared_b[128 * 128];
    for (int i = threadIdx.x; i < 128 * 8; i += 128)
        *reinterpret_cast<uint4*>(shared_b + dl::swizzle_128(i / 8, i % 8 * 16)) = *reinterpret_cast<const uint4*>(b + i * 8);
    const int row = threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4, column = threadIdx.x % 4 * 2;
    dl::Word fragments[4][4];
#pragma unroll
    for (int step = 0; step < 4; ++step)
#pragma unroll
        for (int e = 0; e < 4; ++e)
            fragments[step][e] = *reinterpret_cast<const dl::Word*>(a + (row + e % 2 * 8) * kSide + step * 16 + e / 2 * 8 + column);
    dl::fence_async_shared();
    __syncthreads();
    float acc[64];
    dl::wgmma_fence();
#pragma unroll
    for (int step = 0; step < 4; ++step)
        dl::wgmma<dl::Bf16>(acc, fragments[step], dl::descriptor_128(dl::shared_address(shared_b)) + step * 2, step > 0);
    dl::wgmma_commit();
    dl::wgmma_wait<0>();
#pragma unroll
    for (int i = 0; i < 64; ++i) c[(row + i % 4 / 2 * 8) * 128 + column + i / 4 * 8 + i % 2] = acc[i];
#endif
}

template <dl::Swizzle kSwizzleA, bool kAKMajor, dl::Swizzle kSwizzleB, bool kBKMajor> void test(workload::Run& run, const char* label) {
    const auto a = dl::grid_vector<__nv_bfloat16>(run.random(), kSide * kSide, 16, 0.125f),
               b = dl::grid_vector<__nv_bfloat16>(run.random(), kSide * kSide, 16, 0.125f);
    workload::DeviceArray<__nv_bfloat16> da(a), db(b);
    workload::DeviceArray<float> dc(kSide * kSide);
    run.launch(label, [&] { product<kSwizzleA, kAKMajor, kSwizzleB, kBKMajor><<<1, 128>>>(da, db, dc); });
    dl::check_product(run, label, dc.to_host(), dl::to_floats(a), dl::transposed(dl::to_floats(b), kSide, kSide), kSide, kSide, kSide, {});
}

int main(int argc, char** argv) {
    workload::Run run("wgmma_layouts", argc, argv);
    run.needs_sm90a();
    using S = dl::Swizzle;
    test<S::Bytes128, true, S::Bytes128, true>(run, "A K-major 128, B K-major 128");
    test<S::Bytes64, true, S::Bytes32, true>(run, "A K-major 64, B K-major 32");
    test<S::Bytes32, true, S::Bytes64, true>(run, "A K-major 32, B K-major 64");
    test<S::None, true, S::None, true>(run, "A K-major none, B K-major none");
    test<S::Bytes128, true, S::Bytes128, false>(run, "A K-major 128, B N-major 128");
    test<S::Bytes64, true, S::Bytes64, false>(run, "A K-major 64, B N-major 64");
    test<S::Bytes32, true, S::Bytes32, false>(run, "A K-major 32, B N-major 32");
    test<S::None, true, S::None, false>(run, "A K-major none, B N-major none");
    test<S::Bytes128, false, S::Bytes128, true>(run, "A M-major 128, B K-major 128");
    test<S::Bytes64, false, S::None, true>(run, "A M-major 64, B K-major none");
    test<S::Bytes32, false, S::Bytes64, true>(run, "A M-major 32, B K-major 64");
    test<S::None, false, S::Bytes32, true>(run, "A M-major none, B K-major 32");

    const auto a = dl::grid_vector<__nv_bfloat16>(run.random(), kSide * kSide, 16, 0.125f),
               b = dl::grid_vector<__nv_bfloat16>(run.random(), 128 * kSide, 16, 0.125f);
    workload::DeviceArray<__nv_bfloat16> da(a), db(b);
    workload::DeviceArray<float> dc(kSide * 128);
    run.launch("A in registers", [&] { product_registers<<<1, 128>>>(da, db, dc); });
    dl::check_product(run, "A in registers", dc.to_host(), dl::to_floats(a), dl::to_floats(b), kSide, 128, kSide, {});
    return run.finish();
}
