// Matrix product in bf16 on Hopper: C = A * B^T + bias in bf16, fp32 accumulation, warp-specialised with TMA, mbarriers and setmaxnreg.
// Tiles of 128 x 128 and 128 x 256. Stresses: HGMMA.64x128x16 and 64x256x16, UTMALDG.2D, SYNCS, USETMAXREG, uniform datapath.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

// Requires: n even.
struct BiasEpilogue {
    const __nv_bfloat16* bias;
    __nv_bfloat16* c;
    int n;
    __device__ void operator()(int row, int column, float c0, float c1) const {
        const float2 add = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(bias + column));
        *reinterpret_cast<__nv_bfloat162*>(c + static_cast<size_t>(row) * n + column) = __floats2bfloat162_rn(c0 + add.x, c1 + add.y);
    }
};

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_bf16", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(200, 512, 2048, 4096), n = run.pick(136, 520, 2048, 4096), k = run.pick(200, 520, 2048, 4096);
    const auto a = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(m) * k, 8, 0.125f);
    const auto b = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(n) * k, 8, 0.125f);
    const auto bias = dl::grid_vector<__nv_bfloat16>(run.random(), n, 16, 0.125f);
    workload::DeviceArray<__nv_bfloat16> da(a), db(b), dbias(bias), dc(static_cast<size_t>(m) * n);
    const auto fa = dl::to_floats(a), fb = dl::to_floats(b);

    const auto test = [&](const char* label, auto tile) {
        using Tile = decltype(tile);
        const auto map_a =
            dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, m, k, Tile::kBm, Tile::kStageElements, CU_TENSOR_MAP_SWIZZLE_128B);
        const auto map_b =
            dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, n, k, Tile::kBn, Tile::kStageElements, CU_TENSOR_MAP_SWIZZLE_128B);
        dl::allow_shared(dl::gemm_wgmma<Tile, BiasEpilogue>, Tile::kSharedBytes);
        dc.fill_bytes(0xff);
        run.launch(label, [&] {
            const dim3 grid(workload::ceil_div(n, Tile::kBn), workload::ceil_div(m, Tile::kBm));
            dl::gemm_wgmma<Tile, BiasEpilogue><<<grid, Tile::kThreads, Tile::kSharedBytes>>>(
                map_a, map_b, m, n, workload::ceil_div(k, Tile::kStageElements), BiasEpilogue{dbias, dc, n});
        });
        dl::check_product(run, label, dc.to_host(), fa, fb, m, n, k, {}, [&](double sum, int, int j) {
            return static_cast<float>(__float2bfloat16(static_cast<float>(sum) + static_cast<float>(bias[j])));
        });
    };
    test("128x128", dl::WgmmaTile<dl::Bf16, 128, 4>{});
    test("128x256", dl::WgmmaTile<dl::Bf16, 256, 3>{});
    return run.finish();
}
