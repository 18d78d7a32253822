// What the device property functions say about the modelled GPU.
//
// What is modelled: what the configuration knows (SMs, memory, clocks, shared memory), and limits that all GPUs of compute
// capability 8.0 to 9.0 share. Sources: CUDA C++ programming guide, appendix on compute capabilities; device queries of A100 and H100.
#pragma once

#include "frontend/cuda/abi_properties.hpp"
#include "frontend/emulator/device.hpp"

#include <optional>

namespace heddle::cuda {

abi::DeviceProperties13 properties13(const emulator::DeviceProperties& gpu);
abi::DeviceProperties12 properties12(const emulator::DeviceProperties& gpu);

// By number of cudaDeviceAttr, which is also that of CUdevice_attribute. Empty: no such attribute.
std::optional<int> device_attribute(const emulator::DeviceProperties& gpu, int attribute);

} // namespace heddle::cuda
