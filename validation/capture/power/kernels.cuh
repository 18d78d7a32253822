// The kernels of loops.cu: each does the same unrolled body `iterations` times, to keep one part of a GPU busy.
//
// Operands are random bits made from the thread's number, or zeros; results are looked at, so that nothing is left out by the compiler.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

namespace {

struct Arguments {
    unsigned iterations;
    unsigned lanes;          // of a warp that work
    unsigned zeros;          // operands are zero
    std::uint64_t bytes;     // of `data`, a power of two
    unsigned* data;
    unsigned* out;
};
using Kernel = void (*)(Arguments);

__device__ unsigned mix(unsigned x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    return x ^ x >> 16;
}
__device__ unsigned thread_number() { return blockIdx.x * blockDim.x + threadIdx.x; }
__device__ unsigned random_word(Arguments a, unsigned n) { return a.zeros ? 0 : mix(thread_number() * 8 + n + 1); }
// 1 to 2 with random mantissas.
__device__ float random_float(Arguments a, unsigned n) { return a.zeros ? 0.0f : __uint_as_float(0x3f800000u | random_word(a, n) >> 9); }
__device__ double random_double(Arguments a, unsigned n) { return a.zeros ? 0.0 : __hiloint2double(0x3ff00000 | random_word(a, n) >> 12, random_word(a, n + 100)); }
// Two halves between 1 and 2.
__device__ unsigned random_halves(Arguments a, unsigned n) { return a.zeros ? 0 : (random_word(a, n) & 0x03ff03ffu) | 0x3c003c00u; }
__device__ unsigned shared_address(const void* p) { return static_cast<unsigned>(__cvta_generic_to_shared(p)); }

// ---- Instructions on registers: four chains of 16 each.

#define BODY16(statement)                                                                                                                  \
    _Pragma("unroll") for (int u = 0; u < 16; ++u) { _Pragma("unroll") for (int k = 0; k < 4; ++k) { statement; } }
#define LOOP(name, declare, statement, finish)                                                                                             \
    __global__ void __launch_bounds__(1024) name(Arguments a) {                                                                            \
        declare;                                                                                                                           \
        if (threadIdx.x % 32 < a.lanes) {                                                                                                  \
            _Pragma("unroll 1") for (unsigned i = 0; i < a.iterations; ++i) { BODY16(statement) }                                          \
        }                                                                                                                                  \
        finish;                                                                                                                            \
    }
#define FLOATS float x[4] = {random_float(a, 0), random_float(a, 1), random_float(a, 2), random_float(a, 3)}, y = random_float(a, 4), z = random_float(a, 5)
#define WORDS unsigned x[4] = {random_word(a, 0), random_word(a, 1), random_word(a, 2), random_word(a, 3)}, y = random_word(a, 4) | (a.zeros ? 0 : 1), z = random_word(a, 5)
#define WIDE_WORDS unsigned long long x[4] = {random_word(a, 0), random_word(a, 1), random_word(a, 2), random_word(a, 3)}; unsigned y = random_word(a, 4), z = random_word(a, 5)
#define HALVES unsigned x[4] = {random_halves(a, 0), random_halves(a, 1), random_halves(a, 2), random_halves(a, 3)}, y = random_halves(a, 4), z = random_halves(a, 5)
#define DOUBLES double x[4] = {random_double(a, 0), random_double(a, 1), random_double(a, 2), random_double(a, 3)}, y = random_double(a, 4), z = random_double(a, 5)
#define KEEP_FLOATS if (x[0] + x[1] + x[2] + x[3] == 123.25f) a.out[0] = 1
#define KEEP_WORDS if ((x[0] ^ x[1] ^ x[2] ^ x[3]) == 0x12345u) a.out[0] = 1
#define KEEP_DOUBLES if (x[0] + x[1] + x[2] + x[3] == 123.25) a.out[0] = 1

// A multiply-add by -1 + small and a constant swings between values of random mantissa and never leaves them.
LOOP(ffma, FLOATS; y = a.zeros ? 0.0f : -0.99f - 0.001f * y, asm volatile("fma.rn.f32 %0, %0, %1, %2;" : "+f"(x[k]) : "f"(y), "f"(z)), KEEP_FLOATS)
LOOP(fadd, FLOATS, asm volatile("add.rn.f32 %0, %1, %0;" : "+f"(x[k]) : "f"(u % 2 ? y : -y)), KEEP_FLOATS)
LOOP(fmul, FLOATS; float w = a.zeros ? 0.0f : 1.0f / y, asm volatile("mul.rn.f32 %0, %0, %1;" : "+f"(x[k]) : "f"(u % 2 ? y : w)), KEEP_FLOATS)
LOOP(fmnmx, FLOATS; float w = x[0], asm volatile("min.f32 %0, %0, %1;\n\tmax.f32 %0, %0, %2;" : "+f"(x[k]) : "f"(y), "f"(w)), KEEP_FLOATS)
LOOP(iadd3, WORDS, asm volatile("add.s32 %0, %0, %1;" : "+r"(x[k]) : "r"(y)), KEEP_WORDS)
LOOP(lop3, WORDS, asm volatile("lop3.b32 %0, %0, %1, %2, 0x96;" : "+r"(x[k]) : "r"(y), "r"(z)), KEEP_WORDS)
LOOP(shf, WORDS, asm volatile("shf.l.wrap.b32 %0, %0, %1, 7;" : "+r"(x[k]) : "r"(y)), KEEP_WORDS)
LOOP(prmt, WORDS, asm volatile("prmt.b32 %0, %0, %1, 0x4726;" : "+r"(x[k]) : "r"(y)), KEEP_WORDS)
LOOP(imad, WORDS, asm volatile("mad.lo.s32 %0, %0, %1, %2;" : "+r"(x[k]) : "r"(y), "r"(z)), KEEP_WORDS)
LOOP(imad_wide, WIDE_WORDS, asm volatile("mad.wide.u32 %0, %1, %2, %0;" : "+l"(x[k]) : "r"(y), "r"(z)), KEEP_WORDS)
LOOP(dp4a, WORDS, asm volatile("dp4a.s32.s32 %0, %1, %0, %2;" : "+r"(x[k]) : "r"(y), "r"(z)), KEEP_WORDS)
LOOP(sel, WORDS, asm volatile("{\n\t.reg .pred p;\n\tsetp.lt.s32 p, %0, %1;\n\tselp.b32 %0, %2, %1, p;\n\t}" : "+r"(x[k]) : "r"(y), "r"(z)), KEEP_WORDS)
LOOP(popc, WORDS, asm volatile("popc.b32 %0, %0;\n\txor.b32 %0, %0, %1;" : "+r"(x[k]) : "r"(y)), KEEP_WORDS)
LOOP(hfma2, HALVES; y = a.zeros ? 0u : 0xbbecbbecu, asm volatile("fma.rn.f16x2 %0, %0, %1, %2;" : "+r"(x[k]) : "r"(y), "r"(z)), KEEP_WORDS)
LOOP(hadd2, HALVES, asm volatile("add.rn.f16x2 %0, %0, %1;" : "+r"(x[k]) : "r"(u % 2 ? y : y ^ 0x80008000u)), KEEP_WORDS)
LOOP(dfma, DOUBLES; y = a.zeros ? 0.0 : -0.99 - 0.001 * y, asm volatile("fma.rn.f64 %0, %0, %1, %2;" : "+d"(x[k]) : "d"(y), "d"(z)), KEEP_DOUBLES)
LOOP(dadd, DOUBLES, asm volatile("add.rn.f64 %0, %0, %1;" : "+d"(x[k]) : "d"(u % 2 ? y : -y)), KEEP_DOUBLES)
LOOP(mufu_ex2, FLOATS, asm volatile("ex2.approx.ftz.f32 %0, %0;\n\tsub.f32 %0, %0, %1;" : "+f"(x[k]) : "f"(y)), KEEP_FLOATS)
LOOP(mufu_rsq, FLOATS, asm volatile("rsqrt.approx.ftz.f32 %0, %0;\n\tadd.f32 %0, %0, %1;" : "+f"(x[k]) : "f"(y)), KEEP_FLOATS)
LOOP(mufu_sin, FLOATS, asm volatile("sin.approx.ftz.f32 %0, %0;\n\tadd.f32 %0, %0, %1;" : "+f"(x[k]) : "f"(y)), KEEP_FLOATS)
LOOP(convert, WORDS, asm volatile("{\n\t.reg .f32 f;\n\tcvt.rn.f32.s32 f, %0;\n\tcvt.rzi.s32.f32 %0, f;\n\t}" : "+r"(x[k])), KEEP_WORDS)
LOOP(shfl, WORDS, asm volatile("shfl.sync.bfly.b32 %0, %0, 5, 31, 0xffffffff;" : "+r"(x[k])), KEEP_WORDS)
LOOP(vote, WORDS, asm volatile("{\n\t.reg .pred p;\n\tsetp.lt.s32 p, %0, %1;\n\tvote.sync.ballot.b32 %0, p, 0xffffffff;\n\t}" : "+r"(x[k]) : "r"(y)), KEEP_WORDS)

// Warps that are resident and hardly issue.
__global__ void asleep(Arguments a) {
    for (unsigned i = 0; i < a.iterations; ++i) asm volatile("nanosleep.u32 1000000;");
}
__global__ void __launch_bounds__(1024) barrier(Arguments a) {
#pragma unroll 1
    for (unsigned i = 0; i < a.iterations; ++i) {
#pragma unroll
        for (int u = 0; u < 16; ++u) __syncthreads();
    }
}
// A loop of one instruction and a branch: fetch and control.
__global__ void __launch_bounds__(1024) branches(Arguments a) {
    unsigned n = a.iterations * 64;
    asm volatile("{\n\t.reg .pred p;\n\tagain:\n\tsub.u32 %0, %0, 1;\n\tsetp.ne.u32 p, %0, 0;\n\t@p bra again;\n\t}" : "+r"(n));
    if (n != 0) a.out[0] = n;
}
// Straight code of 64 KiB and more a round: every instruction comes from beyond the L0 and L1 instruction caches.
__global__ void __launch_bounds__(1024) long_code(Arguments a) {
    WORDS;
#pragma unroll 1
    for (unsigned i = 0; i < a.iterations; ++i) {
#pragma unroll
        for (int u = 0; u < 1536; ++u) {
#pragma unroll
            for (int k = 0; k < 4; ++k) asm volatile("lop3.b32 %0, %0, %1, %2, 0x96;" : "+r"(x[k]) : "r"(y), "r"(z));
        }
    }
    KEEP_WORDS;
}

// ---- Tensor cores, mma.sync.

#define MMA(name, shape, d_kind, d_constraint, a_words, b_words, operand)                                                                  \
    __global__ void __launch_bounds__(512) name(Arguments a) {                                                                             \
        d_kind d[4][4] = {};                                                                                                               \
        unsigned m[4], n[4];                                                                                                               \
        for (int k = 0; k < 4; ++k) m[k] = operand(a, k), n[k] = operand(a, k + 4);                                                        \
        _Pragma("unroll 1") for (unsigned i = 0; i < a.iterations; ++i) {                                                                  \
            _Pragma("unroll") for (int u = 0; u < 4; ++u) {                                                                                \
                _Pragma("unroll") for (int k = 0; k < 4; ++k) asm volatile("mma.sync.aligned." shape " {%0, %1, %2, %3}, " a_words ", " b_words ", {%0, %1, %2, %3};" \
                                                                           : "+" d_constraint(d[k][0]), "+" d_constraint(d[k][1]), "+" d_constraint(d[k][2]), "+" d_constraint(d[k][3]) \
                                                                           : "r"(m[0]), "r"(m[1]), "r"(m[2]), "r"(m[3]), "r"(n[k]), "r"(n[(k + u) % 4])); \
            }                                                                                                                              \
        }                                                                                                                                  \
        for (int k = 0; k < 4; ++k)                                                                                                        \
            for (int j = 0; j < 4; ++j)                                                                                                    \
                if (d[k][j] == static_cast<d_kind>(123)) a.out[0] = 1;                                                                     \
    }
// Halves of both signs, so that sums stay small.
__device__ unsigned signed_halves(Arguments a, unsigned n) { return random_halves(a, n) | (a.zeros ? 0u : random_word(a, n + 50) & 0x80008000u); }
__device__ unsigned signed_float(Arguments a, unsigned n) { return __float_as_uint(random_float(a, n)) | (a.zeros ? 0u : random_word(a, n + 50) & 0x80000000u); }
MMA(mma_f16, "m16n8k16.row.col.f32.f16.f16.f32", float, "f", "{%4, %5, %6, %7}", "{%8, %9}", signed_halves)
MMA(mma_bf16, "m16n8k16.row.col.f32.bf16.bf16.f32", float, "f", "{%4, %5, %6, %7}", "{%8, %9}", signed_halves)
MMA(mma_tf32, "m16n8k8.row.col.f32.tf32.tf32.f32", float, "f", "{%4, %5, %6, %7}", "{%8, %9}", signed_float)
MMA(mma_s8, "m16n8k32.row.col.s32.s8.s8.s32", int, "r", "{%4, %5, %6, %7}", "{%8, %9}", random_word)

__global__ void __launch_bounds__(512) mma_f64(Arguments a) {
    double d[4][2] = {}, m = random_double(a, 0), n[4] = {random_double(a, 1), -random_double(a, 2), random_double(a, 3), -random_double(a, 4)};
#pragma unroll 1
    for (unsigned i = 0; i < a.iterations; ++i) {
#pragma unroll
        for (int u = 0; u < 4; ++u) {
#pragma unroll
            for (int k = 0; k < 4; ++k) asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};" : "+d"(d[k][0]), "+d"(d[k][1]) : "d"(m), "d"(n[(k + u) % 4]));
        }
    }
    for (int k = 0; k < 4; ++k)
        if (d[k][0] + d[k][1] == 123) a.out[0] = 1;
}

