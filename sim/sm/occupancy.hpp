// How many CTAs of a kernel fit on an SM, by the rules of cuda_occupancy.h.
//
// Hardware: an SM admits CTAs while warps, CTA slots, registers (allocated per warp in units, per sub-core), shared
// memory (carved out of the unified L1) and barriers last.
// Modelled: all of these limits. Not modelled: virtual resources of compute capability 10 and later.
// Source: the published rules of cuda_occupancy.h (CUDA 13.0) and the CUDA C++ Programming Guide's limits tables.
#pragma once

#include "sim/isa/kernel_launch.hpp"
#include "sim/sm/sm_config.hpp"

namespace heddle {

struct Occupancy {
    enum class Limit { Warps, Ctas, Registers, Shared, Barriers };
    std::uint32_t ctas = 0;       // resident CTAs per SM; 0 means the kernel can never run
    Limit limit = Limit::Warps;   // what stops one more
    Bytes shared_carve_out = 0;   // smallest configured size that reaches `ctas`
    Bytes shared_per_cta = 0;     // rounded, with the reserved part
    std::uint32_t registers_per_warp = 0; // rounded to the allocation unit
};
const char* name(Occupancy::Limit limit);

// Throws UserError, naming the kernel and the resource, if a single CTA does not fit.
Occupancy occupancy(const SmConfig& sm, const KernelLaunch& launch);

} // namespace heddle
