// Double precision. Operands are register pairs; an immediate is the high half of a double.
//
// Sources: see float_rows.hpp. DSETP .MIN and .MAX (comparisons 0 and 15): CuAssembler vectors.
#include "frontend/sass/float_rows.hpp"

namespace heddle::sass {

namespace {

constexpr SourceOptions kDouble{TextStyle::Double, true, true, 2, 2};

OperandSpec source_a() { return at::ra().neg(72).abs(73).wide(2); }

} // namespace

void add_fp64_rows(Table& t) {
    two_source_rows(t, Op::DADD, 0x029, SecondPlace::At64, kDouble, [](Row& r, const OperandSpec& b) {
        r.modifier(round_modifier()).operand(at::rd().wide(2)).operand(source_a()).operand(b);
    });
    two_source_rows(t, Op::DMUL, 0x028, SecondPlace::At32, kDouble, [](Row& r, const OperandSpec& b) {
        r.modifier(round_modifier()).operand(at::rd().wide(2)).operand(source_a()).operand(b);
    });
    three_source_rows(t, Op::DFMA, 0x02b, kDouble, [](Row& r, const OperandSpec& b, const OperandSpec& c) {
        r.modifier(round_modifier()).operand(at::rd().wide(2)).operand(source_a()).operand(b).operand(c);
    });
    two_source_rows(t, Op::DSETP, 0x02a, SecondPlace::At32Second, kDouble, [](Row& r, const OperandSpec& b) {
        ModifierSpec compare = compare_modifier();
        compare.spellings.front() = "MIN";
        compare.spellings.back() = "MAX";
        r.modifier(compare).modifier(boolean_modifier(74));
        r.operand(at::pred_dst(Slot::PD, 81)).operand(at::pred_dst(Slot::PQ, 84)).operand(source_a()).operand(b).operand(predicate_source());
    });
}

} // namespace heddle::sass
