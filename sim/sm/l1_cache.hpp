// The sectored L1 data cache of an SM: tags, misses in flight, and what goes to L2 past the tags.
//
// Hardware: what the shared-memory carve-out leaves of the unified array, 128-byte lines of four 32-byte sectors,
// write-through, not coherent.
// Modelled: lookup by sector; only missing sectors are fetched; a miss holds an MSHR, a line is reserved when data
// returns (streaming: misses never wait for a victim); later misses on a line in flight merge and ask only for what
// was not asked for yet; stores write through, update what is present, and with write-validate (always for local
// memory) also allocate lines for sectors written in full; atomics and reductions execute at L2 and drop the sectors
// they touch here; loads that bypass L1 neither look up nor fill. Everything is decided at once when the LSU's tag
// stage calls; time is the LSU's.
// A prefetcher (off in all shipped GPUs) sees global loads that passed the tags; the LSU lets it look one guess up in
// each cycle that leaves the tag stage free. It never takes the last MSHRs or places of the request queue; what it
// brings is placed as if a load had asked for it, and a load that finds it on its way merges.
// Not modelled: data; sectors written in part stay invalid until fetched; eviction priorities of load modifiers.
// Sources: NVIDIA forum 49571 (sector fetch); Accel-Sim's fitted policy (streaming, write-through, write-validate);
// Nsight Compute documentation (names of the statistics).
#pragma once

#include "sim/mem/mshr.hpp"
#include "sim/mem/prefetcher.hpp"
#include "sim/mem/prefetcher_stats.hpp"
#include "sim/mem/tag_array.hpp"
#include "sim/sm/coalescer.hpp"
#include "sim/sm/request_queue.hpp"
#include "sim/sm/sm_memory_config.hpp"
#include "sim/stats/stat.hpp"

#include <optional>

namespace heddle {

struct L1CacheStats : StatGroup {
    Stat l1tex_t_requests_ld_global{this, "l1tex_t_requests_ld_global", "requests", "Global load instructions that reached the tag stage."};
    Stat l1tex_t_requests_ld_local{this, "l1tex_t_requests_ld_local", "requests", "Local load instructions that reached the tag stage."};
    Stat l1tex_t_requests_st_global{this, "l1tex_t_requests_st_global", "requests",
                                    "Global store instructions that reached the tag stage."};
    Stat l1tex_t_requests_st_local{this, "l1tex_t_requests_st_local", "requests", "Local store instructions that reached the tag stage."};
    Stat l1tex_t_requests_atom_global{this, "l1tex_t_requests_atom_global", "requests", "Global atomic instructions with a result."};
    Stat l1tex_t_requests_red_global{this, "l1tex_t_requests_red_global", "requests", "Global reduction instructions."};
    Stat l1tex_t_sectors_ld_global{this, "l1tex_t_sectors_ld_global", "sectors", "Sectors touched by global loads."};
    Stat l1tex_t_sectors_ld_local{this, "l1tex_t_sectors_ld_local", "sectors", "Sectors touched by local loads."};
    Stat l1tex_t_sectors_st_global{this, "l1tex_t_sectors_st_global", "sectors", "Sectors touched by global stores."};
    Stat l1tex_t_sectors_st_local{this, "l1tex_t_sectors_st_local", "sectors", "Sectors touched by local stores."};
    Stat l1tex_t_sectors_atom_global{this, "l1tex_t_sectors_atom_global", "sectors", "Sectors touched by global atomics."};
    Stat l1tex_t_sectors_red_global{this, "l1tex_t_sectors_red_global", "sectors", "Sectors touched by global reductions."};
    Stat l1tex_t_sectors_ld_global_lookup_hit{this, "l1tex_t_sectors_ld_global_lookup_hit", "sectors",
                                              "Of those of global loads, present in L1."};
    Stat l1tex_t_sectors_ld_local_lookup_hit{this, "l1tex_t_sectors_ld_local_lookup_hit", "sectors",
                                             "Of those of local loads, present in L1."};
    Stat l1tex_t_sectors_st_global_lookup_hit{this, "l1tex_t_sectors_st_global_lookup_hit", "sectors",
                                              "Of those of global stores, present in L1."};
    Stat l1tex_t_sectors_st_local_lookup_hit{this, "l1tex_t_sectors_st_local_lookup_hit", "sectors",
                                             "Of those of local stores, present in L1."};
    Stat l1tex_t_output_wavefronts{this, "l1tex_t_output_wavefronts", "cycles", "Tag-stage cycles used."};
    Stat l1tex_m_xbar2l1tex_read_sectors{this, "l1tex_m_xbar2l1tex_read_sectors", "sectors",
                                         "Sectors that came back from L2 for loads and atomics."};
    Stat l1tex_m_l1tex2xbar_requests{this, "l1tex_m_l1tex2xbar_requests", "requests", "Requests queued towards L2."};
    Stat mshr_allocations{this, "mshr_allocations", "lines", "Lines fetched: MSHR entries taken."};
    Stat mshr_merges{this, "mshr_merges", "lines", "Line misses that joined an MSHR entry in flight."};
    Stat bypassed_lines{this, "bypassed_lines", "lines", "Lines loaded past the tags."};
    Stat line_evictions{this, "line_evictions", "lines", "Present lines replaced."};
    Stat stall_mshr_full_cycles{this, "stall_mshr_full_cycles", "cycles", "Tag stage waited for a free MSHR or a place in its list."};
    Stat stall_request_queue_cycles{this, "stall_request_queue_cycles", "cycles", "Tag stage waited for room in the request queue."};
};

enum class LineStall : std::uint8_t { None, MshrFull, RequestQueueFull };

class L1Cache {
  public:
    // `config` and `requests` must outlive the cache; `max_waiters` bounds the instruction numbers used below.
    L1Cache(const L1CacheConfig& config, RequestQueue& requests, unsigned max_waiters);

