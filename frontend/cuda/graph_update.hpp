// Changing an instance of a graph so that it does what another graph says.
#pragma once

#include "frontend/cuda/abi_graph.hpp"
#include "frontend/cuda/graph.hpp"

namespace heddle::cuda {

// Matches nodes in the order they were added. The instance is changed only if every node matches; the result says what
// does not (cudaGraphExecUpdateResult: 2 topology, 3 node type, 4 function, 5 parameters).
abi::UpdateResult update_instance(GraphInstance& instance, const Graph& graph);

} // namespace heddle::cuda
