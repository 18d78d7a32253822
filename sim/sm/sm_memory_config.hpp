// Parameters of the memory side of an SM: LSU pipeline, coalescing, shared memory, L1 data cache, constant cache.
//
// Latencies are end to end, from the cycle a sub-core issues the instruction to the cycle its completion is reported,
// for an otherwise idle SM. The positions of the stages in between matter only under load. Defaults are the values
// measured on Ampere by Huerta et al. (MICRO 2025, tables 1 and 2) where they measured, and say so otherwise.
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"
#include "sim/mem/prefetcher_config.hpp"
#include "sim/mem/replacement.hpp"

namespace heddle {

// A latency by the width of a lane's access: up to 32, 64 and 128 bits.
struct WidthLatency {
    Cycles bits32 = 1;
    Cycles bits64 = 1;
    Cycles bits128 = 1;
    Cycles of(unsigned access_bytes) const { return access_bytes <= 4 ? bits32 : access_bytes <= 8 ? bits64 : bits128; }
    void describe(config::Section& s);
};

// Operands-read (WAR) and done (RAW, WAW) latency of one kind of instruction.
struct MemoryLatency {
    WidthLatency operands_read;
    WidthLatency done;
    void describe(config::Section& s);
};

struct MemoryLatencies {
    MemoryLatency load_global{{11, 11, 11}, {32, 34, 38}};
    MemoryLatency load_global_uniform{{9, 9, 9}, {29, 31, 35}};
    MemoryLatency store_global{{14, 16, 20}, {17, 18, 20}};
    MemoryLatency store_global_uniform{{10, 12, 16}, {17, 18, 20}};
    MemoryLatency load_shared{{9, 9, 9}, {24, 24, 26}};
    MemoryLatency load_shared_uniform{{9, 9, 9}, {23, 23, 25}};
    MemoryLatency store_shared{{12, 14, 18}, {19, 20, 22}};
    MemoryLatency store_shared_uniform{{10, 12, 16}, {19, 20, 22}};
    MemoryLatency load_constant{{29, 29, 29}, {29, 29, 29}};
    MemoryLatency load_constant_uniform{{10, 10, 10}, {26, 26, 26}};
    MemoryLatency async_copy{{13, 13, 13}, {39, 39, 39}};
    MemoryLatency atomic_global{{14, 16, 20}, {17, 18, 20}};
    MemoryLatency atomic_shared{{12, 14, 18}, {47, 47, 47}};
    MemoryLatency shuffle{{9, 9, 9}, {24, 24, 24}};
    void describe(config::Section& s);
};

struct LsuConfig {
    unsigned queue_entries = 4;          // per sub-core, beside the latch in front of it
    Cycles address_generation = 4;       // one instruction per this many cycles and sub-core
    Cycles dispatch_latency = 11;        // issue to acceptance by the SM-shared pipeline
    Cycles dispatch_interval = 2;        // between two instructions entering the SM-shared pipeline
    unsigned pending_instructions = 128; // between dispatch and completion
    Bytes return_bytes_per_cycle = 64;   // to each sub-core
    Cycles data_stage_latency = 6;       // dispatch to the first wavefront in the data stage
    unsigned data_stage_queue = 4;       // wavefronts that may wait in front of the data stage
    MemoryLatencies latency;
    void describe(config::Section& s);
};

struct SharedMemoryConfig {
    Cycles conflict_latency = 2;    // added to the latency by each wavefront beyond those of the width
    Cycles distributed_extra = 156; // added to an access to another SM's shared memory
    void describe(config::Section& s);
};

enum class StoreMiss : std::uint8_t { NoAllocate, WriteValidate };

struct L1CacheConfig {
    Bytes unified_size = 256 * kKiB; // L1 and shared memory together
    unsigned sets = 32;
    SetIndex set_index = SetIndex::Rotated;
    Replacement replacement = Replacement::Lru;
    StoreMiss store_miss = StoreMiss::WriteValidate;
    unsigned mshr_entries = 384;
    unsigned mshr_merges = 48;
    unsigned tag_banks = 4; // lines looked up per cycle, one per bank
    unsigned request_queue_entries = 64;
    unsigned replies_per_cycle = 1;
    Cycles miss_latency = 6;   // tag lookup to the request leaving the SM
    Cycles fill_latency = 10;  // reply seen to the completion of a 32-bit load
    Cycles texture_extra = 40; // added to a texture fetch over a global load
    L1PrefetcherConfig prefetcher;
    void describe(config::Section& s);
};

struct ConstantCacheConfig {
    Bytes size = 2 * kKiB; // first level, per SM
    unsigned ways = 4;
    Bytes mid_size = 32 * kKiB; // L1.5, shared with instructions
    unsigned mid_ways = 8;
    Cycles mid_latency = 79;     // end to end, first-level miss that hits in L1.5
    Cycles address_interval = 2; // per further distinct address of one instruction
    void describe(config::Section& s);
};

struct SmMemoryConfig {
    LsuConfig lsu;
    SharedMemoryConfig shared_memory;
    L1CacheConfig l1_cache;
    ConstantCacheConfig constant_cache;
    void describe(config::Section& s);
};

} // namespace heddle
