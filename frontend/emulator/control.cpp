// Branches, convergence and CTA barriers: what moves the lanes of a warp.
//
// What is modelled: convergence barriers as sets of lanes, one value per lane, so that nested and recursive use by
// diverged lanes cannot mix them up; BREAK; WARPSYNC; divergence by conditional and indirect branches; calls and
// returns through registers; named CTA barriers with counts and reductions.
// What is not: CALL.ABS with return stack (NOINC is all ptxas emits), warp traps to a handler.
// Sources: CuAssembler vectors for operands; Shoushtary et al. (arXiv 2407.02944); PTX ISA manual for barriers.
#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/grid.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;

Mask taken(const Warp& w, const MicroOp& op) { return w.exec & w.predicate(op.pa); }

void branch_to(Warp& w, Mask lanes, std::uint32_t target) {
    if (lanes == 0) return;
    if (lanes == w.active) w.pc = target;
    else w.diverge(lanes, target);
}

void nop(Warp&, const MicroOp&) {}

void bra(Warp& w, const MicroOp& op) { branch_to(w, taken(w, op), op.p[0]); }

void bra_any(Warp& w, const MicroOp& op) {
    if (taken(w, op) != 0) w.pc = op.p[0];
}

// The lanes whose guard is true are compared with the mask: all active lanes branch if they differ (DIV) or agree (CONV).
// ptxas' code for shuffles under computed masks shows that the guard takes part in the comparison, and does not choose
// who branches.
void bra_div(Warp& w, const MicroOp& op) {
    Mask mask = w.uniform_value(op.a);
    if (op.p[1]) mask = ~mask;
    const bool same = (mask & w.live()) == taken(w, op);
    if (same == (op.p[2] != 0)) w.pc = op.p[0];
}

// Target: register pair + immediate, or a uniform register.
void indirect(Warp& w, const MicroOp& op) {
    Mask left = taken(w, op);
    const Row& low = w.source(op.a);
    const Row& high = w.source({op.a.space, op.a.index + 1});
    Cta& cta = w.cta();
    while (left != 0) {
        const auto lane = static_cast<unsigned>(std::countr_zero(left));
        Mask same = 0;
        for_each_lane(left, [&](unsigned l) {
            if (low.lane[l] == low.lane[lane] && (op.p[1] == 0 || high.lane[l] == high.lane[lane])) same |= 1U << l;
        });
        const std::uint64_t base = low.lane[lane] | (op.p[1] ? std::uint64_t{high.lane[lane]} << 32 : 0);
        const std::uint64_t target = op.p[1] ? base + op.immediate : (base + op.immediate) & 0xffffffffU;
        if (target % sass::kWordBytes != 0 || !cta.grid().module().is_code(target))
            throw DeviceFault(FaultKind::InvalidPc, fmt::format("jump to 0x{:x}, where there is no code", target), lane);
        branch_to(w, same, static_cast<std::uint32_t>(target));
        left &= ~same;
    }
}

void exit_lanes(Warp& w, const MicroOp& op) {
    const Mask lanes = taken(w, op);
    if (lanes == 0) return;
    w.active &= ~lanes;
    w.kill(lanes);
    w.switch_split = true; // others may wait for these lanes
    w.cta().lanes_exited(static_cast<std::uint32_t>(std::popcount(lanes)));
}

void bssy(Warp& w, const MicroOp& op) {
    auto& barrier = w.barrier_registers[op.p[0]];
    for_each_lane(w.exec, [&](unsigned l) { barrier[l] = w.exec; });
}

void bsync(Warp& w, const MicroOp& op) {
    const Mask lanes = taken(w, op);
    if (lanes == 0) return;
    const Mask wanted = w.barrier_registers[op.p[0]][static_cast<unsigned>(std::countr_zero(lanes))] & w.live();
    if (lanes == w.active && (wanted & ~w.active) == 0) return;
    if (lanes == w.active) return w.block(Split::State::AtBarrierRegister, static_cast<std::uint8_t>(op.p[0]));
    w.diverge(lanes, w.pc, Split::State::AtBarrierRegister);
    w.splits.back().barrier = static_cast<std::uint8_t>(op.p[0]);
    w.switch_split = true;
}

