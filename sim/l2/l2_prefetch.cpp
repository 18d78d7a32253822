// The part of a slice that fetches from DRAM ahead of the requests, and keeps account of what becomes of that.
#include "sim/l2/l2_slice.hpp"

namespace heddle {

void L2Slice::use_prefetched(const Lookup& lookup, std::uint8_t missing) {
    if (lookup.at.slice != id_) return;
    const MemoryRequest& request = lookup.request;
    unsigned timely = 0, late = 0, pending = 0;
    // A line that take_miss() has just set aside belongs to nobody's prefetch.
    if (lookup.line != TagArray::kNoLine) {
        LineState& state = tags_.state(lookup.line);
        const unsigned waiting = (state.flags >> kPrefetched) & request.sector_mask;
        pending = state.pending;
        timely = waiting & lookup.readable;
        late = waiting & pending;
        state.flags = static_cast<std::uint16_t>(state.flags & ~((timely | late) << kPrefetched));
    }
    const unsigned missed = missing & ~pending;
    prefetcher_stats_.timely_sectors += sector_count(timely);
    prefetcher_stats_.late_sectors += sector_count(late);
    prefetcher_stats_.missed_sectors += sector_count(missed);
    if (request.op != MemoryOp::Read) return;
    const std::size_t before = prefetcher_->size();
    const unsigned dropped = prefetcher_->observe({.line = lookup.at.slice_line,
                                                   .page = request.line / config_.prefetcher.page,
                                                   .sectors = request.sector_mask,
                                                   .sought = (timely | late | missed) != 0});
    prefetcher_stats_.guesses += prefetcher_->size() - before + dropped;
    prefetcher_stats_.dropped_queue += dropped;
}

void L2Slice::prefetch(Now now) {
    const PrefetchGuess guess = prefetcher_->front();
    prefetcher_->pop();
    const AddressMap::Location at{id_, guess.line};
    const Address address = map_->line_address(at);
    if (address / config_.prefetcher.page != guess.page) {
        ++prefetcher_stats_.dropped_page;
        return;
    }
    const std::size_t set = set_of(at);
    TagArray::LineId line = tags_.find(set, address);
    const unsigned have = line == TagArray::kNoLine ? 0u : unsigned{tags_.state(line).valid} | tags_.state(line).pending;
    const auto fetch = static_cast<std::uint8_t>(promoted_[guess.sectors] & ~have);
    if (fetch == 0) {
        ++prefetcher_stats_.dropped_present;
        return;
    }
    Mshrs::Index index = mshrs_.find(address);
    if (index == Mshrs::kNone && mshrs_.in_use() >= config_.prefetcher.places(config_.mshr_entries)) {
        ++prefetcher_stats_.dropped_mshr;
        return;
    }
    if (dram_queue_.size() + dram_reserved_ >= config_.prefetcher.places(config_.dram_queue_entries)) {
        ++prefetcher_stats_.dropped_below;
        return;
    }
    if (line == TagArray::kNoLine) {
        const TagArray::LineId victim = index == Mshrs::kNone ? tags_.victim(set) : TagArray::kNoLine;
        if (victim == TagArray::kNoLine || can_replace(victim, 1) != Lack::Nothing) {
            ++prefetcher_stats_.dropped_line;
            return;
        }
        replace(now, victim, address);
        line = victim;
    }
    if (index == Mshrs::kNone) index = mshrs_.allocate(address);
    Mshrs::Entry& entry = mshrs_[index];
    if (entry.pending == 0) entry.wanted = 0; // as take_miss() does
    entry.place = line;
    entry.pending |= fetch;
    LineState& state = tags_.state(line);
    state.pending |= fetch;
    state.flags = static_cast<std::uint16_t>(state.flags | fetch << kPrefetched);
    to_dram(now.cycle + config_.miss_latency, map_->channel_local(at), index, false, fetch);
    ++prefetcher_stats_.requests;
    prefetcher_stats_.sectors += sector_count(fetch);
}

void L2Slice::lose_prefetched(TagArray::LineId id, unsigned sectors) {
    if (!prefetcher_ || !tags_.present(id)) return;
    LineState& state = tags_.state(id);
    const unsigned lost = (state.flags >> kPrefetched) & sectors;
    prefetcher_stats_.unused_sectors += sector_count(lost);
    state.flags = static_cast<std::uint16_t>(state.flags & ~(lost << kPrefetched));
}

} // namespace heddle
