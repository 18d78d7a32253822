// Multicast copies in a cluster of four: each CTA fetches a quarter of a common tile and sends it to all, by tensor copy and by plain bulk
// copy; every CTA then combines the whole tile with data of its own. And a mask that leaves one CTA out. Stresses: UTMALDG.MULTICAST and
// UBLKCP.MULTICAST, transaction counts from several senders, cluster barrier.
#include "common/workload.hpp"
#include "dl/hopper.cuh"
#include "dl/tensor_map.hpp"

constexpr int kCluster = 4, kSide = 32, kTile = kSide * kSide, kThreads = 128;

// Cluster i uses tile i of `tiles` (kSide x kSide floats, one below the other); CTA r gives sums[i * 4 + r] = sum over e of tile[e] * (e %
// (r + 2)).
template <bool kTensor>
__global__ void __launch_bounds__(kThreads)
    share(const __grid_constant__ CUtensorMap map, const float* __restrict__ tiles, int* __restrict__ sums) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(128) float tile[kTile];
    __shared__ dl::Barrier full;
    __shared__ int total;
    const int rank = static_cast<int>(dl::cluster_rank()), cluster = blockIdx.x / kCluster, quarter = kTile / kCluster;
    if (threadIdx.x == 0) {
        total = 0;
        dl::barrier_init(&full, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&full, kTile * 4);
    }
    dl::cluster_sync(); // all barriers are ready for all senders
    if (threadIdx.x == 0) {
        const dl::Word place = dl::shared_address(tile + rank * quarter);
        if (kTensor) dl::tensor_load_2d_multicast(place, &map, 0, cluster * kSide + rank * kSide / kCluster, &full, (1 << kCluster) - 1);
        else
            dl::bulk_load_multicast(place, tiles + static_cast<size_t>(cluster) * kTile + rank * quarter, quarter * 4, &full,
                                    (1 << kCluster) - 1);
    }
    dl::barrier_wait_cluster(&full, 0);
    int sum = 0;
    for (int e = threadIdx.x; e < kTile; e += kThreads) sum += static_cast<int>(tile[e]) * (e % (rank + 2));
    atomicAdd(&total, sum);
    __syncthreads();
    if (threadIdx.x == 0) sums[blockIdx.x] = total;
    dl::cluster_sync(); // no CTA leaves while its copy may still be writing to others
#endif
}

// CTA 0 of each cluster sends 512 bytes to the CTAs 1 and 3; all write what they have.
__global__ void __launch_bounds__(kThreads) send_to_odd(const float* __restrict__ source, float* __restrict__ result) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(128) float box[kThreads];
    __shared__ dl::Barrier full;
    const int rank = static_cast<int>(dl::cluster_rank());
    box[threadIdx.x] = -1;
    if (threadIdx.x == 0) {
        dl::barrier_init(&full, 1);
        dl::fence_barrier_init();
        if (rank % 2 == 1) dl::barrier_arrive_expect(&full, sizeof box);
    }
    dl::fence_async_shared(); // the -1 before the copy
    dl::cluster_sync();
    if (rank == 0 && threadIdx.x == 0)
        dl::bulk_load_multicast(dl::shared_address(box), source + blockIdx.x / kCluster * kThreads, sizeof box, &full, 0b1010);
    if (rank % 2 == 1) dl::barrier_wait_cluster(&full, 0);
    result[blockIdx.x * kThreads + threadIdx.x] = box[threadIdx.x];
    dl::cluster_sync();
#endif
}

int main(int argc, char** argv) {
    workload::Run run("tma_multicast", argc, argv);
    run.needs_sm90a();
    const int clusters = run.pick(3, 20, 500, 5000), ctas = clusters * kCluster;
    const auto tiles = run.random().integer_vector<float>(static_cast<size_t>(clusters) * kTile, -100, 100);
    workload::DeviceArray<float> tiles_d(tiles);
    workload::DeviceArray<int> sums_d(ctas);
    const auto map = dl::make_matrix_map(tiles_d, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, clusters * kSide, kSide, kSide / kCluster, kSide,
                                         CU_TENSOR_MAP_SWIZZLE_NONE);
    std::vector<int> sums(ctas, 0);
    for (int cta = 0; cta < ctas; ++cta)
        for (int e = 0; e < kTile; ++e)
            sums[cta] += static_cast<int>(tiles[static_cast<size_t>(cta / kCluster) * kTile + e]) * (e % (cta % kCluster + 2));
    run.launch("tensor",
               [&] { dl::launch_cluster(share<true>, dim3(ctas), dim3(kThreads), 0, kCluster, map, tiles_d.get(), sums_d.get()); });
    run.check_equal("tensor", sums_d.to_host(), sums);
    sums_d.fill_bytes(0xff);
    run.launch("bulk",
               [&] { dl::launch_cluster(share<false>, dim3(ctas), dim3(kThreads), 0, kCluster, map, tiles_d.get(), sums_d.get()); });
    run.check_equal("bulk", sums_d.to_host(), sums);

    workload::DeviceArray<float> result_d(static_cast<size_t>(ctas) * kThreads);
    run.launch("odd", [&] { dl::launch_cluster(send_to_odd, dim3(ctas), dim3(kThreads), 0, kCluster, tiles_d.get(), result_d.get()); });
    std::vector<float> expected;
    for (int i = 0; i < ctas * kThreads; ++i)
        expected.push_back(i / kThreads % 2 ? tiles[static_cast<size_t>(i / kThreads / kCluster) * kThreads + i % kThreads] : -1.0f);
    run.check_equal("odd", result_d.to_host(), expected);
    return run.finish();
}
