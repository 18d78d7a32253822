// Functions of the runtime API that are not implemented: each says so once and returns "operation not supported".
#include "frontend/cuda/api.hpp"

#define HEDDLE_UNSUPPORTED(name)                                                                                                           \
    HEDDLE_CUDA_API Error name() { return unsupported(Api::Runtime, #name); }

namespace heddle::cuda {

HEDDLE_UNSUPPORTED(__cudaGetProcAddress)
HEDDLE_UNSUPPORTED(__cudaRegisterHostVar) HEDDLE_UNSUPPORTED(__cudaRegisterUnifiedTable) HEDDLE_UNSUPPORTED(cudaArrayGetMemoryRequirements) HEDDLE_UNSUPPORTED(
    cudaArrayGetPlane) HEDDLE_UNSUPPORTED(cudaArrayGetSparseProperties) HEDDLE_UNSUPPORTED(cudaDestroyExternalMemory) HEDDLE_UNSUPPORTED(cudaDestroyExternalSemaphore)
    HEDDLE_UNSUPPORTED(cudaDeviceFlushGPUDirectRDMAWrites) HEDDLE_UNSUPPORTED(cudaDeviceGetHostAtomicCapabilities) HEDDLE_UNSUPPORTED(
        cudaDeviceGetNvSciSyncAttributes) HEDDLE_UNSUPPORTED(cudaDeviceGetP2PAtomicCapabilities) HEDDLE_UNSUPPORTED(cudaDeviceRegisterAsyncNotification)
        HEDDLE_UNSUPPORTED(cudaDeviceUnregisterAsyncNotification) HEDDLE_UNSUPPORTED(cudaEGLStreamConsumerAcquireFrame) HEDDLE_UNSUPPORTED(
            cudaEGLStreamConsumerConnect) HEDDLE_UNSUPPORTED(cudaEGLStreamConsumerConnectWithFlags) HEDDLE_UNSUPPORTED(cudaEGLStreamConsumerDisconnect)
            HEDDLE_UNSUPPORTED(cudaEGLStreamConsumerReleaseFrame) HEDDLE_UNSUPPORTED(cudaEGLStreamProducerConnect) HEDDLE_UNSUPPORTED(
                cudaEGLStreamProducerDisconnect) HEDDLE_UNSUPPORTED(cudaEGLStreamProducerPresentFrame) HEDDLE_UNSUPPORTED(cudaEGLStreamProducerReturnFrame)
                HEDDLE_UNSUPPORTED(cudaEventCreateFromEGLSync) HEDDLE_UNSUPPORTED(cudaExternalMemoryGetMappedBuffer) HEDDLE_UNSUPPORTED(
                    cudaExternalMemoryGetMappedMipmappedArray) HEDDLE_UNSUPPORTED(cudaFreeMipmappedArray) HEDDLE_UNSUPPORTED(cudaGLGetDevices)
                    HEDDLE_UNSUPPORTED(cudaGLMapBufferObject) HEDDLE_UNSUPPORTED(cudaGLMapBufferObjectAsync) HEDDLE_UNSUPPORTED(
                        cudaGLRegisterBufferObject) HEDDLE_UNSUPPORTED(cudaGLSetBufferObjectMapFlags) HEDDLE_UNSUPPORTED(cudaGLSetGLDevice)
                        HEDDLE_UNSUPPORTED(cudaGLUnmapBufferObject) HEDDLE_UNSUPPORTED(cudaGLUnmapBufferObjectAsync) HEDDLE_UNSUPPORTED(
                            cudaGLUnregisterBufferObject) HEDDLE_UNSUPPORTED(cudaGetExportTable) HEDDLE_UNSUPPORTED(cudaGetMipmappedArrayLevel)
                            HEDDLE_UNSUPPORTED(cudaGraphAddExternalSemaphoresSignalNode) HEDDLE_UNSUPPORTED(cudaGraphAddExternalSemaphoresWaitNode) HEDDLE_UNSUPPORTED(
                                cudaGraphConditionalHandleCreate) HEDDLE_UNSUPPORTED(cudaGraphExecExternalSemaphoresSignalNodeSetParams)
                                HEDDLE_UNSUPPORTED(cudaGraphExecExternalSemaphoresWaitNodeSetParams) HEDDLE_UNSUPPORTED(
                                    cudaGraphExternalSemaphoresSignalNodeGetParams) HEDDLE_UNSUPPORTED(cudaGraphExternalSemaphoresSignalNodeSetParams)
                                    HEDDLE_UNSUPPORTED(cudaGraphExternalSemaphoresWaitNodeGetParams) HEDDLE_UNSUPPORTED(
                                        cudaGraphExternalSemaphoresWaitNodeSetParams) HEDDLE_UNSUPPORTED(cudaGraphicsEGLRegisterImage)
                                        HEDDLE_UNSUPPORTED(cudaGraphicsGLRegisterBuffer) HEDDLE_UNSUPPORTED(cudaGraphicsGLRegisterImage) HEDDLE_UNSUPPORTED(
                                            cudaGraphicsMapResources) HEDDLE_UNSUPPORTED(cudaGraphicsResourceGetMappedEglFrame)
                                            HEDDLE_UNSUPPORTED(cudaGraphicsResourceGetMappedMipmappedArray) HEDDLE_UNSUPPORTED(
                                                cudaGraphicsResourceGetMappedPointer) HEDDLE_UNSUPPORTED(cudaGraphicsResourceSetMapFlags)
                                                HEDDLE_UNSUPPORTED(cudaGraphicsSubResourceGetMappedArray) HEDDLE_UNSUPPORTED(
                                                    cudaGraphicsUnmapResources) HEDDLE_UNSUPPORTED(cudaGraphicsUnregisterResource)
                                                    HEDDLE_UNSUPPORTED(cudaGraphicsVDPAURegisterOutputSurface) HEDDLE_UNSUPPORTED(
                                                        cudaGraphicsVDPAURegisterVideoSurface) HEDDLE_UNSUPPORTED(cudaImportExternalMemory)
                                                        HEDDLE_UNSUPPORTED(cudaImportExternalSemaphore) HEDDLE_UNSUPPORTED(
                                                            cudaIpcCloseMemHandle) HEDDLE_UNSUPPORTED(cudaIpcGetEventHandle)
                                                            HEDDLE_UNSUPPORTED(cudaIpcGetMemHandle) HEDDLE_UNSUPPORTED(cudaIpcOpenEventHandle) HEDDLE_UNSUPPORTED(
                                                                cudaIpcOpenMemHandle) HEDDLE_UNSUPPORTED(cudaLibraryGetUnifiedFunction)
                                                                HEDDLE_UNSUPPORTED(cudaLogsCurrent) HEDDLE_UNSUPPORTED(cudaLogsDumpToFile) HEDDLE_UNSUPPORTED(
                                                                    cudaLogsDumpToMemory) HEDDLE_UNSUPPORTED(cudaLogsRegisterCallback)
                                                                    HEDDLE_UNSUPPORTED(cudaLogsUnregisterCallback) HEDDLE_UNSUPPORTED(
                                                                        cudaMallocMipmappedArray) HEDDLE_UNSUPPORTED(cudaMemDiscardAndPrefetchBatchAsync)
                                                                        HEDDLE_UNSUPPORTED(cudaMemDiscardAndPrefetchBatchAsync_ptsz) HEDDLE_UNSUPPORTED(
                                                                            cudaMemDiscardBatchAsync) HEDDLE_UNSUPPORTED(cudaMemDiscardBatchAsync_ptsz)
                                                                            HEDDLE_UNSUPPORTED(cudaMemGetDefaultMemPool) HEDDLE_UNSUPPORTED(
                                                                                cudaMemGetMemPool) HEDDLE_UNSUPPORTED(cudaMemPoolExportPointer)
                                                                                HEDDLE_UNSUPPORTED(cudaMemPoolExportToShareableHandle) HEDDLE_UNSUPPORTED(
                                                                                    cudaMemPoolImportFromShareableHandle) HEDDLE_UNSUPPORTED(cudaMemPoolImportPointer)
                                                                                    HEDDLE_UNSUPPORTED(cudaMemPrefetchBatchAsync) HEDDLE_UNSUPPORTED(
                                                                                        cudaMemPrefetchBatchAsync_ptsz) HEDDLE_UNSUPPORTED(cudaMemRangeGetAttributes)
                                                                                        HEDDLE_UNSUPPORTED(cudaMemSetMemPool) HEDDLE_UNSUPPORTED(
                                                                                            cudaMemcpy3DBatchAsync) HEDDLE_UNSUPPORTED(cudaMemcpy3DBatchAsync_ptsz)
                                                                                            HEDDLE_UNSUPPORTED(cudaMemcpyArrayToArray) HEDDLE_UNSUPPORTED(
                                                                                                cudaMemcpyArrayToArray_ptds) HEDDLE_UNSUPPORTED(cudaMemcpyBatchAsync)
                                                                                                HEDDLE_UNSUPPORTED(cudaMemcpyBatchAsync_ptsz) HEDDLE_UNSUPPORTED(
                                                                                                    cudaMipmappedArrayGetMemoryRequirements)
                                                                                                    HEDDLE_UNSUPPORTED(
                                                                                                        cudaMipmappedArrayGetSparseProperties)
                                                                                                        HEDDLE_UNSUPPORTED(
                                                                                                            cudaSignalExternalSemaphoresAsync)
                                                                                                            HEDDLE_UNSUPPORTED(
                                                                                                                cudaSignalExternalSemaphoresAsync_ptsz)
                                                                                                                HEDDLE_UNSUPPORTED(
                                                                                                                    cudaVDPAUGetDevice)
                                                                                                                    HEDDLE_UNSUPPORTED(
                                                                                                                        cudaVDPAUSetVDPAUDevice)
                                                                                                                        HEDDLE_UNSUPPORTED(
                                                                                                                            cudaWaitExternalSemaphoresAsync)
                                                                                                                            HEDDLE_UNSUPPORTED(
                                                                                                                                cudaWaitExternalSemaphoresAsync_ptsz)

} // namespace heddle::cuda
