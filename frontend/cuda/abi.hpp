// Structs that programs pass to the CUDA runtime, as laid out in memory.
//
// What is modelled: the documented structs of CUDA 12 and 13 on 64-bit Linux; a test compares sizes and offsets with the
// toolkit's headers where there is one. Only fields that something reads or writes have a meaning of their own here.
// Sources: CUDA runtime API manual, data types.
#pragma once

#include "sim/base/units.hpp"

#include <cstddef>
#include <cstdint>

namespace heddle::cuda::abi {

using HostFunction = void (*)(void* data);

struct ChannelFormat { // cudaChannelFormatDesc: bits per component
    int x = 0, y = 0, z = 0, w = 0;
    int kind = 0;
};
enum ChannelKind : int { kSigned = 0, kUnsigned = 1, kFloat = 2, kNone = 3, kUnsignedNormalized8X1 = 5, kSignedNormalized16X4 = 16 };

enum class CopyKind : int { HostToHost = 0, HostToDevice = 1, DeviceToHost = 2, DeviceToDevice = 3, Default = 4 };

struct PitchedPointer { // cudaPitchedPtr
    void* pointer = nullptr;
    std::size_t pitch = 0, width = 0, height = 0; // pitch in bytes, xsize and ysize
};
struct Extent { // cudaExtent: elements of an array, else bytes by rows by slices
    std::size_t width = 0, height = 0, depth = 0;
};
struct Position { // cudaPos
    std::size_t x = 0, y = 0, z = 0;
};

struct Copy3D { // cudaMemcpy3DParms
    void* source_array = nullptr;
    Position source_position;
    PitchedPointer source;
    void* destination_array = nullptr;
    Position destination_position;
    PitchedPointer destination;
    Extent extent;
    CopyKind kind = CopyKind::HostToHost;
};
struct Copy3DPeer { // cudaMemcpy3DPeerParms
    void* source_array = nullptr;
    Position source_position;
    PitchedPointer source;
    int source_device = 0;
    void* destination_array = nullptr;
    Position destination_position;
    PitchedPointer destination;
    int destination_device = 0;
    Extent extent;
};

struct PointerAttributes { // cudaPointerAttributes
    int type = 0;          // 0 unregistered, 1 host, 2 device, 3 managed
    int device = 0;
    void* device_pointer = nullptr;
    void* host_pointer = nullptr;
    long reserved[8] = {};
};
struct PointerAttributes12 { // before CUDA 13
    int type = 0;
    int device = 0;
    void* device_pointer = nullptr;
    void* host_pointer = nullptr;
};

struct FunctionAttributes { // cudaFuncAttributes
    std::size_t shared_bytes = 0, constant_bytes = 0, local_bytes = 0;
    int max_threads = 0, registers = 0, ptx_version = 0, binary_version = 0, cache_mode_ca = 0;
    int max_dynamic_shared = 0, shared_carveout = -1;
    int cluster_must_be_set = 0, cluster_x = 0, cluster_y = 0, cluster_z = 0, cluster_policy = 0, nonportable_cluster = 0;
    int reserved[16] = {};
};
enum class FunctionAttribute : int { // cudaFuncAttribute
    MaxDynamicShared = 8,
    SharedCarveout = 9,
    ClusterMustBeSet = 10,
    ClusterWidth = 11,
    ClusterHeight = 12,
    ClusterDepth = 13,
    NonportableCluster = 14,
    ClusterPolicy = 15,
};

enum class LaunchAttributeId : int { // cudaLaunchAttributeID
    Ignore = 0,
    AccessPolicyWindow = 1,
    Cooperative = 2,
    SynchronizationPolicy = 3,
    ClusterDimension = 4,
    ClusterPolicy = 5,
    ProgrammaticSerialization = 6,
    ProgrammaticEvent = 7,
    Priority = 8,
    MemSyncDomainMap = 9,
    MemSyncDomain = 10,
    PreferredClusterDimension = 11,
    LaunchCompletionEvent = 12,
    DeviceUpdatableNode = 13,
    SharedCarveout = 14,
};
union LaunchAttributeValue { // cudaLaunchAttributeValue
    char pad[64];
    int number; // cooperative, priority, programmatic serialization allowed, ...
    std::uint32_t dim[3];
    struct {
        void* event;
        int flags;
        int trigger_at_block_start;
    } event;
};
struct LaunchAttribute { // cudaLaunchAttribute
    LaunchAttributeId id;
    char pad[4];
    LaunchAttributeValue value;
};
struct LaunchConfig { // cudaLaunchConfig_t
    Dim3 grid, block;
    std::size_t dynamic_shared;
    void* stream;
    LaunchAttribute* attributes;
    unsigned attribute_count;
};

struct MemoryLocation { // cudaMemLocation
    int type = 0;       // 1 device, 2 host
    int id = 0;
};
struct MemoryAccess { // cudaMemAccessDesc
    MemoryLocation location;
    int flags = 0;
};
struct PoolProperties { // cudaMemPoolProps
    int allocation_type = 0, handle_types = 0;
    MemoryLocation location;
    void* security = nullptr;
    std::size_t max_bytes = 0;
    unsigned short usage = 0;
    unsigned char reserved[54] = {};
};

struct ResourceDescription { // cudaResourceDesc
    enum Type : int { Array = 0, MipmappedArray = 1, Linear = 2, Pitch2D = 3 };
    int type;
    union {
        void* array;
        struct {
            void* pointer;
            ChannelFormat format;
            std::size_t bytes;
        } linear;
        struct {
            void* pointer;
            ChannelFormat format;
            std::size_t width, height, pitch;
        } pitch;
        int reserved[32];
    };
    unsigned flags;
};
struct TextureDescription { // cudaTextureDesc
    int address_mode[3];    // 0 wrap, 1 clamp, 2 mirror, 3 border
    int filter_mode;        // 0 point, 1 linear
    int read_mode;          // 0 element type, 1 normalised float
    int srgb;
    float border[4];
    int normalized_coordinates;
    unsigned max_anisotropy;
    int mipmap_filter_mode;
    float mipmap_bias, min_mipmap, max_mipmap;
    int disable_trilinear;
    int seamless_cubemap;
};
struct ResourceView { // cudaResourceViewDesc
    int format;
    std::size_t width, height, depth;
    unsigned first_mipmap, last_mipmap, first_layer, last_layer;
    unsigned reserved[16];
};

} // namespace heddle::cuda::abi
