// Parameters of a cache's prefetcher; the same for an L1 and a slice of L2, but for what each can know.
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"

namespace heddle {

enum class PrefetchPolicy : std::uint8_t {
    None,
    NextLine,   // the lines after one that was missed
    Stride,     // a load's stride from one execution by a warp to the next
    WarpStride, // a load's stride from one warp to the next
    Stream,     // lines missed one after the other in either direction
};

struct PrefetcherConfig {
    PrefetchPolicy policy = PrefetchPolicy::None;
    unsigned degree = 1;
    unsigned distance = 1;
    unsigned table_entries = 256;
    unsigned streams = 16;
    unsigned queue_entries = 16;
    unsigned reserve_percent = 50;
    Bytes page = 2 * kMiB;

    bool on() const { return policy != PrefetchPolicy::None; }
    // Of `entries` MSHRs or queue places, those a prefetch may be in: never all of them.
    unsigned places(unsigned entries) const { return entries - (entries * reserve_percent + 99) / 100; }

  protected:
    void describe_common(config::Section& s) {
        using config::Unit;
        s.field("degree", degree, Unit::Count, {1, 32}, "Lines or strides fetched at a time.");
        s.field("distance", distance, Unit::Count, {1, 4096}, "The first of them lies this many lines or strides ahead.");
        s.field("streams", streams, Unit::Count, {1, 256}, "stream: streams followed at once.");
        s.field("queue_entries", queue_entries, Unit::Count, {1, 1024}, "Prefetches that can wait for a cycle in which the tags are free.");
        s.field("reserve_percent", reserve_percent, Unit::Count, {1, 100},
                "Share of the MSHRs and of the queue to the level below that prefetches leave free, in percent; at least one of each.");
        s.field("page", page, Unit::Bytes, {4 * kKiB, 1 * kGiB}, "A prefetch stays in the aligned page of the access that led to it; a power of two.");
        s.check("page", [this] { return (page & (page - 1)) == 0 ? std::string{} : std::string{"must be a power of two"}; });
    }
};

struct L1PrefetcherConfig : PrefetcherConfig {
    void describe(config::Section& s) {
        s.choice("policy", policy,
                 {{"none", PrefetchPolicy::None},
                  {"next_line", PrefetchPolicy::NextLine},
                  {"stride", PrefetchPolicy::Stride},
                  {"warp_stride", PrefetchPolicy::WarpStride},
                  {"stream", PrefetchPolicy::Stream}},
                 "What is fetched before it is asked for.");
        describe_common(s);
        s.field("table_entries", table_entries, config::Unit::Count, {1, 65536},
                "stride: pairs of a load and a warp that are followed; warp_stride: loads.");
    }
};

// A slice sees no program counters.
struct L2PrefetcherConfig : PrefetcherConfig {
    void describe(config::Section& s) {
        s.choice("policy", policy,
                 {{"none", PrefetchPolicy::None}, {"next_line", PrefetchPolicy::NextLine}, {"stream", PrefetchPolicy::Stream}},
                 "What a slice fetches from DRAM before it is asked for. Lines are counted in the slice's own sequence.");
        describe_common(s);
    }
};

} // namespace heddle
