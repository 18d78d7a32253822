// Stream capture, and edges of graphs, through the runtime API. Those with edge data have other arguments in CUDA 12 than in
// CUDA 13: both are here, and a program gets the one it was built for by the version of the symbol.
#include "frontend/cuda/api.hpp"
#include "frontend/cuda/capture.hpp"
#include "frontend/cuda/graph_build.hpp"

#include <algorithm>

namespace heddle::cuda {

namespace {

int capture_status(const Stream& stream) { return !stream.capture ? 0 : stream.capture->invalidated ? 2 : 1; }

struct CaptureAnswer {
    int* status;
    unsigned long long* id;
    void** graph;
    void*** dependencies;
    const abi::EdgeData** edges;
    std::size_t* count;
};

Error capture_info(void* stream, const CaptureAnswer& to) {
    return runtime_call("cudaStreamGetCaptureInfo", [&](Context& c) {
        Stream& target = c.streams.find(stream);
        at(to.status) = capture_status(target);
        if (*to.status != 1) return;
        if (to.id != nullptr) *to.id = target.capture->id;
        if (to.graph != nullptr) *to.graph = c.graphs.adopt(target.capture->graph);
        if (to.dependencies != nullptr) *to.dependencies = reinterpret_cast<void**>(target.tails.data());
        if (to.edges != nullptr) *to.edges = nullptr;
        if (to.count != nullptr) *to.count = target.tails.size();
    });
}

// flags: 0 add to, 1 replace what the next node depends on.
Error update_dependencies(void* stream, void* const* nodes, std::size_t count, unsigned flags) {
    return runtime_call("cudaStreamUpdateCaptureDependencies", [&](Context& c) {
        Stream& target = c.streams.find(stream);
        require(target.capture != nullptr, Error::IllegalState);
        require(flags <= 1);
        const auto more = nodes_of(c, nodes, count);
        if (flags == 1) target.tails.clear();
        for (Node* node : more)
            if (std::find(target.tails.begin(), target.tails.end(), node) == target.tails.end()) target.tails.push_back(node);
    });
}

Error connect(const char* name, void* graph, void* const* from, void* const* to, std::size_t count, bool remove) {
    return runtime_call(name, [&](Context& c) {
        const auto target = c.graphs.graph(graph);
        const auto before = nodes_of(c, from, count), after = nodes_of(c, to, count);
        for (std::size_t i = 0; i < count; ++i) {
            require(before[i]->graph == target.get() && after[i]->graph == target.get() && before[i] != after[i]);
            auto& needs = after[i]->dependencies;
            const auto found = std::find(needs.begin(), needs.end(), before[i]);
            require((found != needs.end()) == remove);
            if (remove) needs.erase(found);
            else needs.push_back(before[i]);
        }
    });
}

Error edges(void* graph, void** from, void** to, abi::EdgeData* data, std::size_t* count) {
    return runtime_call("cudaGraphGetEdges", [&](Context& c) {
        std::vector<Node*> before, after;
        for (const auto& node : c.graphs.graph(graph)->nodes())
            for (Node* dependency : node->dependencies) {
                before.push_back(dependency);
                after.push_back(node.get());
            }
        std::size_t n = at(count);
        if (data != nullptr) std::fill_n(data, std::min(n, before.size()), abi::EdgeData{});
        hand_out(before, from, &n);
        hand_out(after, to, count);
    });
}

Error neighbours(const char* name, void* node, bool dependents, void** nodes, abi::EdgeData* data, std::size_t* count) {
    return runtime_call(name, [&](Context& c) {
        const Node& center = c.graphs.node(node);
        std::vector<Node*> found;
        if (dependents) {
            for (const auto& other : center.graph->nodes())
                if (std::count(other->dependencies.begin(), other->dependencies.end(), &center) != 0) found.push_back(other.get());
        } else {
            found = center.dependencies;
        }
        if (data != nullptr) std::fill_n(data, std::min(at(count), found.size()), abi::EdgeData{});
        hand_out(found, nodes, count);
    });
}

Error add(void** node, void* graph, void* const* dependencies, std::size_t count, abi::NodeParameters* p) {
    return runtime_call("cudaGraphAddNode",
                        [&](Context& c) { at(node) = add_node(c, graph, dependencies, count, operation_of(c, at(p))); });
}

} // namespace

HEDDLE_CUDA_API Error cudaStreamBeginCapture(void* stream, int mode) {
    return runtime_call("cudaStreamBeginCapture", [&](Context& c) { begin_capture(c, stream, mode); });
}
HEDDLE_CUDA_ALIAS(cudaStreamBeginCapture_ptsz, cudaStreamBeginCapture);

HEDDLE_CUDA_API Error cudaStreamBeginCaptureToGraph(void* stream, void* graph, void* const* nodes, const abi::EdgeData*, std::size_t count,
                                                    int mode) {
    return runtime_call("cudaStreamBeginCaptureToGraph",
                        [&](Context& c) { begin_capture(c, stream, mode, c.graphs.graph(graph), nodes_of(c, nodes, count)); });
}
HEDDLE_CUDA_ALIAS(cudaStreamBeginCaptureToGraph_ptsz, cudaStreamBeginCaptureToGraph);

HEDDLE_CUDA_API Error cudaStreamEndCapture(void* stream, void** graph) {
    return runtime_call("cudaStreamEndCapture", [&](Context& c) {
        at(graph) = nullptr;
        *graph = end_capture(c, stream);
    });
}
HEDDLE_CUDA_ALIAS(cudaStreamEndCapture_ptsz, cudaStreamEndCapture);

HEDDLE_CUDA_API Error cudaStreamIsCapturing(void* stream, int* status) {
    return runtime_call("cudaStreamIsCapturing", [&](Context& c) { at(status) = capture_status(c.streams.find(stream)); });
}
HEDDLE_CUDA_ALIAS(cudaStreamIsCapturing_ptsz, cudaStreamIsCapturing);

HEDDLE_CUDA_API Error cudaThreadExchangeStreamCaptureMode(int* mode) {
    return runtime_call("cudaThreadExchangeStreamCaptureMode", [&](Context&) {
        thread_local int current = 0;
        require(at(mode) >= 0 && *mode <= 2);
        std::swap(current, *mode);
    });
}

HEDDLE_CUDA_API Error cudaGraphNodeGetType(void* node, abi::NodeType* type) {
    return runtime_call("cudaGraphNodeGetType", [&](Context& c) { at(type) = node_type(c.graphs.node(node).operation); });
}

HEDDLE_CUDA_API Error cudaGraphDestroyNode(void* node) {
    return runtime_call("cudaGraphDestroyNode", [&](Context& c) {
        Node& target = c.graphs.node(node);
        target.graph->remove(&target);
    });
}

// --- CUDA 13 (in CUDA 12 named with _v2 or _v3) ------------------------------------------------------------------------

HEDDLE_CUDA_API Error cudaStreamGetCaptureInfo(void* stream, int* status, unsigned long long* id, void** graph, void*** nodes,
                                               const abi::EdgeData** data, std::size_t* count) {
    return capture_info(stream, {status, id, graph, nodes, data, count});
}
HEDDLE_CUDA_ALIAS(cudaStreamGetCaptureInfo_ptsz, cudaStreamGetCaptureInfo);
HEDDLE_CUDA_ALIAS(cudaStreamGetCaptureInfo_v3, cudaStreamGetCaptureInfo);
HEDDLE_CUDA_ALIAS(cudaStreamGetCaptureInfo_v3_ptsz, cudaStreamGetCaptureInfo);

HEDDLE_CUDA_API Error cudaStreamUpdateCaptureDependencies(void* stream, void* const* nodes, const abi::EdgeData*, std::size_t count,
                                                          unsigned flags) {
    return update_dependencies(stream, nodes, count, flags);
}
HEDDLE_CUDA_ALIAS(cudaStreamUpdateCaptureDependencies_ptsz, cudaStreamUpdateCaptureDependencies);
HEDDLE_CUDA_ALIAS(cudaStreamUpdateCaptureDependencies_v2, cudaStreamUpdateCaptureDependencies);
HEDDLE_CUDA_ALIAS(cudaStreamUpdateCaptureDependencies_v2_ptsz, cudaStreamUpdateCaptureDependencies);

HEDDLE_CUDA_API Error cudaGraphAddDependencies(void* graph, void* const* from, void* const* to, const abi::EdgeData*, std::size_t count) {
    return connect("cudaGraphAddDependencies", graph, from, to, count, false);
}
HEDDLE_CUDA_ALIAS(cudaGraphAddDependencies_v2, cudaGraphAddDependencies);

HEDDLE_CUDA_API Error cudaGraphRemoveDependencies(void* graph, void* const* from, void* const* to, const abi::EdgeData*,
                                                  std::size_t count) {
    return connect("cudaGraphRemoveDependencies", graph, from, to, count, true);
}
HEDDLE_CUDA_ALIAS(cudaGraphRemoveDependencies_v2, cudaGraphRemoveDependencies);

HEDDLE_CUDA_API Error cudaGraphGetEdges(void* graph, void** from, void** to, abi::EdgeData* data, std::size_t* count) {
    return edges(graph, from, to, data, count);
}
HEDDLE_CUDA_ALIAS(cudaGraphGetEdges_v2, cudaGraphGetEdges);

HEDDLE_CUDA_API Error cudaGraphNodeGetDependencies(void* node, void** nodes, abi::EdgeData* data, std::size_t* count) {
    return neighbours("cudaGraphNodeGetDependencies", node, false, nodes, data, count);
}
HEDDLE_CUDA_ALIAS(cudaGraphNodeGetDependencies_v2, cudaGraphNodeGetDependencies);

HEDDLE_CUDA_API Error cudaGraphNodeGetDependentNodes(void* node, void** nodes, abi::EdgeData* data, std::size_t* count) {
    return neighbours("cudaGraphNodeGetDependentNodes", node, true, nodes, data, count);
}
HEDDLE_CUDA_ALIAS(cudaGraphNodeGetDependentNodes_v2, cudaGraphNodeGetDependentNodes);

HEDDLE_CUDA_API Error cudaGraphAddNode(void** node, void* graph, void* const* nodes, const abi::EdgeData*, std::size_t count,
                                       abi::NodeParameters* p) {
    return add(node, graph, nodes, count, p);
}
HEDDLE_CUDA_ALIAS(cudaGraphAddNode_v2, cudaGraphAddNode);

// --- CUDA 12 -----------------------------------------------------------------------------------------------------------

#define HEDDLE_CUDA_12(name) __asm__(".symver " #name "_of_12, " #name "@libcudart.so.12")

HEDDLE_CUDA_API Error cudaStreamGetCaptureInfo_of_12(void* stream, int* status, unsigned long long* id) {
    return capture_info(stream, {status, id, nullptr, nullptr, nullptr, nullptr});
}
HEDDLE_CUDA_12(cudaStreamGetCaptureInfo);

HEDDLE_CUDA_API Error cudaStreamGetCaptureInfo_v2(void* stream, int* status, unsigned long long* id, void** graph, void*** nodes,
                                                  std::size_t* count) {
    return capture_info(stream, {status, id, graph, nodes, nullptr, count});
}
HEDDLE_CUDA_ALIAS(cudaStreamGetCaptureInfo_v2_ptsz, cudaStreamGetCaptureInfo_v2);

HEDDLE_CUDA_API Error cudaStreamUpdateCaptureDependencies_of_12(void* stream, void* const* nodes, std::size_t count, unsigned flags) {
    return update_dependencies(stream, nodes, count, flags);
}
HEDDLE_CUDA_12(cudaStreamUpdateCaptureDependencies);

HEDDLE_CUDA_API Error cudaGraphAddDependencies_of_12(void* graph, void* const* from, void* const* to, std::size_t count) {
    return connect("cudaGraphAddDependencies", graph, from, to, count, false);
}
HEDDLE_CUDA_12(cudaGraphAddDependencies);

HEDDLE_CUDA_API Error cudaGraphRemoveDependencies_of_12(void* graph, void* const* from, void* const* to, std::size_t count) {
    return connect("cudaGraphRemoveDependencies", graph, from, to, count, true);
}
HEDDLE_CUDA_12(cudaGraphRemoveDependencies);

HEDDLE_CUDA_API Error cudaGraphGetEdges_of_12(void* graph, void** from, void** to, std::size_t* count) {
    return edges(graph, from, to, nullptr, count);
}
HEDDLE_CUDA_12(cudaGraphGetEdges);

HEDDLE_CUDA_API Error cudaGraphNodeGetDependencies_of_12(void* node, void** nodes, std::size_t* count) {
    return neighbours("cudaGraphNodeGetDependencies", node, false, nodes, nullptr, count);
}
HEDDLE_CUDA_12(cudaGraphNodeGetDependencies);

HEDDLE_CUDA_API Error cudaGraphNodeGetDependentNodes_of_12(void* node, void** nodes, std::size_t* count) {
    return neighbours("cudaGraphNodeGetDependentNodes", node, true, nodes, nullptr, count);
}
HEDDLE_CUDA_12(cudaGraphNodeGetDependentNodes);

HEDDLE_CUDA_API Error cudaGraphAddNode_of_12(void** node, void* graph, void* const* nodes, std::size_t count, abi::NodeParameters* p) {
    return add(node, graph, nodes, count, p);
}
HEDDLE_CUDA_12(cudaGraphAddNode);

} // namespace heddle::cuda
