// How driver functions are built on those of the runtime.
#pragma once

#include "frontend/cuda/api.hpp"

namespace heddle::cuda {

// Calls a runtime function for a driver function: the thread's last runtime error stays, codes are the driver's.
Error as_driver(Error (*call)(const void* arguments), const void* arguments);
template <class Call> Error as_driver(const Call& call) {
    return as_driver([](const void* c) { return (*static_cast<const Call*>(c))(); }, &call);
}

// Maps a code of the runtime to the one the driver uses.
Error for_driver(Error error);

} // namespace heddle::cuda

// A driver function that does what a runtime function does: HEDDLE_DRIVER(cuEventQuery, cudaEventQuery, (void* event), (event)).
#define HEDDLE_DRIVER(name, of, parameters, arguments)                                                                                     \
    extern "C" Error of parameters;                                                                                                        \
    HEDDLE_CUDA_API Error name parameters {                                                                                                \
        return as_driver([&] { return of arguments; });                                                                                    \
    }
