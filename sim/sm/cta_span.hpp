// When a CTA was on an SM, as timelines show it: noted by the SM when the CTA's last warp finishes, if asked for.
#pragma once

#include "sim/base/units.hpp"

namespace heddle {

struct CtaSpan {
    std::uint64_t launch = 0; // position of its kernel in the workload, from 1
    Dim3 index;               // in the grid
    CtaSlot slot = 0;
    Time start = 0, end = 0;  // it took the slot; its last warp had finished. Spans in a slot do not overlap.
};

} // namespace heddle
