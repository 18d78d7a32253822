// Statistics of the LSU pipeline and of shared memory, named after Nsight Compute's where it has a counterpart.
#pragma once

#include "sim/stats/stat.hpp"

namespace heddle {

struct LsuStats : StatGroup {
    Stat instructions{this, "instructions", "instructions", "Memory instructions accepted from the sub-cores."};
    Stat dispatched{this, "dispatched", "instructions", "Memory instructions that entered the SM-shared pipeline."};
    Stat dispatch_wait_cycles{this, "dispatch_wait_cycles", "cycles", "Cycles instructions waited, ready, to enter the shared pipeline."};
    Stat l1tex_data_pipe_lsu_wavefronts{this, "l1tex_data_pipe_lsu_wavefronts", "wavefronts", "Wavefronts that passed the data stage."};
    Stat l1tex_data_pipe_lsu_wavefronts_mem_lg{this, "l1tex_data_pipe_lsu_wavefronts_mem_lg", "wavefronts",
                                               "Of those, of local and global accesses."};
    Stat l1tex_data_bank_conflicts_mem_lg{this, "l1tex_data_bank_conflicts_mem_lg", "wavefronts",
                                          "Wavefronts of local and global accesses beyond those of their width."};
    Stat data_stage_wait_cycles{this, "data_stage_wait_cycles", "cycles", "Cycles accesses waited in front of the data stage."};
    Stat return_wait_cycles{this, "return_wait_cycles", "cycles", "Cycles results waited for the return path to their sub-core."};
    Stat shuffles{this, "shuffles", "instructions", "Shuffles."};
    Stat texture_requests{this, "texture_requests", "instructions", "Texture fetches, timed as global loads with extra latency."};
    Stat async_copies{this, "async_copies", "instructions", "LDGSTS instructions."};
    Stat stores_acknowledged{this, "stores_acknowledged", "requests", "Write and reduction requests acknowledged by L2."};
};

struct SharedMemoryStats : StatGroup {
    Stat shared_requests_ld{this, "shared_requests_ld", "instructions", "LDS and LDSM instructions."};
    Stat shared_requests_st{this, "shared_requests_st", "instructions", "STS and STSM instructions."};
    Stat shared_requests_atom{this, "shared_requests_atom", "instructions", "Atomics and reductions on shared memory."};
    Stat wavefronts_mem_shared{this, "wavefronts_mem_shared", "wavefronts", "Wavefronts of shared-memory accesses."};
    Stat data_bank_conflicts_ld{this, "data_bank_conflicts_ld", "wavefronts", "Wavefronts of loads beyond those of their width."};
    Stat data_bank_conflicts_st{this, "data_bank_conflicts_st", "wavefronts", "Wavefronts of stores beyond those of their width."};
    Stat data_bank_conflicts_atom{this, "data_bank_conflicts_atom", "wavefronts", "Wavefronts of atomics beyond those of their width."};
};

// What the memory side ignores, or models only in part.
struct UnmodelledMemoryStats : StatGroup {
    Stat bulk_copy{this, "bulk_copy", "instructions", "Bulk and tensor copies: only the bytes whose addresses are given move."};
    Stat cache_control{this, "cache_control", "instructions", "CCTL and prefetches: no effect."};
    Stat distributed_shared{this, "distributed_shared", "instructions", "Accesses to another SM's shared memory: own banks, more latency."};
    Stat missing_address{this, "missing_address", "instructions", "Global or local accesses without addresses: no memory traffic."};
};

} // namespace heddle
