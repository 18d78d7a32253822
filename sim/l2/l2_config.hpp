// Parameters of the L2 cache.
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"
#include "sim/mem/prefetcher_config.hpp"
#include "sim/mem/replacement.hpp"

namespace heddle {

// Which lines of the other partition a slice keeps a copy of.
enum class Replicate : std::uint8_t {
    Always,  // at the first read
    OnReuse, // from the second read on that finds the line in its home slice
    Never,
};

// How a sector of which only some bytes were ever written leaves for DRAM.
enum class PartialEviction : std::uint8_t {
    Fill,   // it is read from DRAM first and merged, as ECC demands
    Masked, // the written bytes go with a byte mask
};

struct L2Config {
    Bytes size = 50 * kMiB;
    unsigned ways = 16;
    Replacement replacement = Replacement::Lru;
    SetIndex set_index = SetIndex::Rotated;
    Cycles hit_latency = 90;
    Cycles miss_latency = 30;
    Cycles fill_latency = 20;
    Bytes data_bytes_per_cycle = 64;
    unsigned data_queue_cycles = 8;
    Bytes fetch_granularity = 64;
    unsigned mshr_entries = 192;
    unsigned mshr_waiters = 512;
    unsigned mshr_merge = 64;
    unsigned reply_queue_entries = 64;
    unsigned dram_queue_entries = 64;
    unsigned eviction_entries = 16;
    PartialEviction partial_eviction = PartialEviction::Fill;
    unsigned atomic_sectors_per_cycle = 1;
    unsigned atomic_lanes_per_cycle = 8;
    Cycles atomic_latency = 20;
    Replicate replicate = Replicate::Always;
    Bytes peer_bytes_per_cycle = 40;
    unsigned peer_queue_entries = 32;
    Cycles peer_latency = 70;
    Cycles dram_link_latency = 8;
    L2PrefetcherConfig prefetcher;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("size", size, Unit::Bytes, {64 * kKiB, 1 * kGiB}, "Total capacity of all slices.");
        s.field("ways", ways, Unit::Count, {1, 64}, "Lines of a set.");
        s.choice("replacement", replacement, {{"lru", Replacement::Lru}, {"fifo", Replacement::Fifo}, {"random", Replacement::Random}},
                 "Which line of a full set gives way.");
        s.choice("set_index", set_index, {{"linear", SetIndex::Linear}, {"rotated", SetIndex::Rotated}, {"hashed", SetIndex::Hashed}},
                 "How a slice's lines are spread over its sets.");
        s.field("hit_latency", hit_latency, Unit::Cycles, {1, 2000}, "From taking a request to sending its reply when it hits, L2 clock.");
        s.field("miss_latency", miss_latency, Unit::Cycles, {1, 2000},
                "From taking a request to asking DRAM or the other partition for its sectors, L2 clock.");
        s.field("fill_latency", fill_latency, Unit::Cycles, {1, 2000},
                "From receiving the last missing sector to sending the reply, L2 clock.");
        s.field("data_bytes_per_cycle", data_bytes_per_cycle, Unit::BytesPerCycle, {32, 128},
                "What a slice's data arrays read or write, L2 clock: 32, 64 or 128.");
        s.field("data_queue_cycles", data_queue_cycles, Unit::Cycles, {1, 1000},
                "Backlog of the data arrays beyond which no request is taken, L2 clock.");
        s.field("fetch_granularity", fetch_granularity, Unit::Bytes, {32, 128},
                "Aligned bytes a miss fetches: 32, 64 or 128 (cudaLimitMaxL2FetchGranularity).");
        s.field("mshr_entries", mshr_entries, Unit::Count, {2, 4096}, "Lines a slice can be fetching at once.");
        s.field("mshr_waiters", mshr_waiters, Unit::Count, {2, 16384}, "Requests of a slice that can wait for them.");
        s.field("mshr_merge", mshr_merge, Unit::Count, {1, 16384}, "Requests that can wait for one line.");
        s.field("reply_queue_entries", reply_queue_entries, Unit::Count, {1, 4096},
                "Replies per GPC that can wait in a slice, beyond those on their way through its pipeline.");
        s.field("dram_queue_entries", dram_queue_entries, Unit::Count, {4, 4096},
                "Requests of a slice that can wait for its DRAM channel.");
        s.field("eviction_entries", eviction_entries, Unit::Count, {1, 1024},
                "Lines that can wait to be completed from DRAM before they are written back.");
        s.choice("partial_eviction", partial_eviction, {{"fill", PartialEviction::Fill}, {"masked", PartialEviction::Masked}},
                 "How a sector written in only some bytes leaves for DRAM.");
        s.field("atomic_sectors_per_cycle", atomic_sectors_per_cycle, Unit::Count, {1, 4},
                "Sectors a slice's atomic unit handles per cycle.");
        s.field("atomic_lanes_per_cycle", atomic_lanes_per_cycle, Unit::Count, {1, 32}, "Lanes a slice's atomic unit handles per cycle.");
        s.field("atomic_latency", atomic_latency, Unit::Cycles, {0, 1000}, "What an atomic takes longer than a read that hits, L2 clock.");
        s.choice("replicate", replicate, {{"always", Replicate::Always}, {"on_reuse", Replicate::OnReuse}, {"never", Replicate::Never}},
                 "With two partitions: which lines of the other one a slice keeps a copy of.");
        s.field("peer_bytes_per_cycle", peer_bytes_per_cycle, Unit::BytesPerCycle, {1, 1024},
                "Width of the connection between a slice and its counterpart in the other partition, each direction, L2 clock.");
        s.field("peer_queue_entries", peer_queue_entries, Unit::Count, {2, 4096}, "Messages that can wait for that connection.");
        s.field("peer_latency", peer_latency, Unit::Cycles, {1, 1000}, "Latency between the partitions, one way, L2 clock.");
        s.field("dram_link_latency", dram_link_latency, Unit::Cycles, {1, 1000},
                "Latency between a slice and its DRAM channel, one way, L2 clock.");
        s.section("prefetcher", prefetcher, "What a slice fetches from its DRAM channel before it is asked for.");
        const auto power_of_two = [](Bytes& value) {
            return [&value] { return (value & (value - 1)) == 0 ? std::string{} : std::string{"must be 32, 64 or 128"}; };
        };
        s.check("data_bytes_per_cycle", power_of_two(data_bytes_per_cycle));
        s.check("fetch_granularity", power_of_two(fetch_granularity));
    }
};

} // namespace heddle
