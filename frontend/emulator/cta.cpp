#include "frontend/emulator/cta.hpp"

#include "frontend/emulator/fault.hpp"
#include "frontend/emulator/grid.hpp"
#include "frontend/emulator/recorder.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace heddle::emulator {

namespace {

// Instructions a split may execute while others of its warp are ready, and a warp while others of its CTA are.
constexpr std::uint64_t kSplitTurn = 512;
constexpr std::uint64_t kWarpTurn = 4096;
// Warps leave a barrier together: each executes at most so many instructions before all have begun. Programs that read shared memory
// right after a barrier and overwrite it much later, without another barrier in between, work on hardware.
constexpr std::uint64_t kTurnAfterBarrier = 32;

Mask lanes_of(std::uint32_t warp, std::uint64_t threads) {
    const std::uint64_t first = std::uint64_t{warp} * kLanes;
    const std::uint64_t count = std::min<std::uint64_t>(kLanes, threads - first);
    return count == kLanes ? kAllLanes : (1U << count) - 1;
}

} // namespace

Cta::Cta(Grid& grid, Dim3 index, std::uint64_t linear) : grid_(grid), index_(index), linear_(linear) {
    const LaunchRequest& request = grid.request();
    const Function& function = grid.function();
    const std::uint64_t threads = request.block.volume();
    live_threads_ = static_cast<std::uint32_t>(threads);
    shared_bytes_ = function.reserved_shared + function.static_shared + request.dynamic_shared;
    shared_ = std::make_unique<std::byte[]>(shared_bytes_ + 16);
    local_bytes_ = grid.local_bytes();
    const auto count = static_cast<std::uint32_t>((threads + kLanes - 1) / kLanes);
    warps.reserve(count);
    for (std::uint32_t w = 0; w < count; ++w) {
        warps.push_back(std::make_unique<Warp>(*this, w, grid.registers(), lanes_of(w, threads), grid.constant_rows()));
        warps.back()->splits[0].pc = function.entry;
    }
}

std::byte* Cta::local(std::uint32_t thread) {
    // Most kernels never touch the stack they could have.
    if (!local_) local_ = std::make_unique<std::byte[]>(local_bytes_ * grid_.request().block.volume());
    return local_.get() + std::uint64_t{thread} * local_bytes_;
}

Dim3 Cta::thread_index(std::uint32_t thread) const {
    const Dim3& block = grid_.request().block;
    return {thread % block.x, thread / block.x % block.y, thread / (block.x * block.y)};
}

void Cta::arrive(Warp& w, std::uint32_t number, std::uint32_t count, bool go_on, Mask predicate) {
    NamedBarrier& b = barriers[number];
    if (count % kLanes != 0)
        throw DeviceFault(FaultKind::IllegalInstruction, fmt::format("barrier {} with {} threads, no multiple of {}", number, count, kLanes));
    b.expected = count;
    const auto lanes = static_cast<std::uint32_t>(std::popcount(w.active));
    b.arrived += lanes;
    b.count += static_cast<std::uint32_t>(std::popcount(w.active & predicate));
    b.all = b.all && (w.active & ~predicate) == 0;
    b.any = b.any || (w.active & predicate) != 0;
    if (!go_on) {
        b.waiting += lanes;
        w.block(Split::State::AtCtaBarrier, static_cast<std::uint8_t>(number));
    }
    // Hardware counts warps: a warp with missing lanes counts in full once all it has are there.
    Mask there = w.active;
    for (std::size_t i = 0; i < w.splits.size(); ++i)
        if (i != w.running && w.splits[i].state == Split::State::AtCtaBarrier && w.splits[i].barrier == number) there |= w.splits[i].mask;
    if (there == w.live()) b.arrived += kLanes - static_cast<std::uint32_t>(std::popcount(w.live()));
    if (count != 0 ? b.arrived >= count : b.waiting >= live_threads_) complete(number);
}

void Cta::complete(std::uint32_t number) {
    NamedBarrier& b = barriers[number];
    for (auto& w : warps) {
        for (Split& s : w->splits) {
            if (s.state != Split::State::AtCtaBarrier || s.barrier != number) continue;
            s.state = Split::State::Ready;
            const std::uint8_t operation = w->barrier_operation[number];
            w->barrier_result = operation == 0 ? b.count : operation == 1 ? unsigned{b.all} : unsigned{b.any};
        }
    }
    b = NamedBarrier{};
    released_ = true;
}

void Cta::lanes_exited(std::uint32_t count) {
    live_threads_ -= count;
    check_barriers_ = true;
}

// After lanes have left: barriers of the whole CTA may be complete now.
void Cta::check_barriers() {
    check_barriers_ = false;
    if (cluster) cluster->check();
    for (std::uint32_t i = 0; i < kNamedBarriers; ++i)
        if (barriers[i].waiting != 0 && barriers[i].expected == 0 && barriers[i].waiting >= live_threads_) complete(i);
}

void Cluster::arrive(std::uint32_t threads) {
    arrived_ += threads;
    check();
}

void Cluster::check() {
    if (arrived_ == 0) return;
    std::uint32_t live = 0;
    for (const Cta* cta : ctas) live += cta->live_threads();
    if (arrived_ < live) return;
    arrived_ = 0;
    ++generation;
    for (Cta* cta : ctas)
        for (auto& w : cta->warps)
            for (Split& s : w->splits)
                if (s.state == Split::State::AtClusterBarrier) s.state = Split::State::Ready;
}

