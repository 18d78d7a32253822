#include "sim/sm/instruction_cache.hpp"

#include <algorithm>

namespace heddle {

LineStore::LineStore(Bytes size, unsigned ways)
    : sets_(std::max<std::uint64_t>(1, size / kLineBytes / ways)), associativity_(ways), ways_(sets_ * ways) {}

Cycle LineStore::find(std::uint64_t line, bool* first) {
    Way* way = set(line);
    for (unsigned i = 0; i < associativity_; ++i) {
        if (way[i].line != line) continue;
        way[i].used = ++clock_;
        if (first) *first = way[i].fresh;
        way[i].fresh = false;
        return way[i].available;
    }
    return kNever;
}

bool LineStore::holds(std::uint64_t line) const {
    const Way* way = &ways_[(line % sets_) * associativity_];
    return std::any_of(way, way + associativity_, [line](const Way& w) { return w.line == line; });
}

void LineStore::insert(std::uint64_t line, Cycle available, bool used) {
    Way* first = set(line);
    Way* victim = std::min_element(first, first + associativity_, [](const Way& a, const Way& b) { return a.used < b.used; });
    *victim = {line, available, ++clock_, !used};
}

InstructionCache::InstructionCache(const InstructionCacheConfig& config, unsigned sub_cores)
    : config_(config), l0_(sub_cores, LineStore(config.l0_size, config.l0_ways)), l1_(config.l1_size, config.l1_ways) {}

// Enters `line` into the L0 and says when it is there.
Cycle InstructionCache::bring(Cycle now, unsigned sub_core, std::uint64_t line, std::uint64_t offset, bool used) {
    Cycle in_l1 = l1_.find(line);
    if (in_l1 == kNever) {
        const bool is_near = offset < config_.launch_prefetch / kLineBytes;
        in_l1 = now + (is_near ? config_.gpc_latency : config_.miss_latency);
        l1_.insert(line, in_l1);
        ++stats.l1_misses;
    }
    const Cycle available = std::max(now, in_l1) + config_.l1_latency;
    l0_[sub_core].insert(line, available, used);
    return available;
}

Cycle InstructionCache::fetch(Cycle now, unsigned sub_core, std::uint64_t line, std::uint64_t offset) {
    ++stats.l0_requests;
    LineStore& l0 = l0_[sub_core];
    const auto ahead = [&](unsigned lines, Cycle at) {
        if (l0.holds(line + lines)) return;
        bring(at, sub_core, line + lines, offset + lines, false);
        ++stats.prefetches;
    };
    bool is_first = false;
    const Cycle held = l0.find(line, &is_first);
    if (held != kNever) {
        if (is_first && config_.prefetch_lines != 0) ahead(config_.prefetch_lines, now);
        return std::max(now, held);
    }
    ++stats.l0_misses;
    const Cycle available = bring(now, sub_core, line, offset, true);
    for (unsigned lines = 1; lines <= config_.prefetch_lines; ++lines) ahead(lines, now + lines);
    return available;
}

} // namespace heddle
