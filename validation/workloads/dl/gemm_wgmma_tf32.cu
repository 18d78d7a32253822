// Matrix product of fp32 data in tf32 on Hopper: C = A * B^T, warp-specialised, TMA, tiles of 128 x 128. The tensor core reads the upper 19
// bits of each element, so the inputs are given with no more. Stresses: HGMMA.64x128x8.F32.TF32, UTMALDG.2D, SYNCS.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

using Tile = dl::WgmmaTile<dl::Tf32, 128, 4>;

// C = alpha * product + beta * C. Requires: n even.
struct Epilogue {
    float alpha, beta;
    float* c;
    int n;
    __device__ void operator()(int row, int column, float c0, float c1) const {
        float2* place = reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column);
        const float2 before = *place;
        *place = make_float2(alpha * c0 + beta * before.x, alpha * c1 + beta * before.y);
    }
};

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_tf32", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(140, 300, 2048, 4096), n = run.pick(100, 320, 2048, 4096), k = run.pick(132, 300, 1024, 2048);
    // Multiples of 1/64 up to 4: nine bits, so that all products and sums are exact.
    const auto a = dl::grid_vector<float>(run.random(), static_cast<size_t>(m) * k, 256, 1.0f / 64),
               b = dl::grid_vector<float>(run.random(), static_cast<size_t>(n) * k, 16, 1.0f / 16);
    const auto c = dl::grid_vector<float>(run.random(), static_cast<size_t>(m) * n, 16, 0.25f);
    workload::DeviceArray<float> da(a), db(b), dc(c);
    const auto map_a =
        dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, m, k, 128, Tile::kStageElements, CU_TENSOR_MAP_SWIZZLE_128B);
    const auto map_b =
        dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_FLOAT32, 4, n, k, 128, Tile::kStageElements, CU_TENSOR_MAP_SWIZZLE_128B);
    dl::allow_shared(dl::gemm_wgmma<Tile, Epilogue>, Tile::kSharedBytes);
    run.launch("gemm", [&] {
        dc.upload(c);
        const dim3 grid(workload::ceil_div(n, 128), workload::ceil_div(m, 128));
        dl::gemm_wgmma<Tile, Epilogue><<<grid, Tile::kThreads, Tile::kSharedBytes>>>(
            map_a, map_b, m, n, workload::ceil_div(k, Tile::kStageElements), Epilogue{2.0f, 0.5f, dc, n});
    });
    dl::check_product(run, "C", dc.to_host(), a, b, m, n, k, {},
                      [&](double sum, int i, int j) { return 2.0 * sum + 0.5 * c[static_cast<size_t>(i) * n + j]; });
    return run.finish();
}
