#include "frontend/cuda/device_properties.hpp"

#include <algorithm>
#include <climits>
#include <cstring>

namespace heddle::cuda {

namespace {

int to_int(std::uint64_t value) { return static_cast<int>(std::min<std::uint64_t>(value, INT_MAX)); }

template <std::size_t N> void set(int (&to)[N], const int (&from)[N]) { std::copy(std::begin(from), std::end(from), std::begin(to)); }

// The fields that both versions have.
template <class Properties> Properties common(const emulator::DeviceProperties& gpu) {
    Properties p;
    std::memset(&p, 0, sizeof p);
    std::strncpy(p.name, gpu.name.c_str(), sizeof p.name - 1);
    std::memcpy(p.uuid, "heddle", 6);
    p.totalGlobalMem = gpu.memory_bytes;
    p.sharedMemPerBlock = gpu.shared_per_cta;
    p.regsPerBlock = 65536;
    p.warpSize = 32;
    p.memPitch = INT_MAX;
    p.maxThreadsPerBlock = 1024;
    set(p.maxThreadsDim, {1024, 1024, 64});
    set(p.maxGridSize, {INT_MAX, 65535, 65535});
    p.totalConstMem = 65536;
    p.major = static_cast<int>(gpu.architecture / 10);
    p.minor = static_cast<int>(gpu.architecture % 10);
    p.textureAlignment = 512;
    p.texturePitchAlignment = 32;
    p.multiProcessorCount = to_int(gpu.sms);
    p.canMapHostMemory = 1;
    p.maxTexture1D = 131072;
    p.maxTexture1DMipmap = 32768;
    set(p.maxTexture2D, {131072, 65536});
    set(p.maxTexture2DMipmap, {32768, 32768});
    set(p.maxTexture2DLinear, {131072, 65000, 2097120});
    set(p.maxTexture2DGather, {32768, 32768});
    set(p.maxTexture3D, {16384, 16384, 16384});
    set(p.maxTexture3DAlt, {8192, 8192, 32768});
    p.maxTextureCubemap = 32768;
    set(p.maxTexture1DLayered, {32768, 2048});
    set(p.maxTexture2DLayered, {32768, 32768, 2048});
    set(p.maxTextureCubemapLayered, {32768, 2046});
    p.maxSurface1D = 32768;
    set(p.maxSurface2D, {131072, 65536});
    set(p.maxSurface3D, {16384, 16384, 16384});
    set(p.maxSurface1DLayered, {32768, 2048});
    set(p.maxSurface2DLayered, {32768, 32768, 2048});
    p.maxSurfaceCubemap = 32768;
    set(p.maxSurfaceCubemapLayered, {32768, 2046});
    p.surfaceAlignment = 512;
    p.concurrentKernels = 1;
    p.ECCEnabled = 1;
    p.pciBusID = 1;
    p.asyncEngineCount = 3;
    p.unifiedAddressing = 1;
    p.memoryBusWidth = to_int(gpu.memory_bus_bits);
    p.l2CacheSize = to_int(gpu.l2_bytes);
    p.persistingL2CacheMaxSize = to_int(gpu.l2_bytes / 8 * 5);
    p.maxThreadsPerMultiProcessor = to_int(gpu.warps_per_sm * 32);
    p.streamPrioritiesSupported = 1;
    p.globalL1CacheSupported = 1;
    p.localL1CacheSupported = 1;
    p.sharedMemPerMultiprocessor = gpu.shared_per_sm;
    p.regsPerMultiprocessor = to_int(gpu.registers_per_sm);
    p.managedMemory = 1;
    p.concurrentManagedAccess = 1;
    p.computePreemptionSupported = 1;
    p.canUseHostPointerForRegisteredMem = 1;
    p.cooperativeLaunch = 1;
    p.sharedMemPerBlockOptin = gpu.shared_per_cta_optin;
    p.maxBlocksPerMultiProcessor = to_int(gpu.ctas_per_sm);
    p.accessPolicyMaxWindowSize = 134217728;
    p.reservedSharedMemPerBlock = gpu.reserved_shared;
    p.hostRegisterSupported = 1;
    p.memoryPoolsSupported = 1;
    p.clusterLaunch = gpu.architecture >= 90 ? 1 : 0;
    p.unifiedFunctionPointers = 1;
    return p;
}

} // namespace

abi::DeviceProperties13 properties13(const emulator::DeviceProperties& gpu) { return common<abi::DeviceProperties13>(gpu); }

abi::DeviceProperties12 properties12(const emulator::DeviceProperties& gpu) {
    auto p = common<abi::DeviceProperties12>(gpu);
    p.clockRate = to_int(gpu.sm_clock_hz / 1000);
    p.memoryClockRate = to_int(gpu.memory_clock_hz / 1000);
    p.deviceOverlap = 1;
    p.maxTexture1DLinear = 268435456;
    p.singleToDoublePrecisionPerfRatio = gpu.architecture % 10 == 0 ? 2 : 64;
    return p;
}

std::optional<int> device_attribute(const emulator::DeviceProperties& gpu, int attribute) {
    const abi::DeviceProperties12 p = properties12(gpu);
    switch (attribute) {
    case 1: return p.maxThreadsPerBlock;
    case 2: return p.maxThreadsDim[0];
    case 3: return p.maxThreadsDim[1];
    case 4: return p.maxThreadsDim[2];
    case 5: return p.maxGridSize[0];
    case 6: return p.maxGridSize[1];
    case 7: return p.maxGridSize[2];
    case 8: return to_int(p.sharedMemPerBlock);
    case 9: return to_int(p.totalConstMem);
    case 10: return p.warpSize;
    case 11: return to_int(p.memPitch);
    case 12: return p.regsPerBlock;
    case 13: return p.clockRate;
    case 14: return to_int(p.textureAlignment);
    case 15: return p.deviceOverlap;
    case 16: return p.multiProcessorCount;
    case 19: return p.canMapHostMemory;
    case 21: return p.maxTexture1D;
    case 22: return p.maxTexture2D[0];
    case 23: return p.maxTexture2D[1];
    case 24:
    case 25:
    case 26: return p.maxTexture3D[attribute - 24];
    case 27:
    case 28:
    case 29: return p.maxTexture2DLayered[attribute - 27];
    case 30: return to_int(p.surfaceAlignment);
    case 31: return p.concurrentKernels;
    case 32: return p.ECCEnabled;
    case 33: return p.pciBusID;
    case 36: return p.memoryClockRate;
    case 37: return p.memoryBusWidth;
    case 38: return p.l2CacheSize;
    case 39: return p.maxThreadsPerMultiProcessor;
    case 40: return p.asyncEngineCount;
    case 41: return p.unifiedAddressing;
    case 42:
    case 43: return p.maxTexture1DLayered[attribute - 42];
    case 45:
    case 46: return p.maxTexture2DGather[attribute - 45];
    case 47:
    case 48:
    case 49: return p.maxTexture3DAlt[attribute - 47];
    case 51: return to_int(p.texturePitchAlignment);
    case 52: return p.maxTextureCubemap;
    case 53:
    case 54: return p.maxTextureCubemapLayered[attribute - 53];
    case 55: return p.maxSurface1D;
    case 56:
    case 57: return p.maxSurface2D[attribute - 56];
    case 58:
    case 59:
    case 60: return p.maxSurface3D[attribute - 58];
    case 61:
    case 62: return p.maxSurface1DLayered[attribute - 61];
    case 63:
    case 64:
    case 65: return p.maxSurface2DLayered[attribute - 63];
    case 66: return p.maxSurfaceCubemap;
    case 67:
    case 68: return p.maxSurfaceCubemapLayered[attribute - 67];
    case 69: return p.maxTexture1DLinear;
    case 70:
    case 71:
    case 72: return p.maxTexture2DLinear[attribute - 70];
    case 73:
    case 74: return p.maxTexture2DMipmap[attribute - 73];
    case 75: return p.major;
    case 76: return p.minor;
    case 77: return p.maxTexture1DMipmap;
    case 78: return p.streamPrioritiesSupported;
    case 79: return p.globalL1CacheSupported;
    case 80: return p.localL1CacheSupported;
    case 81: return to_int(p.sharedMemPerMultiprocessor);
    case 82: return p.regsPerMultiprocessor;
    case 83: return p.managedMemory;
    case 87: return p.singleToDoublePrecisionPerfRatio;
    case 89: return p.concurrentManagedAccess;
    case 90: return p.computePreemptionSupported;
    case 91: return p.canUseHostPointerForRegisteredMem;
    case 95: return p.cooperativeLaunch;
    case 97: return to_int(p.sharedMemPerBlockOptin);
    case 99: return p.hostRegisterSupported;
    case 102:           // virtual memory management,
    case 103: return 1; // its memory as file descriptors
    case 106: return p.maxBlocksPerMultiProcessor;
    case 108: return p.persistingL2CacheMaxSize;
    case 109: return p.accessPolicyMaxWindowSize;
    case 111: return to_int(p.reservedSharedMemPerBlock);
    case 115: return p.memoryPoolsSupported;
    case 120: return p.clusterLaunch;
    case 121: return p.deferredMappingCudaArraySupported;
    case 126: return gpu.architecture >= 90 ? 4 : 1; // memory synchronisation domains
    case 127: return gpu.architecture >= 90 ? 1 : 0; // tensor maps (driver API)
    case 129: return p.unifiedFunctionPointers;
    case 131:
    case 134: return -1;                                                                       // NUMA nodes: none
    default: return attribute >= 1 && attribute <= 147 ? std::optional<int>(0) : std::nullopt; // what this GPU has not got
    }
}

} // namespace heddle::cuda
