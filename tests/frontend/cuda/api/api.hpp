// The functions of the CUDA APIs that the tests call, as libheddle_cuda.so exports them.
#pragma once

#include "frontend/cuda/abi_graph.hpp"
#include "frontend/cuda/error_codes.hpp"

#include <cstddef>
#include <string>

using heddle::Dim3;
using heddle::cuda::Error;
namespace abi = heddle::cuda::abi;
using abi::CopyKind;

extern "C" {
Error cudaGetLastError();
Error cudaPeekAtLastError();
Error cudaMalloc(void**, std::size_t);
Error cudaMallocManaged(void**, std::size_t, unsigned);
Error cudaMallocHost(void**, std::size_t);
Error cudaMallocPitch(void**, std::size_t*, std::size_t, std::size_t);
Error cudaMallocAsync(void**, std::size_t, void*);
Error cudaFree(void*);
Error cudaFreeHost(void*);
Error cudaFreeAsync(void*, void*);
Error cudaHostRegister(void*, std::size_t, unsigned);
Error cudaHostUnregister(void*);
Error cudaHostGetDevicePointer(void**, void*, unsigned);
Error cudaMemGetInfo(std::size_t*, std::size_t*);
Error cudaPointerGetAttributes(abi::PointerAttributes12*, const void*);
Error cudaMemcpy(void*, const void*, std::size_t, CopyKind);
Error cudaMemcpyAsync(void*, const void*, std::size_t, CopyKind, void*);
Error cudaMemcpy2D(void*, std::size_t, const void*, std::size_t, std::size_t, std::size_t, CopyKind);
Error cudaMemcpy3D(const abi::Copy3D*);
Error cudaMemset(void*, int, std::size_t);
Error cudaMemset2D(void*, std::size_t, int, std::size_t, std::size_t);
Error cudaMemcpyToSymbol(const void*, const void*, std::size_t, std::size_t, CopyKind);
Error cudaMallocArray(void**, const abi::ChannelFormat*, std::size_t, std::size_t, unsigned);
Error cudaFreeArray(void*);
Error cudaMemcpy2DToArray(void*, std::size_t, std::size_t, const void*, std::size_t, std::size_t, std::size_t, CopyKind);
Error cudaMemcpy2DFromArray(void*, std::size_t, const void*, std::size_t, std::size_t, std::size_t, std::size_t, CopyKind);
Error cudaStreamCreate(void**);
Error cudaStreamCreateWithFlags(void**, unsigned);
Error cudaStreamDestroy(void*);
Error cudaStreamSynchronize(void*);
Error cudaStreamQuery(void*);
Error cudaStreamWaitEvent(void*, void*, unsigned);
Error cudaStreamBeginCapture(void*, int);
Error cudaStreamEndCapture(void*, void**);
Error cudaStreamIsCapturing(void*, int*);
Error cudaLaunchHostFunc(void*, abi::HostFunction, void*);
Error cudaLaunchKernel(const void*, Dim3, Dim3, void**, std::size_t, void*);
Error cudaLaunchKernelExC(const abi::LaunchConfig*, const void*, void**);
Error cudaFuncSetAttribute(const void*, abi::FunctionAttribute, int);
Error cudaFuncGetAttributes(abi::FunctionAttributes*, const void*);
Error cudaOccupancyMaxActiveBlocksPerMultiprocessor(int*, const void*, int, std::size_t);
Error cudaEventCreate(void**);
Error cudaEventCreateWithFlags(void**, unsigned);
Error cudaEventDestroy(void*);
Error cudaEventRecord(void*, void*);
Error cudaEventQuery(void*);
Error cudaEventSynchronize(void*);
Error cudaEventElapsedTime(float*, void*, void*);
Error cudaGraphCreate(void**, unsigned);
Error cudaGraphDestroy(void*);
Error cudaGraphClone(void**, void*);
Error cudaGraphAddMemcpyNode1D(void**, void*, void* const*, std::size_t, void*, const void*, std::size_t, CopyKind);
Error cudaGraphAddMemsetNode(void**, void*, void* const*, std::size_t, const abi::MemsetNode*);
Error cudaGraphAddHostNode(void**, void*, void* const*, std::size_t, const abi::HostNode*);
Error cudaGraphAddKernelNode(void**, void*, void* const*, std::size_t, const abi::KernelNode*);
Error cudaGraphAddDependencies(void*, void* const*, void* const*, const abi::EdgeData*, std::size_t);
Error cudaGraphAddMemAllocNode(void**, void*, void* const*, std::size_t, abi::AllocNode*);
Error cudaGraphGetNodes(void*, void**, std::size_t*);
Error cudaGraphInstantiate(void**, void*, unsigned long long);
Error cudaGraphLaunch(void*, void*);
Error cudaGraphExecDestroy(void*);
Error cudaGraphExecUpdate(void*, void*, abi::UpdateResult*);
Error cudaGraphExecMemsetNodeSetParams(void*, void*, const abi::MemsetNode*);
Error cudaGraphNodeSetEnabled(void*, void*, unsigned);
Error cudaSetDevice(int);
Error cudaGetDeviceCount(int*);
Error cudaDeviceGetAttribute(int*, int, int);
Error cudaDeviceSynchronize();
Error cudaDeviceSetLimit(int, std::size_t);
Error cudaDeviceGetLimit(std::size_t*, int);
Error cudaIpcGetMemHandle(void*, void*);
Error cudaGetDriverEntryPointByVersion(const char*, void**, unsigned, unsigned long long, int*);
Error cudaLibraryLoadData(void**, const void*, int*, void**, unsigned, int*, void**, unsigned);
Error cuInit(unsigned);
Error cuModuleLoad(void**, const char*);
Error cuModuleLoadData(void**, const void*);
Error cuModuleUnload(void*);
Error cuModuleGetFunction(void**, void*, const char*);
Error cuModuleGetGlobal_v2(void**, std::size_t*, void*, const char*);
Error cuLaunchKernel(void*, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, void*, void**, void**);
Error cuMemAlloc_v2(void**, std::size_t);
Error cuMemsetD32_v2(void*, unsigned, std::size_t);
Error cuCtxGetCurrent(void**);
Error cuCtxSetCurrent(void*);
Error cuDevicePrimaryCtxRetain(void**, int);
Error cuGetErrorName(Error, const char**);
}

inline void* allocate(std::size_t bytes) {
    void* pointer = nullptr;
    return cudaMalloc(&pointer, bytes) == Error::Success ? pointer : nullptr;
}
inline void* new_stream(unsigned flags = 0) {
    void* stream = nullptr;
    return cudaStreamCreateWithFlags(&stream, flags) == Error::Success ? stream : nullptr;
}
inline void* new_event() {
    void* event = nullptr;
    return cudaEventCreate(&event) == Error::Success ? event : nullptr;
}
// A file of the source tree's traces/cubins.
inline std::string cubin_path(const std::string& name) { return std::string(HEDDLE_SOURCE_DIR) + "/traces/cubins/" + name; }
