// The tag array of a sectored, set-associative cache (L1 or L2 slice).
//
// What it is: tags of 128-byte lines, each with a mask of four 32-byte sectors per property. What is modelled: lookup,
// replacement (LRU, FIFO, pseudo-random), lines kept from replacement while a fetch is in flight, sectors written in
// only some of their bytes. What is not: data (traces carry none) and time (the cache around it decides that).
//
// Layout: one 8-bit fingerprint per way, 16 compared at a time, then the full tag of the few that match; 12 bytes of
// state per line; the order of replacement as a linked list within each set, so touching and choosing a victim cost
// the same for 4 ways as for 512. invalidate_all() starts a new generation and costs nothing: lines of an older
// generation are invalid, and being the oldest they already stand where victims are taken.
#pragma once

#include "sim/base/error.hpp"
#include "sim/base/units.hpp"
#include "sim/mem/divider.hpp"
#include "sim/mem/replacement.hpp"

#include <cstdint>
#include <memory>
#include <vector>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace heddle {

// What is held of a line. Sector masks, bit i for bytes 32i .. 32i+31.
struct LineState {
    std::uint8_t valid = 0;   // sectors of which some bytes are held
    std::uint8_t dirty = 0;   // of those, sectors newer than the level below
    std::uint8_t partial = 0; // of those, sectors of which not all bytes are held (written in part, never fetched)
    std::uint8_t pending = 0; // sectors on their way from the level below; a line with any is not replaced
    std::uint16_t owner = 0;  // free for the cache's use, e.g. the MSHR entry of the fetch; 0 after allocate()
    std::uint16_t flags = 0;  // free for the cache's use; 0 after allocate()

    // Sectors that can be read without a fetch.
    std::uint8_t readable() const { return static_cast<std::uint8_t>(valid & ~partial); }
};

class TagArray {
  public:
    using LineId = std::uint32_t; // set * ways + way
    static constexpr LineId kNoLine = ~LineId{0};

    // Requires: sets >= 1, 1 <= ways <= 32768.
    TagArray(std::size_t sets, unsigned ways, Replacement replacement = Replacement::Lru, SetIndex index = SetIndex::Rotated);

    std::size_t sets() const { return sets_; }
    unsigned ways() const { return ways_; }
    std::size_t lines() const { return sets_ * ways_; }

    // Set of a line, from any number that identifies it and is dense over the lines this cache sees (line address
    // / 128 for an L1; the slice-local line number for an L2 slice).
    std::size_t set_of(std::uint64_t key) const {
        if (index_ == SetIndex::Hashed) return multiply_high(mix_bits(key), sets_);
        const auto [block, position] = by_sets_.divide(key);
        if (index_ == SetIndex::Linear) return position;
        const std::uint64_t shift = ((mix_bits(block) >> 32) * sets_) >> 32;
        const std::uint64_t set = position + shift;
        return set >= sets_ ? set - sets_ : set;
    }

    // The line with address `line` in `set`, if it has valid or pending sectors; kNoLine otherwise.
    LineId find(std::size_t set, Address line) const {
        const std::uint8_t mark = fingerprint(line);
        const std::uint8_t* marks = &marks_[set * stride_];
        const LineId first = static_cast<LineId>(set * ways_);
        for (unsigned group = 0; group < stride_; group += 16) {
            unsigned hits = match16(marks + group, mark);
            if (group + 16 > ways_) hits &= last_group_;
            for (; hits != 0; hits &= hits - 1) {
                const LineId id = first + group + static_cast<unsigned>(__builtin_ctz(hits));
                if (tags_[id] == line && present(id)) return id;
            }
        }
        return kNoLine;
    }

    LineState& state(LineId id) { return lines_[id].state; }
    const LineState& state(LineId id) const { return lines_[id].state; }
    Address address(LineId id) const { return tags_[id]; }
    // Whether `id` holds or awaits any sector.
    bool present(LineId id) const {
        const Line& l = lines_[id];
        return l.generation == generation_ && (l.state.valid | l.state.pending) != 0;
    }

