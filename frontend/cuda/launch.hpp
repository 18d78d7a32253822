// Launches: parameters packed as the kernel expects them, every limit checked with the error code hardware's runtime gives.
#pragma once

#include "frontend/cuda/operation.hpp"

#include <span>

namespace heddle::cuda {

class Context;

// What a program says about a launch, whichever function it calls.
struct LaunchDescription {
    const Kernel* kernel = nullptr; // loaded
    Dim3 grid{}, block{};
    Bytes dynamic_shared = 0;
    void** parameters = nullptr; // pointers to the arguments
    void** extra = nullptr;      // instead: CU_LAUNCH_PARAM_* list
    std::span<const abi::LaunchAttribute> attributes;
};

// Checks and packs a launch. Throws Failure: InvalidConfiguration, InvalidValue, LaunchOutOfResources,
// CooperativeLaunchTooLarge, InvalidClusterSize.
KernelOperation make_launch(Context& context, const LaunchDescription& description);

// Applies one attribute to a launch. False if it is unknown.
bool apply_attribute(KernelOperation& launch, const abi::LaunchAttribute& attribute);

// Bytes of dynamic shared memory a launch may ask for.
Bytes max_dynamic_shared(const Context& context, const Kernel& kernel);
// Threads per block the kernel can be launched with, by launch bounds and registers.
unsigned max_threads(const Context& context, const Kernel& kernel);

} // namespace heddle::cuda
