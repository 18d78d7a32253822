// Sum of n integers: grid-stride loop, warp shuffles, shared memory, one atomic a block.
extern "C" __global__ void __launch_bounds__(256) reduce(const int* x, int* sum, int n) {
    __shared__ int partial[8];
    int value = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) value += x[i];
    for (int step = 16; step > 0; step /= 2) value += __shfl_down_sync(0xffffffffu, value, step);
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = value;
    __syncthreads();
    if (threadIdx.x < 32) {
        value = threadIdx.x < blockDim.x / 32 ? partial[threadIdx.x] : 0;
        for (int step = 4; step > 0; step /= 2) value += __shfl_down_sync(0xffffffffu, value, step);
        if (threadIdx.x == 0) atomicAdd(sum, value);
    }
}
