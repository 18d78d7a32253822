// Graphs of work: built node by node or captured from streams, instantiated, launched as a whole.
//
// What is modelled: nodes and their dependences, copies of graphs, instances whose nodes can be changed or disabled,
// update of an instance from another graph. What is not: conditional nodes, launches from the device.
#pragma once

#include "frontend/cuda/operation.hpp"

#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace heddle::cuda {

struct Node {
    Graph* graph = nullptr;
    Operation operation;
    std::vector<Node*> dependencies;
    bool enabled = true;
};

// Calls the destructor of a user object when its last reference goes.
struct UserObject {
    void* data = nullptr;
    abi::HostFunction destroy = nullptr;
    unsigned references = 0;
};
void release_user_object(UserObject* object, unsigned references);

class Graph {
  public:
    Graph() = default;
    ~Graph();
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;

    Node* add(Operation operation, std::span<Node* const> dependencies);
    void remove(Node* node);
    const std::vector<std::unique_ptr<Node>>& nodes() const { return nodes_; }
    bool holds(const Node* node) const;
    // `from` comes before `to`, directly or through others.
    bool precedes(const Node* from, const Node* to) const;
    // Every node after those it depends on; nodes that may run in any order keep the order in which they were added.
    // Throws Failure(InvalidValue) if there is a cycle.
    std::vector<Node*> order() const;
    // A copy, child graphs included. The copy of a node is found through copy_of().
    std::shared_ptr<Graph> clone() const;
    Node* copy_of(const Node* original) const;

    std::vector<UserObject*> retained; // user objects, once per reference

  private:
    std::vector<std::unique_ptr<Node>> nodes_;
    std::unordered_map<const Node*, Node*> copies_; // of a clone: from nodes of the original
};

struct GraphInstance {
    std::shared_ptr<Graph> graph; // a clone
    unsigned long long flags = 0;
};

class GraphStore {
  public:
    Graph* adopt(std::shared_ptr<Graph> graph);
    // Throw Failure(InvalidValue) if the handle is none.
    std::shared_ptr<Graph> graph(void* handle) const;
    std::shared_ptr<GraphInstance> instance(void* handle) const;
    Node& node(void* handle) const;
    // The node of `instance` that stands for `handle`, a node of the graph it was made from.
    static Node& node_in(GraphInstance& instance, void* handle);

    GraphInstance* instantiate(const Graph& graph, unsigned long long flags);
    bool destroy(void* graph);
    bool destroy_instance(void* instance);

    // Called by Graph as nodes come and go.
    static void announce(Node* node, bool exists);

  private:
    std::unordered_map<const void*, std::shared_ptr<Graph>> graphs_;
    std::unordered_map<const void*, std::shared_ptr<GraphInstance>> instances_;
};

} // namespace heddle::cuda
