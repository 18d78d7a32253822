// Shared memory: loads, stores, matrices, asynchronous copies into it.
//
// LDGSTS: slot A is the address in shared memory (written), slot B the one in global memory. Where the predicate is false,
// zeros are written. With ZFILL the low bits of the global address say how many bytes at the end are zeros: size - n for n bytes
// of data, as ptxas lowers cp.async with a source size. The form 0xdae adds a uniform register to the shared address; its descriptor, if
// any, is the register after it.
#include "frontend/sass/memory_rows.hpp"
#include "frontend/sass/text.hpp"

namespace heddle::sass::memory {

namespace {

bool scaled(const Word& word, Operand& o) {
    constexpr std::uint8_t shifts[] = {0, 2, 3, 4};
    o.shift = shifts[word.bits(78, 2)];
    return true;
}
bool load_shared(const Word& word, Instruction& i) {
    i[Slot::D].registers = static_cast<std::uint8_t>(registers_of_size(i.field(Field::Size)));
    return complete_address(word, i[Slot::A], kSharedLoadForm, false) && scaled(word, i[Slot::A]);
}
bool store_shared(const Word& word, Instruction& i) {
    i.writes_memory = true;
    i[Slot::B].registers = static_cast<std::uint8_t>(registers_of_size(i.field(Field::Size)));
    if (word.bit(91) && !complete_address(word, i[Slot::A], kSharedStoreForm, false)) return false;
    return scaled(word, i[Slot::A]);
}

bool load_matrix(const Word& word, Instruction& i) {
    i[Slot::D].registers = static_cast<std::uint8_t>(1U << i.field(Field::Matrices));
    return complete_address(word, i[Slot::A], kSharedLoadForm, false);
}
bool store_matrix(const Word& word, Instruction& i) {
    i.writes_memory = true;
    i[Slot::B].registers = static_cast<std::uint8_t>(1U << i.field(Field::Matrices));
    return !word.bit(91) || complete_address(word, i[Slot::A], kSharedStoreForm, false);
}

// Global side of a copy: bit 70 says whether the register is a pair.
bool copy(const Word& word, Instruction& i, bool shared_uniform) {
    i.writes_memory = true;
    Operand& shared = i[Slot::A];
    Operand& global = i[Slot::B];
    const auto number = static_cast<std::uint8_t>(word.bits(64, 6));
    shared.value = word.signed_bits(44, 20);
    global.index = static_cast<std::uint8_t>(word.bits(24, 8));
    global.value = word.signed_bits(32, 12);
    global.wide = word.bit(70);
    global.registers = global.wide ? 2 : 1;
    const bool descriptor = word.bit(76);
    if (descriptor && !global.wide) return false;
    if (shared_uniform) {
        shared.uniform = number;
        if (descriptor) global.descriptor = static_cast<std::uint8_t>(number == kZeroUniformRegister ? number : number + 1);
        else if (!global.wide) return false;
    } else if (descriptor) global.descriptor = number;
    else {
        global.uniform = number;
        global.wide_uniform = true;
    }
    return true;
}
bool copy_plain(const Word& word, Instruction& i) { return copy(word, i, false); }
bool copy_uniform(const Word& word, Instruction& i) { return copy(word, i, true); }

void add_copies(Table& t) {
    for (const bool shared_uniform : {false, true}) {
        Row& r = t.row(Op::LDGSTS, shared_uniform ? 0xdae : 0xfae, "LDGSTS.E").fix(91, 1, 1);
        r.modifier(choice(Field::CachePolicy, 84, 3, {"EF", "", "EL", "LU", "EU", "NA"}));
        r.modifier(choice(Field::Bypass, 81, 1, {"BYPASS", ""}))
            .modifier(choice(Field::Level, 71, 2, {"", "LTC64B", "LTC128B", "LTC256B"}));
        r.modifier(choice(Field::Size, 73, 3, {nullptr, nullptr, nullptr, nullptr, "", "64", "128"}));
        r.modifier(order_modifier()).modifier(flag(Field::ZeroFill, 82, "ZFILL"));
        r.operand(at::memory(Slot::A, 16, 44, 20)).operand(at::memory(Slot::B, 24, 32, 12));
        r.operand(at::pred_src(Slot::PA, 87, 90).as(TextStyle::HiddenIfZero));
        r.modifier(silent(Field::M8, 64, 6))
            .modifier(silent(Field::M6, 70, 1))
            .modifier(silent(Field::M5, 76, 1))
            .modifier(silent(Field::M7, 101, 1));
        r.finish = shared_uniform ? copy_uniform : copy_plain;
    }
    t.row(Op::LDGDEPBAR, 0x9af);
}

// Arrival on an mbarrier when the copies issued so far are done. sm_90: TRANSCNT takes back one transaction, ARVCNT is an arrival.
bool arrives(const Word& word, Instruction& i) {
    i.writes_memory = true;
    if (!complete_address(word, i[Slot::A], kSharedStoreForm, false)) return false;
    if (i[Slot::A].index == kZeroRegister) i[Slot::A].text_style = static_cast<std::uint8_t>(TextStyle::MemoryUniform);
    return true;
}
void add_arrivals(Table& t) {
    for (const bool hopper : {false, true}) {
        Row& r = t.row(Op::ARRIVES, 0x9b0, "ARRIVES.LDGSTSBAR.64");
        if (hopper) r.on(90, 99).modifier(choice(Field::Mode, 70, 2, {nullptr, "ARVCNT", "TRANSCNT"}));
        else r.on(80, 89);
        r.fix(72, 8, 0x0a).operand(address());
        explain_address(r, kSharedStoreForm, false);
        r.finish = arrives;
    }
}

} // namespace

void add_shared_rows(Table& t) {
    Row& lds = t.row(Op::LDS, 0x984).modifier(size_modifier()).modifier(scale_modifier()).operand(at::rd()).operand(address());
    explain_address(lds, kSharedLoadForm, true);
    lds.finish = load_shared;
    for (const bool uniform : {false, true}) {
        Row& sts = t.row(Op::STS, uniform ? 0x988 : 0x388).modifier(size_modifier()).modifier(scale_modifier());
        sts.operand(address()).operand(at::reg(Slot::B, 32));
        if (uniform) explain_address(sts, kSharedStoreForm, false);
        sts.finish = store_shared;
    }
    const auto transpose = choice(Field::Transpose, 78, 2, {"M88", "MT88"});
    const auto matrices = choice(Field::Matrices, 72, 2, {"", "2", "4"});
    Row& ldsm = t.row(Op::LDSM, 0x83b, "LDSM.16").modifier(transpose).modifier(matrices).operand(at::rd()).operand(address());
    explain_address(ldsm, kSharedLoadForm, true);
    ldsm.finish = load_matrix;
    Row& stsm = t.row(Op::STSM, 0x844, "STSM.16")
                    .on(90, 99)
                    .modifier(transpose)
                    .modifier(matrices)
                    .operand(address())
                    .operand(at::reg(Slot::B, 32));
    stsm.modifier(silent(Field::M9, 91, 1)).modifier(silent(Field::M8, 64, 6));
    stsm.finish = store_matrix;
    add_copies(t);
    add_arrivals(t);
}

} // namespace heddle::sass::memory
