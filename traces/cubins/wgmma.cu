// Nothing but warpgroup matrix products of Hopper's tensor cores out of shared memory: each CTA of one warpgroup multiplies its tile of A
// (64 x 64) with its tile of B (256 x 64), half precision in, single precision accumulated, `rounds` times over.
#include <cuda_fp16.h>

#define D4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define D32(i) D4(i), D4(i + 4), D4(i + 8), D4(i + 12), D4(i + 16), D4(i + 20), D4(i + 24), D4(i + 28)
#define TEN(i) "%" #i "0, %" #i "1, %" #i "2, %" #i "3, %" #i "4, %" #i "5, %" #i "6, %" #i "7, %" #i "8, %" #i "9, "

constexpr int kPieces = (64 + 256) * 64 / 8; // of 16 bytes, of both tiles

extern "C" __global__ void __launch_bounds__(128) wgmma_products(const uint4* __restrict__ tiles, float* __restrict__ out, int rounds) {
    extern __shared__ __align__(1024) uint4 buffer[];
#pragma unroll
    for (int i = 0; i < kPieces / 128; ++i) buffer[i * 128 + threadIdx.x] = tiles[i * 128 + threadIdx.x];
    asm volatile("fence.proxy.async;" ::: "memory");
    __syncthreads();
    // 128-byte swizzle, rows of 128 bytes, eight of them 1024 bytes apart.
    const unsigned long long parts = 1ull << 16 | 64ull << 32 | 1ull << 62;
    const unsigned base = static_cast<unsigned>(__cvta_generic_to_shared(buffer));
    const unsigned long long a = (base & 0x3ffff) >> 4 | parts, b = ((base + 64 * 128) & 0x3ffff) >> 4 | parts;
    float d[128] = {};
#pragma unroll 1
    for (int r = 0; r < rounds; ++r) {
        asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#pragma unroll
        for (int k = 0; k < 4; ++k) // 16 columns, 32 bytes, each
            asm volatile("wgmma.mma_async.sync.aligned.m64n256k16.f32.f16.f16 {%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, " TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8)
                             TEN(9) TEN(10) TEN(11) "%120, %121, %122, %123, %124, %125, %126, %127}, %128, %129, 1, 1, 1, 0, 0;"
                         : D32(0), D32(32), D32(64), D32(96)
                         : "l"(a + 2 * k), "l"(b + 2 * k));
        asm volatile("wgmma.commit_group.sync.aligned;\n\twgmma.wait_group.sync.aligned 0;" ::: "memory");
    }
    // Sums of a thread's elements in the first and the second half of its row.
    float left = 0, right = 0;
    for (int i = 0; i < 64; ++i) left += d[i], right += d[i + 64];
    out[2 * (blockIdx.x * blockDim.x + threadIdx.x)] = left;
    out[2 * (blockIdx.x * blockDim.x + threadIdx.x) + 1] = right;
}
