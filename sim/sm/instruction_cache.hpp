// Instruction supply: an L0 cache per sub-core with a stream buffer, an L1 instruction cache per SM.
//
// Hardware: 128-byte lines (8 instructions); an L0 miss goes to the SM's L1 instruction cache, beyond it to the
// L1.5/L2. After a miss a stream buffer fetches the following lines (Huerta et al., MICRO 2025: eight lines deep).
// Modelled: when a line can be fetched from. A line is entered at once with the cycle it becomes available; L0 misses
// start the prefetch of the next lines, one per cycle.
// Not modelled: bandwidth between L0 and L1, and instruction traffic in L2 (unmodelled.instruction_fetch_beyond_l1
// counts the lines).
#pragma once

#include "sim/sm/sm_config.hpp"
#include "sim/stats/stat.hpp"

#include <vector>

namespace heddle {

class InstructionCacheStats : public StatGroup {
  public:
    Stat l0_requests{this, "l0_requests", "lines", "Line changes of a warp's fetch looked up in an L0 instruction cache."};
    Stat l0_misses{this, "l0_misses", "lines", "Lookups that found no line in the L0 instruction cache."};
    Stat l1_misses{this, "l1_misses", "lines", "Lines fetched from beyond the L1 instruction cache."};
    Stat prefetches{this, "prefetches", "lines", "Lines brought in by the stream buffer."};
};

// A set-associative array of line numbers with LRU and the cycle from which each line is there.
class LineStore {
  public:
    LineStore(Bytes size, unsigned ways);
    // The cycle from which `line` is available, kNever if it is not held. Marks it used.
    Cycle find(std::uint64_t line);
    void insert(std::uint64_t line, Cycle available);

  private:
    struct Way {
        std::uint64_t line = ~0ULL;
        Cycle available = 0;
        std::uint64_t used = 0;
    };
    Way* set(std::uint64_t line) { return &ways_[(line % sets_) * associativity_]; }
    std::uint64_t sets_;
    unsigned associativity_;
    std::uint64_t clock_ = 0;
    std::vector<Way> ways_;
};

class InstructionCache {
  public:
    InstructionCache(const InstructionCacheConfig& config, unsigned sub_cores);
    // The cycle from which `sub_core` can fetch from `line`: `now` on a hit.
    Cycle fetch(Cycle now, unsigned sub_core, std::uint64_t line);
    InstructionCacheStats stats;

  private:
    Cycle bring(Cycle now, unsigned sub_core, std::uint64_t line);
    InstructionCacheConfig config_;
    std::vector<LineStore> l0_;
    LineStore l1_;
};

} // namespace heddle
