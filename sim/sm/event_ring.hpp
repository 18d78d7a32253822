// Pending events of a fixed set of owners, by cycle: at most one event per owner, no allocation, a few instructions each.
//
// A ring of 256 slots, each a list through the owners. An event further away stays in its slot and is passed over
// once per lap, so next() may name a cycle at which nothing is due yet, never one too late. Events of one cycle come
// out in the order they were scheduled, those more than a lap away aside.
#pragma once

#include "sim/base/error.hpp"
#include "sim/base/units.hpp"

#include <array>
#include <bit>
#include <vector>

namespace heddle {

class EventRing {
  public:
    explicit EventRing(std::size_t owners) : events_(owners) {
        HEDDLE_EXPECT(owners < kNone, "{} owners of events", owners);
        heads_.fill(kNone);
    }

    // Requires: the owner has no event pending; `cycle` is after the last one taken.
    void schedule(Cycle cycle, std::uint16_t owner) {
        const unsigned slot = cycle % kSlots;
        events_[owner] = {cycle, kNone};
        const std::uint64_t bit = 1ULL << (slot % 64);
        if ((occupied_[slot / 64] & bit) == 0) {
            occupied_[slot / 64] |= bit;
            heads_[slot] = owner;
        } else {
            events_[tails_[slot]].next = owner;
        }
        tails_[slot] = owner;
    }

    // Calls `take(owner)` for every event of `now`; it may schedule.
    template <class Take> void take(Cycle now, Take&& take) {
        const unsigned slot = now % kSlots;
        const std::uint64_t bit = 1ULL << (slot % 64);
        if ((occupied_[slot / 64] & bit) == 0) [[likely]]
            return;
        occupied_[slot / 64] &= ~bit;
        for (std::uint16_t owner = heads_[slot]; owner != kNone;) {
            const Event event = events_[owner];
            HEDDLE_EXPECT(event.cycle >= now, "event of cycle {} missed, it is {}", event.cycle, now);
            if (event.cycle == now) take(owner);
            else schedule(event.cycle, owner);
            owner = event.next;
        }
    }

    // Earliest cycle after `now` at which an event may be due; kNever if there is none.
    Cycle next(Cycle now) const {
        const unsigned start = (now + 1) % kSlots;
        const std::uint64_t here = occupied_[start / 64] & (~0ULL << (start % 64));
        if (here != 0) return now + 1 + (static_cast<unsigned>(std::countr_zero(here)) - start % 64);
        for (unsigned step = 1; step <= kWords; ++step) { // the first word again for what lies before `start`
            const unsigned word = (start / 64 + step) % kWords;
            if (occupied_[word] == 0) continue;
            const unsigned slot = word * 64 + static_cast<unsigned>(std::countr_zero(occupied_[word]));
            return now + 1 + (slot - start) % kSlots;
        }
        return kNever;
    }

  private:
    static constexpr unsigned kSlots = 256;
    static constexpr unsigned kWords = kSlots / 64;
    static constexpr std::uint16_t kNone = 0xffff;
    struct Event {
        Cycle cycle = 0;
        std::uint16_t next = kNone;
    };
    std::vector<Event> events_;
    std::array<std::uint64_t, kWords> occupied_{};
    std::array<std::uint16_t, kSlots> heads_;
    std::array<std::uint16_t, kSlots> tails_{};
};

} // namespace heddle
