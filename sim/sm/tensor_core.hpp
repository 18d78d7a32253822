// Tensor core of a sub-core: how long a matrix multiply-accumulate occupies it and when its result is there.
//
// Hardware: a fixed number of multiply-adds per cycle and element type; mma.sync reaches the full rate on Ampere and
// about two thirds of it on Hopper, whose full rate needs warpgroup MMA.
// Modelled: interval = multiply-adds / rate, latency = base + factor * interval (24 and 16 cycles for m16n8k16 and
// m16n8k8 on A100 and H100 alike). Warpgroup MMA runs at full rate; each warp of the group occupies its own sub-core
// with its quarter, and takes at least as long as its operands take out of shared memory (128 bytes per cycle): with A there, too,
// m64nNk16 takes max(N/2, 16 + N/4) cycles, as measured on H200 for N of 8 to 256.
// Not modelled: bank conflicts of operands in shared memory, the time that A takes out of registers, power throttling.
// Sources: distances ptxas schedules, measured latencies of A100 and H800 (SM facts, sections 3.2, 3.4, 3.5).
#pragma once

#include "sim/sm/sm_config.hpp"

namespace heddle {

struct MmaTiming {
    Cycles latency;
    Cycles interval;
};

// Multiply-adds per cycle, dense; 0 for a type the tensor core does not have.
std::uint32_t tensor_rate(const TensorCoreConfig& config, MmaType type);

// Requires: shape.type != None. A type the tensor core does not have runs at one multiply-add per lane and cycle.
// `a_shared`: of a warpgroup MMA, A comes from shared memory.
MmaTiming mma_timing(const TensorCoreConfig& config, const MmaShape& shape, bool warpgroup, bool a_shared = false);

} // namespace heddle
