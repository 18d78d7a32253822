#include "sim/kernel/clock.hpp"

#include "sim/base/error.hpp"

#include <algorithm>

namespace heddle {

ClockDomain::ClockDomain(std::string name, Hertz frequency) : name_(std::move(name)), segments_{{0, 0, frequency}} {
    HEDDLE_EXPECT(frequency > 0, "clock domain {} needs a frequency", name_);
}

const ClockDomain::Segment& ClockDomain::earlier_segment(Cycle cycle) const {
    auto after = std::upper_bound(segments_.begin(), segments_.end(), cycle, [](Cycle c, const Segment& s) { return c < s.first; });
    return *std::prev(after);
}

Cycle ClockDomain::edge_at_or_after(Time time) const {
    if (time == kNoTime) return kNever;
    const Segment* s = &segments_.back();
    while (time < s->start) --s; // the first segment starts at 0
    // A guess in floating point, off by an edge or two at most, made exact by the edges' times.
    auto cycle = s->first + static_cast<Cycle>(static_cast<double>(time - s->start) * s->edges_per_femtosecond);
    while (time_of(cycle) < time) ++cycle;
    while (cycle > s->first && time_of(cycle - 1) >= time) --cycle;
    return cycle;
}

Duration ClockDomain::duration_of(Cycles cycles) const {
    const auto numerator = static_cast<Wide>(cycles) * kFemtosecondsPerSecond;
    return static_cast<Duration>(numerator / frequency());
}

void ClockDomain::set_frequency(Hertz frequency, Time at) {
    HEDDLE_EXPECT(frequency > 0, "clock domain {} needs a frequency", name_);
    const Cycle first = edge_at_or_after(at); // that of the last change, if that was at the same time between two edges
    HEDDLE_EXPECT(first >= segments_.back().first, "clock domain {} cannot change in the past", name_);
    const Time start = time_of(first);
    if (first == segments_.back().first) segments_.back() = Segment(first, start, frequency);
    else segments_.emplace_back(first, start, frequency);
}

} // namespace heddle
