// What the CTA dispatcher and an SM tell each other.
#pragma once

#include "sim/isa/kernel_launch.hpp"

namespace heddle {

// A CTA to run. The dispatcher owns the instructions and keeps them until the CTA's notice is back.
struct CtaLaunch {
    CtaInstructions* instructions = nullptr;
    const KernelLaunch* launch = nullptr;
    const KernelCode* code = nullptr;
    std::uint32_t kernel = 0;       // the dispatcher's number for the running kernel
    std::uint32_t ticket = 0;       // the dispatcher's number for the CTA, returned in its notice
    Bytes shared_carve_out = 0;     // taken when the SM has no other CTA
    bool invalidate_l1 = false;     // first CTA of its kernel on this SM
};

struct CtaNotice {
    enum class Kind : std::uint8_t {
        Done,    // all warps have finished; their slots are free
        Drained, // no store of this SM is outstanding any more; follows a Done that said otherwise
    };
    Kind kind = Kind::Done;
    SmId sm = 0;
    std::uint32_t kernel = 0;
    std::uint32_t ticket = 0;
    bool stores_outstanding = false; // Done: a Drained will follow
    std::uint64_t warp_instructions = 0;
    std::uint64_t thread_instructions = 0;
};

} // namespace heddle