    // Records a use of the line (LRU order).
    void touch(LineId id) {
        if (replacement_ == Replacement::Lru) move_to_front(id);
    }

    // The line of `set` to be replaced next: one that is not present, else by the policy among lines with no sector
    // pending; kNoLine if all are pending. Asking again gives the same answer until something is allocated.
    LineId victim(std::size_t set) const;

    // Gives the place `id` to `line`, with no sector valid or pending; it becomes the most recently used one. The
    // caller has dealt with the dirty sectors of the line before. Until it sets a valid or pending sector, find()
    // does not see the line.
    void allocate(LineId id, Address line) {
        HEDDLE_EXPECT(!present(id) || lines_[id].state.pending == 0, "line {:#x} replaced while a fetch is in flight", tags_[id]);
        tags_[id] = line;
        const std::size_t set = by_ways_.quotient(id);
        marks_[set * stride_ + (id - set * ways_)] = fingerprint(line);
        lines_[id] = Line{LineState{}, generation_};
        ++allocations_;
        move_to_front(id);
    }

    // Forgets one line, whatever its state; it is the next victim of its set.
    void invalidate(LineId id);
    // Forgets all lines, pending ones included, at no cost. A fetch in flight must look its line up again when it
    // ends, and will not find it.
    void invalidate_all();

    // Number of lines present (slow; for reports and tests).
    std::size_t occupancy() const;

  private:
    struct Line {
        LineState state;
        std::uint32_t generation = 0; // never equal to generation_, which starts at 1
    };
    struct Order { // circular list through the ways of a set; index `ways` is the set's anchor
        std::uint16_t next;
        std::uint16_t previous;
    };

    static std::uint8_t fingerprint(Address line) { return static_cast<std::uint8_t>((line * 0x9e3779b97f4a7c15ULL) >> 56); }
    static unsigned match16(const std::uint8_t* marks, std::uint8_t mark) {
#if defined(__SSE2__)
        const __m128i row = _mm_load_si128(reinterpret_cast<const __m128i*>(marks));
        return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(row, _mm_set1_epi8(static_cast<char>(mark)))));
#else
        unsigned hits = 0;
        for (unsigned i = 0; i < 16; ++i) hits |= static_cast<unsigned>(marks[i] == mark) << i;
        return hits;
#endif
    }
    Order* order_of(std::size_t set) { return &order_[set * (ways_ + 1)]; }
    const Order* order_of(std::size_t set) const { return &order_[set * (ways_ + 1)]; }
    void move_to_front(LineId id) {
        const std::size_t set = by_ways_.quotient(id);
        insert(order_of(set), static_cast<std::uint16_t>(id - set * ways_), true);
    }
    void insert(Order* order, std::uint16_t way, bool front);

    struct alignas(16) Marks16 {
        std::uint8_t mark[16];
    };
    std::size_t sets_;
    unsigned ways_;
    unsigned stride_;     // ways rounded up to 16
    unsigned last_group_; // mask of the ways in the last 16 marks
    Replacement replacement_;
    SetIndex index_;
    Divider by_sets_;
    Divider by_ways_;
    std::uint32_t generation_ = 1;
    std::uint64_t allocations_ = 0; // seed of the pseudo-random choice
    std::vector<Marks16> mark_storage_;
    std::uint8_t* marks_; // stride_ per set
    std::vector<Address> tags_;
    std::vector<Line> lines_;
    std::vector<Order> order_;
};

inline void TagArray::insert(Order* order, std::uint16_t way, bool front) {
    Order& self = order[way];
    order[self.previous].next = self.next;
    order[self.next].previous = self.previous;
    const auto anchor = static_cast<std::uint16_t>(ways_);
    const std::uint16_t before = front ? anchor : order[anchor].previous;
    self.previous = before;
    self.next = order[before].next;
    order[self.next].previous = way;
    order[before].next = way;
}

} // namespace heddle
