// Errors and versions through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/version.hpp"

#include <utility>

namespace heddle::cuda {

namespace {

// A sticky error stays whatever the program does.
Error with_sticky(Error error) {
    const Context* context = Context::existing();
    return context != nullptr && context->sticky_now() != Error::Success ? context->sticky_now() : error;
}

} // namespace

HEDDLE_CUDA_API Error cudaGetLastError() { return with_sticky(std::exchange(last_error(), Error::Success)); }

HEDDLE_CUDA_API Error cudaPeekAtLastError() { return with_sticky(last_error()); }

HEDDLE_CUDA_API const char* cudaGetErrorName(Error error) {
    const char* name = runtime_name(error);
    return name != nullptr ? name : "unrecognized error code";
}

HEDDLE_CUDA_API const char* cudaGetErrorString(Error error) {
    return runtime_name(error) != nullptr ? text(error) : "unrecognized error code";
}

HEDDLE_CUDA_API Error cudaDriverGetVersion(int* version) {
    if (version == nullptr) return last_error() = Error::InvalidValue;
    *version = kCudaVersion;
    return Error::Success;
}

HEDDLE_CUDA_API Error cudaRuntimeGetVersion(int* version) { return cudaDriverGetVersion(version); }

} // namespace heddle::cuda
