// HMMA and QMMA: floating-point products of one warp.
#include "frontend/emulator/lanes/matrix_dot.hpp"
#include "frontend/emulator/lanes/matrix_fragments.hpp"
#include "frontend/emulator/matrix_parts.hpp"
#include "frontend/sass/table.hpp"

namespace heddle::emulator::HEDDLE_LANES {

namespace {

struct FloatShape {
    ElementFormat a, b;
    unsigned depth;        // elements of K, of the dense matrices
    unsigned registers_a, registers_b;
    bool sparse, half;     // half: FP16 accumulators
    unsigned lanes_used;   // of a group of four that hold metadata
    unsigned selector;
    DotRule rule;
};

// Packed into MicroOp::p by the binder below.
FloatShape shape_of(const MicroOp& op) {
    FloatShape s;
    const std::uint32_t p = op.p[0], q = op.p[1];
    s.a = static_cast<ElementFormat>(p & 15);
    s.b = static_cast<ElementFormat>((p >> 4) & 15);
    s.depth = (p >> 8) & 0xff;
    s.registers_a = (p >> 16) & 15;
    s.registers_b = (p >> 20) & 15;
    s.sparse = (p >> 24) & 1;
    s.half = (p >> 25) & 1;
    s.lanes_used = (p >> 26) & 7;
    s.selector = p >> 29;
    s.rule.fraction = static_cast<int>(q & 0xff);
    s.rule.step = (q >> 8) & 0xff;
    s.rule.result = static_cast<ResultFormat>((q >> 16) & 3);
    return s;
}

// Kept elements in their places of a dense row, the others absent. 16-bit and 8-bit elements: two of four, 32-bit ones:
// one of two, said as two halves of four (0100 the first, 1110 the second).
void spread_row(const FloatShape& s, const std::uint32_t* kept, std::uint64_t metadata, std::uint32_t* raw, bool* present) {
    const bool tf32 = s.a == ElementFormat::Tf32;
    for (unsigned k = 0; k < s.depth; ++k) present[k] = false, raw[k] = 0;
    for (unsigned k = 0; k < s.depth / 2; ++k) {
        const unsigned at = tf32 ? 2 * k + ((metadata >> (4 * k + 1)) & 1) : k / 2 * 4 + ((metadata >> (2 * k)) & 3);
        raw[at] = kept[k];
        present[at] = true;
    }
}

void unpack_a(const Warp& w, const MicroOp& op, const FloatShape& s, RowFactors& a) {
    alignas(64) unsigned char bytes[kTileRows * 64];
    alignas(64) std::uint32_t raw[kMostProducts][kTileRows];
    bool present[kTileRows][kMostProducts];
    const unsigned bits = element_bits(s.a), kept = s.sparse ? s.depth / 2 : s.depth, row_bytes = kept * bits / 8;
    gather_rows(&w.source(op.a), s.registers_a, 2, bytes, row_bytes);
    for (unsigned row = 0; row < kTileRows; ++row) {
        const unsigned char* from = bytes + row * row_bytes;
        if (!s.sparse) {
            split_elements(bits, from, s.depth, &raw[0][row], kTileRows);
            continue;
        }
        std::uint32_t kept_raw[kMostProducts], spread[kMostProducts];
        split_elements(bits, from, kept, kept_raw, 1);
        spread_row(s, kept_raw, row_metadata(w.source(op.e), bits >= 16, s.lanes_used, s.selector, row), spread, present[row]);
        for (unsigned k = 0; k < s.depth; ++k) raw[k][row] = spread[k];
    }
    unpack_elements(s.a, raw[0], s.depth * kTileRows, a.value[0], a.exponent[0], false, a.check);
    if (s.sparse)
        for (unsigned row = 0; row < kTileRows; ++row)
            for (unsigned k = 0; k < s.depth; ++k)
                if (!present[row][k]) a.exponent[k][row] = kAbsent;
}

void multiply(Warp& w, const MicroOp& op) {
    const FloatShape s = shape_of(op);
    RowFactors a;
    unpack_a(w, op, s, a);
    const unsigned bits = element_bits(s.b), column_bytes = s.depth * bits / 8;
    alignas(64) unsigned char bytes[8 * 64];
    gather_rows(&w.source(op.b), s.registers_b, 1, bytes, column_bytes);
    alignas(64) std::uint32_t tile[8][16];
    const unsigned accumulators = s.half ? 2 : 4;
    const Row* c = &w.source(op.c);
    if (s.half) {
        for (unsigned r = 0; r < 2; ++r)
            for (unsigned l = 0; l < kLanes; ++l)
                for (unsigned i = 0; i < 2; ++i)
                    tile[2 * (l & 3) + i][l / 4 + 8 * r] = std::bit_cast<std::uint32_t>(float_from_half((c[r].lane[l] >> (16 * i)) & 0xffff));
    } else {
        gather_words(c, 4, tile);
    }
    for (unsigned column = 0; column < 8; ++column) {
        ColumnFactors b;
        alignas(64) std::uint32_t raw[kMostProducts];
        split_elements(bits, bytes + column * column_bytes, s.depth, raw, 1);
        unpack_elements(s.b, raw, s.depth, b.value, b.exponent, false, b.check);
        float sums[kTileRows];
        std::memcpy(sums, tile[column], sizeof sums);
        dot_column(a, b, s.depth, sums, s.rule);
        std::memcpy(tile[column], sums, sizeof sums);
    }
    if (!s.half) {
        scatter_words(tile, accumulators, &w.destination(op.d), w.exec);
        return;
    }
    for (unsigned r = 0; r < 2; ++r) {
        Row out;
        for (unsigned l = 0; l < kLanes; ++l) {
            const auto half = [&](unsigned i) { return half_from_float_odd(tile[2 * (l & 3) + i][l / 4 + 8 * r]); };
            out.lane[l] = half(0) | half(1) << 16;
        }
        blend((&w.destination(op.d))[r], out, w.exec);
    }
}

} // namespace

Execute bind_matrix_float(const sass::Instruction& i, MicroOp& op) {
    using sass::Field;
    using sass::Op;
    using sass::Slot;
    if (i.op != Op::HMMA && i.op != Op::QMMA) return nullptr;
    const bool fp8 = i.op == Op::QMMA, sparse = i.flag(Field::Sparse), hopper = i.row->first_architecture >= 90;
    static constexpr ElementFormat kHalfFormats[] = {ElementFormat::F16, ElementFormat::Bf16, ElementFormat::Tf32};
    static constexpr unsigned kHalfDepth[] = {8, 16, 4, 32};
    ElementFormat a = kHalfFormats[fp8 ? 0 : i.field(Field::TypeA)], b = a;
    if (fp8) {
        a = i.flag(Field::TypeA) ? ElementFormat::E5m2 : ElementFormat::E4m3;
        b = i.flag(Field::TypeB) ? ElementFormat::E5m2 : ElementFormat::E4m3;
    }
    const unsigned depth = fp8 ? 16U << i.field(Field::Shape) : kHalfDepth[i.field(Field::Shape)];
    const bool half = !i.flag(Field::TypeAccumulate);
    // The longest shape of a type is 256 bits of K (512 if sparse); before sm_90 it is added in two steps.
    const bool longest = depth * element_bits(a) == (sparse ? 512U : 256U);
    // Lanes with metadata: 2 bits for each of 16 * depth / 2 kept elements (tf32: 4 bits), 8 groups of 32-bit words.
    const unsigned metadata_bits = kTileRows * (depth / 2) * (a == ElementFormat::Tf32 ? 4 : 2);
    const unsigned lanes_used = sparse ? metadata_bits / (8 * 32) : 0;
    const unsigned selector = sparse ? i.field(Field::Selector) : 0;
    op.p[0] = static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b) << 4 | depth << 8 | unsigned{i[Slot::A].registers} << 16 |
              unsigned{i[Slot::B].registers} << 20 | unsigned{sparse} << 24 | unsigned{half} << 25 | lanes_used << 26;
    op.p[0] |= selector << 29;
    const auto result = half ? ResultFormat::F16 : fp8 ? ResultFormat::F32Upper13 : ResultFormat::F32;
    op.p[1] = (fp8 ? 13U : hopper ? 25U : 24U) | (longest && !hopper ? depth / 2 : depth) << 8 | static_cast<std::uint32_t>(result) << 16;
    return multiply;
}

} // namespace heddle::emulator::HEDDLE_LANES
