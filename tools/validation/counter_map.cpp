#include "tools/validation/counter_map.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace heddle::validation {

namespace {

constexpr Scale kRatio = Scale::Ratio, kPoints = Scale::Points;

// Issue stalls: resident warps a scheduler that wait for a reason, per issued instruction; ours are sums over warps and cycles.
#define STALL(name, ours)                                                                                                                  \
    Counter { "smsp__average_warps_issue_stalled_" name "_per_issue_active.ratio", "", "", "warps/issue", "counters.gpu.sm.sub_core.warp_states." ours " / warp_instructions", kRatio }
#define PIPE(name, ours)                                                                                                                   \
    Counter { "sm__inst_executed_pipe_" name ".sum", "", "", "inst", "counters.gpu.sm.sub_core.inst_executed_pipe." ours, kRatio }
#define L1(what, memory, op, hit)                                                                                                          \
    Counter { "l1tex__t_" what "_pipe_lsu_mem_" memory "_op_" op hit ".sum", "", "", what, "counters.gpu.sm.l1_cache.l1tex_t_" what "_" op "_" memory hit, kRatio }
#define L2(op)                                                                                                                             \
    Counter { "lts__t_sectors_op_" op ".sum", "", "", "sectors", "counters.gpu.l2.lts_t_sectors_op_" op " + counters.gpu.l2.lts_t_sectors_srcunit_ltcfabric_op_" op, kRatio }
#define L2_HIT(op)                                                                                                                         \
    Counter { "lts__t_sectors_op_" op "_lookup_hit.sum", "", "", "sectors", "counters.gpu.l2.lts_t_sectors_op_" op "_lookup_hit", kRatio }

const std::vector<Counter> kTable = {
    {"sm__cycles_elapsed.max", "Elapsed Cycles", "", "cycles", "cycles", kRatio},
    {"gpc__cycles_elapsed.max", "", "", "cycles", "cycles", kRatio},
    {"gpu__time_duration.sum", "Duration", "", "ns", "time_ns", kRatio},
    {"sm__cycles_active.avg", "SM Active Cycles", "", "cycles", "active_sm_cycles / sms", kRatio},
    {"smsp__inst_executed.sum", "Executed Instructions", "", "inst", "warp_instructions", kRatio},
    // Ours are lanes that are active and whose guard is true; Nsight Compute's smsp__thread_inst_executed has no counterpart.
    {"smsp__thread_inst_executed_pred_on.sum", "", "", "inst", "thread_instructions", kRatio},
    {"smsp__thread_inst_executed_pred_on_per_inst_executed.ratio", "Avg. Not Predicated Off Threads Per Warp", "", "threads", "lanes_per_instruction", kRatio},
    {"sm__inst_executed.avg.per_cycle_active", "Executed Ipc Active", "", "inst/cycle", "ipc_active_sm", kRatio},
    {"sm__warps_active.avg.pct_of_peak_sustained_active", "Achieved Occupancy", "", "%", "100 * occupancy", kPoints},
    {"smsp__issue_active.avg.pct_of_peak_sustained_active", "One or More Eligible", "", "%", "100 * stalls.issued", kPoints},
    {"launch__registers_per_thread", "Registers Per Thread", "", "registers", "registers_per_thread", kRatio},
    {"l1tex__t_sector_hit_rate.pct", "L1/TEX Hit Rate", "", "%",
     "100 * (counters.gpu.sm.l1_cache.l1tex_t_sectors_ld_global_lookup_hit + counters.gpu.sm.l1_cache.l1tex_t_sectors_ld_local_lookup_hit + counters.gpu.sm.l1_cache.l1tex_t_sectors_st_global_lookup_hit + counters.gpu.sm.l1_cache.l1tex_t_sectors_st_local_lookup_hit) / (counters.gpu.sm.l1_cache.l1tex_t_sectors_ld_global + counters.gpu.sm.l1_cache.l1tex_t_sectors_ld_local + counters.gpu.sm.l1_cache.l1tex_t_sectors_st_global + counters.gpu.sm.l1_cache.l1tex_t_sectors_st_local)", kPoints},
    L1("requests", "global", "ld", ""), L1("sectors", "global", "ld", ""), L1("sectors", "global", "ld", "_lookup_hit"),
    L1("requests", "global", "st", ""), L1("sectors", "global", "st", ""), L1("sectors", "global", "st", "_lookup_hit"),
    L1("requests", "local", "ld", ""), L1("sectors", "local", "ld", ""), L1("sectors", "local", "ld", "_lookup_hit"),
    L1("requests", "local", "st", ""), L1("sectors", "local", "st", ""), L1("sectors", "local", "st", "_lookup_hit"),
    L1("sectors", "global", "atom", ""), L1("sectors", "global", "red", ""),
    {"l1tex__data_pipe_lsu_wavefronts.sum", "", "", "wavefronts", "counters.gpu.sm.lsu.l1tex_data_pipe_lsu_wavefronts", kRatio},
    {"l1tex__data_pipe_lsu_wavefronts_mem_shared.sum", "", "", "wavefronts", "counters.gpu.sm.shared_memory.wavefronts_mem_shared", kRatio},
    {"l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_ld.sum", "", "", "conflicts", "counters.gpu.sm.shared_memory.data_bank_conflicts_ld", kRatio},
    {"l1tex__data_bank_conflicts_pipe_lsu_mem_shared_op_st.sum", "", "", "conflicts", "counters.gpu.sm.shared_memory.data_bank_conflicts_st", kRatio},
    L2("read"), L2("write"), L2("atom"), L2("red"),
    {"lts__t_sectors_srcunit_tex_op_read.sum", "", "", "sectors", "counters.gpu.l2.lts_t_sectors_op_read", kRatio},
    {"lts__t_sectors_srcunit_ltcfabric_aperture_device_op_read.sum", "", "", "sectors", "counters.gpu.l2.lts_t_sectors_srcunit_ltcfabric_op_read", kRatio},
    {"lts__t_sectors_srcunit_ltcfabric_aperture_device_op_write.sum", "", "", "sectors", "counters.gpu.l2.lts_t_sectors_srcunit_ltcfabric_op_write", kRatio},
    {"l1tex__m_xbar2l1tex_read_sectors.sum", "", "", "sectors", "counters.gpu.sm.l1_cache.l1tex_m_xbar2l1tex_read_sectors", kRatio},
    L2_HIT("read"), L2_HIT("write"), L2_HIT("atom"), L2_HIT("red"),
    {"lts__t_sector_op_read_hit_rate.pct", "", "", "%", "100 * l2.hit_rate", kPoints},
    {"lts__t_sector_hit_rate.pct", "L2 Hit Rate", "", "%",
     "100 * (counters.gpu.l2.lts_t_sectors_op_read_lookup_hit + counters.gpu.l2.lts_t_sectors_op_write_lookup_hit + counters.gpu.l2.lts_t_sectors_op_atom_lookup_hit + counters.gpu.l2.lts_t_sectors_op_red_lookup_hit) / (counters.gpu.l2.lts_t_sectors_op_read + counters.gpu.l2.lts_t_sectors_op_write + counters.gpu.l2.lts_t_sectors_op_atom + counters.gpu.l2.lts_t_sectors_op_red)", kPoints},
    {"dram__bytes_read.sum", "", "", "bytes", "dram.read_bytes", kRatio},
    {"dram__bytes_write.sum", "", "", "bytes", "dram.write_bytes", kRatio},
    {"dram__bytes.sum", "", "", "bytes", "dram.read_bytes + dram.write_bytes", kRatio},
    {"dram__bytes.sum.per_second", "Memory Throughput", "Memory Workload Analysis", "bytes/s", "dram.bandwidth_gb_s * 1000000000", kRatio},
    {"dram__throughput.avg.pct_of_peak_sustained_elapsed", "DRAM Throughput", "", "%", "dram.percent_of_peak", kPoints},
    PIPE("alu", "alu"), PIPE("fma", "fma"), PIPE("fp16", "fp16"), PIPE("fp64", "fp64"), PIPE("xu", "xu"), PIPE("lsu", "lsu"), PIPE("tensor", "tensor"), PIPE("uniform", "uniform"),
    STALL("barrier", "barrier"), STALL("branch_resolving", "branch_resolving"), STALL("dispatch_stall", "dispatch_stall"), STALL("drain", "drain"),
    STALL("gmma", "gmma"), STALL("lg_throttle", "lg_throttle"), STALL("long_scoreboard", "long_scoreboard"), STALL("math_pipe_throttle", "math_pipe_throttle"), STALL("membar", "membar"),
    STALL("mio_throttle", "mio_throttle"), STALL("misc", "misc"), STALL("no_instruction", "no_instruction"), STALL("not_selected", "not_selected"),
    STALL("selected", "selected"), STALL("short_scoreboard", "short_scoreboard"), STALL("sleeping", "sleeping"), STALL("tex_throttle", "tex_throttle"), STALL("wait", "wait"),
};

struct UnitFactor {
    const char* unit;
    double factor;
};
// Prefixes of ncu are decimal.
constexpr UnitFactor kUnits[] = {
    {"nsecond", 1}, {"ns", 1}, {"usecond", 1e3}, {"us", 1e3}, {"msecond", 1e6}, {"ms", 1e6}, {"second", 1e9}, {"s", 1e9}, // to nanoseconds
    {"byte", 1}, {"Kbyte", 1e3}, {"Mbyte", 1e6}, {"Gbyte", 1e9}, {"Tbyte", 1e12},
    {"byte/second", 1}, {"Kbyte/second", 1e3}, {"Mbyte/second", 1e6}, {"Gbyte/second", 1e9}, {"Tbyte/second", 1e12},
    {"byte/s", 1}, {"Kbyte/s", 1e3}, {"Mbyte/s", 1e6}, {"Gbyte/s", 1e9}, {"Tbyte/s", 1e12},
    {"Kinst", 1e3}, {"Minst", 1e6}, {"Ksector", 1e3}, {"Msector", 1e6}, {"Kcycle", 1e3}, {"Mcycle", 1e6},
};

} // namespace

