#include "sim/gpu/figures.hpp"

#include <string_view>

namespace heddle {

namespace {

Ratio ratio(double part, double whole) { return whole > 0 ? Ratio{part / whole} : std::nullopt; }

Throughput throughput(double amount, double seconds, double peak) {
    Throughput result{amount, ratio(amount, seconds), std::nullopt};
    if (result.per_second) result.of_peak = ratio(*result.per_second, peak);
    return result;
}

// The families below `prefix` as fractions of their sum.
std::vector<Share> shares(const Counters& counters, std::string_view prefix) {
    std::vector<Share> result;
    double sum = 0;
    for (const auto& family : counters.families) {
        if (!family.name.starts_with(prefix)) continue;
        std::string reason = family.name.substr(prefix.size());
        if (reason == "selected") reason = "issued";
        result.push_back({std::move(reason), static_cast<double>(family.value)});
        sum += static_cast<double>(family.value);
    }
    if (sum == 0) return {};
    for (Share& share : result) share.fraction /= sum;
    return result;
}

void add_sm_figures(Figures& f, const Counters& c, const MachinePeaks& peaks) {
    f.active_sm_cycles = c["gpu.sm.active_cycles"];
    const auto sm_cycles = static_cast<double>(f.active_sm_cycles);
    f.ipc_active_sm = ratio(static_cast<double>(c["gpu.sm.sub_core.inst_executed"]), sm_cycles);
    f.resident_warps = ratio(static_cast<double>(c["gpu.sm.sub_core.warps_active"]), sm_cycles);
    if (f.resident_warps) f.occupancy = ratio(*f.resident_warps, peaks.warps_per_sm);
    f.issue_slots = shares(c, "gpu.sm.sub_core.issue_slots.");
    f.warp_states = shares(c, "gpu.sm.sub_core.warp_states.");

    const auto operations = [&](std::string_view family, double peak) {
        return throughput(static_cast<double>(c[family]), f.seconds, peak);
    };
    f.fp16 = operations("gpu.sm.sub_core.flops_fp16", 0);
    f.fp32 = operations("gpu.sm.sub_core.flops_fp32", peaks.fp32_flops_per_second);
    f.fp64 = operations("gpu.sm.sub_core.flops_fp64", peaks.fp64_flops_per_second);
    f.tensor = operations("gpu.sm.sub_core.flops_tensor", peaks.fp16_tensor_flops_per_second);
}

void add_memory_figures(Figures& f, const Counters& c, const MachinePeaks& peaks) {
    f.l1_load_sectors = c["gpu.sm.l1_cache.l1tex_t_sectors_ld_global"] + c["gpu.sm.l1_cache.l1tex_t_sectors_ld_local"];
    f.l1_load_hits = c["gpu.sm.l1_cache.l1tex_t_sectors_ld_global_lookup_hit"] + c["gpu.sm.l1_cache.l1tex_t_sectors_ld_local_lookup_hit"];
    f.l1_store_sectors = c["gpu.sm.l1_cache.l1tex_t_sectors_st_global"] + c["gpu.sm.l1_cache.l1tex_t_sectors_st_local"];
    f.l1_sectors = f.l1_load_sectors + f.l1_store_sectors + c["gpu.sm.l1_cache.l1tex_t_sectors_atom_global"] + c["gpu.sm.l1_cache.l1tex_t_sectors_red_global"];
    f.l1_hit_rate = ratio(static_cast<double>(f.l1_load_hits), static_cast<double>(f.l1_load_sectors));

    f.l2_read_sectors = c["gpu.l2.lts_t_sectors_op_read"];
    f.l2_read_hits = c["gpu.l2.lts_t_sectors_op_read_lookup_hit"];
    f.l2_write_sectors = c["gpu.l2.lts_t_sectors_op_write"];
    f.l2_atomic_sectors = c["gpu.l2.lts_t_sectors_op_atom"] + c["gpu.l2.lts_t_sectors_op_red"];
    f.l2_hit_rate = ratio(static_cast<double>(f.l2_read_hits), static_cast<double>(f.l2_read_sectors));
    const Bytes l2_bytes = kSectorBytes * (f.l2_read_sectors + f.l2_write_sectors + f.l2_atomic_sectors);
    f.l2 = throughput(static_cast<double>(l2_bytes), f.seconds, peaks.l2_bytes_per_second);

    f.dram_read_bytes = kSectorBytes * c["gpu.dram.read_atoms"];
    f.dram_write_bytes = kSectorBytes * c["gpu.dram.write_atoms"];
    f.dram = throughput(static_cast<double>(f.dram_read_bytes + f.dram_write_bytes), f.seconds, peaks.dram_bytes_per_second);
    const std::uint64_t row_hits = c["gpu.dram.row_hits"];
    const std::uint64_t atoms = row_hits + c["gpu.dram.row_misses"] + c["gpu.dram.row_conflicts"];
    f.dram_row_hit_rate = ratio(static_cast<double>(row_hits), static_cast<double>(atoms));
}

// To the nearest edge of a clock of that mean.
Cycles cycles_in(Duration duration, Hertz clock) {
    const auto seconds = static_cast<long double>(duration) / static_cast<long double>(kFemtosecondsPerSecond);
    return static_cast<Cycles>(seconds * static_cast<long double>(clock) + 0.5L);
}

Figures figures(const Counters& counters, Duration duration, Cycles cycles, std::uint64_t warps, std::uint64_t threads,
                const MachinePeaks& peaks) {
    Figures f;
    f.seconds = static_cast<double>(duration) / static_cast<double>(kFemtosecondsPerSecond);
    f.cycles = cycles;
    f.ipc = ratio(static_cast<double>(warps), static_cast<double>(cycles));
    f.lanes = ratio(static_cast<double>(threads), static_cast<double>(warps));
    add_sm_figures(f, counters, peaks);
    add_memory_figures(f, counters, peaks);
    return f;
}

} // namespace

Figures figures_of(const KernelRecord& kernel, const MachinePeaks& peaks) {
    return figures(kernel.counters, kernel.end - kernel.start, kernel.cycles, kernel.warp_instructions, kernel.thread_instructions, peaks);
}

Figures figures_of(const RunRecord& record) {
    return figures(record.total, record.end, cycles_in(record.end, record.sm_clock), record.warp_instructions, record.thread_instructions, record.peaks);
}

Figures figures_of_interval(const Counters& counters, Duration duration, Hertz sm_clock, const MachinePeaks& peaks) {
    return figures(counters, duration, cycles_in(duration, sm_clock), counters["gpu.sm.sub_core.inst_executed"], counters["gpu.sm.sub_core.thread_inst_executed"], peaks);
}

std::vector<FrontendNotes::Count> unmodelled_of(const RunRecord& record) {
    std::vector<FrontendNotes::Count> result = record.notes.unmodelled;
    for (const auto& family : record.total.families)
        if (family.value != 0 && family.name.find(".unmodelled.") != std::string::npos) result.push_back({family.name, family.value});
    return result;
}

} // namespace heddle