// ---- Warpgroup matrix products out of shared memory (or A in registers), m64n256.
#if !defined(__CUDA_ARCH__) || defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define D4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define D32(i) D4(i), D4(i + 4), D4(i + 8), D4(i + 12), D4(i + 16), D4(i + 20), D4(i + 24), D4(i + 28)
#define D128(i) D32(i), D32(i + 32), D32(i + 64), D32(i + 96)
#define I4(i) "+r"(d[i]), "+r"(d[i + 1]), "+r"(d[i + 2]), "+r"(d[i + 3])
#define I32(i) I4(i), I4(i + 4), I4(i + 8), I4(i + 12), I4(i + 16), I4(i + 20), I4(i + 24), I4(i + 28)
#define I128(i) I32(i), I32(i + 32), I32(i + 64), I32(i + 96)
#define R10(i) "%" #i "0, %" #i "1, %" #i "2, %" #i "3, %" #i "4, %" #i "5, %" #i "6, %" #i "7, %" #i "8, %" #i "9"
#define R128                                                                                                                               \
    "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, " R10(1) ", " R10(2) ", " R10(3) ", " R10(4) ", " R10(5) ", " R10(6) ", " R10(7) ", " R10(8) ", " R10(9) ", " R10(10) ", " R10(11) ", " \
    "%120, %121, %122, %123, %124, %125, %126, %127"
