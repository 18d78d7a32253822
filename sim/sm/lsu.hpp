// The load/store unit of an SM: everything between a sub-core's issue of a memory instruction and its completion.
//
// Hardware: each sub-core has a short memory queue and an address generator; behind them one pipeline shared by the
// SM leads to the unified L1 cache and shared memory, and a return path leads back to each sub-core's registers.
//
// Cycle by cycle, for an instruction accepted at cycle c with nothing else about:
//   c      takes one of the queue entries (4 and a latch); lanes are coalesced into lines with sector masks
//   c+7    address generation starts; it takes 4 cycles, so a sub-core feeds one instruction per 4 cycles
//   c+11   dispatch: the shared pipeline takes it (one per `dispatch_interval`, round robin over sub-cores), its
//          queue entry is free again: issued back to back from cycle 2, the sixth issues at 13, then one per 4
//   then   global and local: tag stage, up to one line per tag bank and cycle, as long as its lines need; it waits
//          there for MSHRs and room in the request queue. Shared accesses do not pass the tag stage.
//   then   data stage: one 128-byte wavefront per cycle for L1 and shared memory together
//   then   return path to the sub-core, 64 bytes per cycle, and Done at c + the configured latency
// A load that misses passes the data stage once, when its last sector has arrived, and is Done `fill_latency` later.
// Stores and reductions are Done when their requests are queued towards L2, and outstanding until acknowledged.
//
// Calls: in each SM cycle tick() first, then can_accept() and accept(); an instruction accepted at c is never acted
// upon before c+1, so the other order works too but frees queue entries one cycle later.
//
// Not modelled: address translation; coherence beyond invalidate_l1(); generic addresses are taken as global
// (frontends resolve windows); distributed shared memory is shared memory with more latency
// (`unmodelled.distributed_shared`); bulk copies move only the bytes whose addresses are given
// (`unmodelled.bulk_copy`); cache control does nothing (`unmodelled.cache_control`).
//
// Sources: Huerta et al., MICRO 2025, section 5.4 and tables 1, 2 (queue, intervals, latencies); Nsight Compute
// documentation (stages, wavefronts); te42kyfo/gpu-benches gpu-strides (bank and tag rules of the L1).
#pragma once

#include "sim/base/ring.hpp"
#include "sim/base/units.hpp"
#include "sim/isa/instruction.hpp"
#include "sim/isa/warp_stream.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/component.hpp"
#include "sim/kernel/link.hpp"
#include "sim/mem/message.hpp"
#include "sim/sm/coalescer.hpp"
#include "sim/sm/constant_cache.hpp"
#include "sim/sm/event_ring.hpp"
#include "sim/sm/l1_cache.hpp"
#include "sim/sm/lsu_stats.hpp"
#include "sim/sm/request_queue.hpp"
#include "sim/sm/sm_memory_config.hpp"
#include "sim/stats/stat_tree.hpp"

#include <array>
#include <span>
#include <string>
#include <vector>

namespace heddle {

inline constexpr unsigned kSubCores = 4;
inline constexpr unsigned kMaxCtaSlots = 64;

// A memory instruction as a sub-core issues it.
struct MemoryInstruction {
    const StaticInstruction* code = nullptr;
    std::uint32_t active_mask = 0;
    std::uint32_t token = 0; // opaque to the LSU, returned in completions
    WarpSlot warp = 0;       // slot in the SM
    std::uint8_t sub_core = 0;
    CtaSlot cta = 0;
};

// Each accepted instruction is reported exactly once with each kind, OperandsRead not after Done.
struct MemoryCompletion {
    enum class Kind : std::uint8_t {
        OperandsRead, // source registers may be overwritten
        Done,         // destination registers written; store, reduction, copy complete as the SM sees it
    };
    Kind kind = Kind::Done;
    std::uint8_t sub_core = 0;
    WarpSlot warp = 0;
    CtaSlot cta = 0;
    std::uint32_t token = 0;
    const StaticInstruction* code = nullptr;
};

class Lsu {
  public:
    struct Ports {
        Tx<MemoryRequest> requests;
        Rx<MemoryReply> replies;
    };
    // `path` is the SM's ("gpu.sm[7]"), `cluster` its GPC, `side` the L2 partition next to it. All references must
    // outlive the LSU.
    Lsu(std::string path, const ClockDomain& clock, const SmMemoryConfig& config, const AddressMap& addresses, SmId sm,
        std::uint8_t cluster, Ports ports, unsigned side = 0);
    Lsu(const Lsu&) = delete;
    Lsu& operator=(const Lsu&) = delete;

