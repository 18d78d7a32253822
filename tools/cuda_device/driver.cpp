#include "tools/cuda_device/driver.hpp"

#include "sim/base/error.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <fmt/format.h>

namespace heddle::cuda_device {

namespace {

// Layouts and numbers of the driver's interface.
struct LaunchAttribute {
    unsigned id;
    unsigned padding;
    union {
        char bytes[64];
        unsigned dimension[3];
        int number;
    } value;
};
struct LaunchConfiguration {
    unsigned grid[3], block[3], dynamic_shared;
    void* stream;
    LaunchAttribute* attributes;
    unsigned attribute_count;
};
struct AllocationProperties {
    int type, handle_types;
    struct {
        int type, id;
    } location;
    void* win32;
    unsigned char flags[8];
};
struct AccessDescription {
    struct {
        int type, id;
    } location;
    int flags;
};
constexpr unsigned kAttributeCooperative = 2, kAttributeCluster = 4;
constexpr int kFunctionMaxDynamicShared = 8, kFunctionNonPortableCluster = 14;
constexpr int kDeviceProcessors = 16, kDeviceMajor = 75, kDeviceMinor = 76;
constexpr unsigned kUsualDynamicShared = 48 << 10, kUsualCluster = 8;

} // namespace

struct Driver::Functions {
    void* library = nullptr;
#define HEDDLE_DRIVER_FUNCTIONS(DO)                                                                                                        \
    DO(cuInit, (unsigned))                                                                                                                 \
    DO(cuDeviceGet, (int*, int))                                                                                                           \
    DO(cuDeviceGetName, (char*, int, int))                                                                                                 \
    DO(cuDeviceGetAttribute, (int*, int, int))                                                                                             \
    DO(cuDevicePrimaryCtxRetain, (void**, int))                                                                                            \
    DO(cuDevicePrimaryCtxRelease_v2, (int))                                                                                                \
    DO(cuCtxSetCurrent, (void*))                                                                                                           \
    DO(cuModuleLoadData, (void**, const void*))                                                                                            \
    DO(cuModuleGetFunctionCount, (unsigned*, void*))                                                                                       \
    DO(cuModuleEnumerateFunctions, (void**, unsigned, void*))                                                                              \
    DO(cuModuleGetFunction, (void**, void*, const char*))                                                                                  \
    DO(cuModuleGetGlobal_v2, (DevicePointer*, std::size_t*, void*, const char*))                                                           \
    DO(cuFuncGetName, (const char**, void*))                                                                                               \
    DO(cuFuncGetParamInfo, (void*, std::size_t, std::size_t*, std::size_t*))                                                               \
    DO(cuFuncSetAttribute, (void*, int, int))                                                                                              \
    DO(cuMemAlloc_v2, (DevicePointer*, std::size_t))                                                                                       \
    DO(cuMemFree_v2, (DevicePointer))                                                                                                      \
    DO(cuModuleUnload, (void*))                                                                                                            \
    DO(cuMemcpyHtoD_v2, (DevicePointer, const void*, std::size_t))                                                                         \
    DO(cuMemcpyDtoH_v2, (void*, DevicePointer, std::size_t))                                                                               \
    DO(cuMemAddressReserve, (DevicePointer*, std::size_t, std::size_t, DevicePointer, std::uint64_t))                                      \
    DO(cuMemGetAllocationGranularity, (std::size_t*, const AllocationProperties*, int))                                                    \
    DO(cuMemCreate, (std::uint64_t*, std::size_t, const AllocationProperties*, std::uint64_t))                                             \
    DO(cuMemMap, (DevicePointer, std::size_t, std::size_t, std::uint64_t, std::uint64_t))                                                  \
    DO(cuMemSetAccess, (DevicePointer, std::size_t, const AccessDescription*, std::size_t))                                                \
    DO(cuStreamCreate, (void**, unsigned))                                                                                                 \
    DO(cuEventCreate, (void**, unsigned))                                                                                                  \
    DO(cuEventRecord, (void*, void*))                                                                                                      \
    DO(cuEventSynchronize, (void*))                                                                                                        \
    DO(cuEventElapsedTime, (float*, void*, void*))                                                                                         \
    DO(cuEventDestroy_v2, (void*))                                                                                                         \
    DO(cuLaunchKernelEx, (const LaunchConfiguration*, void*, void**, void**))                                                              \
    DO(cuGetErrorName, (int, const char**))                                                                                                \
    DO(cuGetErrorString, (int, const char**))
#define HEDDLE_DECLARE(name, arguments) int(*name) arguments = nullptr;
    HEDDLE_DRIVER_FUNCTIONS(HEDDLE_DECLARE)
#undef HEDDLE_DECLARE
};

Driver::Driver() : f_(new Functions) {
    f_->library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    if (!f_->library) fail_at("", 0, 0, "no NVIDIA driver is on this machine", "a recipe is played on a real GPU; to simulate it: heddle run");
#define HEDDLE_LOOK_UP(name, arguments)                                                                                                    \
    f_->name = reinterpret_cast<int(*) arguments>(dlsym(f_->library, #name));                                                              \
    if (!f_->name) fail_at("", 0, 0, "the NVIDIA driver has no " #name, "it is older than CUDA 12.4");
    HEDDLE_DRIVER_FUNCTIONS(HEDDLE_LOOK_UP)
#undef HEDDLE_LOOK_UP
    check(f_->cuInit(0), "the driver does not start");
    check(f_->cuDeviceGet(&device_, 0), "no GPU");
    void* context = nullptr;
    check(f_->cuDevicePrimaryCtxRetain(&context, device_), "no context");
    check(f_->cuCtxSetCurrent(context), "no context");
}

Driver::~Driver() {
    f_->cuDevicePrimaryCtxRelease_v2(device_);
    delete f_;
}

void Driver::check(int error, const std::string& what) const {
    if (error == 0) return;
    const char *name = nullptr, *text = nullptr;
    f_->cuGetErrorName(error, &name);
    f_->cuGetErrorString(error, &text);
    fail_at("", 0, 0, what, fmt::format("the driver says {}: {}", name ? name : std::to_string(error), text ? text : "?"));
}

std::string Driver::device_name() const {
    char name[256] = {};
    check(f_->cuDeviceGetName(name, sizeof name - 1, device_), "the GPU has no name");
    return name;
}

unsigned Driver::architecture() const {
    int major = 0, minor = 0;
    check(f_->cuDeviceGetAttribute(&major, kDeviceMajor, device_), "the GPU has no compute capability");
    check(f_->cuDeviceGetAttribute(&minor, kDeviceMinor, device_), "the GPU has no compute capability");
    return static_cast<unsigned>(major * 10 + minor);
}

unsigned Driver::processors() const {
    int count = 0;
    check(f_->cuDeviceGetAttribute(&count, kDeviceProcessors, device_), "the GPU does not say how many SMs it has");
    return static_cast<unsigned>(count);
}

void* Driver::load(const std::vector<std::byte>& image, const std::string& name) {
    std::vector<std::byte> ended = image; // PTX is text that ends with a zero
    ended.push_back(std::byte{0});
    void* module = nullptr;
    check(f_->cuModuleLoadData(&module, ended.data()), name + " cannot be loaded on this GPU");
    return module;
}

std::vector<std::string> Driver::kernels(void* module) const {
    unsigned count = 0;
    check(f_->cuModuleGetFunctionCount(&count, module), "the code does not say how many kernels it has");
    std::vector<void*> functions(count);
    check(f_->cuModuleEnumerateFunctions(functions.data(), count, module), "the code does not name its kernels");
    std::vector<std::string> names;
    for (void* function : functions) {
        const char* name = nullptr;
        check(f_->cuFuncGetName(&name, function), "a kernel has no name");
        names.emplace_back(name);
    }
    return names;
}

void* Driver::kernel(void* module, const std::string& name) const {
    void* function = nullptr;
    check(f_->cuModuleGetFunction(&function, module, name.c_str()), "no kernel " + name);
    return function;
}

std::pair<DevicePointer, std::size_t> Driver::variable(void* module, const std::string& name) const {
    DevicePointer address = 0;
    std::size_t bytes = 0;
    if (f_->cuModuleGetGlobal_v2(&address, &bytes, module, name.c_str()) != 0) return {0, 0};
    return {address, bytes};
}

std::vector<std::pair<std::size_t, std::size_t>> Driver::parameters(void* function) const {
    std::vector<std::pair<std::size_t, std::size_t>> all;
    std::size_t offset = 0, bytes = 0;
    while (f_->cuFuncGetParamInfo(function, all.size(), &offset, &bytes) == 0) all.emplace_back(offset, bytes);
    return all;
}

DevicePointer Driver::allocate(std::size_t bytes) {
    DevicePointer address = 0;
    check(f_->cuMemAlloc_v2(&address, std::max<std::size_t>(bytes, 1)), fmt::format("no memory for {} bytes", bytes));
    return address;
}

void Driver::free(DevicePointer address) { f_->cuMemFree_v2(address); }
void Driver::unload(void* module) { f_->cuModuleUnload(module); }

// Whole granules are mapped; those that an earlier call has mapped are not mapped again.
bool Driver::allocate_at(DevicePointer address, std::size_t bytes) {
    AllocationProperties properties{};
    properties.type = 1;          // pinned
    properties.location = {1, 0}; // this device
    std::size_t granule = 0;
    check(f_->cuMemGetAllocationGranularity(&granule, &properties, 0), "no granularity of mappings");
    const DevicePointer end = (address + bytes + granule - 1) / granule * granule;
    for (DevicePointer at = address / granule * granule; at < end; at += granule) {
        const bool is_mapped = std::any_of(reserved_.begin(), reserved_.end(), [&](const auto& r) { return at >= r.first && at < r.first + r.second; });
        if (is_mapped) continue;
        DevicePointer got = 0;
        if (f_->cuMemAddressReserve(&got, granule, granule, at, 0) != 0 || got != at) return false;
        std::uint64_t handle = 0;
        check(f_->cuMemCreate(&handle, granule, &properties, 0), "no memory to map");
        check(f_->cuMemMap(at, granule, 0, handle, 0), "memory cannot be mapped");
        const AccessDescription access{{1, 0}, 3}; // read and write
        check(f_->cuMemSetAccess(at, granule, &access, 1), "mapped memory cannot be used");
        reserved_.emplace_back(at, granule);
    }
    return true;
}

void Driver::write(DevicePointer to, const std::vector<std::byte>& bytes) {
    if (!bytes.empty()) check(f_->cuMemcpyHtoD_v2(to, bytes.data(), bytes.size()), "memory cannot be written");
}

std::vector<std::byte> Driver::read(DevicePointer from, std::size_t bytes) {
    std::vector<std::byte> content(bytes);
    if (bytes != 0) check(f_->cuMemcpyDtoH_v2(content.data(), from, bytes), "memory cannot be read");
    return content;
}

void* Driver::make_stream() {
    void* stream = nullptr;
    check(f_->cuStreamCreate(&stream, 1), "no stream"); // does not wait for the default stream
    return stream;
}

double Driver::launch(const DriverLaunch& l) {
    if (l.dynamic_shared > kUsualDynamicShared)
        check(f_->cuFuncSetAttribute(l.function, kFunctionMaxDynamicShared, static_cast<int>(l.dynamic_shared)), fmt::format("{} bytes of dynamic shared memory are too many", l.dynamic_shared));
    LaunchAttribute attributes[2] = {};
    unsigned count = 0;
    if (l.cooperative) {
        attributes[count].id = kAttributeCooperative;
        attributes[count++].value.number = 1;
    }
    if (l.cluster[0] != 0) {
        if (l.cluster[0] * l.cluster[1] * l.cluster[2] > kUsualCluster) check(f_->cuFuncSetAttribute(l.function, kFunctionNonPortableCluster, 1), "the cluster is too large");
        attributes[count].id = kAttributeCluster;
        std::copy(l.cluster, l.cluster + 3, attributes[count++].value.dimension);
    }
    LaunchConfiguration configuration{};
    std::copy(l.grid, l.grid + 3, configuration.grid);
    std::copy(l.block, l.block + 3, configuration.block);
    configuration.dynamic_shared = l.dynamic_shared;
    configuration.stream = l.stream;
    configuration.attributes = attributes;
    configuration.attribute_count = count;
    // The parameter area as one block: CU_LAUNCH_PARAM_BUFFER_POINTER, _SIZE, _END.
    std::vector<std::byte> area = l.parameters;
    std::size_t bytes = area.size();
    void* extra[] = {reinterpret_cast<void*>(1), area.data(), reinterpret_cast<void*>(2), &bytes, nullptr};
    void *start = nullptr, *stop = nullptr;
    check(f_->cuEventCreate(&start, 0), "no event");
    check(f_->cuEventCreate(&stop, 0), "no event");
    check(f_->cuEventRecord(start, l.stream), "no event");
    check(f_->cuLaunchKernelEx(&configuration, l.function, nullptr, area.empty() ? nullptr : extra), "the launch failed");
    check(f_->cuEventRecord(stop, l.stream), "no event");
    check(f_->cuEventSynchronize(stop), "the kernel failed");
    float milliseconds = 0;
    check(f_->cuEventElapsedTime(&milliseconds, start, stop), "no time");
    f_->cuEventDestroy_v2(start);
    f_->cuEventDestroy_v2(stop);
    return milliseconds;
}

} // namespace heddle::cuda_device
