// The other file of relocatable_main.cu.
extern __constant__ int factor;
__device__ int scaled(int x) { return x * factor; }
__global__ void seven(int* out) { *out = 7; }

int from_other_file() {
    int* out = nullptr;
    if (cudaMallocManaged(&out, sizeof *out) != cudaSuccess) return 0;
    seven<<<1, 1>>>(out);
    return cudaDeviceSynchronize() == cudaSuccess ? *out : 0;
}
