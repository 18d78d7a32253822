// Memory order, cache control, dependence counters, kinds of generic addresses.
#include "frontend/sass/memory_rows.hpp"
#include "frontend/sass/text.hpp"

#include <fmt/format.h>

namespace heddle::sass::memory {

namespace {

bool cache_control(const Word& word, Instruction& i) {
    const bool everything = i.field(Field::Function) == 4; // IVALL
    Operand& a = i[Slot::A];
    a.wide = i.flag(Field::Address64);
    a.registers = a.wide ? 2 : 1;
    a.text_style = static_cast<std::uint8_t>(TextStyle::MemoryBare);
    if (i.op == Op::CCTL) a.value = word.signed_bits(32, 32);
    if (everything) a = Operand{};
    return true;
}

bool query_space(const Word& word, Instruction& i) { return complete_address(word, i[Slot::A], kLoadForm, i.flag(Field::Address64)); }

// "DEPBAR.LE SB0, 0x1, {2,1}"; without .LE only the list counts.
bool depbar(const Word& word, Instruction& i) {
    i[Slot::B].index = static_cast<std::uint8_t>(word.bits(44, 3));
    if (!i.flag(Field::Mode) && (i[Slot::B].index != 0 || i[Slot::A].value != 0)) return false;
    return i[Slot::B].index < 6;
}
std::string spell_depbar(const Instruction& i) {
    std::string s;
    if (i.flag(Field::Mode)) s = operand_text(i[Slot::B]) + ", " + operand_text(i[Slot::A]);
    const auto list = static_cast<unsigned>(i[Slot::C].value);
    if (list == 0) return s;
    if (!s.empty()) s += ", ";
    s += "{";
    for (int k = 5, n = 0; k >= 0; --k)
        if (list >> k & 1) s += fmt::format("{}{}", n++ ? "," : "", k);
    return s + "}";
}

} // namespace

void add_order_rows(Table& t) {
    t.row(Op::MEMBAR, 0x992)
        .modifier(choice(Field::Order, 79, 2, {"SC", "ALL", ""}))
        .modifier(choice(Field::Scope, 76, 3, {"CTA", nullptr, "GPU", "SYS"}));
    // Waits until writes are visible to the asynchronous proxy: S shared memory, G global memory.
    t.row(Op::FENCE, 0x3c6, "FENCE.VIEW.ASYNC").on(90, 99).modifier(choice(Field::Mode, 72, 1, {"S", "G"}));
    t.row(Op::ERRBAR, 0x9ab);

    const auto function =
        choice(Field::Function, 87, 4, {"PF1", "PF2", nullptr, "IV", "IVALL", nullptr, nullptr, nullptr, nullptr, "PML2", "DML2", "RML2"});
    for (const auto& [op, opcode] : {std::pair{Op::CCTL, 0x98fU}, {Op::CCTLL, 0x990U}}) {
        Row& r = t.row(op, opcode).modifier(extended_modifier()).modifier(function).operand(address());
        if (op == Op::CCTL) r.modifier(silent(Field::M4, 32, 8)); // 32 bits of offset, CCTLL has 24
        r.finish = cache_control;
    }

    Row& dep = t.row(Op::DEPBAR, 0x91a)
                   .modifier(choice(Field::Mode, 47, 1, {"", "LE"}))
                   .operand(at::imm(Slot::A, 38, 6))
                   .operand(at::imm(Slot::C, 32, 6));
    OperandSpec counter = at::imm(Slot::B, 44, 3);
    counter.kind = Operand::Kind::Counter;
    dep.operand(counter);
    dep.finish = depbar;
    dep.spell_operands = spell_depbar;

    // PD: the address lies in the space asked for. S: shared memory of the CTA, D: of its cluster.
    for (const bool uniform : {false, true}) {
        Row& r = t.row(Op::QSPC, uniform ? 0x9aa : 0x3aa)
                     .modifier(extended_modifier())
                     .modifier(choice(Field::Mode, 73, 2, {"G", "L", "S", "D"}));
        r.operand(at::pred_dst(Slot::PD, 81)).operand(at::rd()).operand(address());
        if (uniform) explain_address(r, kLoadForm, false);
        r.finish = query_space;
    }
}

} // namespace heddle::sass::memory
