#include "sim/kernel/simulation.hpp"

#include "sim/kernel/parallel.hpp"

#include <algorithm>

namespace heddle {

void Simulation::add(Component& component) { components_.push_back(&component); }

void Simulation::note_latency(const LinkBase& link) { lookahead_ = std::min({lookahead_, link.latency(), link.credit_latency()}); }

namespace {

// Lets one thread's share of the components do their edges before `end`; returns the earliest time anything of
// theirs, or anything they caused, wants attention.
Time run_share(const std::vector<Component*>& share, Time end, bool skip) {
    Time next = kNoTime;
    for (Component* component : share) {
        component->caused = kNoTime;
        next = std::min(next, component->run_until(end, skip));
        next = std::min(next, component->caused);
    }
    return next;
}

Time saturating_add(Time a, Duration b) { return b > kNoTime - a ? kNoTime : a + b; }

} // namespace

void Simulation::run(const RunOptions& options) {
    const Duration quantum = std::max<Duration>(1, std::min(options.quantum, lookahead_));
    const unsigned threads = std::clamp<unsigned>(options.threads, 1, static_cast<unsigned>(std::max<std::size_t>(1, components_.size())));

    // Components of one kind are added one after another; dealing them out in turn balances kinds over threads.
    std::vector<std::vector<Component*>> shares(threads);
    for (std::size_t i = 0; i < components_.size(); ++i) shares[i % threads].push_back(components_[i]);

    Time end = 0;
    std::vector<Time> wanted(threads, kNoTime);
    ThreadTeam team(threads, [&](unsigned thread) { wanted[thread] = run_share(shares[thread], end, options.skip); });

    Time begin = 0;
    while (true) {
        const Time boundary = next_boundary();
        end = std::min(saturating_add(begin, quantum), boundary);
        // Where time jumped to a boundary, edges before it at which nothing can happen are still to be ticked, if they are at all.
        if (end > begin || (!options.skip && boundary == end)) team.run();
        const Time next = *std::min_element(wanted.begin(), wanted.end());
        if (progress_) progress_(end);
        if (boundary <= end) {
            boundary_reached_(boundary);
            begin = boundary;
            std::fill(wanted.begin(), wanted.end(), boundary); // the machine may have been changed
        } else if (next == kNoTime) {
            // A boundary asked for during this quantum is still to come.
            if (next_boundary() == kNoTime) return;
            begin = next_boundary();
        } else {
            begin = std::max(end, std::min(next, next_boundary()));
        }
    }
}

std::string Simulation::wait_report() const {
    WaitReport report;
    for (const Component* component : components_) component->explain_wait(report);
    std::string text;
    for (const auto& line : report.lines()) text += "  " + line + "\n";
    return text;
}

void Simulation::settle(Time time) {
    for (Component* component : components_) {
        const Cycle cycle = component->clock().edge_at_or_after(time);
        component->settle(Now{cycle, component->clock().time_of(cycle)});
    }
}

} // namespace heddle