    // Whether there is room in that sub-core's memory queue.
    bool can_accept(unsigned sub_core) const { return queues_[sub_core].size < queue_capacity_; }
    // Takes an instruction issued at `now`; coalesces at once, so the chunk's spans need be valid only during the
    // call. `pattern` is null for instructions without addresses. Requires: can_accept(instruction.sub_core).
    void accept(Now now, const MemoryInstruction& instruction, const InstructionChunk& chunk, const AddressPattern* pattern);
    void tick(Now now);
    // Completions of the last tick, in a deterministic order.
    std::span<const MemoryCompletion> completions() const { return {completions_.data(), completed_}; }
    // First cycle after `now` at which tick() may do anything; see Component::next_event.
    Cycle next_event(Cycle now) const;

    // Write and reduction requests of the CTA's instructions, accepted and not yet acknowledged by L2.
    std::uint64_t outstanding_stores(CtaSlot cta) const { return outstanding_[cta]; }
    // Nothing accepted is unfinished, nothing outstanding.
    bool drained() const;

    // Shared memory takes `carve_out` of the unified array, L1 the rest. A changed split empties L1.
    // Errors: panics if nothing would be left for L1.
    void set_shared_carve_out(Bytes carve_out);
    void invalidate_l1();

    // Charges stall cycles up to (not including) `now.cycle`.
    void settle(Now now);
    void explain_wait(WaitReport& report) const;
    // Adds the statistics below the SM's path: lsu, shared_memory, l1_cache, constant_cache, unmodelled.
    void register_stats(StatTree& tree) const;

    const LsuStats& stats() const { return stats_; }
    const SharedMemoryStats& shared_memory_stats() const { return shared_stats_; }
    const UnmodelledMemoryStats& unmodelled() const { return unmodelled_; }
    const L1Cache& l1_cache() const { return l1_; }
    const ConstantCache& constant_cache() const { return constants_; }

  private:
    // What an instruction does after dispatch.
    enum class Route : std::uint8_t { Nothing, Shared, Load, Bypass, Store, Atomic, Reduction, Constant };

    // An accepted instruction until it is Done.
    struct Instruction {
        const StaticInstruction* code = nullptr;
        std::uint32_t token = 0;
        WarpSlot warp = 0;
        CtaSlot cta = 0;
        std::uint8_t sub_core = 0;
        Route route = Route::Nothing;
        bool local = false;
        bool looked_up = false;         // has left the tag stage
        bool returning = false;         // on the return path
        std::uint8_t return_cycles = 0; // there, 0 = writes no registers
        std::uint8_t wavefronts = 0;    // in the data stage
        std::uint16_t latency = 0;      // dispatch to Done of an unloaded hit
        std::uint16_t fill_latency = 0; // last sector's arrival to Done
        std::uint16_t waiting = 0;      // sectors on their way
        std::uint16_t lines = 0;        // index of its CoalescedAccess, kNoLines if it has none
        std::int16_t operands_read = 0; // from dispatch (>= 0), or before it: from the end of address generation
        Cycle accepted = 0;
        Cycle operands_read_at = 0; // after dispatch, if later than that
    };
    static constexpr std::uint16_t kNoLines = 0xffff;

