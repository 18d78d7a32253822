// What compiled programs call before main(): their device code, kernels and variables; and how a launch statement passes
// its configuration.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/launch.hpp"

namespace heddle::cuda {

namespace {

struct Configuration {
    Dim3 grid, block;
    std::size_t shared;
    void* stream;
};

// Launch statements of a thread may nest: f<<<...>>>(g()) where g launches.
std::vector<Configuration>& configurations() {
    thread_local std::vector<Configuration> stack;
    return stack;
}

// Registration happens before the GPU is used, and must not fail: what cannot be used is told at the first launch.
template <class Body> void registering(const char* function, Body body) {
    const Error last = last_error();
    runtime_call(function, body);
    last_error() = last;
}

Image* image_of(Context& context, void** handle) { return handle == nullptr ? nullptr : context.images.find_image(*handle); }

} // namespace

// The handle is the address of a word that holds the image.
HEDDLE_CUDA_API void** __cudaRegisterFatBinary(void* wrapper) {
    auto** handle = new void*(nullptr);
    registering("__cudaRegisterFatBinary", [&](Context& c) { *handle = c.images.add(wrapper, false, c.record.program); });
    return handle;
}

HEDDLE_CUDA_API void __cudaRegisterFatBinaryEnd(void**) {}

HEDDLE_CUDA_API void __cudaUnregisterFatBinary(void** handle) {
    registering("__cudaUnregisterFatBinary", [&](Context& c) {
        Image* image = image_of(c, handle);
        if (image == nullptr) return;
        c.synchronize();
        c.images.remove(image);
        *handle = nullptr;
    });
}

HEDDLE_CUDA_API void __cudaRegisterFunction(void** handle, const void* host_function, char*, const char* name, int, void*, void*, void*,
                                            void*, int*) {
    registering("__cudaRegisterFunction", [&](Context& c) {
        if (Image* image = image_of(c, handle)) c.images.register_kernel(image, host_function, name);
    });
}

HEDDLE_CUDA_API void __cudaRegisterVar(void** handle, const void* host_variable, char*, const char* name, int, std::size_t bytes, int,
                                       int) {
    registering("__cudaRegisterVar", [&](Context& c) {
        if (Image* image = image_of(c, handle)) c.images.register_variable(host_variable, {image, name, bytes, nullptr});
    });
}

HEDDLE_CUDA_API void __cudaRegisterManagedVar(void** handle, void** host_pointer, char*, const char* name, int, std::size_t bytes, int,
                                              int) {
    registering("__cudaRegisterManagedVar", [&](Context& c) {
        if (Image* image = image_of(c, handle)) c.images.register_variable(host_pointer, {image, name, bytes, host_pointer});
    });
}

HEDDLE_CUDA_API char __cudaInitModule(void** handle) {
    return runtime_call("__cudaInitModule", [&](Context& c) {
               if (Image* image = image_of(c, handle)) c.images.load_managed(image);
           }) == Error::Success;
}

HEDDLE_CUDA_API unsigned __cudaPushCallConfiguration(Dim3 grid, Dim3 block, std::size_t shared, void* stream) {
    configurations().push_back({grid, block, shared, stream});
    return 0;
}

HEDDLE_CUDA_API Error __cudaPopCallConfiguration(Dim3* grid, Dim3* block, std::size_t* shared, void* stream) {
    auto& stack = configurations();
    if (stack.empty()) return last_error() = Error::MissingConfiguration;
    *grid = stack.back().grid;
    *block = stack.back().block;
    *shared = stack.back().shared;
    *static_cast<void**>(stream) = stack.back().stream;
    stack.pop_back();
    return Error::Success;
}

HEDDLE_CUDA_API Error __cudaGetKernel(void** kernel, const void* host_function) {
    return runtime_call("__cudaGetKernel", [&](Context& c) {
        Kernel* found = c.images.find_kernel(host_function);
        require(found != nullptr, Error::InvalidDeviceFunction);
        at(kernel) = found;
    });
}

} // namespace heddle::cuda
