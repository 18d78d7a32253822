#include "sim/sm/stall.hpp"

namespace heddle {

const char* name(Stall stall) {
    static constexpr const char* kNames[kStalls] = {
        "selected",           "not_selected", "no_instruction", "branch_resolving", "wait",           "short_scoreboard",
        "long_scoreboard",    "barrier",      "membar",         "gmma", "math_pipe_throttle", "lg_throttle",  "mio_throttle",
        "tex_throttle",       "dispatch_stall", "drain",        "sleeping",         "misc",           "no_warp"};
    return kNames[static_cast<unsigned>(stall)];
}

} // namespace heddle
