// Names of driver functions in programs built for per-thread default streams. The legacy and the per-thread default stream
// differ only in time here, so these are the same functions: each is a jump.
#define HEDDLE_PER_THREAD(name, suffix)                                                                                                    \
    __asm__(".globl " #name "_" #suffix "\n.type " #name "_" #suffix ", @function\n" #name "_" #suffix ": jmp " #name "@PLT\n");

// clang-format off
HEDDLE_PER_THREAD(cuEventRecordWithFlags, ptsz) HEDDLE_PER_THREAD(cuEventRecord, ptsz)
HEDDLE_PER_THREAD(cuGraphInstantiateWithParams, ptsz) HEDDLE_PER_THREAD(cuGraphLaunch, ptsz) HEDDLE_PER_THREAD(cuGraphUpload, ptsz)
HEDDLE_PER_THREAD(cuLaunchHostFunc, ptsz) HEDDLE_PER_THREAD(cuMemAllocAsync, ptsz) HEDDLE_PER_THREAD(cuMemAllocFromPoolAsync, ptsz)
HEDDLE_PER_THREAD(cuMemFreeAsync, ptsz) HEDDLE_PER_THREAD(cuMemPrefetchAsync, ptsz) HEDDLE_PER_THREAD(cuMemPrefetchAsync_v2, ptsz)
HEDDLE_PER_THREAD(cuMemcpy2DAsync_v2, ptsz) HEDDLE_PER_THREAD(cuMemcpy2DUnaligned_v2, ptds) HEDDLE_PER_THREAD(cuMemcpy2D_v2, ptds)
HEDDLE_PER_THREAD(cuMemcpy3DAsync_v2, ptsz) HEDDLE_PER_THREAD(cuMemcpy3D_v2, ptds) HEDDLE_PER_THREAD(cuMemcpyAsync, ptsz)
HEDDLE_PER_THREAD(cuMemcpyAtoD_v2, ptds) HEDDLE_PER_THREAD(cuMemcpyAtoH_v2, ptds) HEDDLE_PER_THREAD(cuMemcpyDtoA_v2, ptds)
HEDDLE_PER_THREAD(cuMemcpyDtoDAsync_v2, ptsz) HEDDLE_PER_THREAD(cuMemcpyDtoD_v2, ptds) HEDDLE_PER_THREAD(cuMemcpyDtoHAsync_v2, ptsz)
HEDDLE_PER_THREAD(cuMemcpyDtoH_v2, ptds) HEDDLE_PER_THREAD(cuMemcpyHtoA_v2, ptds) HEDDLE_PER_THREAD(cuMemcpyHtoDAsync_v2, ptsz)
HEDDLE_PER_THREAD(cuMemcpyHtoD_v2, ptds) HEDDLE_PER_THREAD(cuMemcpyPeerAsync, ptsz) HEDDLE_PER_THREAD(cuMemcpyPeer, ptds)
HEDDLE_PER_THREAD(cuMemcpy, ptds) HEDDLE_PER_THREAD(cuMemsetD16Async, ptsz) HEDDLE_PER_THREAD(cuMemsetD16_v2, ptds)
HEDDLE_PER_THREAD(cuMemsetD2D16_v2, ptds) HEDDLE_PER_THREAD(cuMemsetD2D32Async, ptsz) HEDDLE_PER_THREAD(cuMemsetD2D32_v2, ptds)
HEDDLE_PER_THREAD(cuMemsetD2D8Async, ptsz) HEDDLE_PER_THREAD(cuMemsetD2D8_v2, ptds) HEDDLE_PER_THREAD(cuMemsetD32Async, ptsz)
HEDDLE_PER_THREAD(cuMemsetD32_v2, ptds) HEDDLE_PER_THREAD(cuMemsetD8Async, ptsz) HEDDLE_PER_THREAD(cuMemsetD8_v2, ptds)
HEDDLE_PER_THREAD(cuStreamAddCallback, ptsz) HEDDLE_PER_THREAD(cuStreamAttachMemAsync, ptsz)
HEDDLE_PER_THREAD(cuStreamBeginCapture_v2, ptsz) HEDDLE_PER_THREAD(cuStreamCopyAttributes, ptsz)
HEDDLE_PER_THREAD(cuStreamEndCapture, ptsz) HEDDLE_PER_THREAD(cuStreamGetAttribute, ptsz)
HEDDLE_PER_THREAD(cuStreamGetCaptureInfo_v2, ptsz) HEDDLE_PER_THREAD(cuStreamGetCaptureInfo_v3, ptsz)
HEDDLE_PER_THREAD(cuStreamGetDevice, ptsz) HEDDLE_PER_THREAD(cuStreamGetFlags, ptsz) HEDDLE_PER_THREAD(cuStreamGetId, ptsz)
HEDDLE_PER_THREAD(cuStreamGetPriority, ptsz) HEDDLE_PER_THREAD(cuStreamIsCapturing, ptsz) HEDDLE_PER_THREAD(cuStreamQuery, ptsz)
HEDDLE_PER_THREAD(cuStreamSetAttribute, ptsz) HEDDLE_PER_THREAD(cuStreamSynchronize, ptsz) HEDDLE_PER_THREAD(cuStreamWaitEvent, ptsz)
