// Features of the runtime that need compiled device code: variables, large shared memory, cooperative and extended launches, threads,
// graphs by capture, driver functions by name, an error at the end. Prints PASS or what failed.
#include <cooperative_groups.h>
#include <cstdio>
#include <cstring>
#include <cuda.h>
#include <thread>
#include <vector>

__managed__ int managed[4];
__constant__ int constants[4];
__device__ int variable;
extern __shared__ int dynamic[];

__global__ void read_variables(int* out) {
    managed[threadIdx.x] += constants[threadIdx.x];
    if (threadIdx.x == 0) *out = variable;
}
__global__ void reverse(int* out) {
    dynamic[threadIdx.x] = threadIdx.x;
    __syncthreads();
    out[threadIdx.x] = dynamic[blockDim.x - 1 - threadIdx.x];
}
// Warps read what the barrier has made visible, work for a while, and then each warp overwrites one of these words, without a barrier
// in between: right if warps leave a barrier about together, as they do on hardware.
__global__ void read_after_barrier(int* out) {
    if (threadIdx.x == 0)
        for (int i = 0; i < 32; ++i) dynamic[i] = 1000;
    __syncthreads();
    int sum = dynamic[0] + dynamic[blockDim.x / 32 - 1];
    for (int i = 0; i < 40; ++i) sum = sum * 3 + static_cast<int>(threadIdx.x) * i;
    if (threadIdx.x % 32 == 0) dynamic[threadIdx.x / 32] = sum;
    __syncthreads();
    out[threadIdx.x] = sum;
}
__global__ void count_twice(int* out) {
    atomicAdd(out, 1);
    cooperative_groups::this_grid().sync();
    if (cooperative_groups::this_grid().thread_rank() == 0) out[1] = out[0];
}
__global__ void add_one(int* out) { atomicAdd(out, 1); }
__global__ void clock_goes_on(long long* out) { *out = clock64(); }

static int failures = 0;
static void check(bool condition, const char* what) {
    if (!condition) std::printf("FAIL: %s\n", what);
    failures += !condition;
}
static void succeed(cudaError_t error, const char* what) {
    if (error != cudaSuccess) std::printf("%s: %s\n", what, cudaGetErrorString(error));
    check(error == cudaSuccess, what);
}

int main() {
    int* out = nullptr;
    succeed(cudaMallocManaged(&out, 4096), "managed memory");
    const int values[4] = {10, 20, 30, 40}, seventy = 70;
    for (int i = 0; i < 4; ++i) managed[i] = i;
    succeed(cudaMemcpyToSymbol(constants, values, sizeof values), "copy to a constant");
    succeed(cudaMemcpyToSymbol(variable, &seventy, sizeof seventy), "copy to a variable");
    read_variables<<<1, 4>>>(out);
    succeed(cudaDeviceSynchronize(), "variables");
    int back[4] = {};
    succeed(cudaMemcpyFromSymbol(back, managed, sizeof back), "copy from a managed variable");
    check(*out == 70 && managed[3] == 43 && back[2] == 32, "values of variables");

    succeed(cudaFuncSetAttribute(reverse, cudaFuncAttributeMaxDynamicSharedMemorySize, 100 * 1024), "large shared memory");
    reverse<<<1, 256, 100 * 1024>>>(out);
    succeed(cudaDeviceSynchronize(), "dynamic shared memory");
    check(out[0] == 255 && out[255] == 0, "values through shared memory");

    read_after_barrier<<<1, 256, 128>>>(out);
    succeed(cudaDeviceSynchronize(), "a barrier");
    bool together = true;
    for (unsigned t = 0; t < 256; ++t) {
        unsigned sum = 2000;
        for (unsigned i = 0; i < 40; ++i) sum = sum * 3 + t * i;
        together = together && static_cast<unsigned>(out[t]) == sum;
    }
    check(together, "values read right after a barrier");

    out[0] = out[1] = 0;
    void* arguments[] = {&out};
    succeed(cudaLaunchCooperativeKernel(count_twice, dim3(64), dim3(128), arguments, 0, nullptr), "cooperative launch");
    succeed(cudaDeviceSynchronize(), "grid barrier");
    check(out[1] == 64 * 128, "count before the grid barrier");
    check(cudaLaunchCooperativeKernel(count_twice, dim3(1 << 20), dim3(128), arguments, 0, nullptr) == cudaErrorCooperativeLaunchTooLarge,
          "a cooperative launch that is too large");
    (void)cudaGetLastError();

    out[0] = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([out] {
            cudaStream_t stream;
            succeed(cudaStreamCreate(&stream), "stream of a thread");
            for (int i = 0; i < 5; ++i) add_one<<<2, 32, 0, stream>>>(out);
            succeed(cudaStreamSynchronize(stream), "work of a thread");
            succeed(cudaStreamDestroy(stream), "end of a stream");
        });
    for (std::thread& thread : threads) thread.join();
    check(out[0] == 4 * 5 * 64, "sum of the threads");

    cudaStream_t stream;
    cudaGraph_t graph;
    cudaGraphExec_t instance;
    out[0] = 0;
    succeed(cudaStreamCreate(&stream), "stream");
    succeed(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal), "begin of a capture");
    add_one<<<1, 32, 0, stream>>>(out);
    add_one<<<1, 32, 0, stream>>>(out);
    succeed(cudaStreamEndCapture(stream, &graph), "end of a capture");
    succeed(cudaGraphInstantiate(&instance, graph, 0), "instance of a graph");
    for (int i = 0; i < 3; ++i) succeed(cudaGraphLaunch(instance, stream), "launch of a graph");
    succeed(cudaStreamSynchronize(stream), "graph");
    check(out[0] == 3 * 64, "sum of the graph");

    cudaLaunchAttribute attribute[1] = {};
    attribute[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
    attribute[0].val.programmaticStreamSerializationAllowed = 1;
    cudaLaunchConfig_t config = {};
    config.gridDim = 4;
    config.blockDim = 32;
    config.stream = stream;
    config.attrs = attribute;
    config.numAttrs = 1;
    succeed(cudaLaunchKernelEx(&config, add_one, out), "extended launch");
    succeed(cudaStreamSynchronize(stream), "extended launch");
    check(out[0] == 3 * 64 + 128, "sum after the extended launch");

    void* function = nullptr;
    cudaDriverEntryPointQueryResult found;
    succeed(cudaGetDriverEntryPointByVersion("cuMemGetInfo", &function, 12000, cudaEnableDefault, &found), "driver function by name");
    std::size_t free_bytes = 0, total_bytes = 0;
    check(function != nullptr &&
              reinterpret_cast<CUresult (*)(std::size_t*, std::size_t*)>(function)(&free_bytes, &total_bytes) == CUDA_SUCCESS &&
              free_bytes < total_bytes,
          "driver function");

    long long first = 0, second = 0;
    auto* clock = reinterpret_cast<long long*>(out);
    clock_goes_on<<<1, 1>>>(clock);
    succeed(cudaDeviceSynchronize(), "clock");
    first = *clock;
    clock_goes_on<<<1, 1>>>(clock);
    succeed(cudaDeviceSynchronize(), "clock");
    second = *clock;
    check(second > first, "the clock goes on from kernel to kernel");

    add_one<<<1, 32>>>(reinterpret_cast<int*>(8));
    check(cudaDeviceSynchronize() == cudaErrorIllegalAddress, "an illegal address");
    check(cudaMalloc(&function, 4) == cudaErrorIllegalAddress, "a sticky error");
    std::printf(failures == 0 ? "PASS\n" : "FAIL\n");
    return failures != 0;
}