void Cta::run_split(Warp& w, std::uint64_t turn) {
    Split& split = w.splits[w.running];
    w.active = split.mask;
    w.pc = split.pc;
    const std::uint64_t limit = w.splits.size() > 1 ? std::min(turn, kSplitTurn) : turn;
    const MicroOp* const code = grid_.module().micro_ops();
    InstructionCount* const counts = grid_.counts();
    WarpRecorder* const recorder = w.recorder;
    for (std::uint64_t n = 0; n < limit; ++n) {
        const std::uint32_t number = w.pc / sass::kWordBytes;
        const MicroOp& op = code[number];
        w.pc += sass::kWordBytes;
        Mask guard = kAllLanes;
        if (op.guard != 7 || op.guard_negate) guard = w.predicate({op.guard, op.guard_negate, op.guard_uniform});
        w.exec = w.active & guard;
        ++w.executed;
        w.waiting += op.waiting;
        ++counts[number].warps;
        counts[number].threads += static_cast<std::uint64_t>(std::popcount(w.exec));
        if (recorder) recorder->instruction(number, w.exec);
        if (w.exec != 0 || op.always) {
            op.execute(w, op);
            if (w.switch_split) break;
        }
    }
    w.leave_split();
}

bool Cta::run_warp(Warp& w, std::uint64_t turn) {
    const std::uint64_t end = w.executed + turn;
    bool progressed = false;
    std::size_t next = w.running;
    const bool released_before = std::exchange(released_, false);
    while (w.executed < end && !w.finished() && !released_) {
        if (w.splits.size() > 1 || w.splits[0].state != Split::State::Ready) w.settle();
        const std::size_t count = w.splits.size();
        std::size_t chosen = count;
        for (std::size_t k = 0; k < count; ++k) {
            const std::size_t i = (next + k) % count;
            if (w.splits[i].state != Split::State::Ready) continue;
            chosen = i;
            break;
        }
        if (chosen == count) {
            // Sleepers have let the others of the warp go first; now they let the other warps.
            for (Split& s : w.splits)
                if (s.state == Split::State::Sleeping) {
                    s.state = Split::State::Ready;
                    sleeping_ = true;
                }
            break;
        }
        w.running = chosen;
        const std::uint64_t executed = w.executed, waiting = w.waiting;
        run_split(w, end - w.executed);
        if (w.splits.size() > 1) w.lose_patience(w.executed - executed, w.waiting - waiting);
        progressed = true;
        next = chosen + 1;
        if (check_barriers_) check_barriers();
    }
    w.running = 0;
    released_ = released_ || released_before;
    return progressed;
}

bool Cta::run(std::uint64_t turn) {
    bool any = false;
    std::uint64_t left = turn;
    constexpr unsigned kIdleRounds = 64; // rounds in which warps only slept, after which other CTAs go first
    unsigned idle = 0;
    while (!finished()) {
        bool progressed = false;
        const bool together = released_; // in the round before
        sleeping_ = released_ = false;
        bool busy = false;
        for (auto& w : warps) {
            if (w->finished()) continue;
            const std::uint64_t before = w->executed, turn_of_warp = together || released_ ? kTurnAfterBarrier : kWarpTurn;
            try {
                progressed |= run_warp(*w, std::min(turn_of_warp, std::max<std::uint64_t>(left, 1)));
            } catch (DeviceFault& fault) {
                locate(fault, *w);
                throw;
            }
            const std::uint64_t executed = w->executed - before;
            busy |= executed == turn_of_warp;
            left -= std::min(left, executed);
        }
        any |= progressed;
        if (!progressed && !sleeping_ && !released_) return any;
        idle = sleeping_ && !busy && !released_ ? idle + 1 : 0;
        if (left == 0 || idle >= kIdleRounds) return true;
    }
    return true;
}

void Cta::locate(DeviceFault& fault, const Warp& w) const {
    fault.pc = w.pc - sass::kWordBytes;
    const Module& module = grid_.module();
    const sass::Instruction* i = module.instruction(fault.pc / sass::kWordBytes);
    fault.instruction = i ? sass::text(*i) : "";
    fault.kernel = grid_.function().name;
    const std::string_view function = module.function_at(fault.pc);
    if (!function.empty() && function != fault.kernel) fault.kernel += fmt::format(" in {}", function);
    fault.pc -= module.function_start(fault.pc);
    fault.cta = index_;
    fault.thread = thread_index(w.number() * kLanes + fault.lane);
}

std::string Cta::wait_report() const {
    std::string report;
    unsigned lines = 0;
    for (const auto& w : warps) {
        for (const Split& s : w->splits) {
            if (w->finished() || ++lines > 8) continue;
            const char* what = s.state == Split::State::AtCtaBarrier        ? "a CTA barrier"
                               : s.state == Split::State::AtBarrierRegister ? "lanes at a reconvergence point"
                               : s.state == Split::State::AtWarpSync        ? "lanes at __syncwarp"
                               : s.state == Split::State::AtClusterBarrier  ? "a cluster barrier"
                                                                            : "nothing";
            report += fmt::format("{}warp {} of block ({},{},{}), lanes 0x{:08x}, waits at 0x{:x} for {}", report.empty() ? "" : "; ",
                                  w->number(), index_.x, index_.y, index_.z, s.mask,
                                  s.pc - sass::kWordBytes - grid_.module().function_start(s.pc - sass::kWordBytes), what);
        }
    }
    return report;
}

} // namespace heddle::emulator
