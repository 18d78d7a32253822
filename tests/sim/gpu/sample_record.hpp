// A small run record made by hand: the machine's own statistics groups under the machine's paths, with round values.
#pragma once

#include "sim/dram/dram_stats.hpp"
#include "sim/gpu/run_record.hpp"
#include "sim/l2/l2_stats.hpp"
#include "sim/sm/l1_cache.hpp"
#include "sim/sm/sm.hpp"
#include "sim/sm/sm_stats.hpp"

namespace heddle::test {

// One SM of two sub-cores, an L2 slice and a DRAM channel that have counted.
struct SampleMachine {
    SmStats sm;
    SubCoreStats sub_core[2];
    StallStats slots[2], states[2];
    L1CacheStats l1;
    L2SliceStats l2;
    DramStats dram;
    StatTree tree;

    SampleMachine() {
        tree.add("gpu.sm[0]", sm);
        for (unsigned i = 0; i < 2; ++i) {
            const std::string path = "gpu.sm[0].sub_core[" + std::to_string(i) + "]";
            tree.add(path, sub_core[i]);
            tree.add(path + ".issue_slots", slots[i]);
            tree.add(path + ".warp_states", states[i]);
        }
        tree.add("gpu.sm[0].l1_cache", l1);
        tree.add("gpu.l2[0]", l2);
        tree.add("gpu.dram[0]", dram);
    }
    Counters counters() const { return {tree.families(tree.snapshot())}; }
};

// A kernel of 1000 cycles at 1 GHz: 1 µs. 500 warp instructions, 25 % of issue slots used; L1 hits 1/4, L2 hits 1/3,
// 3.2 KB read from DRAM and 1.6 KB written at a peak of 9.6 GB/s, 64,000 FP32 operations at a peak of 128 GFLOP/s.
inline void count_one_kernel(SampleMachine& m) {
    m.sm.active_cycles += 1000;
    for (unsigned i = 0; i < 2; ++i) {
        m.sub_core[i].active_cycles += 1000;
        m.sub_core[i].warp_instructions += 250;
        m.sub_core[i].thread_instructions += 4000;
        m.sub_core[i].warp_cycles += 4000;
        m.sub_core[i].flops_fp32 += 32000;
        m.slots[i].selected += 250;
        m.slots[i].long_scoreboard += 700;
        m.slots[i].no_warp += 50;
        m.states[i].selected += 250;
        m.states[i].long_scoreboard += 3750;
    }
    m.l1.l1tex_t_sectors_ld_global += 300;
    m.l1.l1tex_t_sectors_ld_local += 100;
    m.l1.l1tex_t_sectors_ld_global_lookup_hit += 100;
    m.l1.l1tex_t_sectors_st_global += 60;
    m.l2.sectors[0] += 300;
    m.l2.hits[0] += 100;
    m.l2.sectors[1] += 60;
    m.dram.read_atoms += 100;
    m.dram.write_atoms += 50;
    m.dram.row_hits += 120;
    m.dram.row_misses += 20;
    m.dram.row_conflicts += 10;
}

inline RunRecord sample_record() {
    SampleMachine machine;
    count_one_kernel(machine);
    RunRecord r;
    r.heddle_version = "1.2.3";
    r.gpu = "Test GPU";
    r.config_hash = "00000000000000cc";
    r.config_files = {"test.yaml", "--set sm.sub_cores=2"};
    r.config_values = {{"sm.sub_cores", "2"}, {"dram.latency", "33 cycles"}};
    r.sources = {{"vendor", 7}, {"measured", 0}, {"assumed", 3}};
    r.trace = "some/kernelslist.g";
    r.trace_digest = "00000000000000dd";
    r.cache = "cold: L2 is empty when a kernel starts";
    r.run_hash = "00000000000000aa";
    r.peaks = {1'000'000'000, 1, 2, 16, 9.6e9, 32e9, 128e9, 1e12, 64e9};
    KernelRecord k;
    k.name = "_Z9vectorAddPKfS0_Pfi";
    k.id = 1;
    k.grid = {4, 1, 1};
    k.block = {256, 1, 1};
    k.registers_per_thread = 16;
    k.ctas_per_sm = 8;
    k.occupancy_limit = "warps";
    k.ctas = 4;
    k.start = 0;
    k.end = 1000 * kNanosecond;
    k.cycles = 1000;
    k.warp_instructions = 500;
    k.thread_instructions = 8000;
    k.counters = machine.counters();
    r.kernels.push_back(k);
    r.end = k.end;
    r.sm_clock = 1'000'000'000;
    r.total = machine.counters();
    r.active_sm_cycles = 1000;
    r.warp_instructions = 500;
    r.thread_instructions = 8000;
    r.notes.assumptions = {"dependences come from a scoreboard: the trace has no control bits"};
    r.host = {0.5, 0.25, 2 * kMiB, 1, "loop"};
    return r;
}

} // namespace heddle::test
