// Kernels of the microbenchmark suite, for any architecture. Each is launched twice with different counts; the difference of the cycles over the
// difference of the counts is what one step costs, so that launch and start-up cancel out.
#include <cuda_fp16.h>

// ---- Latency of the memory hierarchy: one thread follows pointers, one to a line, through a power of two of lines in a scattered order.

extern "C" __global__ void link_lines(char* base, unsigned lines, unsigned stride) {
    for (unsigned k = blockIdx.x * blockDim.x + threadIdx.x; k < lines; k += gridDim.x * blockDim.x) {
        const unsigned next = (k * 1664525u + 1013904223u) & (lines - 1); // a full cycle: odd increment, multiplier 1 modulo 4
        *reinterpret_cast<char**>(base + static_cast<size_t>(k) * stride) = base + static_cast<size_t>(next) * stride;
    }
}

// Brings lines into L2 from one SM.
extern "C" __global__ void __launch_bounds__(1024) touch_lines(const char* base, unsigned lines, unsigned stride, unsigned* sink) {
    unsigned sum = 0;
    for (unsigned k = threadIdx.x; k < lines; k += blockDim.x) sum += *reinterpret_cast<const unsigned*>(base + static_cast<size_t>(k) * stride);
    if (sum == 1) *sink = sum;
}

extern "C" __global__ void chase(const char* start, int hops, const char** last) {
    const char* at = start;
#pragma unroll 1
    for (int k = 0; k < hops; k += 16) {
#pragma unroll
        for (int u = 0; u < 16; ++u) asm volatile("ld.global.ca.u64 %0, [%0];" : "+l"(at)::"memory");
    }
    *last = at;
}

// ---- Arithmetic: chains (one warp, each operation needs the one before) and rates (eight independent chains a thread). Values differ from
// lane to lane, or the compiler would use the uniform datapath.

#define CHAIN(name, type, step)                                                                                                            \
    extern "C" __global__ void chain_##name(type* out, type a, type b, int rounds) {                                                       \
        type x = a + threadIdx.x;                                                                                                                        \
        _Pragma("unroll 1") for (int r = 0; r < rounds; r += 128) {                                                                        \
            _Pragma("unroll") for (int u = 0; u < 128; ++u) step;                                                                          \
        }                                                                                                                                  \
        out[threadIdx.x] = x;                                                                                                              \
    }
#define RATE(name, type, step)                                                                                                      \
    extern "C" __global__ void __launch_bounds__(1024) rate_##name(type* out, type a, type b, int rounds) {                                \
        type y[8];                                                                                                                         \
        for (int i = 0; i < 8; ++i) y[i] = a + (i + threadIdx.x);                                                                                          \
        _Pragma("unroll 1") for (int r = 0; r < rounds; r += 64) {                                                                         \
            _Pragma("unroll") for (int u = 0; u < 8; ++u) _Pragma("unroll") for (int i = 0; i < 8; ++i) {                                  \
                type& x = y[i];                                                                                                            \
                step;                                                                                                                      \
            }                                                                                                                              \
        }                                                                                                                                  \
        type x = y[0];                                                                                                                     \
        for (int i = 1; i < 8; ++i) {                                                                                                      \
            const type left = y[i];                                                                                                        \
            x = x + left;                                                                                                                  \
        }                                                                                                                                  \
        out[threadIdx.x] = x;                                                                                                              \
    }
#define BOTH(name, type, step) CHAIN(name, type, step) RATE(name, type, step)

BOTH(ffma, float, asm volatile("fma.rn.f32 %0, %0, %1, %2;" : "+f"(x) : "f"(a), "f"(b)))
BOTH(dfma, double, asm volatile("fma.rn.f64 %0, %0, %1, %2;" : "+d"(x) : "d"(a), "d"(b)))
BOTH(imad, unsigned, asm volatile("mad.lo.u32 %0, %0, %1, %2;" : "+r"(x) : "r"(a), "r"(b)))
BOTH(sqrt, float, asm volatile("sqrt.approx.ftz.f32 %0, %0;" : "+f"(x)))
BOTH(ex2, float, asm volatile("ex2.approx.ftz.f32 %0, %0;" : "+f"(x)))
BOTH(popc, unsigned, asm volatile("popc.b32 %0, %0;" : "+r"(x)))
BOTH(hfma2, unsigned, asm volatile("fma.rn.f16x2 %0, %0, %1, %2;" : "+r"(x) : "r"(a), "r"(b)))
BOTH(shuffle, unsigned, asm volatile("shfl.sync.bfly.b32 %0, %0, 1, 31, 0xffffffff;" : "+r"(x)))
// The fused steps of dynamic programming.
BOTH(viaddmax_s32, int, x = __viaddmax_s32(x, a, b))
BOTH(viaddmax_s16x2, unsigned, x = __viaddmax_s16x2(x, a, b))
BOTH(vimax3_s32, int, x = __vimax3_s32(x, a + r, b))