    static constexpr unsigned kMaxQueue = 16;
    struct SubCoreQueue {
        std::array<std::uint16_t, kMaxQueue> instructions{}; // ring
        unsigned first = 0;
        unsigned size = 0;
        Cycle ready = 0; // the first one's earliest dispatch
        Cycle last_dispatch = 0;
        std::uint16_t front() const { return instructions[first]; }
    };
    struct TagStage {
        bool busy = false;
        std::uint16_t instruction = 0;
        unsigned next = 0; // line
        Cycle started = 0;
        Cycle free = 0; // first cycle another instruction may enter
        LineStall stall = LineStall::None;
        Cycle stalled_since = 0;
        ConstantCache::Level level = ConstantCache::Level::First; // slowest so far
    };
    void classify(Instruction& in, const MemoryInstruction& issued, const InstructionChunk& chunk, const AddressPattern* pattern);
    void plan_global(Instruction& in, const MemoryInstruction& issued, const InstructionChunk& chunk, const AddressPattern& pattern);
    void plan_shared(Instruction& in, const MemoryInstruction& issued, const InstructionChunk& chunk, const AddressPattern* pattern);
    // The latencies of one row of the table for one width, as they are needed at each instruction.
    struct Timing {
        std::uint16_t latency = 0;
        std::uint16_t fill_latency = 0;
        std::int16_t operands_read = 0;
    };
    enum class Row : std::uint8_t {
        LoadGlobal,
        LoadGlobalUniform,
        StoreGlobal,
        StoreGlobalUniform,
        LoadShared,
        LoadSharedUniform,
        StoreShared,
        StoreSharedUniform,
        LoadConstant,
        LoadConstantUniform,
        AsyncCopy,
        AtomicGlobal,
        AtomicShared,
        Shuffle,
        Count
    };
    void prepare_timing();
    void set_latency(Instruction& in, Row row, unsigned bytes) const {
        const Timing& t = timing_[static_cast<unsigned>(row)][bytes <= 4 ? 0 : bytes <= 8 ? 1 : 2];
        in.latency = t.latency;
        in.fill_latency = t.fill_latency;
        in.operands_read = t.operands_read;
    }
    void start_address_generation(SubCoreQueue& queue);

    void take_replies(Now now);
    // The instruction's data may go back to its sub-core, or is there.
    void take_result(Cycle now, std::uint16_t id);
    void dispatch(Cycle now);
    bool may_enter(Cycle now, const Instruction& in) const;
    void advance_tag_stage(Cycle now);
    LineStall look_up(Cycle now, Instruction& in, std::uint16_t id, const LineAccess& line);
    void leave_tag_stage(Cycle now, Cycle looked_up);
    void charge_tag_stall(Cycle now);
    void arrived(Cycle now, std::uint16_t id, unsigned sectors);
    // Passes the data stage and finishes `latency` after `from`, plus what it waits in front of the stage.
    void pass_data_stage(Cycle now, std::uint16_t id, Cycle from, Cycles latency);
    void finish(Cycle now, std::uint16_t id, Cycle done);
    void complete(std::uint16_t id, MemoryCompletion::Kind kind) {
        const Instruction& in = instructions_[id];
        completions_[completed_++] = {kind, in.sub_core, in.warp, in.cta, in.token, in.code};
    }

    std::string path_;
    const ClockDomain* clock_;
    const SmMemoryConfig* config_;
    Ports ports_;
    SmId sm_;
    unsigned queue_capacity_;
    unsigned register_cycles_; // one register of a warp on the return path
    std::array<std::array<Timing, 3>, static_cast<unsigned>(Row::Count)> timing_;

    std::array<SubCoreQueue, kSubCores> queues_{};
    unsigned next_sub_core_ = 0;
    unsigned queued_ = 0; // instructions in all queues
    Cycle next_dispatch_ = 0;
    TagStage tag_;
    Cycle data_stage_free_ = 0;
    std::array<Cycle, kSubCores> return_free_{};
    unsigned dispatched_ = 0; // and not done

    std::vector<Instruction> instructions_;
    std::vector<std::uint16_t> free_instructions_;
    std::vector<CoalescedAccess> lines_;
    std::vector<std::uint16_t> free_lines_;
    EventRing operands_read_;                   // when source registers may be overwritten
    EventRing results_;                         // when data may take the return path, or the instruction is done
    std::vector<MemoryCompletion> completions_; // the first `completed_` are of the last tick
    std::size_t completed_ = 0;
    std::array<std::uint32_t, kMaxCtaSlots> outstanding_{};
    std::uint64_t outstanding_total_ = 0;

    RequestQueue requests_;
    L1Cache l1_;
    ConstantCache constants_;
    LsuStats stats_;
    SharedMemoryStats shared_stats_;
    UnmodelledMemoryStats unmodelled_;
};

} // namespace heddle
