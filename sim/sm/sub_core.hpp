// Sub-core of an SM: front end, dependence check, warp scheduler and execution pipes of a quarter of the warps.
//
// Hardware: fetch of one instruction per cycle into small per-warp buffers, one issue per cycle, fixed-latency pipes
// with an input latch of one or two cycles, and a queue towards the memory side shared by the SM.
// Modelled, in the order of a tick: (1) events of this cycle: results, decoded instructions, released warps;
// (2) issue: the warps whose head instruction has its operands, less those whose pipe or queue is busy, compete;
// (3) fetch of one instruction for the warp that issued last or else the youngest with room.
// Dependences: with control bits, stall counts and dependence counters as the compiler set them; without, a
// scoreboard over general registers (reads after writes, writes after writes, and writes after the operand reads of
// memory instructions).
// Not modelled: predicate and uniform register dependences where the stream does not name them (the frontend says
// so); bypass differences between pipes.
// Sources: SM facts sections 1 and 3 (Huerta et al. MICRO 2025; distances scheduled by ptxas).
#pragma once

#include "sim/isa/kernel_launch.hpp"
#include "sim/sm/barrier_unit.hpp"
#include "sim/sm/instruction_cache.hpp"
#include "sim/sm/instruction_profile.hpp"
#include "sim/sm/lsu.hpp"
#include "sim/sm/register_file.hpp"
#include "sim/sm/sm_config.hpp"
#include "sim/sm/sm_stats.hpp"
#include "sim/sm/wake_wheel.hpp"

namespace heddle {

// The parts of an SM its sub-cores share.
struct SmShared {
    Lsu& lsu;
    BarrierUnit& barriers;
    InstructionCache& instruction_cache;
    const ClockDomain& clock;
};

// A warp as the SM hands it to a sub-core.
struct WarpStart {
    WarpStream* stream = nullptr;
    const KernelCode* code = nullptr;
    std::uint64_t kernel = 0; // distinguishes code of different kernels in the instruction caches
    CtaSlot cta = 0;
    WarpSlot slot = 0; // in the SM
    InstructionProfile* profile = nullptr; // where its cycles are charged by instruction; nullptr: nowhere
};

// One issue, for tests and pipeline views.
struct IssuedInstruction {
    Cycle cycle;
    WarpSlot warp; // slot in the SM
    const StaticInstruction* code;
};

class SubCore {
  public:
    SubCore(const SmConfig& config, unsigned index, SmShared shared);

    // Requires: warp position `warp` is free.
    void start_warp(Cycle now, unsigned warp, const WarpStart& start);
    bool free(unsigned warp) const { return !(resident_ >> warp & 1); }

    // Whether tick() may do something at `now`: ticks in between may be left out.
    bool wants_tick(Cycle now) const { return wake_ <= now || (waits_for_queue_ && !lsu_queue_full()); }
    void tick(Now now);
    // Earliest cycle after `now` at which tick() may do something, memory queue and barriers aside.
    Cycle next_event(Cycle now) const { return wake_ > now ? wake_ : now + 1; }

    // From the SM: a memory completion, a barrier that opened, stores of a CTA that have drained.
    void complete(Cycle now, const MemoryCompletion& completion);
    void release_barrier(Cycle now, unsigned warp);
    // Lets warps waiting at a memory barrier go whose CTA has no store outstanding.
    void check_memory_barriers(Cycle now);
    bool has_memory_barriers() const { return membar_ != 0; }

    // CTA slots of warps that finished since the last call, one entry per warp.
    std::vector<CtaSlot>& finished() { return finished_; }

    // The SM became active or idle at `now`: issue slots are counted while it is active.
    void set_active(Cycle now, bool active);
    // Charges interval statistics up to (not including) `now`.
    void settle(Cycle now);
    void explain(const std::string& path, WaitReport& report) const;

    // Appends every issue from now on to `log`, which outlives the sub-core; nullptr stops.
    void record_issues(std::vector<IssuedInstruction>* log) { issue_log_ = log; }
    // Whether warps bring profiles; before the first warp starts.
    void set_profiling(bool profiling) { profiling_ = profiling; }
    // What was issued when, folded into one number: differs if anything differs.
    std::uint64_t digest() const { return digest_; }
    // Warp and thread instructions issued so far for CTA slot `cta`; reset by the SM when the slot is taken.
    std::uint64_t& warp_instructions_of(CtaSlot cta) { return cta_warp_instructions_[cta]; }
    std::uint64_t& thread_instructions_of(CtaSlot cta) { return cta_thread_instructions_[cta]; }

    SubCoreStats stats;
    StallStats slot_stalls; // issue slots
    StallStats warp_stalls; // warp-cycles
    PipeStats pipes;
    TensorOperations tensor_operations{}; // part of reports only

