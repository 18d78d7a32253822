// Atomic operations and reductions.
//
// Slot B: the operand; compare-and-swap: B is compared, C is the new value. D: the old value (RZ: nobody wants it).
// ATOM (generic addresses) writes a predicate: true if the operation was carried out, false if the address lies in shared or local
// memory and the type is one that only global memory does; ptxas then follows with a software path.
// sm_90 splits integers (0x98a, 0x9a8, 0x98e) and floating point (0x9a2, 0x9a3, 0x9a6) and renumbers the types.
// LDGMC reads through a multicast mapping and reduces over its members.
#include "frontend/sass/memory_rows.hpp"

namespace heddle::sass::memory {

namespace {

// Floating-point rows of sm_90.
bool is_float(unsigned opcode) {
    return (opcode & 0xff) == 0xa2 || (opcode & 0xff) == 0xa3 || (opcode & 0xff) == 0xa5 || (opcode & 0xff) == 0xa6;
}

// Registers of an operand by its type, in order of the spellings below.
unsigned registers_of_type(const Instruction& i) {
    static constexpr std::uint8_t ampere[] = {1, 1, 2, 1, 1, 2, 2}; // U32 S32 64 F32 F16x2 S64 F64
    static constexpr std::uint8_t hopper[] = {1, 1, 2, 2, 4};       // U32 S32 64 S64 128
    static constexpr std::uint8_t floats[] = {1, 2, 4, 1, 2, 4, 0, 0, 0, 1, 2, 4, 1, 2, 4, 2};
    const unsigned type = i.field(Field::Size);
    if (i.row->first_architecture >= 90 && is_float(i.row->opcode)) return floats[type];
    return i.row->first_architecture >= 90 ? hopper[type] : ampere[type];
}
ModifierSpec integer_types(bool hopper) {
    if (hopper) return choice(Field::Size, 73, 4, {"", "S32", "64", "S64", "128"});
    return choice(Field::Size, 73, 4, {"", "S32", "64", "F32.FTZ.RN", "F16x2.RN", "S64", "F64.RN"});
}
// Floating point of sm_90.
ModifierSpec float_types() {
    return choice(Field::Size, 73, 4,
                  {"F16x2.RN", "F16x4.RN", "F16x8.RN", "BF16x2.RN", "BF16x4.RN", "BF16x8.RN", nullptr, nullptr, nullptr, "F32.FTZ.RN",
                   "F32x2.FTZ.RN", "F32x4.FTZ.RN", "F32.RN", "F32x2.RN", "F32x4.RN", "F64.RN"});
}
ModifierSpec operations() { return choice(Field::Function, 87, 4, {"ADD", "MIN", "MAX", "INC", "DEC", "AND", "OR", "XOR", "EXCH"}); }
ModifierSpec reductions() { return choice(Field::Function, 87, 3, {"ADD", "MIN", "MAX", "INC", "DEC", "AND", "OR", "XOR"}); }
ModifierSpec float_operations(unsigned bits) { return choice(Field::Function, 87, bits, {"ADD", nullptr, "MIN", nullptr, "MAX"}); }

bool complete(const Word& word, Instruction& i, const AddressForm& form, bool extended) {
    i.writes_memory = i.op != Op::LDGMC;
    const auto width = static_cast<std::uint8_t>(registers_of_type(i));
    for (const Slot slot : {Slot::D, Slot::B, Slot::C})
        if (i[slot].is_register()) i[slot].registers = width;
    return complete_address(word, i[Slot::A], form, extended);
}
bool atom(const Word& word, Instruction& i) { return complete(word, i, kAtomicForm, i.flag(Field::Address64)); }
bool red(const Word& word, Instruction& i) { return complete(word, i, kReductionForm, i.flag(Field::Address64)); }
bool plain(const Word& word, Instruction& i) { // no uniform register: 64-71 may hold something else
    Word rest = word;
    rest.set(64, 8, 0);
    return complete(rest, i, kAtomicForm, i.flag(Field::Address64));
}
bool count(const Word& word, Instruction& i) { // ARRIVE.64, POPC.INC.32
    i.writes_memory = true;
    const bool arrive = i.field(Field::Function) == 9;
    if (i.field(Field::Size) != (arrive ? 2 : 0)) return false;
    i[Slot::D].registers = arrive ? 2 : 1;
    if (!complete_address(word, i[Slot::A], kAtomicForm, i.flag(Field::Address64))) return false;
    i[Slot::A].text_style = static_cast<std::uint8_t>(
        i[Slot::A].index == kZeroRegister && i[Slot::A].uniform != kZeroUniformRegister ? TextStyle::Default : TextStyle::MemoryUniform);
    return true;
}
bool compare(const Word& word, Instruction& i) {
    i.writes_memory = true;
    const unsigned size = i.field(Field::Size);
    const auto width = static_cast<std::uint8_t>(size == 4 ? 4 : size == 2 ? 2 : 1);
    for (const Slot slot : {Slot::D, Slot::B, Slot::C}) i[slot].registers = width;
    Operand& a = i[Slot::A];
    a.wide = i.flag(Field::Address64);
    a.registers = a.wide ? 2 : 1;
    a.text_style = static_cast<std::uint8_t>(TextStyle::MemoryBare);
    constexpr std::uint8_t shifts[] = {0, 2, 3, 4};
    if (i.op == Op::ATOMS) a.shift = shifts[word.bits(78, 2)];
    return true;
}
bool shared(const Word& word, Instruction& i) {
    if (word.bit(91)) {
        if (!complete(word, i, kSharedStoreForm, false)) return false;
    } else {
        Word rest = word;
        rest.set(64, 8, 0);
        if (!complete(rest, i, kSharedStoreForm, false)) return false;
    }
    constexpr std::uint8_t shifts[] = {0, 2, 3, 4};
    i[Slot::A].shift = shifts[word.bits(78, 2)];
    return true;
}
bool shared_count(const Word& word, Instruction& i) {
    i.writes_memory = true;
    const bool arrive = i.field(Field::Function) == 9;
    if (i.field(Field::Size) != (arrive ? 2 : 0)) return false;
    i[Slot::D].registers = arrive ? 2 : 1;
    if (!complete_address(word, i[Slot::A], kSharedStoreForm, false)) return false;
    constexpr std::uint8_t shifts[] = {0, 2, 3, 4};
    i[Slot::A].shift = shifts[word.bits(78, 2)];
    if (i[Slot::A].uniform == kZeroUniformRegister) i[Slot::A].text_style = static_cast<std::uint8_t>(TextStyle::MemoryUniform);
    return true;
}

Row& start(Table& t, Op op, unsigned opcode, bool hopper) {
    return t.row(op, opcode).on(hopper ? 90 : 80, hopper ? 99 : 89).modifier(extended_modifier()).modifier(policy_modifier());
}

void add_integer(Table& t, bool hopper) {
    for (const auto& [op, opcode, with_uniform] :
         {std::tuple{Op::ATOM, 0x38aU, false}, {Op::ATOM, 0x98aU, true}, {Op::ATOMG, 0x3a8U, false}, {Op::ATOMG, 0x9a8U, true}}) {
        Row& r = start(t, op, opcode, hopper).modifier(operations()).modifier(integer_types(hopper)).modifier(order_modifier());
        r.operand(at::pred_dst(Slot::PD, 81)).operand(at::rd()).operand(address()).operand(at::reg(Slot::B, 32));
        if (with_uniform) explain_address(r, kAtomicForm, false);
        r.finish = with_uniform ? atom : plain;
    }
    Row& r = start(t, Op::RED, 0x98e, hopper).modifier(reductions()).modifier(integer_types(hopper)).modifier(order_modifier());
    r.operand(address()).operand(at::reg(Slot::B, 32));
    explain_address(r, kReductionForm, true);
    r.finish = red;

    for (const auto& [op, opcode] : {std::pair{Op::ATOM, 0x38bU}, {Op::ATOMG, 0x3a9U}}) {
        Row& cas = start(t, op, opcode, hopper).modifier(choice(Field::Function, 87, 2, {"CAS", nullptr, nullptr, "CAST.SPIN"}));
        cas.modifier(choice(Field::Size, 73, 4, {"", nullptr, "64", nullptr, hopper ? "128" : nullptr})).modifier(order_modifier());
        cas.operand(at::pred_dst(Slot::PD, 81))
            .operand(at::rd())
            .operand(address())
            .operand(at::reg(Slot::B, 32))
            .operand(at::reg(Slot::C, 64));
        cas.finish = compare;
    }
}

void add_floats(Table& t) {
    for (const auto& [op, opcode, with_uniform] :
         {std::tuple{Op::ATOM, 0x3a2U, false}, {Op::ATOM, 0x9a2U, true}, {Op::ATOMG, 0x3a3U, false}, {Op::ATOMG, 0x9a3U, true}}) {
        Row& r = start(t, op, opcode, true).modifier(float_operations(4)).modifier(float_types()).modifier(order_modifier());
        r.operand(at::pred_dst(Slot::PD, 81)).operand(at::rd()).operand(address()).operand(at::reg(Slot::B, 32));
        if (with_uniform) explain_address(r, kAtomicForm, false);
        r.finish = with_uniform ? atom : plain;
    }
    Row& r = start(t, Op::RED, 0x9a6, true).modifier(float_operations(3)).modifier(float_types()).modifier(order_modifier());
    r.operand(address()).operand(at::reg(Slot::B, 32));
    explain_address(r, kReductionForm, true);
    r.finish = red;
}

// Bits 84-86 are zero in what ptxas makes.
void add_multicast(Table& t) {
    for (const bool floats : {false, true}) {
        Row& r = t.row(Op::LDGMC, floats ? 0x9a5 : 0x9a4).on(90, 99).modifier(extended_modifier());
        if (floats) r.modifier(choice(Field::Function, 87, 4, {"ADD", nullptr, "MIN", nullptr, "MAX", nullptr, "ADD.F32"}));
        else r.modifier(choice(Field::Function, 87, 4, {"ADD", "MIN", "MAX", nullptr, nullptr, "AND", "OR", "XOR"}));
        r.modifier(floats ? float_types() : choice(Field::Size, 73, 4, {"32", "S32", "64", "S64"})).modifier(order_modifier());
        r.fix(84, 3, 0).operand(at::rd()).operand(address());
        r.fix(81, 3, 0);
        explain_address(r, kAtomicForm, false);
        r.finish = atom;
    }
}

void add_shared(Table& t) {
    const auto scale = scale_modifier();
    for (const bool uniform : {false, true}) {
        Row& r = t.row(Op::ATOMS, uniform ? 0x98c : 0x38c).modifier(operations());
        r.modifier(choice(Field::Size, 73, 4, {"", "S32", "64", nullptr, "128"})).modifier(scale);
        r.operand(at::rd()).operand(address()).operand(at::reg(Slot::B, 32));
        if (uniform) explain_address(r, kSharedStoreForm, false);
        r.finish = shared;
    }
    Row& cas = t.row(Op::ATOMS, 0x38d).modifier(choice(Field::Function, 87, 2, {"CAS", nullptr, nullptr, "CAST.SPIN"}));
    cas.modifier(choice(Field::Size, 73, 4, {"", nullptr, "64", nullptr, "128"})).modifier(scale);
    cas.operand(at::rd()).operand(address()).operand(at::reg(Slot::B, 32)).operand(at::reg(Slot::C, 64));
    cas.finish = compare;
}

// Counting operations with an implied operand: arrivals at mbarriers before sm_90, additions of the number of active lanes.
void add_counts(Table& t) {
    for (const bool hopper : {false, true}) {
        const auto function =
            hopper
                ? choice(Field::Function, 87, 4,
                         {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, "POPC.INC.32"})
                : choice(Field::Function, 87, 4,
                         {nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, "ARRIVE.64", "POPC.INC.32"});
        Row& s = t.row(Op::ATOMS, 0xf8c)
                     .on(hopper ? 90 : 80, hopper ? 99 : 89)
                     .modifier(function)
                     .modifier(scale_modifier())
                     .modifier(silent(Field::Size, 73, 3));
        s.operand(at::rd()).operand(address());
        explain_address(s, kSharedStoreForm, false);
        s.finish = shared_count;
        if (hopper) continue;
        Row& g = start(t, Op::ATOM, 0xf8a, hopper).modifier(function).modifier(order_modifier()).modifier(silent(Field::Size, 73, 3));
        g.operand(at::pred_dst(Slot::PD, 81)).operand(at::rd()).operand(address());
        explain_address(g, kAtomicForm, false);
        g.finish = count;
    }
}

} // namespace

void add_atomic_rows(Table& t) {
    add_integer(t, false);
    add_integer(t, true);
    add_floats(t);
    add_multicast(t);
    add_shared(t);
    add_counts(t);
}

} // namespace heddle::sass::memory
