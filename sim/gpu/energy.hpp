// The energy of a kernel or a run: counters as the energy model's events.
#pragma once

#include "sim/gpu/run_record.hpp"

#include <span>
#include <string_view>

namespace heddle {

// The counters that energy_events() reads.
std::span<const std::string_view> energy_families();

// What the energy model needs of a span of that length at that SM clock.
EnergyEvents energy_events(const Counters& counters, const TensorOperations& tensor, Duration duration, Hertz sm_clock, const EnergyInputs& inputs);

// Empty if the GPU's energies are not known.
std::optional<Energy> energy_of(const KernelRecord& kernel, const EnergyInputs& inputs);
// From the start of the run to the end of its last kernel; at the SM clocks it had.
std::optional<Energy> energy_of(const RunRecord& record);

} // namespace heddle
