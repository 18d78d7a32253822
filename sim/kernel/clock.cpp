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
    const auto elapsed = static_cast<unsigned __int128>(time - s->start) * s->frequency;
    auto cycle = s->first + static_cast<Cycle>(elapsed / kFemtosecondsPerSecond);
    // The division rounds down and edge times round down too: the answer is this edge or one of the next two.
    while (time_of(cycle) < time) ++cycle;
    return cycle;
}

Duration ClockDomain::duration_of(Cycles cycles) const {
    const auto numerator = static_cast<unsigned __int128>(cycles) * kFemtosecondsPerSecond;
    return static_cast<Duration>((numerator + frequency() - 1) / frequency());
}

void ClockDomain::set_frequency(Hertz frequency, Time at) {
    HEDDLE_EXPECT(frequency > 0, "clock domain {} needs a frequency", name_);
    HEDDLE_EXPECT(at >= segments_.back().start, "clock domain {} cannot change in the past", name_);
    const Cycle first = edge_at_or_after(at);
    const Time start = time_of(first);
    if (first == segments_.back().first) segments_.back().frequency = frequency;
    else segments_.push_back({first, start, frequency});
}

} // namespace heddle
