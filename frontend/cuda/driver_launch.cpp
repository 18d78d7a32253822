// Launches, attributes of kernels and occupancy through the driver API.
#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/function.hpp"
#include "frontend/cuda/launch.hpp"

namespace heddle::cuda {

namespace {

struct DriverLaunchConfig { // CUlaunchConfig
    Dim3 grid, block;
    unsigned dynamic_shared;
    void* stream;
    abi::LaunchAttribute* attributes; // as the runtime's
    unsigned attribute_count;
};

Error launch(const char* name, void* function, LaunchDescription description, void* stream) {
    return driver_call(name, [&](Context& c) {
        Stream& target = c.streams.find(stream);
        description.kernel = &c.images.kernel(function);
        c.submit(target, make_launch(c, description));
    });
}

int attribute_of(const Context& c, const Kernel& kernel, int attribute) {
    const abi::FunctionAttributes a = attributes_of(c, kernel);
    switch (attribute) {
    case 0: return a.max_threads;
    case 1: return static_cast<int>(a.shared_bytes);
    case 2: return static_cast<int>(a.constant_bytes);
    case 3: return static_cast<int>(a.local_bytes);
    case 4: return a.registers;
    case 5: return a.ptx_version;
    case 6: return a.binary_version;
    case 7: return a.cache_mode_ca;
    case 8: return a.max_dynamic_shared;
    case 9: return a.shared_carveout;
    case 10: return a.cluster_must_be_set;
    case 11: return a.cluster_x;
    case 12: return a.cluster_y;
    case 13: return a.cluster_z;
    case 14: return a.nonportable_cluster;
    case 15: return a.cluster_policy;
    default: throw Failure{Error::InvalidValue};
    }
}

// Block sizes from the largest down, one warp apart: the first with the most threads on an SM.
void best_block(const Context& c, const Kernel& kernel, std::size_t (*shared_for)(int), std::size_t shared, int limit, int& blocks,
                int& threads) {
    int most = 0;
    int size = static_cast<int>(max_threads(c, kernel));
    if (limit > 0) size = std::min(size, limit);
    for (; size > 0; size = (size - 1) / 32 * 32) {
        const std::size_t bytes = shared_for != nullptr ? shared_for(size) : shared;
        const int fit = static_cast<int>(c.device.occupancy(*kernel.function, static_cast<unsigned>(size), bytes));
        if (fit * size <= most) continue;
        most = fit * size;
        threads = size;
        blocks = fit * static_cast<int>(c.device.properties().sms);
    }
}

} // namespace

HEDDLE_CUDA_API Error cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                                     unsigned shared, void* stream, void** parameters, void** extra) {
    return launch("cuLaunchKernel", function, {nullptr, {gx, gy, gz}, {bx, by, bz}, shared, parameters, extra, {}}, stream);
}
HEDDLE_CUDA_ALIAS(cuLaunchKernel_ptsz, cuLaunchKernel);

HEDDLE_CUDA_API Error cuLaunchKernelEx(const DriverLaunchConfig* config, void* function, void** parameters, void** extra) {
    if (config == nullptr || (config->attribute_count != 0 && config->attributes == nullptr)) return Error::InvalidValue;
    return launch(
        "cuLaunchKernelEx", function,
        {nullptr, config->grid, config->block, config->dynamic_shared, parameters, extra, {config->attributes, config->attribute_count}},
        config->stream);
}
HEDDLE_CUDA_ALIAS(cuLaunchKernelEx_ptsz, cuLaunchKernelEx);

HEDDLE_CUDA_API Error cuLaunchCooperativeKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                                                unsigned bz, unsigned shared, void* stream, void** parameters) {
    abi::LaunchAttribute cooperative{};
    cooperative.id = abi::LaunchAttributeId::Cooperative;
    cooperative.value.number = 1;
    return launch("cuLaunchCooperativeKernel", function,
                  {nullptr, {gx, gy, gz}, {bx, by, bz}, shared, parameters, nullptr, {&cooperative, 1}}, stream);
}
HEDDLE_CUDA_ALIAS(cuLaunchCooperativeKernel_ptsz, cuLaunchCooperativeKernel);

