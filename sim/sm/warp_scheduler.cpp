#include "sim/sm/warp_scheduler.hpp"

#include <bit>

namespace heddle {

namespace {

unsigned lowest(WarpMask mask) { return static_cast<unsigned>(std::countr_zero(mask)); }

// First set bit after `last`, wrapping round.
unsigned next_after(WarpMask mask, unsigned last) {
    const WarpMask after = last + 1 < 32 ? mask & (~WarpMask{0} << (last + 1)) : 0;
    return lowest(after != 0 ? after : mask);
}

} // namespace

void WarpAges::remove(unsigned warp) {
    unsigned kept = 0;
    for (unsigned i = 0; i < count; ++i)
        if (order[i] != warp) order[kept++] = order[i];
    count = kept;
}

unsigned WarpAges::oldest(WarpMask mask) const {
    if ((mask & (mask - 1)) == 0) return lowest(mask);
    for (unsigned i = 0; i < count; ++i)
        if (mask >> order[i] & 1) return order[i];
    return lowest(mask);
}

unsigned WarpAges::youngest(WarpMask mask) const {
    if ((mask & (mask - 1)) == 0) return lowest(mask);
    for (unsigned i = count; i-- > 0;)
        if (mask >> order[i] & 1) return order[i];
    return lowest(mask);
}

unsigned WarpScheduler::pick(WarpMask eligible, unsigned last, const WarpAges& ages) {
    switch (policy_) {
    case SchedulerPolicy::GreedyThenYoungest: return eligible >> last & 1 ? last : ages.youngest(eligible);
    case SchedulerPolicy::GreedyThenOldest: return eligible >> last & 1 ? last : ages.oldest(eligible);
    case SchedulerPolicy::LooseRoundRobin: return next_after(eligible, last);
    case SchedulerPolicy::TwoLevel: return pick_two_level(eligible, last);
    }
    return lowest(eligible);
}

// A small active set is served round robin; when none of it can issue, the next eligible warps take its place.
unsigned WarpScheduler::pick_two_level(WarpMask eligible, unsigned last) {
    if ((eligible & active_) == 0) {
        active_ = 0;
        WarpMask left = eligible;
        unsigned from = last;
        for (unsigned i = 0; i < active_warps_ && left != 0; ++i) {
            from = next_after(left, from);
            active_ |= WarpMask{1} << from;
            left &= ~(WarpMask{1} << from);
        }
    }
    return next_after(eligible & active_, last);
}

} // namespace heddle
