// Clock domains with exact rational edges.
//
// Edge k of a domain that has run at f Hz since its start lies at floor(k * 1e15 / f) femtoseconds: computed, never
// accumulated, so no drift however long the run. The frequency may change during a run (governors); a change starts
// a new segment at an edge, and edges before it keep their times.
#pragma once

#include "sim/base/units.hpp"

#include <string>
#include <vector>

namespace heddle {

class ClockDomain {
  public:
    ClockDomain(std::string name, Hertz frequency);

    const std::string& name() const { return name_; }
    Hertz frequency() const { return segments_.back().frequency; }

    // Time of edge `cycle`.
    Time time_of(Cycle cycle) const {
        const Segment& s = segment_of_cycle(cycle);
        return s.start + scaled(cycle - s.first, kFemtosecondsPerSecond, s.frequency);
    }
    // First edge at or after `time`; kNever for kNoTime.
    Cycle edge_at_or_after(Time time) const;
    // Length of `cycles` at the current frequency, rounded up to a femtosecond.
    Duration duration_of(Cycles cycles) const;

    // From the first edge at or after `at` the domain runs at `frequency`. Requires: `at` is not before the last
    // change, and no component of the domain has passed `at` (call at a synchronisation point of the simulation).
    void set_frequency(Hertz frequency, Time at);

  private:
    struct Segment {
        Cycle first;    // first edge of the segment
        Time start;     // its time
        Hertz frequency;
    };
    static std::uint64_t scaled(std::uint64_t count, std::uint64_t by, std::uint64_t over) {
        return static_cast<std::uint64_t>(static_cast<unsigned __int128>(count) * by / over);
    }
    const Segment& segment_of_cycle(Cycle cycle) const {
        if (cycle >= segments_.back().first) [[likely]]
            return segments_.back();
        return earlier_segment(cycle);
    }
    const Segment& earlier_segment(Cycle cycle) const;

    std::string name_;
    std::vector<Segment> segments_;
};

} // namespace heddle
