// Runs components: the plain loop and the threaded loop.
//
// Time advances in quanta no longer than the lookahead, the smallest latency of any link. Within a quantum each
// component runs alone, because nothing sent during it can arrive before its end; so components may be spread over
// threads in any way (conservative parallel simulation). When nothing can happen for a while, time jumps.
//
// A boundary is a point in time at which the whole machine is looked at or changed from outside (statistics of a
// finished kernel, a clock change, cache state between kernels). It is asked for at least one lookahead ahead, so it
// lies at the same simulated time whatever the quantum.
#pragma once

#include "sim/kernel/component.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace heddle {

// How a run is computed; never what comes out.
struct RunOptions {
    unsigned threads = 1;
    Duration quantum = kNoTime; // femtoseconds; larger than the lookahead means the lookahead
    bool skip = true;           // leave out edges at which nothing can happen
};

class Simulation {
  public:
    // Components and links outlive the simulation. Requires: not running.
    void add(Component& component);
    template <class T> void add(Link<T>& link, Component& sender, Component& receiver) {
        link.observe(&sender.caused, &receiver.caused);
        note_latency(link);
    }

    // Smallest latency of any link, for messages and credits.
    Duration lookahead() const { return lookahead_; }

    // `next()` tells the next boundary that is wanted (kNoTime if none); it is called between quanta only.
    // `reached(time)` is called when every component has done its edges before `time` and none after.
    void set_boundary(std::function<Time()> next, std::function<void(Time)> reached) {
        next_boundary_ = std::move(next);
        boundary_reached_ = std::move(reached);
    }
    // Called between quanta, at most once per quantum, with the time reached: progress display, not part of the run.
    void set_progress(std::function<void(Time)> progress) { progress_ = std::move(progress); }

    // Runs until no event is left. What is left undone then is for the caller to judge (see wait_report()).
    void run(const RunOptions& options);

    // What every component waits for, one line each.
    std::string wait_report() const;
    // Settles interval statistics of all components up to `time`.
    void settle(Time time);

    const std::vector<Component*>& components() const { return components_; }
    // For hosts other than run(): the next boundary, and the call when it is reached.
    Time next_boundary() const { return next_boundary_ ? next_boundary_() : kNoTime; }
    void reach_boundary(Time time) const { boundary_reached_(time); }

  private:
    void note_latency(const LinkBase& link);
    struct Team;

    std::vector<Component*> components_;
    Duration lookahead_ = kNoTime;
    std::function<Time()> next_boundary_;
    std::function<void(Time)> boundary_reached_;
    std::function<void(Time)> progress_;
};

} // namespace heddle
