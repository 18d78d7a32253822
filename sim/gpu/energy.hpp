// The energy of a kernel or a run: counters as the energy model's events.
#pragma once

#include "sim/gpu/run_record.hpp"

namespace heddle {

// Empty if the GPU's energies are not known.
std::optional<Energy> energy_of(const KernelRecord& kernel, const EnergyInputs& inputs);
// From the start of the run to the end of its last kernel.
std::optional<Energy> energy_of(const RunRecord& record);

} // namespace heddle
