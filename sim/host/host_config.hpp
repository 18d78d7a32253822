// Parameters of the host side and of the front end that starts kernels and CTAs.
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"

namespace heddle {

struct HostConfig {
    double launch_latency = 1300;       // ns
    double completion_latency = 0;      // ns
    std::uint32_t concurrent_kernels = 128;
    std::uint32_t ctas_per_cycle = 1;
    Cycles cta_launch_latency = 60;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("launch_latency", launch_latency, Unit::Nanoseconds, {0, 1e6},
                "From a kernel's predecessor in its stream being complete to its first CTA being dispatched; part of the kernel's own time.");
        s.field("completion_latency", completion_latency, Unit::Nanoseconds, {0, 1e6},
                "From the last CTA and its stores being done to the kernel counting as ended; the launch after it in its stream goes on meanwhile.");
        s.field("concurrent_kernels", concurrent_kernels, Unit::Count, {1, 1024}, "Kernels of different streams that may run at the same time.");
        s.field("ctas_per_cycle", ctas_per_cycle, Unit::Count, {1, 64}, "CTAs dispatched per SM clock cycle, over the whole GPU.");
        s.field("cta_launch_latency", cta_launch_latency, Unit::Cycles, {8, 10000}, "Dispatch of a CTA to its warps being able to fetch; and its completion to the dispatcher knowing.");
    }
};

} // namespace heddle
