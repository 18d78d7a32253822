// Distributed shared memory: the latency of a chain of loads through the shared memory of another CTA of the cluster, stores and atomics
// there, and the cost of the cluster's barrier; clusters of 1 to 8 CTAs. Needs sm_90.
#include "common/measure.hpp"

constexpr int kWords = 1024;

#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
#define SM90(code) code
#else
#define SM90(code)
#endif

__device__ unsigned cluster_rank() {
    unsigned rank = 0;
    SM90(asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));)
    return rank;
}
__device__ unsigned cluster_size() {
    unsigned size = 1;
    SM90(asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));)
    return size;
}
__device__ void cluster_sync() {
    SM90(asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");)
    SM90(asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");)
}
// The address of the same place in the shared memory of CTA `rank` of the cluster.
__device__ unsigned remote_address(unsigned address, unsigned rank) {
    unsigned remote = address + rank * 0;
    SM90(asm volatile("mapa.shared::cluster.u32 %0, %1, %2;" : "=r"(remote) : "r"(address), "r"(rank));)
    return remote;
}
__device__ unsigned load_remote(unsigned address) {
    unsigned value = 0;
    SM90(asm volatile("ld.shared::cluster.u32 %0, [%1];" : "=r"(value) : "r"(address) : "memory");)
    return value;
}
__device__ void store_remote(unsigned address, unsigned value) {
    SM90(asm volatile("st.shared::cluster.u32 [%0], %1;" ::"r"(address), "r"(value) : "memory");)
    (void)address;
    (void)value;
}
__device__ void add_remote(unsigned address, unsigned value) {
    SM90(asm volatile("red.shared::cluster.add.u32 [%0], %1;" ::"r"(address), "r"(value) : "memory");)
    (void)address;
    (void)value;
}

struct Result {
    unsigned last, received, counted, rank;
    long long load_cycles, barrier_cycles;
};

// Each CTA walks the chain that lies in the CTA `distance` further on, writes into it and counts there.
__global__ void exchange(int hops, unsigned distance, const unsigned* chain, Result* results) {
    __shared__ unsigned links[kWords], inbox[32], counter;
    for (int i = threadIdx.x; i < kWords; i += blockDim.x) links[i] = chain[i];
    if (threadIdx.x == 0) counter = 0;
    const unsigned rank = cluster_rank(), other = (rank + distance) % cluster_size();
    cluster_sync();

    const unsigned base = remote_address(workload::shared_address(links), other);
    unsigned at = threadIdx.x;
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int k = 0; k < hops; k += 4) {
#pragma unroll
        for (int u = 0; u < 4; ++u) at = load_remote(base + at * 4);
    }
    const long long loaded = workload::read_clock();

    store_remote(remote_address(workload::shared_address(inbox + threadIdx.x), other), rank * 100 + threadIdx.x);
    for (int k = 0; k < 4; ++k) add_remote(remote_address(workload::shared_address(&counter), other), threadIdx.x + rank);
    cluster_sync();

    const long long barrier_start = workload::read_clock();
    for (int k = 0; k < 8; ++k) cluster_sync();
    const long long barrier_stop = workload::read_clock();
    results[blockIdx.x * 32 + threadIdx.x] = {at, inbox[threadIdx.x], counter, rank, loaded - start, barrier_stop - barrier_start};
}

int main(int argc, char** argv) {
    workload::Run run("dsmem_latency", argc, argv);
    run.needs_sm90a();
    const int hops = run.pick(16, 128, 1024, 8192), clusters = run.pick(1, 2, 16, 16);
    std::vector<unsigned> chain(kWords);
    for (int i = 0; i < kWords; ++i) chain[i] = (i + 33) % kWords;
    workload::DeviceArray<unsigned> dchain(chain);
    for (const int size : {1, 2, 4, 8}) {
        for (int distance = 0; distance < size; ++distance) {
            if (run.size() == workload::Size::Tiny && distance > 1) continue;
            const int grid = clusters * size;
            const std::string label = "cluster of " + std::to_string(size) + ", " + std::to_string(distance) + " further";
            workload::DeviceArray<Result> results(grid * 32);
            cudaLaunchConfig_t config{};
            config.gridDim = dim3(grid);
            config.blockDim = dim3(32);
            cudaLaunchAttribute attribute{};
            attribute.id = cudaLaunchAttributeClusterDimension;
            attribute.val.clusterDim.x = size;
            attribute.val.clusterDim.y = 1;
            attribute.val.clusterDim.z = 1;
            config.attrs = &attribute;
            config.numAttrs = 1;
            run.launch(label.c_str(), [&] {
                CUDA_CHECK(cudaLaunchKernelEx(&config, exchange, hops, static_cast<unsigned>(distance),
                                              static_cast<const unsigned*>(dchain.get()), results.get()));
            });
            std::vector<unsigned> actual, expected;
            std::vector<long long> loads, barriers;
            const auto all = results.to_host();
            for (int i = 0; i < grid * 32; ++i) {
                const unsigned lane = i % 32, rank = i / 32 % size, sender = (rank + size - distance) % size;
                expected.insert(expected.end(), {(lane + 33u * hops) % kWords, sender * 100 + lane, 4 * (31 * 32 / 2 + 32 * sender), rank});
                actual.insert(actual.end(), {all[i].last, all[i].received, all[i].counted, all[i].rank});
                loads.push_back(all[i].load_cycles);
                barriers.push_back(all[i].barrier_cycles);
            }
            run.check_equal(label.c_str(), actual, expected);
            workload::report(run, ("load, " + label).c_str(), loads, hops);
            workload::report(run, ("barrier, " + label).c_str(), barriers, 8);
        }
    }
    return run.finish();
}
