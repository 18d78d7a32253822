// A port that passes a fixed number of bytes a cycle, fractions of cycles carried over.
#pragma once

#include "sim/base/units.hpp"

namespace heddle {

// Time is counted in bytes: cycle c carries bytes c*width .. (c+1)*width-1. The width is passed in, not kept, because
// hundreds of ports share one.
struct Bandwidth {
    std::uint64_t free = 0; // first byte not taken

    // Whether nothing more can start in cycle `now`.
    bool busy(Cycle now, Bytes width) const { return free >= (now + 1) * width; }
    // First cycle at which something can start.
    Cycle free_at(Bytes width) const { return free / width; }
    // Takes the next `bytes` from cycle `now` on. Requires: !busy(now, width).
    void take(Cycle now, Bytes width, Bytes bytes) { free = (free > now * width ? free : now * width) + bytes; }
};

} // namespace heddle