// ---- Tensor cores: m16n8k16 in half precision with single accumulation, m16n8k32 in bytes.

#define MMA_F16(d)                                                                                                                         \
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%4,%4}, {%0,%1,%2,%3};"                 \
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])                                                                          \
                 : "r"(word))
#define MMA_S8(d)                                                                                                                          \
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%4,%4,%4}, {%4,%4}, {%0,%1,%2,%3};"                   \
                 : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])                                                                          \
                 : "r"(word))
#define MMA(name, type, chains, step)                                                                                                      \
    extern "C" __global__ void __launch_bounds__(1024) name(type* out, unsigned word, int rounds) {                                        \
        type d[chains][4] = {};                                                                                                            \
        _Pragma("unroll 1") for (int r = 0; r < rounds; r += 16) {                                                                         \
            _Pragma("unroll") for (int u = 0; u < 16; ++u) step(d[u % chains]);                                                            \
        }                                                                                                                                  \
        type sum = 0;                                                                                                                      \
        for (int c = 0; c < chains; ++c) sum += d[c][0] + d[c][1] + d[c][2] + d[c][3];                                                     \
        out[threadIdx.x] = sum;                                                                                                            \
    }
MMA(chain_mma_f16, float, 1, MMA_F16)
MMA(rate_mma_f16, float, 4, MMA_F16)
MMA(chain_mma_s8, int, 1, MMA_S8)
MMA(rate_mma_s8, int, 4, MMA_S8)

// ---- Shared memory: a chain of dependent loads by one warp in which `ways` lanes meet in a bank; matrices; barriers.

extern "C" __global__ void chain_shared(unsigned* out, unsigned stride_words, int rounds) {
    __shared__ unsigned links[1024];
    for (unsigned i = threadIdx.x; i < 1024; i += blockDim.x) links[i] = static_cast<unsigned>(__cvta_generic_to_shared(links + i));
    __syncthreads();
    unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(links + (threadIdx.x * stride_words & 1023)));
#pragma unroll 1
    for (int r = 0; r < rounds; r += 32) {
#pragma unroll
        for (int u = 0; u < 32; ++u) asm volatile("ld.shared.u32 %0, [%0];" : "+r"(at)::"memory");
    }
    out[threadIdx.x] = at;
}

// ldmatrix of 1, 2 and 4 matrices; every word loaded is the next address.
#define LDMATRIX(count, list)                                                                                                              \
    extern "C" __global__ void chain_ldmatrix_x##count(unsigned* out, int rounds) {                                                        \
        __shared__ __align__(16) unsigned words[4];                                                                                        \
        unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(words)), b = 0, c = 0, d = 0;                                         \
        if (threadIdx.x < 4) words[threadIdx.x] = at;                                                                                      \
        __syncthreads();                                                                                                                   \
        _Pragma("unroll 1") for (int r = 0; r < rounds; r += 32) {                                                                         \
            _Pragma("unroll") for (int u = 0; u < 32; ++u)                                                                                 \
                asm volatile("ldmatrix.sync.aligned.m8n8.x" #count ".shared.b16 {" list "}, [%0];"                                         \
                             : "+r"(at), "+r"(b), "+r"(c), "+r"(d)::"memory");                                                             \
        }                                                                                                                                  \
        out[threadIdx.x] = at + b + c + d;                                                                                                 \
    }
LDMATRIX(1, "%0")
LDMATRIX(2, "%0, %1")
LDMATRIX(4, "%0, %1, %2, %3")

