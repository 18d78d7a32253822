#include "sim/sm/sub_core.hpp"

#include <bit>

namespace heddle {

namespace {

constexpr std::uint32_t kInstructionBytes = 16;
constexpr unsigned kLineShift = 7; // 128-byte instruction cache lines
constexpr WarpMask bit(unsigned warp) { return WarpMask{1} << warp; }

} // namespace

SubCore::SubCore(const SmConfig& config, unsigned index, SmShared shared)
    : config_(config), index_(index), shared_(shared),
      register_file_(config.sub_core.register_file.banks, config.sub_core.register_file.read_ports,
                     config.sub_core.register_file.read_window, config.sub_core.register_file.reuse_cache),
      scheduler_(config.sub_core.warp_scheduler, config.sub_core.active_warps) {
    finished_.reserve(kMaxWarpsPerSubCore);
}

void SubCore::start_warp(Cycle now, unsigned warp, const WarpStart& start) {
    Warp& w = warps_[warp];
    w = Warp{};
    w.stream = start.stream;
    w.line_base = start.kernel << 32;
    w.control_bits = start.code->has_control_bits;
    w.cta = start.cta;
    w.slot = start.slot;
    w.profile = start.profile;
    w.since = now;
    resident_ |= bit(warp);
    ages_.append(warp);
    w.started = now;
    wake_ = now;
    if (refill(w)) {
        fetchable_ |= bit(warp);
    } else { // a warp without instructions
        leave(warp, now, now);
    }
}

// Moves on to the next chunk; false if the stream is at its end.
bool SubCore::refill(Warp& warp) {
    warp.filling ^= 1;
    warp.chunks[warp.filling] = warp.stream->next_chunk();
    const auto& instructions = warp.chunks[warp.filling].instructions;
    warp.cursor = instructions.data();
    warp.end = instructions.data() + instructions.size();
    warp.exhausted = instructions.empty();
    return !warp.exhausted;
}

void SubCore::tick(Now now) {
    charge_since_last_tick(now.cycle);
    if (!active_) return;

    wheel_.take(now.cycle, [&](const Event& event) { handle(now.cycle, event); });
    std::uint8_t& decoded = decode_ring_[now.cycle % decode_ring_.size()];
    if (decoded != 0) {
        const unsigned warp = decoded - 1u;
        decoded = 0;
        --decoding_;
        if (++warps_[warp].decoded == 1) refresh(warp, now.cycle);
    }

    const WarpMask eligible = ready_ & ~throttled(now.cycle);
    if (any_throttled_) charge_throttled(1);
    ++stats.active_cycles;
    charged_ = now.cycle + 1;
    if (eligible != 0) {
        const unsigned warp = scheduler_.pick(eligible, last_issued_, ages_);
        slot_stalls.charge(Stall::Selected, 1);
        warp_stalls.charge(Stall::Selected, 1);
        warp_stalls.charge(Stall::NotSelected, static_cast<unsigned>(std::popcount(eligible)) - 1u);
        if (profiling_) profile_issue(eligible, warp);
        issue(now, warp);
        last_issued_ = warp;
    } else {
        slot_stalls.charge(slot_reason(), 1);
    }
    if (fetchable_ != 0) fetch(now.cycle);

    wake_ = find_wake(now.cycle);
    if (wake_ != now.cycle + 1) {
        // What the cycles up to the next tick are charged to: nothing is eligible, the same warps are throttled.
        throttled(now.cycle + 1);
        blame_ = slot_reason();
    }
}

// Ready warps that cannot issue at `now` because of their pipe, queue or the register file, counted by reason in
// throttled_. A warp with several reasons has the first of them.
WarpMask SubCore::throttled(Cycle now) {
    if (any_throttled_) {
        throttled_.fill(0);
        if (profiling_) throttled_warps_.fill(0);
    }
    any_throttled_ = false;
    if (ready_ == 0) return 0;
    WarpMask all = 0;
    const auto add = [&](WarpMask mask, Stall reason) {
        mask &= ready_ & ~all;
        if (mask == 0) return;
        all |= mask;
        any_throttled_ = true;
        auto& count = throttled_[static_cast<unsigned>(reason)];
        count = static_cast<std::uint8_t>(count + std::popcount(mask));
        if (profiling_) throttled_warps_[static_cast<unsigned>(reason)] |= mask;
    };
    if (wants_queue_ != 0 && lsu_queue_full()) {
        add(wants_global_ & wants_[static_cast<unsigned>(Pipe::Lsu)], Stall::LgThrottle);
        add(wants_queue_ & wants_[static_cast<unsigned>(Pipe::Tex)], Stall::TexThrottle);
        add(wants_queue_, Stall::MioThrottle);
    }
    if (dispatch_free_ > now) add(~wants_queue_, Stall::DispatchStall);
    for (unsigned busy = busy_pipes_; busy != 0; busy &= busy - 1) {
        const auto pipe = static_cast<unsigned>(std::countr_zero(busy));
        if (pipe_free_[pipe] > now) add(wants_[pipe], Stall::MathPipeThrottle);
        else busy_pipes_ &= ~(1u << pipe);
    }
    return all;
}

// What an issue slot without an issue is charged to: what the warp that issued last waits for, or else the oldest.
Stall SubCore::slot_reason() const {
    if (resident_ == 0) return Stall::NoWarp;
    const unsigned warp = resident_ >> last_issued_ & 1 ? last_issued_ : ages_.order[0];
    if (ready_ == 0) return warps_[warp].state;
    for (unsigned i = 0; i < kStalls; ++i)
        if (throttled_[i] != 0) return static_cast<Stall>(i);
    return Stall::Misc;
}

Cycle SubCore::find_wake(Cycle now) {
    waits_for_queue_ = false;
    if (!active_) return kNever;
    if (fetchable_ != 0 || decoding_ != 0) return now + 1;
    Cycle next = wheel_.next(now);
    if (ready_ == 0) return next;
    // Warps that go to the memory queue wait for room in it, the others for their pipe.
    const bool queue_full = wants_queue_ != 0 && lsu_queue_full();
    waits_for_queue_ = queue_full;
    for (unsigned pipe = 0; pipe < kPipes; ++pipe) {
        const WarpMask ready = wants_[pipe] & ready_;
        if (ready == 0) continue;
        if ((ready & wants_queue_) != 0 && !queue_full) next = std::min(next, std::max(pipe_free_[pipe], now + 1));
        if ((ready & ~wants_queue_) == 0) continue;
        // Register file ports come before the pipe, also as the reason that is charged: two waits, two events.
        next = std::min(next, dispatch_free_ > now + 1 ? dispatch_free_ : std::max(pipe_free_[pipe], now + 1));
    }
    return next;
}

void SubCore::charge_since_last_tick(Cycle now) {
    if (!active_ || now <= charged_) return;
    const Cycles cycles = now - charged_;
    charged_ = now;
    stats.active_cycles += cycles;
    slot_stalls.charge(blame_, cycles);
    if (any_throttled_) charge_throttled(cycles);
}

void SubCore::charge_throttled(Cycles cycles) {
    for (unsigned i = 0; i < kStalls; ++i)
        if (throttled_[i] != 0) warp_stalls.charge(static_cast<Stall>(i), cycles * throttled_[i]);
    if (profiling_) profile_throttled(cycles);
}

void SubCore::settle(Cycle now) {
    charge_since_last_tick(now);
    for (WarpMask left = resident_; left != 0; left &= left - 1) {
        const auto warp = static_cast<unsigned>(std::countr_zero(left));
        Warp& w = warps_[warp];
        set_state(warp, w.state, now);
        stats.warp_cycles += now - w.started;
        w.started = now;
    }
}

void SubCore::set_active(Cycle now, bool active) {
    charge_since_last_tick(now);
    active_ = active;
    charged_ = now;
    blame_ = Stall::NoWarp;
    wake_ = active ? now : kNever;
}

// Charges the state of a warp that is not ready up to `from` and enters `state`.
void SubCore::set_state(unsigned warp, Stall state, Cycle from) {
    Warp& w = warps_[warp];
    if (!(ready_ >> warp & 1) && from > w.since) {
        warp_stalls.charge(w.state, from - w.since);
        if (w.profile != nullptr) profile_wait(w, from - w.since);
    }
    w.state = state;
    w.since = from;
}

void SubCore::handle(Cycle now, const Event& event) {
    Warp& w = warps_[event.warp];
    switch (event.kind) {
    case EventKind::Result:
        --w.outstanding;
        if (!w.control_bits) {
            w.pending -= event.code->writes;
            w.pending_short -= event.code->writes;
        } else if (event.code->control.write_counter < 6) {
            w.counters -= 1ULL << (8 * event.code->control.write_counter);
        }
        break;
    case EventKind::FetchResume:
        held_ &= ~bit(event.warp);
        if (!w.exhausted && w.buffered < config_.sub_core.instruction_buffer) fetchable_ |= bit(event.warp);
        return; // nothing changed for the head
    case EventKind::Unblock: unblock(event.warp, now); return;
    case EventKind::StallOver: break;
    }
    refresh(event.warp, now);
    finish_if_done(event.warp, now);
}

void SubCore::fetch(Cycle now) {
    const unsigned warp = fetchable_ >> last_issued_ & 1 ? last_issued_ : ages_.youngest(fetchable_);
    Warp& w = warps_[warp];
    const StaticInstruction& code = *w.cursor->code;
    const std::uint64_t offset = code.pc >> kLineShift, line = w.line_base + offset;
    if (line != w.line) {
        const Cycle available = shared_.instruction_cache.fetch(now, index_, line, offset);
        w.line = line; // a line on its way is handed over when it comes, whatever happens to its place in the cache
        if (available > now) {
            fetchable_ &= ~bit(warp);
            held_ |= bit(warp);
            if (w.state == Stall::BranchResolving) w.state = Stall::NoInstruction; // the target is known, its code is not there
            wheel_.schedule(now, available, {nullptr, EventKind::FetchResume, static_cast<std::uint8_t>(warp)});
            return;
        }
    }
    const auto entry_position = (w.buffer_head + w.buffered) % kBufferEntries;
    w.buffer[entry_position] = {w.cursor, w.filling, false};
    ++w.buffered;
    ++w.cursor;
    if (w.cursor == w.end) refill(w);
    decode_ring_[(now + config_.sub_core.fetch_latency) % decode_ring_.size()] = static_cast<std::uint8_t>(warp + 1);
    ++decoding_;
    if (w.exhausted) {
        fetchable_ &= ~bit(warp);
    } else if (w.cursor->code->pc != code.pc + kInstructionBytes) {
        // The path leaves the sequence here: its continuation is known once this instruction has issued.
        w.buffer[entry_position].redirect = true;
        fetchable_ &= ~bit(warp);
        held_ |= bit(warp);
    } else if (w.buffered == config_.sub_core.instruction_buffer) {
        fetchable_ &= ~bit(warp);
    }
}

void SubCore::release_barrier(Cycle now, unsigned warp) {
    wake_ = now;
    unblock(warp, now);
}

void SubCore::unblock(unsigned warp, Cycle now) {
    blocked_ &= ~bit(warp);
    refresh(warp, now);
    leave(warp, now, now);
}

void SubCore::check_memory_barriers(Cycle now) {
    for (WarpMask left = membar_; left != 0; left &= left - 1) {
        const auto warp = static_cast<unsigned>(std::countr_zero(left));
        Warp& w = warps_[warp];
        if (shared_.lsu.outstanding_stores(w.cta) != 0) continue;
        membar_ &= ~bit(warp);
        if (w.barrier_time > now) {
            wheel_.schedule(now, w.barrier_time, {nullptr, EventKind::Unblock, static_cast<std::uint8_t>(warp)});
        } else {
            unblock(warp, now);
        }
        wake_ = now;
    }
}

// A warp that has issued its last instruction, and does not wait in it, counts for no barrier any more.
void SubCore::leave(unsigned warp, Cycle exited, Cycle finished) {
    const Warp& w = warps_[warp];
    if (!w.exhausted || w.buffered != 0 || (blocked_ >> warp & 1)) return;
    shared_.barriers.exit(exited, w.cta);
    finish_if_done(warp, finished);
}

// A warp is finished when it has issued its last instruction and everything it started is back.
void SubCore::finish_if_done(unsigned warp, Cycle now) {
    Warp& w = warps_[warp];
    if (!w.exhausted || w.buffered != 0 || w.outstanding != 0 || !(resident_ & ~blocked_ & bit(warp))) return;
    set_state(warp, Stall::NoWarp, now);
    stats.warp_cycles += now - w.started;
    resident_ &= ~bit(warp);
    ages_.remove(warp);
    finished_.push_back(w.cta);
}

void SubCore::explain(const std::string& path, WaitReport& report) const {
    for (WarpMask left = resident_; left != 0; left &= left - 1) {
        const auto warp = static_cast<unsigned>(std::countr_zero(left));
        const Warp& w = warps_[warp];
        std::string what = name(ready_ >> warp & 1 ? Stall::MathPipeThrottle : w.state);
        if (w.buffered != 0) {
            const StaticInstruction& code = *w.buffer[w.buffer_head].instruction->code;
            what += fmt::format(", next {} at {:#06x}", code.text, code.pc);
        }
        if (w.outstanding != 0) what += fmt::format(", {} results outstanding", w.outstanding);
        report.add(fmt::format("{}.sub_core[{}].warp[{}] of CTA slot {}", path, index_, w.slot, w.cta), what);
    }
}

} // namespace heddle