  private:
    static constexpr unsigned kBufferEntries = 4;
    static constexpr unsigned kGroups = 32; // asynchronous copy groups a warp may have open
    static constexpr unsigned kMmaGroups = 8; // groups of warpgroup MMA whose completion is remembered
    struct BufferEntry {
        const DynamicInstruction* instruction = nullptr;
        std::uint8_t chunk = 0;     // which of the warp's two chunks it lies in
        bool redirect = false;      // the path does not go on sequentially
    };
    struct Warp {
        // Instruction supply
        InstructionChunk chunks[2];
        WarpStream* stream = nullptr;
        const DynamicInstruction* cursor = nullptr; // next to fetch, in chunks[filling]
        const DynamicInstruction* end = nullptr;
        std::uint64_t line = ~0ULL;                 // instruction cache line fetched last
        std::uint64_t line_base = 0;                // separates kernels
        BufferEntry buffer[kBufferEntries];
        std::uint8_t buffer_head = 0, buffered = 0, decoded = 0, filling = 0;
        bool exhausted = false, control_bits = false;
        // Dependences
        RegisterSet pending, pending_long, pending_short; // registers with a result outstanding
        RegisterSet reading;                              // registers memory instructions have not read yet
        std::array<const StaticInstruction*, 16> readers{};
        std::uint8_t reader_count = 0;
        std::uint64_t counters = 0;   // control bits: six dependence counters, 8 bits each
        std::uint64_t long_counters = 0; // those of them that memory holds
        Cycle stall_until = 0;        // control bits: stall count
        std::uint32_t outstanding = 0; // results and memory operations not back yet
        std::array<std::uint16_t, kGroups> groups{}; // asynchronous copies in flight per group
        std::uint32_t group_open = 0, group_first = 0; // group being filled; oldest incomplete group
        std::array<Cycle, kMmaGroups> mma_done{}; // completion of the newest groups of warpgroup MMA
        std::uint32_t mma_groups = 0;             // groups closed so far
        // Place and state
        CtaSlot cta = 0;
        WarpSlot slot = 0;
        Stall state = Stall::NoInstruction; // meaningful while not ready
        Cycle since = 0;                    // start of the uncharged interval of that state
        Cycle started = 0;
        Cycle barrier_time = 0;             // Membar: earliest release
        InstructionProfile* profile = nullptr;
        std::uint32_t last_issued = 0;      // its row; kept for the profile only
    };
    enum class EventKind : std::uint8_t { Result, FetchResume, Unblock, StallOver };
    struct Event {
        const StaticInstruction* code;
        EventKind kind;
        std::uint8_t warp;
    };

    void handle(Cycle now, const Event& event);
    void refresh(unsigned warp, Cycle from);
    void take_pipe(Pipe pipe, Cycle until);
    Stall blocked_by(const Warp& warp, const StaticInstruction& code, Cycle now) const;
    bool depends(const Warp& warp, const StaticInstruction& code, Stall& reason) const;
    void set_state(unsigned warp, Stall state, Cycle from);
    WarpMask throttled(Cycle now);
    Stall slot_reason() const;
    Cycle find_wake(Cycle now);
    void charge_since_last_tick(Cycle now);
    void charge_throttled(Cycles cycles);
    void profile_throttled(Cycles cycles);
    void profile_wait(const Warp& warp, Cycles cycles);
    void profile_issue(WarpMask eligible, unsigned issued);
    void issue(Now now, unsigned warp);
    void issue_fixed(Cycle now, unsigned warp, const StaticInstruction& code);
    void issue_memory(Now now, unsigned warp, const BufferEntry& entry);
    void issue_mma(Cycle now, unsigned warp, const StaticInstruction& code);
    void count(const DynamicInstruction& instruction);
    void result_at(Cycle now, Cycle cycle, unsigned warp, const StaticInstruction& code);
    void block(unsigned warp, Stall state, Cycle from);
    void unblock(unsigned warp, Cycle now);
    void leave(unsigned warp, Cycle exited, Cycle finished);
    void fetch(Cycle now);
    bool refill(Warp& warp);
    void finish_if_done(unsigned warp, Cycle now);
    bool lsu_queue_full() const { return !shared_.lsu.can_accept(index_); }

    const SmConfig& config_;
    unsigned index_;
    SmShared shared_;
    RegisterFile register_file_;
    WarpScheduler scheduler_;
    std::array<Warp, kMaxWarpsPerSubCore> warps_;
    WarpAges ages_;
    WakeWheel<Event> wheel_;

    WarpMask resident_ = 0;
    WarpMask ready_ = 0;     // head instruction may issue as far as the warp is concerned
    WarpMask blocked_ = 0;   // at a barrier, memory barrier or asleep; state says which
    WarpMask membar_ = 0;
    WarpMask fetchable_ = 0; // room in the buffer and instructions to fetch
    WarpMask held_ = 0;      // fetch waits for a branch or a cache line
    std::array<WarpMask, kPipes> wants_{}; // ready warps by the pipe of their head
    WarpMask wants_queue_ = 0;             // ready warps whose head goes to the memory queue
    WarpMask wants_global_ = 0;            // of those, to global or local memory
    std::array<Cycle, kPipes> pipe_free_{};
    unsigned busy_pipes_ = 0; // pipes whose pipe_free_ may lie ahead
    Cycle dispatch_free_ = 0;              // register file ports
    unsigned last_issued_ = 0;

    std::array<std::uint8_t, 8> decode_ring_{}; // warp + 1 whose instruction is decoded at cycle mod 8
    unsigned decoding_ = 0;

    bool active_ = false;
    Cycle wake_ = kNever;          // next cycle tick() wants
    bool waits_for_queue_ = false; // and as soon as the memory queue has room
    Cycle charged_ = 0; // issue slots and warp states of ready warps are charged up to here
    Stall blame_ = Stall::NoWarp; // what an issue slot without issue is charged to until the next tick
    bool any_throttled_ = false;
    std::array<std::uint8_t, kStalls> throttled_{}; // ready warps per reason until the next tick
    bool profiling_ = false;
    std::array<WarpMask, kStalls> throttled_warps_{}; // which they are; kept for the profile only
    std::uint64_t digest_ = 0xcbf29ce484222325ULL;
    std::array<std::uint64_t, 32> cta_warp_instructions_{}, cta_thread_instructions_{};
    std::vector<CtaSlot> finished_;
    std::vector<IssuedInstruction>* issue_log_ = nullptr;
};

} // namespace heddle