void break_barrier(Warp& w, const MicroOp& op) {
    const Mask lanes = taken(w, op);
    if (lanes == 0) return;
    auto& barrier = w.barrier_registers[op.p[0]];
    Mask members = 0;
    for_each_lane(lanes, [&](unsigned l) { members |= barrier[l]; });
    for_each_lane(members, [&](unsigned l) { barrier[l] &= ~lanes; });
    w.switch_split = true; // lanes may wait for these
}

void bmov_to_register(Warp& w, const MicroOp& op) {
    auto& barrier = w.barrier_registers[op.p[0]];
    Row& d = w.destination(op.d);
    for_each_lane(w.exec, [&](unsigned l) {
        d.lane[l] = barrier[l];
        if (op.p[1]) barrier[l] = 0;
    });
}

void bmov_from(Warp& w, const MicroOp& op) {
    auto& barrier = w.barrier_registers[op.p[0]];
    const Row& b = w.source(op.b);
    for_each_lane(w.exec, [&](unsigned l) { barrier[l] = b.lane[l]; });
}

void bmov_active(Warp& w, const MicroOp& op) {
    auto& barrier = w.barrier_registers[op.p[0]];
    for_each_lane(w.exec, [&](unsigned l) { barrier[l] = w.active; });
}

void warpsync(Warp& w, const MicroOp& op) {
    const Mask lanes = taken(w, op);
    if (lanes == 0) return;
    const Row& b = w.source(op.b);
    const Mask wanted = b.lane[static_cast<unsigned>(std::countr_zero(lanes))] & w.live();
    if (lanes == w.active && (wanted & ~w.active) == 0) return;
    if (lanes == w.active) return w.block(Split::State::AtWarpSync, 0, wanted);
    w.diverge(lanes, w.pc, Split::State::AtWarpSync);
    w.splits.back().wait = wanted;
    w.switch_split = true;
}

// EXCLUSIVE and COLLECTIVE: lanes that name different sets part, so that what follows is executed by one set at a time.
void warpsync_exclusive(Warp& w, const MicroOp& op) {
    const Row& b = w.source(op.b);
    for (Mask left = taken(w, op); left != 0;) {
        const std::uint32_t set = b.lane[static_cast<unsigned>(std::countr_zero(left))];
        Mask same = 0;
        for_each_lane(left, [&](unsigned l) { same |= static_cast<Mask>(b.lane[l] == set) << l; });
        left &= ~same;
        const bool complete = (set & w.live() & ~same) == 0;
        if (same == w.active) {
            if (!complete) w.block(Split::State::AtWarpSync, 0, set);
            return;
        }
        w.diverge(same, w.pc, complete ? Split::State::Ready : Split::State::AtWarpSync);
        w.splits.back().wait = set;
    }
}

void warpsync_all(Warp& w, const MicroOp&) {
    if (w.live() != w.active) w.block(Split::State::AtWarpSync, 0, kAllLanes);
}

void yield(Warp& w, const MicroOp&) {
    if (w.splits.size() > 1) w.block(Split::State::Sleeping);
}

void nanosleep(Warp& w, const MicroOp&) { w.block(Split::State::Sleeping); }

void barrier(Warp& w, const MicroOp& op) {
    // p[0]: action (0 sync, 1 arrive, 2 reduce, 3 sync all); p[1]: 1 if the number is in a register; p[2]: likewise the count
    const auto lane = static_cast<unsigned>(std::countr_zero(w.exec));
    const std::uint32_t number = op.p[1] ? w.source(op.a).lane[lane] & 15U : static_cast<std::uint32_t>(op.immediate & 15U);
    std::uint32_t count = op.p[2] ? w.source(op.b).lane[lane] : static_cast<std::uint32_t>(op.immediate >> 32);
    if (op.source->field(Field::M1)) count = (w.source(op.a).lane[lane] >> 16) & 0xfff; // number and count in one register
    if (w.recorder && (op.p[1] != 0 || op.p[2] != 0)) w.recorder->barrier(number, count);
    if (op.p[0] == 2) w.barrier_operation[number] = op.source->field(Field::Function);
    w.cta().arrive(w, number, count, op.p[0] == 1, w.predicate(op.pa));
}

