// Attributes of kernels, occupancy.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/function.hpp"
#include "frontend/cuda/launch.hpp"

namespace heddle::cuda {

HEDDLE_CUDA_API Error cudaFuncGetAttributes(abi::FunctionAttributes* attributes, const void* function) {
    return runtime_call("cudaFuncGetAttributes", [&](Context& c) { at(attributes) = attributes_of(c, c.images.kernel(function)); });
}

HEDDLE_CUDA_API Error cudaFuncSetAttribute(const void* function, abi::FunctionAttribute attribute, int value) {
    return runtime_call("cudaFuncSetAttribute", [&](Context& c) { set_attribute(c, c.images.kernel(function), attribute, value); });
}

HEDDLE_CUDA_API Error cudaKernelSetAttributeForDevice(void* kernel, abi::FunctionAttribute attribute, int value, int device) {
    return runtime_call("cudaKernelSetAttributeForDevice", [&](Context& c) {
        require(device == 0, Error::InvalidDevice);
        set_attribute(c, c.images.kernel(kernel), attribute, value);
    });
}

HEDDLE_CUDA_API Error cudaFuncSetCacheConfig(const void* function, int config) {
    return runtime_call("cudaFuncSetCacheConfig", [&](Context& c) {
        require(config >= 0 && config <= 3);
        c.images.kernel(function);
    });
}

HEDDLE_CUDA_API Error cudaFuncSetSharedMemConfig(const void* function, int config) {
    return runtime_call("cudaFuncSetSharedMemConfig", [&](Context& c) {
        require(config >= 0 && config <= 2);
        c.images.kernel(function);
    });
}

HEDDLE_CUDA_API Error cudaFuncGetName(const char** name, const void* function) {
    return runtime_call("cudaFuncGetName", [&](Context& c) { at(name) = c.images.kernel(function).name.c_str(); });
}

HEDDLE_CUDA_API Error cudaFuncGetParamInfo(const void* function, std::size_t index, std::size_t* offset, std::size_t* bytes) {
    return runtime_call("cudaFuncGetParamInfo", [&](Context& c) {
        const auto& parameters = c.images.kernel(function).function->parameters;
        require(index < parameters.size());
        at(offset) = parameters[index].offset;
        if (bytes != nullptr) *bytes = parameters[index].size;
    });
}

HEDDLE_CUDA_API Error cudaGetKernel(void** kernel, const void* function) {
    return runtime_call("cudaGetKernel", [&](Context& c) { at(kernel) = &c.images.kernel(function); });
}

HEDDLE_CUDA_API Error cudaGetFuncBySymbol(void** handle, const void* function) {
    return runtime_call("cudaGetFuncBySymbol", [&](Context& c) { at(handle) = &c.images.kernel(function); });
}

HEDDLE_CUDA_API Error cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int* blocks, const void* function, int threads,
                                                                             std::size_t dynamic_shared, unsigned flags) {
    return runtime_call("cudaOccupancyMaxActiveBlocksPerMultiprocessor", [&](Context& c) {
        require(threads > 0 && flags <= 1);
        const Kernel& kernel = c.images.kernel(function);
        at(blocks) = static_cast<int>(c.device.occupancy(*kernel.function, static_cast<unsigned>(threads), dynamic_shared));
    });
}

HEDDLE_CUDA_API Error cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* function, int threads,
                                                                    std::size_t dynamic_shared) {
    return cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(blocks, function, threads, dynamic_shared, 0);
}

HEDDLE_CUDA_API Error cudaOccupancyAvailableDynamicSMemPerBlock(std::size_t* bytes, const void* function, int blocks, int threads) {
    return runtime_call("cudaOccupancyAvailableDynamicSMemPerBlock", [&](Context& c) {
        require(blocks > 0 && threads > 0);
        at(bytes) = available_shared(c, c.images.kernel(function), static_cast<unsigned>(blocks), static_cast<unsigned>(threads));
    });
}

HEDDLE_CUDA_API Error cudaOccupancyMaxPotentialClusterSize(int* size, const void* function, const abi::LaunchConfig* config) {
    return runtime_call("cudaOccupancyMaxPotentialClusterSize", [&](Context& c) {
        const Kernel& kernel = c.images.kernel(function);
        at(size) = potential_cluster(c, kernel, at(config).block, config->dynamic_shared);
    });
}

HEDDLE_CUDA_API Error cudaOccupancyMaxActiveClusters(int* clusters, const void* function, const abi::LaunchConfig* config) {
    return runtime_call("cudaOccupancyMaxActiveClusters", [&](Context& c) {
        const Kernel& kernel = c.images.kernel(function);
        const abi::LaunchConfig& launch = at(config);
        KernelOperation probe;
        probe.cluster = kernel.function->cluster.x != 0 ? kernel.function->cluster : kernel.cluster.x != 0 ? kernel.cluster : Dim3{1, 1, 1};
        for (unsigned i = 0; i < launch.attribute_count; ++i) apply_attribute(probe, (&at(launch.attributes))[i]);
        at(clusters) = active_clusters(c, kernel, probe.cluster, launch.block, launch.dynamic_shared);
    });
}

} // namespace heddle::cuda
