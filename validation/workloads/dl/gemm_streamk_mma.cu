// Stream-K matrix product in fp16: as many CTAs as SMs, each taking an equal share of all main-loop stages of all tiles. The CTA that
// begins a tile finishes it: it waits for the partial sums of the CTAs that took the tile's later stages, which leave them in a workspace
// and raise a flag. Stresses: persistent CTAs, waiting between CTAs (they must be resident together), L2-coherent loads, HMMA main loop.
#include "common/workload.hpp"
#include "dl/gemm_tile.cuh"
#include "dl/reference.hpp"
#include "dl/sync.cuh"

using Gemm = dl::TileGemm<dl::MmaF16, 64, 64, 2, 2, 3>;

// `workspace` is 64 x 64 floats a CTA, `flags` one zero a CTA. Requires: k divisible by 8, n even, all CTAs resident.
__global__ void __launch_bounds__(Gemm::kThreads)
    gemm_streamk(int m, int n, int k, const __half* __restrict__ a, const __half* __restrict__ b, float* __restrict__ c, float* workspace,
                 int* flags) {
    __shared__ __align__(128) char shared[Gemm::kSharedBytes];
    const int stages = (k + Gemm::kStageElements - 1) / Gemm::kStageElements;
    const int tiles_n = (n + 63) / 64, tiles = tiles_n * ((m + 63) / 64);
    const long long total = static_cast<long long>(stages) * tiles;
    const auto first_of = [&](int cta) { return static_cast<int>(total * cta / gridDim.x); };
    int at = first_of(blockIdx.x);
    const int end = first_of(blockIdx.x + 1);

    while (at < end) {
        const int tile = at / stages, begin_stage = at - tile * stages;
        const int end_stage = min(stages, begin_stage + end - at);
        const int m0 = tile / tiles_n * 64, n0 = tile % tiles_n * 64;
        Gemm::Fragment acc = {};
        __syncthreads(); // the previous tile's shared memory has been read
        Gemm::multiply(acc, shared, a, b, m, n, k * 2ll, m0, n0, begin_stage, end_stage);

        if (begin_stage != 0) { // not the tile's owner: leave the partial sum
            float* mine = workspace + static_cast<size_t>(blockIdx.x) * 64 * 64;
            Gemm::for_each_pair(acc, [&](int row, int column, float c0, float c1) {
                __stcg(reinterpret_cast<float2*>(mine + row * 64 + column), make_float2(c0, c1));
            });
            dl::signal_from_cta(flags + blockIdx.x, 1);
        } else {
            // The tile's later stages belong to the next CTAs, up to the one whose share ends in or behind the tile.
            const int tile_end = (tile + 1) * stages;
            for (int other = blockIdx.x + 1; first_of(other) < tile_end; ++other) {
                if (first_of(other) == first_of(other + 1)) continue; // an empty share
                dl::wait_by_cta(flags + other, 1);
                const float* theirs = workspace + static_cast<size_t>(other) * 64 * 64;
                Gemm::for_each_pair(acc, [&](int row, int column, float& c0, float& c1) {
                    const float2 part = __ldcg(reinterpret_cast<const float2*>(theirs + row * 64 + column));
                    c0 += part.x, c1 += part.y;
                });
            }
            Gemm::for_each_pair(acc, [&](int row, int column, float c0, float c1) {
                row += m0, column += n0;
                if (row < m && column < n) *reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column) = make_float2(c0, c1);
            });
        }
        at += end_stage - begin_stage;
    }
}

int main(int argc, char** argv) {
    workload::Run run("gemm_streamk_mma", argc, argv);
    const int m = run.pick(136, 400, 1408, 2944), n = run.pick(100, 448, 1664, 2944), k = run.pick(328, 520, 2048, 4096);
    int sms = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, 0));
    const int ctas = std::min(sms, run.pick(7, 45, 1000, 1000));
    const auto a = dl::grid_vector<__half>(run.random(), static_cast<size_t>(m) * k, 4, 0.25f);
    const auto b = dl::grid_vector<__half>(run.random(), static_cast<size_t>(n) * k, 4, 0.25f);
    workload::DeviceArray<__half> da(a), db(b);
    workload::DeviceArray<float> dc(static_cast<size_t>(m) * n), workspace(static_cast<size_t>(ctas) * 64 * 64);
    workload::DeviceArray<int> flags(ctas);
    run.launch("gemm", [&] {
        flags.fill_bytes(0);
        gemm_streamk<<<ctas, Gemm::kThreads>>>(m, n, k, da, db, dc, workspace, flags);
    });
    dl::check_product(run, "C", dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k);
    return run.finish();
}
