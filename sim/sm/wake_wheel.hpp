// Events of a sub-core by cycle: a wheel of 256 slots for the near future and a heap for what lies beyond.
//
// Events of one cycle come out in the order they were scheduled, wherever they waited.
#pragma once

#include "sim/base/error.hpp"
#include "sim/base/units.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

namespace heddle {

template <class Event> class WakeWheel {
  public:
    WakeWheel() {
        pool_.reserve(256);
        heads_.fill(kNone);
        tails_.fill(kNone);
    }

    // Requires: cycle > `now`, the cycle last taken.
    void schedule(Cycle now, Cycle cycle, const Event& event) {
        HEDDLE_EXPECT(cycle > now, "event for cycle {} scheduled at {}", cycle, now);
        if (cycle - now < kSlots) insert(cycle, event);
        else far_.push_back({cycle, far_sequence_++, event}), std::push_heap(far_.begin(), far_.end(), later);
    }

    bool empty() const { return count_ == 0 && far_.empty(); }

    // Calls `take(event)` for every event of `now`. Requires: no event earlier than `now` is left (next() tells).
    template <class Take> void take(Cycle now, Take&& take) {
        while (!far_.empty() && far_.front().cycle <= now) {
            const Event event = far_.front().event;
            std::pop_heap(far_.begin(), far_.end(), later);
            far_.pop_back();
            take(event);
        }
        const unsigned slot = now % kSlots;
        if (!(occupied_[slot / 64] >> (slot % 64) & 1)) return;
        std::uint16_t node = heads_[slot];
        heads_[slot] = tails_[slot] = kNone;
        occupied_[slot / 64] &= ~(1ULL << (slot % 64));
        while (node != kNone) {
            const Event event = pool_[node].event;
            const std::uint16_t next = pool_[node].next;
            pool_[node].next = free_;
            free_ = node;
            --count_;
            take(event);
            node = next;
        }
    }

    // Earliest cycle after `now` with an event; kNever if none.
    Cycle next(Cycle now) const {
        Cycle first = far_.empty() ? kNever : far_.front().cycle;
        if (count_ == 0) return first;
        const unsigned start = (now + 1) % kSlots;
        for (unsigned step = 0; step <= 4; ++step) {
            const unsigned word = (start / 64 + step) % 4;
            std::uint64_t bits = occupied_[word];
            if (step == 0) bits &= ~0ULL << (start % 64);
            if (step == 4) bits &= ~(~0ULL << (start % 64));
            if (bits == 0) continue;
            const unsigned slot = word * 64 + static_cast<unsigned>(std::countr_zero(bits));
            return std::min(first, now + 1 + (slot + kSlots - start) % kSlots);
        }
        return first;
    }

  private:
    static constexpr unsigned kSlots = 256;
    static constexpr std::uint16_t kNone = 0xffff;
    struct Node {
        Event event;
        std::uint16_t next;
    };
    struct Far {
        Cycle cycle;
        std::uint64_t sequence;
        Event event;
    };
    static bool later(const Far& a, const Far& b) { return a.cycle != b.cycle ? a.cycle > b.cycle : a.sequence > b.sequence; }

    void insert(Cycle cycle, const Event& event) {
        std::uint16_t node = free_;
        if (node == kNone) {
            HEDDLE_EXPECT(pool_.size() < kNone, "more than {} events wait", kNone);
            node = static_cast<std::uint16_t>(pool_.size());
            pool_.push_back({event, kNone});
        } else {
            free_ = pool_[node].next;
            pool_[node] = {event, kNone};
        }
        const unsigned slot = cycle % kSlots;
        if (heads_[slot] == kNone) heads_[slot] = node;
        else pool_[tails_[slot]].next = node;
        tails_[slot] = node;
        occupied_[slot / 64] |= 1ULL << (slot % 64);
        ++count_;
    }

    std::vector<Node> pool_;
    std::array<std::uint16_t, kSlots> heads_, tails_;
    std::array<std::uint64_t, kSlots / 64> occupied_{};
    std::uint16_t free_ = kNone;
    unsigned count_ = 0;
    std::vector<Far> far_;
    std::uint64_t far_sequence_ = 0;
};

} // namespace heddle
