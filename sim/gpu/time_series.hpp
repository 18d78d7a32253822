// Counters over simulated time: what the machine did in each interval of a run.
//
// The machine is looked at every interval of simulated time, at a boundary of the simulation, where every block has done
// its edges before that time and none after; so the series does not depend on threads, quantum or skipped cycles, and
// taking it changes nothing. Sums over a series are the run's totals. A run with very many intervals gets longer ones: when
// kMostSamples are full, neighbours are merged and the interval doubles.
#pragma once

#include "sim/base/units.hpp"
#include "sim/stats/stat_tree.hpp"

#include <string>
#include <vector>

namespace heddle {

struct TimeSeriesOptions {
    Duration interval = 0; // 0: none
    bool per_sm = false;   // also instructions and resident warps of each SM
};

struct TimeSeries {
    Duration interval = 0;   // as it came to be; the last one may be shorter
    std::vector<Time> ends;  // end of each interval
    struct Column {
        std::string family, unit, sentence; // as in Counters
        std::vector<std::uint64_t> values;  // of each interval
    };
    std::vector<Column> columns;
    // With per_sm: by interval, then SM.
    std::vector<std::vector<std::uint32_t>> sm_instructions, sm_warp_cycles;
    Time start_of(std::size_t i) const { return i == 0 ? 0 : ends[i - 1]; }
};

class TimeSeriesSampler {
  public:
    static constexpr std::size_t kMostSamples = 8192, kMostSamplesPerSm = 2048;

    // Requires: the tree is frozen and outlives the sampler; an interval is given.
    TimeSeriesSampler(const StatTree& tree, const TimeSeriesOptions& options);

    // When it wants to look next.
    Time next() const { return next_; }
    // Looks. Requires: statistics are settled up to `time`, which is next().
    void sample(Time time);
    // Looks for the last time, when the last kernel has ended: a shorter interval, with what was still written back after it.
    TimeSeries finish(Time end);

  private:
    struct Watched {
        std::vector<const Stat*> stats;
        std::uint64_t last = 0;
        std::uint64_t advance(); // growth since the last call
    };
    void append(Time time);
    void merge_neighbours();

    TimeSeries series_;
    Duration interval_;
    bool per_sm_;
    Time next_;
    std::vector<Watched> columns_, sm_instructions_, sm_warp_cycles_;
};

} // namespace heddle
