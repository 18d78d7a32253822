#include "frontend/emulator/bind.hpp"

#include "frontend/emulator/warp.hpp"

#include "frontend/sass/table.hpp"
#include "sim/base/error.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heddle::emulator {

namespace {

using K = sass::Operand::Kind;

PredicateRef predicate(const sass::Operand& o) {
    if (o.kind != K::Predicate && o.kind != K::UniformPredicate) return {};
    return {o.index, o.negate, o.kind == K::UniformPredicate};
}

// Loops that wait for another thread are made of these.
std::uint8_t waiting(const sass::Instruction& i) {
    using sass::Op;
    switch (i.op) {
    case Op::NANOSLEEP:
    case Op::YIELD: return 64;
    case Op::ATOM:
    case Op::ATOMG:
    case Op::ATOMS:
    case Op::SYNCS: return 1;
    case Op::LD:
    case Op::LDG: return sass::opcode_text(i).find(".STRONG") != std::string::npos ? 1 : 0;
    default: return 0;
    }
}

} // namespace

std::uint32_t Binder::constant_rows(const std::vector<Module::ConstantRow>& rows) {
    const auto key = std::tuple{rows[0].immediate, unsigned{rows[0].bank}, rows[0].value | (rows.size() > 1 && rows[0].immediate ? rows[1].value << 32 : 0),
                                static_cast<unsigned>(rows.size())};
    const auto [entry, fresh] = known_.try_emplace(key, static_cast<std::uint32_t>(constants_.size()));
    if (fresh) constants_.insert(constants_.end(), rows.begin(), rows.end());
    return entry->second;
}

RowRef Binder::constant(const sass::Operand& o) {
    std::vector<Module::ConstantRow> rows;
    const unsigned count = std::max<unsigned>(o.registers, 1);
    if (o.kind == K::Immediate) {
        const auto bits = static_cast<std::uint64_t>(o.value);
        // A double of which the word holds the high half; MUFU.RCP64H takes just that half.
        const bool high_half = count > 1 && static_cast<sass::TextStyle>(o.text_style) == sass::TextStyle::Double;
        const std::uint64_t value = high_half ? bits << 32 : bits;
        for (unsigned i = 0; i < count; ++i) rows.push_back({true, i == 0 ? value & 0xffffffffU : i == 1 ? value >> 32 : 0, 0});
    } else {
        for (unsigned i = 0; i < count; ++i) rows.push_back({false, static_cast<std::uint64_t>(o.value) + 4 * i, o.bank});
    }
    return {1, constant_rows(rows)};
}

RowRef Binder::source(const sass::Operand& o) {
    switch (o.kind) {
    case K::Register:
    case K::Memory: return {0, o.index == sass::kZeroRegister ? kZeroRow : kRegisterRow + o.index};
    case K::UniformRegister: return {0, o.index == sass::kZeroUniformRegister ? kZeroRow : o.index};
    case K::Immediate: return constant(o);
    case K::Constant: return o.index == sass::kZeroRegister ? constant(o) : RowRef{0, kRegisterRow + o.index};
    default: return {0, kZeroRow};
    }
}

RowRef Binder::destination(const sass::Operand& o) const {
    if (o.kind == K::Register && o.index != sass::kZeroRegister) return {0, kRegisterRow + o.index};
    if (o.kind == K::UniformRegister && o.index != sass::kZeroUniformRegister) return {0, o.index};
    return {0, kSinkRow};
}

MicroOp Binder::bind(const sass::Instruction& i, std::uint32_t number, const std::string& where) {
    using sass::Slot;
    MicroOp op;
    op.number = number;
    op.source = &i;
    op.waiting = waiting(i);
    op.guard = i.guard;
    op.guard_negate = i.guard_negate;
    op.guard_uniform = i.guard_uniform;
    op.d = destination(i[Slot::D]);
    op.d2 = destination(i[Slot::D2]);
    op.a = source(i[Slot::A]);
    op.b = source(i[Slot::B]);
    op.c = source(i[Slot::C]);
    op.e = source(i[Slot::E]);
    op.pd = predicate(i[Slot::PD]);
    op.pq = predicate(i[Slot::PQ]);
    op.pa = predicate(i[Slot::PA]);
    op.pb = predicate(i[Slot::PB]);
    op.pc = predicate(i[Slot::PC]);
    op.execute = bind_control(i, op);
    if (!op.execute) op.execute = bind_integer(i, op, level_);
    if (!op.execute) op.execute = bind_float(i, op, level_);
    if (!op.execute) op.execute = bind_memory(i, op, level_);
    if (!op.execute) op.execute = bind_matrix(i, op, level_);
    if (!op.execute) op.execute = bind_hopper(i, op, level_);
    if (!op.execute) fail_at(where, 0, 0, fmt::format("cannot execute {} at 0x{:x}", sass::text(i), i.address), "the emulator does not know this form");
    return op;
}

} // namespace heddle::emulator