HEDDLE_DRIVER(cuLaunchHostFunc, cudaLaunchHostFunc, (void* stream, abi::HostFunction function, void* data), (stream, function, data))

HEDDLE_CUDA_API Error cuFuncGetAttribute(int* value, int attribute, void* function) {
    return driver_call("cuFuncGetAttribute", [&](Context& c) { at(value) = attribute_of(c, c.images.kernel(function), attribute); });
}

HEDDLE_CUDA_API Error cuKernelGetAttribute(int* value, int attribute, void* kernel, int) {
    return cuFuncGetAttribute(value, attribute, kernel);
}

HEDDLE_CUDA_API Error cuFuncSetAttribute(void* function, abi::FunctionAttribute attribute, int value) {
    return driver_call("cuFuncSetAttribute", [&](Context& c) { set_attribute(c, c.images.kernel(function), attribute, value); });
}

HEDDLE_CUDA_API Error cuKernelSetAttribute(abi::FunctionAttribute attribute, int value, void* kernel, int) {
    return cuFuncSetAttribute(kernel, attribute, value);
}

HEDDLE_DRIVER(cuFuncSetCacheConfig, cudaFuncSetCacheConfig, (void* function, int config), (function, config))
HEDDLE_DRIVER(cuFuncSetSharedMemConfig, cudaFuncSetSharedMemConfig, (void* function, int config), (function, config))
HEDDLE_DRIVER(cuFuncGetName, cudaFuncGetName, (const char** name, void* function), (name, function))
HEDDLE_DRIVER(cuFuncGetParamInfo, cudaFuncGetParamInfo, (void* function, std::size_t index, std::size_t* offset, std::size_t* bytes),
              (function, index, offset, bytes))

HEDDLE_CUDA_API Error cuKernelGetName(const char** name, void* kernel) { return cuFuncGetName(name, kernel); }

HEDDLE_CUDA_API Error cuKernelGetParamInfo(void* kernel, std::size_t index, std::size_t* offset, std::size_t* bytes) {
    return cuFuncGetParamInfo(kernel, index, offset, bytes);
}

HEDDLE_CUDA_API Error cuFuncIsLoaded(int* state, void* function) {
    return driver_call("cuFuncIsLoaded", [&](Context& c) { at(state) = c.images.kernel(function).function != nullptr ? 1 : 0; });
}

HEDDLE_CUDA_API Error cuFuncLoad(void* function) {
    return driver_call("cuFuncLoad", [&](Context& c) { c.images.kernel(function); });
}

HEDDLE_DRIVER(cuOccupancyMaxActiveBlocksPerMultiprocessor, cudaOccupancyMaxActiveBlocksPerMultiprocessor,
              (int* blocks, void* function, int threads, std::size_t shared), (blocks, function, threads, shared))
HEDDLE_DRIVER(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags, cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags,
              (int* blocks, void* function, int threads, std::size_t shared, unsigned flags), (blocks, function, threads, shared, flags))
HEDDLE_DRIVER(cuOccupancyAvailableDynamicSMemPerBlock, cudaOccupancyAvailableDynamicSMemPerBlock,
              (std::size_t * bytes, void* function, int blocks, int threads), (bytes, function, blocks, threads))

HEDDLE_CUDA_API Error cuOccupancyMaxPotentialBlockSizeWithFlags(int* blocks, int* threads, void* function, std::size_t (*shared_for)(int),
                                                                std::size_t shared, int limit, unsigned) {
    return driver_call("cuOccupancyMaxPotentialBlockSize", [&](Context& c) {
        int grid = 0, block = 0;
        best_block(c, c.images.kernel(function), shared_for, shared, limit, grid, block);
        at(blocks) = grid;
        at(threads) = block;
    });
}

HEDDLE_CUDA_API Error cuOccupancyMaxPotentialBlockSize(int* blocks, int* threads, void* function, std::size_t (*shared_for)(int),
                                                       std::size_t shared, int limit) {
    return cuOccupancyMaxPotentialBlockSizeWithFlags(blocks, threads, function, shared_for, shared, limit, 0);
}

} // namespace heddle::cuda
