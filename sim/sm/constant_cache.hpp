// The constant caches that LDC goes through.
//
// Hardware: a small first-level cache for loads of constants (fixed-latency instructions have another one, looked up
// at issue), behind it the L1.5 cache shared with instructions, behind that L2.
// Modelled: presence by 64-byte line in the first level and 128-byte line in L1.5, both LRU and filled on the way
// back; misses of L1.5 go to L2, merged by line.
// Not modelled: instructions competing for L1.5. A constant whose address the trace does not give is taken as a
// first-level hit (`requests_without_address`).
// Sources: Huerta et al., MICRO 2025 (26, 29 and 79 cycles); Jia et al., T4 (2 KiB first level, 64-byte lines).
#pragma once

#include "sim/mem/mshr.hpp"
#include "sim/mem/tag_array.hpp"
#include "sim/sm/coalescer.hpp"
#include "sim/sm/request_queue.hpp"
#include "sim/sm/sm_memory_config.hpp"
#include "sim/stats/stat.hpp"

namespace heddle {

struct ConstantCacheStats : StatGroup {
    Stat requests{this, "requests", "requests", "LDC instructions."};
    Stat requests_without_address{this, "requests_without_address", "requests",
                                  "Of those, taken as hits because the trace has no address."};
    Stat lookups{this, "lookups", "lines", "64-byte lines looked up in the first level."};
    Stat hits{this, "hits", "lines", "Of those, present."};
    Stat mid_hits{this, "mid_hits", "lines", "Lines missing in the first level that L1.5 held."};
    Stat misses{this, "misses", "lines", "Lines that had to come from L2."};
};

class ConstantCache {
  public:
    ConstantCache(const ConstantCacheConfig& config, RequestQueue& requests);

    enum class Level : std::uint8_t { First, Mid, Memory, Stalled };
    // Looks up the parts of one 128-byte line; the slowest level any of them is found at. Memory: fill() will name
    // `instruction`. Stalled: nothing was done, try again.
    Level load(Cycle now, const LineAccess& access, std::uint16_t instruction);

    // Takes sectors that arrived for entry `entry`; when the line is complete calls `arrived(instruction)`.
    template <class Arrived> void fill(std::uint16_t entry, std::uint8_t sectors, Arrived&& arrived) {
        if (!install(entry, sectors)) return;
        const Address line = mshrs_[entry].line;
        const bool current = mshrs_[entry].wanted == generation_;
        mshrs_.serve(entry, [&](const Waiter& waiter) {
            if (current) keep(first_, line + waiter.part * 64u, 64);
            if (current && waiter.both) keep(first_, line + 64, 64);
            arrived(waiter.instruction);
            return true;
        });
        mshrs_.release(entry);
    }
    void invalidate();
    std::size_t lines_in_flight() const { return mshrs_.in_use(); }
    ConstantCacheStats& stats() { return stats_; }
    const ConstantCacheStats& stats() const { return stats_; }

  private:
    struct Waiter {
        std::uint16_t instruction = 0;
        std::uint8_t part = 0; // which half of the line
        bool both = false;
    };
    static bool holds(TagArray& tags, Address line, Bytes bytes);
    static void keep(TagArray& tags, Address line, Bytes bytes);
    bool install(std::uint16_t entry, std::uint8_t sectors);

    RequestQueue* requests_;
    TagArray first_;
    TagArray mid_;
    MshrTable<Waiter> mshrs_;
    std::uint8_t generation_ = 0;
    ConstantCacheStats stats_;
};

} // namespace heddle
