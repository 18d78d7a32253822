#include "sim/gpu/interval_governor.hpp"

#include <algorithm>

namespace heddle {

namespace {

Duration femtoseconds(double nanoseconds) { return static_cast<Duration>(nanoseconds * static_cast<double>(kNanosecond) + 0.5); }

} // namespace

IntervalGovernor::IntervalGovernor(const StatTree& tree, const EnergyInputs& inputs)
    : meter_(tree, inputs), voltage_(inputs.power.voltage), grid_(inputs.power.governor.lowest, inputs.sm_clock, inputs.power.governor.step),
      interval_(femtoseconds(inputs.power.governor.interval)), latency_(femtoseconds(inputs.power.governor.latency)), clock_(inputs.sm_clock), next_(interval_),
      history_{inputs.power.governor, 0, 0, 0, clock_, clock_} {}

// Power rises with the clock: the last place in the grid that is expected to keep the limit, else the lowest.
Hertz IntervalGovernor::choose(const ClockTrial& interval) const {
    std::size_t low = 0, high = grid_.size();
    while (high - low > 1) {
        const std::size_t middle = low + (high - low) / 2;
        (expected_watts(interval, grid_[middle], voltage_) <= history_.governor.cap ? low : high) = middle;
    }
    return grid_[low];
}

std::optional<Hertz> IntervalGovernor::look(Time time, const TensorOperations& tensor) {
    const Energy energy = meter_.read(time, clock_, tensor);
    if (!pending_) {
        const ClockTrial interval{clock_, static_cast<double>(time - start_) / static_cast<double>(kFemtosecondsPerSecond), energy};
        ++history_.intervals;
        history_.above_cap += interval.watts() > history_.governor.cap;
        const Hertz wanted = choose(interval);
        if (wanted == clock_) {
            start_ = time;
            next_ = time + interval_;
            return std::nullopt;
        }
        pending_ = wanted;
        if (latency_ != 0) {
            next_ = time + latency_;
            return std::nullopt;
        }
    }
    clock_ = *pending_;
    pending_.reset();
    ++history_.changes;
    history_.lowest = std::min(history_.lowest, clock_);
    history_.highest = std::max(history_.highest, clock_);
    start_ = time;
    next_ = time + interval_;
    return clock_;
}

} // namespace heddle
