// Streams, events and graphs through the driver API: nearly all of it is what the runtime does.
#include "frontend/cuda/driver.hpp"
#include "frontend/cuda/graph_build.hpp"
#include "frontend/cuda/graph_update.hpp"

#include <cstring>

namespace heddle::cuda {

HEDDLE_DRIVER(cuStreamCreate, cudaStreamCreateWithFlags, (void** stream, unsigned flags), (stream, flags))
HEDDLE_DRIVER(cuStreamCreateWithPriority, cudaStreamCreateWithPriority, (void** stream, unsigned flags, int priority),
              (stream, flags, priority))
HEDDLE_DRIVER(cuStreamDestroy_v2, cudaStreamDestroy, (void* stream), (stream))
HEDDLE_DRIVER(cuStreamSynchronize, cudaStreamSynchronize, (void* stream), (stream))
HEDDLE_DRIVER(cuStreamQuery, cudaStreamQuery, (void* stream), (stream))
HEDDLE_DRIVER(cuStreamGetPriority, cudaStreamGetPriority, (void* stream, int* priority), (stream, priority))
HEDDLE_DRIVER(cuStreamGetFlags, cudaStreamGetFlags, (void* stream, unsigned* flags), (stream, flags))
HEDDLE_DRIVER(cuStreamGetId, cudaStreamGetId, (void* stream, unsigned long long* id), (stream, id))
HEDDLE_DRIVER(cuStreamGetDevice, cudaStreamGetDevice, (void* stream, int* device), (stream, device))
HEDDLE_DRIVER(cuStreamWaitEvent, cudaStreamWaitEvent, (void* stream, void* event, unsigned flags), (stream, event, flags))
HEDDLE_DRIVER(cuStreamAddCallback, cudaStreamAddCallback, (void* stream, void (*callback)(void*, Error, void*), void* data, unsigned flags),
              (stream, callback, data, flags))
HEDDLE_DRIVER(cuStreamAttachMemAsync, cudaStreamAttachMemAsync, (void* stream, void* pointer, std::size_t bytes, unsigned flags),
              (stream, pointer, bytes, flags))
HEDDLE_DRIVER(cuStreamGetAttribute, cudaStreamGetAttribute, (void* stream, abi::LaunchAttributeId id, abi::LaunchAttributeValue* value),
              (stream, id, value))
HEDDLE_DRIVER(cuStreamSetAttribute, cudaStreamSetAttribute,
              (void* stream, abi::LaunchAttributeId id, const abi::LaunchAttributeValue* value), (stream, id, value))
HEDDLE_DRIVER(cuStreamCopyAttributes, cudaStreamCopyAttributes, (void* to, void* from), (to, from))
HEDDLE_DRIVER(cuStreamBeginCapture_v2, cudaStreamBeginCapture, (void* stream, int mode), (stream, mode))
HEDDLE_DRIVER(cuStreamEndCapture, cudaStreamEndCapture, (void* stream, void** graph), (stream, graph))
HEDDLE_DRIVER(cuStreamIsCapturing, cudaStreamIsCapturing, (void* stream, int* status), (stream, status))
HEDDLE_DRIVER(cuStreamGetCaptureInfo_v2, cudaStreamGetCaptureInfo_v2,
              (void* stream, int* status, unsigned long long* id, void** graph, void*** nodes, std::size_t* count),
              (stream, status, id, graph, nodes, count))
HEDDLE_DRIVER(cuStreamGetCaptureInfo_v3, cudaStreamGetCaptureInfo_v3,
              (void* stream, int* status, unsigned long long* id, void** graph, void*** nodes, const abi::EdgeData** data,
               std::size_t* count),
              (stream, status, id, graph, nodes, data, count))
HEDDLE_DRIVER(cuThreadExchangeStreamCaptureMode, cudaThreadExchangeStreamCaptureMode, (int* mode), (mode))

HEDDLE_DRIVER(cuEventCreate, cudaEventCreateWithFlags, (void** event, unsigned flags), (event, flags))
HEDDLE_DRIVER(cuEventDestroy_v2, cudaEventDestroy, (void* event), (event))
HEDDLE_DRIVER(cuEventRecord, cudaEventRecord, (void* event, void* stream), (event, stream))
HEDDLE_DRIVER(cuEventRecordWithFlags, cudaEventRecordWithFlags, (void* event, void* stream, unsigned flags), (event, stream, flags))
HEDDLE_DRIVER(cuEventQuery, cudaEventQuery, (void* event), (event))
HEDDLE_DRIVER(cuEventSynchronize, cudaEventSynchronize, (void* event), (event))
HEDDLE_DRIVER(cuEventElapsedTime, cudaEventElapsedTime, (float* milliseconds, void* start, void* end), (milliseconds, start, end))
HEDDLE_CUDA_ALIAS(cuEventElapsedTime_v2, cuEventElapsedTime);

HEDDLE_DRIVER(cuGraphCreate, cudaGraphCreate, (void** graph, unsigned flags), (graph, flags))
HEDDLE_DRIVER(cuGraphDestroy, cudaGraphDestroy, (void* graph), (graph))
HEDDLE_DRIVER(cuGraphClone, cudaGraphClone, (void** copy, void* original), (copy, original))
HEDDLE_DRIVER(cuGraphNodeFindInClone, cudaGraphNodeFindInClone, (void** node, void* original, void* clone), (node, original, clone))
HEDDLE_DRIVER(cuGraphNodeGetType, cudaGraphNodeGetType, (void* node, abi::NodeType* type), (node, type))
HEDDLE_DRIVER(cuGraphGetNodes, cudaGraphGetNodes, (void* graph, void** nodes, std::size_t* count), (graph, nodes, count))
HEDDLE_DRIVER(cuGraphGetRootNodes, cudaGraphGetRootNodes, (void* graph, void** nodes, std::size_t* count), (graph, nodes, count))
HEDDLE_DRIVER(cuGraphDestroyNode, cudaGraphDestroyNode, (void* node), (node))
HEDDLE_DRIVER(cuGraphInstantiateWithFlags, cudaGraphInstantiate, (void** instance, void* graph, unsigned long long flags),
              (instance, graph, flags))
HEDDLE_DRIVER(cuGraphInstantiateWithParams, cudaGraphInstantiateWithParams, (void** instance, void* graph, abi::InstantiateParameters* p),
              (instance, graph, p))
HEDDLE_DRIVER(cuGraphLaunch, cudaGraphLaunch, (void* instance, void* stream), (instance, stream))
HEDDLE_DRIVER(cuGraphUpload, cudaGraphUpload, (void* instance, void* stream), (instance, stream))
HEDDLE_DRIVER(cuGraphExecDestroy, cudaGraphExecDestroy, (void* instance), (instance))
HEDDLE_DRIVER(cuGraphExecUpdate_v2, cudaGraphExecUpdate, (void* instance, void* graph, abi::UpdateResult* result),
              (instance, graph, result))
HEDDLE_DRIVER(cuGraphAddEmptyNode, cudaGraphAddEmptyNode, (void** node, void* graph, void* const* before, std::size_t count),
              (node, graph, before, count))
HEDDLE_DRIVER(cuGraphAddHostNode, cudaGraphAddHostNode,
              (void** node, void* graph, void* const* before, std::size_t count, const abi::HostNode* p), (node, graph, before, count, p))
HEDDLE_DRIVER(cuGraphAddChildGraphNode, cudaGraphAddChildGraphNode,
              (void** node, void* graph, void* const* before, std::size_t count, void* child), (node, graph, before, count, child))
HEDDLE_DRIVER(cuGraphAddDependencies_v2, cudaGraphAddDependencies_v2,
              (void* graph, void* const* from, void* const* to, const abi::EdgeData* data, std::size_t count),
              (graph, from, to, data, count))

// Kernel and fill nodes: the driver's structs differ from the runtime's in the order of little.
namespace {

struct DriverKernelNode { // CUDA_KERNEL_NODE_PARAMS; version 1 ends before `kernel`
    void* function;
    Dim3 grid, block;
    unsigned dynamic_shared;
    void** parameters;
    void** extra;
    void* kernel;
    void* context;
};

abi::KernelNode to_runtime(const DriverKernelNode& p, bool version2) {
    void* function = p.function == nullptr && version2 ? p.kernel : p.function;
    return {function, p.grid, p.block, p.dynamic_shared, p.parameters, p.extra};
}

Error add_kernel(void** node, void* graph, void* const* before, std::size_t count, const DriverKernelNode* p, bool version2) {
    return driver_call("cuGraphAddKernelNode", [&](Context& c) {
        void*& result = at(node);
        result = add_node(c, graph, before, count, kernel_operation(c, to_runtime(at(p), version2)));
    });
}

Error set_kernel(void* instance, void* node, const DriverKernelNode* p, bool version2) {
    return driver_call("cuGraphKernelNodeSetParams", [&](Context& c) {
        c.synchronize();
        Node& target = instance == nullptr ? c.graphs.node(node) : GraphStore::node_in(*c.graphs.instance(instance), node);
        replace_operation(target, kernel_operation(c, to_runtime(at(p), version2)));
    });
}

} // namespace

HEDDLE_CUDA_API Error cuGraphAddKernelNode(void** node, void* graph, void* const* before, std::size_t count, const DriverKernelNode* p) {
    return add_kernel(node, graph, before, count, p, false);
}

HEDDLE_CUDA_API Error cuGraphAddKernelNode_v2(void** node, void* graph, void* const* before, std::size_t count, const DriverKernelNode* p) {
    return add_kernel(node, graph, before, count, p, true);
}

HEDDLE_CUDA_API Error cuGraphKernelNodeSetParams(void* node, const DriverKernelNode* p) { return set_kernel(nullptr, node, p, false); }

HEDDLE_CUDA_API Error cuGraphKernelNodeSetParams_v2(void* node, const DriverKernelNode* p) { return set_kernel(nullptr, node, p, true); }

HEDDLE_CUDA_API Error cuGraphExecKernelNodeSetParams(void* instance, void* node, const DriverKernelNode* p) {
    return set_kernel(instance, node, p, false);
}

HEDDLE_CUDA_API Error cuGraphExecKernelNodeSetParams_v2(void* instance, void* node, const DriverKernelNode* p) {
    return set_kernel(instance, node, p, true);
}

HEDDLE_CUDA_API Error cuGraphAddMemsetNode(void** node, void* graph, void* const* before, std::size_t count, const abi::MemsetNode* p,
                                           void*) {
    return driver_call("cuGraphAddMemsetNode", [&](Context& c) {
        void*& result = at(node);
        result = add_node(c, graph, before, count, fill_operation(c, at(p)));
    });
}

// The runtime allows version 1 and 2 of the arguments, in which an error node and a log come before nothing.
HEDDLE_CUDA_API Error cuGraphInstantiate_v2(void** instance, void* graph, void** error_node, char* log, std::size_t bytes) {
    if (error_node != nullptr) *error_node = nullptr;
    if (log != nullptr && bytes != 0) *log = 0;
    return cuGraphInstantiateWithFlags(instance, graph, 0);
}

} // namespace heddle::cuda
