// IMMA, BMMA and MOVM: integer and bit matrices of one warp.
#include "frontend/emulator/lanes/matrix_fragments.hpp"
#include "frontend/emulator/lanes/matrix_integer_dot.hpp"
#include "frontend/emulator/matrix_parts.hpp"

#include <bit>

namespace heddle::emulator::HEDDLE_LANES {

namespace {

constexpr unsigned kMostRowBytes = 64;

// p[0]: K in elements; p[1]: registers of A, B, C (4 bits each); p[2]: flags below; p[3]: lanes with metadata, selector.
enum Flag : std::uint32_t { kFour = 1, kSignedA = 2, kSignedB = 4, kSaturate = 8, kSparse = 16, kAnd = 32 };

void multiply(Warp& w, const MicroOp& op) {
    const std::uint32_t flags = op.p[2];
    const unsigned depth = op.p[0], registers_a = op.p[1] & 15, registers_b = (op.p[1] >> 4) & 15, registers_c = (op.p[1] >> 8) & 15;
    const IntegerType a_type{(flags & kFour) != 0, (flags & kSignedA) != 0}, b_type{(flags & kFour) != 0, (flags & kSignedB) != 0};
    const unsigned bits = a_type.four_bits ? 4 : 8, dense_bytes = depth * bits / 8;
    const bool sparse = (flags & kSparse) != 0;
    const unsigned row_bytes = sparse ? dense_bytes / 2 : dense_bytes, rows = registers_c * 4;
    alignas(64) unsigned char bytes[16 * kMostRowBytes] = {}, columns[8 * kMostRowBytes];
    gather_rows(&w.source(op.a), registers_a, rows / 8, bytes, row_bytes);
    gather_rows(&w.source(op.b), registers_b, 1, columns, dense_bytes);
    IntegerRows a;
    for (unsigned row = 0; row < 16; ++row) {
        const unsigned char* from = bytes + row * row_bytes;
        unsigned char dense[kMostRowBytes];
        if (sparse) {
            spread_bytes(from, dense_bytes, row_metadata(w.source(op.e), false, op.p[3] & 7, op.p[3] >> 4, row), dense);
            from = dense;
        }
        integer_elements(from, depth, a_type, &a.value[0][row], 16);
    }
    alignas(64) std::uint32_t tile[8][16] = {};
    gather_words(&w.source(op.c), registers_c, tile);
    for (unsigned column = 0; column < 8; ++column) {
        float b[kMostIntegerProducts];
        integer_elements(columns + column * dense_bytes, depth, b_type, b, 1);
        integer_column(a, b, depth, tile[column], (flags & kSaturate) != 0);
    }
    scatter_words(tile, registers_c, &w.destination(op.d), w.exec);
}

// Rows of A and columns of B are bit strings; counts the ones of their combination.
void count_bits(Warp& w, const MicroOp& op) {
    const unsigned words = op.p[0] / 32, registers_a = op.p[1] & 15, registers_b = (op.p[1] >> 4) & 15, registers_c = (op.p[1] >> 8) & 15;
    alignas(64) std::uint32_t a[16][8] = {}, b[8][8];
    gather_rows(&w.source(op.a), registers_a, registers_c / 2, reinterpret_cast<unsigned char*>(a), sizeof a[0]);
    gather_rows(&w.source(op.b), registers_b, 1, reinterpret_cast<unsigned char*>(b), sizeof b[0]);
    const bool both = (op.p[2] & kAnd) != 0;
    alignas(64) std::uint32_t tile[8][16] = {};
    gather_words(&w.source(op.c), registers_c, tile);
    for (unsigned column = 0; column < 8; ++column)
        for (unsigned row = 0; row < registers_c * 4; ++row) {
            std::uint32_t count = 0;
            for (unsigned k = 0; k < words; ++k)
                count += static_cast<std::uint32_t>(std::popcount(both ? a[row][k] & b[column][k] : a[row][k] ^ b[column][k]));
            tile[column][row] += count;
        }
    scatter_words(tile, registers_c, &w.destination(op.d), w.exec);
}

// MOVM.16.MT88: an 8x8 matrix of halves, row l/4 in lanes 4 row to 4 row + 3, is transposed.
void transpose(Warp& w, const MicroOp& op) {
    const Row& in = w.source(op.a);
    const auto half = [&](unsigned row, unsigned column) { return (in.lane[row * 4 + column / 2] >> (16 * (column & 1))) & 0xffff; };
    Row out;
    for (unsigned l = 0; l < kLanes; ++l) out.lane[l] = half(2 * (l & 3), l / 4) | half(2 * (l & 3) + 1, l / 4) << 16;
    blend(w.destination(op.d), out, w.exec);
}

} // namespace

Execute bind_matrix_integer(const sass::Instruction& i, MicroOp& op) {
    using sass::Field;
    using sass::Op;
    using sass::Slot;
    op.p[1] = unsigned{i[Slot::A].registers} | unsigned{i[Slot::B].registers} << 4 | unsigned{i[Slot::D].registers} << 8;
    switch (i.op) {
    case Op::MOVM: return transpose;
    case Op::BMMA:
        op.p[0] = i.field(Field::Shape) == 2 ? 256 : 128;
        op.p[2] = i.field(Field::Function) == 1 ? kAnd : Flag{};
        return count_bits;
    case Op::IMMA: {
        static constexpr unsigned kDepth[] = {16, 0, 32, 0, 16, 32, 64, 128};
        const unsigned depth = kDepth[i.field(Field::Shape)];
        const bool four = i.field(Field::TypeA) >= 2, sparse = i.flag(Field::Sparse);
        op.p[0] = depth;
        op.p[2] = (four ? kFour : 0U) | (i.field(Field::TypeA) & 1 ? kSignedA : 0U) | (i.field(Field::TypeB) & 1 ? kSignedB : 0U) |
                  (i.flag(Field::Saturate) ? kSaturate : 0U) | (sparse ? kSparse : 0U);
        // 2 bits of metadata for each kept byte: 16 rows over 8 groups of 32-bit lanes.
        const unsigned kept_bytes = depth * (four ? 4 : 8) / 8 / 2;
        op.p[3] = sparse ? 16 * kept_bytes * 2 / (8 * 32) | unsigned{i.field(Field::Selector)} << 4 : 0;
        return multiply;
    }
    default: return nullptr;
    }
}

} // namespace heddle::emulator::HEDDLE_LANES
