#include "frontend/cuda/api.hpp"

#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/message.hpp"
#include "sim/base/error.hpp"

#include <cstring>
#include <new>

namespace heddle::cuda {

Error& last_error() {
    thread_local Error error = Error::Success;
    return error;
}

namespace {

Error guarded(const char* function, Error (*invoke)(void*, Context&), void* body) {
    try {
        if (const Context* made = Context::existing(); made != nullptr && made->forked()) return Error::InitializationError;
        const std::lock_guard lock(Context::mutex());
        Context& context = Context::get();
        if (const Error error = context.sticky(); error != Error::Success) return error;
        return invoke(body, context);
    } catch (const Failure& failure) {
        return failure.error;
    } catch (const UserError& error) {
        say(error);
        return Context::existing() == nullptr ? Error::InitializationError : Error::Unknown;
    } catch (const std::bad_alloc&) {
        return Error::MemoryAllocation;
    } catch (const std::exception& error) {
        say(std::string(function) + ": " + error.what());
        return Error::Unknown;
    }
}

} // namespace

Error detail::call(Api api, const char* function, Error (*invoke)(void*, Context&), void* body) {
    Error error = guarded(function, invoke, body);
    if (api == Api::Driver) return for_driver(error);
    if (error != Error::Success) last_error() = error;
    return error;
}

Error unsupported(Api api, const char* function) {
    return api_call(api, function, [&](Context& context) {
        context.count_unsupported(function);
        return Error::NotSupported;
    });
}

} // namespace heddle::cuda
