// The area of a GPU's die, from what is on it.
//
// Hardware: the one die of GPU, caches and interfaces; not the stacks of memory and the interposer. Modelled: SMs by what they hold, the
// network by SMs and the width of their ports, L2 by capacity, HBM interfaces by pins, NVLinks; the rest of the anchor's die stays. A GPU
// that is sold with SMs, L2 or stacks switched off is counted without them: the area is of what the configuration describes.
// Not modelled: clocks, timing closure and latency (none grows with area), slices and their banks and ports, instruction and constant
// caches, XU, LSU and FP16 lanes, GPCs, floor plan, yield, spare units, pin rate of the interfaces. What must be kept in mind: it compares
// GPUs near one anchor; it is no absolute area, and says nothing far from it (`notes`). Sources: configs/area.
#pragma once

#include "sim/area/area_config.hpp"

#include <string>
#include <vector>

namespace heddle {

struct DieArea {
    double mm2 = 0, low = 0, high = 0;

    // How mm2 divides: sums to it.
    struct Part {
        std::string name;
        double mm2 = 0;
    };
    std::vector<Part> breakdown;

    // What tells it from the anchor: mm2 = anchor + sum, low and high likewise with the smaller and the larger of the two ends. Terms of
    // two GPUs of one anchor grow and shrink together, as both have the same constant.
    struct Term {
        std::string name;
        double mm2 = 0;
        double at_low = 0, at_high = 0; // with the constant at its low and its high end
    };
    std::vector<Term> from_anchor; // in an order that is always the same, zeros included
    std::string anchor;            // its name
    double anchor_mm2 = 0;

    std::vector<std::string> notes; // what is to be said wherever the area is shown
};

// Requires: config.enabled.
DieArea area_of(const AreaAmounts& amounts, const AreaConfig& config);

} // namespace heddle
