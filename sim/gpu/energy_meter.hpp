// The energy of a machine while it runs, a span at a time.
//
// The energy model is asked for each span between two readings; the SM clock must not change within one, so whoever changes it reads
// first. A reading changes nothing. Lanes are those of a span's average instruction (energy_model.hpp), so where they vary the sum over
// short spans is not quite the energy of one long span: `scale_to` says what becomes of that.
#pragma once

#include "sim/gpu/run_record.hpp"

#include <vector>

namespace heddle {

class EnergyMeter {
  public:
    // Requires: the tree is frozen and outlives the meter; energies are known (inputs.power.enabled).
    EnergyMeter(const StatTree& tree, const EnergyInputs& inputs);

    // Energy since the last reading, or the start; no time has passed if `time` is before that. Requires: statistics are settled up to `time`; since the last reading SMs ran at
    // `sm_clock`; `tensor` is all that tensor cores did since the start.
    Energy read(Time time, Hertz sm_clock, const TensorOperations& tensor);

  private:
    struct Watched {
        std::vector<const Stat*> stats;
        std::uint64_t last = 0;
    };
    EnergyInputs inputs_;
    std::vector<Watched> watched_; // by family of counters_
    Counters counters_;            // of the last span
    TensorOperations tensor_{};
    Time last_ = 0;
};

// Scales each part of the energies of intervals so that they sum to those of the run.
void scale_to(const Energy& run, std::vector<Energy>& intervals);

} // namespace heddle
