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
        return s.start + s.length_of(cycle - s.first);
    }
    // First edge at or after `time`; kNever for kNoTime.
    Cycle edge_at_or_after(Time time) const;
    // Length of `cycles` at the current frequency, rounded down to a femtosecond: then a message that takes this long
    // within the domain is seen exactly `cycles` edges later, because edge times are rounded down too.
    Duration duration_of(Cycles cycles) const;

    // From the first edge at or after `at` the domain runs at `frequency`. Requires: `at` is not before the last
    // change, and no component of the domain has passed `at` (call at a synchronisation point of the simulation).
    void set_frequency(Hertz frequency, Time at);

  private:
    __extension__ using Wide = unsigned __int128;
    struct Segment {
        Cycle first; // first edge of the segment
        Time start;  // its time
        Hertz frequency;
        Duration whole;        // a period is whole + rest / frequency femtoseconds
        std::uint64_t rest;
        double edges_per_femtosecond;

        Segment(Cycle first_edge, Time start_time, Hertz f)
            : first(first_edge), start(start_time), frequency(f), whole(f ? kFemtosecondsPerSecond / f : 0),
              rest(f ? kFemtosecondsPerSecond % f : 0),
              edges_per_femtosecond(static_cast<double>(f) / static_cast<double>(kFemtosecondsPerSecond)) {}
        // floor(cycles * 1e15 / frequency), without a 128-bit division (a library call) for the first 2^30 edges.
        Duration length_of(Cycles cycles) const {
            if (cycles < (Cycles{1} << 30) && frequency < (Hertz{1} << 34)) [[likely]]
                return cycles * whole + cycles * rest / frequency;
            return static_cast<Duration>(static_cast<Wide>(cycles) * kFemtosecondsPerSecond / frequency);
        }
    };
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
