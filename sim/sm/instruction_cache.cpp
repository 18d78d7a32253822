#include "sim/sm/instruction_cache.hpp"

#include <algorithm>

namespace heddle {

LineStore::LineStore(Bytes size, unsigned ways)
    : sets_(std::max<std::uint64_t>(1, size / kLineBytes / ways)), associativity_(ways), ways_(sets_ * ways) {}

Cycle LineStore::find(std::uint64_t line) {
    Way* way = set(line);
    for (unsigned i = 0; i < associativity_; ++i) {
        if (way[i].line != line) continue;
        way[i].used = ++clock_;
        return way[i].available;
    }
    return kNever;
}

void LineStore::insert(std::uint64_t line, Cycle available) {
    Way* first = set(line);
    Way* victim = std::min_element(first, first + associativity_, [](const Way& a, const Way& b) { return a.used < b.used; });
    *victim = {line, available, ++clock_};
}

InstructionCache::InstructionCache(const InstructionCacheConfig& config, unsigned sub_cores)
    : config_(config), l0_(sub_cores, LineStore(config.l0_size, config.l0_ways)), l1_(config.l1_size, config.l1_ways) {}

// Enters `line` into the L0 and says when it is there.
Cycle InstructionCache::bring(Cycle now, unsigned sub_core, std::uint64_t line) {
    Cycle in_l1 = l1_.find(line);
    if (in_l1 == kNever) {
        in_l1 = now + config_.miss_latency;
        l1_.insert(line, in_l1);
        ++stats.l1_misses;
    }
    const Cycle available = std::max(now, in_l1) + config_.l1_latency;
    l0_[sub_core].insert(line, available);
    return available;
}

Cycle InstructionCache::fetch(Cycle now, unsigned sub_core, std::uint64_t line) {
    ++stats.l0_requests;
    const Cycle held = l0_[sub_core].find(line);
    if (held != kNever) return std::max(now, held);
    ++stats.l0_misses;
    const Cycle available = bring(now, sub_core, line);
    for (unsigned ahead = 1; ahead <= config_.prefetch_lines; ++ahead) {
        if (l0_[sub_core].find(line + ahead) != kNever) continue;
        bring(now + ahead, sub_core, line + ahead);
        ++stats.prefetches;
    }
    return available;
}

} // namespace heddle
