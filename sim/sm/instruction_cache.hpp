// Instruction supply: an L0 cache per sub-core with a stream buffer, an L1 instruction cache per SM.
//
// Hardware: 128-byte lines (8 instructions); an L0 miss goes to the SM's L1 instruction cache, beyond it to a cache per GPC and to
// L2. A stream buffer fetches the lines that follow and goes on as they are used (Huerta et al., MICRO 2025: eight lines deep). The front
// end fetches the beginning of a kernel's code into the GPC's cache when it is launched: cold straight code of up to 64 KiB runs as
// fast as warm code on H200 (validation/workloads/micro/instruction_cache).
// Modelled: when a line can be fetched from. A line is entered at once with the cycle it becomes available. The first use of a line
// has the next ones fetched: all of them after a miss, one per line as the stream goes on.
// Not modelled: bandwidth between the levels, sharing of a GPC's cache, and instruction traffic in L2.
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
    // The cycle from which `line` is available, kNever if it is not held. Marks it used; `first` says whether nothing used it before.
    Cycle find(std::uint64_t line, bool* first = nullptr);
    void insert(std::uint64_t line, Cycle available, bool used = true);
    bool holds(std::uint64_t line) const;

  private:
    struct Way {
        std::uint64_t line = ~0ULL;
        Cycle available = 0;
        std::uint64_t used = 0;
        bool fresh = false; // brought ahead of its use
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
    // The cycle from which `sub_core` can fetch from `line`, which lies `offset` lines into its kernel: `now` on a hit.
    Cycle fetch(Cycle now, unsigned sub_core, std::uint64_t line, std::uint64_t offset);
    InstructionCacheStats stats;

  private:
    Cycle bring(Cycle now, unsigned sub_core, std::uint64_t line, std::uint64_t offset, bool used);
    InstructionCacheConfig config_;
    std::vector<LineStore> l0_;
    LineStore l1_;
};

} // namespace heddle
