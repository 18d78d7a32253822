// Allocation: device, managed, pinned and registered memory.
#pragma once

#include "frontend/cuda/context.hpp"

namespace heddle::cuda {

// Zero bytes give a null pointer. Throws Failure(MemoryAllocation).
void* allocate(Context& context, std::size_t bytes, emulator::AllocationKind kind, const char* label);
// Rows padded so that each begins aligned; `pitch` receives the distance in bytes.
void* allocate_rows(Context& context, std::size_t& pitch, std::size_t width, std::size_t rows);
// Null is fine. Throws Failure(InvalidValue) if `pointer` is not the beginning of an allocation of such a kind.
void release(Context& context, void* pointer, bool host);

inline constexpr std::size_t kPitchAlignment = 512;

} // namespace heddle::cuda
