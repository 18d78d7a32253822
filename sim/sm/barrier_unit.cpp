#include "sim/sm/barrier_unit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace heddle {

BarrierUnit::BarrierUnit(const BarrierConfig& config, unsigned cta_slots) : config_(config), ctas_(cta_slots) { pending_.reserve(64); }

void BarrierUnit::open(CtaSlot slot, std::uint32_t warps) {
    ctas_[slot] = Cta{};
    ctas_[slot].live_warps = warps;
}

void BarrierUnit::arrive(Cycle now, CtaSlot slot, WarpSlot warp, unsigned barrier, std::uint32_t threads, bool waits) {
    Cta& cta = ctas_[slot];
    Barrier& b = cta.barriers[barrier % kBarriers];
    busy_until_ = std::max(now, busy_until_) + config_.arrival_interval;
    b.last = busy_until_;
    ++b.arrived;
    b.expected = (threads + kLanes - 1) / kLanes;
    if (waits) b.waiting |= 1ULL << warp;
    release_if_complete(cta, b);
}

void BarrierUnit::exit(Cycle now, CtaSlot slot) {
    Cta& cta = ctas_[slot];
    --cta.live_warps;
    for (Barrier& b : cta.barriers) {
        if (b.arrived == 0 || b.expected != 0) continue;
        b.last = std::max(b.last, now);
        release_if_complete(cta, b);
    }
}

void BarrierUnit::release_if_complete(Cta& cta, Barrier& barrier) {
    const std::uint32_t expected = barrier.expected != 0 ? barrier.expected : cta.live_warps;
    if (barrier.arrived < expected) return;
    for (std::uint64_t left = barrier.waiting; left != 0; left &= left - 1)
        pending_.push_back({barrier.last + config_.latency, static_cast<WarpSlot>(std::countr_zero(left))});
    barrier = Barrier{};
}

Cycle BarrierUnit::next_event() const {
    Cycle next = kNever;
    for (const Pending& p : pending_) next = std::min(next, p.cycle);
    return next;
}

void BarrierUnit::explain(const std::string& path, WaitReport& report) const {
    for (std::size_t slot = 0; slot < ctas_.size(); ++slot) {
        for (unsigned i = 0; i < kBarriers; ++i) {
            const Barrier& b = ctas_[slot].barriers[i];
            if (b.arrived == 0) continue;
            const std::uint32_t expected = b.expected != 0 ? b.expected : ctas_[slot].live_warps;
            report.add(fmt::format("{}.cta[{}]", path, slot), fmt::format("barrier {}: {} of {} warps have arrived", i, b.arrived, expected));
        }
    }
}

} // namespace heddle