// `buffer_word` fills shared memory. 128-byte swizzle, one tile of A (64 rows of 32 bytes of every 128) and one of B.
#define WGMMA(name, kind, shape, outputs, a_text, tail, buffer_word)                                                                       \
    __global__ void __launch_bounds__(128) name(Arguments a) {                                                                             \
        extern __shared__ __align__(1024) unsigned buffer[];                                                                               \
        for (int i = threadIdx.x; i < 12288; i += blockDim.x) buffer[i] = a.zeros ? 0 : buffer_word(mix(i + 7 + blockIdx.x), mix(i + 100007));     \
        asm volatile("fence.proxy.async;" ::: "memory");                                                                                   \
        __syncthreads();                                                                                                                   \
        const unsigned long long parts = 1ull << 16 | 64ull << 32 | 1ull << 62;                                                            \
        const unsigned long long da = (shared_address(buffer) & 0x3ffff) >> 4 | parts, db = ((shared_address(buffer) + 16384) & 0x3ffff) >> 4 | parts; \
        const unsigned w = a.zeros ? 0 : buffer_word(mix(threadIdx.x), mix(threadIdx.x + 1000));                                           \
        kind d[128] = {};                                                                                                                  \
        _Pragma("unroll 1") for (unsigned i = 0; i < a.iterations; ++i) {                                                                  \
            asm volatile("wgmma.fence.sync.aligned;" ::: "memory");                                                                        \
            _Pragma("unroll") for (int u = 0; u < 4; ++u) asm volatile("wgmma.mma_async.sync.aligned." shape " {" R128 "}, " a_text ", %129, 1" tail ";" : outputs : "l"(da + 2 * u), "l"(db + 2 * u), "r"(w)); \
            asm volatile("wgmma.commit_group.sync.aligned;\n\twgmma.wait_group.sync.aligned 0;" ::: "memory");                             \
        }                                                                                                                                  \
        kind sum = 0;                                                                                                                      \
        for (int i = 0; i < 128; ++i) sum += d[i];                                                                                         \
        if (sum == static_cast<kind>(12345)) a.out[0] = 1;                                                                                 \
    }
