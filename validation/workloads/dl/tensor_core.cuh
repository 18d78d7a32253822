// The sm_80 side of tensor-core programming, one PTX instruction a function: cp.async, ldmatrix, movmatrix, mma.sync of every
// element type, mma.sp.sync. The instructions that need more (fp8: sm_89; wide DMMA: sm_90) trap on older machines; programs
// that use them skip there.
//
// Fragment layouts are those of the PTX manual, with lane = 4 * group + member: a 16-byte row of an 8-row matrix is held by the
// four lanes of one group, four bytes each. In bytes all 16x8 shapes are alike: A is 16 rows of 32 bytes in four registers
// (rows 0-7 | 8-15 of bytes 0-15, then the same of bytes 16-31), B is 8 columns of 32 bytes in two registers, and C holds in
// row `group` (then `group + 8`) the columns 2 * member and 2 * member + 1.
#pragma once

#include <cstdint>

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace dl {

using Word = std::uint32_t;

// The address of a shared-memory object in the shared window, as PTX instructions with .shared operands want it.
__device__ __forceinline__ Word shared_address(const void* pointer) { return static_cast<Word>(__cvta_generic_to_shared(pointer)); }

__device__ __forceinline__ Word pack(__half low, __half high) {
    return static_cast<Word>(__half_as_ushort(low)) | static_cast<Word>(__half_as_ushort(high)) << 16;
}
__device__ __forceinline__ Word pack(__nv_bfloat16 low, __nv_bfloat16 high) {
    return static_cast<Word>(__bfloat16_as_ushort(low)) | static_cast<Word>(__bfloat16_as_ushort(high)) << 16;
}

// (bits & mask) | more in one instruction.
__device__ __forceinline__ Word lop3_and_or(Word bits, Word mask, Word more) {
    Word r;
    asm("lop3.b32 %0, %1, %2, %3, 0xea;" : "=r"(r) : "r"(bits), "r"(mask), "r"(more));
    return r;
}

// Copies 16 bytes from global to shared memory past the registers; zeros instead of the data if `valid` is false.
// Requires: both addresses aligned to 16.
__device__ __forceinline__ void cp_async_16(Word shared, const void* global, bool valid = true) {
    const int bytes = valid ? 16 : 0;
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(shared), "l"(global), "r"(bytes) : "memory");
}
// The same for 4 bytes, through L1.
__device__ __forceinline__ void cp_async_4(Word shared, const void* global, bool valid = true) {
    const int bytes = valid ? 4 : 0;
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared), "l"(global), "r"(bytes) : "memory");
}
__device__ __forceinline__ void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most kPending of this thread's latest groups are under way.
template <int kPending> __device__ __forceinline__ void cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

// Loads four 8x8 matrices of 16-bit elements; lane i gives the address of row i % 8 of matrix i / 8.
__device__ __forceinline__ void ldmatrix_x4(Word (&r)[4], Word address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}
__device__ __forceinline__ void ldmatrix_x4_trans(Word (&r)[4], Word address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
}
__device__ __forceinline__ void ldmatrix_x2(Word (&r)[2], Word address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(address) : "memory");
}
__device__ __forceinline__ void ldmatrix_x2_trans(Word (&r)[2], Word address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(address) : "memory");
}
__device__ __forceinline__ Word ldmatrix_x1(Word address) {
    Word r;
    asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(r) : "r"(address) : "memory");
    return r;
}
// Transposes an 8x8 matrix of 16-bit elements held across the warp.
__device__ __forceinline__ Word movmatrix_trans(Word matrix) {
    Word r;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(r) : "r"(matrix));
    return r;
}

