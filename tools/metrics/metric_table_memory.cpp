// Metrics of caches, shared memory, network and DRAM.
#include "tools/metrics/metric_tables.hpp"

#include <fmt/format.h>

namespace heddle::metrics {

namespace {

constexpr Scope kBoth = Scope::Both, kRun = Scope::Run;
constexpr Better kNone = Better::Neither, kHigher = Better::Higher, kLower = Better::Lower;

using Table = std::vector<Metric>;

void add_l1(Table& t) {
    t.push_back({"l1_sectors", "sectors", kBoth, kNone, "Sectors of 32 bytes that global and local loads, stores, atomics and reductions touched in L1.",
                 "gpu.sm.l1_cache.l1tex_t_sectors_ld_global + gpu.sm.l1_cache.l1tex_t_sectors_ld_local + gpu.sm.l1_cache.l1tex_t_sectors_st_global + gpu.sm.l1_cache.l1tex_t_sectors_st_local + gpu.sm.l1_cache.l1tex_t_sectors_atom_global + gpu.sm.l1_cache.l1tex_t_sectors_red_global"});
    t.push_back({"l1_hit_rate_percent", "%", kBoth, kHigher, "Share of the sectors of global and local loads that were present in L1.",
                 "100 * (gpu.sm.l1_cache.l1tex_t_sectors_ld_global_lookup_hit + gpu.sm.l1_cache.l1tex_t_sectors_ld_local_lookup_hit) / (gpu.sm.l1_cache.l1tex_t_sectors_ld_global + gpu.sm.l1_cache.l1tex_t_sectors_ld_local)"});
    for (const auto& [name, counter, what] : {std::tuple{"load", "ld_global", "global load"}, std::tuple{"store", "st_global", "global store"}, std::tuple{"local_load", "ld_local", "local load"},
                                              std::tuple{"local_store", "st_local", "local store"}, std::tuple{"atomic", "atom_global", "global atomic with a result"}, std::tuple{"reduction", "red_global", "global reduction"}})
        t.push_back({fmt::format("l1_sectors_per_request_{}", name), "sectors", kBoth, kLower, fmt::format("Sectors touched per {} instruction; 4 if 32 lanes touch consecutive 4-byte words.", what),
                     fmt::format("gpu.sm.l1_cache.l1tex_t_sectors_{0} / gpu.sm.l1_cache.l1tex_t_requests_{0}", counter)});
    t.push_back({"l1_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes of the sectors touched in L1 (l1_sectors) per second.", "32 * l1_sectors / time_ns"});
    t.push_back({"l1_peak_bandwidth_gbs", "GB/s", kRun, kHigher, "128 bytes (one wavefront) per cycle and SM, at the configured clock.", "128 * peaks.sms * peaks.sm_clock_hz / 1000000000"});
    t.push_back({"l1_utilization_percent", "%", kBoth, kHigher, "Wavefronts that passed the data stage of L1 and shared memory, of one per cycle and SM over the duration.", "100 * gpu.sm.lsu.l1tex_data_pipe_lsu_wavefronts / (cycles * peaks.sms)"});
    t.push_back({"l1_tag_utilization_percent", "%", kBoth, kHigher, "Cycles in which the tag stage of L1 was used, of all SM-cycles of the duration.", "100 * gpu.sm.l1_cache.l1tex_t_output_wavefronts / (cycles * peaks.sms)"});
    t.push_back({"l1_bank_conflict_ways", "", kBoth, kLower, "Wavefronts of global and local accesses per wavefront their width needs; 1 without conflicts.",
                 "gpu.sm.lsu.l1tex_data_pipe_lsu_wavefronts_mem_lg / (gpu.sm.lsu.l1tex_data_pipe_lsu_wavefronts_mem_lg - gpu.sm.lsu.l1tex_data_bank_conflicts_mem_lg)"});
    t.push_back({"constant_cache_hit_rate_percent", "%", kBoth, kHigher, "Share of the 64-byte constant lines looked up that the first level held.", "100 * gpu.sm.constant_cache.hits / gpu.sm.constant_cache.lookups"});
}

void add_shared(Table& t) {
    t.push_back({"shared_utilization_percent", "%", kBoth, kHigher, "Wavefronts of shared-memory accesses, of one per cycle and SM over the duration.", "100 * gpu.sm.shared_memory.wavefronts_mem_shared / (cycles * peaks.sms)"});
    t.push_back({"shared_wavefronts_per_request", "wavefronts", kBoth, kLower, "Wavefronts per shared-memory instruction; more than 1 for wide accesses and bank conflicts.",
                 "gpu.sm.shared_memory.wavefronts_mem_shared / (gpu.sm.shared_memory.shared_requests_ld + gpu.sm.shared_memory.shared_requests_st + gpu.sm.shared_memory.shared_requests_atom)"});
    t.push_back({"shared_bank_conflict_ways", "", kBoth, kLower, "Wavefronts of shared-memory accesses per wavefront their width needs; n for n-way bank conflicts, 1 without conflicts.",
                 "gpu.sm.shared_memory.wavefronts_mem_shared / (gpu.sm.shared_memory.wavefronts_mem_shared - gpu.sm.shared_memory.data_bank_conflicts_ld - gpu.sm.shared_memory.data_bank_conflicts_st - gpu.sm.shared_memory.data_bank_conflicts_atom)"});
    t.push_back({"shared_bank_conflicts", "wavefronts", kBoth, kLower, "Wavefronts of shared-memory accesses beyond those of their width.",
                 "gpu.sm.shared_memory.data_bank_conflicts_ld + gpu.sm.shared_memory.data_bank_conflicts_st + gpu.sm.shared_memory.data_bank_conflicts_atom"});
}

void add_l2(Table& t) {
    const std::string sectors = "(gpu.l2.lts_t_sectors_op_read + gpu.l2.lts_t_sectors_op_write + gpu.l2.lts_t_sectors_op_atom + gpu.l2.lts_t_sectors_op_red)";
    t.push_back({"l2_hit_rate_percent", "%", kBoth, kHigher, "Share of the sectors read from L2 that were present.", "100 * gpu.l2.lts_t_sectors_op_read_lookup_hit / gpu.l2.lts_t_sectors_op_read"});
    t.push_back({"l2_sectors_per_request_read", "sectors", kBoth, kHigher, "Sectors per read request to L2, of 4 in a line.", "gpu.l2.lts_t_sectors_op_read / gpu.l2.lts_t_requests_op_read"});
    t.push_back({"l2_read_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes of the sectors read from L2 per second.", "32 * gpu.l2.lts_t_sectors_op_read / time_ns"});
    t.push_back({"l2_write_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes of the sectors written, or changed by atomics and reductions, in L2 per second.", "32 * (gpu.l2.lts_t_sectors_op_write + gpu.l2.lts_t_sectors_op_atom + gpu.l2.lts_t_sectors_op_red) / time_ns"});
    t.push_back({"l2_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes of all sectors looked up in L2 per second.", fmt::format("32 * {} / time_ns", sectors)});
    t.push_back({"l2_peak_bandwidth_gbs", "GB/s", kRun, kHigher, "Bytes the data arrays of all L2 slices move per second at the configured clock.", "peaks.l2_gb_s"});
    t.push_back({"l2_utilization_percent", "%", kBoth, kHigher, "Achieved L2 bandwidth, of its peak.", fmt::format("100 * 32 * {} / time_ns / peaks.l2_gb_s", sectors)});
    t.push_back({"l2_far_percent", "%", kBoth, kLower, "Share of the sectors read from L2 that had to be asked of the other partition.", "100 * gpu.l2.far_read_sectors / gpu.l2.lts_t_sectors_op_read"});
    t.push_back({"noc_request_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes of messages from SMs to L2 per second, headers included.", "(gpu.noc.request.read_bytes + gpu.noc.request.write_bytes + gpu.noc.request.atomic_bytes + gpu.noc.request.reduction_bytes) / time_ns"});
    t.push_back({"noc_reply_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes of messages from L2 to SMs per second, headers included.", "(gpu.noc.reply.read_bytes + gpu.noc.reply.write_bytes + gpu.noc.reply.atomic_bytes + gpu.noc.reply.reduction_bytes) / time_ns"});
}

void add_dram(Table& t) {
    t.push_back({"dram_read_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes read from DRAM per second.", "32 * gpu.dram.read_atoms / time_ns"});
    t.push_back({"dram_write_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes written to DRAM per second.", "32 * gpu.dram.write_atoms / time_ns"});
    t.push_back({"dram_bandwidth_gbs", "GB/s", kBoth, kHigher, "Bytes read from and written to DRAM per second.", "32 * (gpu.dram.read_atoms + gpu.dram.write_atoms) / time_ns"});
    t.push_back({"dram_peak_bandwidth_gbs", "GB/s", kRun, kHigher, "Bytes the pins of all DRAM channels move per second.", "peaks.dram_gb_s"});
    t.push_back({"dram_utilization_percent", "%", kBoth, kHigher, "Achieved DRAM bandwidth, of the peak at the pins.", "100 * 32 * (gpu.dram.read_atoms + gpu.dram.write_atoms) / time_ns / peaks.dram_gb_s"});
    t.push_back({"dram_row_hit_rate_percent", "%", kBoth, kHigher, "Share of the 32-byte atoms whose row was open when their turn came.", "100 * gpu.dram.row_hits / (gpu.dram.row_hits + gpu.dram.row_misses + gpu.dram.row_conflicts)"});
    t.push_back({"dram_read_latency_cycles", "cycles", kBoth, kLower, "Ticks of the memory clock from a read atom's acceptance by its channel until its reply was ready, on average.", "gpu.dram.read_latency / gpu.dram.read_atoms"});
}

} // namespace

void add_memory_metrics(Table& t) {
    add_l1(t);
    add_shared(t);
    add_l2(t);
    add_dram(t);
}

} // namespace heddle::metrics
