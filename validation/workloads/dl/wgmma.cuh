// Asynchronous warpgroup matrix products (wgmma): d (64 x N, in registers of 128 threads) += A (64 x K) * B (K x N) with 32 bytes of K an
// instruction, operands described by 64-bit descriptors of shared memory, A optionally in registers. The lists of registers are spelled out
// by macros; programs see overloads of wgmma<Type>(d, ...) chosen by the size of d.
//
// Thread t of the warpgroup (warp w = t / 32, lane l) holds in d[4 * j + e] row 16 * w + l / 4 + 8 * (e / 2), column 8 * j + 2 * (l % 4) +
// e % 2; with fp16 accumulators d[2 * j + h] packs e = 2 * h and 2 * h + 1.
#pragma once

#include "dl/hopper.cuh"

namespace dl {

// ---- descriptors

enum class Swizzle : std::uint64_t { None = 0, Bytes128 = 1, Bytes64 = 2, Bytes32 = 3 };

// Describes an operand in shared memory. K-major with a swizzle of S bytes: rows of S bytes, 8 rows an atom of 8 * S bytes, `stride` from
// one 8-row atom to the next, `leading` unused. K-major without swizzle: 8 x 16-byte core matrices of 128 contiguous bytes, `leading` from
// one to the next along K, `stride` along M or N. MN-major with a swizzle of S bytes: rows of S bytes along M or N for one k, 8 of k an
// atom, `leading` from atom to atom along M or N, `stride` along K. Steps along K inside an atom are made by adding to the address.
__device__ __forceinline__ std::uint64_t matrix_descriptor(Word shared, int leading, int stride, Swizzle swizzle) {
    const auto encode = [](Word bytes) { return static_cast<std::uint64_t>((bytes & 0x3ffffu) >> 4); };
    return encode(shared) | encode(leading) << 16 | encode(stride) << 32 | static_cast<std::uint64_t>(swizzle) << 62;
}
// The usual one: K-major, 128-byte rows, atoms of 1024 bytes one after the other. Requires: `shared` aligned to 1024, plus a multiple of 32
// within the first row.
__device__ __forceinline__ std::uint64_t descriptor_128(Word shared) { return matrix_descriptor(shared, 16, 1024, Swizzle::Bytes128); }

// The byte at (row, byte) of a tile of 128-byte rows under the 128-byte swizzle.
__host__ __device__ inline int swizzle_128(int row, int byte) { return row * 128 + (byte ^ ((row & 7) << 4)); }

// ---- order and completion

// Before the first wgmma and whenever registers of d or A were written by other instructions.
__device__ __forceinline__ void wgmma_fence() { DL_SM90A(asm volatile("wgmma.fence.sync.aligned;" ::: "memory");) }
__device__ __forceinline__ void wgmma_commit() { DL_SM90A(asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");) }
template <int kPending> __device__ __forceinline__ void wgmma_wait() {
    DL_SM90A(asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");)
}

// Ties accumulators to their place in the program: stands between the code that gives them values and wgmma_fence(), across which the
// compiler might otherwise move that code.
__device__ __forceinline__ void keep_in_place(float& r) { DL_SM90A(asm volatile("" : "+f"(r)::"memory");) }
__device__ __forceinline__ void keep_in_place(int& r) { DL_SM90A(asm volatile("" : "+r"(r)::"memory");) }
__device__ __forceinline__ void keep_in_place(Word& r) { DL_SM90A(asm volatile("" : "+r"(r)::"memory");) }
template <typename T, int kCount> __device__ __forceinline__ void keep_in_place(T (&d)[kCount]) {
#pragma unroll
    for (int i = 0; i < kCount; ++i) keep_in_place(d[i]);
}

// ---- lists of registers

#define DL_LIST_16 "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15}"
#define DL_LIST_32                                                                                                                         \
    "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, "  \
    "%28, %29, %30, %31}"
#define DL_LIST_64                                                                                                                         \
    "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, "  \
    "%28, %29, %30, %31, "                                                                                                                 \
    "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, "   \
    "%58, %59, %60, %61, "                                                                                                                 \
    "%62, %63}"
#define DL_LIST_128                                                                                                                        \
    "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, "  \
    "%28, %29, %30, %31, "                                                                                                                 \
    "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, "   \
    "%58, %59, %60, %61, "                                                                                                                 \
    "%62, %63, %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79, %80, %81, %82, %83, %84, %85, %86, %87, "   \
    "%88, %89, %90, %91, "                                                                                                                 \
    "%92, %93, %94, %95, %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111, %112, %113, %114, "   \
    "%115, %116, %117, "                                                                                                                   \
    "%118, %119, %120, %121, %122, %123, %124, %125, %126, %127}"
#define DL_BIND_8(c, d, i) c(d[i]), c(d[i + 1]), c(d[i + 2]), c(d[i + 3]), c(d[i + 4]), c(d[i + 5]), c(d[i + 6]), c(d[i + 7])
#define DL_BIND_16(c, d, i) DL_BIND_8(c, d, i), DL_BIND_8(c, d, i + 8)
#define DL_BIND_32(c, d, i) DL_BIND_16(c, d, i), DL_BIND_16(c, d, i + 16)
#define DL_BIND_64(c, d, i) DL_BIND_32(c, d, i), DL_BIND_32(c, d, i + 32)
#define DL_BIND_128(c, d, i) DL_BIND_64(c, d, i), DL_BIND_64(c, d, i + 64)
#define DL_FLOAT "+f"
#define DL_INTEGER "+r"

// Both operands in shared memory. p, q, r are the numbers of the operands behind the n registers of d; `tail` is what follows the
// predicate.
#define DL_WGMMA_SHARED(Type, Register, bind, n, p, q, r, instruction, tail)                                                               \
    template <> struct Wgmma<Type, Register, n> {                                                                                          \
        static __device__ __forceinline__ void issue(Register (&d)[n], std::uint64_t a, std::uint64_t b, int accumulate) {                 \
            DL_SM90A(asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #r ", 0;\nwgmma.mma_async.sync.aligned." instruction                \
                                  " " DL_LIST_##n ", %" #p ", %" #q ", p" tail ";\n}"                                                      \
                                  : DL_BIND_##n(bind, d, 0)                                                                                \
                                  : "l"(a), "l"(b), "r"(accumulate));)                                                                     \
        }                                                                                                                                  \
    };
// A in four registers a thread, as for mma.m16n8k16 in each warp. p to t number the operands behind d.
#define DL_WGMMA_REGISTERS(Type, n, p, q, r, s, t, u, instruction, tail)                                                                   \
    template <> struct WgmmaRegisters<Type, n> {                                                                                           \
        static __device__ __forceinline__ void issue(float (&d)[n], const Word (&a)[4], std::uint64_t b, int accumulate) {                 \
            DL_SM90A(asm volatile("{\n.reg .pred p;\nsetp.ne.b32 p, %" #u ", 0;\nwgmma.mma_async.sync.aligned." instruction                \
                                  " " DL_LIST_##n ", {%" #p ", %" #q ", %" #r ", %" #s "}, %" #t ", p" tail ";\n}"                         \
                                  : DL_BIND_##n(DL_FLOAT, d, 0)                                                                            \
                                  : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate));)                                 \
        }                                                                                                                                  \
    };

// ---- element types

struct Bf16 {};       // fp32 accumulators
struct F16 {};        // fp32 accumulators
struct F16Acc16 {};   // fp16 accumulators, two a register
struct Tf32 {};       // fp32 data, of which the tensor core reads the upper 19 bits
struct E4m3 {};       // fp8 * fp8
struct E5m2E4m3 {};   // fp8 * fp8 of different kinds
struct S8 {};         // 32-bit integer accumulators
struct U8S8 {};       // unsigned * signed
struct Bf16TransB {}; // B is N-major
struct Bf16TransA {}; // A is M-major

template <typename Type, typename Register, int kRegisters> struct Wgmma;
template <typename Type, int kRegisters> struct WgmmaRegisters;

DL_WGMMA_SHARED(Bf16, float, DL_FLOAT, 32, 32, 33, 34, "m64n64k16.f32.bf16.bf16", ", 1, 1, 0, 0")
DL_WGMMA_SHARED(Bf16, float, DL_FLOAT, 64, 64, 65, 66, "m64n128k16.f32.bf16.bf16", ", 1, 1, 0, 0")
DL_WGMMA_SHARED(Bf16, float, DL_FLOAT, 128, 128, 129, 130, "m64n256k16.f32.bf16.bf16", ", 1, 1, 0, 0")
DL_WGMMA_SHARED(Bf16TransB, float, DL_FLOAT, 32, 32, 33, 34, "m64n64k16.f32.bf16.bf16", ", 1, 1, 0, 1")
DL_WGMMA_SHARED(Bf16TransB, float, DL_FLOAT, 64, 64, 65, 66, "m64n128k16.f32.bf16.bf16", ", 1, 1, 0, 1")
DL_WGMMA_SHARED(Bf16TransA, float, DL_FLOAT, 32, 32, 33, 34, "m64n64k16.f32.bf16.bf16", ", 1, 1, 1, 0")
DL_WGMMA_SHARED(F16, float, DL_FLOAT, 32, 32, 33, 34, "m64n64k16.f32.f16.f16", ", 1, 1, 0, 0")
DL_WGMMA_SHARED(F16, float, DL_FLOAT, 64, 64, 65, 66, "m64n128k16.f32.f16.f16", ", 1, 1, 0, 0")
DL_WGMMA_SHARED(F16Acc16, Word, DL_INTEGER, 16, 16, 17, 18, "m64n64k16.f16.f16.f16", ", 1, 1, 0, 0")
DL_WGMMA_SHARED(F16Acc16, Word, DL_INTEGER, 32, 32, 33, 34, "m64n128k16.f16.f16.f16", ", 1, 1, 0, 0")
DL_WGMMA_SHARED(Tf32, float, DL_FLOAT, 32, 32, 33, 34, "m64n64k8.f32.tf32.tf32", ", 1, 1")
DL_WGMMA_SHARED(Tf32, float, DL_FLOAT, 64, 64, 65, 66, "m64n128k8.f32.tf32.tf32", ", 1, 1")
DL_WGMMA_SHARED(E4m3, float, DL_FLOAT, 32, 32, 33, 34, "m64n64k32.f32.e4m3.e4m3", ", 1, 1")
DL_WGMMA_SHARED(E4m3, float, DL_FLOAT, 64, 64, 65, 66, "m64n128k32.f32.e4m3.e4m3", ", 1, 1")
DL_WGMMA_SHARED(E5m2E4m3, float, DL_FLOAT, 32, 32, 33, 34, "m64n64k32.f32.e5m2.e4m3", ", 1, 1")
DL_WGMMA_SHARED(E5m2E4m3, float, DL_FLOAT, 64, 64, 65, 66, "m64n128k32.f32.e5m2.e4m3", ", 1, 1")
DL_WGMMA_SHARED(S8, int, DL_INTEGER, 32, 32, 33, 34, "m64n64k32.s32.s8.s8", "")
DL_WGMMA_SHARED(S8, int, DL_INTEGER, 64, 64, 65, 66, "m64n128k32.s32.s8.s8", "")
DL_WGMMA_SHARED(U8S8, int, DL_INTEGER, 32, 32, 33, 34, "m64n64k32.s32.u8.s8", "")

DL_WGMMA_REGISTERS(F16, 32, 32, 33, 34, 35, 36, 37, "m64n64k16.f32.f16.f16", ", 1, 1, 1")
DL_WGMMA_REGISTERS(Bf16, 64, 64, 65, 66, 67, 68, 69, "m64n128k16.f32.bf16.bf16", ", 1, 1, 0")

// d += A * B, or d = A * B if `accumulate` is 0.
template <typename Type, typename Register, int kRegisters>
__device__ __forceinline__ void wgmma(Register (&d)[kRegisters], std::uint64_t a, std::uint64_t b, int accumulate) {
    Wgmma<Type, Register, kRegisters>::issue(d, a, b, accumulate);
}
// The same with A in registers. For F16 B is N-major (the V of attention), for Bf16 K-major.
template <typename Type, int kRegisters>
__device__ __forceinline__ void wgmma(float (&d)[kRegisters], const Word (&a)[4], std::uint64_t b, int accumulate) {
    WgmmaRegisters<Type, kRegisters>::issue(d, a, b, accumulate);
}

} // namespace dl
