// The die of a GPU: its configuration as what the area model counts.
#pragma once

#include "sim/area/area_model.hpp"
#include "sim/gpu/gpu_config.hpp"

#include <optional>

namespace heddle {

// What the configuration describes, by the rates it simulates: lanes are those of the latency classes `integer`, `float` and `double`.
AreaAmounts die_amounts(const GpuConfig& config);

// Empty if the GPU's areas are not estimated.
std::optional<DieArea> die_area(const GpuConfig& config);

} // namespace heddle
