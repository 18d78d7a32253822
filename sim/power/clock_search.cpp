#include "sim/power/clock_search.hpp"

#include "sim/base/error.hpp"

#include <algorithm>
#include <cmath>

namespace heddle {

namespace {

const double kGolden = (3 - std::sqrt(5.0)) / 2;

} // namespace

double expected_watts(const ClockTrial& trial, Hertz sm_clock, const VfCurve& voltage) {
    if (trial.seconds <= 0) return 0;
    const double volts = voltage.relative_voltage(sm_clock) / voltage.relative_voltage(trial.sm_clock);
    const double rate = static_cast<double>(sm_clock) / static_cast<double>(trial.sm_clock);
    const Energy& e = trial.energy;
    const double whatever = e.board + e.dram_standby, core = e.joules() - whatever - e.static_core - e.dram;
    return (whatever + e.static_core * volts + e.dram * rate + core * rate * volts * volts) / trial.seconds;
}

ClockSearch::ClockSearch(const PowerConfig& config, const GovernorConfig& governor, Hertz highest)
    : voltage_(config.voltage), governor_(governor), grid_(governor.lowest, highest, governor.step) {
    HEDDLE_EXPECT(governor.policy != GovernorPolicy::None, "a search for a clock without a policy");
}

ClockSearch::Cost ClockSearch::cost(const ClockTrial& t) const {
    if (governor_.cap > 0 && t.watts() > governor_.cap) return {Limit::Power, t.watts()};
    if (governor_.policy == GovernorPolicy::PowerCap) return {Limit::Kept, -static_cast<double>(t.sm_clock)};
    // The first trial is that at the highest clock.
    if (governor_.most_slowdown > 0 && t.seconds > governor_.most_slowdown * trials_.front().seconds) return {Limit::Time, t.seconds};
    return {Limit::Kept, t.energy.joules() * (governor_.policy == GovernorPolicy::LowestEnergyDelay ? t.seconds : 1)};
}

std::optional<std::size_t> ClockSearch::next_for_cap() const {
    const Tried *within = nullptr, *above = nullptr; // highest within the limit, lowest above it
    for (const Tried& t : tried_) {
        if (cost(trials_[t.trial]).limit == Limit::Kept) within = &t;
        else if (!above) above = &t;
    }
    // Power need not rise with the clock everywhere; what lies within the limit above a clock that breaks it is good.
    if (!above || (within && within->place > above->place) || above->place == 0) return std::nullopt;
    const double cap = governor_.cap;
    if (!within) {
        const ClockTrial& trial = trials_[above->trial];
        std::size_t place = above->place - 1;
        while (place > 0 && expected_watts(trial, grid_[place], voltage_) > cap * (1 - kTolerance / 2)) --place;
        // What memory limits draws more than expected at lower clocks: do not creep.
        return std::min(place, above->place - std::min(above->place, std::size_t{1} << (tried_.size() - 1)));
    }
    const ClockTrial &low = trials_[within->trial], &high = trials_[above->trial];
    if (above->place == within->place + 1 || low.watts() >= cap * (1 - kTolerance)) return std::nullopt;
    const double share = (cap * (1 - kTolerance / 2) - low.watts()) / (high.watts() - low.watts());
    const auto between = static_cast<double>(above->place - within->place);
    const auto up = static_cast<std::size_t>(std::max(1.0, tried_.size() < 6 ? share * between : between / 2));
    return within->place + std::min(up, above->place - within->place - 1);
}

// Energy has one minimum, so it lies between the neighbours of the best clock tried: the next one divides the wider side.
std::optional<std::size_t> ClockSearch::next_for_minimum() const {
    const std::size_t best_trial = chosen();
    const auto best = std::find_if(tried_.begin(), tried_.end(), [&](const Tried& t) { return t.trial == best_trial; });
    const std::size_t low = best == tried_.begin() ? 0 : std::prev(best)->place;
    const std::size_t high = std::next(best) == tried_.end() ? best->place : std::next(best)->place;
    const std::size_t down = best->place - low, up = high - best->place;
    // The lowest clock bounds the search without having been tried.
    if (std::max(down, up) < 2) return best == tried_.begin() && best->place == 1 ? std::optional<std::size_t>{0} : std::nullopt;
    const auto part = [](std::size_t side) { return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(kGolden * static_cast<double>(side)))); };
    return down >= up ? best->place - part(down) : best->place + part(up);
}

std::optional<Hertz> ClockSearch::next() const {
    if (tried_.empty()) return grid_[grid_.size() - 1];
    const auto place = governor_.policy == GovernorPolicy::PowerCap ? next_for_cap() : next_for_minimum();
    return place ? std::optional{grid_[*place]} : std::nullopt;
}

void ClockSearch::tried(const ClockTrial& trial) {
    const auto wanted = next();
    HEDDLE_EXPECT(wanted && *wanted == trial.sm_clock, "a trial at {} Hz that was not asked for", trial.sm_clock);
    trials_.push_back(trial);
    tried_.push_back({static_cast<std::size_t>((trial.sm_clock - grid_[0]) / governor_.step), trials_.size() - 1});
    std::sort(tried_.begin(), tried_.end(), [](const Tried& a, const Tried& b) { return a.place < b.place; });
}

std::size_t ClockSearch::chosen() const {
    HEDDLE_EXPECT(!trials_.empty(), "a clock is chosen before any was tried");
    const auto best = std::min_element(trials_.begin(), trials_.end(), [&](const ClockTrial& a, const ClockTrial& b) { return cost(a) < cost(b); });
    return static_cast<std::size_t>(best - trials_.begin());
}

bool ClockSearch::keeps_limits() const { return cost(trials_[chosen()]).limit == Limit::Kept; }

} // namespace heddle