    // Splits the unified array anew; empties the cache if its capacity changes.
    void set_shared_carve_out(Bytes carve_out);
    void invalidate();
    Bytes capacity() const { return tags_->lines() * kLineBytes; }

    struct LoadResult {
        LineStall stall = LineStall::None; // if not None nothing was done: try again
        std::uint8_t missing = 0;          // sectors that fill() will report for `instruction`
        bool sought = false;               // some had to be asked for, or are the first use of a prefetch (with a prefetcher)
    };
    // Looks up one line for `instruction`, which fill() will name.
    LoadResult load(Cycle now, const LineAccess& access, std::uint16_t instruction, bool local);
    // The same past the tags: all sectors come back through a reply to `instruction`.
    LoadResult load_bypassing(Cycle now, const LineAccess& access, std::uint16_t instruction);
    // Writes one line through; the acknowledgement carries `cta`.
    LineStall store(Cycle now, const LineAccess& access, CtaSlot cta, bool local);
    // Sends one line's lanes of an atomic to L2; the reply is to `instruction`.
    LoadResult atomic(Cycle now, const LineAccess& access, std::uint16_t instruction);
    // Sends one line's lanes of a reduction to L2; the acknowledgement carries `cta`.
    LineStall reduce(Cycle now, const LineAccess& access, CtaSlot cta);

    // Takes sectors that arrived for MSHR entry `entry`; calls `arrived(instruction, sectors)` for each waiter.
    template <class Arrived> void fill(std::uint16_t entry, std::uint8_t sectors, Arrived&& arrived) {
        install(entry, sectors);
        mshrs_.serve(entry, [&](Waiter& waiter) {
            const unsigned here = waiter.sectors & sectors;
            waiter.sectors = static_cast<std::uint8_t>(waiter.sectors & ~sectors);
            if (here != 0) arrived(waiter.instruction, sector_count(here));
            return waiter.sectors == 0;
        });
        if (mshrs_[entry].pending == 0) mshrs_.release(entry);
    }

    // Prefetching (l1_prefetch.cpp). Shows the prefetcher line `number` of a global load that load() has taken.
    void observe(const LineAccess& access, std::uint32_t pc, WarpSlot warp, unsigned number, bool sought);
    bool prefetching() const { return prefetcher_.has_value(); }
    bool prefetch_waiting() const { return prefetcher_ && !prefetcher_->empty(); }
    // Looks the oldest guess up and fetches what is missing, or drops it. Requires: prefetch_waiting().
    void prefetch(Cycle now);
    const PrefetcherStats& prefetcher_stats() const { return prefetcher_stats_; }

    std::size_t lines_in_flight() const { return mshrs_.in_use(); }
    // Sectors of a line that are present (tests).
    std::uint8_t present(Address line) const;
    L1CacheStats& stats() { return stats_; }
    const L1CacheStats& stats() const { return stats_; }

  private:
    struct Waiter {
        std::uint16_t instruction = 0;
        std::uint8_t sectors = 0; // not yet here
    };
    std::size_t set_of(Address line) const { return tags_->set_of(line / kLineBytes); }
    TagArray::LineId find(Address line) const { return tags_->find(set_of(line), line); }
    TagArray::LineId place(std::size_t set, Address line);
    void install(std::uint16_t entry, std::uint8_t sectors);
    void request(Cycle now, const LineAccess& access, std::uint8_t sectors, MemoryOp op, std::uint32_t transaction);
    void drop(const LineAccess& access);
    // Accounts for a load's use of prefetched sectors; whether it sought any (LoadResult).
    bool use_prefetched(TagArray::LineId id, MshrTable<Waiter>::Index entry, std::uint8_t sectors, std::uint8_t missing, std::uint8_t unasked);
    void lose_prefetched(TagArray::LineId id, std::uint8_t sectors);
    void lose_all_prefetched();

    const L1CacheConfig* config_;
    RequestQueue* requests_;
    std::optional<TagArray> tags_;
    MshrTable<Waiter> mshrs_;
    std::uint8_t generation_ = 0; // of the content; fetches begun in an older one fill nothing
    L1CacheStats stats_;

    // LineState::flags holds the sectors of a line that were prefetched and not used since.
    std::optional<Prefetcher> prefetcher_;
    std::vector<std::uint8_t> prefetched_; // by MSHR entry: sectors on their way that only the prefetcher wants
    PrefetcherStats prefetcher_stats_;
};

} // namespace heddle
