// How every API function is built: exported under its C name, one lock, no exception leaves it, errors as the API has them.
#pragma once

#include "frontend/cuda/context.hpp"

#include <type_traits>

// An exported function. They return Error, which is an int to the caller.
#define HEDDLE_CUDA_API extern "C" __attribute__((visibility("default")))
// The same function under another name, such as cudaMemcpy_ptds. Per-thread and legacy default streams differ only in time
// here, and only launches tell them apart.
#define HEDDLE_CUDA_ALIAS(name, of) extern "C" __attribute__((visibility("default"), alias(#of))) decltype(of) name

namespace heddle::cuda {

// The error of the calling thread: what cudaGetLastError returns.
Error& last_error();

// Which API a function belongs to: the runtime keeps the last error, the driver does not.
enum class Api : std::uint8_t { Runtime, Driver };

namespace detail {
// Runs `body` (a function of a Context&) with the lock held.
Error call(Api api, const char* function, Error (*invoke)(void* body, Context& context), void* body);
} // namespace detail

// The frame of an API function. `body` takes a Context& and returns Error or nothing (success).
template <class Body> Error api_call(Api api, const char* function, Body&& body) {
    const auto invoke = [](void* b, Context& context) -> Error {
        auto& f = *static_cast<std::remove_reference_t<Body>*>(b);
        if constexpr (std::is_void_v<std::invoke_result_t<Body, Context&>>) {
            f(context);
            return Error::Success;
        } else {
            return f(context);
        }
    };
    return detail::call(api, function, invoke, &body);
}
template <class Body> Error runtime_call(const char* function, Body&& body) { return api_call(Api::Runtime, function, body); }
template <class Body> Error driver_call(const char* function, Body&& body) { return api_call(Api::Driver, function, body); }

// A function that is not implemented: says so once, returns "operation not supported".
Error unsupported(Api api, const char* function);

// Fails with `error` unless `condition` holds.
inline void require(bool condition, Error error = Error::InvalidValue) {
    if (!condition) throw Failure{error};
}
// `pointer`, checked.
template <class T> T& at(T* pointer) {
    require(pointer != nullptr);
    return *pointer;
}

} // namespace heddle::cuda
