// A governor that sets the SM clock during a run: at the end of each interval it looks at the power of that interval and chooses the clock
// for the next, the highest at which the same work at the clock's pace would stay within the limit.
//
// Hardware: nothing that ships; the fast regulators of research (epochs of 1 to 50 us, as in PCSTALL, ASPLOS'23) and, with long intervals,
// the firmware of today's GPUs. Modelled: latency from the end of an interval to the change; the next interval begins with the change.
// Not modelled: a loss of cycles while the clock changes, averaging over more than one interval.
#pragma once

#include "sim/gpu/energy_meter.hpp"
#include "sim/gpu/run_record_governor.hpp"

#include <optional>

namespace heddle {

class IntervalGovernor {
  public:
    // Requires: inputs.power.governor has the policy power_cap and an interval; as EnergyMeter. inputs.sm_clock is the highest clock, and the first.
    IntervalGovernor(const StatTree& tree, const EnergyInputs& inputs);

    // When it wants to look next.
    Time next() const { return next_; }
    // Looks, and returns the clock that SMs are to have from now on if it changes. Requires: `time` is next(); as EnergyMeter::read().
    std::optional<Hertz> look(Time time, const TensorOperations& tensor);

    const ClockHistory& history() const { return history_; }

  private:
    Hertz choose(const ClockTrial& interval) const;

    EnergyMeter meter_;
    VfCurve voltage_;
    ClockGrid grid_;
    Duration interval_, latency_;
    Hertz clock_;
    Time start_ = 0, next_;
    std::optional<Hertz> pending_;
    ClockHistory history_;
};

} // namespace heddle
