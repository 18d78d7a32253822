// Special registers, votes, predicate logic, and what moves values into uniform registers.
//
// What is modelled: registers that say who a thread is, lane masks, clocks (simulated time), windows of the generic address space, the
// cluster rank. Assumed: SR_VIRTID holds the warp number from bit 8 on and SR_VIRTCFG the number of warps (code for %warpid and %nwarpid
// takes them from there); the SM of a CTA: CTAs are dealt out round robin. R2UR's predicate: lanes whose value differs from the one that
// became uniform (code for vote.sync relies on it); SR55 is the lowest stack pointer a thread may have, 0 (code of -O0 and -G traps if
// its own is below). Sources: PTX ISA manual (special registers; %total_smem_size counts whole units, as an H200 shows). What is not:
// performance monitor counters (refused when bound).
#include "frontend/emulator/cta.hpp"
#include "frontend/emulator/device.hpp"
#include "frontend/emulator/grid.hpp"
#include "frontend/emulator/integer_lanes.hpp"
#include "frontend/emulator/integer_semantics.hpp"
#include "frontend/sass/text.hpp"
#include "sim/base/error.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;
using namespace integer;

constexpr U64 kSharedUnit = 128; // bytes in which shared memory is given out, from sm_80 on
enum SpecialRegister : unsigned {
    LaneId = 0x00,
    Clock = 0x01,
    VirtualConfiguration = 0x02,
    VirtualId = 0x03,
    TidX = 0x21,
    TidY = 0x22,
    TidZ = 0x23,
    CtaIdX = 0x25,
    CtaIdY = 0x26,
    CtaIdZ = 0x27,
    LocalWindowHigh = 0x2e,
    SharedWindowHigh = 0x2f,
    SharedWindowLow = 0x30,
    SharedBytes = 0x32,
    LocalWindowLow = 0x34,
    StackLimit = 0x37,
    EqualMask = 0x38,
    LessMask = 0x39,
    LessEqualMask = 0x3a,
    GreaterMask = 0x3b,
    GreaterEqualMask = 0x3c,
    SmId = 0x43,
    ClockLow = 0x50,
    ClockHigh = 0x51,
    TimerLow = 0x52,
    TimerHigh = 0x53,
    CtaRank = 0x88,
    Zero = 0xff,
};

U64 clock_of(Warp& w) { return w.cta().grid().clock_base + w.executed; }
U64 timer_of(Warp& w) {
    const U64 hertz = w.cta().grid().device().properties().sm_clock_hz;
    const U64 cycles = w.executed;
    return w.cta().grid().time_base_ns +
           (hertz == 0 ? cycles : static_cast<U64>(static_cast<double>(cycles) * 1e9 / static_cast<double>(hertz)));
}

// Registers with the same value in all lanes.
U64 warp_value(Warp& w, unsigned number) {
    Cta& cta = w.cta();
    const auto properties = [&]() -> const DeviceProperties& { return cta.grid().device().properties(); };
    switch (number) {
    case Clock:
    case ClockLow: return clock_of(w);
    case ClockHigh: return clock_of(w) >> 32;
    case TimerLow: return timer_of(w);
    case TimerHigh: return timer_of(w) >> 32;
    case VirtualConfiguration: return U64{properties().warps_per_sm} << 8;
    case VirtualId: return U64{w.number()} << 8;
    case CtaIdX: return cta.index().x;
    case CtaIdY: return cta.index().y;
    case CtaIdZ: return cta.index().z;
    case LocalWindowHigh: return DeviceMemory::kLocalWindow >> 32;
    case LocalWindowLow: return DeviceMemory::kLocalWindow & 0xffffffffU;
    case SharedWindowHigh: return DeviceMemory::kSharedWindow >> 32;
    case SharedWindowLow: return DeviceMemory::kSharedWindow & 0xffffffffU;
    case SharedBytes: return (cta.shared_bytes() + kSharedUnit - 1) / kSharedUnit * kSharedUnit;
    case SmId: return properties().sms == 0 ? 0 : cta.linear() % properties().sms;
    case CtaRank: return cta.rank;
    default: return 0;
    }
}

