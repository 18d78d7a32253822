// Capture of streams into graphs: shared by the runtime and the driver API.
#pragma once

#include "frontend/cuda/context.hpp"

namespace heddle::cuda {

// `graph`: capture into this one, after `dependencies`; null: a new one. Throws Failure.
void begin_capture(Context& context, void* stream, int mode, std::shared_ptr<Graph> graph = nullptr, std::vector<Node*> dependencies = {});
// The graph; null if the capture was invalid (then the failure is thrown too). Throws Failure.
Graph* end_capture(Context& context, void* stream);
// Records an event in a stream, captured or not.
void record_event(Context& context, void* event, void* stream);
// Makes a stream wait for an event; joins its capture if it was recorded in one.
void wait_event(Context& context, void* stream, void* event);

} // namespace heddle::cuda
