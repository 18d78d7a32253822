// Persistent matrix product in bf16 on Hopper: as many CTAs as SMs, each walking over output tiles. The producer runs ahead into the next
// tile while the consumers finish the last one: they write it to shared memory with stmatrix and send it off by TMA store, which also clips
// it at the borders. Stresses: overlap of epilogue and main loop, STSM, UTMASTG, bulk groups, named barriers.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

using Tile = dl::WgmmaTile<dl::Bf16, 128, 4>;
constexpr int kOutBytes = 2 * 64 * 128 * 2; // each consumer's 64 x 128 in bf16, as two boxes of 64 columns
constexpr int kSharedBytes = Tile::kSharedBytes + kOutBytes + 1024;

__global__ void __launch_bounds__(Tile::kThreads, 1)
    persistent(const __grid_constant__ CUtensorMap map_a, const __grid_constant__ CUtensorMap map_b,
               const __grid_constant__ CUtensorMap map_c, int tiles_m, int tiles_n, int stages) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    extern __shared__ __align__(1024) char shared[];
    const Tile::Ring ring = Tile::make_ring(shared);
    const dl::Word out = (ring.stages + Tile::kStages * Tile::kStageBytes + 16 * Tile::kStages + 1023u) & ~1023u;
    const int tiles = tiles_m * tiles_n;
    __syncthreads();
    Tile::Position at;
    if (threadIdx.x < 128) {
        dl::give_registers<40>();
        if (threadIdx.x < 32 && dl::elect_one())
            for (int tile = blockIdx.x; tile < tiles; tile += gridDim.x)
                Tile::produce(ring, &map_a, &map_b, tile % tiles_m * 128, tile / tiles_m * 128, 0, stages, at);
        return;
    }
    dl::take_registers<232>();
    const int warpgroup = threadIdx.x / 128 - 1, lane = threadIdx.x % 32, warp = threadIdx.x / 32 % 4;
    const dl::Word mine = out + warpgroup * (kOutBytes / 2);
    for (int tile = blockIdx.x; tile < tiles; tile += gridDim.x) {
        Tile::Accumulator acc;
        Tile::consume(acc, ring, warpgroup, stages, at);
        // The previous tile's store must have read its buffer before it is written again.
        if (threadIdx.x % 128 == 0) dl::bulk_wait_read<0>();
        dl::named_barrier(1 + warpgroup, 128);
        // Four 8 x 8 matrices at a time: rows 0-7 and 8-15 of the warp's sixteen, of two neighbouring column groups.
#pragma unroll
        for (int j = 0; j < 16; j += 2) {
            dl::Word packed[4];
#pragma unroll
            for (int e = 0; e < 4; ++e) {
                const int base = 4 * (j + e / 2) + 2 * (e % 2);
                packed[e] = dl::pack(__float2bfloat16(acc[base]), __float2bfloat16(acc[base + 1]));
            }
            const int row = warp * 16 + lane % 16, column = j * 8 + lane / 16 * 8; // of the matrix row this lane addresses
            dl::stmatrix_x4(mine + column / 64 * 8192 + dl::swizzle_128(row, column % 64 * 2), packed);
        }
        dl::fence_async_shared();
        dl::named_barrier(1 + warpgroup, 128);
        if (threadIdx.x % 128 == 0) {
            const int m0 = tile % tiles_m * 128 + warpgroup * 64, n0 = tile / tiles_m * 128;
            dl::tensor_store_2d(&map_c, n0, m0, mine);
            dl::tensor_store_2d(&map_c, n0 + 64, m0, mine + 8192);
            dl::bulk_commit();
        }
    }
    if (threadIdx.x % 128 == 0) dl::bulk_wait<0>();
#endif
}

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_persistent", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(250, 600, 2048, 8192), n = run.pick(264, 648, 4096, 8192), k = run.pick(136, 264, 2048, 1024);
    int sms = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, 0));
    const int tiles_m = workload::ceil_div(m, 128), tiles_n = workload::ceil_div(n, 128);
    const int ctas = std::min({sms, tiles_m * tiles_n, run.pick(3, 8, 1000, 1000)});
    const auto a = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(m) * k, 8, 0.125f),
               b = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(n) * k, 8, 0.125f);
    workload::DeviceArray<__nv_bfloat16> da(a), db(b), dc(static_cast<size_t>(m) * n);
    const auto map_a = dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, m, k, 128, 64, CU_TENSOR_MAP_SWIZZLE_128B),
               map_b = dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, n, k, 128, 64, CU_TENSOR_MAP_SWIZZLE_128B),
               map_c = dl::make_matrix_map(dc, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, m, n, 64, 64, CU_TENSOR_MAP_SWIZZLE_128B);
    dl::allow_shared(persistent, kSharedBytes);
    run.launch("gemm", [&] {
        persistent<<<ctas, Tile::kThreads, kSharedBytes>>>(map_a, map_b, map_c, tiles_m, tiles_n, workload::ceil_div(k, 64));
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k, {},
                      [](double sum, int, int) { return static_cast<float>(__float2bfloat16(static_cast<float>(sum))); });
    return run.finish();
}
