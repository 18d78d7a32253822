// The device heap: each thread builds a list with malloc, reverses it, folds it and frees it; a CTA shares one allocation; memory made by
// one kernel is read and freed by the next; operator new and delete.
// Stresses: malloc/free system calls, pointers of the heap through generic loads and stores, divergence in allocation sizes.
#include "common/workload.hpp"

constexpr int kBlock = 64;

struct Item {
    Item* next;
    unsigned value;
};

__global__ void lists(int n, unsigned* out, int* failures) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    Item* head = nullptr;
    for (int k = 0; k <= i % 8; ++k) {
        auto* item = static_cast<Item*>(malloc(sizeof(Item)));
        if (item == nullptr) {
            atomicAdd(failures, 1);
            break;
        }
        *item = {head, static_cast<unsigned>(i * 10 + k)};
        head = item;
    }
    Item* reversed = nullptr;
    while (head != nullptr) {
        Item* next = head->next;
        head->next = reversed;
        reversed = head;
        head = next;
    }
    unsigned hash = 17;
    while (reversed != nullptr) {
        Item* next = reversed->next;
        hash = hash * 31 + reversed->value;
        free(reversed);
        reversed = next;
    }
    out[i] = hash;
}

__global__ void share(int rounds, int* out, int* failures) {
    __shared__ int* buffer;
    int sum = 0;
    for (int round = 0; round < rounds; ++round) {
        if (threadIdx.x == 0) {
            buffer = new int[kBlock + round];
            if (buffer == nullptr) atomicAdd(failures, 1);
        }
        __syncthreads();
        if (buffer == nullptr) return;
        buffer[threadIdx.x] = threadIdx.x * round + blockIdx.x;
        __syncthreads();
        sum += buffer[kBlock - 1 - threadIdx.x];
        __syncthreads();
        if (threadIdx.x == 0) delete[] buffer;
    }
    out[blockIdx.x * kBlock + threadIdx.x] = sum;
}

__global__ void make(int n, double** kept) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    kept[i] = static_cast<double*>(malloc((i % 5 + 1) * sizeof(double)));
    if (kept[i] == nullptr) return;
    for (int k = 0; k <= i % 5; ++k) kept[i][k] = i + 0.125 * k;
}

__global__ void take(int n, double** kept, double* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    double sum = kept[i] == nullptr ? -1e30 : 0.0;
    for (int k = 0; kept[i] != nullptr && k <= i % 5; ++k) sum += kept[i][k];
    free(kept[i]);
    out[i] = sum;
}

int main(int argc, char** argv) {
    workload::Run run("device_malloc", argc, argv);
    const int n = run.pick(100, 500, 2'000, 8'000), grid = workload::ceil_div(n, kBlock), rounds = run.pick(3, 5, 10, 10);
    CUDA_CHECK(cudaDeviceSetLimit(cudaLimitMallocHeapSize, 32 << 20));
    workload::DeviceArray<unsigned> hashes(n);
    workload::DeviceArray<int> sums(grid * kBlock), failures(std::vector<int>{0});
    workload::DeviceArray<double*> kept(n);
    workload::DeviceArray<double> totals(n);
    run.launch("lists", [&] { lists<<<grid, kBlock>>>(n, hashes, failures); });
    run.launch("shared", [&] { share<<<grid, kBlock>>>(rounds, sums, failures); });
    run.launch("kept", [&] {
        make<<<grid, kBlock>>>(n, kept);
        take<<<grid, kBlock>>>(n, kept, totals);
    });

    std::vector<unsigned> expected_hashes(n, 17);
    std::vector<int> expected_sums(grid * kBlock, 0);
    std::vector<double> expected_totals(n, 0);
    for (int i = 0; i < n; ++i) {
        for (int k = 0; k <= i % 8; ++k) expected_hashes[i] = expected_hashes[i] * 31 + i * 10 + k;
        for (int k = 0; k <= i % 5; ++k) expected_totals[i] += i + 0.125 * k;
    }
    for (int i = 0; i < grid * kBlock; ++i) {
        for (int round = 0; round < rounds; ++round) expected_sums[i] += (kBlock - 1 - i % kBlock) * round + i / kBlock;
    }
    run.check_equal("failed allocations", failures.to_host()[0], 0);
    run.check_equal("lists", hashes.to_host(), expected_hashes);
    run.check_equal("shared", sums.to_host(), expected_sums);
    run.check_equal("kept", totals.to_host(), expected_totals);
    return run.finish();
}
