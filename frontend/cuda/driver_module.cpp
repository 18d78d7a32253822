// Modules, libraries, kernels and linking through the driver API, and libraries through the runtime API.
#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/function.hpp"
#include "frontend/cuda/module_load.hpp"

#include <algorithm>

namespace heddle::cuda {

namespace {

Image& image_at(Context& c, void* handle) {
    Image* image = c.images.find_image(handle);
    require(image != nullptr, Error::InvalidResourceHandle);
    return *image;
}

Error load(Api api, const char* name, void** handle, const void* data) {
    return api_call(api, name, [&](Context& c) { at(handle) = load_image(c, data, "module"); });
}

Error load_file(Api api, const char* name, void** handle, const char* path) {
    return api_call(api, name, [&](Context& c) { at(handle) = load_image_file(c, &at(path)); });
}

Error unload(Api api, const char* name, void* handle) {
    return api_call(api, name, [&](Context& c) {
        Image& image = image_at(c, handle);
        c.synchronize();
        c.images.remove(&image);
    });
}

Error find_kernel(Api api, const char* call, void** kernel, void* handle, const char* name) {
    return api_call(api, call, [&](Context& c) {
        Image& image = image_at(c, handle);
        require(image.load(c.device).find_function(&at(name)) != nullptr, Error::SymbolNotFound);
        at(kernel) = &c.images.ready(image.kernel(name));
    });
}

Error find_variable(Api api, const char* call, void** pointer, std::size_t* bytes, void* handle, const char* name) {
    return api_call(api, call, [&](Context& c) {
        const emulator::Variable* variable = image_at(c, handle).load(c.device).find_variable(&at(name));
        require(variable != nullptr, Error::SymbolNotFound);
        if (pointer != nullptr) *pointer = reinterpret_cast<void*>(variable->address);
        if (bytes != nullptr) *bytes = variable->bytes;
    });
}

Error count_kernels(Api api, const char* call, unsigned* count, void* handle) {
    return api_call(api, call,
                    [&](Context& c) { at(count) = static_cast<unsigned>(image_at(c, handle).load(c.device).functions().size()); });
}

Error list_kernels(Api api, const char* call, void** kernels, unsigned count, void* handle) {
    return api_call(api, call, [&](Context& c) {
        require(kernels != nullptr && count != 0);
        Image& image = image_at(c, handle);
        for (const auto& [name, function] : image.load(c.device).functions()) {
            if (count-- == 0) return;
            *kernels++ = &c.images.ready(image.kernel(name));
        }
    });
}

} // namespace

// --- modules -----------------------------------------------------------------------------------------------------------

HEDDLE_CUDA_API Error cuModuleLoadData(void** module, const void* image) { return load(Api::Driver, "cuModuleLoadData", module, image); }
HEDDLE_CUDA_ALIAS(cuModuleLoadFatBinary, cuModuleLoadData);

HEDDLE_CUDA_API Error cuModuleLoadDataEx(void** module, const void* image, unsigned count, int* options, void** values) {
    clear_logs(count, options, values);
    return load(Api::Driver, "cuModuleLoadDataEx", module, image);
}

HEDDLE_CUDA_API Error cuModuleLoad(void** module, const char* path) { return load_file(Api::Driver, "cuModuleLoad", module, path); }

HEDDLE_CUDA_API Error cuModuleUnload(void* module) { return unload(Api::Driver, "cuModuleUnload", module); }

HEDDLE_CUDA_API Error cuModuleGetFunction(void** function, void* module, const char* name) {
    return find_kernel(Api::Driver, "cuModuleGetFunction", function, module, name);
}

HEDDLE_CUDA_API Error cuModuleGetGlobal_v2(void** pointer, std::size_t* bytes, void* module, const char* name) {
    return find_variable(Api::Driver, "cuModuleGetGlobal", pointer, bytes, module, name);
}

HEDDLE_CUDA_API Error cuModuleGetFunctionCount(unsigned* count, void* module) {
    return count_kernels(Api::Driver, "cuModuleGetFunctionCount", count, module);
}

HEDDLE_CUDA_API Error cuModuleEnumerateFunctions(void** functions, unsigned count, void* module) {
    return list_kernels(Api::Driver, "cuModuleEnumerateFunctions", functions, count, module);
}

HEDDLE_CUDA_API Error cuModuleGetLoadingMode(int* mode) {
    return driver_call("cuModuleGetLoadingMode", [&](Context&) { at(mode) = 2; }); // lazy
}

// --- libraries ---------------------------------------------------------------------------------------------------------

HEDDLE_CUDA_API Error cuLibraryLoadData(void** library, const void* code, int* options, void** values, unsigned count, int*, void**,
                                        unsigned) {
    clear_logs(count, options, values);
    return load(Api::Driver, "cuLibraryLoadData", library, code);
}

HEDDLE_CUDA_API Error cudaLibraryLoadData(void** library, const void* code, int* options, void** values, unsigned count, int*, void**,
                                          unsigned) {
    clear_logs(count, options, values);
    return load(Api::Runtime, "cudaLibraryLoadData", library, code);
}

HEDDLE_CUDA_API Error cuLibraryLoadFromFile(void** library, const char* path, int*, void**, unsigned, int*, void**, unsigned) {
    return load_file(Api::Driver, "cuLibraryLoadFromFile", library, path);
}

HEDDLE_CUDA_API Error cudaLibraryLoadFromFile(void** library, const char* path, int*, void**, unsigned, int*, void**, unsigned) {
    return load_file(Api::Runtime, "cudaLibraryLoadFromFile", library, path);
}

HEDDLE_CUDA_API Error cuLibraryUnload(void* library) { return unload(Api::Driver, "cuLibraryUnload", library); }

HEDDLE_CUDA_API Error cudaLibraryUnload(void* library) { return unload(Api::Runtime, "cudaLibraryUnload", library); }

HEDDLE_CUDA_API Error cuLibraryGetKernel(void** kernel, void* library, const char* name) {
    return find_kernel(Api::Driver, "cuLibraryGetKernel", kernel, library, name);
}

HEDDLE_CUDA_API Error cudaLibraryGetKernel(void** kernel, void* library, const char* name) {
    return find_kernel(Api::Runtime, "cudaLibraryGetKernel", kernel, library, name);
}

HEDDLE_CUDA_API Error cuLibraryGetKernelCount(unsigned* count, void* library) {
    return count_kernels(Api::Driver, "cuLibraryGetKernelCount", count, library);
}

HEDDLE_CUDA_API Error cudaLibraryGetKernelCount(unsigned* count, void* library) {
    return count_kernels(Api::Runtime, "cudaLibraryGetKernelCount", count, library);
}

HEDDLE_CUDA_API Error cuLibraryEnumerateKernels(void** kernels, unsigned count, void* library) {
    return list_kernels(Api::Driver, "cuLibraryEnumerateKernels", kernels, count, library);
}

HEDDLE_CUDA_API Error cudaLibraryEnumerateKernels(void** kernels, unsigned count, void* library) {
    return list_kernels(Api::Runtime, "cudaLibraryEnumerateKernels", kernels, count, library);
}

HEDDLE_CUDA_API Error cuLibraryGetGlobal(void** pointer, std::size_t* bytes, void* library, const char* name) {
    return find_variable(Api::Driver, "cuLibraryGetGlobal", pointer, bytes, library, name);
}
HEDDLE_CUDA_ALIAS(cuLibraryGetManaged, cuLibraryGetGlobal);

HEDDLE_CUDA_API Error cudaLibraryGetGlobal(void** pointer, std::size_t* bytes, void* library, const char* name) {
    return find_variable(Api::Runtime, "cudaLibraryGetGlobal", pointer, bytes, library, name);
}
HEDDLE_CUDA_ALIAS(cudaLibraryGetManaged, cudaLibraryGetGlobal);

HEDDLE_CUDA_API Error cuLibraryGetModule(void** module, void* library) {
    return driver_call("cuLibraryGetModule", [&](Context& c) { at(module) = &image_at(c, library); });
}

HEDDLE_CUDA_API Error cuKernelGetFunction(void** function, void* kernel) {
    return driver_call("cuKernelGetFunction", [&](Context& c) { at(function) = &c.images.kernel(kernel); });
}

HEDDLE_CUDA_API Error cuKernelGetLibrary(void** library, void* kernel) {
    return driver_call("cuKernelGetLibrary", [&](Context& c) { at(library) = c.images.kernel(kernel).image; });
}
HEDDLE_CUDA_ALIAS(cuFuncGetModule, cuKernelGetLibrary);

} // namespace heddle::cuda
