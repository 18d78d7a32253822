// Matrix product in fp16 on Hopper, C = A * B^T in fp16, with fp32 accumulators and with fp16 accumulators (two a register).
// Warp-specialised, TMA, tiles of 128 x 128. Stresses: HGMMA.64x128x16.F16 with both accumulator kinds, UTMALDG.2D, SYNCS.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

// Requires: n even.
struct HalfEpilogue {
    __half* c;
    int n;
    __device__ __half2* at(int row, int column) const { return reinterpret_cast<__half2*>(c + static_cast<size_t>(row) * n + column); }
    __device__ void operator()(int row, int column, float c0, float c1) const { *at(row, column) = __floats2half2_rn(c0, c1); }
    __device__ void operator()(int row, int column, dl::Word packed) const { *reinterpret_cast<dl::Word*>(at(row, column)) = packed; }
};

template <typename Type>
void test(workload::Run& run, const char* label, int m, int n, int k, const std::vector<__half>& a, const std::vector<__half>& b) {
    using Tile = dl::WgmmaTile<Type, 128, 4>;
    workload::DeviceArray<__half> da(a), db(b), dc(static_cast<size_t>(m) * n);
    const auto map_a =
        dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2, m, k, 128, Tile::kStageElements, CU_TENSOR_MAP_SWIZZLE_128B);
    const auto map_b =
        dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2, n, k, 128, Tile::kStageElements, CU_TENSOR_MAP_SWIZZLE_128B);
    dl::allow_shared(dl::gemm_wgmma<Tile, HalfEpilogue>, Tile::kSharedBytes);
    run.launch(label, [&] {
        const dim3 grid(workload::ceil_div(n, 128), workload::ceil_div(m, 128));
        dl::gemm_wgmma<Tile, HalfEpilogue><<<grid, Tile::kThreads, Tile::kSharedBytes>>>(
            map_a, map_b, m, n, workload::ceil_div(k, Tile::kStageElements), HalfEpilogue{dc, n});
    });
    dl::check_product(run, label, dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k, {},
                      [](double sum, int, int) { return __half2float(__float2half(static_cast<float>(sum))); });
}

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_fp16", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(136, 384, 2048, 4096), n = run.pick(120, 400, 2048, 4096), k = run.pick(264, 600, 2048, 4096);
    const size_t size_a = static_cast<size_t>(m) * k, size_b = static_cast<size_t>(n) * k;
    test<dl::F16>(run, "fp32 accumulators", m, n, k, dl::grid_vector<__half>(run.random(), size_a, 8, 0.125f),
                  dl::grid_vector<__half>(run.random(), size_b, 8, 0.125f));
    // Whole numbers below 2048 are exact in fp16, in every partial sum.
    test<dl::F16Acc16>(run, "fp16 accumulators", m, n, k, dl::grid_vector<__half>(run.random(), size_a, 1, 1.0f),
                       dl::grid_vector<__half>(run.random(), size_b, 1, 1.0f));
    return run.finish();
}