U32 lane_value(Warp& w, unsigned number, unsigned lane) {
    const auto thread = [&] { return w.cta().thread_index(w.number() * kLanes + lane); };
    const U32 bit = 1U << lane;
    switch (number) {
    case LaneId: return lane;
    case TidX: return thread().x;
    case TidY: return thread().y;
    case TidZ: return thread().z;
    case EqualMask: return bit;
    case LessMask: return bit - 1;
    case LessEqualMask: return bit | (bit - 1);
    case GreaterMask: return ~(bit | (bit - 1));
    case GreaterEqualMask: return ~(bit - 1);
    default: return static_cast<U32>(warp_value(w, number));
    }
}
bool known(unsigned number) {
    switch (number) {
    case LaneId:
    case Clock:
    case VirtualConfiguration:
    case VirtualId:
    case TidX:
    case TidY:
    case TidZ:
    case CtaIdX:
    case CtaIdY:
    case CtaIdZ:
    case LocalWindowHigh:
    case SharedWindowHigh:
    case SharedWindowLow:
    case SharedBytes:
    case LocalWindowLow:
    case StackLimit:
    case EqualMask:
    case LessMask:
    case LessEqualMask:
    case GreaterMask:
    case GreaterEqualMask:
    case SmId:
    case ClockLow:
    case ClockHigh:
    case TimerLow:
    case TimerHigh:
    case CtaRank:
    case Zero: return true;
    default: return false;
    }
}
bool by_lane(unsigned number) {
    return number == LaneId || (number >= TidX && number <= TidZ) || (number >= EqualMask && number <= GreaterEqualMask);
}

// p[0]: number of the special register.
void s2r_lanes(Warp& w, const MicroOp& op) {
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = lane_value(w, op.p[0], l);
    blend(w.destination(op.d), r, w.exec);
}
// TID.X of blocks whose x extent is a multiple of 32, or of one row: no divisions.
void s2r_tid_x(Warp& w, const MicroOp& op) {
    const Dim3& block = w.cta().grid().request().block;
    const U32 first = w.number() * kLanes;
    if (block.x % kLanes != 0 && (block.y != 1 || block.z != 1)) return s2r_lanes(w, op);
    const U32 x = block.x % kLanes == 0 ? first % block.x : first;
    Row r;
    for (unsigned l = 0; l < kLanes; ++l) r.lane[l] = x + l;
    blend(w.destination(op.d), r, w.exec);
}
void s2r_warp(Warp& w, const MicroOp& op) {
    Row r;
    fill(r, static_cast<U32>(warp_value(w, op.p[0])));
    blend(w.destination(op.d), r, w.exec);
}
void cs2r_wide(Warp& w, const MicroOp& op) {
    const U64 v = warp_value(w, op.p[0]);
    Row low, high;
    fill(low, static_cast<U32>(v));
    fill(high, static_cast<U32>(v >> 32));
    blend(w.destination(op.d), low, w.exec);
    blend(w.destination({op.d.space, op.d.index + 1}), high, w.exec);
}
void s2ur(Warp& w, const MicroOp& op) { w.set_uniform(op.d, lane_value(w, op.p[0], static_cast<unsigned>(std::countr_zero(w.exec)))); }

// --- votes: over the lanes that execute ------------------------------------------------------------------------------

// p[0]: all, any, equal.
bool vote_result(Mask yes, Mask voters, unsigned mode) {
    return mode == 0 ? yes == voters : mode == 1 ? yes != 0 : yes == 0 || yes == voters;
}
void vote(Warp& w, const MicroOp& op) {
    const Mask yes = w.predicate(op.pa) & w.exec;
    const bool result = vote_result(yes, w.exec, op.p[0]);
    Row r;
    fill(r, yes);
    blend(w.destination(op.d), r, w.exec);
    w.set_predicate(op.pd, result ? kAllLanes : 0, w.exec);
}
void voteu(Warp& w, const MicroOp& op) {
    const Mask yes = w.predicate(op.pa) & w.exec;
    w.set_uniform(op.d, yes);
    w.set_uniform_predicate(op.pd, vote_result(yes, w.exec, op.p[0]));
}
// p[0]: the mask is a uniform register, p[1]: inverted.
void elect(Warp& w, const MicroOp& op) {
    const Mask members = (op.p[0] ? w.uniform_value(op.a) ^ op.p[1] : w.predicate(op.pa)) & w.exec;
    const Mask leader = members & (0U - members);
    w.set_uniform(op.d, leader == 0 ? 0 : static_cast<U32>(std::countr_zero(leader)));
    w.set_predicate(op.pd, leader, w.exec);
}

