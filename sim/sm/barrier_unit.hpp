// CTA barriers of an SM: 16 named barriers per CTA slot.
//
// Hardware: BAR.SYNC waits until the named number of threads has arrived, BAR.ARV counts without waiting. The unit
// takes a few cycles per arriving warp; the release follows the last arrival by a fixed latency (about 21 + 2 cycles
// per warp on A100).
// Modelled: named barriers, thread counts, arrivals without waiting, warps that exit while others wait, the serial
// arrival of warps. Not modelled: BAR.RED's reduction value (its timing is that of BAR.SYNC).
// Source: public A100 microbenchmark of __syncthreads by warp count (SM facts, section 3.7).
#pragma once

#include "sim/kernel/component.hpp"
#include "sim/sm/sm_config.hpp"

#include <array>
#include <vector>

namespace heddle {

class BarrierUnit {
  public:
    static constexpr unsigned kBarriers = 16;
    BarrierUnit(const BarrierConfig& config, unsigned cta_slots);

    // A CTA of `warps` warps takes `slot`.
    void open(CtaSlot slot, std::uint32_t warps);
    // `warp` arrives at `barrier`; `threads` participating threads, 0 for the whole CTA. Waits if `waits`.
    void arrive(Cycle now, CtaSlot slot, WarpSlot warp, unsigned barrier, std::uint32_t threads, bool waits);
    // A warp of the CTA has exited: barriers of the whole CTA need one warp less.
    void exit(Cycle now, CtaSlot slot);

    // Calls `release(warp)` for every warp whose barrier opens at `now`.
    template <class Release> void take_released(Cycle now, Release&& release) {
        std::size_t kept = 0;
        const std::size_t count = pending_.size();
        for (std::size_t i = 0; i < count; ++i) {
            const Pending p = pending_[i]; // a warp released may exit at once and so complete another barrier
            if (p.cycle <= now) release(p.warp);
            else pending_[kept++] = p;
        }
        pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(kept), pending_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    Cycle next_event() const;
    // Warps that wait at a barrier that has not opened, for the deadlock report.
    void explain(const std::string& path, WaitReport& report) const;

  private:
    struct Barrier {
        std::uint32_t arrived = 0;  // warps
        std::uint32_t expected = 0; // warps; 0: all warps of the CTA that have not exited
        std::uint64_t waiting = 0;  // warp slots
        Cycle last = 0;             // when the last arrival was taken
    };
    struct Cta {
        std::uint32_t live_warps = 0;
        std::array<Barrier, kBarriers> barriers;
    };
    struct Pending {
        Cycle cycle;
        WarpSlot warp;
    };
    void release_if_complete(Cta& cta, Barrier& barrier);

    BarrierConfig config_;
    std::vector<Cta> ctas_;
    std::vector<Pending> pending_;
    Cycle busy_until_ = 0;
};

} // namespace heddle
