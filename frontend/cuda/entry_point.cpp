// Asking for driver functions by name: cudaGetDriverEntryPoint, cuGetProcAddress.
#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/version.hpp"

#include <cstring>
#include <dlfcn.h>

namespace heddle::cuda {

namespace {

enum Status : int { kFound = 0, kNotFound = 1, kVersionTooNew = 2 };

constexpr unsigned long long kPerThread = 2; // flag: per-thread default streams

// Functions whose versions differ in their arguments: which one a program of a CUDA version means. For all others the
// highest version is the one.
struct Versioned {
    const char* name;
    int since; // CUDA version
    const char* symbol;
};
constexpr Versioned kVersioned[] = {
    {"cuCtxCreate", 13000, "cuCtxCreate_v4"},
    {"cuCtxCreate", 11040, "cuCtxCreate_v3"},
    {"cuCtxCreate", 0, "cuCtxCreate_v2"},
    {"cuGraphAddKernelNode", 12000, "cuGraphAddKernelNode_v2"},
    {"cuGraphAddKernelNode", 0, "cuGraphAddKernelNode"},
    {"cuGraphKernelNodeSetParams", 12000, "cuGraphKernelNodeSetParams_v2"},
    {"cuGraphKernelNodeSetParams", 0, "cuGraphKernelNodeSetParams"},
    {"cuGraphExecKernelNodeSetParams", 12000, "cuGraphExecKernelNodeSetParams_v2"},
    {"cuGraphExecKernelNodeSetParams", 0, "cuGraphExecKernelNodeSetParams"},
    {"cuGraphInstantiate", 12000, "cuGraphInstantiateWithFlags"},
    {"cuGraphInstantiate", 0, "cuGraphInstantiate_v2"},
    {"cuStreamGetCaptureInfo", 13000, "cuStreamGetCaptureInfo_v3"},
    {"cuStreamGetCaptureInfo", 0, "cuStreamGetCaptureInfo_v2"},
    {"cuGetProcAddress", 12000, "cuGetProcAddress_v2"},
    {"cuGetProcAddress", 0, "cuGetProcAddress"},
};

void* symbol(const std::string& name) {
    Dl_info here{};
    static void* library =
        dladdr(reinterpret_cast<void*>(&last_error), &here) != 0 ? dlopen(here.dli_fname, RTLD_NOW | RTLD_NOLOAD) : nullptr;
    return library == nullptr ? nullptr : dlsym(library, name.c_str());
}

void* find(const char* name, int version, unsigned long long flags) {
    for (const Versioned& row : kVersioned)
        if (std::strcmp(row.name, name) == 0 && version >= row.since) return symbol(row.symbol);
    if (std::strncmp(name, "cu", 2) != 0 || std::strncmp(name, "cuda", 4) == 0) return nullptr;
    for (const char* suffix : {"_v3", "_v2", ""}) {
        const std::string full = std::string(name) + suffix;
        void* found = (flags & kPerThread) != 0 ? symbol(full + "_ptsz") : nullptr;
        if (found == nullptr) found = symbol(full);
        if (found != nullptr) return found;
    }
    return nullptr;
}

Error entry_point(const char* name, void** function, int version, unsigned long long flags, int* status) {
    if (name == nullptr || function == nullptr) return last_error() = Error::InvalidValue;
    *function = version > kCudaVersion + 999 ? nullptr : find(name, version, flags);
    if (status != nullptr) *status = *function != nullptr ? kFound : version > kCudaVersion + 999 ? kVersionTooNew : kNotFound;
    return Error::Success;
}

} // namespace

HEDDLE_CUDA_API Error cudaGetDriverEntryPoint(const char* name, void** function, unsigned long long flags, int* status) {
    return entry_point(name, function, kCudaVersion, flags, status);
}

HEDDLE_CUDA_API Error cudaGetDriverEntryPoint_ptsz(const char* name, void** function, unsigned long long flags, int* status) {
    return entry_point(name, function, kCudaVersion, flags == 0 ? kPerThread : flags, status);
}

HEDDLE_CUDA_API Error cudaGetDriverEntryPointByVersion(const char* name, void** function, unsigned version, unsigned long long flags,
                                                       int* status) {
    return entry_point(name, function, static_cast<int>(version), flags, status);
}

HEDDLE_CUDA_API Error cudaGetDriverEntryPointByVersion_ptsz(const char* name, void** function, unsigned version, unsigned long long flags,
                                                            int* status) {
    return entry_point(name, function, static_cast<int>(version), flags == 0 ? kPerThread : flags, status);
}

HEDDLE_CUDA_API Error cuGetProcAddress_v2(const char* name, void** function, int version, std::uint64_t flags, int* status) {
    if (name == nullptr || function == nullptr) return Error::InvalidValue;
    entry_point(name, function, version, flags, status);
    return *function != nullptr ? Error::Success : Error::SymbolNotFound;
}

HEDDLE_CUDA_API Error cuGetProcAddress(const char* name, void** function, int version, std::uint64_t flags) {
    return cuGetProcAddress_v2(name, function, version, flags, nullptr);
}

} // namespace heddle::cuda
