// Loads and stores: generic, global, local, constant.
//
// LDG and STG may carry a predicate (64-67, complemented): where it is false, the load gives zeros instead of accessing memory.
#include "frontend/sass/memory_rows.hpp"
#include "frontend/sass/text.hpp"

#include <fmt/format.h>

namespace heddle::sass::memory {

namespace {

bool complete_data(Instruction& i, Slot slot) {
    Operand& data = i[slot];
    data.registers = static_cast<std::uint8_t>(registers_of_size(i.field(Field::Size)));
    return true;
}

// The predicate at 64-67: its number is complemented, so that zeros mean "always".
void complete_load_predicate(const Word& word, Instruction& i) {
    Operand& p = i[Slot::PA];
    p.index = static_cast<std::uint8_t>(7 - word.bits(64, 3));
    p.negate = word.bit(67);
}

// Generic accesses without a uniform register have 32 bits of offset, from bit 32 on.
void wide_offset(const Word& word, Instruction& i) {
    if (!word.bit(91)) i[Slot::A].value = word.signed_bits(32, 32);
}
bool load(const Word& word, Instruction& i) {
    return complete_address(word, i[Slot::A], kLoadForm, i.flag(Field::Address64)) && complete_data(i, Slot::D);
}
bool load_generic(const Word& word, Instruction& i) {
    wide_offset(word, i);
    Word rest = word;
    if (!word.bit(91)) rest.set(32, 6, 0);
    else if (word.bits(38, 2) != 0) return false;
    return load(rest, i);
}
bool load_global(const Word& word, Instruction& i) {
    complete_load_predicate(word, i);
    return load(word, i);
}
bool store(const Word& word, Instruction& i) {
    i.writes_memory = true;
    return complete_address(word, i[Slot::A], kStoreForm, i.flag(Field::Address64)) && complete_data(i, Slot::B);
}
// The form without a uniform register.
bool plain_store(const Word&, Instruction& i) {
    i.writes_memory = true;
    Operand& a = i[Slot::A];
    a.wide = i.flag(Field::Address64);
    a.registers = a.wide ? 2 : 1;
    a.text_style = static_cast<std::uint8_t>(TextStyle::MemoryBare);
    return complete_data(i, Slot::B);
}
bool plain_store_generic(const Word& word, Instruction& i) {
    wide_offset(word, i);
    return plain_store(word, i);
}
bool plain_load_global(const Word& word, Instruction& i) {
    complete_load_predicate(word, i);
    Operand& a = i[Slot::A];
    a.wide = i.flag(Field::Address64);
    a.registers = a.wide ? 2 : 1;
    a.text_style = static_cast<std::uint8_t>(TextStyle::MemoryBare);
    return complete_data(i, Slot::D);
}
bool load_local(const Word& word, Instruction& i) {
    return complete_address(word, i[Slot::A], kSharedLoadForm, false) && complete_data(i, Slot::D);
}
bool store_local(const Word& word, Instruction& i) {
    i.writes_memory = true;
    return complete_address(word, i[Slot::A], kSharedStoreForm, false) && complete_data(i, Slot::B);
}
bool plain_store_local(const Word&, Instruction& i) {
    i.writes_memory = true;
    return complete_data(i, Slot::B);
}
bool load_constant(const Word& word, Instruction& i) {
    Operand& c = i[Slot::A];
    c.index = static_cast<std::uint8_t>(word.bits(24, 8));
    c.value = c.index == kZeroRegister ? static_cast<std::int64_t>(word.bits(38, 16)) : word.signed_bits(38, 16);
    return complete_data(i, Slot::D);
}
// c[0x3][RZ] where offset and register are both nothing; else as usual.
std::string spell_constant(const Instruction& i) {
    const Operand& c = i[Slot::A];
    const std::string address = c.index == kZeroRegister && c.value == 0 ? fmt::format("c[0x{:x}][RZ]", c.bank) : operand_text(c);
    return operand_text(i[Slot::D]) + ", " + address;
}

Row& access(Row& row) { return row.modifier(extended_modifier()).modifier(policy_modifier()); }

void add_global(Table& t) {
    const auto level = choice(Field::Level, 68, 2, {"", "LTC64B", "LTC128B", "LTC256B"});
    const auto predicate = at::pred_src(Slot::PA, 64, 67).as(TextStyle::HiddenIfZero);
    for (const bool uniform : {false, true}) {
        Row& r = access(t.row(Op::LDG, uniform ? 0x981 : 0x381)).modifier(level).modifier(size_modifier()).modifier(order_modifier());
        r.fix(81, 3, 7).operand(at::rd()).operand(address()).operand(predicate);
        if (uniform) explain_address(r, kLoadForm, false);
        r.finish = uniform ? load_global : plain_load_global;
    }
    for (const bool uniform : {false, true}) {
        Row& r = access(t.row(Op::STG, uniform ? 0x986 : 0x386)).modifier(size_modifier()).modifier(order_modifier());
        r.operand(address()).operand(at::reg(Slot::B, 32));
        if (uniform) explain_address(r, kStoreForm, false);
        r.finish = uniform ? store : plain_store;
    }
}

void add_generic(Table& t) {
    Row& ld = access(t.row(Op::LD, 0x980)).modifier(size_modifier()).modifier(order_modifier()).operand(at::rd()).operand(address());
    explain_address(ld, kLoadForm, true);
    ld.modifier(silent(Field::M4, 38, 2));
    ld.finish = load_generic;
    Row& plain =
        access(t.row(Op::ST, 0x385)).modifier(size_modifier()).modifier(order_modifier()).operand(address()).operand(at::reg(Slot::B, 64));
    plain.modifier(silent(Field::M4, 32, 8));
    plain.finish = plain_store_generic;
    Row& st =
        access(t.row(Op::ST, 0x985)).modifier(size_modifier()).modifier(order_modifier()).operand(address()).operand(at::reg(Slot::B, 32));
    explain_address(st, kStoreForm, false);
    st.finish = store;
}

void add_local(Table& t) {
    const auto policy = policy_modifier();
    Row& ld = t.row(Op::LDL, 0x983).modifier(policy).modifier(size_modifier()).operand(at::rd()).operand(address());
    explain_address(ld, kSharedLoadForm, true);
    ld.finish = load_local;
    Row& plain = t.row(Op::STL, 0x387).modifier(policy).modifier(size_modifier()).operand(address()).operand(at::reg(Slot::B, 32));
    plain.finish = plain_store_local;
    Row& st = t.row(Op::STL, 0x987).modifier(policy).modifier(size_modifier()).operand(address()).operand(at::reg(Slot::B, 32));
    explain_address(st, kSharedStoreForm, false);
    st.finish = store_local;
}

} // namespace

void add_load_rows(Table& t) {
    add_global(t);
    add_generic(t);
    add_local(t);
    Row& ldc = t.row(Op::LDC, 0xb82).modifier(choice(Field::Size, 73, 3, {"U8", "S8", "U16", "S16", "", "64"}));
    ldc.operand(at::rd()).operand(at::constant(Slot::A)).modifier(silent(Field::M0, 24, 8));
    ldc.finish = load_constant;
    ldc.spell_operands = spell_constant;
}

} // namespace heddle::sass::memory
