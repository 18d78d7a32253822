// Frames of the runtime functions that add and change nodes. `make` is a function of a Context& that gives an operation.
#pragma once

#include "frontend/cuda/api.hpp"
#include "frontend/cuda/graph_build.hpp"

namespace heddle::cuda {

template <class Make>
Error add_node_call(const char* name, void** node, void* graph, void* const* dependencies, std::size_t count, Make make) {
    return runtime_call(name, [&](Context& c) {
        void*& result = at(node);
        result = add_node(c, graph, dependencies, count, make(c));
    });
}

template <class Make> Error set_node_call(const char* name, void* node, Make make) {
    return runtime_call(name, [&](Context& c) { replace_operation(c.graphs.node(node), make(c)); });
}

template <class Make> Error set_instance_call(const char* name, void* instance, void* node, Make make) {
    return runtime_call(name, [&](Context& c) {
        c.synchronize(); // a launch that is still queued keeps its parameters
        replace_operation(GraphStore::node_in(*c.graphs.instance(instance), node), make(c));
    });
}

} // namespace heddle::cuda
