#include "frontend/cuda/driver.hpp"

namespace heddle::cuda {

Error for_driver(Error error) {
    switch (error) {
    case Error::InvalidConfiguration:
    case Error::InvalidMemcpyDirection:
    case Error::InvalidChannelDescriptor:
    case Error::InvalidPitchValue: return Error::InvalidValue;
    case Error::InvalidSymbol: return Error::SymbolNotFound;
    case Error::InvalidDeviceFunction: return Error::InvalidResourceHandle;
    default: return error;
    }
}

Error as_driver(Error (*call)(const void*), const void* arguments) {
    const Error last = last_error();
    const Error error = call(arguments);
    last_error() = last;
    return for_driver(error);
}

} // namespace heddle::cuda
