// The issue half of a sub-core: may the head instruction of a warp issue, and what issuing it does.
#include "sim/sm/sub_core.hpp"
#include "sim/sm/tensor_core.hpp"

#include <bit>

namespace heddle {

namespace {

constexpr WarpMask bit(unsigned warp) { return WarpMask{1} << warp; }
constexpr unsigned kCounters = 6;

bool to_memory(const StaticInstruction& code) {
    switch (code.behaviour) {
    case Behaviour::Load:
    case Behaviour::Store:
    case Behaviour::Atomic:
    case Behaviour::Reduction:
    case Behaviour::AsyncCopy:
    case Behaviour::Shuffle:
    case Behaviour::MatrixLoad:
    case Behaviour::MatrixStore:
    case Behaviour::BulkCopy:
    case Behaviour::CacheControl: return true;
    default: return false;
    }
}

bool long_latency(const StaticInstruction& code) {
    return code.space == Space::Global || code.space == Space::Local || code.space == Space::Generic || code.space == Space::Texture;
}

} // namespace

// Brings the masks and the state of `warp` in line with its head instruction; the new state holds from cycle `from`.
void SubCore::refresh(unsigned warp, Cycle from) {
    Warp& w = warps_[warp];
    if (!(resident_ >> warp & 1)) return;
    Stall reason = Stall::Selected;
    const StaticInstruction* code = nullptr;
    if (blocked_ >> warp & 1) {
        reason = w.state;
    } else if (w.decoded == 0) {
        if (w.buffered == 0 && w.exhausted) reason = Stall::Drain;
        else reason = (held_ >> warp & 1) && w.buffered == 0 && w.state == Stall::BranchResolving ? Stall::BranchResolving : Stall::NoInstruction;
    } else {
        code = w.buffer[w.buffer_head].instruction->code;
        reason = blocked_by(w, *code, from);
    }
    if (reason == Stall::Selected) {
        if (ready_ >> warp & 1) return;
        set_state(warp, Stall::Selected, from);
        ready_ |= bit(warp);
        wants_[static_cast<unsigned>(code->pipe)] |= bit(warp);
        if (to_memory(*code)) {
            wants_queue_ |= bit(warp);
            if (long_latency(*code)) wants_global_ |= bit(warp);
        }
    } else if (reason != w.state || (ready_ >> warp & 1)) {
        set_state(warp, reason, from);
    }
}

// Stall::Selected if the warp itself is able to issue `code` at `now`.
Stall SubCore::blocked_by(const Warp& warp, const StaticInstruction& code, Cycle now) const {
    Stall reason = Stall::Selected;
    if (warp.control_bits) {
        if (warp.stall_until > now) return Stall::Wait;
        for (unsigned i = 0; i < kCounters; ++i) {
            if (!(code.control.wait_mask >> i & 1) || (warp.counters >> (8 * i) & 0xff) == 0) continue;
            if ((warp.long_counters >> (8 * i) & 0xff) != 0) return Stall::LongScoreboard;
            reason = Stall::ShortScoreboard;
        }
    } else if (depends(warp, code, reason)) {
        return reason;
    }
    if (code.behaviour == Behaviour::AsyncGroup && warp.group_open - warp.group_first == kGroups - 1) return Stall::LongScoreboard;
    if (code.behaviour == Behaviour::AsyncWait && code.pipe != Pipe::Tensor) {
        const auto allowed = static_cast<std::uint32_t>(std::max(0, code.immediate));
        if (warp.group_open - warp.group_first > allowed) return Stall::LongScoreboard;
    }
    return reason;
}

// Scoreboard over general registers: whether `code` must wait, and for what.
bool SubCore::depends(const Warp& warp, const StaticInstruction& code, Stall& reason) const {
    const bool after_write = warp.pending.meets(code.reads) || warp.pending.meets(code.writes);
    if (after_write) {
        if (warp.pending_long.meets(code.reads) || warp.pending_long.meets(code.writes)) reason = Stall::LongScoreboard;
        else if (warp.pending_short.meets(code.reads) || warp.pending_short.meets(code.writes)) reason = Stall::ShortScoreboard;
        else reason = Stall::Wait;
        return true;
    }
    const bool too_many = warp.reader_count == warp.readers.size() && to_memory(code);
    if (too_many || (warp.reader_count != 0 && warp.reading.meets(code.writes))) {
        reason = Stall::ShortScoreboard;
        return true;
    }
    return false;
}

void SubCore::count(const DynamicInstruction& instruction) {
    const StaticInstruction& code = *instruction.code;
    const auto lanes = static_cast<unsigned>(std::popcount(instruction.active_mask));
    ++stats.warp_instructions;
    stats.thread_instructions += lanes;
    if (lanes == 0) ++stats.predicated_off;
    ++pipes.of(code.pipe);
    if (code.mma.type != MmaType::None) {
        const std::uint64_t operations = 2 * code.mma.multiply_adds() / (code.behaviour == Behaviour::WarpgroupMma ? 4 : 1);
        stats.flops_tensor += operations;
        tensor_operations[static_cast<unsigned>(code.mma.type)] += operations;
    } else if (code.flops_per_lane != 0) {
        const std::uint64_t operations = std::uint64_t{code.flops_per_lane} * lanes;
        if (code.latency_class == LatencyClass::Double) stats.flops_fp64 += operations;
        else if (code.latency_class == LatencyClass::Half || code.latency_class == LatencyClass::HalfMma) stats.flops_fp16 += operations;
        else stats.flops_fp32 += operations;
    }
}

void SubCore::issue(Now now, unsigned warp) {
    Warp& w = warps_[warp];
    const BufferEntry entry = w.buffer[w.buffer_head];
    const DynamicInstruction& instruction = *entry.instruction;
    const StaticInstruction& code = *instruction.code;
    const Cycle cycle = now.cycle;

    if (issue_log_) issue_log_->push_back({cycle, w.slot, &code});
    count(instruction);
    ++cta_warp_instructions_[w.cta];
    cta_thread_instructions_[w.cta] += static_cast<unsigned>(std::popcount(instruction.active_mask));
    if (w.profile != nullptr) {
        w.profile->count_threads(code.index, static_cast<unsigned>(std::popcount(instruction.active_mask)));
        w.last_issued = code.index;
    }
    digest_ = (digest_ ^ (cycle * 0x9e3779b97f4a7c15ULL + (std::uint64_t{w.slot} << 40) + code.pc)) * 0x100000001b3ULL;

    w.buffer_head = static_cast<std::uint8_t>((w.buffer_head + 1) % kBufferEntries);
    --w.buffered;
    --w.decoded;
    ready_ &= ~bit(warp);
    wants_[static_cast<unsigned>(code.pipe)] &= ~bit(warp);
    wants_queue_ &= ~bit(warp);
    wants_global_ &= ~bit(warp);
    w.state = Stall::NoInstruction;
    w.since = cycle + 1;
    if (entry.redirect) {
        ++stats.branches_taken;
        w.state = Stall::BranchResolving;
        wheel_.schedule(cycle, cycle + config_.sub_core.branch_latency, {nullptr, EventKind::FetchResume, static_cast<std::uint8_t>(warp)});
    } else if (!w.exhausted && !(held_ >> warp & 1)) {
        fetchable_ |= bit(warp);
    }
    if (w.control_bits) {
        const Cycles stall = std::max<Cycles>(1, code.control.stall);
        w.stall_until = cycle + stall;
        if (stall > 1) wheel_.schedule(cycle, w.stall_until, {nullptr, EventKind::StallOver, static_cast<std::uint8_t>(warp)});
    }

    const bool active = instruction.active_mask != 0;
    if (active && to_memory(code)) {
        issue_memory(now, warp, entry);
    } else if (active && code.mma.type != MmaType::None) {
        issue_mma(cycle, warp, code);
    } else {
        issue_fixed(cycle, warp, code);
        switch (active ? code.behaviour : Behaviour::Nop) {
        case Behaviour::Barrier: {
            const bool waits = code.barrier_action != BarrierAction::Arrive;
            if (waits) block(warp, Stall::Barrier, cycle + 1);
            unsigned number = code.barrier;
            std::uint32_t threads = code.barrier_threads;
            if (instruction.address != kNoAddress) { // from registers
                const Address both = w.chunks[entry.chunk].patterns[instruction.address].base;
                number = both % BarrierUnit::kBarriers;
                threads = static_cast<std::uint32_t>(both / BarrierUnit::kBarriers);
            }
            shared_.barriers.arrive(cycle, w.cta, w.slot, number, threads, waits);
            break;
        }
        case Behaviour::MemoryBarrier:
            block(warp, Stall::Membar, cycle + 1);
            w.barrier_time = cycle + config_.membar_latency;
            if (shared_.lsu.outstanding_stores(w.cta) != 0) membar_ |= bit(warp);
            else wheel_.schedule(cycle, w.barrier_time, {nullptr, EventKind::Unblock, static_cast<std::uint8_t>(warp)});
            break;
        case Behaviour::Nanosleep: {
            const Duration sleep = static_cast<Duration>(std::max(0, code.immediate)) * kNanosecond;
            const Cycle until = shared_.clock.edge_at_or_after(now.time + sleep);
            if (until <= cycle + 1) break;
            block(warp, Stall::Sleeping, cycle + 1);
            wheel_.schedule(cycle, until, {nullptr, EventKind::Unblock, static_cast<std::uint8_t>(warp)});
            break;
        }
        case Behaviour::AsyncWait: {
            if (code.pipe != Pipe::Tensor) break;
            // Groups complete in order: the newest of those that may not stay open decides.
            const auto allowed = static_cast<std::uint32_t>(std::clamp<std::int32_t>(code.immediate, 0, kMmaGroups - 1));
            if (w.mma_groups <= allowed) break;
            const Cycle until = w.mma_done[(w.mma_groups - 1 - allowed) % kMmaGroups];
            if (until <= cycle + 1) break;
            block(warp, Stall::Gmma, cycle + 1);
            wheel_.schedule(cycle, until, {nullptr, EventKind::Unblock, static_cast<std::uint8_t>(warp)});
            break;
        }
        case Behaviour::AsyncGroup:
            ++w.group_open;
            while (w.group_first != w.group_open && w.groups[w.group_first % kGroups] == 0) ++w.group_first;
            HEDDLE_EXPECT(w.group_open - w.group_first < kGroups, "a warp has {} groups of asynchronous copies open", kGroups);
            break;
        default: break;
        }
    }
    refresh(warp, cycle + 1);
    leave(warp, cycle, cycle + 1);
}

void SubCore::block(unsigned warp, Stall state, Cycle from) {
    blocked_ |= bit(warp);
    warps_[warp].state = state;
    warps_[warp].since = from;
}

void SubCore::take_pipe(Pipe pipe, Cycle until) {
    pipe_free_[static_cast<unsigned>(pipe)] = until;
    busy_pipes_ |= 1u << static_cast<unsigned>(pipe);
}

void SubCore::result_at(Cycle now, Cycle cycle, unsigned warp, const StaticInstruction& code) {
    Warp& w = warps_[warp];
    ++w.outstanding;
    if (w.control_bits) {
        if (code.control.write_counter < kCounters) w.counters += 1ULL << (8 * code.control.write_counter);
    } else {
        w.pending |= code.writes;
    }
    wheel_.schedule(now, cycle, {&code, EventKind::Result, static_cast<std::uint8_t>(warp)});
}

void SubCore::issue_fixed(Cycle now, unsigned warp, const StaticInstruction& code) {
    const LatencyRow& row = config_.latency[code.latency_class == LatencyClass::Memory || code.latency_class == LatencyClass::Mma
                                                ? LatencyClass::Misc
                                                : code.latency_class];
    Cycles delay = 0;
    if (code.source_count != 0 && code.behaviour == Behaviour::Arithmetic) {
        delay = register_file_.read(now, warp, code, warps_[warp].control_bits);
        if (delay != 0) {
            stats.register_port_delay += delay;
            dispatch_free_ = now + 1 + delay;
        }
    }
    take_pipe(code.pipe, now + row.interval);
    const bool counted = warps_[warp].control_bits && code.control.write_counter < kCounters;
    if (!code.writes.empty() || counted) {
        result_at(now, now + row.latency + delay, warp, code);
        if (code.latency_class == LatencyClass::Transcendental || code.latency_class == LatencyClass::BitCount ||
            code.latency_class == LatencyClass::Conversion)
            warps_[warp].pending_short |= code.writes;
    }
}

void SubCore::issue_mma(Cycle now, unsigned warp, const StaticInstruction& code) {
    const bool warpgroup = code.behaviour == Behaviour::WarpgroupMma;
    const MmaTiming timing = mma_timing(config_.tensor_core, code.mma, warpgroup, code.uniform_address);
    if (warpgroup) {
        Warp& w = warps_[warp];
        w.mma_done[w.mma_groups % kMmaGroups] = now + timing.interval + config_.tensor_core.warpgroup_latency;
        if (code.immediate != 0) ++w.mma_groups;
    }
    take_pipe(code.pipe, now + timing.interval);
    pipes.tensor_busy += timing.interval;
    result_at(now, now + timing.latency, warp, code);
}

void SubCore::issue_memory(Now now, unsigned warp, const BufferEntry& entry) {
    Warp& w = warps_[warp];
    const DynamicInstruction& instruction = *entry.instruction;
    const StaticInstruction& code = *instruction.code;
    MemoryInstruction memory{&code, instruction.active_mask, 0, w.slot, static_cast<std::uint8_t>(index_), w.cta};
    if (code.behaviour == Behaviour::AsyncCopy) {
        memory.token = w.group_open % kGroups;
        ++w.groups[memory.token];
    }
    ++w.outstanding;
    if (w.control_bits) {
        const std::uint64_t is_long = long_latency(code) ? 1 : 0;
        if (code.control.write_counter < kCounters) {
            w.counters += 1ULL << (8 * code.control.write_counter);
            w.long_counters += is_long << (8 * code.control.write_counter);
        }
        if (code.control.read_counter < kCounters) w.counters += 1ULL << (8 * code.control.read_counter);
    } else {
        w.pending |= code.writes;
        if (long_latency(code)) w.pending_long |= code.writes;
        else w.pending_short |= code.writes;
        if (!code.reads.empty()) {
            w.readers[w.reader_count++] = &code;
            w.reading |= code.reads;
        }
    }
    const InstructionChunk& chunk = w.chunks[entry.chunk];
    const AddressPattern* pattern = instruction.address == kNoAddress ? nullptr : &chunk.patterns[instruction.address];
    shared_.lsu.accept(now, memory, chunk, pattern);
}

void SubCore::complete(Cycle now, const MemoryCompletion& completion) {
    wake_ = now;
    const unsigned warp = completion.warp / config_.sub_cores;
    Warp& w = warps_[warp];
    const StaticInstruction& code = *completion.code;
    if (completion.kind == MemoryCompletion::Kind::OperandsRead) {
        if (w.control_bits) {
            if (code.control.read_counter < kCounters) w.counters -= 1ULL << (8 * code.control.read_counter);
        } else {
            unsigned kept = 0;
            bool removed = false;
            w.reading = RegisterSet{};
            for (unsigned i = 0; i < w.reader_count; ++i) {
                if (!removed && w.readers[i] == &code) {
                    removed = true;
                    continue;
                }
                w.reading |= w.readers[i]->reads;
                w.readers[kept++] = w.readers[i];
            }
            w.reader_count = static_cast<std::uint8_t>(kept);
        }
    } else {
        --w.outstanding;
        if (w.control_bits) {
            if (code.control.write_counter < kCounters) {
                w.counters -= 1ULL << (8 * code.control.write_counter);
                w.long_counters -= (long_latency(code) ? 1ULL : 0ULL) << (8 * code.control.write_counter);
            }
        } else {
            w.pending -= code.writes;
            w.pending_long -= code.writes;
            w.pending_short -= code.writes;
        }
        if (code.behaviour == Behaviour::AsyncCopy) {
            --w.groups[completion.token];
            while (w.group_first != w.group_open && w.groups[w.group_first % kGroups] == 0) ++w.group_first;
        }
    }
    refresh(warp, now);
    finish_if_done(warp, now);
}

} // namespace heddle
