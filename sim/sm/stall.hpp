// Why a warp, or an issue slot, did nothing in a cycle: Nsight Compute's warp states, under its names.
#pragma once

#include "sim/stats/stat.hpp"

#include <array>
#include <cstdint>

namespace heddle {

enum class Stall : std::uint8_t {
    Selected,        // issued
    NotSelected,     // could have issued, another warp was chosen
    NoInstruction,   // instruction buffer empty: instruction cache or fetch
    BranchResolving, // after a taken branch, until its target is fetched
    Wait,            // fixed latency of an earlier instruction
    ShortScoreboard, // result of shared memory, shuffle, special function unit
    LongScoreboard,  // result of global, local, texture memory
    Barrier,         // CTA barrier
    Membar,          // memory barrier
    Gmma,            // warpgroup MMA not complete
    MathPipeThrottle,
    LgThrottle,      // queue for global and local memory full
    MioThrottle,     // queue for shared memory and shuffles full
    TexThrottle,
    DispatchStall,   // register file ports
    Drain,           // after EXIT, memory operations outstanding
    Sleeping,        // NANOSLEEP
    Misc,            // none of these: constant misses, yields
    NoWarp,          // no warp resident in this sub-core while its SM is active
    Count
};
inline constexpr unsigned kStalls = static_cast<unsigned>(Stall::Count);

// "selected", "not_selected", "no_instruction", ...
const char* name(Stall stall);

// Cycles per state, one statistic each.
class StallStats : public StatGroup {
  public:
    Stat selected{this, "selected", "cycles", "Issued an instruction."};
    Stat not_selected{this, "not_selected", "cycles", "Could have issued, another warp was chosen."};
    Stat no_instruction{this, "no_instruction", "cycles", "Waited for instruction fetch."};
    Stat branch_resolving{this, "branch_resolving", "cycles", "Waited for the target of a taken branch."};
    Stat wait{this, "wait", "cycles", "Waited for a fixed-latency result."};
    Stat short_scoreboard{this, "short_scoreboard", "cycles", "Waited for shared memory, a shuffle or the special function unit."};
    Stat long_scoreboard{this, "long_scoreboard", "cycles", "Waited for global, local or texture memory."};
    Stat barrier{this, "barrier", "cycles", "Waited at a CTA barrier."};
    Stat membar{this, "membar", "cycles", "Waited at a memory barrier."};
    Stat gmma{this, "gmma", "cycles", "Waited for warpgroup MMA to complete."};
    Stat math_pipe_throttle{this, "math_pipe_throttle", "cycles", "Execution pipe was busy."};
    Stat lg_throttle{this, "lg_throttle", "cycles", "Queue for global and local memory was full."};
    Stat mio_throttle{this, "mio_throttle", "cycles", "Queue for shared memory and shuffles was full."};
    Stat tex_throttle{this, "tex_throttle", "cycles", "Queue for textures was full."};
    Stat dispatch_stall{this, "dispatch_stall", "cycles", "Register file ports were taken."};
    Stat drain{this, "drain", "cycles", "Exited, waited for memory operations."};
    Stat sleeping{this, "sleeping", "cycles", "Slept."};
    Stat misc{this, "misc", "cycles", "Waited for something else."};
    Stat no_warp{this, "no_warp", "cycles", "No warp was resident."};

    void charge(Stall stall, Cycles cycles) { *by_reason_[static_cast<unsigned>(stall)] += cycles; }

  private:
    std::array<Stat*, kStalls> by_reason_{&selected,         &not_selected,    &no_instruction, &branch_resolving, &wait,         &short_scoreboard,
                                          &long_scoreboard,  &barrier,         &membar,         &gmma, &math_pipe_throttle, &lg_throttle, &mio_throttle,
                                          &tex_throttle,     &dispatch_stall,  &drain,          &sleeping,         &misc,         &no_warp};
};

} // namespace heddle
