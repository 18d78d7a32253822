// Stream-K matrix product in bf16 on Hopper: each persistent CTA takes an equal share of all main-loop stages of all tiles. The CTA that
// begins a tile finishes it with the partial sums that the CTAs of the tile's later stages leave in a workspace behind a flag. Producer and
// consumers walk over the same list of pieces. Stresses: HGMMA with short and uneven main loops, release and acquire between CTAs,
// persistent warp specialisation.
#include "common/workload.hpp"
#include "dl/reference.hpp"
#include "dl/sync.cuh"
#include "dl/tensor_map.hpp"
#include "dl/wgmma_gemm.cuh"

using Tile = dl::WgmmaTile<dl::Bf16, 128, 4>;

// A CTA's share of the stages of all tiles, piece by piece, a piece being consecutive stages of one tile.
struct Shares {
    long long total;
    int stages, ctas;
    __device__ int first(int cta) const { return static_cast<int>(total * cta / ctas); }
    template <typename Body> __device__ void for_each_piece(int cta, Body&& body) const {
        for (int at = first(cta), end = first(cta + 1); at < end;) {
            const int tile = at / stages, begin = at - tile * stages, stop = min(stages, begin + end - at);
            body(tile, begin, stop);
            at += stop - begin;
        }
    }
};

// `workspace` is 128 x 128 floats a CTA, `flags` one zero a CTA. Requires: n even, all CTAs resident.
__global__ void __launch_bounds__(Tile::kThreads, 1)
    streamk(const __grid_constant__ CUtensorMap map_a, const __grid_constant__ CUtensorMap map_b, int m, int n, int stages,
            float* __restrict__ c, float* workspace, int* flags) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    extern __shared__ __align__(1024) char shared[];
    const Tile::Ring ring = Tile::make_ring(shared);
    const int tiles_n = (n + 127) / 128, tiles = tiles_n * ((m + 127) / 128), cta = blockIdx.x;
    const Shares shares{static_cast<long long>(stages) * tiles, stages, static_cast<int>(gridDim.x)};
    __syncthreads();
    Tile::Position at;
    if (threadIdx.x < 128) {
        dl::give_registers<40>();
        if (threadIdx.x < 32 && dl::elect_one())
            shares.for_each_piece(cta, [&](int tile, int begin, int end) {
                Tile::produce(ring, &map_a, &map_b, tile / tiles_n * 128, tile % tiles_n * 128, begin, end, at);
            });
        return;
    }
    dl::take_registers<232>();
    const int warpgroup = threadIdx.x / 128 - 1;
    const bool leader = threadIdx.x == 128;
    shares.for_each_piece(cta, [&](int tile, int begin, int end) {
        Tile::Accumulator acc;
        Tile::consume(acc, ring, warpgroup, end - begin, at);
        if (begin != 0) { // not the tile's owner
            float* mine = workspace + static_cast<size_t>(cta) * 128 * 128;
            Tile::for_each_pair(acc, warpgroup, [&](int row, int column, float c0, float c1) {
                __stcg(reinterpret_cast<float2*>(mine + row * 128 + column), make_float2(c0, c1));
            });
            dl::named_barrier(1, 256);
            if (leader) {
                __threadfence();
                dl::store_release(flags + cta, 1);
            }
            return;
        }
        const int tile_end = (tile + 1) * stages;
        for (int other = cta + 1; shares.first(other) < tile_end; ++other) {
            if (shares.first(other) == shares.first(other + 1)) continue; // an empty share
            if (leader) {
                while (dl::load_acquire(flags + other) != 1) __nanosleep(32);
            }
            dl::named_barrier(1, 256);
            const float* theirs = workspace + static_cast<size_t>(other) * 128 * 128;
            Tile::for_each_pair(acc, warpgroup, [&](int row, int column, float& c0, float& c1) {
                const float2 part = __ldcg(reinterpret_cast<const float2*>(theirs + row * 128 + column));
                c0 += part.x, c1 += part.y;
            });
        }
        Tile::for_each_pair(acc, warpgroup, [&](int row, int column, float c0, float c1) {
            row += tile / tiles_n * 128, column += tile % tiles_n * 128;
            if (row < m && column < n) *reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column) = make_float2(c0, c1);
        });
    });
#endif
}

int main(int argc, char** argv) {
    workload::Run run("gemm_wgmma_streamk", argc, argv);
    run.needs_sm90a();
    const int m = run.pick(250, 400, 1408, 2944), n = run.pick(130, 448, 1664, 2944), k = run.pick(328, 520, 2048, 4096);
    int sms = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, 0));
    const int ctas = std::min(sms, run.pick(5, 19, 1000, 1000));
    const auto a = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(m) * k, 4, 0.25f),
               b = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(n) * k, 4, 0.25f);
    workload::DeviceArray<__nv_bfloat16> da(a), db(b);
    workload::DeviceArray<float> dc(static_cast<size_t>(m) * n), workspace(static_cast<size_t>(ctas) * 128 * 128);
    workload::DeviceArray<int> flags(ctas);
    const auto map_a = dl::make_matrix_map(da, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, m, k, 128, 64, CU_TENSOR_MAP_SWIZZLE_128B),
               map_b = dl::make_matrix_map(db, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2, n, k, 128, 64, CU_TENSOR_MAP_SWIZZLE_128B);
    dl::allow_shared(streamk, Tile::kSharedBytes);
    run.launch("gemm", [&] {
        flags.fill_bytes(0);
        streamk<<<ctas, Tile::kThreads, Tile::kSharedBytes>>>(map_a, map_b, m, n, workload::ceil_div(k, 64), dc, workspace, flags);
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k);
    return run.finish();
}
