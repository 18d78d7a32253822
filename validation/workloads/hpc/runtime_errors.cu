// Device properties, function attributes, occupancy, and the error codes of wrong calls; a kernel runs correctly after each of them.
// Stresses: the runtime's answers rather than the device.
#include "common/workload.hpp"

constexpr int kBlock = 256;

__global__ void square(int n, int* values) {
    __shared__ int staged[kBlock];
    const int i = blockIdx.x * kBlock + threadIdx.x;
    staged[threadIdx.x] = i < n ? values[i] : 0;
    __syncthreads();
    if (i < n) values[i] = staged[threadIdx.x] * staged[threadIdx.x];
}

__global__ void __launch_bounds__(64) small_blocks_only(int* out) { out[threadIdx.x] = threadIdx.x; }

int main(int argc, char** argv) {
    workload::Run run("runtime_errors", argc, argv);
    const int n = run.pick(1'000, 10'000, 100'000, 1'000'000), grid = workload::ceil_div(n, kBlock);
    workload::DeviceArray<int> values(n);
    const auto works = [&](const char* after) {
        values.upload(std::vector<int>(n, -9));
        square<<<grid, kBlock>>>(n, values);
        CUDA_CHECK(cudaGetLastError());
        run.check(values.to_host() == std::vector<int>(n, 81), std::string("a kernel fails after ") + after);
    };
    const auto expect = [&](const char* what, cudaError_t got, cudaError_t wanted) {
        run.check(got == wanted, std::string(what) + " gives " + cudaGetErrorName(got) + ", not " + cudaGetErrorName(wanted));
        (void)cudaGetLastError();
    };

    int devices = 0, current = -1;
    CUDA_CHECK(cudaGetDeviceCount(&devices));
    CUDA_CHECK(cudaSetDevice(0));
    CUDA_CHECK(cudaGetDevice(&current));
    run.check(devices >= 1 && current == 0, "there is no device 0");
    cudaDeviceProp properties{};
    CUDA_CHECK(cudaGetDeviceProperties(&properties, 0));
    run.check(properties.warpSize == 32 && properties.maxThreadsPerBlock == 1024 && properties.major >= 8, "odd device properties");
    run.check(properties.sharedMemPerBlock == 48 * 1024 && properties.regsPerBlock == 65536, "odd limits of a CTA");
    int attribute = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&attribute, cudaDevAttrMultiProcessorCount, 0));
    run.check_equal("SM count", attribute, properties.multiProcessorCount);
    int runtime_version = 0, driver_version = 0;
    CUDA_CHECK(cudaRuntimeGetVersion(&runtime_version));
    CUDA_CHECK(cudaDriverGetVersion(&driver_version));
    run.check(runtime_version >= 12000 && driver_version >= runtime_version / 1000 * 1000, "the driver is older than the runtime");

    cudaFuncAttributes attributes{};
    CUDA_CHECK(cudaFuncGetAttributes(&attributes, square));
    run.check(attributes.sharedSizeBytes == kBlock * sizeof(int) && attributes.numRegs > 0 && attributes.maxThreadsPerBlock >= kBlock,
              "odd attributes of a kernel");
    CUDA_CHECK(cudaFuncGetAttributes(&attributes, small_blocks_only));
    run.check_equal("launch bound", attributes.maxThreadsPerBlock, 64);
    int blocks = 0, best_grid = 0, best_block = 0;
    CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, square, kBlock, 0));
    run.check_equal("CTAs an SM", blocks, properties.maxThreadsPerMultiProcessor / kBlock);
    CUDA_CHECK(cudaOccupancyMaxPotentialBlockSize(&best_grid, &best_block, square, 0, 0));
    run.check(best_block >= 64 && best_block <= 1024 && best_grid >= properties.multiProcessorCount, "odd advice on the block size");
    works("queries");

    square<<<grid, 2048>>>(n, values);
    // Measured on an H200 and an H100 with driver 580.159.04 and CUDA 13.0: cudaErrorInvalidValue. By the manual and in reports of earlier
    // runtimes: cudaErrorInvalidConfiguration.
    const cudaError_t too_many = cudaPeekAtLastError();
    expect("a launch of 2048 threads", too_many, too_many == cudaErrorInvalidValue ? too_many : cudaErrorInvalidConfiguration);
    works("a launch of 2048 threads");
    square<<<0, kBlock>>>(n, values);
    expect("a launch of no CTA", cudaGetLastError(), cudaErrorInvalidConfiguration);
    works("a launch of no CTA");
    square<<<grid, kBlock, 512 << 10>>>(n, values);
    expect("a launch with 512 KiB of shared memory", cudaGetLastError(), cudaErrorInvalidValue);
    works("a launch with 512 KiB of shared memory");
    small_blocks_only<<<1, 128>>>(values);
    // Which error this is differs among driver versions.
    run.check(cudaGetLastError() != cudaSuccess, "a launch above the launch bound succeeds");
    works("a launch above the launch bound");

    void* pointer = nullptr;
    expect("an absurd allocation", cudaMalloc(&pointer, std::size_t(1) << 50), cudaErrorMemoryAllocation);
    expect("a copy of an unknown kind", cudaMemcpy(values.get(), values.get(), 4, static_cast<cudaMemcpyKind>(77)),
           cudaErrorInvalidMemcpyDirection);
    expect("device 999", cudaSetDevice(999), cudaErrorInvalidDevice);
    expect("an unknown attribute", cudaDeviceGetAttribute(nullptr, cudaDevAttrWarpSize, 0), cudaErrorInvalidValue);
    expect("free of nothing", cudaFree(nullptr), cudaSuccess);
    int host_variable = 0;
    expect("free of a host pointer", cudaFree(&host_variable), cudaErrorInvalidValue);
    run.check(std::strcmp(cudaGetErrorName(cudaErrorInvalidValue), "cudaErrorInvalidValue") == 0, "an error's name is wrong");
    works("wrong calls");
    return run.finish();
}
