// Who chooses the SM clock: nobody, a limit on power, or the search for the least energy.
//
// Hardware: firmware that lowers the SM clock in steps of 15 MHz when the module draws more than its limit, averaged over milliseconds and
// more, so that a workload that lasts ends up at one clock. Modelled, by `interval`:
//   0: the clock at which the workload settles if it runs over and over: the whole run is simulated at several clocks (clock_search.hpp).
//   else: a governor that looks at the power of each interval and sets the clock for the next (sim/gpu/interval_governor.hpp), for studies
//   of fast voltage regulators.
// Not modelled: limits of current and temperature, a governor for the clocks of L2 and memory, which stay where they are set.
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"

#include <cstdint>

namespace heddle {

enum class GovernorPolicy : std::uint8_t { None, PowerCap, LowestEnergy, LowestEnergyDelay };

struct GovernorConfig {
    GovernorPolicy policy = GovernorPolicy::None;
    double cap = 700;              // W; 0: none
    Hertz lowest = 345'000'000, step = 15'000'000;
    double most_slowdown = 0;      // 0: any
    double interval = 0, latency = 0; // ns

    bool settles() const { return policy != GovernorPolicy::None && interval == 0; }

    void describe(config::Section& s) {
        using config::Unit;
        s.choice("policy", policy,
                 {{"none", GovernorPolicy::None}, {"power_cap", GovernorPolicy::PowerCap}, {"lowest_energy", GovernorPolicy::LowestEnergy}, {"lowest_energy_delay", GovernorPolicy::LowestEnergyDelay}},
                 "How the SM clock is chosen between `lowest` and clocks.sm: none: it is clocks.sm; power_cap: the highest at which average power stays within `cap`; lowest_energy, "
                 "lowest_energy_delay: that of least energy, or least energy times time, within `cap` and `most_slowdown`.");
        s.field("cap", cap, Unit::Watts, {0, 1e5}, "Limit on the module's average power; 0: none.");
        s.field("lowest", lowest, Unit::Hertz, {1e6, 1e10}, "Lowest SM clock to choose.");
        s.field("step", step, Unit::Hertz, {1e5, 1e9}, "Distance of the SM clocks to choose from, counted down from clocks.sm.");
        s.field("most_slowdown", most_slowdown, Unit::Ratio, {0, 1000}, "Time at the clock chosen over time at clocks.sm, at most, for the policies of least energy; 0: any.");
        s.field("interval", interval, Unit::Nanoseconds, {0, 1e9}, "0: one clock for the run, at which it settles. Else power_cap looks at the power of each interval and sets the clock for the next.");
        s.field("latency", latency, Unit::Nanoseconds, {0, 1e9}, "From the end of an interval to the change of the clock.");
    }
};

} // namespace heddle
