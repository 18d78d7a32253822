// DMMA: double-precision products of one warp.
//
// What is modelled: each element is a chain of fused multiply-adds over K in ascending order, in the instruction's
// rounding mode. NaN results are the first NaN source made quiet, or 0xfff8000000000000, as for DFMA (assumed).
// Sources: MMA-Sim (arXiv 2511.10909) for the chain; PTX ISA manual for the fragments.
#include "frontend/emulator/lanes/matrix_fragments.hpp"
#include "frontend/emulator/matrix_parts.hpp"

#include <bit>
#include <cfenv>
#include <cmath>

namespace heddle::emulator::HEDDLE_LANES {

namespace {

double element(const Row* rows, unsigned index, unsigned lane) {
    return std::bit_cast<double>(std::uint64_t{rows[2 * index].lane[lane]} | std::uint64_t{rows[2 * index + 1].lane[lane]} << 32);
}

double with_signs(double v, std::uint32_t flags) {
    if (flags & 2) v = std::fabs(v);
    return flags & 1 ? -v : v;
}

double fused(double a, double b, double c) {
    const double r = __builtin_fma(a, b, c);
    if (r == r) return r;
    for (const double x : {a, b, c})
        if (x != x) return std::bit_cast<double>(std::bit_cast<std::uint64_t>(x) | 1ULL << 51);
    return std::bit_cast<double>(0xfff8'0000'0000'0000ULL);
}

// p[0]: K; p[1]: rows; p[2]: signs of A, B, C, two bits each; p[3]: rounding mode of the host, or 0 for nearest.
void multiply(Warp& w, const MicroOp& op) {
    const unsigned depth = op.p[0], rows = op.p[1], halves = rows / 8;
    double a[16][16], b[16][8], c[16][8];
    const Row* from_a = &w.source(op.a);
    const Row* from_b = &w.source(op.b);
    const Row* from_c = &w.source(op.c);
    for (unsigned l = 0; l < kLanes; ++l) {
        for (unsigned n = 0; n < depth / 4 * halves; ++n) a[l / 4 + 8 * (n % halves)][(l & 3) + 4 * (n / halves)] = with_signs(element(from_a, n, l), op.p[2]);
        for (unsigned n = 0; n < depth / 4; ++n) b[(l & 3) + 4 * n][l / 4] = with_signs(element(from_b, n, l), op.p[2] >> 2);
        for (unsigned n = 0; n < 2 * halves; ++n) c[l / 4 + 8 * (n / 2)][2 * (l & 3) + n % 2] = with_signs(element(from_c, n, l), op.p[2] >> 4);
    }
    const int mode = static_cast<int>(op.p[3]);
    if (mode != 0) std::fesetround(mode);
    asm volatile("" : : "r"(a), "r"(b), "r"(c) : "memory"); // the products stay between the changes of mode
    for (unsigned k = 0; k < depth; ++k)
        for (unsigned row = 0; row < rows; ++row)
            for (unsigned column = 0; column < 8; ++column) c[row][column] = fused(a[row][k], b[k][column], c[row][column]);
    asm volatile("" : : "r"(c) : "memory");
    if (mode != 0) std::fesetround(FE_TONEAREST);
    for (unsigned n = 0; n < 2 * halves; ++n) {
        Row low, high;
        for (unsigned l = 0; l < kLanes; ++l) {
            const auto bits = std::bit_cast<std::uint64_t>(c[l / 4 + 8 * (n / 2)][2 * (l & 3) + n % 2]);
            low.lane[l] = static_cast<std::uint32_t>(bits);
            high.lane[l] = static_cast<std::uint32_t>(bits >> 32);
        }
        blend((&w.destination(op.d))[2 * n], low, w.exec);
        blend((&w.destination(op.d))[2 * n + 1], high, w.exec);
    }
}

} // namespace

Execute bind_matrix_double(const sass::Instruction& i, MicroOp& op) {
    using sass::Field;
    using sass::Slot;
    if (i.op != sass::Op::DMMA) return nullptr;
    static constexpr unsigned kDepth[] = {4, 4, 8, 16};
    static constexpr int kRounding[] = {0, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    op.p[0] = kDepth[i.field(Field::Shape)];
    op.p[1] = i.field(Field::Shape) == 0 ? 8 : 16;
    op.p[2] = 0;
    unsigned shift = 0;
    for (const Slot slot : {Slot::A, Slot::B, Slot::C}) {
        op.p[2] |= (std::uint32_t{i[slot].negate} | std::uint32_t{i[slot].absolute} << 1) << shift;
        shift += 2;
    }
    op.p[3] = static_cast<std::uint32_t>(kRounding[i.field(Field::Round)]);
    // Zero operands have eight rows only.
    if (i[Slot::A].index == sass::kZeroRegister && i[Slot::A].registers > 8) return nullptr;
    if (i[Slot::B].index == sass::kZeroRegister && i[Slot::B].registers > 8) return nullptr;
    return multiply;
}

} // namespace heddle::emulator::HEDDLE_LANES
