// cudaLimit: stack, printf buffer, device heap.
#pragma once

#include "frontend/cuda/context.hpp"

namespace heddle::cuda {

// Throw Failure(UnsupportedLimit) for a limit that this GPU has not got, Failure(InvalidValue) for none at all.
void set_limit(Context& context, int limit, std::size_t value);
std::size_t get_limit(Context& context, int limit);
void reset_limits(Context& context);

} // namespace heddle::cuda
