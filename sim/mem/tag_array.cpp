#include "sim/mem/tag_array.hpp"

namespace heddle {

TagArray::TagArray(std::size_t sets, unsigned ways, Replacement replacement, SetIndex index)
    : sets_(sets), ways_(ways), stride_((ways + 15) / 16 * 16), last_group_(0xffffu >> (stride_ - ways)), replacement_(replacement),
      index_(index), by_sets_(sets), by_ways_(ways), mark_storage_(sets * stride_ / 16), tags_(sets * ways), lines_(sets * ways),
      order_(sets * (ways + 1)) {
    HEDDLE_EXPECT(sets >= 1 && ways >= 1 && ways <= 32768, "tag array of {} sets x {} ways", sets, ways);
    marks_ = mark_storage_.front().mark;
    for (std::size_t set = 0; set < sets; ++set) {
        Order* order = order_of(set);
        for (unsigned way = 0; way <= ways; ++way) {
            order[way].next = static_cast<std::uint16_t>(way == ways ? 0 : way + 1);
            order[way].previous = static_cast<std::uint16_t>(way == 0 ? ways : way - 1);
        }
    }
}

TagArray::LineId TagArray::victim(std::size_t set) const {
    const Order* order = order_of(set);
    const auto first = static_cast<LineId>(set * ways_);
    const auto anchor = static_cast<std::uint16_t>(ways_);
    const std::uint16_t oldest = order[anchor].previous;
    if (!present(first + oldest)) return first + oldest;
    if (replacement_ == Replacement::Random) {
        auto way = static_cast<unsigned>(((mix_bits(allocations_) >> 32) * ways_) >> 32);
        for (unsigned tried = 0; tried < ways_; ++tried, way = way + 1 == ways_ ? 0 : way + 1)
            if (lines_[first + way].state.pending == 0 || !present(first + way)) return first + way;
        return kNoLine;
    }
    for (std::uint16_t way = oldest; way != anchor; way = order[way].previous)
        if (lines_[first + way].state.pending == 0 || !present(first + way)) return first + way;
    return kNoLine;
}

void TagArray::invalidate(LineId id) {
    const std::size_t set = by_ways_.quotient(id);
    lines_[id].generation = 0;
    insert(order_of(set), static_cast<std::uint16_t>(id - set * ways_), false);
}

void TagArray::invalidate_all() {
    if (++generation_ != 0) return;
    for (Line& line : lines_) line.generation = 0;
    generation_ = 1;
}

std::size_t TagArray::occupancy() const {
    std::size_t count = 0;
    for (LineId id = 0; id < lines(); ++id) count += present(id);
    return count;
}

} // namespace heddle
