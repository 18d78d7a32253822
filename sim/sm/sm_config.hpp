// Parameters of a streaming multiprocessor outside its memory side (which is in sm_memory_config.hpp).
#pragma once

#include "sim/config/field.hpp"
#include "sim/isa/instruction.hpp"
#include "sim/sm/sm_memory_config.hpp"
#include "sim/sm/warp_scheduler.hpp"

#include <array>

namespace heddle {

// Resources that decide how many CTAs fit, as cuda_occupancy.h counts them.
struct SmLimitsConfig {
    std::uint32_t warps = 64;
    std::uint32_t ctas = 32;
    std::uint32_t registers = 65536;
    std::uint32_t register_allocation_unit = 256;
    std::uint32_t max_registers_per_thread = 255;
    std::uint32_t max_threads_per_cta = 1024;
    Bytes shared_allocation_unit = 128;
    Bytes reserved_shared_per_cta = 1024;
    Bytes max_shared_per_cta = 227 * kKiB;
    std::vector<Bytes> shared_carve_outs{0, 8 * kKiB, 16 * kKiB, 32 * kKiB, 64 * kKiB, 100 * kKiB, 132 * kKiB, 164 * kKiB, 196 * kKiB, 228 * kKiB};
    std::uint32_t barriers_per_cta_slot = 2; // 0: not limited by barriers

    void describe(config::Section& s) {
        using config::Unit;
        s.field("warps", warps, Unit::Count, {4, 64}, "Resident warps per SM.");
        s.field("ctas", ctas, Unit::Count, {1, 32}, "Resident CTAs per SM.");
        s.field("registers", registers, Unit::Count, {1024, 1 << 20}, "32-bit registers per SM.");
        s.field("register_allocation_unit", register_allocation_unit, Unit::Count, {32, 4096}, "Registers of a warp are allocated in multiples of this.");
        s.field("max_registers_per_thread", max_registers_per_thread, Unit::Count, {16, 255}, "Largest register count of a thread.");
        s.field("max_threads_per_cta", max_threads_per_cta, Unit::Count, {32, 2048}, "Largest CTA.");
        s.field("shared_allocation_unit", shared_allocation_unit, Unit::Bytes, {1, 4096}, "Shared memory of a CTA is allocated in multiples of this.");
        s.field("reserved_shared_per_cta", reserved_shared_per_cta, Unit::Bytes, {0, 16 * kKiB}, "Shared memory the system takes from every CTA.");
        s.field("max_shared_per_cta", max_shared_per_cta, Unit::Bytes, {0, kMiB}, "Largest shared memory of one CTA, without the reserved part.");
        s.list("shared_carve_outs", shared_carve_outs, Unit::Bytes, {0, kMiB}, "Sizes the shared memory of an SM can be configured to, ascending; L1 gets the rest.");
        s.field("barriers_per_cta_slot", barriers_per_cta_slot, Unit::Count, {0, 16}, "Size of the barrier pool over the CTA limit; 0 for no limit.");
        s.check("shared_carve_outs", [this] {
            for (std::size_t i = 1; i < shared_carve_outs.size(); ++i)
                if (shared_carve_outs[i] <= shared_carve_outs[i - 1]) return std::string{"sizes must ascend"};
            return std::string{shared_carve_outs.empty() ? "needs at least one size" : ""};
        });
    }
};

// How long an instruction of one latency class takes.
struct LatencyRow {
    Cycles latency = 4;  // issue to issue of a dependent instruction
    Cycles interval = 2; // cycles its pipe's input is busy
    void describe(config::Section& s) {
        using config::Unit;
        s.field("latency", latency, Unit::Cycles, {1, 4096}, "From issue to the earliest issue of a dependent instruction.");
        s.field("interval", interval, Unit::Cycles, {1, 1024}, "Cycles the input of the pipe is busy with one warp instruction.");
    }
};

struct LatencyTable {
    std::array<LatencyRow, kLatencyClasses> rows;
    const LatencyRow& operator[](LatencyClass c) const { return rows[static_cast<unsigned>(c)]; }
    void describe(config::Section& s) {
        for (unsigned i = 0; i < kLatencyClasses; ++i) {
            const auto latency_class = static_cast<LatencyClass>(i);
            if (latency_class == LatencyClass::Mma || latency_class == LatencyClass::Memory) continue; // from tensor_core and memory
            s.section(name(latency_class), rows[i], "Instructions of the latency class of this name.");
        }
    }
};

struct TensorCoreConfig {
    // Multiply-adds per cycle of one sub-core's tensor core, by element type; 0 where the type is not supported.
    std::uint32_t f16 = 512, tf32 = 256, f64 = 32, s8 = 1024, s4 = 0, b1 = 0, fp8 = 1024;
    double mma_sync_rate = 0.667;
    Cycles latency_base = 8;
    double latency_per_interval = 2.667;
    Cycles minimum_interval = 2;
    double sparse_speedup = 2;
    Bytes shared_bytes_per_cycle = 128;
    Cycles warpgroup_latency = 48;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("f16", f16, Unit::Count, {0, 65536}, "FP16 and BF16 multiply-adds per cycle and sub-core.");
        s.field("tf32", tf32, Unit::Count, {0, 65536}, "TF32 multiply-adds per cycle and sub-core.");
        s.field("f64", f64, Unit::Count, {0, 65536}, "FP64 multiply-adds per cycle and sub-core.");
        s.field("s8", s8, Unit::Count, {0, 65536}, "INT8 multiply-adds per cycle and sub-core.");
        s.field("s4", s4, Unit::Count, {0, 65536}, "INT4 multiply-adds per cycle and sub-core.");
        s.field("b1", b1, Unit::Count, {0, 65536}, "1-bit multiply-adds per cycle and sub-core.");
        s.field("fp8", fp8, Unit::Count, {0, 65536}, "FP8 multiply-adds per cycle and sub-core.");
        s.field("mma_sync_rate", mma_sync_rate, Unit::Ratio, {0.05, 1}, "Share of the peak rate that warp-level mma.sync reaches.");
        s.field("latency_base", latency_base, Unit::Cycles, {0, 256}, "Part of an MMA's latency that does not depend on its shape.");
        s.field("latency_per_interval", latency_per_interval, Unit::Ratio, {0, 64}, "Cycles of latency per cycle of issue interval.");
        s.field("minimum_interval", minimum_interval, Unit::Cycles, {1, 64}, "Smallest distance of two MMA on one tensor core.");
        s.field("sparse_speedup", sparse_speedup, Unit::Ratio, {1, 4}, "Rate of 2:4 sparse MMA over dense MMA of the same shape.");
        s.field("shared_bytes_per_cycle", shared_bytes_per_cycle, Unit::BytesPerCycle, {1, 4096}, "Operands of warpgroup MMA out of shared memory, for the whole SM.");
        s.field("warpgroup_latency", warpgroup_latency, Unit::Cycles, {0, 1000}, "Last warpgroup MMA of a group leaving the tensor core to the group counting as complete.");
    }
};

