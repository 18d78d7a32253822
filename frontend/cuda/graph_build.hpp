// Between the API's node parameters and operations.
#pragma once

#include "frontend/cuda/context.hpp"

namespace heddle::cuda {

// Handles of nodes as the API passes them.
std::vector<Node*> nodes_of(Context& context, void* const* handles, std::size_t count);

// Operations from parameters. Throw Failure.
KernelOperation kernel_operation(Context& context, const abi::KernelNode& parameters);
FillOperation fill_operation(Context& context, const abi::MemsetNode& parameters);
HostOperation host_operation(const abi::HostNode& parameters);
Operation operation_of(Context& context, abi::NodeParameters& parameters); // sets results in `parameters`

// Puts a node into a graph and returns its handle. Throws Failure.
Node* add_node(Context& context, void* graph, void* const* dependencies, std::size_t count, Operation operation);

// Replaces what a node does by something of the same type. Throws Failure.
void replace_operation(Node& node, Operation operation);

// Parameters back from operations. `arguments` of a kernel stay valid as long as the node is unchanged.
abi::KernelNode kernel_parameters(Node& node);
abi::MemsetNode fill_parameters(const Node& node);

// Copies `from` into the array of at most `*count` handles at `to`, or only tells how many there are if `to` is null.
void hand_out(const std::vector<Node*>& from, void** to, std::size_t* count);

} // namespace heddle::cuda
