// SYNCS (mbarriers), the cluster barrier, and what hands registers and grids over.
//
// What is modelled: initialisation, arrivals with and without transactions, drops, phase tests, also on barriers of other
// CTAs of the cluster; a warp whose TRYWAIT fails sleeps and tries again, unseen, a bounded number of times, as hardware
// suspends it up to a time limit; the cluster barrier counts threads.
// What is not: PREEXIT and ACQBULK (programmatic dependent launch) do nothing, because grids run one after another, which
// is the order they have without that feature; USETMAXREG hands out every register asked for, USETSHMSZ changes nothing.
// Sources: PTX ISA manual (mbarrier, barrier.cluster, setmaxnreg, griddepcontrol); mbarrier.hpp for the bits.
#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/hopper_state.hpp"
#include "frontend/emulator/mbarrier.hpp"
#include "frontend/sass/table.hpp"

#include <fmt/format.h>

namespace heddle::emulator {

namespace {

using sass::Field;
using sass::Op;
using sass::Slot;

// Failed tries of a warp in a row before TRYWAIT says so. Each is one round of all other warps of the CTA.
constexpr std::uint32_t kTries = 256;

void nothing(Warp&, const MicroOp&) {}

// p[0]: row of the uniform register of the address; immediate: offset.
std::uint32_t barrier_address(Warp& w, const MicroOp& op, unsigned lane) {
    return w.source(op.a).lane[lane] + w.row(op.p[0]).lane[0] + static_cast<std::uint32_t>(op.immediate);
}

void exchange(Warp& w, const MicroOp& op) {
    const std::uint32_t address = uniform(w, op.a) + static_cast<std::uint32_t>(op.immediate);
    const std::uint64_t fresh = uniform_pair(w, op.b), old = load_barrier(w, address);
    store_barrier(w, address, fresh);
    w.set_uniform(op.d, static_cast<std::uint32_t>(old));
    w.set_uniform({op.d.space, op.d.index + 1}, static_cast<std::uint32_t>(old >> 32));
}

[[noreturn]] void too_many(std::uint32_t address, std::uint64_t word, std::uint32_t count, unsigned lane) {
    throw DeviceFault(FaultKind::IllegalInstruction,
                      fmt::format("{} arrivals at the mbarrier at shared 0x{:x}, which waits for {} of {}", count, address, mbarrier::pending(word), mbarrier::expected(word)), lane);
}

// p[1]: 1 counts one arrival, 0 none, 2 as many as B says; p[2]: 0 no bytes, 1 expects B, 2 completes B, 3 expects one; p[3]: drops out.
void arrive(Warp& w, const MicroOp& op) {
    Row low = w.source(op.d), high = w.source({op.d.space, op.d.index + 1});
    const Row& b = w.source(op.b);
    for_each_lane(w.exec, [&](unsigned l) {
        const std::uint32_t address = barrier_address(w, op, l);
        std::uint64_t word = load_barrier(w, address, l);
        low.lane[l] = static_cast<std::uint32_t>(word);
        high.lane[l] = static_cast<std::uint32_t>(word >> 32);
        const std::uint32_t count = op.p[1] == 2 ? b.lane[l] : op.p[1];
        const std::int32_t bytes = op.p[2] == 0 ? 0 : op.p[2] == 3 ? 1 : op.p[2] == 1 ? static_cast<std::int32_t>(b.lane[l]) : -static_cast<std::int32_t>(b.lane[l]);
        if (count > mbarrier::pending(word)) too_many(address, word, count, l);
        if (count == 0 && op.p[2] != 2) {
            mbarrier::expect_tx(word, static_cast<std::uint32_t>(bytes)); // cannot end the phase
        } else {
            if (op.p[3]) word = mbarrier::with_field(word, mbarrier::kExpectedBit, mbarrier::kCountMask, (word >> mbarrier::kExpectedBit) + count);
            mbarrier::arrive(word, count, bytes);
        }
        store_barrier(w, address, word);
    });
    w.destination(op.d) = low;
    w.destination({op.d.space, op.d.index + 1}) = high;
}

// p[1]: TRYWAIT.
void test_phase(Warp& w, const MicroOp& op) {
    const Row& b = w.source(op.b);
    Mask done = 0;
    for_each_lane(w.exec, [&](unsigned l) {
        if (mbarrier::test_phase(load_barrier(w, barrier_address(w, op, l), l), b.lane[l] >> 31 != 0)) done |= 1U << l;
    });
    if (done == 0) {
        std::uint32_t& tries = HopperState::of(w).failed_tries[w.number() % HopperState::kWarps];
        if (op.p[1] && ++tries % kTries != 0) {
            w.cta().grid().uncount(w, op.number);
            w.pc -= sass::kWordBytes;
            w.block(Split::State::Sleeping);
            return;
        }
        w.block(Split::State::Sleeping); // whoever has to arrive goes first
    }
    w.set_predicate(op.pd, done, w.exec);
}

void cluster_arrive(Warp& w, const MicroOp&) {
    Cluster& cluster = cluster_of(w);
    HopperState::of(w).cluster_generation[w.number() % HopperState::kWarps] = cluster.generation;
    cluster.arrive(static_cast<std::uint32_t>(std::popcount(w.active)));
}

void cluster_wait(Warp& w, const MicroOp&) {
    if (cluster_of(w).generation == HopperState::of(w).cluster_generation[w.number() % HopperState::kWarps]) w.block(Split::State::AtClusterBarrier);
}

void set_max_registers(Warp& w, const MicroOp& op) { w.set_uniform_predicate(op.pd, true); }

void bind_barrier_address(const sass::Instruction& i, MicroOp& op) {
    op.immediate = static_cast<std::uint64_t>(i[Slot::A].value);
    op.p[0] = i[Slot::A].uniform == sass::kZeroUniformRegister ? kZeroRow : i[Slot::A].uniform;
}

Execute bind_syncs(const sass::Instruction& i, MicroOp& op) {
    const std::string& mnemonic = i.row->mnemonic;
    if (mnemonic == "SYNCS.EXCH.64") {
        op.uniform = true;
        op.immediate = static_cast<std::uint64_t>(i[Slot::C].value);
        return exchange;
    }
    bind_barrier_address(i, op);
    if (mnemonic == "SYNCS.CCTL.IV") return nothing; // the barrier is no more: its bytes are the program's again
    if (mnemonic == "SYNCS.PHASECHK.TRANS64") {
        op.p[1] = i.field(Field::Mode);
        return test_phase;
    }
    if (i.flag(Field::M2)) return nullptr; // TMASK: what it returns is not known
    static constexpr std::uint32_t kCount[] = {1, 1, 0, 0, 0, 2}, kBytes[] = {1, 0, 3, 1, 2, 0};
    op.p[1] = kCount[i.field(Field::Mode)];
    op.p[2] = kBytes[i.field(Field::Mode)];
    op.p[3] = i.flag(Field::M1);
    return arrive;
}

} // namespace

Execute bind_hopper_barriers(const sass::Instruction& i, MicroOp& op) {
    switch (i.op) {
    case Op::SYNCS: return bind_syncs(i, op);
    case Op::UCGABAR_ARV: return cluster_arrive;
    case Op::UCGABAR_WAIT: return cluster_wait;
    case Op::USETMAXREG: return set_max_registers;
    case Op::PREEXIT:
    case Op::ACQBULK:
    case Op::CGAERRBAR:
    case Op::USETSHMSZ:
    case Op::UTMACMDFLUSH: // closes a bulk group: all its copies are complete
    case Op::UTMACCTL:
    case Op::UTMAPF:
    case Op::UBLKPF: return nothing;
    default: return nullptr;
    }
}

} // namespace heddle::emulator
