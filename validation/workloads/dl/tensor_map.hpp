// Tensor maps for TMA, made by the driver's cuTensorMapEncodeTiled, which is looked up at run time so that programs link with nothing but
// the CUDA runtime.
#pragma once

#include <initializer_list>

#include <cuda.h>

#include "common/workload.hpp"

namespace dl {

using EncodeTiled = CUresult (*)(CUtensorMap*, CUtensorMapDataType, cuuint32_t, void*, const cuuint64_t*, const cuuint64_t*,
                                 const cuuint32_t*, const cuuint32_t*, CUtensorMapInterleave, CUtensorMapSwizzle, CUtensorMapL2promotion,
                                 CUtensorMapFloatOOBfill);

inline EncodeTiled encode_tiled() {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult found{};
#if CUDART_VERSION >= 12050
    CUDA_CHECK(cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &function, 12000, cudaEnableDefault, &found));
#else
    CUDA_CHECK(cudaGetDriverEntryPoint("cuTensorMapEncodeTiled", &function, cudaEnableDefault, &found));
#endif
    if (found != cudaDriverEntryPointSuccess || !function) workload::fail("the driver has no cuTensorMapEncodeTiled");
    return reinterpret_cast<EncodeTiled>(function);
}

// A dense tensor of the given extents, innermost first, with `element_bytes` an element, copied in boxes of the given shape. Elements
// outside load as zeros. Requires: rows of a multiple of 16 bytes; box sides of at most 256, the innermost one of a multiple of 16 bytes
// and not above the swizzle's span.
inline CUtensorMap make_tensor_map(const void* data, CUtensorMapDataType type, int element_bytes,
                                   std::initializer_list<std::uint64_t> extents, std::initializer_list<std::uint32_t> box,
                                   CUtensorMapSwizzle swizzle) {
    cuuint64_t sizes[5], strides[5];
    cuuint32_t sides[5], steps[5];
    cuuint32_t rank = 0;
    cuuint64_t bytes = static_cast<cuuint64_t>(element_bytes);
    for (const std::uint64_t extent : extents) {
        sizes[rank] = extent;
        bytes *= extent;
        strides[rank] = bytes; // of the next dimension; the innermost one is implied
        steps[rank] = 1;
        sides[rank] = *(box.begin() + rank);
        ++rank;
    }
    CUtensorMap map;
    const CUresult result =
        encode_tiled()(&map, type, rank, const_cast<void*>(data), sizes, strides, sides, steps, CU_TENSOR_MAP_INTERLEAVE_NONE, swizzle,
                       CU_TENSOR_MAP_L2_PROMOTION_L2_128B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    if (result != CUDA_SUCCESS) workload::fail("cuTensorMapEncodeTiled gives error " + std::to_string(static_cast<int>(result)));
    return map;
}

// A row-major matrix, box_rows x box_columns a copy.
inline CUtensorMap make_matrix_map(const void* data, CUtensorMapDataType type, int element_bytes, int rows, int columns, int box_rows,
                                   int box_columns, CUtensorMapSwizzle swizzle) {
    return make_tensor_map(data, type, element_bytes, {static_cast<std::uint64_t>(columns), static_cast<std::uint64_t>(rows)},
                           {static_cast<std::uint32_t>(box_columns), static_cast<std::uint32_t>(box_rows)}, swizzle);
}

// Launches a kernel on clusters of `cluster` CTAs along x.
template <typename... Parameters, typename... Arguments>
void launch_cluster(void (*kernel)(Parameters...), dim3 grid, dim3 block, std::size_t shared_bytes, int cluster, Arguments&&... arguments) {
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared_bytes;
    cudaLaunchAttribute attribute{};
    attribute.id = cudaLaunchAttributeClusterDimension;
    attribute.val.clusterDim.x = static_cast<unsigned>(cluster);
    attribute.val.clusterDim.y = 1;
    attribute.val.clusterDim.z = 1;
    config.attrs = &attribute;
    config.numAttrs = 1;
    CUDA_CHECK(cudaLaunchKernelEx(&config, kernel, std::forward<Arguments>(arguments)...));
}

} // namespace dl