const std::vector<Counter>& counter_table() { return kTable; }

const Counter* find_counter(std::string_view metric) {
    const auto at = std::find_if(kTable.begin(), kTable.end(), [&](const Counter& c) { return metric == c.metric; });
    return at == kTable.end() ? nullptr : &*at;
}

const Counter* find_counter(std::string_view section, std::string_view display) {
    if (const Counter* direct = find_counter(display)) return direct; // --metrics prints names, not display names
    const auto at = std::find_if(kTable.begin(), kTable.end(), [&](const Counter& c) {
        return !display.empty() && display == c.display && (std::string_view(c.section).empty() || section == c.section);
    });
    return at == kTable.end() ? nullptr : &*at;
}

std::optional<double> ncu_value(const std::string& text, const std::string& unit) {
    std::string digits;
    for (const char c : text)
        if (c != ',' && c != ' ') digits += c;
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(value)) return std::nullopt;
    for (const UnitFactor& known : kUnits)
        if (unit == known.unit) return value * known.factor;
    return value;
}

std::string counter_table_text() {
    std::string out = "| Nsight Compute | in the details output | unit | of run.json, per kernel |\n|---|---|---|---|\n";
    for (const Counter& c : kTable) out += fmt::format("| `{}` | {} | {} | `{}` |\n", c.metric, c.display, c.unit, c.value);
    return out;
}

} // namespace heddle::validation
