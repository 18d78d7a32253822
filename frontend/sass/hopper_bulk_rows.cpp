// Bulk and tensor copies of sm_90: UTMALDG, UTMASTG, UTMAREDG, UTMAPF, UBLKCP, UBLKRED, UBLKPF, UTMACCTL, UTMACMDFLUSH.
//
// All operands are uniform registers. The block of registers in bits 32-37 holds, one a register: for loads the shared
// address, the mbarrier and the coordinates; for stores the shared address and the coordinates; for prefetches the
// coordinates. Bits 24-29: the pair with the address of the tensor map. Bits 64-69: im2col offsets in the low half, CTA mask of a multicast
// in the high half. Bits 40-45: the pair with the cache policy, if bit 76 says so. UBLKCP: bits 32-37 the destination
// (global: a pair; shared: address and mbarrier), bits 24-29 the source, bits 64-69 bytes / 16 in the low half, CTA mask in the high half.
// The guard is a uniform predicate: ptxas votes lane predicates into one before.
// Slots: D block or destination, A tensor map or source, C bits 64-69, E cache policy.
// Fields: Shape dimensions - 1; Function the reduction; Mode: tensor maps 1 = im2col, copies the direction; M0 multicast;
// M1 has a cache policy; SourceFormat type of a reduction.
// Sources: experiments with ptxas on every form of cp.async.bulk, cp.reduce.async.bulk and their tensor forms, public
// disassemblies for the spelling; ".IM2COL" and the operands of UBLKPF and UTMAPF are spelled as assumed.
#include "frontend/sass/hopper_rows.hpp"
#include "frontend/sass/text.hpp"

#include <fmt/format.h>

namespace heddle::sass {

namespace {

std::string bracket(const Instruction& i, Slot slot) { return "[" + operand_text(i[slot]) + "]"; }

std::string spell(const Instruction& i) {
    std::string s;
    if (i[Slot::D].present()) s = bracket(i, Slot::D) + ", ";
    s += bracket(i, Slot::A);
    if (i[Slot::C].present() && i[Slot::C].index != kZeroUniformRegister) s += ", " + operand_text(i[Slot::C]);
    if (i.flag(Field::M1)) s += fmt::format(", desc[{}]", operand_text(i[Slot::E]));
    return s;
}

// Bits 40-45 name a register only if there is a policy.
bool policy(const Word& word, Instruction& i) {
    if (!i.flag(Field::M1) && word.bits(40, 6) != 0) return false;
    return true;
}

Row& tensor(Table& t, Op op, unsigned opcode, bool extra) {
    Row& r = t.row(op, opcode).on(90, 99).fix(91, 1, 1);
    r.uniform_guard = true;
    r.modifier(choice(Field::Shape, 79, 3, {"1D", "2D", "3D", "4D", "5D"})).modifier(flag(Field::Mode, 82, "IM2COL"));
    r.modifier(silent(Field::M1, 76, 1));
    if (op == Op::UTMAREDG) r.modifier(choice(Field::Function, 87, 3, {"ADD", "MIN", "MAX", "INC", "DEC", "AND", "OR", "XOR"}));
    if (op == Op::UTMALDG && extra) r.modifier(flag(Field::M0, 75, "MULTICAST"));
    r.operand(at::ureg(Slot::D, 32)).operand(at::ureg(Slot::A, 24).wide(2));
    if (extra) r.operand(at::ureg(Slot::C, 64));
    r.operand(at::ureg(Slot::E, 40).wide(2));
    r.finish = policy;
    r.spell_operands = spell;
    return r;
}

constexpr auto kTypes = {"U32", "S32", "U64", "S64", "F16.RN", "F32.RN", "F32.FTZ.RN", "F64.RN", "BF16.RN"};

Row& bulk(Table& t, Op op, unsigned opcode) {
    Row& r = t.row(op, opcode).on(90, 99).fix(91, 1, 1);
    r.uniform_guard = true;
    if (op == Op::UBLKCP) r.modifier(choice(Field::Mode, 73, 2, {nullptr, "S.G", "G.S", "S.S"})).modifier(flag(Field::M0, 75, "MULTICAST"));
    if (op == Op::UBLKRED) {
        r.modifier(choice(Field::Mode, 73, 2, {nullptr, nullptr, "G.S", "S.S"}));
        r.modifier(choice(Field::Function, 87, 3, {"ADD", "MIN", "MAX", "INC", "DEC", "AND", "OR", "XOR"}));
        ModifierSpec type = choice(Field::SourceFormat, 81, 4, {});
        type.spellings = kTypes;
        r.modifier(type);
    }
    r.modifier(silent(Field::M1, 76, 1));
    if (op != Op::UBLKPF) r.operand(at::ureg(Slot::D, 32));
    r.operand(at::ureg(Slot::A, 24)).operand(at::ureg(Slot::C, 64)).operand(at::ureg(Slot::E, 40).wide(2));
    r.finish = policy;
    r.spell_operands = spell;
    return r;
}

} // namespace

void add_bulk_rows(Table& t) {
    tensor(t, Op::UTMALDG, 0x5b4, false);
    tensor(t, Op::UTMALDG, 0x3b4, true);
    tensor(t, Op::UTMASTG, 0x3b5, false);
    tensor(t, Op::UTMAREDG, 0x3b6, false);
    tensor(t, Op::UTMAPF, 0x5b8, false);
    tensor(t, Op::UTMAPF, 0x3b8, true);
    bulk(t, Op::UBLKCP, 0x3ba);
    bulk(t, Op::UBLKRED, 0x3bb);
    bulk(t, Op::UBLKPF, 0x3bc);
    t.row(Op::UTMACMDFLUSH, 0x9b7).on(90, 99);
    {
        Row& r = t.row(Op::UTMACCTL, 0x9b9).on(90, 99).fix(91, 1, 1).modifier(choice(Field::Mode, 82, 1, {"IV", "PF"}));
        r.uniform_guard = true;
        r.operand(at::ureg(Slot::A, 24).wide(2));
        r.spell_operands = [](const Instruction& i) { return bracket(i, Slot::A); };
    }
}

} // namespace heddle::sass
