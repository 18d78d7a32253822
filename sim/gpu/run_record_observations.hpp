// The optional parts of run.json: hot instructions of a kernel and the time series of a run.
//
//   kernels[].hot_instructions: [{pc, function, sass, samples, stalls{}, executed, thread_executed}], hottest first. `pc` is the
//     byte offset in the kernel, or in `function`, which is given for code of another function only. `samples` are warp-cycles:
//     as if every resident warp were sampled in every cycle; `stalls` splits them by state, those of no cycles left out.
//   kernels[].hot_instructions_total: {instructions, samples, stalls{}, executed, thread_executed} over all instructions.
//   time_series: {interval_ns, end_ns[], series{NAME{unit, values[]}}, counters{FAMILY[]}, energy{PART[]}, sms{}}. Counters are growth
//     within each interval and sum to those of `total`; `energy`, if known, is joules by part (those of nothing left out) and sums to
//     `total.energy`; series are worked out from them and named as metrics; null is a ratio of nothing.
//     `sms`, if asked for: {warp_instructions[][], warp_cycles[][]}, by interval, then SM.
#pragma once

#include "sim/gpu/run_record.hpp"

#include <nlohmann/json.hpp>

namespace heddle {

void add_hot_instructions(nlohmann::ordered_json& kernel, const HotInstructions& hot);
nlohmann::ordered_json time_series_json(const TimeSeries& series, const MachinePeaks& peaks);

// A figure over the intervals of a run. The text summary of a run shows none of these; run.json and Perfetto traces do.
struct SeriesOfFigure {
    const char *name, *unit; // as the metric of that name
    std::vector<std::optional<double>> values;
};
std::vector<SeriesOfFigure> figures_over_time(const TimeSeries& series, const MachinePeaks& peaks);

} // namespace heddle
