// Miss status holding registers: which lines are being fetched, and who waits for which of their sectors.
//
// A fixed number of entries, one per line in flight, each with a list of waiters drawn from one fixed pool. Nothing is
// allocated after construction. `Waiter` is whatever the cache needs to answer later; it is copied.
#pragma once

#include "sim/base/error.hpp"
#include "sim/base/units.hpp"
#include "sim/mem/divider.hpp"

#include <bit>
#include <cstdint>
#include <vector>

namespace heddle {

template <class Waiter> class MshrTable {
  public:
    using Index = std::uint16_t;
    static constexpr Index kNone = 0xffff;

    struct Entry {
        Address line = 0;
        std::uint8_t pending = 0;  // sectors asked of the level below and not yet here
        std::uint8_t wanted = 0;   // free for the cache's use, e.g. sectors still to be asked for
        std::uint16_t waiters = 0; // length of its list
        std::uint32_t place = 0;   // free for the cache's use, e.g. the TagArray line
        bool in_use = false;
    };

    // `entries` lines in flight, `waiters` waiters in all, at most `per_entry` of them on one line.
    // Requires: 1 <= entries < 65535, 1 <= waiters < 65535, per_entry >= 1.
    MshrTable(unsigned entries, unsigned waiters, unsigned per_entry)
        : per_entry_(per_entry), entries_(entries), lists_(entries), nodes_(waiters),
          slots_(std::bit_ceil(std::size_t{entries} * 2), kNone), slot_mask_(slots_.size() - 1) {
        HEDDLE_EXPECT(entries >= 1 && entries < kNone && waiters >= 1 && waiters < kNone && per_entry >= 1,
                      "MSHR table of {} entries, {} waiters, {} per entry", entries, waiters, per_entry);
        for (unsigned i = entries; i-- > 0;) free_entries_.push_back(static_cast<Index>(i));
        for (unsigned i = 0; i < waiters; ++i) nodes_[i].next = static_cast<Index>(i + 1 == waiters ? kNone : i + 1);
        free_node_ = 0;
        free_nodes_ = waiters;
    }

    // The entry fetching `line`, kNone if there is none.
    Index find(Address line) const {
        for (std::size_t slot = home(line);; slot = (slot + 1) & slot_mask_) {
            const Index index = slots_[slot];
            if (index == kNone || entries_[index].line == line) return index;
        }
    }
    bool full() const { return free_entries_.empty(); }
    bool empty() const { return free_entries_.size() == entries_.size(); }
    std::size_t in_use() const { return entries_.size() - free_entries_.size(); }
    std::size_t capacity() const { return entries_.size(); }
    // Whether a waiter can be added to entry `index`.
    bool can_add(Index index) const { return free_nodes_ != 0 && entries_[index].waiters < per_entry_; }
    // Whether a new entry with one waiter fits.
    bool can_allocate() const { return !full() && free_nodes_ != 0; }

    Entry& operator[](Index index) { return entries_[index]; }
    const Entry& operator[](Index index) const { return entries_[index]; }

    // A new entry without waiters. Requires: !full(), no entry for `line`.
    Index allocate(Address line) {
        HEDDLE_EXPECT(!full(), "all {} MSHRs in use", entries_.size());
        const Index index = free_entries_.back();
        free_entries_.pop_back();
        entries_[index] = Entry{.line = line, .in_use = true};
        lists_[index] = List{};
        std::size_t slot = home(line);
        while (slots_[slot] != kNone) slot = (slot + 1) & slot_mask_;
        slots_[slot] = index;
        return index;
    }

    // Appends to the entry's list. Requires: can_add(index).
    void add_waiter(Index index, const Waiter& waiter) {
        HEDDLE_EXPECT(can_add(index), "no room for a waiter on line {:#x}", entries_[index].line);
        const Index node = free_node_;
        free_node_ = nodes_[node].next;
        --free_nodes_;
        nodes_[node] = Node{waiter, kNone};
        List& list = lists_[index];
        if (list.last == kNone) list.first = node;
        else nodes_[list.last].next = node;
        list.last = node;
        ++entries_[index].waiters;
    }

    // The oldest waiter. Requires: the entry has one.
    Waiter& front(Index index) { return nodes_[lists_[index].first].waiter; }
    // Drops the oldest waiter. Requires: the entry has one.
    void pop_front(Index index) {
        List& list = lists_[index];
        const Index node = list.first;
        list.first = nodes_[node].next;
        if (list.first == kNone) list.last = kNone;
        free(node);
        --entries_[index].waiters;
    }
    // Calls `serve(waiter)` on the waiters, oldest first, and drops those for which it returns true.
    template <class Serve> void serve(Index index, Serve&& serve) {
        List& list = lists_[index];
        Index previous = kNone;
        for (Index node = list.first; node != kNone;) {
            const Index next = nodes_[node].next;
            if (serve(nodes_[node].waiter)) {
                (previous == kNone ? list.first : nodes_[previous].next) = next;
                if (list.last == node) list.last = previous;
                free(node);
                --entries_[index].waiters;
            } else {
                previous = node;
            }
            node = next;
        }
    }

    // Calls `serve(waiter)` on the waiters, oldest first, until it returns true for one, which is dropped. False if it
    // did for none.
    template <class Serve> bool serve_one(Index index, Serve&& serve) {
        List& list = lists_[index];
        Index previous = kNone;
        for (Index node = list.first; node != kNone; previous = node, node = nodes_[node].next) {
            if (!serve(nodes_[node].waiter)) continue;
            (previous == kNone ? list.first : nodes_[previous].next) = nodes_[node].next;
            if (list.last == node) list.last = previous;
            free(node);
            --entries_[index].waiters;
            return true;
        }
        return false;
    }

    // Frees the entry. Requires: it has no waiters.
    void release(Index index) {
        HEDDLE_EXPECT(entries_[index].in_use && entries_[index].waiters == 0, "MSHR of line {:#x} released with {} waiters",
                      entries_[index].line, entries_[index].waiters);
        std::size_t hole = home(entries_[index].line);
        while (slots_[hole] != index) hole = (hole + 1) & slot_mask_;
        // Close the gap so that every later entry of the probe sequence stays reachable.
        for (std::size_t slot = (hole + 1) & slot_mask_; slots_[slot] != kNone; slot = (slot + 1) & slot_mask_) {
            const std::size_t wanted = home(entries_[slots_[slot]].line);
            if (((slot - wanted) & slot_mask_) >= ((slot - hole) & slot_mask_)) {
                slots_[hole] = slots_[slot];
                hole = slot;
            }
        }
        slots_[hole] = kNone;
        entries_[index].in_use = false;
        free_entries_.push_back(index);
    }

  private:
    struct Node {
        Waiter waiter{};
        Index next = kNone;
    };
    struct List {
        Index first = kNone;
        Index last = kNone;
    };
    std::size_t home(Address line) const { return static_cast<std::size_t>((line * 0x9e3779b97f4a7c15ULL) >> 40) & slot_mask_; }
    void free(Index node) {
        nodes_[node].next = free_node_;
        free_node_ = node;
        ++free_nodes_;
    }

    unsigned per_entry_;
    std::vector<Entry> entries_;
    std::vector<List> lists_;
    std::vector<Node> nodes_;
    std::vector<Index> slots_; // open addressing, linear probing
    std::size_t slot_mask_;
    std::vector<Index> free_entries_; // reserved by construction: never more than entries
    Index free_node_ = kNone;
    unsigned free_nodes_ = 0;
};

} // namespace heddle