void r2ur(Warp& w, const MicroOp& op) {
    const Row& a = w.source(op.a);
    const U32 v = a.lane[std::countr_zero(w.exec)];
    Mask differ = 0;
    if (op.pd.index != 7)
        for (unsigned l = 0; l < kLanes; ++l) differ |= static_cast<Mask>(a.lane[l] != v) << l;
    w.set_uniform(op.d, v);
    if (op.p[0]) differ |= w.predicate(op.pd);
    w.set_predicate(op.pd, differ, w.exec);
}

// --- predicates ------------------------------------------------------------------------------------------------------

void plop3(Warp& w, const MicroOp& op) {
    const Mask a = w.predicate(op.pa), b = w.predicate(op.pb), c = w.predicate(op.pc);
    const Mask first = truth_table(a, b, c, op.p[0]), second = truth_table(a, b, c, op.p[1]);
    w.set_predicate(op.pd, first, w.exec);
    w.set_predicate(op.pq, second, w.exec);
}
void uplop3(Warp& w, const MicroOp& op) {
    const Mask a = w.predicate(op.pa), b = w.predicate(op.pb), c = w.predicate(op.pc);
    const bool first = truth_table(a, b, c, op.p[0]) & 1U, second = truth_table(a, b, c, op.p[1]) & 1U;
    w.set_uniform_predicate(op.pd, first);
    w.set_uniform_predicate(op.pq, second);
}
// p[0]: which predicates, p[1]: first bit.
void up2ur(Warp& w, const MicroOp& op) {
    const U32 kept = w.uniform_value(op.a) & ~(op.p[0] << op.p[1]);
    w.set_uniform(op.d, kept | (w.uniform_predicates & op.p[0] & 0x7fU) << op.p[1]);
}
void ur2up(Warp& w, const MicroOp& op) {
    const U32 bits = w.uniform_value(op.a) >> op.p[1];
    for (unsigned k = 0; k < 7; ++k)
        if (op.p[0] >> k & 1) w.set_uniform_predicate({static_cast<std::uint8_t>(k), false, true}, (bits >> k & 1) != 0);
}

[[noreturn]] void refuse(const sass::Instruction& i, const char* what) {
    fail_at("", 0, 0, fmt::format("cannot execute {} at 0x{:x}: {}", sass::text(i), i.address, what), "the emulator does not model it");
}

Execute bind_register(const sass::Instruction& i, MicroOp& op) {
    const auto number = static_cast<unsigned>(i[Slot::A].value);
    op.p[0] = number;
    if (!known(number)) refuse(i, "the special register is not modelled");
    if (i.op == Op::S2UR) return s2ur;
    if (i.op == Op::CS2R && i.flag(Field::Wide)) {
        if (by_lane(number)) refuse(i, "the special register has 32 bits");
        return cs2r_wide;
    }
    return number == TidX ? s2r_tid_x : by_lane(number) ? s2r_lanes : s2r_warp;
}

Execute bind_predicates(const sass::Instruction& i, MicroOp& op) {
    op.p[0] = static_cast<U32>(i[Slot::B].value);
    op.p[1] = 8U * i.field(Field::M0);
    if (i.op == Op::UR2UP) return ur2up;
    if (op.p[0] & 0x80) refuse(i, "there is no eighth predicate");
    return up2ur;
}

} // namespace

Execute bind_special(const sass::Instruction& i, MicroOp& op) {
    switch (i.op) {
    case Op::S2R:
    case Op::CS2R: return bind_register(i, op);
    case Op::S2UR: op.uniform = true; return bind_register(i, op);
    case Op::VOTE: op.p[0] = i.field(Field::Mode); return vote;
    case Op::VOTEU:
        op.uniform = true;
        op.p[0] = i.field(Field::Mode);
        return voteu;
    case Op::ELECT:
        op.p[0] = i[Slot::A].present();
        op.p[1] = i[Slot::A].invert ? ~0U : 0;
        return elect;
    case Op::R2UR:
        op.uniform = true;
        op.p[0] = i.flag(Field::Boolean);
        return r2ur;
    case Op::PLOP3:
        op.p[0] = i.field(Field::Lut);
        op.p[1] = i.field(Field::Lut2);
        return plop3;
    case Op::UPLOP3:
        op.uniform = true;
        op.p[0] = i.field(Field::Lut);
        op.p[1] = i.field(Field::Lut2);
        return uplop3;
    case Op::UP2UR:
    case Op::UR2UP: op.uniform = true; return bind_predicates(i, op);
    default: return nullptr;
    }
}

} // namespace heddle::emulator