// c += a * b, 16x8x16, bf16 in, fp32 accumulator.
__device__ __forceinline__ void mma_bf16(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// c += a * b, 16x8x16, fp16 in, fp32 accumulator.
__device__ __forceinline__ void mma_f16(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// c += a * b, 16x8x8, fp16 in, fp32 accumulator.
__device__ __forceinline__ void mma_f16_k8(float (&c)[4], const Word (&a)[2], Word b) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(b));
}
// The same for bf16, and for tf32 with four of K.
__device__ __forceinline__ void mma_bf16_k8(float (&c)[4], const Word (&a)[2], Word b) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(b));
}
__device__ __forceinline__ void mma_tf32_k4(float (&c)[4], const Word (&a)[2], Word b) {
    asm volatile("mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(b));
}
// c += a * b, 16x8x16, fp16 in and out: two packed accumulator registers, rows `group` and `group + 8`.
__device__ __forceinline__ void mma_f16_acc16(Word (&c)[2], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0, %1}, {%2, %3, %4, %5}, {%6, %7}, {%0, %1};"
                 : "+r"(c[0]), "+r"(c[1])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// c += a * b, 16x8x8, tf32 in, fp32 accumulator.
__device__ __forceinline__ void mma_tf32(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// The nearest tf32, ties away from zero, as a register for mma_tf32.
__device__ __forceinline__ Word to_tf32(float value) {
    Word r;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(r) : "f"(value));
    return r;
}
// c += a * b, 16x8x32, signed bytes, 32-bit accumulator.
__device__ __forceinline__ void mma_s8(int (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// c += a * b, 16x8x16, signed bytes.
__device__ __forceinline__ void mma_s8_k16(int (&c)[4], const Word (&a)[2], Word b) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(b));
}
// c += a * b, 16x8x32, signed bytes, held at the ends of the 32-bit range.
__device__ __forceinline__ void mma_s8_saturate(int (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k32.row.col.satfinite.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// c += a * b, 16x8x32, unsigned bytes times signed bytes, 32-bit accumulator.
__device__ __forceinline__ void mma_u8s8(int (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// c += a * b, 16x8x64, signed 4-bit numbers, 32-bit accumulator.
__device__ __forceinline__ void mma_s4(int (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k64.row.col.s32.s4.s4.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// c += popc(a & b), 16x8x256 single bits, 32-bit accumulator.
__device__ __forceinline__ void mma_b1_and(int (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
    asm volatile("mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.and.popc {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+r"(c[0]), "+r"(c[1]), "+r"(c[2]), "+r"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// c += a * b, 16x8x32, fp8 e4m3 (a) times e4m3 (b), fp32 accumulator. Needs sm_89.
__device__ __forceinline__ void mma_e4m3(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
#if __CUDA_ARCH__ >= 890
    asm volatile("mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    __trap();
#endif
}
// The same for fp8 e5m2 (a) times e4m3 (b), the pair of gradient times weight.
__device__ __forceinline__ void mma_e5m2_e4m3(float (&c)[4], const Word (&a)[4], const Word (&b)[2]) {
#if __CUDA_ARCH__ >= 890
    asm volatile("mma.sync.aligned.m16n8k32.row.col.f32.e5m2.e4m3.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    __trap();
#endif
}
// c += a * b, 8x8x4, fp64: a is row `group` column `member`, b the transposed place, c row `group` columns 2 * member and next.
__device__ __forceinline__ void mma_f64(double (&c)[2], double a, double b) {
    asm volatile("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, {%3}, {%0, %1};"
                 : "+d"(c[0]), "+d"(c[1])
                 : "d"(a), "d"(b));
}
// c += a * b, 16x8x16, fp64. Registers: a[2 * i + h] is row group + 8 * h, column member + 4 * i; b[i] is row member + 4 * i, column
// `group`; c as for the 16-bit types. Needs sm_90.
__device__ __forceinline__ void mma_f64_k16(double (&c)[4], const double (&a)[8], const double (&b)[4]) {
#if __CUDA_ARCH__ >= 900
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f64.f64.f64.f64 {%0, %1, %2, %3}, {%4, %5, %6, %7, %8, %9, %10, %11}, "
                 "{%12, %13, %14, %15}, {%0, %1, %2, %3};"
                 : "+d"(c[0]), "+d"(c[1]), "+d"(c[2]), "+d"(c[3])
                 : "d"(a[0]), "d"(a[1]), "d"(a[2]), "d"(a[3]), "d"(a[4]), "d"(a[5]), "d"(a[6]), "d"(a[7]), "d"(b[0]), "d"(b[1]), "d"(b[2]),
                   "d"(b[3]));
#else
    __trap();
#endif
}
// c += a * b, 16x8x32 fp16 with a 2:4 sparse: a holds 16 of each row's 32 elements. `metadata` counts in member 0 (dense columns 0-15) and
// member 1 (16-31) of each group: bits 0-15 for row `group`, 16-31 for row group + 8, two 2-bit places for each four columns.
__device__ __forceinline__ void mma_sparse_f16(float (&c)[4], const Word (&a)[4], const Word (&b)[4], Word metadata) {
    asm volatile(
        "mma.sp::ordered_metadata.sync.aligned.m16n8k32.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9, %10, %11}, "
        "{%0, %1, %2, %3}, %12, 0x0;"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]), "r"(b[2]), "r"(b[3]), "r"(metadata));
}

} // namespace dl
