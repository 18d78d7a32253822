// Kernels that launch kernels: parameters of several sizes, streams and events of the device, tail launches, recursion. Prints PASS or
// what is wrong.
#include <cstdio>
#include <vector>

__device__ int order[8], launched;

__global__ void note(int mark) { order[atomicAdd(&launched, 1)] = mark; }

__global__ void add(char small, double big, short middle, int* out) {
    out[blockIdx.x * blockDim.x + threadIdx.x] += small + static_cast<int>(big) + middle;
}

__global__ void halve(int* out, int n) {
    if (threadIdx.x != 0) return;
    if (n == 1) {
        ++*out;
        return;
    }
    halve<<<1, 32>>>(out, n / 2);
    halve<<<1, 32>>>(out + n / 2, n - n / 2);
}

__global__ void parent(int* out, int* errors) {
    add<<<2, 32>>>(static_cast<char>(threadIdx.x + 1), 10.0, 100, out + 64 * threadIdx.x);
    if (threadIdx.x != 0) return;
    note<<<1, 1, 0, cudaStreamTailLaunch>>>(3);
    cudaStream_t stream;
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    note<<<1, 1, 0, stream>>>(1);
    note<<<1, 1, 0, stream>>>(2);
    cudaStreamDestroy(stream);
    *errors += cudaGetLastError() != cudaSuccess;
    note<<<1, 2048>>>(9); // too many threads
    *errors += cudaGetLastError() == cudaSuccess;
    *errors += cudaGetLastError() != cudaSuccess;
}

int main() {
    int *out = nullptr, *errors = nullptr;
    cudaMallocManaged(&out, 128 * sizeof(int));
    cudaMallocManaged(&errors, sizeof(int));
    parent<<<1, 2>>>(out, errors);
    if (cudaDeviceSynchronize() != cudaSuccess) return std::puts("FAIL: parent"), 1;
    for (int i = 0; i < 128; ++i)
        if (out[i] != 111 + i / 64) return std::printf("FAIL: out[%d] = %d\n", i, out[i]), 1;
    int seen[8], count;
    cudaMemcpyFromSymbol(seen, order, sizeof seen);
    cudaMemcpyFromSymbol(&count, launched, sizeof count);
    if (*errors != 0 || count != 3 || seen[0] != 1 || seen[1] != 2 || seen[2] != 3)
        return std::printf("FAIL: %d errors, %d launches: %d %d %d\n", *errors, count, seen[0], seen[1], seen[2]), 1;
    halve<<<1, 32>>>(out, 128);
    if (cudaDeviceSynchronize() != cudaSuccess) return std::puts("FAIL: halve"), 1;
    for (int i = 0; i < 128; ++i)
        if (out[i] != 112 + i / 64) return std::printf("FAIL: out[%d] = %d after halving\n", i, out[i]), 1;
    std::puts("PASS");
}
