// Split-K matrix product in bf16 on Hopper for few tiles and a long K: each CTA of a tile takes a share of K, puts its partial sums into
// shared memory and adds them to C in memory with one TMA reduction, which clips at the borders. Stresses: UTMAREDG.ADD.F32, HGMMA, bulk
// groups, contention of reductions in L2.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

using Tile = dl::WgmmaTile<dl::Bf16, 64, 4>;

// Requires: C zeroed, gridDim.z <= stages.
__global__ void __launch_bounds__(Tile::kThreads, 1)
    splitk(const __grid_constant__ CUtensorMap map_a, const __grid_constant__ CUtensorMap map_b, const __grid_constant__ CUtensorMap map_c,
           int stages) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    extern __shared__ __align__(1024) char shared[];
    const Tile::Ring ring = Tile::make_ring(shared);
    const int m0 = blockIdx.y * Tile::kBm, n0 = blockIdx.x * Tile::kBn;
    const int begin = stages * blockIdx.z / gridDim.z, end = stages * (blockIdx.z + 1) / gridDim.z;
    __syncthreads();
    Tile::Position at;
    if (threadIdx.x < 128) {
        dl::give_registers<40>();
        if (threadIdx.x < 32 && dl::elect_one()) {
            Tile::produce(ring, &map_a, &map_b, m0, n0, begin, end, at);
            Tile::drain(ring, at); // the ring's memory becomes the buffer of the results: nothing may still be on its way
        }
        return;
    }
    dl::take_registers<232>();
    const int warpgroup = threadIdx.x / 128 - 1;
    Tile::Accumulator acc;
    Tile::consume(acc, ring, warpgroup, end - begin, at);
    dl::named_barrier(1, 256); // both consumers have read the last stage
    // Rows of 32 floats in a box of 64 x 32, two boxes a warpgroup, unswizzled.
    float* const out = reinterpret_cast<float*>(shared + (ring.stages - dl::shared_address(shared))) + warpgroup * 64 * 64;
    Tile::for_each_pair(acc, warpgroup, [&](int row, int column, float c0, float c1) {
        *reinterpret_cast<float2*>(out + column / 32 * 64 * 32 + (row - warpgroup * 64) * 32 + column % 32) = make_float2(c0, c1);
    });
    dl::fence_async_shared();
    dl::named_barrier(2 + warpgroup, 128);
    if (threadIdx.x % 128 == 0) {
        const dl::Word source = dl::shared_address(out);
        dl::tensor_add_2d(&map_c, n0, m0 + warpgroup * 64, source);
        dl::tensor_add_2d(&map_c, n0 + 32, m0 + warpgroup * 64, source + 64 * 32 * 4);
        dl::bulk_commit();
        dl::bulk_wait<0>();
    }
#endif
}

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_splitk", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(140, 256, 256, 512), n = run.pick(100, 192, 512, 512), k = run.pick(456, 2048, 16384, 65536),
              parts = run.pick(3, 6, 16, 16);
    const auto a = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(m) * k, 4, 0.25f),
               b = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(n) * k, 4, 0.25f);
    workload::DeviceArray<__nv_bfloat16> da(a), db(b);
    workload::DeviceArray<float> dc(static_cast<size_t>(m) * n);
    const auto map_a = dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, m, k, 128, 64, CU_TENSOR_MAP_SWIZZLE_128B),
               map_b = dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, n, k, 64, 64, CU_TENSOR_MAP_SWIZZLE_128B),
               map_c = dl::make_matrix_map(dc, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, m, n, 64, 32, CU_TENSOR_MAP_SWIZZLE_NONE);
    dl::allow_shared(splitk, Tile::kSharedBytes);
    run.launch("gemm", [&] {
        dc.fill_bytes(0);
        splitk<<<dim3(workload::ceil_div(n, 64), workload::ceil_div(m, 128), parts), Tile::kThreads, Tile::kSharedBytes>>>(
            map_a, map_b, map_c, workload::ceil_div(k, 64));
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k);
    return run.finish();
}