extern "C" __global__ void __launch_bounds__(1024) barriers(unsigned* out, int rounds) {
#pragma unroll 1
    for (int r = 0; r < rounds; r += 32) {
#pragma unroll
        for (int u = 0; u < 32; ++u) asm volatile("bar.sync 0;" ::: "memory");
    }
    out[threadIdx.x] = threadIdx.x;
}

// Additions to one word of global memory, each needing the old value of the one before; the word stays 0.
extern "C" __global__ void chain_atomic(unsigned* out, unsigned* word, unsigned zero, int rounds) {
    unsigned x = 0;
#pragma unroll 1
    for (int r = 0; r < rounds; r += 16) {
#pragma unroll
        for (int u = 0; u < 16; ++u) asm volatile("atom.global.add.u32 %0, [%1], %2;" : "=r"(x) : "l"(word + x), "r"(zero) : "memory");
    }
    *out = x;
}

// ---- L1: every warp of a CTA loads again and again from the same few KiB: lane i at i % lanes * stride + i / lanes * row elements. `step` is 0 at
// run time, which the compiler cannot know: it has to load again.

#define STRIDED(name, type, constraint, letter)                                                                                            \
    extern "C" __global__ void __launch_bounds__(1024)                                                                                     \
        strided_##name(type* out, const type* in, int stride, int lanes, int row, int step, int rounds) {                                  \
        const type* at = in + threadIdx.x % 32 % lanes * stride + threadIdx.x % 32 / lanes * row;                                          \
        type sum = 0;                                                                                                                      \
        _Pragma("unroll 1") for (int r = 0; r < rounds; r += 16, at += step) {                                                             \
            _Pragma("unroll") for (int u = 0; u < 16; ++u) {                                                                               \
                type x;                                                                                                                    \
                asm volatile("ld.global.ca." constraint " %0, [%1];" : letter(x) : "l"(at + u * (128 / sizeof(type))) : "memory");         \
                sum += x;                                                                                                                  \
            }                                                                                                                              \
        }                                                                                                                                  \
        out[threadIdx.x] = sum;                                                                                                            \
    }
STRIDED(f32, float, "f32", "=f")
STRIDED(f64, double, "f64", "=d")

// One CTA of 256 threads reads the same `elements` doubles again and again, eight loads and eight sums at a time. Requires: elements divisible by 2048.
extern "C" __global__ void __launch_bounds__(256) read_same(double* out, const double* in, int elements, int step, int rounds) {
    double sums[8] = {};
    for (int r = 0; r < rounds; ++r, in += step) {
#pragma unroll 1
        for (int i = threadIdx.x; i < elements; i += 2048) {
#pragma unroll
            for (int u = 0; u < 8; ++u) {
                double x;
                asm volatile("ld.global.ca.f64 %0, [%1];" : "=d"(x) : "l"(in + i + u * 256) : "memory");
                sums[u] += x;
            }
        }
    }
    for (int u = 1; u < 8; ++u) sums[0] += sums[u];
    if (sums[0] == 1.5) out[threadIdx.x] = sums[0];
}

// CTAs of 1024 threads read pieces of 128 KiB, piece after piece of a footprint.
extern "C" __global__ void __launch_bounds__(1024) read_pieces(double* out, const double* in, int pieces, int passes) {
    double sum = 0;
    for (int p = 0; p < passes; ++p) {
        const double* piece = in + static_cast<size_t>((blockIdx.x + p * gridDim.x) % pieces) * 16384;
#pragma unroll 8
        for (int i = threadIdx.x; i < 16384; i += 1024) sum += piece[i];
    }
    if (sum == 1.5) out[threadIdx.x] = sum;
}

// ---- Streams: one element a thread; dynamic shared memory limits the CTAs of an SM.

extern "C" __global__ void stream_read(double* a, const double* b) {
    extern __shared__ double spoiler[];
    const size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (b[i] == 1.5) a[i] = spoiler[threadIdx.x];
}
extern "C" __global__ void stream_fill(double* a, double value) {
    const size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    a[i] = value;
}
extern "C" __global__ void stream_scale(double* a, const double* b, double s) {
    const size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    a[i] = b[i] * s;
}
extern "C" __global__ void stream_triad(double* a, const double* b, const double* c, double s) {
    const size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    a[i] = b[i] + s * c[i];
}

extern "C" __global__ void nothing() {}
