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

// Memory from a pool, in the order of a stream; a node of the graph that the stream captures. Throws Failure.
void* allocate_in_stream(Context& context, Stream& stream, std::size_t bytes, Pool& pool);
void free_in_stream(Context& context, Stream& stream, void* pointer);
// Memory of a graph node: lives as long as the operation or a copy of it.
AllocOperation make_graph_memory(Context& context, std::size_t bytes);

inline constexpr std::size_t kPitchAlignment = 512;

} // namespace heddle::cuda