__device__ unsigned to_halves(unsigned x, unsigned y) { return (x & 0x03ff03ffu) | 0x3c003c00u | (y & 0x80008000u); }
__device__ unsigned to_float(unsigned x, unsigned y) { return x >> 9 | 0x3f800000u | (y & 0x80000000u); }
__device__ unsigned to_bytes(unsigned x, unsigned) { return x & 0xbfbfbfbfu; } // also e4m3 below 2, of both signs
WGMMA(wgmma_f16, float, "m64n256k16.f32.f16.f16", D128(0), "%128", ", 1, 1, 0, 0", to_halves)
WGMMA(wgmma_f16_registers, float, "m64n256k16.f32.f16.f16", D128(0), "{%130, %130, %130, %130}", ", 1, 1, 0", to_halves)
WGMMA(wgmma_bf16, float, "m64n256k16.f32.bf16.bf16", D128(0), "%128", ", 1, 1, 0, 0", to_halves)
WGMMA(wgmma_tf32, float, "m64n256k8.f32.tf32.tf32", D128(0), "%128", ", 1, 1", to_float)
WGMMA(wgmma_e4m3, float, "m64n256k32.f32.e4m3.e4m3", D128(0), "%128", ", 1, 1", to_bytes)
WGMMA(wgmma_s8, int, "m64n256k32.s32.s8.s8", I128(0), "%128", "", to_bytes)
#define HAS_WGMMA 1
#endif

