// What a cubin can hold besides code: each kind of variable, symbol and relocation once.
#include <cstdio>

__constant__ float coefficients[4] = {1.0f, 0.5f, 0.25f, 0.125f};
__device__ int counter = 7;                                  // .nv.global.init
__device__ float scratch[1000];                              // .nv.global
__device__ int* counter_pointer = &counter;                  // an address in data
__device__ const float* constant_pointer = coefficients + 1; // the generic address of a constant, with an addend
__managed__ int managed_counter = 1;
extern __shared__ float dynamic[];

__device__ __noinline__ int fibonacci(int n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }
__device__ __noinline__ int negate(int n) { return -n; }
typedef int (*Function)(int);
__device__ Function functions[2] = {fibonacci, negate}; // function pointers in data

struct Sixteen {
    char first;
    double second;
};

extern "C" __global__ void __launch_bounds__(128) everything(char flag, Sixteen pair, float* out, int n) {
    __shared__ float fixed[32];
    fixed[threadIdx.x % 32] = coefficients[n & 3] + static_cast<float>(pair.second);
    dynamic[threadIdx.x] = fixed[(threadIdx.x + 1) % 32];
    __syncthreads();
    scratch[threadIdx.x] = dynamic[n & 127];
    out[threadIdx.x] = scratch[n] + *counter_pointer + *constant_pointer + functions[n & 1](n) + fibonacci(n) + managed_counter;
    if (flag) printf("n is %d\n", n);
}

template <class T> __global__ void fill(T* out, T value) { out[blockIdx.x * blockDim.x + threadIdx.x] = value; }
template __global__ void fill<int>(int*, int);
template __global__ void fill<double>(double*, double);
