// Rows of sm_90 other than matrices and bulk copies: mbarriers (SYNCS), clusters, asynchronous stores, register hand-over.
//
// SYNCS.ARRIVE: field Mode says what is counted: 0 arrives once and expects the bytes in B, 1 arrives once, 2 expects
// one, 3 expects B, 4 completes B, 5 arrives B times. M0: no result wanted, or a barrier of another CTA (RED); M1: also
// drops out of the next phases (OPTOUT); M2: TMASK, arrive without completing.
// SYNCS.PHASECHK: Mode 1 = TRYWAIT; B holds the phase's parity in bit 31.
// Sources: experiments with ptxas on every form of mbarrier.*; spelling from public disassemblies.
#include "frontend/sass/hopper_rows.hpp"
#include "frontend/sass/text.hpp"

#include <fmt/format.h>

namespace heddle::sass {

std::string two_part_address(const Operand& o) {
    std::string s = o.index == kZeroRegister ? "" : fmt::format("R{}{}+", o.index, o.wide ? ".64" : "");
    s += o.uniform == kZeroUniformRegister ? "URZ" : fmt::format("UR{}", o.uniform);
    if (o.value != 0) s += (o.value < 0 ? "+" : "+") + hex(o.value);
    return "[" + s + "]";
}

bool uniform_at_64(const Word& word, Instruction& i, Slot slot) {
    i[slot].uniform = static_cast<std::uint8_t>(word.bits(64, 6));
    return true;
}

namespace {

bool address_a(const Word& word, Instruction& i) {
    if (i[Slot::D].kind == Operand::Kind::Register) i[Slot::D].registers = 2;
    return uniform_at_64(word, i, Slot::A);
}

void add_barrier_objects(Table& t) {
    const auto address = [] { return at::memory(Slot::A, 24, 40, 24); };
    {
        // On the uniform datapath: address, value and guard.
        Row& r = t.row(Op::SYNCS, 0x5b2, "SYNCS.EXCH.64").on(90, 99).fix(91, 1, 1).fix(72, 1, 1).modifier(silent(Field::Function, 72, 1));
        r.operand(at::ureg(Slot::D, 16).wide(2)).operand(at::ureg(Slot::A, 24)).operand(at::ureg(Slot::B, 32).wide(2));
        r.operand(at::imm(Slot::C, 40, 24, TextStyle::Default, true));
        r.uniform_guard = true;
        r.spell_operands = [](const Instruction& i) {
            const std::string offset = i[Slot::C].value == 0 ? "" : "+" + hex(i[Slot::C].value);
            return fmt::format("{}, [{}{}], {}", operand_text(i[Slot::D]), operand_text(i[Slot::A]), offset, operand_text(i[Slot::B]));
        };
    }
    {
        Row& r = t.row(Op::SYNCS, 0x9b1, "SYNCS.CCTL.IV").on(90, 99).fix(91, 1, 1);
        r.operand(address()).modifier(silent(Field::M9, 64, 6));
        r.finish = address_a;
        r.spell_operands = [](const Instruction& i) { return two_part_address(i[Slot::A]); };
    }
    {
        Row& r = t.row(Op::SYNCS, 0x9a7, "SYNCS.ARRIVE.TRANS64").on(90, 99).fix(91, 1, 1);
        r.modifier(flag(Field::M2, 73, "TMASK")).modifier(flag(Field::M0, 74, "RED")).modifier(flag(Field::M1, 75, "OPTOUT"));
        r.modifier(choice(Field::Mode, 84, 3, {"", "A1T0", "A0T1", "A0TR", "A0TX", "ART0"}));
        r.operand(at::rd()).operand(address()).operand(at::reg(Slot::B, 32)).modifier(silent(Field::M9, 64, 6));
        r.finish = address_a;
        r.spell_operands = [](const Instruction& i) {
            return fmt::format("{}, {}, {}", operand_text(i[Slot::D]), two_part_address(i[Slot::A]), operand_text(i[Slot::B]));
        };
    }
    {
        Row& r = t.row(Op::SYNCS, 0x5a7, "SYNCS.PHASECHK.TRANS64").on(90, 99).fix(91, 1, 1).fix(70, 1, 1).modifier(flag(Field::Mode, 72, "TRYWAIT"));
        r.operand(at::pred_dst(Slot::PD, 81)).operand(address()).operand(at::reg(Slot::B, 32)).modifier(silent(Field::M9, 64, 6));
        r.finish = address_a;
        r.spell_operands = [](const Instruction& i) {
            return fmt::format("{}, {}, {}", operand_text(i[Slot::PD]), two_part_address(i[Slot::A]), operand_text(i[Slot::B]));
        };
    }
}

// STAS, REDAS: slot A is a pair of registers: shared address in the cluster, mbarrier.
void add_remote_stores(Table& t) {
    {
        Row& r = t.row(Op::STAS, 0xdbd).on(90, 99).fix(90, 2, 3);
        r.modifier(choice(Field::Size, 73, 3, {nullptr, nullptr, nullptr, nullptr, "", "64", "128"}));
        r.operand(at::reg(Slot::A, 24).wide(2)).operand(at::reg(Slot::B, 32)).operand(at::ureg(Slot::C, 64).as(TextStyle::HiddenIfZero));
        r.finish = [](const Word&, Instruction& i) {
            i[Slot::B].registers = static_cast<std::uint8_t>(1U << (i.field(Field::Size) - 4));
            return i[Slot::C].index == kZeroUniformRegister;
        };
        r.spell_operands = [](const Instruction& i) { return fmt::format("[{}.64], {}", operand_text(i[Slot::A]), operand_text(i[Slot::B])); };
    }
    {
        Row& r = t.row(Op::REDAS, 0xdbe).on(90, 99).fix(91, 1, 1).fix(72, 1, 1);
        r.modifier(choice(Field::Function, 87, 3, {"ADD", "MIN", "MAX", "INC", "DEC", "AND", "OR", "XOR"}));
        r.modifier(choice(Field::SourceFormat, 73, 3, {"", "S32", "64"}));
        r.operand(at::reg(Slot::A, 24).wide(2)).operand(at::reg(Slot::B, 32)).operand(at::ureg(Slot::C, 64).as(TextStyle::HiddenIfZero));
        r.finish = [](const Word&, Instruction& i) {
            i[Slot::B].registers = i.field(Field::SourceFormat) == 2 ? 2 : 1;
            return i[Slot::C].index == kZeroUniformRegister;
        };
        r.spell_operands = [](const Instruction& i) { return fmt::format("[{}.64], {}", operand_text(i[Slot::A]), operand_text(i[Slot::B])); };
    }
}

void add_steering(Table& t) {
    t.row(Op::UCGABAR_ARV, 0x9c7).on(90, 99).fix(91, 1, 1);
    t.row(Op::UCGABAR_WAIT, 0xdc7).on(90, 99).fix(91, 1, 1);
    t.row(Op::CGAERRBAR, 0x5ab).on(90, 99);
    t.row(Op::PREEXIT, 0x82d).on(90, 99);
    t.row(Op::ACQBULK, 0x82e).on(90, 99);
    t.row(Op::ELECT, 0x82f).on(90, 99).operand(at::pred_dst(Slot::PD, 81)).operand(at::ureg(Slot::D, 16)).operand(at::pred_src(Slot::PA, 87, 90));
    {
        // Among the lanes of a mask in a uniform register.
        Row& r = t.row(Op::ELECT, 0x82f).on(90, 99).fix(91, 1, 1).operand(at::pred_dst(Slot::PD, 81)).operand(at::ureg(Slot::D, 16));
        r.operand(at::ureg(Slot::A, 24).inv(72));
    }
    {
        Row& r = t.row(Op::USETMAXREG, 0x9c8).on(90, 99).fix(91, 1, 1);
        r.uniform_guard = true;
        r.modifier(choice(Field::Mode, 72, 2, {nullptr, "DEALLOC", "TRY_ALLOC"})).modifier(flag(Field::M0, 74, "CTAPOOL"));
        r.operand(at::upred_dst(Slot::PD, 81).as(TextStyle::HiddenIfZero)).operand(at::imm(Slot::B, 32, 10));
    }
    t.row(Op::USETSHMSZ, 0x9c9, "USETSHMSZ.FLUSH").on(90, 99).fix(91, 1, 1).fix(72, 1, 1).modifier(silent(Field::Mode, 72, 1));
    t.row(Op::USETSHMSZ, 0x9c9).on(90, 99).fix(91, 1, 1).operand(at::imm(Slot::B, 32, 20));
}

} // namespace

void add_hopper_rows(Table& t) {
    add_warpgroup_rows(t);
    add_bulk_rows(t);
    add_barrier_objects(t);
    add_remote_stores(t);
    add_steering(t);
}

} // namespace heddle::sass
