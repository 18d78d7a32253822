// HGMMA, QGMMA, IGMMA, BGMMA: matrix products of a warpgroup, and WARPGROUP.
//
// What is modelled: each of the four warps computes its own 16 of the 64 rows when it executes the instruction; both
// matrices from shared memory by descriptor or A from registers; transposes, negation, sparse A, the predicate scale-d,
// groups. The arithmetic: matrix_dot.hpp with 25 fraction bits (FP8: 13) and one step; integers exactly.
// Completion: WARPGROUP.ARRIVE does nothing: registers are read and written in program order here. WARPGROUP.DEPBAR does
// wait, because warps of a warpgroup run apart here but compute together on hardware: once one of them has waited for a
// group, one thread may hand the matrices' memory back for all four. So a warp passes only when all four have executed the group.
// Sources: PTX ISA manual (wgmma); MMA-Sim (arXiv 2511.10909) for the arithmetic; experiments with ptxas for the operands.
#include "frontend/emulator/hopper_state.hpp"
#include "frontend/emulator/lanes/matrix_dot.hpp"
#include "frontend/emulator/lanes/matrix_fragments.hpp"
#include "frontend/emulator/lanes/matrix_integer_dot.hpp"
#include "frontend/emulator/lanes/warpgroup_operand.hpp"
#include "frontend/emulator/matrix_parts.hpp"
#include "frontend/sass/table.hpp"
#include "frontend/sass/warpgroup_shape.hpp"

#include <bit>

