// Device code in two files, put together by nvlink. See relocatable_part.cu.
#include <cstdio>

__device__ int counter;
__constant__ int factor;
__managed__ int offset = 5;
extern __device__ int scaled(int x);
int from_other_file();

__global__ void run(int* out) {
    out[threadIdx.x] = scaled(threadIdx.x) + offset;
    atomicAdd(&counter, 1);
}

int main() {
    const int three = 3;
    int *out = nullptr, count = 0;
    if (cudaMemcpyToSymbol(factor, &three, sizeof three) != cudaSuccess || cudaMallocManaged(&out, 256) != cudaSuccess) return 1;
    run<<<1, 32>>>(out);
    const cudaError_t error = cudaDeviceSynchronize();
    if (cudaMemcpyFromSymbol(&count, counter, sizeof count) != cudaSuccess) return 1;
    const bool ok = error == cudaSuccess && count == 32 && out[7] == 26 && from_other_file() == 7;
    std::printf("%s %s %d %d\n", ok ? "PASS" : "FAIL", cudaGetErrorString(error), count, out[7]);
    return !ok;
}
