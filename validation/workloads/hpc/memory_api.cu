// Kinds of memory and copies: managed arrays and variables, mapped pinned memory, registered host memory, stream-ordered allocation,
// pitched two-dimensional copies and fills, copies to and from symbols, pointer attributes.
// Stresses: the runtime's memory functions, accesses to host memory from kernels, unified addresses.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 128;

__device__ int device_total;
__device__ int device_table[64];
__managed__ int managed_counter = 5;

__global__ void add_index(int n, int* values) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) values[i] += i;
}

__global__ void use_symbols(int n, const int* values) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    atomicAdd(&device_total, values[i] * device_table[i % 64]);
    if (i % 100 == 0) atomicAdd(&managed_counter, 1);
}

__global__ void transpose_pitched(int width, int height, const char* in, std::size_t in_pitch, char* out, std::size_t out_pitch) {
    const int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    reinterpret_cast<int*>(out + x * out_pitch)[y] = reinterpret_cast<const int*>(in + y * in_pitch)[x];
}

int main(int argc, char** argv) {
    workload::Run run("memory_api", argc, argv);
    const int n = run.pick(3'000, 30'000, 500'000, 2'000'000), grid = workload::ceil_div(n, kBlock);
    const std::size_t bytes = n * sizeof(int);
    const auto in = run.random().integer_vector<int>(n, -100, 100);
    auto expected = in;
    for (int i = 0; i < n; ++i) expected[i] += i;
    const auto as_vector = [n](const int* values) { return std::vector<int>(values, values + n); };

    int* managed = nullptr;
    CUDA_CHECK(cudaMallocManaged(reinterpret_cast<void**>(&managed), bytes));
    std::copy(in.begin(), in.end(), managed);
    add_index<<<grid, kBlock>>>(n, managed);
    CUDA_CHECK(cudaDeviceSynchronize());
    run.check_equal("managed", as_vector(managed), expected);
    // The host changes it, the device again, the host reads.
    for (int i = 0; i < n; ++i) managed[i] -= 2 * i;
    add_index<<<grid, kBlock>>>(n, managed);
    CUDA_CHECK(cudaDeviceSynchronize());
    run.check_equal("managed, back and forth", as_vector(managed), in);

    int *mapped = nullptr, *mapped_device = nullptr;
    CUDA_CHECK(cudaHostAlloc(reinterpret_cast<void**>(&mapped), bytes, cudaHostAllocMapped));
    std::copy(in.begin(), in.end(), mapped);
    CUDA_CHECK(cudaHostGetDevicePointer(reinterpret_cast<void**>(&mapped_device), mapped, 0));
    add_index<<<grid, kBlock>>>(n, mapped_device);
    CUDA_CHECK(cudaDeviceSynchronize());
    run.check_equal("mapped", as_vector(mapped), expected);

    std::vector<int> registered = in;
    CUDA_CHECK(cudaHostRegister(registered.data(), bytes, cudaHostRegisterDefault));
    int* ordered = nullptr;
    CUDA_CHECK(cudaMallocAsync(reinterpret_cast<void**>(&ordered), bytes, nullptr));
    CUDA_CHECK(cudaMemcpyAsync(ordered, registered.data(), bytes, cudaMemcpyDefault, nullptr));
    add_index<<<grid, kBlock>>>(n, ordered);
    CUDA_CHECK(cudaMemcpyAsync(registered.data(), ordered, bytes, cudaMemcpyDefault, nullptr));
    CUDA_CHECK(cudaFreeAsync(ordered, nullptr));
    CUDA_CHECK(cudaStreamSynchronize(nullptr));
    CUDA_CHECK(cudaHostUnregister(registered.data()));
    run.check_equal("registered and stream-ordered", registered, expected);

    // Symbols: a total cleared from the host, a table in two parts.
    std::vector<int> table(64);
    for (int i = 0; i < 64; ++i) table[i] = i % 5;
    const int zero = 0;
    CUDA_CHECK(cudaMemcpyToSymbol(device_total, &zero, sizeof(zero)));
    CUDA_CHECK(cudaMemcpyToSymbol(device_table, table.data() + 16, 48 * sizeof(int), 16 * sizeof(int)));
    CUDA_CHECK(cudaMemcpyToSymbol(device_table, table.data(), 16 * sizeof(int)));
    run.check_equal("managed variable before", int(managed_counter), 5);
    use_symbols<<<grid, kBlock>>>(n, managed);
    int total = 0, expected_total = 0;
    CUDA_CHECK(cudaMemcpyFromSymbol(&total, device_total, sizeof(total)));
    for (int i = 0; i < n; ++i) expected_total += in[i] * table[i % 64];
    run.check_equal("symbol", total, expected_total);
    CUDA_CHECK(cudaDeviceSynchronize());
    run.check_equal("managed variable", int(managed_counter), 5 + workload::ceil_div(n, 100));
    std::size_t symbol_size = 0;
    CUDA_CHECK(cudaGetSymbolSize(&symbol_size, device_table));
    run.check_equal("symbol size", symbol_size, std::size_t(256));

    // A pitched image, filled and partly overwritten, transposed by a kernel, copied back row by row.
    const int width = 37, height = n / 37;
    char *image = nullptr, *turned = nullptr;
    std::size_t image_pitch = 0, turned_pitch = 0;
    CUDA_CHECK(cudaMallocPitch(reinterpret_cast<void**>(&image), &image_pitch, width * 4, height));
    CUDA_CHECK(cudaMallocPitch(reinterpret_cast<void**>(&turned), &turned_pitch, height * 4, width));
    run.check(image_pitch >= width * 4u && image_pitch % 32 == 0, "the pitch of an image is odd");
    CUDA_CHECK(cudaMemset2D(image, image_pitch, 0x11, width * 4, height));
    CUDA_CHECK(
        cudaMemcpy2D(image + image_pitch + 8, image_pitch, in.data(), width * 4, (width - 3) * 4, height - 2, cudaMemcpyHostToDevice));
    transpose_pitched<<<dim3(2, workload::ceil_div(height, 4)), dim3(32, 4)>>>(width, height, image, image_pitch, turned, turned_pitch);
    std::vector<int> back(width * height), expected_back(width * height, 0x11111111);
    CUDA_CHECK(cudaMemcpy2D(back.data(), height * 4, turned, turned_pitch, height * 4, width, cudaMemcpyDeviceToHost));
    for (int y = 1; y < height - 1; ++y) {
        for (int x = 2; x < width - 1; ++x) expected_back[x * height + y] = in[(y - 1) * width + x - 2];
    }
    run.check_equal("pitched", back, expected_back);

    cudaPointerAttributes attributes{};
    CUDA_CHECK(cudaPointerGetAttributes(&attributes, image));
    run.check(attributes.type == cudaMemoryTypeDevice, "device memory is not called so");
    CUDA_CHECK(cudaPointerGetAttributes(&attributes, mapped));
    run.check(attributes.type == cudaMemoryTypeHost, "pinned memory is not called host memory");
    CUDA_CHECK(cudaPointerGetAttributes(&attributes, managed));
    run.check(attributes.type == cudaMemoryTypeManaged, "managed memory is not called so");
    std::size_t available = 0, all = 0;
    CUDA_CHECK(cudaMemGetInfo(&available, &all));
    run.check(available > 0 && available <= all, "free memory exceeds all memory");

    CUDA_CHECK(cudaFree(managed));
    CUDA_CHECK(cudaFreeHost(mapped));
    CUDA_CHECK(cudaFree(image));
    CUDA_CHECK(cudaFree(turned));
    return run.finish();
}