namespace heddle::emulator::HEDDLE_LANES {

namespace {

constexpr unsigned kGroupRows = 16; // of one warp

enum Flag : std::uint32_t {
    kShared = 1, kTransposeA = 2, kTransposeB = 4, kNegateA = 8, kNegateB = 16, kSparse = 32, kHalf = 64, kSignedA = 128, kSignedB = 256, kSaturate = 512,
    kNoAccumulator = 1024, // C is RZ
    kSignals = 2048,
    kNoResult = 4096,      // D is RZ: the instruction only closes a group
};

// p[0]: columns | depth << 16 (elements of the dense matrix); p[1]: flags; p[2]: formats of A and B (floating point), lanes with metadata << 8, selector << 12.
struct Shape {
    unsigned columns, depth, kept;
    std::uint32_t flags;
    bool is(Flag f) const { return (flags & f) != 0; }
};
Shape shape_of(const MicroOp& op) {
    Shape s{op.p[0] & 0xffff, op.p[0] >> 16, 0, op.p[1]};
    s.kept = s.is(kSparse) ? s.depth / 2 : s.depth;
    return s;
}

std::uint64_t descriptor(const Warp& w, RowRef ref, unsigned n) {
    return w.source({ref.space, ref.index + n}).lane[0] | std::uint64_t{w.source({ref.space, ref.index + n + 1}).lane[0]} << 32;
}

// This warp's 16 rows of A, 32 bytes each.
void rows_of_a(Warp& w, const MicroOp& op, const Shape& s, unsigned char* bytes) {
    constexpr unsigned kRowBytes = 32;
    if (!s.is(kShared)) return gather_rows(&w.source(op.a), 4, 2, bytes, kRowBytes);
    const SharedMatrix matrix(w.cta(), descriptor(w, op.a, 0));
    const unsigned first = w.number() % 4 * kGroupRows;
    if (s.is(kTransposeA)) matrix.transposed_rows(first, kGroupRows, kRowBytes, bytes);
    else matrix.rows(first, kGroupRows, kRowBytes, bytes);
}

SharedMatrix matrix_b(Warp& w, const MicroOp& op, const Shape& s) {
    return SharedMatrix(w.cta(), s.is(kShared) ? descriptor(w, op.a, 2) : descriptor(w, op.b, 2));
}

bool accumulates(Warp& w, const MicroOp& op, const Shape& s) { return !s.is(kNoAccumulator) && (w.predicate(op.pa) & 1) != 0; }

void signal(Warp& w, const Shape& s) {
    if (s.is(kSignals)) ++HopperState::of(w).groups[w.number() % HopperState::kWarps];
}

void spread_sparse(ElementFormat format, unsigned depth, const std::uint32_t* kept, std::uint64_t metadata, std::uint32_t* raw, unsigned row, std::int32_t (*present)[kTileRows]) {
    for (unsigned k = 0; k < depth / 2; ++k) {
        const unsigned at = format == ElementFormat::Tf32 ? 2 * k + ((metadata >> (4 * k + 1)) & 1) : k / 2 * 4 + ((metadata >> (2 * k)) & 3);
        raw[at * kTileRows + row] = kept[k];
        present[at][row] = 1;
    }
}

void unpack_a(Warp& w, const MicroOp& op, const Shape& s, ElementFormat format, RowFactors& a) {
    alignas(64) unsigned char bytes[kGroupRows * 32];
    alignas(64) std::uint32_t raw[kMostProducts * kTileRows] = {};
    std::int32_t present[kMostProducts][kTileRows] = {};
    rows_of_a(w, op, s, bytes);
    const unsigned bits = element_bits(format);
    for (unsigned row = 0; row < kGroupRows; ++row) {
        if (!s.is(kSparse)) {
            split_elements(bits, bytes + 32 * row, s.depth, raw + row, kTileRows);
            continue;
        }
        std::uint32_t kept[kMostProducts];
        split_elements(bits, bytes + 32 * row, s.kept, kept, 1);
        spread_sparse(format, s.depth, kept, row_metadata(w.source(op.e), bits >= 16, (op.p[2] >> 8) & 15, op.p[2] >> 12, row), raw, row, present);
    }
    unpack_elements(format, raw, s.depth * kTileRows, a.value[0], a.exponent[0], s.is(kNegateA), a.check);
    if (!s.is(kSparse)) return;
    for (unsigned k = 0; k < s.depth; ++k)
        for (unsigned row = 0; row < kGroupRows; ++row)
            if (!present[k][row]) a.exponent[k][row] = kAbsent;
}

void multiply_float(Warp& w, const MicroOp& op) {
    const Shape s = shape_of(op);
    signal(w, s);
    if (s.is(kNoResult)) return;
    const auto format_a = static_cast<ElementFormat>(op.p[2] & 15), format_b = static_cast<ElementFormat>((op.p[2] >> 4) & 15);
    const bool fp8 = element_bits(format_a) == 8, half = s.is(kHalf);
    const DotRule rule{fp8 ? 13 : 25, s.depth, half ? ResultFormat::F16 : fp8 ? ResultFormat::F32Upper13 : ResultFormat::F32};
    RowFactors a;
    unpack_a(w, op, s, format_a, a);
    const SharedMatrix b_matrix = matrix_b(w, op, s);
    const bool accumulate = accumulates(w, op, s);
    const unsigned bits_b = element_bits(format_b), column_bytes = s.depth * bits_b / 8, per_block = half ? 2 : 4;
    const Row* c = &w.source(op.c);
    Row* d = &w.destination(op.d);
    alignas(64) unsigned char bytes[8 * 64];
    alignas(64) std::uint32_t raw[8 * kMostProducts], tile[8][16];
    for (unsigned block = 0; block < s.columns / 8; ++block) {
        if (s.is(kTransposeB)) b_matrix.transposed_rows(8 * block, 8, column_bytes, bytes);
        else b_matrix.rows(8 * block, 8, column_bytes, bytes);
        std::memset(tile, 0, sizeof tile);
        if (accumulate && !half) gather_words(c + per_block * block, 4, tile);
        if (accumulate && half)
            for (unsigned r = 0; r < 2; ++r)
                for (unsigned l = 0; l < kLanes; ++l)
                    for (unsigned i = 0; i < 2; ++i)
                        tile[2 * (l & 3) + i][l / 4 + 8 * r] = std::bit_cast<std::uint32_t>(float_from_half((c[per_block * block + r].lane[l] >> (16 * i)) & 0xffff));
        for (unsigned column = 0; column < 8; ++column) {
            ColumnFactors b;
            split_elements(bits_b, bytes + column * column_bytes, s.depth, raw, 1);
            unpack_elements(format_b, raw, s.depth, b.value, b.exponent, s.is(kNegateB), b.check);
            float sums[kTileRows];
            std::memcpy(sums, tile[column], sizeof sums);
            dot_column(a, b, s.depth, sums, rule);
            std::memcpy(tile[column], sums, sizeof sums);
        }
        if (!half) {
            scatter_words(tile, 4, d + per_block * block, w.exec);
            continue;
        }
        for (unsigned r = 0; r < 2; ++r) {
            Row out;
            for (unsigned l = 0; l < kLanes; ++l) {
                const auto value = [&](unsigned i) { return half_from_float_odd(tile[2 * (l & 3) + i][l / 4 + 8 * r]); };
                out.lane[l] = value(0) | value(1) << 16;
            }
            blend(d[per_block * block + r], out, w.exec);
        }
    }
}

void multiply_integer(Warp& w, const MicroOp& op) {
    const Shape s = shape_of(op);
    signal(w, s);
    if (s.is(kNoResult)) return;
    alignas(64) unsigned char bytes[kGroupRows * 32];
    rows_of_a(w, op, s, bytes);
    IntegerRows a;
    for (unsigned row = 0; row < kGroupRows; ++row) {
        const unsigned char* from = bytes + 32 * row;
        unsigned char dense[64];
        if (s.is(kSparse)) {
            spread_bytes(from, s.depth, row_metadata(w.source(op.e), false, (op.p[2] >> 8) & 15, op.p[2] >> 12, row), dense);
            from = dense;
        }
        integer_elements(from, s.depth, {false, s.is(kSignedA)}, &a.value[0][row], kGroupRows);
    }
    const SharedMatrix b_matrix = matrix_b(w, op, s);
    const bool accumulate = accumulates(w, op, s);
    const Row* c = &w.source(op.c);
    Row* d = &w.destination(op.d);
    alignas(64) unsigned char columns[8 * 64];
    alignas(64) std::uint32_t tile[8][16];
    for (unsigned block = 0; block < s.columns / 8; ++block) {
        b_matrix.rows(8 * block, 8, s.depth, columns);
        std::memset(tile, 0, sizeof tile);
        if (accumulate) gather_words(c + 4 * block, 4, tile);
        for (unsigned column = 0; column < 8; ++column) {
            float b[kMostIntegerProducts];
            integer_elements(columns + column * s.depth, s.depth, {false, s.is(kSignedB)}, b, 1);
            integer_column(a, b, s.depth, tile[column], s.is(kSaturate));
        }
        scatter_words(tile, 4, d + 4 * block, w.exec);
    }
}

void count_bits(Warp& w, const MicroOp& op) {
    const Shape s = shape_of(op);
    signal(w, s);
    if (s.is(kNoResult)) return;
    alignas(64) std::uint32_t a[kGroupRows][8], b[8][8];
    rows_of_a(w, op, s, reinterpret_cast<unsigned char*>(a));
    const SharedMatrix b_matrix = matrix_b(w, op, s);
    const bool accumulate = accumulates(w, op, s);
    const Row* c = &w.source(op.c);
    Row* d = &w.destination(op.d);
    alignas(64) std::uint32_t tile[8][16];
    for (unsigned block = 0; block < s.columns / 8; ++block) {
        b_matrix.rows(8 * block, 8, 32, reinterpret_cast<unsigned char*>(b));
        std::memset(tile, 0, sizeof tile);
        if (accumulate) gather_words(c + 4 * block, 4, tile);
        for (unsigned column = 0; column < 8; ++column)
            for (unsigned row = 0; row < kGroupRows; ++row)
                for (unsigned k = 0; k < 8; ++k) tile[column][row] += static_cast<std::uint32_t>(std::popcount(a[row][k] & b[column][k]));
        scatter_words(tile, 4, d + 4 * block, w.exec);
    }
}

void nothing(Warp&, const MicroOp&) {}

// p[0]: groups that may still be open.
void wait_groups(Warp& w, const MicroOp& op) {
    const HopperState& state = HopperState::of(w);
    const unsigned first = w.number() / 4 * 4;
    const std::uint64_t own = state.groups[w.number() % HopperState::kWarps], needed = own > op.p[0] ? own - op.p[0] : 0;
    Cta& cta = w.cta();
    for (unsigned n = first; n < first + 4 && n < cta.warps.size(); ++n) {
        if (cta.warps[n]->finished() || state.groups[n % HopperState::kWarps] >= needed) continue;
        cta.grid().uncount(w, op.number);
        w.pc -= sass::kWordBytes;
        w.block(Split::State::Sleeping);
        return;
    }
}

ElementFormat float_format(const sass::Instruction& i, sass::Field field) {
    if (i.op == sass::Op::QGMMA) return i.flag(field) ? ElementFormat::E5m2 : ElementFormat::E4m3;
    static constexpr ElementFormat kFormats[] = {ElementFormat::F16, ElementFormat::Bf16, ElementFormat::Tf32};
    return kFormats[i.field(sass::Field::TypeA)];
}

} // namespace

Execute bind_warpgroup(const sass::Instruction& i, MicroOp& op) {
    using sass::Field;
    using sass::Op;
    using sass::Slot;
    if (i.op == Op::WARPGROUP) {
        if (i.row->mnemonic == "WARPGROUP.ARRIVE") return nothing;
        op.p[0] = static_cast<std::uint32_t>(i[Slot::B].value);
        return wait_groups;
    }
    if (i.op != Op::HGMMA && i.op != Op::QGMMA && i.op != Op::IGMMA && i.op != Op::BGMMA) return nullptr;
    const sass::WarpgroupShape shape = sass::warpgroup_shape(i.op, i.field(Field::Shape));
    const bool floating = i.op == Op::HGMMA || i.op == Op::QGMMA, sparse = i.flag(Field::Sparse);
    op.p[0] = shape.columns | shape.depth << 16;
    std::uint32_t flags = 0;
    const auto set = [&](bool on, Flag flag) { flags |= on ? std::uint32_t{flag} : 0; };
    set(i[Slot::A].kind == sass::Operand::Kind::UniformRegister, kShared);
    set(i.flag(Field::M0), kTransposeA);
    set(i.flag(Field::M1), kTransposeB);
    set(i.flag(Field::M2), kNegateA);
    set(i.flag(Field::M3), kNegateB);
    set(sparse, kSparse);
    set(floating && !i.flag(Field::TypeAccumulate), kHalf);
    set(i.op == Op::IGMMA && i.flag(Field::TypeA), kSignedA);
    set(i.op == Op::IGMMA && i.flag(Field::TypeB), kSignedB);
    set(i.flag(Field::Saturate), kSaturate);
    set(i[Slot::C].index == sass::kZeroRegister, kNoAccumulator);
    set(i[Slot::D].index == sass::kZeroRegister, kNoResult);
    set(i.field(Field::M4) == 0, kSignals);
    op.p[1] = flags;
    const unsigned bits = sass::warpgroup_element_bits(i);
    // Lanes with metadata: see HMMA.
    const unsigned metadata_bits = kGroupRows * (shape.depth / 2) * (bits == 32 ? 4 : 2);
    op.p[2] = (sparse ? metadata_bits / (8 * 32) : 0) << 8 | unsigned{i.field(Field::Selector)} << 12;
    if (floating) op.p[2] |= static_cast<std::uint32_t>(float_format(i, Field::TypeA)) | static_cast<std::uint32_t>(float_format(i, Field::TypeB)) << 4;
    return floating ? multiply_float : i.op == Op::IGMMA ? multiply_integer : count_bits;
}

} // namespace heddle::emulator::HEDDLE_LANES
