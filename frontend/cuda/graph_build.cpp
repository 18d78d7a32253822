#include "frontend/cuda/graph_build.hpp"

#include "frontend/cuda/api.hpp"
#include "frontend/cuda/copy.hpp"
#include "frontend/cuda/launch.hpp"
#include "frontend/cuda/memory.hpp"

#include <algorithm>
#include <cstring>

namespace heddle::cuda {

std::vector<Node*> nodes_of(Context& context, void* const* handles, std::size_t count) {
    require(count == 0 || handles != nullptr);
    std::vector<Node*> nodes;
    for (std::size_t i = 0; i < count; ++i) nodes.push_back(&context.graphs.node(handles[i]));
    return nodes;
}

KernelOperation kernel_operation(Context& context, const abi::KernelNode& p) {
    LaunchDescription description;
    description.kernel = &context.images.kernel(p.function);
    description.grid = p.grid;
    description.block = p.block;
    description.dynamic_shared = p.dynamic_shared;
    description.parameters = p.parameters;
    description.extra = p.extra;
    return make_launch(context, description);
}

FillOperation fill_operation(Context& context, const abi::MemsetNode& p) {
    require(p.element_bytes == 1 || p.element_bytes == 2 || p.element_bytes == 4);
    return make_fill(context, linear(p.destination, p.pitch), p.value, p.element_bytes, p.width, p.height, 1);
}

HostOperation host_operation(const abi::HostNode& p) {
    require(p.function != nullptr);
    return {p.function, p.data, {}};
}

Operation operation_of(Context& context, abi::NodeParameters& p) {
    switch (p.type) {
    case abi::NodeType::Kernel: {
        const auto& k = p.kernel;
        return kernel_operation(
            context,
            {k.function, {k.grid[0], k.grid[1], k.grid[2]}, {k.block[0], k.block[1], k.block[2]}, k.dynamic_shared, k.parameters, k.extra});
    }
    case abi::NodeType::Memcpy: {
        abi::Copy3D copy;
        std::memcpy(&copy, p.memcpy.copy, sizeof copy);
        return make_copy(context, copy);
    }
    case abi::NodeType::Memset: {
        const auto& m = p.memset;
        return fill_operation(context, {m.destination, m.pitch, m.value, m.element_bytes, m.width, m.height});
    }
    case abi::NodeType::Host: return host_operation({p.host.function, p.host.data});
    case abi::NodeType::Graph: return ChildOperation{context.graphs.graph(p.child.graph)->clone()};
    case abi::NodeType::Empty: return EmptyOperation{};
    case abi::NodeType::WaitEvent: return EventWaitOperation{context.streams.event(p.event)};
    case abi::NodeType::EventRecord: return EventRecordOperation{context.streams.event(p.event)};
    case abi::NodeType::MemAlloc: {
        AllocOperation operation = make_graph_memory(context, p.alloc.bytes);
        p.alloc.pointer = operation.parameters.pointer;
        return operation;
    }
    case abi::NodeType::MemFree: return FreeOperation{p.free};
    case abi::NodeType::Conditional: context.count_unsupported("conditional graph nodes"); throw Failure{Error::NotSupported};
    }
    throw Failure{Error::InvalidValue};
}

Node* add_node(Context& context, void* graph, void* const* dependencies, std::size_t count, Operation operation) {
    const auto target = context.graphs.graph(graph);
    const auto before = nodes_of(context, dependencies, count);
    for (const Node* node : before) require(node->graph == target.get());
    return target->add(std::move(operation), before);
}

void replace_operation(Node& node, Operation operation) {
    require(node.operation.index() == operation.index());
    node.operation = std::move(operation);
}

abi::KernelNode kernel_parameters(Node& node) {
    auto* launch = std::get_if<KernelOperation>(&node.operation);
    require(launch != nullptr);
    launch->argument_pointers.clear();
    for (const auto& p : launch->kernel->function->parameters) launch->argument_pointers.push_back(launch->parameters.data() + p.offset);
    return {const_cast<Kernel*>(launch->kernel), launch->grid, launch->block, static_cast<unsigned>(launch->dynamic_shared),
            launch->argument_pointers.data(),    nullptr};
}

abi::MemsetNode fill_parameters(const Node& node) {
    const auto* fill = std::get_if<FillOperation>(&node.operation);
    require(fill != nullptr);
    return {fill->first, fill->pitch, fill->value, fill->element_bytes, fill->width, fill->height};
}

void hand_out(const std::vector<Node*>& from, void** to, std::size_t* count) {
    std::size_t& n = at(count);
    if (to == nullptr) {
        n = from.size();
        return;
    }
    for (std::size_t i = 0; i < n; ++i) to[i] = i < from.size() ? from[i] : nullptr;
    n = std::min(n, from.size());
}

} // namespace heddle::cuda
