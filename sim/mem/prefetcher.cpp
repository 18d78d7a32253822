#include "sim/mem/prefetcher.hpp"

#include "sim/mem/divider.hpp"

#include <algorithm>
#include <bit>

namespace heddle {

namespace {
constexpr std::int64_t kSectors = kSectorsPerLine;
} // namespace

Prefetcher::Prefetcher(const PrefetcherConfig& config) : config_(config), queue_(config.queue_entries) {
    HEDDLE_EXPECT(config.on(), "a prefetcher that is switched off");
    const bool by_warp = config.policy == PrefetchPolicy::Stride;
    if (by_warp || config.policy == PrefetchPolicy::WarpStride) table_.resize(config.table_entries);
    if (by_warp) loads_.resize(std::max(1u, config.table_entries / 8));
    if (config.policy == PrefetchPolicy::Stream) streams_.resize(config.streams);
}

unsigned Prefetcher::observe(const PrefetchTrigger& trigger) {
    now_ = trigger;
    dropped_ = 0;
    const auto place = static_cast<std::int64_t>(trigger.line) * kSectors + std::countr_zero(trigger.sectors);
    switch (config_.policy) {
    case PrefetchPolicy::None: break;
    case PrefetchPolicy::NextLine:
        if (trigger.sought) next_line();
        break;
    case PrefetchPolicy::Stream:
        if (trigger.sought) stream();
        break;
    case PrefetchPolicy::Stride:
    case PrefetchPolicy::WarpStride:
        if (trigger.first) stride_ = config_.policy == PrefetchPolicy::Stride ? stride_of_load(place) : stride_of_warps(place);
        for (unsigned i = 0; i < config_.degree && stride_ != 0; ++i) guess_moved(stride_ * (config_.distance + i));
    }
    return dropped_;
}

void Prefetcher::guess(std::int64_t line, unsigned sectors) {
    if (sectors == 0) return;
    if (queue_.size() >= config_.queue_entries) {
        ++dropped_;
        return;
    }
    queue_.push({static_cast<std::uint64_t>(line), now_.page, static_cast<std::uint8_t>(sectors)});
}

// The access's sectors, so many sectors further on; they may lie in two lines.
void Prefetcher::guess_moved(std::int64_t sectors_on) {
    const std::int64_t lines = sectors_on >> 2; // rounded down
    const auto shifted = static_cast<unsigned>(now_.sectors) << (sectors_on & 3);
    guess(static_cast<std::int64_t>(now_.line) + lines, shifted & 15);
    guess(static_cast<std::int64_t>(now_.line) + lines + 1, shifted >> 4);
}

void Prefetcher::next_line() {
    for (unsigned i = 0; i < config_.degree; ++i) guess(static_cast<std::int64_t>(now_.line) + config_.distance + i, now_.sectors);
}

void Prefetcher::stream() {
    const auto line = static_cast<std::int64_t>(now_.line);
    const auto distance_of = [&](const Stream& s) { return static_cast<std::uint64_t>(line > s.last ? line - s.last : s.last - line); };
    ++accesses_;
    Stream* found = nullptr;
    Stream* oldest = &streams_.front();
    for (Stream& s : streams_) {
        if (s.used != 0 && distance_of(s) <= kWindow && (!found || distance_of(s) < distance_of(*found))) found = &s;
        if (s.used < oldest->used) oldest = &s;
    }
    if (!found) {
        *oldest = Stream{.last = line, .used = accesses_};
        return;
    }
    Stream& s = *found;
    s.used = accesses_;
    if (s.last == line) return;
    const std::int8_t direction = line > s.last ? 1 : -1;
    if (direction != s.direction && s.confidence != 0) {
        --s.confidence; // warps overtake one another: the stream goes on
        return;
    }
    if (direction != s.direction) s.asking = false;
    s.direction = direction;
    s.confidence = static_cast<std::uint8_t>(std::min<unsigned>(s.confidence + 1u, kConfidence));
    s.last = line;
    if (s.confidence < kFollowed) return;
    const std::int64_t nearest = line * direction + config_.distance;
    const std::int64_t furthest = nearest + config_.degree - 1;
    std::int64_t next = s.asking ? std::max(nearest, s.asked + 1) : nearest;
    for (; next <= furthest; ++next) guess(next * direction, now_.sectors);
    s.asked = s.asking ? std::max(s.asked, furthest) : furthest;
    s.asking = true;
}

std::int64_t Prefetcher::stride_of_load(std::int64_t place) {
    const std::uint64_t key = std::uint64_t{now_.pc} << 32 | now_.warp;
    WarpEntry& entry = table_[multiply_high(mix_bits(key), table_.size())];
    if (entry.key != key) {
        entry = WarpEntry{.key = key, .place = place};
    } else {
        const std::int64_t stride = place - entry.place;
        entry.place = place;
        if (stride != entry.stride) {
            entry.stride = stride;
            entry.repeated = 0;
        } else if (entry.repeated < kTrained) {
            if (++entry.repeated == kTrained && stride != 0) promote(stride);
        }
        if (entry.repeated >= kTrained) return entry.stride;
    }
    const LoadEntry& load = loads_[multiply_high(mix_bits(now_.pc), loads_.size())];
    return load.key == now_.pc && load.agreeing >= kAgreeing ? load.stride : 0;
}

// One more warp has found `stride` for the load at hand.
void Prefetcher::promote(std::int64_t stride) {
    LoadEntry& load = loads_[multiply_high(mix_bits(now_.pc), loads_.size())];
    if (load.key != now_.pc || load.stride != stride) load = LoadEntry{.key = now_.pc, .stride = stride};
    if (load.agreeing < kAgreeing) ++load.agreeing;
}

std::int64_t Prefetcher::stride_of_warps(std::int64_t place) {
    WarpEntry& entry = table_[multiply_high(mix_bits(now_.pc), table_.size())];
    if (entry.key != now_.pc) {
        entry = WarpEntry{.key = now_.pc, .place = place, .warp = now_.warp};
        return 0;
    }
    const auto warps = static_cast<std::int64_t>(now_.warp) - static_cast<std::int64_t>(entry.warp);
    const std::int64_t moved = place - entry.place;
    entry.place = place;
    entry.warp = now_.warp;
    if (warps != 0) {
        const std::int64_t stride = moved % warps == 0 ? moved / warps : 0;
        if (stride != entry.stride) {
            entry.stride = stride;
            entry.repeated = 0;
        } else if (entry.repeated < kTrained) {
            ++entry.repeated;
        }
    }
    return entry.repeated >= kTrained ? entry.stride : 0;
}

} // namespace heddle
