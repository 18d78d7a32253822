// Kernel, fill, host, child, event and memory nodes of graphs through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/graph_calls.hpp"
#include "frontend/cuda/launch.hpp"
#include "frontend/cuda/memory.hpp"

#include <cstring>

namespace heddle::cuda {

namespace {

auto kernel(const abi::KernelNode* p) {
    return [=](Context& c) { return kernel_operation(c, at(p)); };
}
auto fill(const abi::MemsetNode* p) {
    return [=](Context& c) { return fill_operation(c, at(p)); };
}
auto host(const abi::HostNode* p) {
    return [=](Context&) { return host_operation(at(p)); };
}
auto child(void* graph) {
    return [=](Context& c) { return ChildOperation{c.graphs.graph(graph)->clone()}; };
}
auto record(void* event) {
    return [=](Context& c) { return EventRecordOperation{c.streams.event(event)}; };
}
auto wait(void* event) {
    return [=](Context& c) { return EventWaitOperation{c.streams.event(event)}; };
}

// The operation of a node, of the type asked for.
template <class Kind> Kind& operation(Context& c, void* node) {
    auto* found = std::get_if<Kind>(&c.graphs.node(node).operation);
    require(found != nullptr);
    return *found;
}

} // namespace

HEDDLE_CUDA_API Error cudaGraphAddKernelNode(void** node, void* graph, void* const* before, std::size_t count, const abi::KernelNode* p) {
    return add_node_call("cudaGraphAddKernelNode", node, graph, before, count, kernel(p));
}

HEDDLE_CUDA_API Error cudaGraphKernelNodeGetParams(void* node, abi::KernelNode* p) {
    return runtime_call("cudaGraphKernelNodeGetParams", [&](Context& c) { at(p) = kernel_parameters(c.graphs.node(node)); });
}

HEDDLE_CUDA_API Error cudaGraphKernelNodeSetParams(void* node, const abi::KernelNode* p) {
    return set_node_call("cudaGraphKernelNodeSetParams", node, kernel(p));
}

HEDDLE_CUDA_API Error cudaGraphExecKernelNodeSetParams(void* instance, void* node, const abi::KernelNode* p) {
    return set_instance_call("cudaGraphExecKernelNodeSetParams", instance, node, kernel(p));
}

HEDDLE_CUDA_API Error cudaGraphKernelNodeSetAttribute(void* node, abi::LaunchAttributeId id, const abi::LaunchAttributeValue* value) {
    return runtime_call("cudaGraphKernelNodeSetAttribute", [&](Context& c) {
        require(apply_attribute(operation<KernelOperation>(c, node), {id, {}, at(value)}));
    });
}

HEDDLE_CUDA_API Error cudaGraphKernelNodeGetAttribute(void* node, abi::LaunchAttributeId id, abi::LaunchAttributeValue* value) {
    return runtime_call("cudaGraphKernelNodeGetAttribute", [&](Context& c) {
        const auto& launch = operation<KernelOperation>(c, node);
        std::memset(&at(value), 0, sizeof *value);
        if (id == abi::LaunchAttributeId::Cooperative) value->number = launch.cooperative ? 1 : 0;
        if (id == abi::LaunchAttributeId::Priority) value->number = launch.priority;
        if (id == abi::LaunchAttributeId::ClusterDimension) std::memcpy(value->dim, &launch.cluster, sizeof value->dim);
    });
}

HEDDLE_CUDA_API Error cudaGraphKernelNodeCopyAttributes(void* to, void* from) {
    return runtime_call("cudaGraphKernelNodeCopyAttributes", [&](Context& c) {
        auto& target = operation<KernelOperation>(c, to);
        const auto& source = operation<KernelOperation>(c, from);
        target.cooperative = source.cooperative;
        target.cluster = source.cluster;
        target.priority = source.priority;
        target.programmatic = source.programmatic;
    });
}

HEDDLE_CUDA_API Error cudaGraphAddMemsetNode(void** node, void* graph, void* const* before, std::size_t count, const abi::MemsetNode* p) {
    return add_node_call("cudaGraphAddMemsetNode", node, graph, before, count, fill(p));
}

HEDDLE_CUDA_API Error cudaGraphMemsetNodeGetParams(void* node, abi::MemsetNode* p) {
    return runtime_call("cudaGraphMemsetNodeGetParams", [&](Context& c) { at(p) = fill_parameters(c.graphs.node(node)); });
}

HEDDLE_CUDA_API Error cudaGraphMemsetNodeSetParams(void* node, const abi::MemsetNode* p) {
    return set_node_call("cudaGraphMemsetNodeSetParams", node, fill(p));
}

HEDDLE_CUDA_API Error cudaGraphExecMemsetNodeSetParams(void* instance, void* node, const abi::MemsetNode* p) {
    return set_instance_call("cudaGraphExecMemsetNodeSetParams", instance, node, fill(p));
}

HEDDLE_CUDA_API Error cudaGraphAddHostNode(void** node, void* graph, void* const* before, std::size_t count, const abi::HostNode* p) {
    return add_node_call("cudaGraphAddHostNode", node, graph, before, count, host(p));
}

HEDDLE_CUDA_API Error cudaGraphHostNodeGetParams(void* node, abi::HostNode* p) {
    return runtime_call("cudaGraphHostNodeGetParams", [&](Context& c) {
        const auto& function = operation<HostOperation>(c, node);
        at(p) = {function.function, function.data};
    });
}

HEDDLE_CUDA_API Error cudaGraphHostNodeSetParams(void* node, const abi::HostNode* p) {
    return set_node_call("cudaGraphHostNodeSetParams", node, host(p));
}

HEDDLE_CUDA_API Error cudaGraphExecHostNodeSetParams(void* instance, void* node, const abi::HostNode* p) {
    return set_instance_call("cudaGraphExecHostNodeSetParams", instance, node, host(p));
}

HEDDLE_CUDA_API Error cudaGraphAddChildGraphNode(void** node, void* graph, void* const* before, std::size_t count, void* of) {
    return add_node_call("cudaGraphAddChildGraphNode", node, graph, before, count, child(of));
}

HEDDLE_CUDA_API Error cudaGraphChildGraphNodeGetGraph(void* node, void** graph) {
    return runtime_call("cudaGraphChildGraphNodeGetGraph",
                        [&](Context& c) { at(graph) = c.graphs.adopt(operation<ChildOperation>(c, node).graph); });
}

HEDDLE_CUDA_API Error cudaGraphExecChildGraphNodeSetParams(void* instance, void* node, void* of) {
    return set_instance_call("cudaGraphExecChildGraphNodeSetParams", instance, node, child(of));
}

HEDDLE_CUDA_API Error cudaGraphAddEmptyNode(void** node, void* graph, void* const* before, std::size_t count) {
    return add_node_call("cudaGraphAddEmptyNode", node, graph, before, count, [](Context&) { return EmptyOperation{}; });
}

HEDDLE_CUDA_API Error cudaGraphAddEventRecordNode(void** node, void* graph, void* const* before, std::size_t count, void* event) {
    return add_node_call("cudaGraphAddEventRecordNode", node, graph, before, count, record(event));
}

HEDDLE_CUDA_API Error cudaGraphAddEventWaitNode(void** node, void* graph, void* const* before, std::size_t count, void* event) {
    return add_node_call("cudaGraphAddEventWaitNode", node, graph, before, count, wait(event));
}

HEDDLE_CUDA_API Error cudaGraphEventRecordNodeGetEvent(void* node, void** event) {
    return runtime_call("cudaGraphEventRecordNodeGetEvent",
                        [&](Context& c) { at(event) = operation<EventRecordOperation>(c, node).event.get(); });
}

HEDDLE_CUDA_API Error cudaGraphEventWaitNodeGetEvent(void* node, void** event) {
    return runtime_call("cudaGraphEventWaitNodeGetEvent",
                        [&](Context& c) { at(event) = operation<EventWaitOperation>(c, node).event.get(); });
}

HEDDLE_CUDA_API Error cudaGraphEventRecordNodeSetEvent(void* node, void* event) {
    return set_node_call("cudaGraphEventRecordNodeSetEvent", node, record(event));
}

HEDDLE_CUDA_API Error cudaGraphEventWaitNodeSetEvent(void* node, void* event) {
    return set_node_call("cudaGraphEventWaitNodeSetEvent", node, wait(event));
}

HEDDLE_CUDA_API Error cudaGraphExecEventRecordNodeSetEvent(void* instance, void* node, void* event) {
    return set_instance_call("cudaGraphExecEventRecordNodeSetEvent", instance, node, record(event));
}

HEDDLE_CUDA_API Error cudaGraphExecEventWaitNodeSetEvent(void* instance, void* node, void* event) {
    return set_instance_call("cudaGraphExecEventWaitNodeSetEvent", instance, node, wait(event));
}

HEDDLE_CUDA_API Error cudaGraphAddMemAllocNode(void** node, void* graph, void* const* before, std::size_t count, abi::AllocNode* p) {
    return add_node_call("cudaGraphAddMemAllocNode", node, graph, before, count, [=](Context& c) {
        AllocOperation operation = make_graph_memory(c, at(p).bytes);
        p->pointer = operation.parameters.pointer;
        operation.parameters = *p;
        return operation;
    });
}

HEDDLE_CUDA_API Error cudaGraphMemAllocNodeGetParams(void* node, abi::AllocNode* p) {
    return runtime_call("cudaGraphMemAllocNodeGetParams", [&](Context& c) { at(p) = operation<AllocOperation>(c, node).parameters; });
}

HEDDLE_CUDA_API Error cudaGraphAddMemFreeNode(void** node, void* graph, void* const* before, std::size_t count, void* pointer) {
    return add_node_call("cudaGraphAddMemFreeNode", node, graph, before, count, [=](Context& c) {
        require(c.graph_memory.contains(reinterpret_cast<Address>(pointer)));
        return FreeOperation{pointer};
    });
}

HEDDLE_CUDA_API Error cudaGraphMemFreeNodeGetParams(void* node, void* pointer) {
    return runtime_call("cudaGraphMemFreeNodeGetParams",
                        [&](Context& c) { at(static_cast<void**>(pointer)) = operation<FreeOperation>(c, node).pointer; });
}

HEDDLE_CUDA_API Error cudaGraphNodeSetParams(void* node, abi::NodeParameters* p) {
    return set_node_call("cudaGraphNodeSetParams", node, [=](Context& c) { return operation_of(c, at(p)); });
}

HEDDLE_CUDA_API Error cudaGraphExecNodeSetParams(void* instance, void* node, abi::NodeParameters* p) {
    return set_instance_call("cudaGraphExecNodeSetParams", instance, node, [=](Context& c) { return operation_of(c, at(p)); });
}

HEDDLE_CUDA_API Error cudaDeviceGraphMemTrim(int device) {
    return runtime_call("cudaDeviceGraphMemTrim", [&](Context&) { require(device == 0, Error::InvalidDevice); });
}

HEDDLE_CUDA_API Error cudaDeviceGetGraphMemAttribute(int device, int attribute, void* value) {
    return runtime_call("cudaDeviceGetGraphMemAttribute", [&](Context& c) {
        require(device == 0, Error::InvalidDevice);
        require(attribute >= 0 && attribute <= 3 && value != nullptr);
        Bytes used = 0;
        for (const Address address : c.graph_memory) used += c.device.memory().find(address)->bytes;
        *static_cast<std::uint64_t*>(value) = used;
    });
}

HEDDLE_CUDA_API Error cudaDeviceSetGraphMemAttribute(int device, int attribute, void* value) {
    return runtime_call("cudaDeviceSetGraphMemAttribute", [&](Context&) {
        require(device == 0, Error::InvalidDevice);
        require((attribute == 1 || attribute == 3) && value != nullptr); // the high-water marks can be reset
    });
}

} // namespace heddle::cuda