// ---- Shared memory.

#define SHARED_WORDS 8192
#define SHARED(name, index, statement)                                                                                                     \
    __global__ void __launch_bounds__(1024) name(Arguments a) {                                                                            \
        __shared__ __align__(16) unsigned buffer[SHARED_WORDS];                                                                            \
        for (int i = threadIdx.x; i < SHARED_WORDS; i += blockDim.x) buffer[i] = a.zeros ? 0 : mix(i);                                     \
        __syncthreads();                                                                                                                   \
        const unsigned at = shared_address(buffer + (index));                                                                              \
        unsigned x[4] = {1, 2, 3, 4}, y = random_word(a, 0);                                                                               \
        (void)y;                                                                                                                           \
        _Pragma("unroll 1") for (unsigned i = 0; i < a.iterations; ++i) {                                                                  \
            _Pragma("unroll") for (int u = 0; u < 4; ++u) { statement; }                                                                   \
        }                                                                                                                                  \
        KEEP_WORDS;                                                                                                                        \
    }
// Loads are volatile, or walk and are summed: else ptxas leaves out those whose result nobody takes.
SHARED(lds_32, threadIdx.x, asm volatile("ld.volatile.shared.u32 %0, [%1];" : "=r"(x[u]) : "r"(at + u * 4096) : "memory"))
SHARED(lds_128, threadIdx.x * 4 % (SHARED_WORDS / 2), asm volatile("ld.volatile.shared.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(x[0]), "=r"(x[1]), "=r"(x[2]), "=r"(x[3]) : "r"(at + u * 4096) : "memory"))
SHARED(lds_8_ways, threadIdx.x * 8 % 4096, asm volatile("ld.volatile.shared.u32 %0, [%1];" : "=r"(x[u]) : "r"(at + u * 4096) : "memory"))
SHARED(lds_broadcast, threadIdx.x / 32, asm volatile("ld.volatile.shared.u32 %0, [%1];" : "=r"(x[u]) : "r"(at + u * 4096) : "memory"))
SHARED(sts_32, threadIdx.x, asm volatile("st.shared.u32 [%0], %1;" ::"r"(at + u * 4096), "r"(y + u * 0x9e3779b9u) : "memory"))
SHARED(sts_128, threadIdx.x * 4 % (SHARED_WORDS / 2), asm volatile("st.shared.v4.u32 [%0], {%1, %2, %1, %2};" ::"r"(at + u * 4096), "r"(y), "r"(y * 3 + u) : "memory"))
SHARED(ldsm, threadIdx.x * 4 % (SHARED_WORDS / 2), asm volatile("{\n\t.reg .b32 p, q, r, s;\n\tldmatrix.sync.aligned.m8n8.x4.shared.b16 {p, q, r, s}, [%2];\n\tlop3.b32 %0, %0, p, q, 0x96;\n\tlop3.b32 %1, %1, r, s, 0x96;\n\t}" : "+r"(x[u]), "+r"(x[u ^ 1]) : "r"(at + ((u + i) & 3) * 4096) : "memory"))
SHARED(atoms, threadIdx.x, asm volatile("red.shared.add.u32 [%0], %1;" ::"r"(at + u * 4096), "r"(y) : "memory"))

// ---- Memory. Every warp reads or writes `bytes` of data in steps; `a.bytes` and the way the pieces are dealt decide which level answers.

// Each CTA its own 16 KiB: in L1 after the first round.
#define IN_L1(name, words, statement)                                                                                                      \
    __global__ void __launch_bounds__(1024) name(Arguments a) {                                                                            \
        const unsigned* at = a.data + (blockIdx.x % 264) * 16384 + threadIdx.x * words;                                                    \
        unsigned x[4] = {};                                                                                                                \
        _Pragma("unroll 1") for (unsigned i = 0; i < a.iterations; ++i) {                                                                  \
            _Pragma("unroll") for (int u = 0; u < 4; ++u) { statement; }                                                                   \
        }                                                                                                                                  \
        KEEP_WORDS;                                                                                                                        \
    }
#define LOAD_32(how, at) asm volatile("{\n\t.reg .u32 p;\n\tld.global." how ".u32 p, [%1];\n\txor.b32 %0, %0, p;\n\t}" : "+r"(x[u]) : "l"(at) : "memory")
#define LOAD_128(how, at)                                                                                                                  \
    asm volatile("{\n\t.reg .u32 p, q, r, s;\n\tld.global." how ".v4.u32 {p, q, r, s}, [%2];\n\tlop3.b32 %0, %0, p, q, 0x96;\n\tlop3.b32 %1, %1, r, s, 0x96;\n\t}"  \
                 : "+r"(x[u]), "+r"(x[u ^ 1])                                                                                              \
                 : "l"(at)                                                                                                                 \
                 : "memory")
IN_L1(ldg_l1_32, 1, LOAD_32("ca", at + ((u + i) & 3) * 1024))
IN_L1(ldg_l1_128, 4, LOAD_128("ca", at + ((u + i) & 3) * 4096))
IN_L1(ldg_l1_broadcast, 0, LOAD_32("ca", at + ((u + i) & 3) * 1024))

// All threads walk over `bytes`, 16 (or 4) bytes each a step; with as many bytes as L2 holds every access is answered there, else by DRAM.
#define WALK(name, bytes_each, step, statement)                                                                                            \
    __global__ void __launch_bounds__(1024) name(Arguments a) {                                                                            \
        const std::uint64_t stride = static_cast<std::uint64_t>(gridDim.x) * blockDim.x * (step);                                          \
        std::uint64_t offset = static_cast<std::uint64_t>(thread_number()) * (step);                                                       \
        unsigned x[4] = {random_word(a, 0), random_word(a, 1), random_word(a, 2), random_word(a, 3)};                                      \
        char* const data = reinterpret_cast<char*>(a.data);                                                                                \
        _Pragma("unroll 1") for (unsigned i = 0; i < a.iterations; ++i) {                                                                  \
            _Pragma("unroll") for (int u = 0; u < 4; ++u) {                                                                                \
                [[maybe_unused]] char* const at = data + (offset & (a.bytes - 1));                                                                          \
                statement;                                                                                                                 \
                offset += stride;                                                                                                          \
            }                                                                                                                              \
        }                                                                                                                                  \
        KEEP_WORDS;                                                                                                                        \
    }
WALK(ldg_128, 16, 16, LOAD_128("cg", at))
WALK(ldg_32, 4, 4, LOAD_32("cg", at))
WALK(ldg_sector, 4, 32, LOAD_32("cg", at))
WALK(stg_128, 16, 16, asm volatile("st.global.v4.u32 [%0], {%1, %2, %1, %2};" ::"l"(at), "r"(x[u]), "r"(x[0]) : "memory"))
WALK(stg_32, 4, 4, asm volatile("st.global.u32 [%0], %1;" ::"l"(at), "r"(x[u]) : "memory"))
WALK(red, 4, 4, asm volatile("red.global.add.u32 [%0], %1;" ::"l"(at), "r"(x[u]) : "memory"))
WALK(copy_128, 16, 16, unsigned p; unsigned q; unsigned r; unsigned s; asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(p), "=r"(q), "=r"(r), "=r"(s) : "l"(at) : "memory");
     asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(at + a.bytes), "r"(p), "r"(q), "r"(r), "r"(s) : "memory"))
// 32 bytes at random places: a row of DRAM is opened for each.
WALK(ldg_random, 4, 32, const std::uint64_t place = (static_cast<std::uint64_t>(mix(static_cast<unsigned>(offset >> 5))) * 32) & (a.bytes - 1);
     LOAD_32("cg", data + place))
WALK(cp_async, 16, 16, __shared__ __align__(16) unsigned place[4096]; asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n\tcp.async.commit_group;\n\tcp.async.wait_group 3;" ::"r"(shared_address(place + threadIdx.x * 4)), "l"(at) : "memory"))

__constant__ unsigned constants[4096];
LOOP(ldc, WORDS; unsigned base = a.zeros, asm volatile("{\n\t.reg .u32 v;\n\tld.const.u32 v, [%1];\n\txor.b32 %0, %0, v;\n\t}" : "+r"(x[k]) : "l"(reinterpret_cast<const char*>(constants) + base + (u * 4 + k) * 16)), KEEP_WORDS)

} // namespace
