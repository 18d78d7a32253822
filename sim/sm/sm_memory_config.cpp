#include "sim/sm/sm_memory_config.hpp"

#include <initializer_list>

namespace heddle {

using config::Section;
using config::Unit;

namespace {
bool power_of_two(std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }
} // namespace

void WidthLatency::describe(Section& s) {
    s.field("bits32", bits32, Unit::Cycles, {1, 4000}, "Accesses of up to 32 bits per lane.");
    s.field("bits64", bits64, Unit::Cycles, {1, 4000}, "Accesses of 64 bits per lane.");
    s.field("bits128", bits128, Unit::Cycles, {1, 4000}, "Accesses of 128 bits per lane.");
}

void MemoryLatency::describe(Section& s) {
    s.section("operands_read", operands_read, "Issue until source registers may be overwritten (WAR).");
    s.section("done", done, "Issue until the instruction is complete (RAW, WAW).");
    s.check("operands_read", [this] {
        for (unsigned bytes : {4u, 8u, 16u})
            if (operands_read.of(bytes) > done.of(bytes)) return std::string{"must not be above done"};
        return std::string{};
    });
}

void MemoryLatencies::describe(Section& s) {
    s.section("load_global", load_global, "Global or local load that hits L1, address in vector registers.");
    s.section("load_global_uniform", load_global_uniform, "The same with a uniform address.");
    s.section("store_global", store_global, "Global or local store; done when queued towards L2.");
    s.section("store_global_uniform", store_global_uniform, "The same with a uniform address.");
    s.section("load_shared", load_shared, "Conflict-free shared-memory load; a matrix load counts as 32 bits.");
    s.section("load_shared_uniform", load_shared_uniform, "The same with a uniform address.");
    s.section("store_shared", store_shared, "Conflict-free shared-memory store.");
    s.section("store_shared_uniform", store_shared_uniform, "The same with a uniform address.");
    s.section("load_constant", load_constant, "LDC with a register address that hits.");
    s.section("load_constant_uniform", load_constant_uniform, "LDC with an immediate or uniform address that hits.");
    s.section("async_copy", async_copy, "LDGSTS that hits L1.");
    s.section("atomic_global", atomic_global,
              "Atomic or reduction on global memory; done applies to reductions, an atomic is done when L2's reply arrives.");
    s.section("atomic_shared", atomic_shared, "Atomic on shared memory, all lanes in different banks.");
    s.section("shuffle", shuffle, "SHFL.");
}

void LsuConfig::describe(Section& s) {
    s.field("queue_entries", queue_entries, Unit::Count, {1, 15},
            "Memory queue of each sub-core; one more instruction waits in its latch.");
    s.field("address_generation", address_generation, Unit::Cycles, {1, 64},
            "A sub-core's address generator takes one instruction per this many cycles.");
    s.field("dispatch_latency", dispatch_latency, Unit::Cycles, {1, 64}, "Issue to acceptance by the pipeline all sub-cores share.");
    s.field("dispatch_interval", dispatch_interval, Unit::Cycles, {1, 16}, "Between two instructions entering the shared pipeline.");
    s.field("pending_instructions", pending_instructions, Unit::Count, {1, 4096}, "Memory instructions between dispatch and completion.");
    s.field("return_bytes_per_cycle", return_bytes_per_cycle, Unit::BytesPerCycle, {4, 128},
            "Return path to the registers of each sub-core; a power of two.");
    s.field("data_stage_latency", data_stage_latency, Unit::Cycles, {1, 64}, "Dispatch to the first wavefront in the data stage.");
    s.field("data_stage_queue", data_stage_queue, Unit::Count, {0, 64},
            "Wavefronts that may wait in front of the data stage before dispatch stops.");
    s.section("latency", latency, "End-to-end latencies on an idle SM.");
    s.check("address_generation",
            [this] { return address_generation <= dispatch_latency ? std::string{} : std::string{"must not be above dispatch_latency"}; });
    s.check("return_bytes_per_cycle",
            [this] { return power_of_two(return_bytes_per_cycle) ? std::string{} : std::string{"must be a power of two"}; });
    s.check("latency", [this] {
        const Cycles register_cycles = kLanes * 4 / return_bytes_per_cycle;
        for (const MemoryLatency* l :
             {&latency.load_global, &latency.load_global_uniform, &latency.store_global, &latency.store_global_uniform,
              &latency.load_shared, &latency.load_shared_uniform, &latency.store_shared, &latency.store_shared_uniform,
              &latency.load_constant, &latency.load_constant_uniform, &latency.async_copy, &latency.atomic_global, &latency.atomic_shared,
              &latency.shuffle}) {
            const bool store = l == &latency.store_global || l == &latency.store_global_uniform || l == &latency.store_shared ||
                               l == &latency.store_shared_uniform || l == &latency.async_copy || l == &latency.atomic_global;
            for (unsigned bytes : {4u, 8u, 16u}) {
                const Cycles back = store ? 0 : register_cycles * (bytes / 4);
                if (l->done.of(bytes) <= dispatch_latency + back)
                    return std::string{"every done latency must exceed dispatch_latency and the cycles on the return path"};
                if (l->operands_read.of(bytes) + address_generation <= dispatch_latency)
                    return std::string{"operands cannot be read before address generation starts"};
            }
        }
        return std::string{};
    });
}

void SharedMemoryConfig::describe(Section& s) {
    s.field("conflict_latency", conflict_latency, Unit::Cycles, {0, 64},
            "Added to the latency by each wavefront beyond those of the access width.");
    s.field("distributed_extra", distributed_extra, Unit::Cycles, {0, 4000}, "Added to an access to another SM's shared memory.");
}

void L1CacheConfig::describe(Section& s) {
    s.field("unified_size", unified_size, Unit::Bytes, {4 * kKiB, 4 * kMiB},
            "L1 and shared memory together; the carve-out takes its part.");
    s.field("sets", sets, Unit::Count, {1, 1024}, "Sets; the carve-out changes the ways.");
    s.choice("set_index", set_index, {{"linear", SetIndex::Linear}, {"rotated", SetIndex::Rotated}, {"hashed", SetIndex::Hashed}},
             "How lines map to sets.");
    s.choice("replacement", replacement, {{"lru", Replacement::Lru}, {"fifo", Replacement::Fifo}, {"random", Replacement::Random}},
             "Which line gives way.");
    s.choice("store_miss", store_miss, {{"no_allocate", StoreMiss::NoAllocate}, {"write_validate", StoreMiss::WriteValidate}},
             "Whether a global store that misses keeps the sectors it writes in full. Local stores always do.");
    s.field("mshr_entries", mshr_entries, Unit::Count, {1, 4096}, "Lines in flight to L2.");
    s.field("mshr_merges", mshr_merges, Unit::Count, {1, 1024}, "Instructions waiting for one line in flight.");
    s.field("tag_banks", tag_banks, Unit::Count, {1, 8}, "Lines looked up per cycle, one in each bank; 1, 2, 4 or 8.");
    s.field("request_queue_entries", request_queue_entries, Unit::Count, {1, 4096}, "Requests waiting for the request network.");
    s.field("replies_per_cycle", replies_per_cycle, Unit::Count, {1, 16}, "Replies taken from the reply network per cycle.");
    s.field("miss_latency", miss_latency, Unit::Cycles, {1, 1000}, "Tag lookup to the request leaving the SM.");
    s.field("fill_latency", fill_latency, Unit::Cycles, {4, 1000}, "Arrival of the last sector to the completion of a 32-bit load.");
    s.field("texture_extra", texture_extra, Unit::Cycles, {0, 4000}, "Added to a texture fetch over a global load.");
    s.section("prefetcher", prefetcher, "What L1 fetches from L2 before a load asks for it.");
    s.check("tag_banks", [this] { return power_of_two(tag_banks) ? std::string{} : std::string{"must be 1, 2, 4 or 8"}; });
    s.check("unified_size", [this] {
        return unified_size % (sets * kLineBytes) == 0 ? std::string{} : std::string{"must be a multiple of sets times 128 bytes"};
    });
}

void ConstantCacheConfig::describe(Section& s) {
    s.field("size", size, Unit::Bytes, {64, 1 * kMiB}, "First level, for LDC.");
    s.field("ways", ways, Unit::Count, {1, 64}, "Ways of the first level.");
    s.field("mid_size", mid_size, Unit::Bytes, {128, 16 * kMiB}, "L1.5, as far as constants use it.");
    s.field("mid_ways", mid_ways, Unit::Count, {1, 64}, "Ways of L1.5.");
    s.field("mid_latency", mid_latency, Unit::Cycles, {1, 4000}, "Issue to done of an LDC that misses the first level and hits L1.5.");
    s.field("address_interval", address_interval, Unit::Cycles, {0, 64}, "Added by each further address one instruction names.");
    s.check("size", [this] { return size % (64 * ways) == 0 ? std::string{} : std::string{"must be a multiple of ways times 64 bytes"}; });
    s.check("mid_size", [this] {
        return mid_size % (kLineBytes * mid_ways) == 0 ? std::string{} : std::string{"must be a multiple of mid_ways times 128 bytes"};
    });
}

void SmMemoryConfig::describe(Section& s) {
    s.section("lsu", lsu, "Load/store pipeline.");
    s.section("shared_memory", shared_memory, "Shared memory.");
    s.section("l1_cache", l1_cache, "L1 data cache.");
    s.section("constant_cache", constant_cache, "Constant caches behind LDC.");
}

} // namespace heddle