struct RegisterFileConfig {
    std::uint32_t banks = 2;
    std::uint32_t read_ports = 1;
    std::uint32_t read_window = 3;
    bool reuse_cache = true;
    void describe(config::Section& s) {
        using config::Unit;
        s.field("banks", banks, Unit::Count, {1, 4}, "Register banks of a sub-core; bank = register number modulo this.");
        s.field("read_ports", read_ports, Unit::Count, {1, 4}, "Read ports per bank, 1024 bits each.");
        s.field("read_window", read_window, Unit::Count, {1, 8}, "Cycles within which the operands of one instruction are read.");
        s.field("reuse_cache", reuse_cache, "Whether operands flagged for reuse are kept at the collector.");
        s.check("banks", [this] { return std::string{(banks & (banks - 1)) != 0 ? "must be a power of two" : ""}; });
    }
};

struct InstructionCacheConfig {
    Bytes l0_size = 32 * kKiB;
    std::uint32_t l0_ways = 32;
    Bytes l1_size = 128 * kKiB;
    std::uint32_t l1_ways = 16;
    Cycles l1_latency = 39;
    Cycles miss_latency = 200;
    Bytes launch_prefetch = 64 * kKiB;
    Cycles gpc_latency = 200;
    std::uint32_t prefetch_lines = 8;
    void describe(config::Section& s) {
        using config::Unit;
        s.field("l0_size", l0_size, Unit::Bytes, {1 * kKiB, 256 * kKiB}, "Instruction cache of one sub-core, 128-byte lines.");
        s.field("l0_ways", l0_ways, Unit::Count, {1, 64}, "Associativity of the L0 instruction cache.");
        s.field("l1_size", l1_size, Unit::Bytes, {4 * kKiB, kMiB}, "Instruction cache shared by the SM.");
        s.field("l1_ways", l1_ways, Unit::Count, {1, 64}, "Associativity of the L1 instruction cache.");
        s.field("l1_latency", l1_latency, Unit::Cycles, {1, 1000}, "L0 miss to instructions from the L1 instruction cache.");
        s.field("miss_latency", miss_latency, Unit::Cycles, {1, 5000}, "Added when the line comes from L2.");
        s.field("launch_prefetch", launch_prefetch, Unit::Bytes, {0, 16 * kMiB}, "Code that is brought to the GPC's cache when a kernel is launched, from its beginning.");
        s.field("gpc_latency", gpc_latency, Unit::Cycles, {1, 5000}, "Added when the line comes from the GPC's cache.");
        s.field("prefetch_lines", prefetch_lines, Unit::Count, {0, 64}, "Lines a stream buffer keeps ahead of the line in use.");
    }
};

