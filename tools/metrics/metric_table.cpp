// The table of metrics: what is computed is what is printed.
#include "tools/metrics/metric_tables.hpp"

#include <fmt/format.h>

namespace heddle::metrics {

namespace {

constexpr Scope kBoth = Scope::Both, kKernel = Scope::Kernel, kRun = Scope::Run;
constexpr Better kNone = Better::Neither, kHigher = Better::Higher, kLower = Better::Lower;

using Table = std::vector<Metric>;

void add_time(Table& t) {
    t.push_back({"time_us", "us", kBoth, kLower, "Duration: of a kernel, from when its first CTA may be dispatched until its last store is acknowledged; of a run, until its last kernel ends.", "time_ns / 1000"});
    t.push_back({"cycles", "cycles", kBoth, kLower, "The duration in cycles of the SM clock.", "cycles"});
    t.push_back({"sm_clock_mhz", "MHz", kBoth, kNone, "The SM clock, its mean over the duration.", "1000 * cycles / time_ns"});
    t.push_back({"kernels", "kernels", kRun, kNone, "Launches that were simulated.", "kernels.count"});
    t.push_back({"kernel_time_us", "us", kRun, kLower, "Sum of the kernels' durations.", "kernels.time_ns / 1000"});
    t.push_back({"kernel_busy_percent", "%", kRun, kHigher, "Share of the run in which any kernel ran; the rest is launch latency.", "100 * kernels.busy_ns / time_ns"});
    t.push_back({"kernel_concurrency", "", kRun, kNone, "Kernels running at once, on average over the time in which any ran.", "kernels.time_ns / kernels.busy_ns"});
}

void add_instructions(Table& t) {
    t.push_back({"warp_instructions", "instructions", kBoth, kNone, "Executed warp instructions.", "warp_instructions"});
    t.push_back({"thread_instructions", "instructions", kBoth, kNone, "Active lanes with a true predicate, summed over executed warp instructions.", "thread_instructions"});
    t.push_back({"ipc", "inst/cycle", kBoth, kHigher, "Executed warp instructions per SM-clock cycle of the duration, whole GPU.", "warp_instructions / cycles"});
    t.push_back({"ipc_per_active_sm", "inst/cycle", kBoth, kHigher, "Executed warp instructions per cycle and SM, of cycles in which the SM had a CTA.", "gpu.sm.sub_core.inst_executed / gpu.sm.active_cycles"});
    t.push_back({"issue_active_percent", "%", kBoth, kHigher, "Share of the issue slots of SMs with a CTA in which an instruction was issued.", "100 * gpu.sm.sub_core.issue_slots.selected / gpu.sm.sub_core.active_cycles"});
    t.push_back({"lanes_per_instruction", "threads", kBoth, kHigher, "Active lanes with a true predicate per executed warp instruction.", "thread_instructions / warp_instructions"});
    t.push_back({"warp_execution_efficiency_percent", "%", kBoth, kHigher, "Active lanes with a true predicate per executed warp instruction, of 32.", "100 * thread_instructions / (32 * warp_instructions)"});
    t.push_back({"predicated_off_percent", "%", kBoth, kLower, "Share of warp instructions that were issued for no lane.", "100 * gpu.sm.sub_core.inst_predicated_off / gpu.sm.sub_core.inst_executed"});
    t.push_back({"branches_taken_percent", "%", kBoth, kNone, "Share of warp instructions after which the warp's path was not sequential.", "100 * gpu.sm.sub_core.branches_taken / gpu.sm.sub_core.inst_executed"});
    t.push_back({"instruction_cache_l0_hit_rate_percent", "%", kBoth, kHigher, "Share of the instruction lines that warps went on to that the L0 instruction cache held.", "100 * (1 - gpu.sm.instruction_cache.l0_misses / gpu.sm.instruction_cache.l0_requests)"});
}

void add_occupancy(Table& t) {
    t.push_back({"sm_active_percent", "%", kBoth, kHigher, "Share of SM-cycles of the duration in which the SM had a CTA.", "100 * gpu.sm.active_cycles / (cycles * peaks.sms)"});
    t.push_back({"resident_warps", "warps", kBoth, kNone, "Resident warps per SM, of cycles in which the SM had a CTA.", "gpu.sm.sub_core.warps_active / gpu.sm.active_cycles"});
    t.push_back({"occupancy_percent", "%", kBoth, kHigher, "Achieved occupancy: resident warps per SM with a CTA, of the warps an SM can hold.", "100 * gpu.sm.sub_core.warps_active / (gpu.sm.active_cycles * peaks.warps_per_sm)"});
    t.push_back({"theoretical_occupancy_percent", "%", kKernel, kHigher, "Warps of the CTAs that fit an SM at once, of the warps an SM can hold; occupancy_limit in run.json names what limits it.", "100 * ctas_per_sm * ceil(block.0 * block.1 * block.2 / 32) / peaks.warps_per_sm"});
    t.push_back({"registers_per_thread", "registers", kKernel, kNone, "Registers a thread has.", "registers_per_thread"});
    t.push_back({"shared_memory_per_cta_bytes", "B", kKernel, kNone, "Static and dynamic shared memory of a CTA.", "shared_bytes"});
    t.push_back({"ctas", "CTAs", kKernel, kNone, "CTAs of the grid.", "ctas"});
    t.push_back({"ctas_per_sm", "CTAs", kKernel, kHigher, "CTAs that fit an SM at once.", "ctas_per_sm"});
    t.push_back({"waves", "waves", kKernel, kNone, "CTAs of the grid over the CTAs that all SMs hold at once (waves per SM).", "ctas / (ctas_per_sm * peaks.sms)"});
    t.push_back({"tail_effect_percent", "%", kKernel, kLower, "CTA places of the last wave that stay empty, of the places of all waves: what is lost if all CTAs take equally long.", "100 * (1 - waves / ceil(waves))"});
}

constexpr const char* kFlops = "(gpu.sm.sub_core.flops_fp16 + gpu.sm.sub_core.flops_fp32 + gpu.sm.sub_core.flops_fp64 + gpu.sm.sub_core.flops_tensor)";

void add_arithmetic(Table& t) {
    struct Precision {
        const char *name, *what, *peak;
    };
    for (const Precision& p : {Precision{"fp16", "Half-precision operations outside tensor cores", nullptr},
                               Precision{"fp32", "Single-precision operations outside tensor cores", "peaks.fp32_tflop_per_s"},
                               Precision{"fp64", "Double-precision operations outside tensor cores", "peaks.fp64_tflop_per_s"},
                               Precision{"tensor", "Tensor-core operations, two per multiply-add,", "peaks.fp16_tensor_tflop_per_s"}}) {
        const std::string flops = fmt::format("gpu.sm.sub_core.flops_{}", p.name);
        t.push_back({fmt::format("{}_tflops", p.name), "TFLOP/s", kBoth, kHigher, fmt::format("{} per second.", p.what), fmt::format("{} / time_ns / 1000", flops)});
        if (p.peak == nullptr) continue;
        const bool tensor = p.name == std::string_view("tensor");
        t.push_back({fmt::format("{}_peak_tflops", p.name), "TFLOP/s", kRun, kHigher, fmt::format("Peak of {}, at the configured clock{}.", p.name, tensor ? ": dense FP16" : ""), p.peak});
        t.push_back({fmt::format("{}_utilization_percent", p.name), "%", kBoth, kHigher,
                     fmt::format("{} per second, of the peak{}.", p.what, tensor ? " of dense FP16, whatever their type" : ""), fmt::format("100 * {} / time_ns / 1000 / {}", flops, p.peak)});
    }
    for (const auto& [name, key, what, unit] : {std::tuple{"tensor_fp16", "fp16", "FP16", "TFLOP/s"}, std::tuple{"tensor_bf16", "bf16", "BF16", "TFLOP/s"}, std::tuple{"tensor_tf32", "tf32", "TF32", "TFLOP/s"},
                                                std::tuple{"tensor_fp64", "fp64", "FP64", "TFLOP/s"}, std::tuple{"tensor_fp8", "fp8", "FP8", "TFLOP/s"}, std::tuple{"tensor_int8", "int8", "INT8", "TOP/s"}}) {
        const char* suffix = unit[1] == 'O' ? "tops" : "tflops";
        t.push_back({fmt::format("{}_{}", name, suffix), unit, kBoth, kHigher, fmt::format("Tensor-core operations on {}, two per multiply-add, per second.", what), fmt::format("tensor_operations.{} / time_ns / 1000", key)});
        t.push_back({fmt::format("{}_peak_{}", name, suffix), unit, kRun, kHigher, fmt::format("Peak of tensor cores on dense {} at the configured clock; 0 where they do not take it.", what), fmt::format("peaks.tensor_tflop_per_s.{}", key)});
        t.push_back({fmt::format("{}_utilization_percent", name), "%", kBoth, kHigher, fmt::format("Tensor-core operations on {} per second, of their dense peak.", what), fmt::format("100 * tensor_operations.{0} / time_ns / 1000 / peaks.tensor_tflop_per_s.{0}", key)});
    }
    t.push_back({"total_tflops", "TFLOP/s", kBoth, kHigher, "Floating-point operations of all precisions per second, tensor cores included.", fmt::format("{} / time_ns / 1000", kFlops)});
    t.push_back({"fp64_to_fp32_peak_ratio", "", kRun, kNone, "Peak rate of FP64 over that of FP32, outside tensor cores.", "peaks.fp64_tflop_per_s / peaks.fp32_tflop_per_s"});
    t.push_back({"tensor_to_fp32_peak_ratio", "", kRun, kNone, "Peak rate of dense FP16 on tensor cores over that of FP32 outside them.", "peaks.fp16_tensor_tflop_per_s / peaks.fp32_tflop_per_s"});
    t.push_back({"tensor_tf32_to_fp16_peak_ratio", "", kRun, kNone, "Peak rate of TF32 over that of FP16 on tensor cores.", "peaks.tensor_tflop_per_s.tf32 / peaks.tensor_tflop_per_s.fp16"});
    t.push_back({"tensor_fp8_to_fp16_peak_ratio", "", kRun, kNone, "Peak rate of FP8 over that of FP16 on tensor cores.", "peaks.tensor_tflop_per_s.fp8 / peaks.tensor_tflop_per_s.fp16"});
    t.push_back({"tensor_fp64_to_fp64_peak_ratio", "", kRun, kNone, "Peak rate of FP64 on tensor cores over that outside them.", "peaks.tensor_tflop_per_s.fp64 / peaks.fp64_tflop_per_s"});
    t.push_back({"fp64_to_fp32_ratio", "", kBoth, kNone, "FP64 operations per FP32 operation executed, outside tensor cores.", "gpu.sm.sub_core.flops_fp64 / gpu.sm.sub_core.flops_fp32"});
    t.push_back({"fp16_to_fp32_ratio", "", kBoth, kNone, "FP16 operations per FP32 operation executed, outside tensor cores.", "gpu.sm.sub_core.flops_fp16 / gpu.sm.sub_core.flops_fp32"});
    t.push_back({"tensor_flop_share_percent", "%", kBoth, kNone, "Share of the floating-point operations that tensor cores executed.", fmt::format("100 * gpu.sm.sub_core.flops_tensor / {}", kFlops)});
    for (const auto& [level, bytes] : {std::pair{"dram", "(32 * (gpu.dram.read_atoms + gpu.dram.write_atoms))"}, std::pair{"l2", "l2.bytes"}, std::pair{"l1", "(32 * l1_sectors)"}})
        t.push_back({fmt::format("arithmetic_intensity_{}_flop_per_byte", level), "FLOP/B", kBoth, kNone,
                     fmt::format("Floating-point operations of all precisions per byte of {} traffic (the bytes of {}_bandwidth_gbs).", level == std::string_view("dram") ? "DRAM" : level == std::string_view("l2") ? "L2" : "L1", level),
                     fmt::format("{} / {}", kFlops, bytes)});
    t.push_back({"ridge_dram_fp32_flop_per_byte", "FLOP/B", kRun, kNone, "Arithmetic intensity at which the FP32 peak and the DRAM bandwidth of the roofline meet.", "1000 * peaks.fp32_tflop_per_s / peaks.dram_gb_s"});
    t.push_back({"ridge_dram_tensor_flop_per_byte", "FLOP/B", kRun, kNone, "Arithmetic intensity at which the tensor peak (dense FP16) and the DRAM bandwidth of the roofline meet.", "1000 * peaks.fp16_tensor_tflop_per_s / peaks.dram_gb_s"});
}

// Instructions on a pipe times the cycles between two of them, of the issue cycles of active SMs.
void add_pipes(Table& t) {
    struct Row {
        const char *pipe, *kind, *interval;
    };
    for (const Row& r : {Row{"alu", "integer", "config.sm.latency.integer.interval"}, Row{"fma", "FP32", "config.sm.latency.float.interval"},
                         Row{"fp16", "FP16", "config.sm.latency.half.interval"}, Row{"fp64", "FP64", "config.sm.latency.double.interval"},
                         Row{"xu", "transcendental", "config.sm.latency.transcendental.interval"}, Row{"uniform", "uniform", "config.sm.latency.uniform.interval"},
                         Row{"cbu", "branch", "config.sm.latency.branch.interval"}})
        t.push_back({fmt::format("pipe_{}_utilization_percent", r.pipe), "%", kBoth, kHigher,
                     fmt::format("Warp instructions on the {} pipe, of those it could take if all were {} instructions, over the cycles of SMs with a CTA.", r.pipe, r.kind),
                     fmt::format("100 * gpu.sm.sub_core.inst_executed_pipe.{} * {} / gpu.sm.sub_core.active_cycles", r.pipe, r.interval)});
    t.push_back({"pipe_tensor_utilization_percent", "%", kBoth, kHigher, "Share of the cycles of SMs with a CTA in which the input of a tensor core was taken.", "100 * gpu.sm.sub_core.inst_executed_pipe.tensor_busy / gpu.sm.sub_core.active_cycles"});
    t.push_back({"pipe_lsu_utilization_percent", "%", kBoth, kHigher, "Memory instructions that entered the pipeline shared by an SM's sub-cores, of one per dispatch interval, over the cycles of SMs with a CTA.", "100 * gpu.sm.lsu.dispatched * config.sm.memory.lsu.dispatch_interval / gpu.sm.active_cycles"});
    t.push_back({"compute_throughput_percent", "%", kBoth, kHigher, "The highest of issue slots and arithmetic pipes used, over all SM-cycles of the duration (Compute Throughput of the speed of light).",
                 "sm_active_percent / 100 * max(issue_active_percent, pipe_alu_utilization_percent, pipe_fma_utilization_percent, pipe_fp16_utilization_percent, pipe_fp64_utilization_percent, pipe_xu_utilization_percent, pipe_tensor_utilization_percent)"});
    t.push_back({"memory_throughput_percent", "%", kBoth, kHigher, "The highest of L1, L2 and DRAM bandwidth used, of their peaks over the duration (Memory Throughput of the speed of light).",
                 "max(l1_utilization_percent, l2_utilization_percent, dram_utilization_percent)"});
}

void add_stalls(Table& t) {
    static constexpr const char* kReasons[] = {"no_instruction", "branch_resolving", "wait", "short_scoreboard", "long_scoreboard", "barrier", "membar", "gmma", "math_pipe_throttle", "lg_throttle",
                                               "mio_throttle", "tex_throttle", "dispatch_stall", "drain", "sleeping", "misc", "not_selected", "no_warp"};
    for (const char* reason : kReasons) {
        if (reason == std::string_view("not_selected")) continue; // of warps only: such a slot was used by another
        t.push_back({fmt::format("stall_{}_percent", reason), "%", kBoth, kNone, fmt::format("Share of the issue slots of SMs with a CTA that are charged to {}; with issue_active_percent all sum to 100.", reason),
                     fmt::format("100 * gpu.sm.sub_core.issue_slots.{} / gpu.sm.sub_core.active_cycles", reason)});
    }
    for (const char* reason : kReasons) {
        if (reason == std::string_view("no_warp")) continue; // of slots only
        t.push_back({fmt::format("warp_stalled_{}_percent", reason), "%", kBoth, kNone, fmt::format("Share of the cycles of resident warps in state {}; with warp_selected_percent all sum to 100.", reason),
                     fmt::format("100 * gpu.sm.sub_core.warp_states.{} / gpu.sm.sub_core.warps_active", reason)});
    }
    t.push_back({"warp_selected_percent", "%", kBoth, kHigher, "Share of the cycles of resident warps in which the warp issued.", "100 * gpu.sm.sub_core.warp_states.selected / gpu.sm.sub_core.warps_active"});
    t.push_back({"warp_cycles_per_issued_instruction", "cycles", kBoth, kLower, "Cycles of resident warps per issued warp instruction.", "gpu.sm.sub_core.warps_active / gpu.sm.sub_core.inst_executed"});
}

} // namespace

const Table& metric_table() {
    static const Table table = [] {
        Table t;
        add_time(t);
        add_instructions(t);
        add_occupancy(t);
        add_arithmetic(t);
        add_pipes(t);
        add_memory_metrics(t);
        add_stalls(t);
        add_cost_metrics(t);
        return t;
    }();
    return table;
}

} // namespace heddle::metrics
