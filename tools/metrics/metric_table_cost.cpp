// Metrics of energy, area, prefetching and copies. They are absent until a run gives their inputs: `energy.joules` of a kernel and
// the run, `power.pue`, `area.mm2`, `gpu.….prefetcher.…` counters, `copies.…` of the run.
#include "tools/metrics/metric_tables.hpp"

#include <fmt/format.h>

namespace heddle::metrics {

namespace {

constexpr Scope kBoth = Scope::Both, kRun = Scope::Run;
constexpr Better kNone = Better::Neither, kHigher = Better::Higher, kLower = Better::Lower;

} // namespace

void add_cost_metrics(std::vector<Metric>& t) {
    t.push_back({"energy_joules", "J", kBoth, kLower, "Energy of the GPU and its memory over the duration.", "energy.joules"});
    t.push_back({"power_watts", "W", kBoth, kLower, "Average power over the duration.", "energy.joules / time_ns * 1000000000"});
    t.push_back({"idle_power_watts", "W", kBoth, kLower, "Of it what is drawn whatever happens: board, leakage, clock trees, DRAM standby.", "(energy.breakdown.board + energy.breakdown.static + energy.breakdown.clock + energy.breakdown.dram_standby) / time_ns * 1000000000"});
    t.push_back({"core_power_watts", "W", kBoth, kLower, "Of it what the work of SMs, network and L2 takes.", "(energy.breakdown.instructions + energy.breakdown.alu + energy.breakdown.fma + energy.breakdown.fp16 + energy.breakdown.fp64 + energy.breakdown.xu + energy.breakdown.tensor + energy.breakdown.shared_memory + energy.breakdown.l1 + energy.breakdown.l2) / time_ns * 1000000000"});
    t.push_back({"dram_power_watts", "W", kBoth, kLower, "Of it what traffic of DRAM takes.", "energy.breakdown.dram / time_ns * 1000000000"});
    t.push_back({"pue_adjusted_energy_joules", "J", kBoth, kLower, "Energy times the power usage effectiveness of the data centre: total power drawn per power of the computers.", "energy.joules * power.pue"});
    t.push_back({"performance_per_watt_gflops", "GFLOP/s/W", kBoth, kHigher, "Floating-point operations of all precisions per second and watt: per joule.", "1000 * total_tflops / power_watts"});
    t.push_back({"energy_per_instruction_pj", "pJ", kBoth, kLower, "Energy per active lane of an executed instruction.", "energy.joules * 1000000000000 / thread_instructions"});
    t.push_back({"energy_delay_product", "J*s", kBoth, kLower, "Energy times duration.", "energy.joules * time_ns / 1000000000"});
    t.push_back({"area_mm2", "mm2", kRun, kLower, "Estimated area of the GPU's die as configured, told from a chip of known area.", "area.mm2"});
    t.push_back({"area_low_mm2", "mm2", kRun, kNone, "The area with each constant at the end of its range that makes it smaller.", "area.low"});
    t.push_back({"area_high_mm2", "mm2", kRun, kNone, "The area with each constant at the end of its range that makes it larger.", "area.high"});
    t.push_back({"performance_per_mm2_gflops", "GFLOP/s/mm2", kBoth, kHigher, "Floating-point operations of all precisions per second and square millimetre of the die.", "1000 * total_tflops / area.mm2"});
    t.push_back({"area_delay_product", "mm2*s", kBoth, kLower, "Area of the die times duration: performance per area also of what does no floating-point operations.", "area.mm2 * time_ns / 1000000000"});
    t.push_back({"prefetch_efficiency_percent", "%", kBoth, kHigher, "Share of the sectors fetched by the prefetchers of L1 and L2 that a demand access used before they were replaced.", "100 * (gpu.sm.l1_cache.prefetcher.timely_sectors + gpu.sm.l1_cache.prefetcher.late_sectors + gpu.l2.prefetcher.timely_sectors + gpu.l2.prefetcher.late_sectors) / (gpu.sm.l1_cache.prefetcher.sectors + gpu.l2.prefetcher.sectors)"});
    t.push_back({"prefetch_coverage_percent", "%", kBoth, kHigher, "Share of the demanded sectors not present otherwise that the prefetchers of L1 and L2 had fetched or were fetching.", "100 * (gpu.sm.l1_cache.prefetcher.timely_sectors + gpu.sm.l1_cache.prefetcher.late_sectors + gpu.l2.prefetcher.timely_sectors + gpu.l2.prefetcher.late_sectors) / (gpu.sm.l1_cache.prefetcher.timely_sectors + gpu.sm.l1_cache.prefetcher.late_sectors + gpu.sm.l1_cache.prefetcher.missed_sectors + gpu.l2.prefetcher.timely_sectors + gpu.l2.prefetcher.late_sectors + gpu.l2.prefetcher.missed_sectors)"});
    t.push_back({"prefetch_late_percent", "%", kBoth, kLower, "Share of the used prefetched sectors that were still on their way when they were demanded.", "100 * (gpu.sm.l1_cache.prefetcher.late_sectors + gpu.l2.prefetcher.late_sectors) / (gpu.sm.l1_cache.prefetcher.timely_sectors + gpu.sm.l1_cache.prefetcher.late_sectors + gpu.l2.prefetcher.timely_sectors + gpu.l2.prefetcher.late_sectors)"});
    t.push_back({"l1_prefetch_efficiency_percent", "%", kBoth, kHigher, "The same of L1 alone: used of the fetched sectors.", "100 * (gpu.sm.l1_cache.prefetcher.timely_sectors + gpu.sm.l1_cache.prefetcher.late_sectors) / gpu.sm.l1_cache.prefetcher.sectors"});
    t.push_back({"l1_prefetch_coverage_percent", "%", kBoth, kHigher, "The same of L1 alone: had been fetched of the sectors not present otherwise. Meaningful only if L1 has a prefetcher.", "100 * (gpu.sm.l1_cache.prefetcher.timely_sectors + gpu.sm.l1_cache.prefetcher.late_sectors) / (gpu.sm.l1_cache.prefetcher.timely_sectors + gpu.sm.l1_cache.prefetcher.late_sectors + gpu.sm.l1_cache.prefetcher.missed_sectors)"});
    t.push_back({"l1_prefetch_late_percent", "%", kBoth, kLower, "The same of L1 alone: late of the used ones.", "100 * gpu.sm.l1_cache.prefetcher.late_sectors / (gpu.sm.l1_cache.prefetcher.timely_sectors + gpu.sm.l1_cache.prefetcher.late_sectors)"});
    t.push_back({"l2_prefetch_efficiency_percent", "%", kBoth, kHigher, "The same of L2 alone: used of the fetched sectors.", "100 * (gpu.l2.prefetcher.timely_sectors + gpu.l2.prefetcher.late_sectors) / gpu.l2.prefetcher.sectors"});
    t.push_back({"l2_prefetch_coverage_percent", "%", kBoth, kHigher, "The same of L2 alone: had been fetched of the sectors not present otherwise. Meaningful only if L2 has a prefetcher.", "100 * (gpu.l2.prefetcher.timely_sectors + gpu.l2.prefetcher.late_sectors) / (gpu.l2.prefetcher.timely_sectors + gpu.l2.prefetcher.late_sectors + gpu.l2.prefetcher.missed_sectors)"});
    t.push_back({"l2_prefetch_late_percent", "%", kBoth, kLower, "The same of L2 alone: late of the used ones.", "100 * gpu.l2.prefetcher.late_sectors / (gpu.l2.prefetcher.timely_sectors + gpu.l2.prefetcher.late_sectors)"});
    t.push_back({"copy_overlap_percent", "%", kRun, kHigher, "Host-device overlap: share of the time of copies between host and device in which a kernel ran.", "100 * copies.overlapped_ns / copies.time_ns"});
}

} // namespace heddle::metrics
