// Warp scheduler of a sub-core: which of the eligible warps issues.
//
// Hardware: one scheduler per sub-core issues at most one instruction per cycle; measurements on Ampere show
// greedy-then-youngest (Huerta et al., MICRO 2025).
// Modelled: the choice alone. Eligibility, with its reason, is the sub-core's business; pick() is a pure function of
// the masks given, so policies can be compared and tested without a machine.
// Not modelled: yield hints of traces without control bits.
#pragma once

#include "sim/base/units.hpp"

#include <array>
#include <cstdint>

namespace heddle {

inline constexpr unsigned kMaxWarpsPerSubCore = 16;
using WarpMask = std::uint32_t; // one bit per warp of a sub-core

enum class SchedulerPolicy : std::uint8_t { GreedyThenYoungest, GreedyThenOldest, LooseRoundRobin, TwoLevel };

// Resident warps of a sub-core from oldest to youngest.
struct WarpAges {
    std::array<std::uint8_t, kMaxWarpsPerSubCore> order{};
    unsigned count = 0;
    void append(unsigned warp) { order[count++] = static_cast<std::uint8_t>(warp); }
    void remove(unsigned warp);
    // Requires: at least one bit of `mask` is a resident warp.
    unsigned oldest(WarpMask mask) const;
    unsigned youngest(WarpMask mask) const;
};

class WarpScheduler {
  public:
    // `active_warps`: size of the active set of TwoLevel.
    WarpScheduler(SchedulerPolicy policy, unsigned active_warps) : policy_(policy), active_warps_(active_warps) {}

    // The warp that issues. Requires: eligible != 0. `last` is the warp that issued last.
    unsigned pick(WarpMask eligible, unsigned last, const WarpAges& ages);

  private:
    unsigned pick_two_level(WarpMask eligible, unsigned last);
    SchedulerPolicy policy_;
    unsigned active_warps_;
    WarpMask active_ = 0; // TwoLevel: the warps competed among
};

} // namespace heddle
