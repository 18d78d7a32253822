// Tensor core instructions of one warp: HMMA, IMMA, BMMA, DMMA, QMMA, and MOVM.
//
// Fields: Shape as each row's list says; TypeA and TypeB operand formats; TypeAccumulate 1 = F32 accumulators;
// Saturate; Sparse 1 = A holds the kept half of 2:4 sparse data, E its metadata, Selector which lanes hold it;
// Round of DMMA; Function of BMMA 0 XOR, 1 AND. Each row comes twice, for the generations sm_80 to sm_89 and sm_90, because their
// arithmetic differs (first_architecture tells it).
// Sources: experiments with ptxas (every form of mma.sync and mma.sp of PTX 9.0 for sm_80, 86, 89, 90a), CuAssembler
// vectors. Which of bits 83 and 84 of IMMA belongs to A is assumed: ptxas never mixes 4 and 8 bits.
#include "frontend/sass/table.hpp"
#include "frontend/sass/text.hpp"

#include <fmt/format.h>

namespace heddle::sass {

namespace {

// Registers of a lane for `elements` elements of `bits` bits spread over a warp.
unsigned fragment(unsigned elements, unsigned bits) {
    const unsigned registers = elements * bits / (32 * 32);
    return registers == 0 ? 1 : registers;
}

void set_widths(Instruction& i, unsigned m, unsigned k, unsigned bits, unsigned accumulator_bits, bool sparse) {
    const auto put = [&](Slot slot, unsigned registers) {
        if (i[slot].present()) i[slot].registers = static_cast<std::uint8_t>(registers);
    };
    put(Slot::A, fragment(m * k / (sparse ? 2 : 1), bits));
    put(Slot::B, fragment(8 * k, bits));
    put(Slot::C, fragment(m * 8, accumulator_bits));
    put(Slot::D, fragment(m * 8, accumulator_bits));
}

bool hmma(const Word&, Instruction& i) {
    static constexpr unsigned kDepth[] = {8, 16, 4, 32};
    const unsigned k = kDepth[i.field(Field::Shape)];
    const bool tf32 = i.field(Field::TypeA) == 2, sparse = i.flag(Field::Sparse), f32 = i.flag(Field::TypeAccumulate);
    const unsigned longest = (tf32 ? 8 : 16) * (sparse ? 2 : 1);
    if (k != longest && k != longest / 2) return false;
    if (i.field(Field::TypeA) != 0 && !f32) return false;
    set_widths(i, 16, k, tf32 ? 32 : 16, f32 ? 32 : 16, sparse);
    return true;
}

bool imma(const Word&, Instruction& i) {
    static constexpr unsigned kDepth[] = {16, 0, 32, 0, 16, 32, 64, 128};
    const unsigned shape = i.field(Field::Shape), k = kDepth[shape];
    const bool four_bits = i.field(Field::TypeA) >= 2, sparse = i.flag(Field::Sparse);
    if (four_bits != (i.field(Field::TypeB) >= 2)) return false;
    const unsigned longest = (four_bits ? 64 : 32) * (sparse ? 2 : 1);
    const bool small = shape < 4; // 8 rows
    if (small ? sparse || k != longest / 2 : k != longest && k != longest / 2) return false;
    set_widths(i, small ? 8 : 16, k, four_bits ? 4 : 8, 32, sparse);
    return true;
}

bool bmma(const Word&, Instruction& i) {
    const unsigned shape = i.field(Field::Shape);
    set_widths(i, shape == 0 ? 8 : 16, shape == 2 ? 256 : 128, 1, 32, false);
    return true;
}

bool dmma(const Word&, Instruction& i) {
    const unsigned shape = i.field(Field::Shape);
    set_widths(i, shape == 0 ? 8 : 16, shape < 2 ? 4 : shape == 2 ? 8 : 16, 64, 64, false);
    return true;
}

bool qmma(const Word&, Instruction& i) {
    const unsigned shape = i.field(Field::Shape);
    const bool sparse = i.flag(Field::Sparse);
    if (sparse ? shape == 0 : shape == 2) return false;
    set_widths(i, 16, 16U << shape, 8, i.flag(Field::TypeAccumulate) ? 32 : 16, sparse);
    return true;
}

std::string spell_sources(const Instruction& i, const char* after_a, const char* after_b) {
    std::string s = operand_text(i[Slot::D]) + ", " + operand_text(i[Slot::A]) + after_a + ", " + operand_text(i[Slot::B]) + after_b + ", " +
                    operand_text(i[Slot::C]);
    if (i.flag(Field::Sparse)) s += ", " + operand_text(i[Slot::E]) + ", " + hex(i.field(Field::Selector));
    return s;
}
std::string spell_plain(const Instruction& i) { return spell_sources(i, "", ""); }
std::string spell_layout(const Instruction& i) { return spell_sources(i, ".ROW", ".COL"); }

void add_sources(Row& row, bool sparse) {
    row.operand(at::rd()).operand(at::ra()).operand(at::reg(Slot::B, 32).reusing(123)).operand(at::reg(Slot::C, 64).reusing(124));
    if (sparse) row.operand(at::reg(Slot::E, 40).reusing(50)).modifier(silent(Field::Selector, 48, 2));
}

void add_generation(Table& t, unsigned first, unsigned last) {
    for (const bool sparse : {false, true}) {
        // The sparse row demands its bit: a null spelling is no valid value.
        const auto sp = [&](unsigned bit) { return sparse ? flag(Field::Sparse, bit, "SP", nullptr) : flag(Field::Sparse, bit, nullptr); };
        {
            Row& r = t.row(Op::HMMA, 0x23c).on(first, last).modifier(sp(73));
            r.modifier(split_choice(Field::Shape, 75, 1, 78, 1, {"1688", "16816", "1684", "16832"}));
            r.modifier(choice(Field::TypeAccumulate, 76, 1, {"F16", "F32"})).modifier(choice(Field::TypeA, 82, 2, {"", "BF16", "TF32"}));
            add_sources(r, sparse);
            r.finish = hmma;
            r.spell_operands = spell_plain;
        }
        {
            Row& r = t.row(Op::IMMA, 0x237).on(first, last).fix(73, 2, 2).modifier(sp(72));
            r.modifier(split_choice(Field::Shape, 75, 1, 85, 2, {"8816", nullptr, "8832", nullptr, "16816", "16832", "16864", "168128"}));
            r.modifier(split_choice(Field::TypeA, 76, 1, 83, 1, {"U8", "S8", "U4", "S4"}));
            r.modifier(split_choice(Field::TypeB, 78, 1, 84, 1, {"U8", "S8", "U4", "S4"}));
            r.modifier(flag(Field::Saturate, 82, "SAT"));
            add_sources(r, sparse);
            r.finish = imma;
            r.spell_operands = spell_layout;
        }
    }
    {
        Row& r = t.row(Op::BMMA, 0x23d).on(first, last).fix(73, 2, 2).fix(80, 1, 1);
        r.modifier(choice(Field::Shape, 75, 2, {"88128", "168128", "168256"})).modifier(choice(Field::Function, 78, 1, {"XOR.POPC", "AND.POPC"}));
        add_sources(r, false);
        r.finish = bmma;
        r.spell_operands = spell_layout;
    }
    {
        Row& r = t.row(Op::DMMA, 0x23f).on(first, last);
        if (first >= 90) r.modifier(choice(Field::Shape, 76, 2, {"884", "1684", "1688", "16816"}));
        else r.modifier(choice(Field::Shape, 76, 2, {"884"}));
        r.modifier(choice(Field::Round, 78, 2, {"", "RM", "RP", "RZ"}));
        r.operand(at::rd()).operand(at::ra().neg(72).abs(73)).operand(at::reg(Slot::B, 32).neg(63).abs(62).reusing(123));
        r.operand(at::reg(Slot::C, 64).neg(75).abs(74).reusing(124));
        r.finish = dmma;
    }
    t.row(Op::MOVM, 0x23a, "MOVM.16.MT88").on(first, last).operand(at::rd()).operand(at::ra());
}

void add_fp8(Table& t) {
    for (const bool sparse : {false, true}) {
        Row& r = t.row(Op::QMMA, 0x27a).on(89, 89).fix(74, 1, 1);
        r.modifier(sparse ? flag(Field::Sparse, 80, "SP", nullptr) : flag(Field::Sparse, 80, nullptr));
        r.modifier(choice(Field::Shape, 75, 2, {"16816", "16832", "16864"})).modifier(choice(Field::TypeAccumulate, 77, 1, {"F16", "F32"}));
        r.modifier(choice(Field::TypeA, 78, 1, {"E4M3", "E5M2"})).modifier(choice(Field::TypeB, 79, 1, {"E4M3", "E5M2"}));
        add_sources(r, sparse);
        r.finish = qmma;
        r.spell_operands = spell_plain;
    }
}

} // namespace

void add_matrix_rows(Table& t) {
    add_generation(t, 80, 89);
    add_generation(t, 90, 99);
    add_fp8(t);
}

} // namespace heddle::sass
