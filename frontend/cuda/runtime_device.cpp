// The one device, through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/device_properties.hpp"
#include "frontend/cuda/limits.hpp"

#include <cstdio>
#include <cstring>

namespace heddle::cuda {

namespace {

constexpr unsigned kDeviceFlags = 0xff;

// Functions on one device that is named by number.
template <class Body> Error on_device(const char* name, int device, Body body) {
    return runtime_call(name, [&](Context& c) {
        require(device == 0, Error::InvalidDevice);
        body(c);
    });
}

unsigned& flags() {
    static unsigned flags = 8; // cudaDeviceMapHost: always on with unified addressing
    return flags;
}

} // namespace

HEDDLE_CUDA_API Error cudaGetDeviceCount(int* count) {
    return runtime_call("cudaGetDeviceCount", [&](Context&) { at(count) = 1; });
}

HEDDLE_CUDA_API Error cudaGetDevice(int* device) {
    return runtime_call("cudaGetDevice", [&](Context&) { at(device) = 0; });
}

HEDDLE_CUDA_API Error cudaSetDevice(int device) {
    return on_device("cudaSetDevice", device, [](Context&) {});
}

HEDDLE_CUDA_API Error cudaInitDevice(int device, unsigned, unsigned) {
    return on_device("cudaInitDevice", device, [](Context&) {});
}

HEDDLE_CUDA_API Error cudaSetValidDevices(int* devices, int count) {
    return runtime_call("cudaSetValidDevices", [&](Context&) {
        require(count >= 0 && (count == 0 || devices != nullptr));
        for (int i = 0; i < count; ++i) require(devices[i] == 0, Error::InvalidDevice);
    });
}

HEDDLE_CUDA_API Error cudaChooseDevice(int* device, const void* properties) {
    return runtime_call("cudaChooseDevice", [&](Context&) {
        require(properties != nullptr);
        at(device) = 0;
    });
}

HEDDLE_CUDA_API Error cudaSetDeviceFlags(unsigned value) {
    return runtime_call("cudaSetDeviceFlags", [&](Context&) {
        require((value & ~kDeviceFlags) == 0);
        flags() = value | 8U;
    });
}

HEDDLE_CUDA_API Error cudaGetDeviceFlags(unsigned* value) {
    return runtime_call("cudaGetDeviceFlags", [&](Context&) { at(value) = flags(); });
}

HEDDLE_CUDA_API Error cudaGetDeviceProperties(abi::DeviceProperties13* properties, int device) {
    return on_device("cudaGetDeviceProperties", device, [&](Context& c) { at(properties) = properties13(c.device.properties()); });
}

HEDDLE_CUDA_API Error cudaGetDeviceProperties_v2(abi::DeviceProperties12* properties, int device) {
    return on_device("cudaGetDeviceProperties_v2", device, [&](Context& c) { at(properties) = properties12(c.device.properties()); });
}

HEDDLE_CUDA_API Error cudaDeviceGetAttribute(int* value, int attribute, int device) {
    return on_device("cudaDeviceGetAttribute", device, [&](Context& c) {
        const auto found = device_attribute(c.device.properties(), attribute);
        require(found.has_value());
        at(value) = *found;
    });
}

HEDDLE_CUDA_API Error cudaDeviceGetPCIBusId(char* text, int length, int device) {
    return on_device("cudaDeviceGetPCIBusId", device, [&](Context&) {
        require(text != nullptr && length >= 13);
        std::snprintf(text, static_cast<std::size_t>(length), "0000:01:00.0");
    });
}

HEDDLE_CUDA_API Error cudaDeviceGetByPCIBusId(int* device, const char* text) {
    return runtime_call("cudaDeviceGetByPCIBusId", [&](Context&) {
        const std::string_view id = &at(text);
        require(id.ends_with("01:00.0") || id.ends_with("01:00"), Error::InvalidDevice);
        at(device) = 0;
    });
}

// The program starts over: memory, streams and events of old are leaked rather than destroyed, so that a handle used by mistake is
// found out as little as on hardware.
HEDDLE_CUDA_API Error cudaDeviceReset() {
    return runtime_call("cudaDeviceReset", [&](Context& c) {
        c.synchronize();
        reset_limits(c);
        last_error() = Error::Success;
    });
}

HEDDLE_CUDA_API Error cudaDeviceSetLimit(int limit, std::size_t value) {
    return runtime_call("cudaDeviceSetLimit", [&](Context& c) { set_limit(c, limit, value); });
}

HEDDLE_CUDA_API Error cudaDeviceGetLimit(std::size_t* value, int limit) {
    return runtime_call("cudaDeviceGetLimit", [&](Context& c) { at(value) = get_limit(c, limit); });
}

HEDDLE_CUDA_API Error cudaDeviceGetCacheConfig(int* config) {
    return runtime_call("cudaDeviceGetCacheConfig", [&](Context&) { at(config) = 0; });
}

HEDDLE_CUDA_API Error cudaDeviceSetCacheConfig(int config) {
    return runtime_call("cudaDeviceSetCacheConfig", [&](Context&) { require(config >= 0 && config <= 3); });
}

HEDDLE_CUDA_API Error cudaDeviceGetSharedMemConfig(int* config) {
    return runtime_call("cudaDeviceGetSharedMemConfig", [&](Context&) { at(config) = 1; }); // banks of four bytes
}

HEDDLE_CUDA_API Error cudaDeviceSetSharedMemConfig(int config) {
    return runtime_call("cudaDeviceSetSharedMemConfig", [&](Context&) { require(config >= 0 && config <= 2); });
}

HEDDLE_CUDA_API Error cudaCtxResetPersistingL2Cache() {
    return runtime_call("cudaCtxResetPersistingL2Cache", [](Context&) {});
}

// There is no other device to reach.
HEDDLE_CUDA_API Error cudaDeviceCanAccessPeer(int* can, int device, int peer) {
    return runtime_call("cudaDeviceCanAccessPeer", [&](Context&) {
        require(device == 0 && peer == 0, Error::InvalidDevice);
        at(can) = 0;
    });
}

HEDDLE_CUDA_API Error cudaDeviceEnablePeerAccess(int, unsigned) {
    return runtime_call("cudaDeviceEnablePeerAccess", [](Context&) { return Error::InvalidDevice; });
}

HEDDLE_CUDA_API Error cudaDeviceDisablePeerAccess(int) {
    return runtime_call("cudaDeviceDisablePeerAccess", [](Context&) { return Error::InvalidDevice; });
}

HEDDLE_CUDA_API Error cudaDeviceGetP2PAttribute(int*, int, int, int) {
    return runtime_call("cudaDeviceGetP2PAttribute", [](Context&) { return Error::InvalidDevice; });
}

HEDDLE_CUDA_API Error cudaDeviceGetTexture1DLinearMaxWidth(std::size_t* width, const abi::ChannelFormat* format, int device) {
    return on_device("cudaDeviceGetTexture1DLinearMaxWidth", device, [&](Context&) {
        require(element_bytes(at(format)) != 0, Error::InvalidChannelDescriptor);
        at(width) = 268435456;
    });
}

HEDDLE_CUDA_API Error cudaProfilerStart() { return Error::Success; }

HEDDLE_CUDA_API Error cudaProfilerStop() { return Error::Success; }

} // namespace heddle::cuda
