// The part of the L1 cache that fetches ahead of the loads, and keeps account of what becomes of that.
#include "sim/sm/l1_cache.hpp"

namespace heddle {

void L1Cache::observe(const LineAccess& access, std::uint32_t pc, WarpSlot warp, unsigned number, bool sought) {
    const std::size_t before = prefetcher_->size();
    const unsigned dropped = prefetcher_->observe({.line = access.line / kLineBytes,
                                                   .page = access.line / config_->prefetcher.page,
                                                   .sectors = access.sectors,
                                                   .sought = sought,
                                                   .first = number == 0,
                                                   .pc = pc,
                                                   .warp = warp});
    prefetcher_stats_.guesses += prefetcher_->size() - before + dropped;
    prefetcher_stats_.dropped_queue += dropped;
}

void L1Cache::prefetch(Cycle now) {
    const PrefetchGuess guess = prefetcher_->front();
    prefetcher_->pop();
    const Address line = guess.line * kLineBytes;
    if (line / config_->prefetcher.page != guess.page) {
        ++prefetcher_stats_.dropped_page;
        return;
    }
    const std::size_t set = set_of(line);
    const TagArray::LineId id = tags_->find(set, line);
    auto entry = mshrs_.find(line);
    unsigned have = id == TagArray::kNoLine ? 0u : tags_->state(id).valid;
    if (entry != mshrs_.kNone) have |= mshrs_[entry].pending;
    const auto fetch = static_cast<std::uint8_t>(guess.sectors & ~have);
    if (fetch == 0) {
        ++prefetcher_stats_.dropped_present;
        return;
    }
    if (entry == mshrs_.kNone && mshrs_.in_use() >= config_->prefetcher.places(config_->mshr_entries)) {
        ++prefetcher_stats_.dropped_mshr;
        return;
    }
    if (requests_->size() >= config_->prefetcher.places(config_->request_queue_entries)) {
        ++prefetcher_stats_.dropped_below;
        return;
    }
    if (entry == mshrs_.kNone) {
        entry = mshrs_.allocate(line);
        mshrs_[entry].wanted = generation_;
        mshrs_[entry].place = static_cast<std::uint32_t>(set);
        ++stats_.mshr_allocations;
    }
    mshrs_[entry].pending = static_cast<std::uint8_t>(mshrs_[entry].pending | fetch);
    prefetched_[entry] = static_cast<std::uint8_t>(prefetched_[entry] | fetch);
    request(now, {.line = line, .sectors = fetch}, fetch, MemoryOp::Read, transaction(ReplyTo::L1Fill, entry));
    ++prefetcher_stats_.requests;
    prefetcher_stats_.sectors += sector_count(fetch);
}

bool L1Cache::use_prefetched(TagArray::LineId id, MshrTable<Waiter>::Index entry, std::uint8_t sectors, std::uint8_t missing,
                             std::uint8_t unasked) {
    unsigned timely = 0, late = 0;
    if (id != TagArray::kNoLine) {
        LineState& state = tags_->state(id);
        timely = state.flags & sectors;
        state.flags = static_cast<std::uint16_t>(state.flags & ~timely);
    }
    if (missing != 0) {
        late = prefetched_[entry] & missing;
        prefetched_[entry] = static_cast<std::uint8_t>(prefetched_[entry] & ~late);
    }
    prefetcher_stats_.timely_sectors += sector_count(timely);
    prefetcher_stats_.late_sectors += sector_count(late);
    prefetcher_stats_.missed_sectors += sector_count(unasked);
    return (timely | late | unasked) != 0;
}

void L1Cache::lose_prefetched(TagArray::LineId id, std::uint8_t sectors) {
    LineState& state = tags_->state(id);
    prefetcher_stats_.unused_sectors += sector_count(state.flags & sectors);
    state.flags = static_cast<std::uint16_t>(state.flags & ~sectors);
}

void L1Cache::lose_all_prefetched() {
    if (!prefetcher_) return;
    for (TagArray::LineId id = 0; id < tags_->lines(); ++id)
        if (tags_->present(id)) lose_prefetched(id, 15);
}

} // namespace heddle
