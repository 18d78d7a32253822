#include "sim/gpu/run_record_governor.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace heddle {

namespace {

const char* word_of(GovernorPolicy policy) {
    switch (policy) {
    case GovernorPolicy::None: return "none";
    case GovernorPolicy::PowerCap: return "power_cap";
    case GovernorPolicy::LowestEnergy: return "lowest_energy";
    case GovernorPolicy::LowestEnergyDelay: return "lowest_energy_delay";
    }
    return "";
}

double megahertz(Hertz clock) { return static_cast<double>(clock) * 1e-6; }

} // namespace

ClockChoice choice_of(const ClockSearch& search, const GovernorConfig& governor) { return {governor, search.keeps_limits(), search.chosen(), search.trials()}; }

nlohmann::ordered_json json_of(const ClockChoice& choice) {
    auto runs = nlohmann::ordered_json::array();
    for (const ClockTrial& t : choice.trials) runs.push_back({{"sm_clock_hz", t.sm_clock}, {"time_ns", t.seconds * 1e9}, {"joules", t.energy.joules()}, {"watts", t.watts()}});
    return {{"policy", word_of(choice.governor.policy)},
            {"cap_watts", choice.governor.cap},
            {"most_slowdown", choice.governor.most_slowdown},
            {"keeps_limits", choice.keeps_limits},
            {"sm_clock_hz", choice.trials.at(choice.chosen).sm_clock},
            {"runs", std::move(runs)}};
}

std::string text_of(const ClockChoice& choice) {
    const GovernorConfig& g = choice.governor;
    const ClockTrial& t = choice.trials.at(choice.chosen);
    std::string limits;
    if (g.cap > 0) limits += fmt::format(" within {:.6g} W", g.cap);
    if (g.policy != GovernorPolicy::PowerCap && g.most_slowdown > 0) limits += fmt::format("{} {:.4g} times the time", limits.empty() ? " within" : " and", g.most_slowdown);
    const char* which = g.policy == GovernorPolicy::PowerCap ? "the highest" : g.policy == GovernorPolicy::LowestEnergy ? "that of least energy" : "that of least energy times time";
    if (!choice.keeps_limits) which = "the closest: no clock is";
    return fmt::format("{:.6g} MHz, {}{} ({:.1f} W), of {} tried", megahertz(t.sm_clock), which, limits, t.watts(), choice.trials.size());
}

nlohmann::ordered_json json_of(const ClockHistory& h) {
    return {{"policy", word_of(h.governor.policy)},
            {"cap_watts", h.governor.cap},
            {"interval_ns", h.governor.interval},
            {"latency_ns", h.governor.latency},
            {"intervals", h.intervals},
            {"intervals_above_cap", h.above_cap},
            {"clock_changes", h.changes},
            {"lowest_sm_clock_hz", h.lowest},
            {"highest_sm_clock_hz", h.highest}};
}

std::string text_of(const ClockHistory& h) {
    return fmt::format("{:.6g} to {:.6g} MHz, {} change{} after {} interval{} of {:.6g} µs; {} above {:.6g} W", megahertz(h.lowest), megahertz(h.highest), h.changes, h.changes == 1 ? "" : "s",
                       h.intervals, h.intervals == 1 ? "" : "s", h.governor.interval * 1e-3, h.above_cap, h.governor.cap);
}

} // namespace heddle
