#include "sim/sm/constant_cache.hpp"

namespace heddle {
namespace {

constexpr Bytes kPart = 64; // first-level line
constexpr unsigned kFetches = 16;
constexpr unsigned kWaiters = 256;
constexpr std::uint8_t kWholeLine = 0xf;

} // namespace

ConstantCache::ConstantCache(const ConstantCacheConfig& config, RequestQueue& requests)
    : requests_(&requests), first_(config.size / (kPart * config.ways), config.ways, Replacement::Lru, SetIndex::Linear),
      mid_(config.mid_size / (kLineBytes * config.mid_ways), config.mid_ways, Replacement::Lru, SetIndex::Linear),
      mshrs_(kFetches, kWaiters, kWaiters) {}

bool ConstantCache::holds(TagArray& tags, Address line, Bytes bytes) {
    const TagArray::LineId id = tags.find(tags.set_of(line / bytes), line);
    if (id == TagArray::kNoLine) return false;
    tags.touch(id);
    return true;
}

void ConstantCache::keep(TagArray& tags, Address line, Bytes bytes) {
    if (holds(tags, line, bytes)) return;
    const TagArray::LineId id = tags.victim(tags.set_of(line / bytes));
    tags.allocate(id, line);
    tags.state(id).valid = 1;
}

ConstantCache::Level ConstantCache::load(Cycle now, const LineAccess& access, std::uint16_t instruction) {
    const bool low = (access.sectors & 0x3) != 0, high = (access.sectors & 0xc) != 0;
    const bool low_held = low && holds(first_, access.line, kPart), high_held = high && holds(first_, access.line + kPart, kPart);
    const unsigned asked = unsigned{low} + unsigned{high}, held = unsigned{low_held} + unsigned{high_held};
    Level level = Level::First;
    if (held < asked) {
        level = Level::Mid;
        if (!holds(mid_, access.line, kLineBytes)) {
            level = Level::Memory;
            auto entry = mshrs_.find(access.line);
            const bool merge = entry != mshrs_.kNone;
            if (merge ? !mshrs_.can_add(entry) : !mshrs_.can_allocate() || requests_->full()) return Level::Stalled;
            if (!merge) {
                entry = mshrs_.allocate(access.line);
                mshrs_[entry].pending = kWholeLine;
                mshrs_[entry].wanted = generation_;
                MemoryRequest message;
                message.line = access.line;
                message.transaction = transaction(ReplyTo::ConstantFill, entry);
                message.sector_mask = kWholeLine;
                message.source = 1;
                requests_->push(now, message);
            }
            mshrs_.add_waiter(entry, Waiter{instruction, static_cast<std::uint8_t>(low ? 0 : 1), low && high});
            stats_.misses += asked - held;
        } else {
            if (low) keep(first_, access.line, kPart);
            if (high) keep(first_, access.line + kPart, kPart);
            stats_.mid_hits += asked - held;
        }
    }
    stats_.lookups += asked;
    stats_.hits += held;
    return level;
}

bool ConstantCache::install(std::uint16_t entry, std::uint8_t sectors) {
    auto& miss = mshrs_[entry];
    HEDDLE_EXPECT(miss.in_use && (miss.pending & sectors) == sectors, "constant reply with sectors {:#x} of line {:#x}, asked for {:#x}",
                  sectors, miss.line, miss.pending);
    miss.pending = static_cast<std::uint8_t>(miss.pending & ~sectors);
    if (miss.pending != 0) return false;
    if (miss.wanted == generation_) keep(mid_, miss.line, kLineBytes);
    return true;
}

void ConstantCache::invalidate() {
    first_.invalidate_all();
    mid_.invalidate_all();
    ++generation_;
}

} // namespace heddle
