// Structs of the runtime's graph functions, as laid out in memory. See abi.hpp.
#pragma once

#include "frontend/cuda/abi.hpp"

namespace heddle::cuda::abi {

struct KernelNode { // cudaKernelNodeParams
    void* function = nullptr;
    Dim3 grid, block;
    unsigned dynamic_shared = 0;
    void** parameters = nullptr;
    void** extra = nullptr;
};
struct MemcpyNode { // cudaMemcpyNodeParams
    int flags = 0;
    int reserved[3] = {};
    Copy3D copy;
};
struct MemsetNode { // cudaMemsetParams
    void* destination = nullptr;
    std::size_t pitch = 0;
    unsigned value = 0;
    unsigned element_bytes = 0;
    std::size_t width = 0, height = 0; // elements, rows
};
struct HostNode { // cudaHostNodeParams
    HostFunction function = nullptr;
    void* data = nullptr;
};
struct AllocNode { // cudaMemAllocNodeParams
    PoolProperties pool;
    const MemoryAccess* access = nullptr;
    std::size_t access_count = 0;
    std::size_t bytes = 0;
    void* pointer = nullptr; // set by the call
};

enum class NodeType : int { // cudaGraphNodeType
    Kernel = 0,
    Memcpy = 1,
    Memset = 2,
    Host = 3,
    Graph = 4,
    Empty = 5,
    WaitEvent = 6,
    EventRecord = 7,
    MemAlloc = 10,
    MemFree = 11,
    Conditional = 13,
};

struct NodeParameters { // cudaGraphNodeParams
    NodeType type;
    int reserved0[3];
    union {
        long long reserved1[29];
        struct {
            void* function;
            std::uint32_t grid[3], block[3];
            unsigned dynamic_shared;
            void** parameters;
            void** extra;
        } kernel;
        struct {
            int flags;
            int reserved[3];
            char copy[sizeof(Copy3D)]; // a Copy3D
        } memcpy;
        struct {
            void* destination;
            std::size_t pitch;
            unsigned value, element_bytes;
            std::size_t width, height;
        } memset;
        struct {
            HostFunction function;
            void* data;
        } host;
        struct {
            void* graph;
            int ownership;
        } child;
        void* event;
        struct {
            char pool[sizeof(PoolProperties)];
            const MemoryAccess* access;
            std::size_t access_count, bytes;
            void* pointer;
        } alloc;
        void* free;
    };
    long long reserved2;
};

struct EdgeData { // cudaGraphEdgeData
    unsigned char from_port = 0, to_port = 0, type = 0, reserved[5] = {};
};
struct InstantiateParameters { // cudaGraphInstantiateParams
    unsigned long long flags;
    void* upload_stream;
    void* error_node;
    int result;
};
struct UpdateResult { // cudaGraphExecUpdateResultInfo
    int result = 0;
    void* error_node = nullptr;
    void* error_from_node = nullptr;
};

} // namespace heddle::cuda::abi
