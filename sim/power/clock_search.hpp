// Finds the SM clock at which a governor lets a workload settle, by running it at several.
//
// Power rises with the clock, so the limit is found by bracketing: the first guess scales the parts of the energy measured at the highest
// clock, later ones go by the line between the two clocks around the limit. Energy has one minimum over the clock (leakage and standby on
// one side, the square of voltage on the other): golden section. Every clock is one of a grid, so that a search ends after a handful of runs:
// when the power is within kTolerance below the limit, or neighbours of the grid lie on both sides of the limit or of the least energy.
// Sources: the policies are those of the field (Kernel Tuner, Zeus); for the forms of power and energy over clocks see vf_curve.hpp.
#pragma once

#include "sim/power/energy_model.hpp"
#include "sim/power/governor_config.hpp"

#include <compare>
#include <cstddef>
#include <optional>
#include <vector>

namespace heddle {

// The SM clocks to choose from, from the lowest: highest, highest - step, ... not below lowest.
class ClockGrid {
  public:
    // Requires: step > 0, lowest <= highest.
    ClockGrid(Hertz lowest, Hertz highest, Hertz step) : lowest_(highest - (highest - lowest) / step * step), step_(step), size_((highest - lowest) / step + 1) {}
    std::size_t size() const { return size_; }
    Hertz operator[](std::size_t place) const { return lowest_ + place * step_; }

  private:
    Hertz lowest_, step_;
    std::size_t size_;
};

// A run, or a span of one, at one clock.
struct ClockTrial {
    Hertz sm_clock = 0;
    double seconds = 0;
    Energy energy;
    double watts() const { return seconds > 0 ? energy.joules() / seconds : 0; }
};

// Power of the same work at another clock if all of it went as fast as the SM clock: right for what SMs limit, too far from the
// trial's own for what memory limits.
double expected_watts(const ClockTrial& trial, Hertz sm_clock, const VfCurve& voltage);

class ClockSearch {
  public:
    static constexpr double kTolerance = 0.01;

    // Requires: a policy; config.lowest <= highest.
    ClockSearch(const PowerConfig& config, const GovernorConfig& governor, Hertz highest);

    // The clock to try next; none if the search has ended.
    std::optional<Hertz> next() const;
    // Requires: the trial was made at *next().
    void tried(const ClockTrial& trial);

    const std::vector<ClockTrial>& trials() const { return trials_; }
    // Requires: a trial was made. The place in trials() of the one chosen so far.
    std::size_t chosen() const;
    // Whether the one chosen keeps the limits; else none of the clocks does, and it is the one that comes closest.
    bool keeps_limits() const;

  private:
    struct Tried {
        std::size_t place, trial; // in the grid; in trials_
    };
    enum class Limit : std::uint8_t { Kept, Time, Power }; // that is broken, the worst last
    struct Cost {
        Limit limit;
        double value; // how far from the limit, or what is to be least
        auto operator<=>(const Cost&) const = default;
    };
    Cost cost(const ClockTrial& t) const;
    std::optional<std::size_t> next_for_cap() const;
    std::optional<std::size_t> next_for_minimum() const;

    VfCurve voltage_;
    GovernorConfig governor_;
    ClockGrid grid_;
    std::vector<ClockTrial> trials_;
    std::vector<Tried> tried_; // by place
};

} // namespace heddle
