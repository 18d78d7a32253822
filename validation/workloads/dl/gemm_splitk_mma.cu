// Split-K matrix product in bf16 for shapes with few output tiles and a long K, with three ways to add up the parts: fp32 atomics into a
// zeroed C, a turnstile (CTAs of a tile add one after the other, in order), and a workspace that a second kernel reduces. Stresses:
// RED.ADD.F32, acquire/release flags and spinning between CTAs, __threadfence, HMMA main loop.
#include "common/workload.hpp"
#include "dl/gemm_tile.cuh"
#include "dl/reference.hpp"
#include "dl/sync.cuh"

using Gemm = dl::TileGemm<dl::MmaBf16, 64, 64, 2, 2, 3>;

enum class Way { Atomic, Turnstile, Workspace };

// CTA z of a tile takes every stage in [z, z + 1) * stages / gridDim.z. `c` is m x n fp32, or gridDim.z of them for Way::Workspace; `turn`
// is one zero a tile. Requires: k divisible by 8, n even; for the turnstile that CTAs of lower z start first.
template <Way way>
__global__ void __launch_bounds__(Gemm::kThreads)
    gemm_splitk(int m, int n, int k, const __nv_bfloat16* __restrict__ a, const __nv_bfloat16* __restrict__ b, float* c, int* turn) {
    __shared__ __align__(128) char shared[Gemm::kSharedBytes];
    const int m0 = blockIdx.y * 64, n0 = blockIdx.x * 64, part = blockIdx.z, parts = gridDim.z;
    const int stages = (k + Gemm::kStageElements - 1) / Gemm::kStageElements;
    Gemm::Fragment acc = {};
    Gemm::multiply(acc, shared, a, b, m, n, k * 2ll, m0, n0, stages * part / parts, stages * (part + 1) / parts);

    int* my_turn = turn + blockIdx.y * gridDim.x + blockIdx.x;
    if constexpr (way == Way::Turnstile) dl::wait_by_cta(my_turn, part);
    Gemm::for_each_pair(acc, [&](int row, int column, float c0, float c1) {
        row += m0, column += n0;
        if (row >= m || column >= n) return;
        float2* place = reinterpret_cast<float2*>(c + static_cast<size_t>(row) * n + column);
        if constexpr (way == Way::Atomic) {
            atomicAdd(&place->x, c0);
            atomicAdd(&place->y, c1);
        } else if constexpr (way == Way::Workspace) {
            place[static_cast<size_t>(part) * m * n / 2] = make_float2(c0, c1);
        } else {
            const float2 before = part == 0 ? make_float2(0, 0) : __ldcg(place);
            __stcg(place, make_float2(before.x + c0, before.y + c1));
        }
    });
    if constexpr (way == Way::Turnstile) dl::signal_from_cta(my_turn, part + 1 == parts ? 0 : part + 1);
}

__global__ void add_parts(int count, int parts, const float* __restrict__ workspace, float* __restrict__ c) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    float sum = 0;
    for (int part = 0; part < parts; ++part) sum += workspace[static_cast<size_t>(part) * count + i];
    c[i] = sum;
}

int main(int argc, char** argv) {
    workload::Run run("gemm_splitk_mma", argc, argv);
    const int m = run.pick(80, 128, 256, 512), n = run.pick(64, 192, 256, 512), k = run.pick(712, 4096, 32768, 65536),
              parts = run.pick(5, 8, 16, 16);
    const auto a = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(m) * k, 4, 0.25f);
    const auto b = dl::grid_vector<__nv_bfloat16>(run.random(), static_cast<size_t>(n) * k, 4, 0.25f);
    const dim3 grid(workload::ceil_div(n, 64), workload::ceil_div(m, 64), parts);
    workload::DeviceArray<__nv_bfloat16> da(a), db(b);
    workload::DeviceArray<float> dc(static_cast<size_t>(m) * n), workspace(static_cast<size_t>(m) * n * parts);
    workload::DeviceArray<int> turn(static_cast<size_t>(grid.x) * grid.y);
    turn.fill_bytes(0);
    const auto check = [&](const char* label) { dl::check_product(run, label, dc.to_host(), dl::to_floats(a), dl::to_floats(b), m, n, k); };

    run.launch("atomic", [&] {
        dc.fill_bytes(0);
        gemm_splitk<Way::Atomic><<<grid, Gemm::kThreads>>>(m, n, k, da, db, dc, turn);
    });
    check("atomic");
    dc.fill_bytes(0xff);
    run.launch("turnstile", [&] { gemm_splitk<Way::Turnstile><<<grid, Gemm::kThreads>>>(m, n, k, da, db, dc, turn); });
    check("turnstile");
    dc.fill_bytes(0xff);
    run.launch("workspace", [&] {
        gemm_splitk<Way::Workspace><<<grid, Gemm::kThreads>>>(m, n, k, da, db, workspace, turn);
        add_parts<<<workload::ceil_div(m * n, 256), 256>>>(m * n, parts, workspace, dc);
    });
    check("workspace");
    return run.finish();
}
