// What a CUDA program sees of a described GPU.
#pragma once

#include "frontend/emulator/device.hpp"
#include "sim/gpu/gpu_config.hpp"

namespace heddle {

emulator::DeviceProperties device_properties(const GpuConfig& config);

} // namespace heddle
