// Launches through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/launch.hpp"

namespace heddle::cuda {

namespace {

Error launch(const char* name, const void* function, LaunchDescription description, void* stream, bool per_thread) {
    return runtime_call(name, [&](Context& c) {
        if (per_thread && stream == nullptr) stream = kPerThreadStream;
        Stream& target = c.streams.find(stream);
        description.kernel = &c.images.kernel(function);
        c.submit(target, make_launch(c, description));
    });
}

Error launch_cooperative(const char* name, const void* function, LaunchDescription description, void* stream, bool per_thread) {
    abi::LaunchAttribute cooperative{};
    cooperative.id = abi::LaunchAttributeId::Cooperative;
    cooperative.value.number = 1;
    description.attributes = {&cooperative, 1};
    return launch(name, function, description, stream, per_thread);
}

Error launch_extended(const char* name, const abi::LaunchConfig* config, const void* function, void** arguments, bool per_thread) {
    if (config == nullptr || (config->attribute_count != 0 && config->attributes == nullptr)) return last_error() = Error::InvalidValue;
    LaunchDescription description;
    description.grid = config->grid;
    description.block = config->block;
    description.dynamic_shared = config->dynamic_shared;
    description.parameters = arguments;
    description.attributes = {config->attributes, config->attribute_count};
    return launch(name, function, description, config->stream, per_thread);
}

LaunchDescription describe(const Dim3& grid, const Dim3& block, void** arguments, std::size_t shared) {
    return {nullptr, grid, block, shared, arguments, nullptr, {}};
}

} // namespace

HEDDLE_CUDA_API Error cudaLaunchKernel(const void* function, Dim3 grid, Dim3 block, void** arguments, std::size_t shared, void* stream) {
    return launch("cudaLaunchKernel", function, describe(grid, block, arguments, shared), stream, false);
}

HEDDLE_CUDA_API Error cudaLaunchKernel_ptsz(const void* function, Dim3 grid, Dim3 block, void** arguments, std::size_t shared,
                                            void* stream) {
    return launch("cudaLaunchKernel", function, describe(grid, block, arguments, shared), stream, true);
}

HEDDLE_CUDA_API Error __cudaLaunchKernel(void* kernel, Dim3 grid, Dim3 block, void** arguments, std::size_t shared, void* stream) {
    return launch("cudaLaunchKernel", kernel, describe(grid, block, arguments, shared), stream, false);
}

HEDDLE_CUDA_API Error __cudaLaunchKernel_ptsz(void* kernel, Dim3 grid, Dim3 block, void** arguments, std::size_t shared, void* stream) {
    return launch("cudaLaunchKernel", kernel, describe(grid, block, arguments, shared), stream, true);
}

HEDDLE_CUDA_API Error cudaLaunchKernelExC(const abi::LaunchConfig* config, const void* function, void** arguments) {
    return launch_extended("cudaLaunchKernelExC", config, function, arguments, false);
}

HEDDLE_CUDA_API Error cudaLaunchKernelExC_ptsz(const abi::LaunchConfig* config, const void* function, void** arguments) {
    return launch_extended("cudaLaunchKernelExC", config, function, arguments, true);
}

HEDDLE_CUDA_API Error cudaLaunchCooperativeKernel(const void* function, Dim3 grid, Dim3 block, void** arguments, std::size_t shared,
                                                  void* stream) {
    return launch_cooperative("cudaLaunchCooperativeKernel", function, describe(grid, block, arguments, shared), stream, false);
}

HEDDLE_CUDA_API Error cudaLaunchCooperativeKernel_ptsz(const void* function, Dim3 grid, Dim3 block, void** arguments, std::size_t shared,
                                                       void* stream) {
    return launch_cooperative("cudaLaunchCooperativeKernel", function, describe(grid, block, arguments, shared), stream, true);
}

HEDDLE_CUDA_API Error cudaLaunchHostFunc(void* stream, abi::HostFunction function, void* data) {
    return runtime_call("cudaLaunchHostFunc", [&](Context& c) {
        require(function != nullptr);
        c.submit(c.streams.find(stream), HostOperation{function, data, {}});
    });
}
HEDDLE_CUDA_ALIAS(cudaLaunchHostFunc_ptsz, cudaLaunchHostFunc);

} // namespace heddle::cuda
