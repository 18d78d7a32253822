// Generic accesses of a recorded warp: which memory each one reached, for the timing model.
//
// What hardware this is: the windows of the generic address space: the LSU looks at the address and goes to shared or local memory,
// to another CTA's shared memory, or to global memory.
// What is modelled: an access goes where its first lane's address lies. What is not: lanes of one access in different windows,
// which hardware splits (they occur in no compiled code seen so far).
#pragma once

#include "frontend/emulator/module.hpp"
#include "frontend/emulator/recorder.hpp"

namespace heddle::emulator {

// Gives every generic access of `recorder` the timing row of the space it reached and turns window addresses into offsets.
// Requires: the rows of what was recorded were made. Not thread-safe. `rank`: of the CTA in its cluster.
void place_generic(WarpRecorder& recorder, Module& module, std::uint32_t rank);

} // namespace heddle::emulator
