// Launches of several kinds for `heddle capture`: pointers in memory, variables, constants, a cluster, a cooperative launch.
#include <cooperative_groups.h>
#include <cstdio>

__constant__ int step = 1;
__device__ int calls;

struct Node {
    Node* next;
    int value;
};

__global__ void fill(int* out) {
    out[blockIdx.x * blockDim.x + threadIdx.x] = static_cast<int>(threadIdx.x) * step;
    if (threadIdx.x == 0) atomicAdd(&calls, 1);
}

__global__ void link(Node* nodes, int n) {
    for (int i = 0; i < n; ++i) nodes[i] = {i + 1 < n ? nodes + i + 1 : nullptr, i};
}

__global__ void follow(const Node* node, long long* sum) {
    for (; node != nullptr; node = node->next) *sum += node->value;
}

__global__ void __cluster_dims__(2) ranks(int* out) {
    out[blockIdx.x] = static_cast<int>(cooperative_groups::this_cluster().block_rank());
}

__global__ void rounds(int* out) {
    out[blockIdx.x] += 1;
    cooperative_groups::this_grid().sync();
    if (blockIdx.x == 0) out[1] += out[gridDim.x - 1];
}

int main() {
    int *a = nullptr, three = 3;
    Node* nodes = nullptr;
    long long* sum = nullptr;
    cudaMalloc(&a, 256 * sizeof(int));
    cudaMalloc(&nodes, 10 * sizeof(Node));
    cudaMallocManaged(&sum, sizeof *sum);
    cudaMemcpyToSymbol(step, &three, sizeof three);
    fill<<<4, 64>>>(a);
    link<<<1, 1>>>(nodes, 10);
    follow<<<1, 1>>>(nodes, sum);
    ranks<<<4, 1>>>(a);
    void* arguments[] = {&a};
    cudaLaunchCooperativeKernel(reinterpret_cast<void*>(rounds), 8, 32, arguments);
    cudaDeviceSynchronize();
    std::puts(*sum == 45 ? "PASS" : "FAIL");
}
