// What is watched during a run beyond its statistics: time series, hot instructions, CTA spans. Watching changes nothing.
#pragma once

#include "sim/gpu/run_record.hpp"
#include "sim/gpu/time_series.hpp"

#include <functional>

namespace heddle {

struct ObservationOptions {
    TimeSeriesOptions time_series;
    std::size_t hot_instructions = 0; // of each kernel; 0: none
    std::size_t cta_spans = 0;        // of the whole GPU, shared by SMs alike, of each those that end first; 0: none
    bool copies = false;
};

// The hottest `most` of the rows of `kernel` by what warps did at them, given by row of its table. Rows of one instruction (a
// frontend may have several) are put together.
HotInstructions hottest(const Kernel& kernel, const std::vector<InstructionCounts>& counts, std::size_t most);

} // namespace heddle
