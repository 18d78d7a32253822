// Devices and contexts through the driver API. All contexts are the one of the emulated GPU.
#include "frontend/cuda/device_properties.hpp"
#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/version.hpp"

#include <algorithm>
#include <cstring>

namespace heddle::cuda {

namespace {

// What a CUcontext points to.
struct ContextHandle {
    unsigned flags = 0;
    unsigned retained = 0; // of the primary context
};

ContextHandle& primary() {
    static auto& handle = *new ContextHandle;
    return handle;
}

// Contexts that are current to the calling thread, the last one on top.
std::vector<ContextHandle*>& current() {
    thread_local std::vector<ContextHandle*> stack;
    return stack;
}

// A thread that used the runtime has the primary context.
ContextHandle* top() { return current().empty() ? nullptr : current().back(); }

template <class Body> Error on_device(const char* name, int device, Body body) {
    return driver_call(name, [&](Context& c) {
        require(device == 0, Error::InvalidDevice);
        body(c);
    });
}

Error create(void** context, unsigned flags, int device) {
    return on_device("cuCtxCreate", device, [&](Context&) {
        auto* made = new ContextHandle{flags, 0};
        at(context) = made;
        current().push_back(made);
    });
}

} // namespace

HEDDLE_CUDA_API Error cuInit(unsigned flags) {
    return driver_call("cuInit", [&](Context&) { require(flags == 0); });
}

HEDDLE_DRIVER(cuDriverGetVersion, cudaDriverGetVersion, (int* version), (version))
HEDDLE_DRIVER(cuDeviceGetCount, cudaGetDeviceCount, (int* count), (count))
HEDDLE_DRIVER(cuDeviceGetAttribute, cudaDeviceGetAttribute, (int* value, int attribute, int device), (value, attribute, device))
HEDDLE_DRIVER(cuDeviceGetPCIBusId, cudaDeviceGetPCIBusId, (char* text, int length, int device), (text, length, device))
HEDDLE_DRIVER(cuDeviceGetByPCIBusId, cudaDeviceGetByPCIBusId, (int* device, const char* text), (device, text))
HEDDLE_DRIVER(cuDeviceCanAccessPeer, cudaDeviceCanAccessPeer, (int* can, int device, int peer), (can, device, peer))
HEDDLE_DRIVER(cuDeviceGetDefaultMemPool, cudaDeviceGetDefaultMemPool, (void** pool, int device), (pool, device))
HEDDLE_DRIVER(cuDeviceGetMemPool, cudaDeviceGetMemPool, (void** pool, int device), (pool, device))
HEDDLE_DRIVER(cuDeviceSetMemPool, cudaDeviceSetMemPool, (int device, void* pool), (device, pool))
HEDDLE_DRIVER(cuCtxSynchronize, cudaDeviceSynchronize, (), ())
HEDDLE_DRIVER(cuCtxSetLimit, cudaDeviceSetLimit, (int limit, std::size_t value), (limit, value))
HEDDLE_DRIVER(cuCtxGetLimit, cudaDeviceGetLimit, (std::size_t * value, int limit), (value, limit))
HEDDLE_DRIVER(cuCtxGetCacheConfig, cudaDeviceGetCacheConfig, (int* config), (config))
HEDDLE_DRIVER(cuCtxSetCacheConfig, cudaDeviceSetCacheConfig, (int config), (config))
HEDDLE_DRIVER(cuCtxGetSharedMemConfig, cudaDeviceGetSharedMemConfig, (int* config), (config))
HEDDLE_DRIVER(cuCtxSetSharedMemConfig, cudaDeviceSetSharedMemConfig, (int config), (config))
HEDDLE_DRIVER(cuCtxGetStreamPriorityRange, cudaDeviceGetStreamPriorityRange, (int* least, int* greatest), (least, greatest))
HEDDLE_DRIVER(cuCtxResetPersistingL2Cache, cudaCtxResetPersistingL2Cache, (), ())
HEDDLE_DRIVER(cuProfilerStart, cudaProfilerStart, (), ())
HEDDLE_DRIVER(cuProfilerStop, cudaProfilerStop, (), ())

HEDDLE_CUDA_API Error cuGetErrorName(Error error, const char** name) {
    if (name == nullptr) return Error::InvalidValue;
    *name = driver_name(error);
    return *name != nullptr ? Error::Success : Error::InvalidValue;
}

HEDDLE_CUDA_API Error cuGetErrorString(Error error, const char** string) {
    if (string == nullptr) return Error::InvalidValue;
    *string = driver_name(error) != nullptr ? text(error) : nullptr;
    return *string != nullptr ? Error::Success : Error::InvalidValue;
}

HEDDLE_CUDA_API Error cuDeviceGet(int* device, int ordinal) {
    return on_device("cuDeviceGet", ordinal, [&](Context&) { at(device) = 0; });
}

HEDDLE_CUDA_API Error cuDeviceGetName(char* name, int length, int device) {
    return on_device("cuDeviceGetName", device, [&](Context& c) {
        require(name != nullptr && length > 0);
        const std::string& full = c.device.properties().name;
        const std::size_t kept = std::min(full.size(), static_cast<std::size_t>(length) - 1);
        std::memcpy(name, full.data(), kept);
        name[kept] = 0;
    });
}

HEDDLE_CUDA_API Error cuDeviceGetUuid(char* uuid, int device) {
    return on_device("cuDeviceGetUuid", device, [&](Context& c) {
        std::memcpy(&at(uuid), properties13(c.device.properties()).uuid, sizeof(abi::DeviceProperties13::uuid));
    });
}
HEDDLE_CUDA_ALIAS(cuDeviceGetUuid_v2, cuDeviceGetUuid);

HEDDLE_CUDA_API Error cuDeviceTotalMem_v2(std::size_t* bytes, int device) {
    return on_device("cuDeviceTotalMem", device, [&](Context& c) { at(bytes) = c.device.memory().capacity(); });
}

HEDDLE_CUDA_API Error cuDeviceComputeCapability(int* major, int* minor, int device) {
    return on_device("cuDeviceComputeCapability", device, [&](Context& c) {
        at(major) = static_cast<int>(c.device.properties().architecture / 10);
        at(minor) = static_cast<int>(c.device.properties().architecture % 10);
    });
}

HEDDLE_CUDA_API Error cuDevicePrimaryCtxRetain(void** context, int device) {
    return on_device("cuDevicePrimaryCtxRetain", device, [&](Context&) {
        ++primary().retained;
        at(context) = &primary();
    });
}

HEDDLE_CUDA_API Error cuDevicePrimaryCtxRelease_v2(int device) {
    return on_device("cuDevicePrimaryCtxRelease", device, [&](Context&) {
        require(primary().retained != 0, Error::DeviceUninitialized);
        --primary().retained;
    });
}

HEDDLE_CUDA_API Error cuDevicePrimaryCtxReset_v2(int device) {
    return on_device("cuDevicePrimaryCtxReset", device, [](Context& c) { c.synchronize(); });
}

HEDDLE_CUDA_API Error cuDevicePrimaryCtxSetFlags_v2(int device, unsigned flags) {
    return on_device("cuDevicePrimaryCtxSetFlags", device, [&](Context&) { primary().flags = flags; });
}

HEDDLE_CUDA_API Error cuDevicePrimaryCtxGetState(int device, unsigned* flags, int* active) {
    return on_device("cuDevicePrimaryCtxGetState", device, [&](Context&) {
        at(flags) = primary().flags;
        at(active) = primary().retained != 0 ? 1 : 0;
    });
}

HEDDLE_CUDA_API Error cuCtxCreate_v2(void** context, unsigned flags, int device) { return create(context, flags, device); }

HEDDLE_CUDA_API Error cuCtxCreate_v3(void** context, void*, int, unsigned flags, int device) { return create(context, flags, device); }

HEDDLE_CUDA_API Error cuCtxCreate_v4(void** context, void*, unsigned flags, int device) { return create(context, flags, device); }

HEDDLE_CUDA_API Error cuCtxDestroy_v2(void* context) {
    return driver_call("cuCtxDestroy", [&](Context& c) {
        require(context != nullptr, Error::DeviceUninitialized);
        c.synchronize();
        std::erase(current(), static_cast<ContextHandle*>(context)); // the handle itself stays: another thread may hold it
    });
}

HEDDLE_CUDA_API Error cuCtxPushCurrent_v2(void* context) {
    return driver_call("cuCtxPushCurrent", [&](Context&) {
        require(context != nullptr, Error::DeviceUninitialized);
        current().push_back(static_cast<ContextHandle*>(context));
    });
}

HEDDLE_CUDA_API Error cuCtxPopCurrent_v2(void** context) {
    return driver_call("cuCtxPopCurrent", [&](Context&) {
        require(!current().empty(), Error::DeviceUninitialized);
        if (context != nullptr) *context = current().back();
        current().pop_back();
    });
}

HEDDLE_CUDA_API Error cuCtxSetCurrent(void* context) {
    return driver_call("cuCtxSetCurrent", [&](Context&) {
        if (!current().empty()) current().pop_back();
        if (context != nullptr) current().push_back(static_cast<ContextHandle*>(context));
    });
}

HEDDLE_CUDA_API Error cuCtxGetCurrent(void** context) {
    return driver_call("cuCtxGetCurrent", [&](Context&) { at(context) = top(); });
}

HEDDLE_CUDA_API Error cuCtxGetDevice(int* device) {
    return driver_call("cuCtxGetDevice", [&](Context&) { at(device) = 0; });
}

HEDDLE_CUDA_API Error cuCtxGetFlags(unsigned* flags) {
    return driver_call("cuCtxGetFlags", [&](Context&) { at(flags) = top() == nullptr ? primary().flags : top()->flags; });
}

HEDDLE_CUDA_API Error cuCtxGetApiVersion(void*, unsigned* version) {
    return driver_call("cuCtxGetApiVersion", [&](Context&) { at(version) = kCudaVersion; });
}

HEDDLE_CUDA_API Error cuCtxGetId(void* context, unsigned long long* id) {
    return driver_call("cuCtxGetId", [&](Context&) { at(id) = reinterpret_cast<std::uintptr_t>(context == nullptr ? top() : context); });
}

// Not imitated: tables of the driver that are not documented.
HEDDLE_CUDA_API Error cuGetExportTable(const void**, const void*) { return unsupported(Api::Driver, "cuGetExportTable"); }

} // namespace heddle::cuda
