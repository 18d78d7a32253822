// Launch limits and clusters of sm_90.
extern "C" __global__ void __cluster_dims__(2, 1, 1) clustered(int* out) { out[blockIdx.x] = 1; }
extern "C" __global__ void __block_size__((8, 4, 2), (2, 1, 1)) counts_clusters(int* out) { out[blockIdx.x] = threadIdx.y; }
extern "C" __global__ void __launch_bounds__(256, 2, 4) bounded(int* out) { out[blockIdx.x] = 2; }
struct Large {
    int values[1100]; // more than 4 KiB of parameters
};
extern "C" __global__ void large_parameter(char first, const __grid_constant__ Large large, int* out) { *out = large.values[*out] + first; }
struct alignas(64) Aligned {
    double values[8];
};
extern "C" __global__ void aligned_parameter(int first, Aligned aligned, char last) {
    if (first == 123456) __trap();
    if (aligned.values[last] == 0) __nanosleep(100);
    asm volatile("bar.sync 5, 64;");
}
