// A run as a trace for ui.perfetto.dev and chrome://tracing, in the Chrome trace-event format: kernels by stream, copies, CTAs by
// SM and slot, counters over time.
//
// Size is bounded: GpuRunOptions::observe keeps so many CTA spans and intervals; SMs of which CTAs are missing say so in their name.
#pragma once

#include "sim/gpu/run_record.hpp"

#include <string>

namespace heddle {

// The trace as JSON text, the same bytes for the same record. Times are microseconds of simulated time.
std::string perfetto_json(const RunRecord& record);

// Writes the trace of `record`, compressed if the name ends in ".gz". Returns what is missing in it as a sentence, or nothing.
// Errors: UserError.
std::string write_perfetto(const RunRecord& record, const std::string& path);

} // namespace heddle