struct SubCoreConfig {
    SchedulerPolicy warp_scheduler = SchedulerPolicy::GreedyThenYoungest;
    std::uint32_t active_warps = 8;
    std::uint32_t instruction_buffer = 3;
    Cycles fetch_latency = 2;
    Cycles branch_latency = 7;
    RegisterFileConfig register_file;
    void describe(config::Section& s) {
        using config::Unit;
        s.choice("warp_scheduler", warp_scheduler,
                 {{"greedy_then_youngest", SchedulerPolicy::GreedyThenYoungest},
                  {"greedy_then_oldest", SchedulerPolicy::GreedyThenOldest},
                  {"loose_round_robin", SchedulerPolicy::LooseRoundRobin},
                  {"two_level", SchedulerPolicy::TwoLevel}},
                 "Which eligible warp issues.");
        s.field("active_warps", active_warps, Unit::Count, {1, 16}, "Size of the active set of the two_level scheduler.");
        s.field("instruction_buffer", instruction_buffer, Unit::Count, {1, 4}, "Decoded or fetched instructions held per warp.");
        s.field("fetch_latency", fetch_latency, Unit::Cycles, {1, 6}, "Fetch of an instruction to its earliest issue.");
        s.field("branch_latency", branch_latency, Unit::Cycles, {1, 100}, "Issue of a taken branch to the fetch of its target.");
        s.section("register_file", register_file, "Banks, ports and reuse cache.");
    }
};

struct BarrierConfig {
    Cycles latency = 20;
    Cycles arrival_interval = 2;
    void describe(config::Section& s) {
        using config::Unit;
        s.field("latency", latency, Unit::Cycles, {1, 1000}, "Last arrival at a CTA barrier to the release of the waiting warps.");
        s.field("arrival_interval", arrival_interval, Unit::Cycles, {1, 64}, "Cycles the barrier unit takes per arriving warp.");
    }
};

struct SmConfig {
    std::uint32_t sub_cores = 4;
    SmLimitsConfig limits;
    SubCoreConfig sub_core;
    LatencyTable latency;
    TensorCoreConfig tensor_core;
    InstructionCacheConfig instruction_cache;
    BarrierConfig barrier;
    Cycles membar_latency = 53;
    SmMemoryConfig memory;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("sub_cores", sub_cores, Unit::Count, {1, 4}, "Sub-cores (warp schedulers) per SM.");
        s.section("limits", limits, "Resources that decide how many CTAs are resident.");
        s.section("sub_core", sub_core, "Front end, scheduler and register file of a sub-core.");
        s.section("latency", latency, "Fixed latencies and issue intervals by latency class.");
        s.section("tensor_core", tensor_core, "Matrix unit of a sub-core.");
        s.section("instruction_cache", instruction_cache, "Instruction supply.");
        s.section("barrier", barrier, "CTA barriers.");
        s.field("membar_latency", membar_latency, Unit::Cycles, {1, 10000}, "Shortest wait at a memory barrier.");
        s.section("memory", memory, "Load/store unit, L1 cache, shared memory, constant cache.");
        s.check("limits.warps", [this] {
            return std::string{limits.warps % sub_cores != 0 || limits.warps / sub_cores > kMaxWarpsPerSubCore
                                   ? "must be a multiple of sub_cores and at most 16 per sub-core"
                                   : ""};
        });
    }
};

} // namespace heddle
