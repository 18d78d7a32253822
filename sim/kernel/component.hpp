// A block of the machine: one clock domain, ticked at edges of it, touching others through links only.
#pragma once

#include "sim/kernel/clock.hpp"
#include "sim/kernel/link.hpp"

#include <string>
#include <vector>

namespace heddle {

// Collects, for a deadlock report, what each component waits for.
class WaitReport {
  public:
    // "`who` waits for `what`".
    void add(std::string who, std::string what) { lines_.push_back(std::move(who) + " waits for " + std::move(what)); }
    const std::vector<std::string>& lines() const { return lines_; }

  private:
    std::vector<std::string> lines_;
};

class Component {
  public:
    Component(std::string path, const ClockDomain& clock) : path_(std::move(path)), clock_(&clock) {}
    virtual ~Component() = default;
    Component(const Component&) = delete;
    Component& operator=(const Component&) = delete;

    // Does the work of one edge.
    virtual void tick(Now now) = 0;
    // The first own edge after `now` at which tick() may do anything, counting arrivals on its links and credits it
    // waits for; kNever if none. May be early, never late. Ticks before it must change nothing but statistics that
    // settle() would charge too.
    virtual Cycle next_event(Cycle now) const = 0;
    // Brings statistics that are charged by interval up to (not including) edge `now.cycle`.
    virtual void settle(Now now) { (void)now; }
    // Says what unfinished work waits for; adds nothing if there is none.
    virtual void explain_wait(WaitReport& report) const = 0;

    // Ticks the edges before `end` that were not ticked yet: all of them, or with `skip` only those at which
    // something can happen. Returns the time of the next edge it wants, kNoTime if none.
    virtual Time run_until(Time end, bool skip) = 0;

    const std::string& path() const { return path_; } // e.g. "gpu.sm[7]"
    const ClockDomain& clock() const { return *clock_; }

    // Earliest arrival (message or credit) this component has caused since the simulation last reset it.
    Time caused = kNoTime;

  protected:
    // Own edge at which something that arrives at `time` is seen; kNever for kNoTime.
    Cycle edge(Time time) const { return clock_->edge_at_or_after(time); }

  private:
    std::string path_;
    const ClockDomain* clock_;
};

// Gives `Derived` its run loop without a virtual call per cycle.
//
// A `Derived` with many links may have a member `void begin_window()`: it is called before the first edge of each
// run_until(). Whatever arrives within that window was sent before it began, so links found empty then need not be
// looked at again until the next window.
template <class Derived> class ComponentOf : public Component {
  public:
    using Component::Component;

    Time run_until(Time end, bool skip) final {
        auto& self = static_cast<Derived&>(*this);
        if constexpr (requires { self.begin_window(); }) self.begin_window();
        // What has arrived since the last call can only bring the next event forward.
        if (skip && started_) next_ = self.Derived::next_event(last_);
        while (next_ != kNever) {
            const Time time = clock().time_of(next_);
            if (time >= end) break;
            self.Derived::tick(Now{next_, time});
            started_ = true;
            last_ = next_;
            next_ = skip ? self.Derived::next_event(last_) : last_ + 1;
        }
        const Cycle wanted = skip || !started_ ? next_ : self.Derived::next_event(last_);
        return wanted == kNever ? kNoTime : clock().time_of(wanted);
    }

  private:
    bool started_ = false;
    Cycle next_ = 0; // first edge not yet ticked that is wanted
    Cycle last_ = 0; // last edge ticked
};

} // namespace heddle
