// Which refresh a pseudo-channel owes.
//
// Hardware: every row must be refreshed within its retention time. The controller gives REFab (all banks at once) every
//   refi, or REFpb (one bank) every refi / banks, each bank once per round, in any order within a round.
// Modelled: a debt that grows by one command each interval. While requests wait, per-bank refresh goes to banks nobody waits
//   for (closed ones first) as long as the debt is within `refresh_postpone`; beyond it the first bank left in the round is
//   taken, whoever waits. All-bank refresh likewise waits for an idle pseudo-channel up to that debt. A pseudo-channel
//   without requests has no events: what fell due in the meantime is accounted when the next request arrives, each at the
//   time it fell due (CommandScheduler).
// Not modelled: refreshes ahead of time, refresh management (RFM), temperature-dependent intervals.
// Sources: order of banks by need: Chang et al., HPCA 2014 (out-of-order per-bank refresh).
#pragma once

#include "sim/dram/dram_config.hpp"

namespace heddle {

class Refresh {
  public:
    explicit Refresh(const DramConfig& config);

    RefreshMode mode() const { return mode_; }
    Cycles interval() const { return interval_; }
    // Counts what has fallen due by `now`.
    void advance(Cycle now) {
        if (now >= next_due_) [[unlikely]] {
            const std::uint64_t more = (now - next_due_) / interval_ + 1;
            owed_ += more;
            next_due_ += more * interval_;
        }
    }
    Cycle next_due() const { return next_due_; } // kNever without refresh
    std::uint64_t owed() const { return owed_; }
    Cycle oldest_due() const { return next_due_ - owed_ * interval_; }

    // Banks to be closed and refreshed now (bit mask); nothing else may be given to them.
    std::uint64_t locked() const { return locked_; }
    // Locks the banks to refresh next, if it is time: `waiting` have requests, `open` an open row. Returns locked().
    std::uint64_t choose(std::uint64_t waiting, std::uint64_t open);
    // The locked banks have been refreshed.
    void done();
    // After `idle` ticks without requests: takes whole rounds off the debt that were done in that time and leave no trace but
    // their number, which is returned; the last two rounds stay.
    std::uint64_t skip_rounds(Cycles idle);

  private:
    RefreshMode mode_;
    unsigned banks_;
    Cycles interval_;
    std::uint64_t postpone_;
    Cycle next_due_;
    std::uint64_t owed_ = 0;
    std::uint64_t all_;
    std::uint64_t left_; // banks not yet refreshed in this round
    std::uint64_t locked_ = 0;
};

} // namespace heddle
