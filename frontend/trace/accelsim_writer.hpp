// Writes any workload as an Accel-Sim text trace: a directory with `kernelslist.g` and one `kernel-N.traceg` per launch.
//
// What is kept: copies and launches in order; kernel name, id, grid, block, cluster, shared memory, registers,
// architecture and stream; every executed warp instruction with pc, mask, opcode, general registers, width, and the
// address of each active lane; in version 5 the immediate of instructions without addresses.
// What the text cannot hold and is lost: control bits; predicate and uniform registers; the number of a named barrier
// that also names a thread count; notes; addresses of instructions that nobody executes. A range of registers is named
// by its first, as the tracer does, and decoded again by the reader. A stride under a mask with gaps is written as
// differences. Shared and local offsets become addresses in windows of this writer's choice.
// Sources: the text format as frontend/trace/accelsim.hpp reads it.
#pragma once

#include "sim/isa/kernel_launch.hpp"

#include <string>

namespace heddle {

struct AccelSimLosses {
    std::uint64_t rows = 0; // instructions whose registers a reader of the text will not find exactly as they were
    std::string example;    // the opcode of one of them
};

// Drains `workload` into `directory`, which is created. `version` is that of the tracer to imitate: 3, 4 or 5. Others
// are a UserError, as is a file that cannot be written, or a list of files that exists already.
AccelSimLosses write_accelsim_trace(Workload& workload, const std::string& directory, unsigned version = 5);

} // namespace heddle
