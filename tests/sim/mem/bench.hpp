// A small machine for tests: components, links between them, and a loop that runs them window by window.
#pragma once

#include "sim/kernel/component.hpp"
#include "sim/stats/stat.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace heddle::test {

inline constexpr Time kCycle = 1'000'000; // of a 1 GHz clock, femtoseconds

struct Mode {
    Cycles quantum = 1;
    bool skip = true;
};

class Bench {
  public:
    ClockDomain clock{"test", 1'000'000'000};

    // Latencies in cycles.
    template <class T> Link<T>& link(Cycles latency, std::size_t capacity, Cycles credit_latency = 0) {
        auto made = std::make_unique<Link<T>>("link" + std::to_string(links_.size()), latency * kCycle,
                                              (credit_latency == 0 ? latency : credit_latency) * kCycle, capacity);
        Link<T>& result = *made;
        links_.push_back(std::move(made));
        return result;
    }
    void add(Component& component) { components_.push_back(&component); }
    // Runs the cycles before `end`.
    void run(Cycle end, Mode mode = {}) {
        while (at_ < end) {
            at_ = std::min(end, at_ + mode.quantum);
            for (Component* component : components_) component->run_until(clock.time_of(at_), mode.skip);
        }
        for (Component* component : components_) component->settle(Now{end, clock.time_of(end)});
    }

  private:
    std::vector<std::unique_ptr<LinkBase>> links_;
    std::vector<Component*> components_;
    Cycle at_ = 0;
};

// Sends messages at given cycles, in order, each as soon as there is credit.
template <class T> class Source final : public ComponentOf<Source<T>> {
  public:
    Source(const ClockDomain& clock, Tx<T> out) : ComponentOf<Source<T>>("source", clock), out_(out) {}
    void at(Cycle cycle, const T& message) { planned_.push_back({cycle, message}); }
    bool done() const { return planned_.empty(); }
    void tick(Now now) override {
        while (!planned_.empty() && planned_.front().first <= now.cycle && out_.can_send(now)) {
            out_.send(now, planned_.front().second);
            planned_.pop_front();
            if (one_per_cycle) break;
        }
    }
    Cycle next_event(Cycle now) const override { return planned_.empty() ? kNever : now + 1; }
    void explain_wait(WaitReport&) const override {}
    bool one_per_cycle = true;

  private:
    Tx<T> out_;
    std::deque<std::pair<Cycle, T>> planned_;
};

// Takes messages and notes when; `ready(cycle)` says in which cycles it does.
template <class T> class Sink final : public ComponentOf<Sink<T>> {
  public:
    struct Taken {
        Cycle cycle;
        T message;
    };
    Sink(const ClockDomain& clock, Rx<T> in) : ComponentOf<Sink<T>>("sink", clock), in_(in) {}
    void tick(Now now) override {
        while (!(ready && !ready(now.cycle))) {
            const T* message = in_.peek(now);
            if (!message) return;
            taken.push_back({now.cycle, *message});
            in_.pop(now);
            if (one_per_cycle) return;
        }
    }
    Cycle next_event(Cycle now) const override { return now + 1; }
    void explain_wait(WaitReport&) const override {}
    std::vector<Taken> taken;
    std::function<bool(Cycle)> ready;
    bool one_per_cycle = false;

  private:
    Rx<T> in_;
};

inline std::vector<std::uint64_t> values(const StatGroup& group) {
    std::vector<std::uint64_t> result;
    for (const Stat* stat : group.stats()) result.push_back(stat->value());
    return result;
}

} // namespace heddle::test
