// The structs that programs pass are laid out as in the toolkit's headers, where there is a toolkit.
#if __has_include("/usr/local/cuda/include/driver_types.h") && __has_include("/usr/local/cuda/include/vector_types.h")
#define HEDDLE_HAVE_TOOLKIT 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include "/usr/local/cuda/include/cuda_runtime_api.h"
#pragma GCC diagnostic pop
#endif

#include "frontend/cuda/abi_graph.hpp"
#include "frontend/cuda/abi_properties.hpp"

#include <catch2/catch.hpp>
#include <cstddef>

using namespace heddle::cuda;

TEST_CASE("Sizes of structs on 64-bit Linux") {
    CHECK(sizeof(abi::DeviceProperties12) == 1032);
    CHECK(sizeof(abi::ChannelFormat) == 20);
    CHECK(sizeof(abi::Copy3D) == 160);
    CHECK(sizeof(abi::LaunchAttribute) == 72);
    CHECK(sizeof(abi::NodeParameters) == 256);
    CHECK(sizeof(abi::PointerAttributes12) == 24);
}

#if defined(HEDDLE_HAVE_TOOLKIT) && CUDART_VERSION >= 13000

#define SAME_SIZE(ours, theirs) CHECK(sizeof(abi::ours) == sizeof(theirs))
#define SAME_PLACE(ours, field, theirs, their_field) CHECK(offsetof(abi::ours, field) == offsetof(theirs, their_field))

TEST_CASE("Structs are laid out as the toolkit's headers say") {
    SAME_SIZE(DeviceProperties13, cudaDeviceProp);
#define P(field) SAME_PLACE(DeviceProperties13, field, cudaDeviceProp, field);
    P(totalGlobalMem) P(memPitch) P(maxGridSize) P(major) P(multiProcessorCount) P(maxTexture2DLayered) P(surfaceAlignment) P(l2CacheSize)
    P(sharedMemPerMultiprocessor) P(cooperativeLaunch) P(sharedMemPerBlockOptin) P(reservedSharedMemPerBlock) P(clusterLaunch)
    P(hostNumaMultinodeIpcSupported)
#undef P
    SAME_SIZE(ChannelFormat, cudaChannelFormatDesc);
    SAME_SIZE(PitchedPointer, cudaPitchedPtr);
    SAME_SIZE(Copy3D, cudaMemcpy3DParms);
    SAME_PLACE(Copy3D, destination, cudaMemcpy3DParms, dstPtr);
    SAME_PLACE(Copy3D, kind, cudaMemcpy3DParms, kind);
    SAME_SIZE(Copy3DPeer, cudaMemcpy3DPeerParms);
    SAME_PLACE(Copy3DPeer, destination_device, cudaMemcpy3DPeerParms, dstDevice);
    SAME_SIZE(PointerAttributes, cudaPointerAttributes);
    SAME_PLACE(PointerAttributes, host_pointer, cudaPointerAttributes, hostPointer);
    SAME_SIZE(FunctionAttributes, cudaFuncAttributes);
    SAME_PLACE(FunctionAttributes, nonportable_cluster, cudaFuncAttributes, nonPortableClusterSizeAllowed);
    SAME_SIZE(LaunchAttributeValue, cudaLaunchAttributeValue);
    SAME_SIZE(LaunchAttribute, cudaLaunchAttribute);
    SAME_SIZE(LaunchConfig, cudaLaunchConfig_t);
    SAME_PLACE(LaunchConfig, attributes, cudaLaunchConfig_t, attrs);
    SAME_SIZE(PoolProperties, cudaMemPoolProps);
    SAME_SIZE(ResourceDescription, cudaResourceDesc);
    SAME_PLACE(ResourceDescription, linear.bytes, cudaResourceDesc, res.linear.sizeInBytes);
    SAME_PLACE(ResourceDescription, pitch.pitch, cudaResourceDesc, res.pitch2D.pitchInBytes);
    SAME_SIZE(TextureDescription, cudaTextureDesc);
    SAME_PLACE(TextureDescription, normalized_coordinates, cudaTextureDesc, normalizedCoords);
    SAME_SIZE(ResourceView, cudaResourceViewDesc);
}

TEST_CASE("Structs of graphs are laid out as the toolkit's headers say") {
    SAME_SIZE(KernelNode, cudaKernelNodeParams);
    SAME_PLACE(KernelNode, parameters, cudaKernelNodeParams, kernelParams);
    SAME_SIZE(MemcpyNode, cudaMemcpyNodeParams);
    SAME_SIZE(MemsetNode, cudaMemsetParams);
    SAME_SIZE(HostNode, cudaHostNodeParams);
    SAME_SIZE(AllocNode, cudaMemAllocNodeParams);
    SAME_PLACE(AllocNode, pointer, cudaMemAllocNodeParams, dptr);
    SAME_SIZE(NodeParameters, cudaGraphNodeParams);
    SAME_PLACE(NodeParameters, kernel.parameters, cudaGraphNodeParams, kernel.kernelParams);
    SAME_PLACE(NodeParameters, memcpy.copy, cudaGraphNodeParams, memcpy.copyParams);
    SAME_PLACE(NodeParameters, memset.height, cudaGraphNodeParams, memset.height);
    SAME_PLACE(NodeParameters, alloc.pointer, cudaGraphNodeParams, alloc.dptr);
    SAME_SIZE(EdgeData, cudaGraphEdgeData);
    SAME_SIZE(InstantiateParameters, cudaGraphInstantiateParams);
    SAME_PLACE(InstantiateParameters, result, cudaGraphInstantiateParams, result_out);
    SAME_SIZE(UpdateResult, cudaGraphExecUpdateResultInfo);
}

#endif
