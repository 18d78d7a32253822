// Kernels of the microbenchmark suite that only Hopper (sm_90a) has. As in micro.cu, two launches with different counts give the cost of a step.

__device__ inline unsigned shared_address(const void* pointer) { return static_cast<unsigned>(__cvta_generic_to_shared(pointer)); }

// ---- Distributed shared memory: CTA 0 of a cluster follows a chain in the shared memory of CTA `rank`.

extern "C" __global__ void chain_distributed(unsigned* out, unsigned rank, int rounds) {
    __shared__ unsigned link;
    unsigned at, own;
    asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(own));
    asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(at) : "r"(shared_address(&link)), "r"(own));
    link = at;
    asm volatile("barrier.cluster.arrive.release.aligned;\n\tbarrier.cluster.wait.acquire.aligned;" ::: "memory");
    asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(at) : "r"(shared_address(&link)), "r"(rank));
    if (own == 0) {
#pragma unroll 1
        for (int r = 0; r < rounds; r += 16) {
#pragma unroll
            for (int u = 0; u < 16; ++u) asm volatile("ld.shared::cluster.u32 %0, [%0];" : "+r"(at)::"memory");
        }
        *out = at;
    }
    asm volatile("barrier.cluster.arrive.release.aligned;\n\tbarrier.cluster.wait.acquire.aligned;" ::: "memory");
}

// ---- Warpgroup matrix products, m64nNk16 in half precision with single accumulation: A from shared memory or from registers.

#define D4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define D32(i) D4(i), D4(i + 4), D4(i + 8), D4(i + 12), D4(i + 16), D4(i + 20), D4(i + 24), D4(i + 28)
#define D128(i) D32(i), D32(i + 32), D32(i + 64), D32(i + 96)
#define R10(i) "%" #i "0, %" #i "1, %" #i "2, %" #i "3, %" #i "4, %" #i "5, %" #i "6, %" #i "7, %" #i "8, %" #i "9"
#define R0 "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9"
#define R128                                                                                                                               \
    R0 ", " R10(1) ", " R10(2) ", " R10(3) ", " R10(4) ", " R10(5) ", " R10(6) ", " R10(7) ", " R10(8) ", " R10(9) ", " R10(10) ", " R10(11) ", " \
           "%120, %121, %122, %123, %124, %125, %126, %127"

#define WGMMA(name, registers, shape, a, b, list, outputs)                                                                                 \
    extern "C" __global__ void __launch_bounds__(128) name(float* out, unsigned word, int rounds) {                                        \
        extern __shared__ __align__(1024) unsigned buffer[];                                                                               \
        for (int i = threadIdx.x; i < 12288; i += blockDim.x) buffer[i] = 0;                                                               \
        asm volatile("fence.proxy.async;" ::: "memory");                                                                                   \
        __syncthreads();                                                                                                                   \
        const unsigned long long parts = 8ull << 16 | 16ull << 32;                                                                         \
        const unsigned long long descriptor_a = (shared_address(buffer) & 0x3ffff) >> 4 | parts;                                           \
        const unsigned long long descriptor_b = ((shared_address(buffer) + 16384) & 0x3ffff) >> 4 | parts;                                 \
        float d[registers] = {};                                                                                                           \
        _Pragma("unroll 1") for (int r = 0; r < rounds; r += 8) {                                                                          \
            asm volatile("wgmma.fence.sync.aligned;" ::: "memory");                                                                        \
            _Pragma("unroll") for (int u = 0; u < 8; ++u) asm volatile("wgmma.mma_async.sync.aligned." shape ".f32.f16.f16 {" list "}, " a ", " b \
                                                                       : outputs                                                           \
                                                                       : "l"(descriptor_a), "l"(descriptor_b), "r"(word));                 \
            asm volatile("wgmma.commit_group.sync.aligned;\n\twgmma.wait_group.sync.aligned 0;" ::: "memory");                             \
        }                                                                                                                                  \
        float sum = 0;                                                                                                                     \
        for (int i = 0; i < registers; ++i) sum += d[i];                                                                                   \
        out[threadIdx.x] = sum;                                                                                                            \
    }
WGMMA(wgmma_n256_shared, 128, "m64n256k16", "%128", "%129, 1, 1, 1, 0, 0;", R128, D128(0))
WGMMA(wgmma_n256_registers, 128, "m64n256k16", "{%130, %130, %130, %130}", "%129, 1, 1, 1, 0;", R128, D128(0))

// ---- Bulk copies from global to shared memory by one thread: one at a time (latency), or `flight` at a time (rate).

extern "C" __global__ void bulk_load(unsigned* out, const char* in, unsigned bytes, int flight, int rounds) {
    extern __shared__ __align__(128) char place[];
    __shared__ unsigned long long barrier_word;
    const unsigned barrier = shared_address(&barrier_word);
    if (threadIdx.x != 0) return;
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;\n\tfence.mbarrier_init.release.cluster;" ::"r"(barrier) : "memory");
#pragma unroll 1
    for (int r = 0; r < rounds; ++r) {
        asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes * flight) : "memory");
        for (int f = 0; f < flight; ++f)
            asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(shared_address(place) + f * bytes),
                         "l"(in + f * bytes), "r"(bytes), "r"(barrier)
                         : "memory");
        asm volatile("{\n\t.reg .pred done;\n\tagain:\n\tmbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n\t@!done bra again;\n\t}" ::"r"(barrier),
                     "r"(r & 1)
                     : "memory");
    }
    *out = place[0];
}