void barrier_result(Warp& w, const MicroOp& op) {
    Row value;
    fill(value, w.barrier_result);
    blend(w.destination(op.d), value, w.exec);
    w.set_predicate(op.pd, w.barrier_result != 0 ? kAllLanes : 0, w.exec);
}

void trap(Warp& w, const MicroOp&) {
    throw DeviceFault(FaultKind::Trap, "the kernel called __trap()", static_cast<unsigned>(std::countr_zero(w.exec)));
}

void lepc(Warp& w, const MicroOp& op) {
    Row low, high;
    fill(low, op.p[0]);
    fill(high, 0);
    blend(w.destination(op.d), low, w.exec);
    blend(w.destination({op.d.space, op.d.index + 1}), high, w.exec);
}

} // namespace

Execute bind_control(const sass::Instruction& i, MicroOp& op) {
    const auto target = [&] { op.p[0] = static_cast<std::uint32_t>(i[Slot::C].value); };
    switch (i.op) {
    case Op::NOP:
    case Op::ENDCOLLECTIVE: return nop;
    case Op::EXIT: return exit_lanes;
    case Op::BRA:
        target();
        if (i.flag(Field::M1)) return bra_any;
        if (i.field(Field::Predicated) < 2) return bra;
        op.p[1] = i[Slot::A].invert;
        op.p[2] = i.field(Field::Predicated) == 3;
        op.always = true;
        return bra_div;
    case Op::JMP: target(); return bra;
    case Op::BRX:
    case Op::BRXU:
        op.immediate = static_cast<std::uint64_t>(i[Slot::C].value) + i.address + sass::kWordBytes;
        op.p[1] = 1;
        return indirect;
    case Op::CALL:
        if (i[Slot::A].present()) {
            op.immediate = static_cast<std::uint64_t>(i[Slot::C].value);
            op.p[1] = 1;
            return indirect;
        }
        target();
        return bra;
    case Op::RET:
        op.immediate = static_cast<std::uint64_t>(i[Slot::C].value);
        op.p[1] = 1;
        return indirect;
    case Op::BSSY: op.p[0] = i[Slot::B].index; return bssy;
    case Op::BSYNC: op.p[0] = i[Slot::B].index; return bsync;
    case Op::BREAK: op.p[0] = i[Slot::B].index; return break_barrier;
    case Op::BMOV:
        if (i.field(Field::Mode) == 2) return nop; // MACTIVE: the set of active lanes cannot be changed from here
        op.p[0] = i[i[Slot::D].present() ? Slot::A : Slot::D2].index;
        op.p[1] = i.field(Field::M0);
        if (i.field(Field::Mode) == 1) return bmov_active;
        return i[Slot::D].present() ? bmov_to_register : bmov_from;
    case Op::WARPSYNC:
        if (!i[Slot::B].present()) return warpsync_all;
        return i.field(Field::M0) != 0 ? warpsync_exclusive : warpsync;
    case Op::YIELD: return yield;
    case Op::NANOSLEEP: return nanosleep;
    case Op::BAR:
        op.p[0] = i.field(Field::Barrier);
        op.p[1] = i[Slot::A].is_register();
        op.p[2] = i[Slot::B].is_register();
        op.immediate = static_cast<std::uint64_t>(i[Slot::A].is_register() ? 0 : i[Slot::A].value) |
                       static_cast<std::uint64_t>(i[Slot::B].is_register() ? 0 : i[Slot::B].value) << 32;
        return barrier;
    case Op::B2R: return barrier_result;
    case Op::BPT: return trap;
    case Op::LEPC:
        op.p[0] = i[Slot::C].present() ? static_cast<std::uint32_t>(i[Slot::C].value) : i.address;
        return lepc;
    default: return nullptr;
    }
}

} // namespace heddle::emulator
