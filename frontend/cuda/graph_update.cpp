#include "frontend/cuda/graph_update.hpp"

#include <algorithm>

namespace heddle::cuda {

namespace {

enum Result : int { kTopologyChanged = 2, kNodeTypeChanged = 3 };

std::size_t position(const Graph& graph, const Node* node) {
    const auto& nodes = graph.nodes();
    const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const auto& n) { return n.get() == node; });
    return static_cast<std::size_t>(found - nodes.begin());
}

std::vector<std::size_t> dependencies(const Graph& graph, const Node& node) {
    std::vector<std::size_t> positions;
    for (const Node* before : node.dependencies) positions.push_back(position(graph, before));
    std::sort(positions.begin(), positions.end());
    return positions;
}

abi::UpdateResult compare(const Graph& old, const Graph& graph) {
    if (old.nodes().size() != graph.nodes().size()) return {kTopologyChanged, nullptr, nullptr};
    for (std::size_t i = 0; i < old.nodes().size(); ++i) {
        Node& from = *old.nodes()[i];
        Node& to = *graph.nodes()[i];
        if (from.operation.index() != to.operation.index()) return {kNodeTypeChanged, &to, nullptr};
        if (dependencies(old, from) != dependencies(graph, to)) return {kTopologyChanged, &to, nullptr};
        const auto* child = std::get_if<ChildOperation>(&from.operation);
        if (child == nullptr) continue;
        const auto result = compare(*child->graph, *std::get<ChildOperation>(to.operation).graph);
        if (result.result != 0) return result;
    }
    return {};
}

void apply(Graph& old, const Graph& graph) {
    for (std::size_t i = 0; i < old.nodes().size(); ++i) {
        Operation& from = old.nodes()[i]->operation;
        const Operation& to = graph.nodes()[i]->operation;
        if (auto* child = std::get_if<ChildOperation>(&from)) apply(*child->graph, *std::get<ChildOperation>(to).graph);
        else if (!std::holds_alternative<AllocOperation>(from)) from = to;
    }
}

} // namespace

abi::UpdateResult update_instance(GraphInstance& instance, const Graph& graph) {
    const abi::UpdateResult result = compare(*instance.graph, graph);
    if (result.result == 0) apply(*instance.graph, graph);
    return result;
}

} // namespace heddle::cuda
