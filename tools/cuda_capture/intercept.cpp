// The runtime's functions that the recorder listens to. Each passes its call on to the runtime behind this library.
#include "frontend/cuda/abi.hpp"
#include "tools/cuda_capture/recorder.hpp"

#include <cstdio>
#include <cstdlib>

namespace heddle::capture {

namespace {

using cuda::abi::LaunchAttributeId;
using cuda::abi::LaunchConfig;

// The runtime's own function behind ours of the same type.
template <class Function> Function* next(const char* name) {
    void* const found = next_function(name);
    if (found == nullptr) {
        std::fprintf(stderr, "heddle: capture: no CUDA runtime has %s; name one with --cudart\n", name);
        std::abort();
    }
    return reinterpret_cast<Function*>(found);
}
#define NEXT(name) next<decltype(name)>(#name)

int note(int error, void** pointer, std::size_t bytes) {
    if (error == 0 && pointer != nullptr) Recorder::instance().allocated(*pointer, bytes);
    return error;
}

LaunchArguments plain(const void* function, Dim3 grid, Dim3 block, void** parameters, std::size_t shared, void* stream) {
    LaunchArguments a;
    a.function = function;
    a.grid = grid;
    a.block = block;
    a.dynamic_shared = shared;
    a.parameters = parameters;
    a.stream = stream;
    return a;
}

LaunchArguments extended(const LaunchConfig& config, const void* function, void** parameters) {
    LaunchArguments a = plain(function, config.grid, config.block, parameters, config.dynamic_shared, config.stream);
    for (unsigned i = 0; i < config.attribute_count; ++i) {
        const auto& attribute = config.attributes[i];
        if (attribute.id == LaunchAttributeId::Cooperative) a.cooperative = attribute.value.number != 0;
        if (attribute.id == LaunchAttributeId::ClusterDimension) a.cluster = {attribute.value.dim[0], attribute.value.dim[1], attribute.value.dim[2]};
    }
    return a;
}

} // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

// --- memory ---------------------------------------------------------------------------------------------------------
EXPORT int cudaMalloc(void** pointer, std::size_t bytes) { return note(NEXT(cudaMalloc)(pointer, bytes), pointer, bytes); }
EXPORT int cudaMallocManaged(void** pointer, std::size_t bytes, unsigned flags) { return note(NEXT(cudaMallocManaged)(pointer, bytes, flags), pointer, bytes); }
EXPORT int cudaMallocHost(void** pointer, std::size_t bytes) { return note(NEXT(cudaMallocHost)(pointer, bytes), pointer, bytes); }
EXPORT int cudaHostAlloc(void** pointer, std::size_t bytes, unsigned flags) { return note(NEXT(cudaHostAlloc)(pointer, bytes, flags), pointer, bytes); }
EXPORT int cudaMallocAsync(void** pointer, std::size_t bytes, void* stream) { return note(NEXT(cudaMallocAsync)(pointer, bytes, stream), pointer, bytes); }
EXPORT int cudaMallocAsync_ptsz(void** pointer, std::size_t bytes, void* stream) {
    return note(NEXT(cudaMallocAsync_ptsz)(pointer, bytes, stream), pointer, bytes);
}
EXPORT int cudaMallocFromPoolAsync(void** pointer, std::size_t bytes, void* pool, void* stream) {
    return note(NEXT(cudaMallocFromPoolAsync)(pointer, bytes, pool, stream), pointer, bytes);
}
EXPORT int cudaMallocPitch(void** pointer, std::size_t* pitch, std::size_t width, std::size_t height) {
    const int error = NEXT(cudaMallocPitch)(pointer, pitch, width, height);
    return error == 0 ? note(error, pointer, *pitch * height) : error;
}
EXPORT int cudaFree(void* pointer) {
    Recorder::instance().freed(pointer);
    return NEXT(cudaFree)(pointer);
}
EXPORT int cudaFreeHost(void* pointer) {
    Recorder::instance().freed(pointer);
    return NEXT(cudaFreeHost)(pointer);
}
EXPORT int cudaFreeAsync(void* pointer, void* stream) {
    Recorder::instance().freed(pointer);
    return NEXT(cudaFreeAsync)(pointer, stream);
}
EXPORT int cudaFreeAsync_ptsz(void* pointer, void* stream) {
    Recorder::instance().freed(pointer);
    return NEXT(cudaFreeAsync_ptsz)(pointer, stream);
}

// --- code -----------------------------------------------------------------------------------------------------------
EXPORT void** __cudaRegisterFatBinary(void* wrapper) {
    void** const handle = NEXT(__cudaRegisterFatBinary)(wrapper);
    Recorder::instance().registered_code(handle, wrapper);
    return handle;
}
EXPORT void __cudaRegisterFunction(void** handle, const void* host, char* device, const char* name, int limit, void* tid, void* bid, void* block, void* grid, int* size) {
    Recorder::instance().registered_kernel(handle, host, name);
    NEXT(__cudaRegisterFunction)(handle, host, device, name, limit, tid, bid, block, grid, size);
}
EXPORT void __cudaRegisterVar(void** handle, const void* host, char* device, const char* name, int external, std::size_t bytes, int constant, int global) {
    Recorder::instance().registered_variable(handle, host, name, bytes);
    NEXT(__cudaRegisterVar)(handle, host, device, name, external, bytes, constant, global);
}
EXPORT int __cudaGetKernel(void** kernel, const void* host) {
    const int error = NEXT(__cudaGetKernel)(kernel, host);
    if (error == 0) Recorder::instance().named_kernel(*kernel, host);
    return error;
}

// --- launches -------------------------------------------------------------------------------------------------------
#define LAUNCH(name, is_cooperative)                                                                                                       \
    EXPORT int name(const void* function, Dim3 grid, Dim3 block, void** parameters, std::size_t shared, void* stream) {                    \
        LaunchArguments arguments = plain(function, grid, block, parameters, shared, stream);                                              \
        arguments.cooperative = is_cooperative;                                                                                            \
        return Recorder::instance().launch(arguments, [&] { return NEXT(name)(function, grid, block, parameters, shared, stream); });      \
    }
LAUNCH(cudaLaunchKernel, false)
LAUNCH(cudaLaunchKernel_ptsz, false)
LAUNCH(__cudaLaunchKernel, false)
LAUNCH(__cudaLaunchKernel_ptsz, false)
LAUNCH(cudaLaunchCooperativeKernel, true)
LAUNCH(cudaLaunchCooperativeKernel_ptsz, true)

EXPORT int cudaLaunchKernelExC(const LaunchConfig* config, const void* function, void** parameters) {
    if (config == nullptr) return NEXT(cudaLaunchKernelExC)(config, function, parameters);
    return Recorder::instance().launch(extended(*config, function, parameters), [&] { return NEXT(cudaLaunchKernelExC)(config, function, parameters); });
}
EXPORT int cudaLaunchKernelExC_ptsz(const LaunchConfig* config, const void* function, void** parameters) {
    if (config == nullptr) return NEXT(cudaLaunchKernelExC_ptsz)(config, function, parameters);
    return Recorder::instance().launch(extended(*config, function, parameters), [&] { return NEXT(cudaLaunchKernelExC_ptsz)(config, function, parameters); });
}

} // namespace heddle::capture
