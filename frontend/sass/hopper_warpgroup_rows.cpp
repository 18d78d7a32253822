// Warpgroup matrix instructions of sm_90a: HGMMA, IGMMA, QGMMA, BGMMA and WARPGROUP.
//
// Two forms each: both matrices in shared memory, then slot A is a quad of uniform registers (descriptor of A, descriptor
// of B); or A in registers, then slot B is such a quad, of which only the second pair counts. Slot C is the accumulator read, PA the
// predicate "scale-d" (false: C counts as zero), whose number the word holds inverted, so that zero means UPT.
// Private fields: M0 transpose A, M1 transpose B, M2 negate A, M3 negate B, M4 group counter that is signalled
// (0 gsb0, 7 none). Field Shape: as warpgroup_shape() reads it.
// Sources: experiments with ptxas on every form of wgmma.mma_async; spelling of .SP operands and of negation assumed, the rest from public disassemblies.
#include "frontend/sass/hopper_rows.hpp"
#include "frontend/sass/text.hpp"
#include "frontend/sass/warpgroup_shape.hpp"

#include <array>
#include <fmt/format.h>

namespace heddle::sass {

namespace {

constexpr unsigned kShapes = 128;

// Spellings "64x256x16" of all values of the field; null where ptxas uses none.
const std::vector<const char*>& shape_spellings(Op op, bool sparse) {
    static std::array<std::array<std::string, kShapes>, 8> texts;
    static std::array<std::vector<const char*>, 8> spellings;
    const unsigned which = (op == Op::HGMMA ? 0 : op == Op::IGMMA ? 2 : op == Op::QGMMA ? 4 : 6) + (sparse ? 1 : 0);
    if (spellings[which].empty())
        for (unsigned value = 0; value < kShapes; ++value) {
            const WarpgroupShape shape = warpgroup_shape(op, value);
            const bool valid = shape.columns != 0;
            if (valid) texts[which][value] = fmt::format("64x{}x{}", shape.columns, shape.depth);
            spellings[which].push_back(valid ? texts[which][value].c_str() : nullptr);
        }
    return spellings[which];
}

// Depth of one instruction in bytes of a row of A is 32, for every type; twice as many elements if A is sparse.
bool complete(const Word&, Instruction& i) {
    const WarpgroupShape shape = warpgroup_shape(i.op, i.field(Field::Shape));
    const bool sparse = i.flag(Field::Sparse);
    if (shape.columns == 0 || shape.depth * warpgroup_element_bits(i) != (sparse ? 512U : 256U)) return false;
    const bool halves = (i.op == Op::HGMMA || i.op == Op::QGMMA) && !i.flag(Field::TypeAccumulate);
    if (i.op == Op::HGMMA && i.field(Field::TypeA) != 0 && halves) return false;
    const auto registers = static_cast<std::uint8_t>(shape.columns / (halves ? 4 : 2));
    i[Slot::D].registers = i[Slot::C].registers = registers;
    i[Slot::PA].index = static_cast<std::uint8_t>(kTruePredicate - i[Slot::PA].index);
    return true;
}

std::string spell(const Instruction& i) {
    const bool shared = i[Slot::A].kind == Operand::Kind::UniformRegister;
    std::string s = operand_text(i[Slot::D]) + ", ";
    if (!shared) s += (i.flag(Field::M2) ? "-" : "") + operand_text(i[Slot::A]) + ", ";
    s += fmt::format("gdesc[{}]", operand_text(shared ? i[Slot::A] : i[Slot::B]));
    if (shared && i.flag(Field::M2)) s += ".negA";
    if (i.flag(Field::M3)) s += ".negB";
    if (i.flag(Field::M0)) s += ".tnspA";
    if (i.flag(Field::M1)) s += ".tnspB";
    s += ", " + operand_text(i[Slot::C]);
    if (i.flag(Field::Sparse)) s += ", " + operand_text(i[Slot::E]) + ", " + hex(i.field(Field::Selector));
    if (i[Slot::PA].index != kTruePredicate || i[Slot::PA].negate) s += ", " + operand_text(i[Slot::PA]);
    if (i.field(Field::M4) != 7) s += fmt::format(", gsb{}", i.field(Field::M4));
    return s;
}

void add_form(Table& t, Op op, unsigned opcode, bool shared, bool sparse) {
    Row& r = t.row(op, opcode).on(90, 99).fix(91, 1, 1);
    const bool floating = op == Op::HGMMA || op == Op::QGMMA;
    r.modifier(sparse ? flag(Field::Sparse, 73, "SP", nullptr) : flag(Field::Sparse, 73, nullptr));
    ModifierSpec shape = choice(Field::Shape, 53, 7, {});
    shape.spellings = shape_spellings(op, sparse);
    r.modifier(shape);
    if (floating) r.modifier(choice(Field::TypeAccumulate, 75, 1, {"F16", "F32"}));
    switch (op) {
    case Op::HGMMA: r.modifier(choice(Field::TypeA, 76, 2, {"", "BF16", "TF32"})); break;
    case Op::QGMMA: r.modifier(choice(Field::TypeA, 76, 1, {"E4M3", "E5M2"})).modifier(choice(Field::TypeB, 77, 1, {"E4M3", "E5M2"})); break;
    case Op::IGMMA:
        r.modifier(choice(Field::TypeA, 76, 1, {"U8", "S8"})).modifier(choice(Field::TypeB, 82, 1, {"U8", "S8"})).modifier(flag(Field::Saturate, 75, "SAT"));
        break;
    default: r.modifier(choice(Field::Function, 78, 1, {nullptr, "AND.POPC"})).fix(80, 1, 1); break;
    }
    r.modifier(silent(Field::M4, 84, 3));
    if (op == Op::HGMMA) {
        if (shared) r.modifier(silent(Field::M0, 61, 1));
        r.modifier(silent(Field::M1, 62, 1));
    }
    if (floating) r.modifier(silent(Field::M2, 72, 1)).modifier(silent(Field::M3, 63, 1));
    r.operand(at::rd());
    if (shared) r.operand(at::ureg(Slot::A, 24).wide(4));
    else r.operand(at::ra().wide(4)).operand(at::ureg(Slot::B, 32).wide(4));
    r.operand(at::reg(Slot::C, 64)).operand(at::upred_src(Slot::PA, 87, 90));
    if (sparse) r.operand(at::reg(Slot::E, 40)).modifier(silent(Field::Selector, 48, 2));
    r.finish = complete;
    r.spell_operands = spell;
}

} // namespace

void add_warpgroup_rows(Table& t) {
    for (const auto& [op, low] : {std::pair{Op::HGMMA, 0x1f0U}, {Op::IGMMA, 0x1f1U}, {Op::BGMMA, 0x1f2U}, {Op::QGMMA, 0x1f3U}})
        for (const bool sparse : {false, true}) {
            if (sparse && op == Op::BGMMA) continue;
            add_form(t, op, low | 0x800, true, sparse);
            add_form(t, op, low | 0xc00, false, sparse);
        }
    t.row(Op::WARPGROUP, 0x9c5, "WARPGROUP.ARRIVE").on(90, 99);
    {
        Row& r = t.row(Op::WARPGROUP, 0x9c5, "WARPGROUP.DEPBAR.LE").on(90, 99).fix(80, 1, 1).fix(47, 1, 1);
        r.modifier(silent(Field::M4, 44, 3)).operand(at::imm(Slot::B, 72, 3));
        r.spell_operands = [](const Instruction& i) { return fmt::format("gsb{}, {}", i.field(Field::M4), hex(i[Slot::B].value)); };
    }
}

} // namespace heddle::sass
