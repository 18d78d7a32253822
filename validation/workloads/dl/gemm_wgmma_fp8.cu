// Matrix products in fp8 on Hopper, bf16 result with scales: e4m3 * e4m3 and e5m2 * e4m3. Warp-specialised, TMA, tiles of 128 x 128.
// Stresses: QGMMA.64x128x32, UTMALDG.2D, SYNCS.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

#include <cuda_fp8.h>

// Requires: n even.
struct ScaledEpilogue {
    const float *row_scale, *column_scale;
    __nv_bfloat16* c;
    int n;
    __device__ void operator()(int row, int column, float c0, float c1) const {
        const float scale = row_scale[row];
        *reinterpret_cast<__nv_bfloat162*>(c + static_cast<size_t>(row) * n + column) =
            __floats2bfloat162_rn(c0 * scale * column_scale[column], c1 * scale * column_scale[column + 1]);
    }
};

template <typename Fp8> std::vector<std::uint8_t> bytes_of(const std::vector<float>& values) {
    std::vector<std::uint8_t> bytes;
    for (const float value : values) bytes.push_back(Fp8(value).__x);
    return bytes;
}

template <typename Type, typename Fp8A> void test(workload::Run& run, const char* label, int m, int n, int k) {
    using Tile = dl::WgmmaTile<Type, 128, 4>;
    // Whole numbers up to 4 are exact in both kinds; the sums stay far below the 2^13 that the fp8 tensor core keeps.
    const auto a = dl::grid_vector<float>(run.random(), static_cast<size_t>(m) * k, 2, 1.0f),
               b = dl::grid_vector<float>(run.random(), static_cast<size_t>(n) * k, 2, 1.0f);
    std::vector<float> row_scale(m), column_scale(n); // powers of two
    for (float& s : row_scale) s = std::ldexp(1.0f, static_cast<int>(run.random().below(5)) - 2);
    for (float& s : column_scale) s = std::ldexp(1.0f, static_cast<int>(run.random().below(5)) - 2);
    workload::DeviceArray<std::uint8_t> da(bytes_of<Fp8A>(a)), db(bytes_of<__nv_fp8_e4m3>(b));
    workload::DeviceArray<float> row_scale_d(row_scale), column_scale_d(column_scale);
    workload::DeviceArray<__nv_bfloat16> dc(static_cast<size_t>(m) * n);
    const auto map_a = dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_UINT8, 1, m, k, 128, 128, CU_TENSOR_MAP_SWIZZLE_128B),
               map_b = dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_UINT8, 1, n, k, 128, 128, CU_TENSOR_MAP_SWIZZLE_128B);
    dl::allow_shared(dl::gemm_wgmma<Tile, ScaledEpilogue>, Tile::kSharedBytes);
    run.launch(label, [&] {
        const dim3 grid(workload::ceil_div(n, 128), workload::ceil_div(m, 128));
        dl::gemm_wgmma<Tile, ScaledEpilogue><<<grid, Tile::kThreads, Tile::kSharedBytes>>>(
            map_a, map_b, m, n, workload::ceil_div(k, 128), ScaledEpilogue{row_scale_d, column_scale_d, dc, n});
    });
    dl::check_product(run, label, dc.to_host(), a, b, m, n, k, {}, [&](double sum, int i, int j) {
        return static_cast<float>(__float2bfloat16(static_cast<float>(sum) * row_scale[i] * column_scale[j]));
    });
}

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_fp8", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(130, 384, 2048, 4096), n = run.pick(128, 400, 2048, 4096), k = run.pick(400, 1040, 2048, 4096);
    test<dl::E4m3, __nv_fp8_e4m3>(run, "e4m3", m, n, k);
    test<dl::E5m2E4m3, __nv_fp8_e5m2>(run, "e5m2", m, n, k);
    return run.finish();
}
