// The operations that the microbenchmarks of the arithmetic units run in chains, each as PTX and as C++ for the host. Two values take turns
// (x from x and y, then y from y and x), so that the assembler can neither join two steps nor fold a constant.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <type_traits>

// name, type, constraint letter, first x, first y, c, d, the step in PTX (%0 changed, %1 the other value, %2 and %3 the constants c and d),
// the same step in C++ (a changed, b the other value).
#define ALU_CHAINS(F)                                                                                                                      \
    F(add_u32, unsigned, "r", 1, 1, 0, 0, "add.u32 %0, %0, %1;", a + b)                                                                    \
    F(logic, unsigned, "r", 0x1234567, 0x89abcde, 0x55aa55aa, 0, "{.reg .u32 t; and.b32 t, %0, %1; xor.b32 %0, t, %2;}", (a & b) ^ c)      \
    F(mad_u32, unsigned, "r", 3, 5, 7, 0, "mad.lo.u32 %0, %0, %1, %2;", a* b + c)                                                          \
    F(mul_hi_u32, unsigned, "r", 0x87654321, 0xfedcba98, 0x80000001, 0, "{.reg .u32 t; mul.hi.u32 t, %0, %1; or.b32 %0, t, %2;}",          \
      high(a, b) | c)                                                                                                                      \
    F(shift, unsigned, "r", 0x12345678, 3, 0, 0, "shf.l.wrap.b32 %0, %0, %1, 5;", b << 5 | a >> 27)                                        \
    F(min_s32, int, "r", 123456, 654321, 777, 0, "{.reg .s32 t; min.s32 t, %0, %1; sub.s32 %0, %2, t;}", c - std::min(a, b))               \
    F(select, unsigned, "r", 77, 99, 88, 66, "{.reg .pred p; setp.lt.u32 p, %0, %1; selp.u32 %0, %2, %3, p;}", a < b ? c : d)              \
    F(permute, unsigned, "r", 0x01020304, 0x05060708, 0, 0, "prmt.b32 %0, %0, %1, 0x2541;", permuted(a, b))                                \
    F(population, unsigned, "r", 0xffff00, 0x12345, 0, 0, "{.reg .u32 t; popc.b32 t, %1; add.u32 %0, t, %0;}",                             \
      unsigned(__builtin_popcount(b)) + a)                                                                                                 \
    F(leading_zeros, unsigned, "r", 0xffff00, 0x12345, 0, 0, "{.reg .u32 t; clz.b32 t, %1; add.u32 %0, t, %0;}",                           \
      (b ? __builtin_clz(b) : 32u) + a)                                                                                                    \
    F(reverse, unsigned, "r", 0xffff00, 0x12345, 0, 0, "{.reg .u32 t; brev.b32 t, %1; xor.b32 %0, t, %0;}", reversed(b) ^ a)               \
    F(dot_bytes, int, "r", 0x01020304, 0x10203, 0x7f8055aa, 0, "dp4a.s32.s32 %0, %1, %2, %0;", dot(b, c) + a)                              \
    F(add_u64, unsigned long long, "l", 1, 1, 0, 0, "add.u64 %0, %0, %1;", a + b)                                                          \
    F(mad_wide, unsigned long long, "l", 3, 5, 0, 0, "{.reg .u32 t; cvt.u32.u64 t, %1; mad.wide.u32 %0, t, 1103515245, %0;}",              \
      (unsigned long long)(unsigned(b)) * 1103515245u + a)                                                                                 \
    F(convert, int, "r", 5, 7, 1, 0, "{.reg .f32 t; cvt.rn.f32.s32 t, %1; cvt.rzi.s32.f32 %0, t; xor.b32 %0, %0, %2;}", int(float(b)) ^ c) \
    F(add_f32, float, "f", 1.0f, 0.5f, 1.0f, 0, "{.reg .f32 t; add.rn.f32 t, %0, %1; sub.rn.f32 %0, %2, t;}", c - (a + b))                 \
    F(mul_f32, float, "f", 1.5f, 0.75f, 0, 0, "{.reg .f32 t; mul.rn.f32 t, %1, 0f3F000000; mul.rn.f32 %0, t, 0f40000000;}", b)             \
    F(fma_f32, float, "f", 0.25f, 0.5f, 0.5f, 0, "fma.rn.f32 %0, %0, %1, %2;", std::fma(a, b, c))                                          \
    F(min_f32, float, "f", 0.25f, 0.75f, 1.0f, 0, "{.reg .f32 t; min.f32 t, %0, %1; sub.rn.f32 %0, %2, t;}", c - std::fmin(a, b))          \
    F(add_f64, double, "d", 1.0, 0.5, 1.0, 0, "{.reg .f64 t; add.rn.f64 t, %0, %1; sub.rn.f64 %0, %2, t;}", c - (a + b))                   \
    F(fma_f64, double, "d", 0.25, 0.5, 0.5, 0, "fma.rn.f64 %0, %0, %1, %2;", std::fma(a, b, c))                                            \
    F(convert_f64, double, "d", 0.25, 0.5, 0.3, 0,                                                                                         \
      "{.reg .f32 t; cvt.rn.f32.f64 t, %1; cvt.f64.f32 %0, t; fma.rn.f64 %0, %0, 0d3FE0000000000000, %2;}",                                \
      std::fma(double(float(b)), 0.5, c))                                                                                                  \
    F(fma_f16x2, unsigned, "r", 0x3c003800, 0x3c003800, 0x38003800, 0x3c003c00, "fma.rn.f16x2 %0, %1, %2, %3;", 0x40004000u)               \
    F(fma_bf16x2, unsigned, "r", 0x3f803f00, 0x3f803f00, 0x3f003f00, 0x3f803f80, "fma.rn.bf16x2 %0, %1, %2, %3;", 0x40004000u)             \
    F(reciprocal, float, "f", 0.7f, 0.8f, 1.0f, 0, "{.reg .f32 t; rcp.approx.ftz.f32 t, %1; add.rn.f32 %0, t, %2;}", 1 / b + c)            \
    F(inverse_root, float, "f", 0.7f, 0.8f, 0, 0, "rsqrt.approx.ftz.f32 %0, %1;", 1 / std::sqrt(b))                                        \
    F(square_root, float, "f", 0.7f, 0.8f, 0, 0, "sqrt.approx.ftz.f32 %0, %1;", std::sqrt(b))                                              \
    F(exponential, float, "f", 0.7f, 0.8f, 0, 0, "{.reg .f32 t; neg.f32 t, %1; ex2.approx.ftz.f32 %0, t;}", std::exp2(-b))                 \
    F(logarithm, float, "f", 0.7f, 0.8f, 3.0f, 0, "{.reg .f32 t; lg2.approx.ftz.f32 t, %1; add.rn.f32 %0, t, %2;}", std::log2(b) + c)      \
    F(cosine, float, "f", 0.7f, 0.8f, 0, 0, "cos.approx.ftz.f32 %0, %1;", std::cos(b))                                                     \
    F(tangent_h, float, "f", 0.7f, 0.8f, 1.0f, 0, "{.reg .f32 t; tanh.approx.f32 t, %1; add.rn.f32 %0, t, %2;}", std::tanh(b) + c)

namespace alu {

// Largest relative error of a chain of floats. The chains of approximate functions converge, so that the error of the last few steps is
// left; the hyperbolic tangent is good to 2^-11 only (PTX ISA, "tanh"). Every other chain is exact.
template <typename T> double tolerance(const char* name) {
    if (!std::is_same_v<T, float>) return 0;
    return std::string(name) == "tangent_h" ? 1e-3 : 4e-6;
}

inline unsigned high(unsigned a, unsigned b) { return static_cast<unsigned>(static_cast<unsigned long long>(a) * b >> 32); }
inline unsigned permuted(unsigned a, unsigned b) { return (a >> 8 & 255) | (b & 255) << 8 | (b >> 8 & 255) << 16 | (a >> 16 & 255) << 24; }
inline unsigned reversed(unsigned x) {
    unsigned result = 0;
    for (int i = 0; i < 32; ++i) result |= (x >> i & 1) << (31 - i);
    return result;
}
inline int dot(int x, int y) {
    int sum = 0;
    for (int at = 0; at < 32; at += 8) sum += static_cast<signed char>(x >> at) * static_cast<signed char>(y >> at);
    return sum;
}

} // namespace alu
