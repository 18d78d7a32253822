// Rows of the memory family: what they share.
#include "frontend/sass/memory_rows.hpp"

namespace heddle::sass {

namespace memory {

OperandSpec address(Slot slot) { return at::memory(slot, 24, 40, 24); }

void explain_address(Row& row, const AddressForm& form, bool optional) {
    if (optional) row.modifier(silent(Field::M9, 91, 1));
    else row.fix(91, 1, 1);
    row.modifier(silent(Field::M8, form.uniform, 6)).modifier(silent(Field::M7, 101, 1));
    if (form.wide != kNoBit) row.modifier(silent(Field::M6, form.wide, 1));
    if (form.descriptor != kNoBit) row.modifier(silent(Field::M5, form.descriptor, 1));
}

bool complete_address(const Word& word, Operand& o, const AddressForm& form, bool extended) {
    const bool uniform = word.bit(91);
    const bool descriptor = form.descriptor != kNoBit && word.bit(form.descriptor);
    const bool pair = form.wide != kNoBit && word.bit(form.wide);
    const auto number = static_cast<std::uint8_t>(word.bits(form.uniform, 6));
    if (!uniform) {
        if (number != 0 || descriptor || pair || word.bit(101)) return false;
        o.wide = extended;
        o.text_style = static_cast<std::uint8_t>(TextStyle::MemoryBare);
    } else {
        if (pair && !extended) return false;
        o.wide = pair;
        if (descriptor) {
            if (!pair) return false;
            o.descriptor = number;
        } else {
            o.uniform = number;
            o.wide_uniform = extended;
        }
    }
    o.registers = o.wide ? 2 : 1;
    return true;
}

ModifierSpec size_modifier() { return choice(Field::Size, 73, 3, {"U8", "S8", "U16", "S16", "", "64", "128"}); }
unsigned registers_of_size(unsigned size) { return size == 6 ? 4 : size == 5 ? 2 : 1; }
ModifierSpec order_modifier() {
    return choice(Field::Order, 77, 4,
                  {"", nullptr, nullptr, nullptr, "CONSTANT", "STRONG.SM", nullptr, "STRONG.GPU", nullptr, nullptr, "STRONG.SYS", nullptr,
                   "MMIO.SYS"});
}
ModifierSpec policy_modifier() { return choice(Field::CachePolicy, 84, 3, {"EF", "", "EL", "LU", "EU", "NA"}); }
ModifierSpec extended_modifier() { return flag(Field::Address64, 72, "E"); }
ModifierSpec scale_modifier() { return silent(Field::Shift, 78, 2); }

} // namespace memory

void add_memory_rows(Table& t) {
    memory::add_load_rows(t);
    memory::add_shared_rows(t);
    memory::add_atomic_rows(t);
    memory::add_order_rows(t);
    memory::add_shuffle_rows(t);
    memory::add_texture_rows(t);
    memory::add_surface_rows(t);
}

} // namespace heddle::sass
