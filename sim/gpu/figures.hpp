// Derived figures of a kernel or a run: rates, shares and ratios, worked out from counters when someone reads them.
//
// Nothing here is stored in the record; run.json, the text summary and the CSV all take their ratios from this one place.
// A ratio of nothing (the hit rate of a cache nobody touched) is empty, never 0.
#pragma once

#include "sim/gpu/run_record.hpp"

#include <optional>

namespace heddle {

using Ratio = std::optional<double>;

// A fraction of cycles charged to one reason. "issued" stands for the slots in which a warp was selected.
struct Share {
    std::string reason;
    double fraction = 0;
};

// A traffic or operation count against its time and the machine's peak.
struct Throughput {
    double amount = 0; // bytes or operations
    Ratio per_second;  // empty if no time passed
    Ratio of_peak;     // empty if the machine has no such peak
};

struct Figures {
    double seconds = 0;
    Cycles cycles = 0;              // SM clock
    Cycles active_sm_cycles = 0;    // SM-cycles with a CTA resident
    Ratio ipc;                      // warp instructions per cycle, whole GPU
    Ratio ipc_active_sm;            // warp instructions per SM-cycle with a CTA resident
    Ratio lanes;                    // thread instructions per warp instruction
    Ratio resident_warps;           // per SM with a CTA resident
    Ratio occupancy;                // the same over the warps an SM holds
    std::vector<Share> issue_slots; // sums to 1; empty if no SM was active
    std::vector<Share> warp_states; // of the resident warps' cycles; sums to 1

    Throughput fp16, fp32, fp64, tensor; // operations

    std::uint64_t l1_sectors = 0; // of all accesses
    std::uint64_t l1_load_sectors = 0, l1_load_hits = 0, l1_store_sectors = 0;
    Ratio l1_hit_rate; // of load sectors
    std::uint64_t l2_read_sectors = 0, l2_read_hits = 0, l2_write_sectors = 0, l2_atomic_sectors = 0;
    Ratio l2_hit_rate; // of read sectors
    Throughput l2;     // sectors looked up, in bytes
    Throughput dram;   // both directions
    Bytes dram_read_bytes = 0, dram_write_bytes = 0;
    Ratio dram_row_hit_rate;
};

Figures figures_of(const KernelRecord& kernel, const MachinePeaks& peaks);
// Of the whole run: time and cycles until the end of the last kernel.
Figures figures_of(const RunRecord& record);

// Of a part of a run of that length at that SM clock.
Figures figures_of_interval(const Counters& counters, Duration duration, Hertz sm_clock, const MachinePeaks& peaks);

// Everything the model did not honour: what the frontend counted, then the machine's `*.unmodelled.*` families that are
// not zero.
std::vector<FrontendNotes::Count> unmodelled_of(const RunRecord& record);

} // namespace heddle
