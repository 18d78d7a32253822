// Counters over simulated time: what the machine did in each interval of a run.
//
// The machine is looked at every interval of simulated time, at a boundary of the simulation, where every block has done
// its edges before that time and none after; so the series does not depend on threads, quantum or skipped cycles, and
// taking it changes nothing. Sums over a series are the run's totals. A run with very many intervals gets longer ones: when
// kMostSamples are full, neighbours are merged and the interval doubles. The energy of an interval is that of its spans of constant
// SM clock (energy_meter.hpp).
#pragma once

#include "sim/base/units.hpp"
#include "sim/power/energy_model.hpp"
#include "sim/sm/sm_stats.hpp"
#include "sim/stats/stat_tree.hpp"

#include <memory>
#include <string>
#include <vector>

namespace heddle {

class EnergyMeter;

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
    std::vector<Hertz> sm_clock; // the mean over the interval
    std::vector<Energy> energy;  // empty if the GPU's energies are not known
    // With per_sm: by interval, then SM.
    std::vector<std::vector<std::uint32_t>> sm_instructions, sm_warp_cycles;
    Time start_of(std::size_t i) const { return i == 0 ? 0 : ends[i - 1]; }
};

class TimeSeriesSampler {
  public:
    static constexpr std::size_t kMostSamples = 8192, kMostSamplesPerSm = 2048;

    // The machine now, at rest, its statistics settled up to `time`.
    struct Moment {
        Time time = 0;
        Hertz sm_clock = 0;              // since the Moment before this one
        const TensorOperations& tensor;  // of all SMs since the start
    };

    // Requires: the tree is frozen and outlives the sampler; an interval is given. `meter`: its own, or none if energies are not known.
    TimeSeriesSampler(const StatTree& tree, const TimeSeriesOptions& options, std::unique_ptr<EnergyMeter> meter);
    ~TimeSeriesSampler();

    // When it wants to look next.
    Time next() const { return next_; }
    // The SM clock is about to change.
    void clock_changes(const Moment& now);
    // Looks. Requires: it is next().
    void sample(const Moment& now);
    // Looks for the last time, when the last kernel has ended: a shorter interval, with what was still written back after it.
    TimeSeries finish(const Moment& end);

  private:
    struct Watched {
        std::vector<const Stat*> stats;
        std::uint64_t last = 0;
        std::uint64_t advance(); // growth since the last call
    };
    void append(const Moment& now);
    void merge_neighbours();
    Hertz mean_clock(std::size_t first, std::size_t last) const; // of those intervals

    TimeSeries series_;
    Duration interval_;
    bool per_sm_;
    Time next_;
    std::unique_ptr<EnergyMeter> meter_;
    Energy energy_;              // of the present interval, up to the last change of clock
    long double clock_sum_ = 0;  // likewise, clock times time
    Time clock_since_ = 0;
    std::vector<Watched> columns_, sm_instructions_, sm_warp_cycles_;
};

} // namespace heddle
