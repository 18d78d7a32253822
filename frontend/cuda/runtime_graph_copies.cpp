// Copy nodes of graphs through the runtime API.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/copy.hpp"
#include "frontend/cuda/graph_calls.hpp"

namespace heddle::cuda {

namespace {

using abi::CopyKind;

auto boxes(const abi::Copy3D* p) {
    return [=](Context& c) { return make_copy(c, at(p)); };
}

auto plain(void* to, const void* from, std::size_t bytes, CopyKind kind) {
    return [=](Context& c) { return make_copy(c, to, from, bytes, kind); };
}

auto to_symbol(const void* symbol, const void* from, std::size_t bytes, std::size_t offset, CopyKind kind) {
    return [=](Context& c) { return make_copy(c, in_symbol(c, symbol, offset, bytes), from, bytes, kind); };
}

auto from_symbol(void* to, const void* symbol, std::size_t bytes, std::size_t offset, CopyKind kind) {
    return [=](Context& c) { return make_copy(c, to, in_symbol(c, symbol, offset, bytes), bytes, kind); };
}

} // namespace

HEDDLE_CUDA_API Error cudaGraphAddMemcpyNode(void** node, void* graph, void* const* before, std::size_t count, const abi::Copy3D* p) {
    return add_node_call("cudaGraphAddMemcpyNode", node, graph, before, count, boxes(p));
}

HEDDLE_CUDA_API Error cudaGraphAddMemcpyNode1D(void** node, void* graph, void* const* before, std::size_t count, void* to, const void* from,
                                               std::size_t bytes, CopyKind kind) {
    return add_node_call("cudaGraphAddMemcpyNode1D", node, graph, before, count, plain(to, from, bytes, kind));
}

HEDDLE_CUDA_API Error cudaGraphAddMemcpyNodeToSymbol(void** node, void* graph, void* const* before, std::size_t count, const void* symbol,
                                                     const void* from, std::size_t bytes, std::size_t offset, CopyKind kind) {
    return add_node_call("cudaGraphAddMemcpyNodeToSymbol", node, graph, before, count, to_symbol(symbol, from, bytes, offset, kind));
}

HEDDLE_CUDA_API Error cudaGraphAddMemcpyNodeFromSymbol(void** node, void* graph, void* const* before, std::size_t count, void* to,
                                                       const void* symbol, std::size_t bytes, std::size_t offset, CopyKind kind) {
    return add_node_call("cudaGraphAddMemcpyNodeFromSymbol", node, graph, before, count, from_symbol(to, symbol, bytes, offset, kind));
}

HEDDLE_CUDA_API Error cudaGraphMemcpyNodeGetParams(void* node, abi::Copy3D* p) {
    return runtime_call("cudaGraphMemcpyNodeGetParams", [&](Context& c) {
        const auto* copy = std::get_if<CopyOperation>(&c.graphs.node(node).operation);
        require(copy != nullptr);
        at(p) = copy->parameters;
    });
}

HEDDLE_CUDA_API Error cudaGraphMemcpyNodeSetParams(void* node, const abi::Copy3D* p) {
    return set_node_call("cudaGraphMemcpyNodeSetParams", node, boxes(p));
}

HEDDLE_CUDA_API Error cudaGraphMemcpyNodeSetParams1D(void* node, void* to, const void* from, std::size_t bytes, CopyKind kind) {
    return set_node_call("cudaGraphMemcpyNodeSetParams1D", node, plain(to, from, bytes, kind));
}

HEDDLE_CUDA_API Error cudaGraphMemcpyNodeSetParamsToSymbol(void* node, const void* symbol, const void* from, std::size_t bytes,
                                                           std::size_t offset, CopyKind kind) {
    return set_node_call("cudaGraphMemcpyNodeSetParamsToSymbol", node, to_symbol(symbol, from, bytes, offset, kind));
}

HEDDLE_CUDA_API Error cudaGraphMemcpyNodeSetParamsFromSymbol(void* node, void* to, const void* symbol, std::size_t bytes,
                                                             std::size_t offset, CopyKind kind) {
    return set_node_call("cudaGraphMemcpyNodeSetParamsFromSymbol", node, from_symbol(to, symbol, bytes, offset, kind));
}

HEDDLE_CUDA_API Error cudaGraphExecMemcpyNodeSetParams(void* instance, void* node, const abi::Copy3D* p) {
    return set_instance_call("cudaGraphExecMemcpyNodeSetParams", instance, node, boxes(p));
}

HEDDLE_CUDA_API Error cudaGraphExecMemcpyNodeSetParams1D(void* instance, void* node, void* to, const void* from, std::size_t bytes,
                                                         CopyKind kind) {
    return set_instance_call("cudaGraphExecMemcpyNodeSetParams1D", instance, node, plain(to, from, bytes, kind));
}

HEDDLE_CUDA_API Error cudaGraphExecMemcpyNodeSetParamsToSymbol(void* instance, void* node, const void* symbol, const void* from,
                                                               std::size_t bytes, std::size_t offset, CopyKind kind) {
    return set_instance_call("cudaGraphExecMemcpyNodeSetParamsToSymbol", instance, node, to_symbol(symbol, from, bytes, offset, kind));
}

HEDDLE_CUDA_API Error cudaGraphExecMemcpyNodeSetParamsFromSymbol(void* instance, void* node, void* to, const void* symbol,
                                                                 std::size_t bytes, std::size_t offset, CopyKind kind) {
    return set_instance_call("cudaGraphExecMemcpyNodeSetParamsFromSymbol", instance, node, from_symbol(to, symbol, bytes, offset, kind));
}

} // namespace heddle::cuda
