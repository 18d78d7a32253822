#include "frontend/cuda/graph.hpp"

#include <algorithm>
#include <unordered_set>

namespace heddle::cuda {

namespace {

// All nodes that exist, so that a stale handle is recognised. Guarded by the runtime's lock.
std::unordered_set<const void*>& known_nodes() {
    static auto& nodes = *new std::unordered_set<const void*>;
    return nodes;
}

} // namespace

abi::NodeType node_type(const Operation& operation) {
    using T = abi::NodeType;
    constexpr T kTypes[] = {T::Kernel,    T::Memcpy, T::Memset,   T::Host,    T::EventRecord,
                            T::WaitEvent, T::Graph,  T::MemAlloc, T::MemFree, T::Empty};
    static_assert(std::size(kTypes) == std::variant_size_v<Operation>);
    return kTypes[operation.index()];
}

void GraphStore::announce(Node* node, bool exists) {
    if (exists) known_nodes().insert(node);
    else known_nodes().erase(node);
}

Graph::~Graph() {
    for (const auto& node : nodes_) GraphStore::announce(node.get(), false);
    for (UserObject* object : retained) release_user_object(object, 1);
}

void release_user_object(UserObject* object, unsigned references) {
    object->references -= std::min(object->references, references);
    if (object->references != 0) return;
    object->destroy(object->data);
    delete object;
}

Node* Graph::add(Operation operation, std::span<Node* const> dependencies) {
    auto node = std::make_unique<Node>();
    node->graph = this;
    node->operation = std::move(operation);
    for (Node* dependency : dependencies)
        if (std::find(node->dependencies.begin(), node->dependencies.end(), dependency) == node->dependencies.end())
            node->dependencies.push_back(dependency);
    GraphStore::announce(node.get(), true);
    nodes_.push_back(std::move(node));
    return nodes_.back().get();
}

void Graph::remove(Node* node) {
    GraphStore::announce(node, false);
    for (const auto& other : nodes_) std::erase(other->dependencies, node);
    std::erase_if(nodes_, [&](const auto& other) { return other.get() == node; });
}

bool Graph::holds(const Node* node) const {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& other) { return other.get() == node; });
}

bool Graph::precedes(const Node* from, const Node* to) const {
    std::vector<const Node*> open{to};
    std::unordered_set<const Node*> seen;
    while (!open.empty()) {
        const Node* node = open.back();
        open.pop_back();
        if (node == from) return true;
        if (!seen.insert(node).second) continue;
        open.insert(open.end(), node->dependencies.begin(), node->dependencies.end());
    }
    return false;
}

std::vector<Node*> Graph::order() const {
    std::vector<Node*> ordered;
    std::unordered_set<const Node*> done;
    while (ordered.size() < nodes_.size()) {
        const std::size_t before = ordered.size();
        for (const auto& node : nodes_) {
            if (done.contains(node.get())) continue;
            const auto& needs = node->dependencies;
            if (!std::all_of(needs.begin(), needs.end(), [&](const Node* n) { return done.contains(n); })) continue;
            ordered.push_back(node.get());
            done.insert(node.get());
        }
        if (ordered.size() == before) throw Failure{Error::InvalidValue};
    }
    return ordered;
}

std::shared_ptr<Graph> Graph::clone() const {
    auto copy = std::make_shared<Graph>();
    for (const auto& node : nodes_) {
        Operation operation = node->operation;
        if (auto* child = std::get_if<ChildOperation>(&operation)) child->graph = child->graph->clone();
        Node* made = copy->add(std::move(operation), {});
        made->enabled = node->enabled;
        copy->copies_[node.get()] = made;
    }
    for (const auto& node : nodes_)
        for (const Node* dependency : node->dependencies) copy->copies_[node.get()]->dependencies.push_back(copy->copies_[dependency]);
    copy->retained = retained;
    for (UserObject* object : copy->retained) ++object->references;
    return copy;
}

Node* Graph::copy_of(const Node* original) const {
    const auto found = copies_.find(original);
    return found == copies_.end() ? nullptr : found->second;
}

Graph* GraphStore::adopt(std::shared_ptr<Graph> graph) {
    Graph* handle = graph.get();
    graphs_.emplace(handle, std::move(graph));
    return handle;
}

std::shared_ptr<Graph> GraphStore::graph(void* handle) const {
    const auto found = graphs_.find(handle);
    if (found == graphs_.end()) throw Failure{Error::InvalidValue};
    return found->second;
}

std::shared_ptr<GraphInstance> GraphStore::instance(void* handle) const {
    const auto found = instances_.find(handle);
    if (found == instances_.end()) throw Failure{Error::InvalidValue};
    return found->second;
}

Node& GraphStore::node(void* handle) const {
    if (!known_nodes().contains(handle)) throw Failure{Error::InvalidValue};
    return *static_cast<Node*>(handle);
}

Node& GraphStore::node_in(GraphInstance& instance, void* handle) {
    Node* node = instance.graph->copy_of(static_cast<const Node*>(handle));
    if (node == nullptr) throw Failure{Error::InvalidValue};
    return *node;
}

GraphInstance* GraphStore::instantiate(const Graph& graph, unsigned long long flags) {
    (void)graph.order(); // refuses cycles
    auto instance = std::make_shared<GraphInstance>();
    instance->graph = graph.clone();
    instance->flags = flags;
    GraphInstance* handle = instance.get();
    instances_.emplace(handle, std::move(instance));
    return handle;
}

bool GraphStore::destroy(void* graph) { return graphs_.erase(graph) != 0; }

bool GraphStore::destroy_instance(void* instance) { return instances_.erase(instance) != 0; }

} // namespace heddle::cuda
