// Graphs as a whole through the runtime API: make, copy, inspect, instantiate, launch.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/graph_build.hpp"
#include "frontend/cuda/graph_update.hpp"

#include <algorithm>
#include <cstdio>

namespace heddle::cuda {

namespace {

Graph& graph_at(Context& c, void* handle) { return *c.graphs.graph(handle); }

Error instantiate(const char* name, void** instance, void* graph, unsigned long long flags) {
    return runtime_call(name, [&](Context& c) {
        require(flags < 16);
        at(instance) = c.graphs.instantiate(graph_at(c, graph), flags);
    });
}

std::vector<Node*> all_nodes(const Graph& graph) {
    std::vector<Node*> nodes;
    for (const auto& node : graph.nodes()) nodes.push_back(node.get());
    return nodes;
}

} // namespace

HEDDLE_CUDA_API Error cudaGraphCreate(void** graph, unsigned flags) {
    return runtime_call("cudaGraphCreate", [&](Context& c) {
        require(flags == 0);
        at(graph) = c.graphs.adopt(std::make_shared<Graph>());
    });
}

HEDDLE_CUDA_API Error cudaGraphDestroy(void* graph) {
    return runtime_call("cudaGraphDestroy", [&](Context& c) {
        c.synchronize();
        require(c.graphs.destroy(graph));
    });
}

HEDDLE_CUDA_API Error cudaGraphClone(void** copy, void* original) {
    return runtime_call("cudaGraphClone", [&](Context& c) { at(copy) = c.graphs.adopt(graph_at(c, original).clone()); });
}

HEDDLE_CUDA_API Error cudaGraphNodeFindInClone(void** node, void* original, void* clone) {
    return runtime_call("cudaGraphNodeFindInClone", [&](Context& c) {
        Node* found = graph_at(c, clone).copy_of(static_cast<Node*>(original));
        require(found != nullptr);
        at(node) = found;
    });
}

HEDDLE_CUDA_API Error cudaGraphGetNodes(void* graph, void** nodes, std::size_t* count) {
    return runtime_call("cudaGraphGetNodes", [&](Context& c) { hand_out(all_nodes(graph_at(c, graph)), nodes, count); });
}

HEDDLE_CUDA_API Error cudaGraphGetRootNodes(void* graph, void** nodes, std::size_t* count) {
    return runtime_call("cudaGraphGetRootNodes", [&](Context& c) {
        auto roots = all_nodes(graph_at(c, graph));
        std::erase_if(roots, [](const Node* node) { return !node->dependencies.empty(); });
        hand_out(roots, nodes, count);
    });
}

HEDDLE_CUDA_API Error cudaGraphInstantiate(void** instance, void* graph, unsigned long long flags) {
    return instantiate("cudaGraphInstantiate", instance, graph, flags);
}
HEDDLE_CUDA_ALIAS(cudaGraphInstantiateWithFlags, cudaGraphInstantiate);

HEDDLE_CUDA_API Error cudaGraphInstantiateWithParams(void** instance, void* graph, abi::InstantiateParameters* parameters) {
    if (parameters == nullptr) return last_error() = Error::InvalidValue;
    const Error error = instantiate("cudaGraphInstantiateWithParams", instance, graph, parameters->flags);
    parameters->error_node = nullptr;
    parameters->result = error == Error::Success ? 0 : 1;
    return error;
}
HEDDLE_CUDA_ALIAS(cudaGraphInstantiateWithParams_ptsz, cudaGraphInstantiateWithParams);

HEDDLE_CUDA_API Error cudaGraphExecDestroy(void* instance) {
    return runtime_call("cudaGraphExecDestroy", [&](Context& c) {
        c.synchronize();
        require(c.graphs.destroy_instance(instance));
    });
}

HEDDLE_CUDA_API Error cudaGraphExecGetFlags(void* instance, unsigned long long* flags) {
    return runtime_call("cudaGraphExecGetFlags", [&](Context& c) { at(flags) = c.graphs.instance(instance)->flags; });
}

HEDDLE_CUDA_API Error cudaGraphUpload(void* instance, void* stream) {
    return runtime_call("cudaGraphUpload", [&](Context& c) {
        c.streams.find(stream);
        (void)c.graphs.instance(instance);
    });
}
HEDDLE_CUDA_ALIAS(cudaGraphUpload_ptsz, cudaGraphUpload);

HEDDLE_CUDA_API Error cudaGraphLaunch(void* instance, void* stream) {
    return runtime_call("cudaGraphLaunch", [&](Context& c) {
        Stream& target = c.streams.find(stream);
        const auto launched = c.graphs.instance(instance); // stays while it runs
        c.submit(target, ChildOperation{launched->graph});
    });
}
HEDDLE_CUDA_ALIAS(cudaGraphLaunch_ptsz, cudaGraphLaunch);

HEDDLE_CUDA_API Error cudaGraphExecUpdate(void* instance, void* graph, abi::UpdateResult* result) {
    return runtime_call("cudaGraphExecUpdate", [&](Context& c) {
        const abi::UpdateResult outcome = update_instance(*c.graphs.instance(instance), graph_at(c, graph));
        if (result != nullptr) *result = outcome;
        require(outcome.result == 0, Error::GraphExecUpdateFailure);
    });
}

HEDDLE_CUDA_API Error cudaGraphNodeSetEnabled(void* instance, void* node, unsigned enabled) {
    return runtime_call("cudaGraphNodeSetEnabled", [&](Context& c) {
        Node& target = GraphStore::node_in(*c.graphs.instance(instance), node);
        const auto type = node_type(target.operation);
        require(type == abi::NodeType::Kernel || type == abi::NodeType::Memset || type == abi::NodeType::Memcpy);
        target.enabled = enabled != 0;
    });
}

HEDDLE_CUDA_API Error cudaGraphNodeGetEnabled(void* instance, void* node, unsigned* enabled) {
    return runtime_call("cudaGraphNodeGetEnabled",
                        [&](Context& c) { at(enabled) = GraphStore::node_in(*c.graphs.instance(instance), node).enabled ? 1 : 0; });
}

// Nodes and edges only.
HEDDLE_CUDA_API Error cudaGraphDebugDotPrint(void* graph, const char* path, unsigned) {
    return runtime_call("cudaGraphDebugDotPrint", [&](Context& c) {
        const auto nodes = all_nodes(graph_at(c, graph));
        std::FILE* file = std::fopen(&at(path), "w");
        require(file != nullptr, Error::OperatingSystem);
        const auto number = [&](const Node* node) { return std::find(nodes.begin(), nodes.end(), node) - nodes.begin(); };
        std::fputs("digraph graph_1 {\n", file);
        for (const Node* node : nodes) {
            std::fprintf(file, "n%td [label=\"%td type %d\"];\n", number(node), number(node), static_cast<int>(node_type(node->operation)));
            for (const Node* before : node->dependencies) std::fprintf(file, "n%td -> n%td;\n", number(before), number(node));
        }
        std::fputs("}\n", file);
        require(std::fclose(file) == 0, Error::OperatingSystem);
    });
}

HEDDLE_CUDA_API Error cudaUserObjectCreate(void** object, void* data, abi::HostFunction destroy, unsigned references, unsigned) {
    return runtime_call("cudaUserObjectCreate", [&](Context&) {
        require(references != 0 && destroy != nullptr);
        at(object) = new UserObject{data, destroy, references};
    });
}

HEDDLE_CUDA_API Error cudaUserObjectRetain(void* object, unsigned count) {
    return runtime_call("cudaUserObjectRetain", [&](Context&) { at(static_cast<UserObject*>(object)).references += count; });
}

HEDDLE_CUDA_API Error cudaUserObjectRelease(void* object, unsigned count) {
    return runtime_call("cudaUserObjectRelease", [&](Context&) { release_user_object(&at(static_cast<UserObject*>(object)), count); });
}

HEDDLE_CUDA_API Error cudaGraphRetainUserObject(void* graph, void* object, unsigned count, unsigned flags) {
    return runtime_call("cudaGraphRetainUserObject", [&](Context& c) {
        auto& retained = at(static_cast<UserObject*>(object));
        graph_at(c, graph).retained.insert(graph_at(c, graph).retained.end(), count, &retained);
        if (flags != 1) retained.references += count; // 1: the caller's references move to the graph
    });
}

HEDDLE_CUDA_API Error cudaGraphReleaseUserObject(void* graph, void* object, unsigned count) {
    return runtime_call("cudaGraphReleaseUserObject", [&](Context& c) {
        auto& retained = graph_at(c, graph).retained;
        for (unsigned i = 0; i < count; ++i) {
            const auto found = std::find(retained.begin(), retained.end(), object);
            require(found != retained.end());
            retained.erase(found);
        }
        release_user_object(static_cast<UserObject*>(object), count);
    });
}

} // namespace heddle::cuda
