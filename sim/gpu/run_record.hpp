// What a run leaves behind: everything a report, a sweep or a validation reads. run.json is this struct.
#pragma once

#include "sim/area/area_model.hpp"
#include "sim/gpu/run_record_governor.hpp"
#include "sim/gpu/time_series.hpp"
#include "sim/isa/kernel_launch.hpp"
#include "sim/power/energy_model.hpp"
#include "sim/sm/cta_span.hpp"
#include "sim/sm/instruction_profile.hpp"
#include "sim/sm/sm_stats.hpp"
#include "sim/stats/stat_tree.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heddle {

// Counters of a time span (one kernel, or the whole run): family sums in the order of the machine, with their units.
// Families are named as in StatTree: "gpu.sm.sub_core.issue_slots.selected", "gpu.l2.lts_t_sectors_op_read", ...
struct Counters {
    std::vector<StatTree::Family> families;
    // Value of a family. Panics if there is none of that name.
    std::uint64_t operator[](std::string_view family) const;
    bool has(std::string_view family) const;
};

// An instruction and what warps did at it.
struct InstructionRecord {
    InstructionText text;
    InstructionCounts counts;
};

// The instructions at which a kernel's warps spent most of their cycles, and the sums over all of them.
struct HotInstructions {
    std::vector<InstructionRecord> hottest; // by warp-cycles, of equals by function and pc
    std::uint64_t instructions = 0;         // that were reached
    InstructionCounts total;
};

struct KernelRecord {
    std::string name;
    std::uint64_t id = 0; // position among the workload's launches, from 1
    std::uint64_t stream = 0;
    Dim3 grid, block;
    std::uint32_t registers_per_thread = 0;
    Bytes shared_bytes = 0;
    std::uint32_t ctas_per_sm = 0;    // occupancy limit
    std::string occupancy_limit;      // "warps", "registers", ...
    std::uint64_t ctas = 0;
    Time start = 0, end = 0;          // femtoseconds: the front end begins with the launch; last CTA done, its stores acknowledged, and its end reported
    Cycles cycles = 0;                // SM clock
    std::uint64_t warp_instructions = 0;   // exact, of this kernel's CTAs
    std::uint64_t thread_instructions = 0;
    bool overlapped = false;          // ran beside another kernel: counters hold both
    std::optional<HotInstructions> hot_instructions; // of this kernel alone, if asked for
    TensorOperations tensor_operations{};  // of the machine, like counters
    std::optional<Energy> energy_used; // if the SM clock changed during the run: at the clocks it had (energy_meter.hpp)
    Counters counters;                // of the machine, from the end of the kernel before it to its own end
};

// What the host did, as the run saw it; never part of run_hash.
struct HostRecord {
    double wall_seconds = 0;
    double cpu_seconds = 0;
    std::uint64_t peak_memory_bytes = 0;
    unsigned threads = 1;
    std::string loop; // "loop" or "systemc"
};

// Peaks of the modelled GPU for achieved-against-peak figures.
struct MachinePeaks {
    Hertz sm_clock = 0;
    std::uint32_t sms = 0;
    std::uint32_t sub_cores = 0;       // per SM
    std::uint32_t warps_per_sm = 0;
    double dram_bytes_per_second = 0;  // at the pins
    double l2_bytes_per_second = 0;
    double fp32_flops_per_second = 0;
    double fp16_tensor_flops_per_second = 0; // dense
    double fp64_flops_per_second = 0;
    std::array<double, std::tuple_size_v<TensorOperations>> tensor_flops_per_second{}; // dense, by MmaType; 0: not supported
};

// What the energy of a span depends on beside its counters (energy.hpp).
struct EnergyInputs {
    PowerConfig power;
    Hertz sm_clock = 0, l2_clock = 0;
    std::uint32_t sms = 0, l2_slices = 0, dram_channels = 0;
};

struct RunRecord {
    std::string heddle_version;
    std::string gpu;                // name in the configuration
    std::string config_hash;
    std::vector<std::string> config_files;  // files read and overrides, in the order applied
    std::vector<std::pair<std::string, std::string>> config_values; // effective configuration: path, value in human form
    std::vector<std::pair<std::string, std::uint64_t>> sources; // values by source class, "default" included
    std::string trace;              // description of the workload
    std::string trace_digest;
    std::string cache;              // "cold", "carry" or "warm", with what it means for this run
    std::string run_hash;           // over everything simulated, nothing about the host
    MachinePeaks peaks;
    EnergyInputs energy;
    std::optional<ClockChoice> clock_choice; // of a governor that lets clocks settle
    std::optional<ClockHistory> clock_history; // of one with an interval
    std::optional<Energy> energy_used; // if energies are known and the SM clock changed: the sum over its spans (energy_meter.hpp)
    std::optional<DieArea> area;    // if it is estimated for this GPU
    std::vector<KernelRecord> kernels;
    Time end = 0;                   // of the last kernel, femtoseconds
    Hertz sm_clock = 0;             // its mean until then
    Counters total;
    TensorOperations tensor_operations{};
    Cycles active_sm_cycles = 0;
    std::uint64_t warp_instructions = 0, thread_instructions = 0;
    std::optional<TimeSeries> time_series; // if asked for
    // For timelines, if asked for; not in run.json.
    struct SmCtas {
        std::vector<CtaSpan> spans;
        std::uint64_t ctas = 0; // run to completion; more than there are spans if the record was full
    };
    std::vector<SmCtas> cta_spans; // by SM
    struct CopyEvent {
        Time time = 0;
        Address address = 0; // 0: not known
        Bytes bytes = 0;
    };
    std::vector<CopyEvent> copies; // they take no simulated time
    FrontendNotes notes;
    HostRecord host;
};

// The record as JSON text (run.json), the same bytes for the same record. Ratios are worked out here (figures.hpp); a
// ratio of nothing is null. `schema` in it gives unit and sentence of every counter.
std::string to_json(const RunRecord& record);

} // namespace heddle
