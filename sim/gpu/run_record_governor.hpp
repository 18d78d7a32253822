// How a run's SM clock was chosen: what a search tried and what it took.
#pragma once

#include "sim/power/clock_search.hpp"

#include <cstddef>
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

// run.json's `governor`: {policy, cap_watts, most_slowdown, keeps_limits, sm_clock_hz, runs[{sm_clock_hz, time_ns, joules, watts}]}.
nlohmann::ordered_json json_of(const ClockChoice& choice);
// "1725 MHz, the highest within 700 W (696 W), of 3 tried".
std::string text_of(const ClockChoice& choice);

} // namespace heddle
