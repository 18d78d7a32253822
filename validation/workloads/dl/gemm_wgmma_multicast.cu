// Matrix product in fp16 on Hopper with clusters of two CTAs that share their columns: each loads its own rows of A and one half of the
// common tile of B, and multicasts that half to both. A stage is free again when the consumers of both CTAs have given it back, so they
// arrive at barriers in each other's shared memory. Stresses: UTMALDG.MULTICAST, cluster launch and barrier, remote mbarrier arrivals
// (MAPA, SYNCS.ARRIVE on shared::cluster).
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

constexpr int kCluster = 2;
using Tile = dl::WgmmaTile<dl::F16, 128, 4, 8 * kCluster>;

// Requires: grid.x = row tiles rounded up to a multiple of kCluster, grid.y = column tiles, clusters of kCluster along x; n even.
__global__ void __launch_bounds__(Tile::kThreads, 1)
    multicast(const __grid_constant__ CUtensorMap map_a, const __grid_constant__ CUtensorMap map_b, int m, int n, int stages,
              float* __restrict__ c) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    extern __shared__ __align__(1024) char shared[];
    const Tile::Ring ring = Tile::make_ring(shared);
    const int rank = static_cast<int>(dl::cluster_rank());
    const int m0 = blockIdx.x * 128, n0 = blockIdx.y * 128;
    dl::cluster_sync(); // every barrier of the cluster is ready
    Tile::Position at;
    if (threadIdx.x < 128) {
        dl::give_registers<40>();
        if (threadIdx.x < 32 && dl::elect_one()) {
            constexpr int kHalf = 128 / kCluster; // rows of B that this CTA loads for all
            for (int stage = 0; stage < stages; ++stage) {
                dl::barrier_wait_cluster(ring.empty + at.slot, at.phase ^ 1);
                dl::barrier_arrive_expect(ring.full + at.slot, Tile::kStageBytes); // A and both halves of B
                dl::tensor_load_2d(ring.a(at.slot), &map_a, stage * 64, m0, ring.full + at.slot);
                dl::tensor_load_2d_multicast(ring.b(at.slot) + rank * kHalf * 128, &map_b, stage * 64, n0 + rank * kHalf,
                                             ring.full + at.slot, (1 << kCluster) - 1);
                at.advance();
            }
        }
    } else {
        dl::take_registers<232>();
        const int warpgroup = threadIdx.x / 128 - 1, lane = threadIdx.x % 32;
        Tile::Accumulator acc;
        Tile::consume(acc, ring, warpgroup, stages, at, [&](int slot) { // one lane of each warp for each CTA
            if (lane < kCluster) dl::barrier_arrive_remote(dl::map_to_rank(dl::shared_address(ring.empty + slot), lane));
        });
        Tile::for_each_pair(acc, warpgroup, [&](int row, int column, float c0, float c1) {
            row += m0, column += n0;
            if (row < m && column < n) *reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column) = make_float2(c0, c1);
        });
    }
    __syncwarp();
    dl::cluster_sync(); // no CTA ends while the other may still arrive at its barriers
#endif
}

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_multicast", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(300, 512, 2048, 4096), n = run.pick(200, 520, 2048, 4096), k = run.pick(328, 520, 2048, 4096);
    const auto a = dl::grid_vector<__half>(run.random(), static_cast<size_t>(m) * k, 8, 0.125f),
               b = dl::grid_vector<__half>(run.random(), static_cast<size_t>(n) * k, 8, 0.125f);
    workload::DeviceArray<__half> da(a), db(b);
    workload::DeviceArray<float> dc(static_cast<size_t>(m) * n);
    const auto map_a = dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2, m, k, 128, 64, CU_TENSOR_MAP_SWIZZLE_128B),
               map_b = dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2, n, k, 128 / kCluster, 64, CU_TENSOR_MAP_SWIZZLE_128B);
    dl::allow_shared(multicast, Tile::kSharedBytes);
    const dim3 grid(workload::ceil_div(workload::ceil_div(m, 128), kCluster) * kCluster, workload::ceil_div(n, 128));
    run.launch("gemm", [&] {
        dl::launch_cluster(multicast, grid, dim3(Tile::kThreads), Tile::kSharedBytes, kCluster, map_a, map_b, m, n,
                           workload::ceil_div(k, 64), dc.get());
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k);
    return run.finish();
}
