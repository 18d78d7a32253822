// One piece of work in a stream or a node of a graph.
//
// What is modelled: kernels, copies of up to three dimensions, fills, host functions, events, child graphs, memory that
// a graph allocates and frees. All forms of the API's copy and launch functions come down to these.
#pragma once

#include "frontend/cuda/abi_graph.hpp"
#include "frontend/cuda/backend.hpp"
#include "frontend/cuda/image.hpp"

#include <functional>
#include <memory>
#include <variant>
#include <vector>

namespace heddle::cuda {

struct Event;
class Graph;

struct KernelOperation {
    const Kernel* kernel = nullptr;
    Dim3 grid{}, block{}, cluster{1, 1, 1};
    Bytes dynamic_shared = 0;
    std::vector<std::byte> parameters; // as in the parameter area
    bool cooperative = false;
    bool programmatic = false;
    int priority = 0;
    std::vector<void*> argument_pointers; // into `parameters`, for those who ask what a node does
};

// One side of a copy: where its first byte lies, and the distances of rows and slices in bytes.
struct Side {
    std::byte* first = nullptr;
    std::size_t pitch = 0, slice = 0;
    void* array = nullptr; // the CUDA array it lies in, or null
};

struct CopyOperation {
    Side from, to;
    std::size_t width = 0, height = 1, depth = 1; // bytes, rows, slices
    Transfer transfer = Transfer::DeviceToDevice;
    abi::Copy3D parameters; // as the program described it
};

struct FillOperation {
    std::byte* first = nullptr;
    std::size_t pitch = 0, slice = 0;
    std::uint32_t value = 0;
    unsigned element_bytes = 1;
    std::size_t width = 0, height = 1, depth = 1; // elements, rows, slices
};

struct HostOperation {
    abi::HostFunction function = nullptr;
    void* data = nullptr;
    std::function<void()> callback; // cudaStreamAddCallback; instead of `function`
};

struct EventRecordOperation {
    std::shared_ptr<Event> event;
};

struct EventWaitOperation {
    std::shared_ptr<Event> event;
};

struct ChildOperation {
    std::shared_ptr<Graph> graph;
};

// Memory of a graph: it keeps its address for as long as the graph, its copies or its instances exist.
struct AllocOperation {
    std::shared_ptr<void> memory;
    abi::AllocNode parameters;
};

struct FreeOperation {
    void* pointer = nullptr;
};

struct EmptyOperation {};

using Operation = std::variant<KernelOperation, CopyOperation, FillOperation, HostOperation, EventRecordOperation, EventWaitOperation,
                               ChildOperation, AllocOperation, FreeOperation, EmptyOperation>;

abi::NodeType node_type(const Operation& operation);

} // namespace heddle::cuda
