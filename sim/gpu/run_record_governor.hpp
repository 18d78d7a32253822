// How a run's SM clock was chosen: what a search tried and what it took, or what a governor did from interval to interval.
#pragma once

#include "sim/power/clock_search.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace heddle {

struct ClockChoice {
    GovernorConfig governor;
    bool keeps_limits = false;
    std::size_t chosen = 0;       // place in trials
    std::vector<ClockTrial> trials; // runs of the workload, in the order they were made
};

// Requires: a trial was made.
ClockChoice choice_of(const ClockSearch& search, const GovernorConfig& governor);

// Of a governor with an interval.
struct ClockHistory {
    GovernorConfig governor;
    std::uint64_t intervals = 0, above_cap = 0, changes = 0;
    Hertz lowest = 0, highest = 0; // clocks set
};

// run.json's `governor`: {policy, cap_watts, most_slowdown, keeps_limits, sm_clock_hz, runs[{sm_clock_hz, time_ns, joules, watts}]}.
nlohmann::ordered_json json_of(const ClockChoice& choice);
// Likewise: {policy, cap_watts, interval_ns, latency_ns, intervals, intervals_above_cap, clock_changes, lowest_sm_clock_hz, highest_sm_clock_hz}.
nlohmann::ordered_json json_of(const ClockHistory& history);
// "1725 MHz, the highest within 700 W (696 W), of 3 tried".
std::string text_of(const ClockChoice& choice);
// "1500 to 1980 MHz, 12 changes after 20 intervals of 2 us; 5 above 700 W".
std::string text_of(const ClockHistory& history);

} // namespace heddle
