// Quantised matrix product in int8 on Hopper: int32 accumulation, scales of rows (activations) and columns (weights) in the epilogue, fp32
// result. Warp-specialised, TMA, tiles of 128 x 128. Stresses: IGMMA.64x128x32.S8.S8, I2F, UTMALDG.2D, SYNCS.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

using Tile = dl::WgmmaTile<dl::S8, 128, 4>;

// Requires: n even.
struct Dequantise {
    const float *row_scale, *column_scale;
    float* c;
    int n;
    __device__ void operator()(int row, int column, int c0, int c1) const {
        const float scale = row_scale[row];
        *reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column) =
            make_float2(static_cast<float>(c0) * scale * column_scale[column], static_cast<float>(c1) * scale * column_scale[column + 1]);
    }
};

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_int8", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(140, 400, 4096, 8192), n = run.pick(132, 388, 2048, 4096), k = run.pick(400, 1040, 2048, 4096);
    const auto a = run.random().integer_vector<std::int8_t>(static_cast<size_t>(m) * k, -128, 127),
               b = run.random().integer_vector<std::int8_t>(static_cast<size_t>(n) * k, -128, 127);
    const auto row_scale = run.random().uniform_vector<float>(m, 0.001f, 0.01f),
               column_scale = run.random().uniform_vector<float>(n, 0.001f, 0.01f);
    workload::DeviceArray<std::int8_t> da(a), db(b);
    workload::DeviceArray<float> row_scale_d(row_scale), column_scale_d(column_scale), dc(static_cast<size_t>(m) * n);
    const auto map_a = dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_UINT8, 1, m, k, 128, 128, CU_TENSOR_MAP_SWIZZLE_128B),
               map_b = dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_UINT8, 1, n, k, 128, 128, CU_TENSOR_MAP_SWIZZLE_128B);
    dl::allow_shared(dl::gemm_wgmma<Tile, Dequantise>, Tile::kSharedBytes);
    run.launch("gemm", [&] {
        const dim3 grid(workload::ceil_div(n, 128), workload::ceil_div(m, 128));
        dl::gemm_wgmma<Tile, Dequantise><<<grid, Tile::kThreads, Tile::kSharedBytes>>>(map_a, map_b, m, n, workload::ceil_div(k, 128),
                                                                                       Dequantise{row_scale_d, column_scale_d, dc, n});
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k, {},
                      [&](double sum, int i, int j) { return static_cast<float>(sum) * row_scale[i] * column_scale[j]; });
    return run.finish();
}
