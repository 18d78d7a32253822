// Charging the cycles of a sub-core's warps to instructions as well, beside every charge to a state.
#include "sim/sm/sub_core.hpp"

#include <bit>

namespace heddle {

// Of ready warps the profile charges the instruction at the head of the buffer.
void SubCore::profile_throttled(Cycles cycles) {
    for (unsigned reason = 0; reason < kStalls; ++reason) {
        for (WarpMask left = throttled_warps_[reason]; left != 0; left &= left - 1) {
            const Warp& w = warps_[static_cast<unsigned>(std::countr_zero(left))];
            if (w.profile != nullptr) w.profile->charge(w.buffer[w.buffer_head].instruction->code->index, static_cast<Stall>(reason), cycles);
        }
    }
}

// One cycle of the eligible warps, of which `issued` issues.
void SubCore::profile_issue(WarpMask eligible, unsigned issued) {
    for (WarpMask left = eligible; left != 0; left &= left - 1) {
        const auto warp = static_cast<unsigned>(std::countr_zero(left));
        const Warp& w = warps_[warp];
        if (w.profile != nullptr)
            w.profile->charge(w.buffer[w.buffer_head].instruction->code->index, warp == issued ? Stall::Selected : Stall::NotSelected, 1);
    }
}

// Cycles of a warp that is not ready. Requires: warp.profile is set; the warp has issued if its state says so.
void SubCore::profile_wait(const Warp& warp, Cycles cycles) {
    std::uint32_t instruction = warp.last_issued;
    switch (warp.state) {
    case Stall::Barrier:
    case Stall::Membar:
    case Stall::Gmma:
    case Stall::Sleeping:
    case Stall::BranchResolving:
    case Stall::Drain: break;
    default:
        if (warp.buffered != 0) instruction = warp.buffer[warp.buffer_head].instruction->code->index;
        else if (!warp.exhausted) instruction = warp.cursor->code->index;
    }
    warp.profile->charge(instruction, warp.state, cycles);
}

} // namespace heddle
