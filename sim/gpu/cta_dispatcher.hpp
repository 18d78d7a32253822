// CTA dispatcher: takes kernels from the workload and hands their CTAs to SMs with room.
//
// Hardware: the compute work distributor. It takes kernels of different streams, keeps those of one stream in order,
// and gives the next CTA to the SM with the most room, a few per cycle at most.
// Modelled: launch latency between kernels of a stream; concurrency of streams while SMs have room; occupancy limits;
// breadth-first placement (fewest resident CTAs first, then round robin over GPCs); the shared-memory carve-out, which
// an SM takes when it is empty. A kernel is complete when its CTAs are done and their stores acknowledged. A copy to
// the device waits for all kernels before it, and later commands for the copy.
// Not modelled: time of copies (the record says so), events and waits between streams, thread block clusters
// (unmodelled.cluster_launches), priorities and preemption.
// Sources: Gilman et al. 2020 (placement on the SM with most room); launch gaps of public benchmarks (SM facts 3.7).
#pragma once

#include "sim/gpu/gpu_config.hpp"
#include "sim/gpu/run_record.hpp"
#include "sim/kernel/component.hpp"
#include "sim/sm/cta_message.hpp"
#include "sim/sm/occupancy.hpp"

#include <deque>
#include <map>
#include <memory>

namespace heddle {

class DispatcherStats : public StatGroup {
  public:
    Stat ctas{this, "ctas", "CTAs", "CTAs dispatched."};
    Stat kernels{this, "kernels", "kernels", "Kernels completed."};
    Stat skipped_kernels{this, "skipped_kernels", "kernels", "Launches left out by the choice of kernels."};
    Stat copy_bytes{this, "copy_bytes", "bytes", "Bytes of host-to-device copies, which take no time."};
    Stat empty_ctas{this, "empty_ctas", "CTAs", "CTAs of no warps in the input, counted as done when dispatched."};
};

// What the dispatcher is given but the model does not honour.
class DispatcherUnmodelled : public StatGroup {
  public:
    Stat cluster_launches{this, "cluster_launches", "kernels", "Kernels with thread block clusters, run as independent CTAs."};
};

class CtaDispatcher final : public ComponentOf<CtaDispatcher> {
  public:
    struct Ports {
        std::vector<Tx<CtaLaunch>> launches; // by SM
        std::vector<Rx<CtaNotice>> notices;  // by SM
    };
    // A copy to the device that has been reached in program order.
    struct Copy {
        Address address;
        Bytes bytes;
    };
    // `lookahead`: how far ahead a boundary must be asked for.
    CtaDispatcher(std::string path, const ClockDomain& clock, const GpuConfig& config, Ports ports, Duration lookahead);

    // Before the run. `boundary_for_copies`: stop at copies so that the machine can be changed (cache warming).
    void start(Workload& workload, std::uint64_t first_kernel, std::uint64_t last_kernel, bool boundary_for_copies);

    // Notes copies from now on.
    void record_copies() { record_copies_ = true; }
    const std::vector<RunRecord::CopyEvent>& copies() const { return copy_events_; }
    // Kernels that have finished are kept until the boundary that reports them; for profiles.
    void keep_kernels() { keep_kernels_ = true; }

    void tick(Now now) override;
    Cycle next_event(Cycle now) const override;
    void explain_wait(WaitReport& report) const override;

    // Boundaries: the next one wanted; and, when it is reached, what has finished or was copied since the last.
    Time wanted_boundary() const { return boundary_; }
    struct Finished {
        KernelRecord record;            // counters not filled in
        std::uint32_t number;           // as in CtaLaunch
        std::unique_ptr<Kernel> kernel; // only with keep_kernels()
    };
    struct Reached {
        std::vector<Finished> kernels;
        std::vector<Copy> copies;
    };
    Reached reach_boundary(Time time);
    // Asks for another boundary at `until`, before which no kernel that has not begun may begin. Requires: called at a
    // boundary.
    void postpone(Time until);

    // All commands were taken and everything they started is complete.
    // No kernel runs, is to come or is still to be reported.
    bool kernels_ended() const { return exhausted_ && pending_.empty() && running_.empty() && finished_.empty(); }
    bool finished() const { return exhausted_ && pending_.empty() && running_.empty() && copies_.empty() && boundary_ == kNoTime; }

    std::uint64_t kernels_done() const { return stats.kernels.value(); }
    // CTAs done and in all, over running kernels; warp instructions of finished CTAs of the whole run.
    void progress(std::uint64_t& done, std::uint64_t& all, std::uint64_t& warp_instructions) const;

    DispatcherStats stats;
    DispatcherUnmodelled unmodelled;

  private:
    struct Running {
        std::unique_ptr<Kernel> kernel;
        KernelRecord record;
        Occupancy occupancy;
        Time ready = 0;                           // launch latency is over
        std::optional<CtaInstructions> next;      // CTA waiting for room
        bool all_dispatched = false;
        std::uint64_t done = 0;
        std::vector<bool> seen_sm;                // SMs that have run a CTA of this kernel
        std::vector<std::uint16_t> ctas_on_sm;
        std::uint32_t number = 0;
    };
    struct SmState {
        std::uint32_t ctas = 0, warps = 0;
        std::uint64_t registers = 0;
        Bytes shared = 0, carve_out = 0;
        bool undrained = false; // a Drained notice is due
    };
    struct Resident {
        std::unique_ptr<CtaInstructions> instructions;
        std::uint32_t kernel;
        SmId sm;
    };

    void take_notices(Now now);
    void finish_kernels(Now now);
    void take_commands(Now now);
    void start_kernel(Now now, std::unique_ptr<Kernel> kernel);
    void dispatch(Now now);
    bool dispatch_one(Now now, Running& running);
    bool fits(const SmState& sm, const Running& running, SmId id) const;
    Time start_of(const Running& running) const;
    bool prepare_next(Running& running);

    const GpuConfig& config_;
    Ports ports_;
    Duration lookahead_;
    Duration launch_latency_, completion_latency_;
    Workload* workload_ = nullptr;
    std::uint64_t first_kernel_ = 1, last_kernel_ = ~0ULL, launches_seen_ = 0;
    bool boundary_for_copies_ = false;

    std::deque<Command> pending_;  // taken from the workload, waiting for their stream or for earlier commands
    bool exhausted_ = false;
    std::vector<std::unique_ptr<Running>> running_;
    std::map<std::uint64_t, Time> stream_free_; // when the stream's last kernel completed
    std::vector<Finished> finished_;
    bool keep_kernels_ = false, record_copies_ = false;
    std::vector<RunRecord::CopyEvent> copy_events_;
    std::vector<Copy> copies_;
    Time boundary_ = kNoTime;
    Time hold_until_ = 0; // nothing starts before a boundary that has been asked for
    bool recheck_ = true; // commands may be taken although nothing arrived

    std::vector<SmState> sms_;
    std::vector<SmId> order_;      // SMs in the order of preference among equals: first SM of each GPC, and so on
    std::vector<Resident> residents_;
    std::vector<std::uint32_t> free_residents_;
    std::uint32_t next_number_ = 0;
    bool room_may_exist_ = true;
    std::uint64_t done_instructions_ = 0;
};

} // namespace heddle
