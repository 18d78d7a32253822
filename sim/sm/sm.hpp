// Streaming multiprocessor: four sub-cores, their shared memory side and CTA slots.
//
// Hardware: as described at sub_core.hpp, lsu.hpp, barrier_unit.hpp, instruction_cache.hpp.
// Modelled, in the order of a tick: CTAs that arrive take a slot; the memory side moves and reports completions;
// barriers open; each sub-core with something to do is ticked; finished CTAs are reported to the dispatcher.
// Not modelled: clusters (CTAs of a cluster run as independent CTAs; unmodelled by the dispatcher's count).
// Sources: see the parts.
#pragma once

#include "sim/sm/cta_message.hpp"
#include "sim/sm/cta_span.hpp"
#include "sim/sm/sub_core.hpp"
#include "sim/stats/stat_tree.hpp"

#include <memory>

namespace heddle {

class SmStats : public StatGroup {
  public:
    Stat active_cycles{this, "active_cycles", "cycles", "Cycles with at least one CTA resident."};
    Stat ctas{this, "ctas", "CTAs", "CTAs run to completion."};
};

class Sm final : public ComponentOf<Sm> {
  public:
    struct Ports {
        Tx<MemoryRequest> requests;
        Rx<MemoryReply> replies;
        Rx<CtaLaunch> launches;
        Tx<CtaNotice> notices;
    };
    // `cluster` is the SM's GPC, `side` the L2 partition it lies next to.
    Sm(std::string path, const ClockDomain& clock, const SmConfig& config, const AddressMap& addresses, SmId id, std::uint8_t cluster, unsigned side,
       Ports ports);

    void tick(Now now) override;
    Cycle next_event(Cycle now) const override;
    void settle(Now now) override;
    void explain_wait(WaitReport& report) const override;

    // Ticks every sub-core at every cycle instead of only those with something to do: same result, to check that.
    void set_tick_all(bool tick_all) { tick_all_ = tick_all; }
    // Charges warps' cycles to instructions from now on; before the first CTA.
    void set_profiling(bool profiling);
    // Adds what was charged to the instructions of `kernel`, the dispatcher's number, to `sums` and forgets it. Requires: the
    // kernel has ended, and settle() was called since.
    void take_profile(std::uint32_t kernel, std::vector<InstructionCounts>& sums);
    void add_tensor_operations(TensorOperations& sums) const;
    // Keeps the first `most` CTAs from now on.
    void record_ctas(std::size_t most) { ctas_to_record_ = most; }
    const std::vector<CtaSpan>& cta_spans() const { return cta_spans_; }

    void register_stats(StatTree& tree) const;
    void record_issues(std::vector<IssuedInstruction>* log) {
        for (auto& sub_core : sub_cores_) sub_core->record_issues(log);
    }
    // Changes if anything issued at a different time.
    std::uint64_t digest() const;
    // Cache state between kernels; at a boundary of the simulation only.
    void invalidate_l1() { lsu_.invalidate_l1(); }
    const PrefetcherStats& prefetcher_stats() const { return lsu_.l1_cache().prefetcher_stats(); }

    SmStats stats;

  private:
    struct Slot {
        bool used = false;
        CtaLaunch cta;
        std::uint32_t live_warps = 0;
        Time start = 0;
    };
    void accept_launches(Now now);
    bool place(Now now, const CtaLaunch& launch);
    void report_finished(Now now);
    InstructionProfile& profile_of(std::uint32_t kernel);

    const SmConfig& config_;
    SmId id_;
    Ports ports_;
    Lsu lsu_;
    BarrierUnit barriers_;
    InstructionCache instruction_cache_;
    std::vector<std::unique_ptr<SubCore>> sub_cores_;
    std::vector<Slot> slots_;
    unsigned resident_ctas_ = 0;
    Ring<CtaNotice> notices_; // waiting for room on the link
    bool owes_drained_ = false;
    bool tick_all_ = false;
    bool profiling_ = false;
    std::vector<std::pair<std::uint32_t, std::unique_ptr<InstructionProfile>>> profiles_; // of running kernels
    std::size_t ctas_to_record_ = 0;
    std::vector<CtaSpan> cta_spans_;
    Cycle active_since_ = 0;
};

} // namespace heddle
