// Flash-style attention on Hopper in fp16: a producer warp loads keys and values by TMA, two consumer warpgroups hold 64 queries each;
// scores by wgmma from shared memory, probabilities go back to wgmma as an operand in registers, values are read transposed (N-major).
// Causal or not, two query heads to a key head. Stresses: HGMMA with register operand and transposed B, UTMALDG, MUFU.EX2, SHFL in quads,
// setmaxnreg.
#include "common/workload.hpp"
#include "dl/attention.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_map.hpp"
#include "dl/wgmma.cuh"

constexpr int kWidth = 64, kBlock = 64, kQueries = 128, kStages = 2, kThreads = 384, kTileBytes = kBlock * kWidth * 2;
constexpr int kSharedBytes = (2 + 2 * kStages) * kTileBytes + 64 + 1024;

// q, y: [batch * length][heads][64]; k, v: [batch * length][heads / group][64], seen by the maps as matrices. Grid: (query blocks, heads,
// batch).
template <bool kCausal>
__global__ void __launch_bounds__(kThreads, 1)
    flash(const __grid_constant__ CUtensorMap map_q, const __grid_constant__ CUtensorMap map_k, const __grid_constant__ CUtensorMap map_v,
          int length, int heads, int group, float scale_log2, __half* __restrict__ y) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    constexpr float kLowest = -3.402823466e38f;
    extern __shared__ __align__(1024) char shared[];
    const dl::Word raw = dl::shared_address(shared), base = (raw + 1023u) & ~1023u;
    dl::Barrier* const barriers = reinterpret_cast<dl::Barrier*>(shared + (base - raw) + (2 + 2 * kStages) * kTileBytes);
    dl::Barrier *const full_q = barriers, *const full = barriers + 1, *const empty = full + kStages;
    const int q0 = blockIdx.x * kQueries, head = blockIdx.y, first_row = blockIdx.z * length;
    const int keys = kCausal ? min(length, q0 + kQueries) : length, blocks = (keys + kBlock - 1) / kBlock;
    if (threadIdx.x == 0) {
        dl::barrier_init(full_q, 1);
        for (int s = 0; s < kStages; ++s) {
            dl::barrier_init(full + s, 1);
            dl::barrier_init(empty + s, 8);
        }
        dl::fence_barrier_init();
    }
    __syncthreads();
    const auto place_k = [&](int slot) { return base + (2 + slot) * kTileBytes; };
    const auto place_v = [&](int slot) { return base + (2 + kStages + slot) * kTileBytes; };
    dl::RingPosition<kStages> at;
    if (threadIdx.x < 128) {
        dl::give_registers<40>();
        if (threadIdx.x < 32 && dl::elect_one()) {
            dl::barrier_arrive_expect(full_q, 2 * kTileBytes);
            dl::tensor_load_2d(base, &map_q, head * kWidth, first_row + q0, full_q);
            dl::tensor_load_2d(base + kTileBytes, &map_q, head * kWidth, first_row + q0 + 64, full_q);
            for (int block = 0; block < blocks; ++block) { // rows behind this sequence are another's, or zeros: masked below
                dl::barrier_wait(empty + at.slot, at.phase ^ 1);
                dl::barrier_arrive_expect(full + at.slot, 2 * kTileBytes);
                dl::tensor_load_2d(place_k(at.slot), &map_k, head / group * kWidth, first_row + block * kBlock, full + at.slot);
                dl::tensor_load_2d(place_v(at.slot), &map_v, head / group * kWidth, first_row + block * kBlock, full + at.slot);
                at.advance();
            }
        }
        return;
    }
    dl::take_registers<232>();
    const int warpgroup = threadIdx.x / 128 - 1, lane = threadIdx.x % 32, member = lane % 4;
    const int first_query = q0 + warpgroup * 64, query = first_query + threadIdx.x / 32 % 4 * 16 + lane / 4; // and query + 8
    float out[32], row_max[2] = {kLowest, kLowest}, row_sum[2] = {0, 0};
#pragma unroll
    for (int i = 0; i < 32; ++i) out[i] = 0;
    dl::barrier_wait(full_q, 0);
    for (int block = 0; block < blocks; ++block) {
        dl::barrier_wait(full + at.slot, at.phase);
        float s[32];
        dl::wgmma_fence();
#pragma unroll
        for (int step = 0; step < 4; ++step)
            dl::wgmma<dl::F16>(s, dl::descriptor_128(base + warpgroup * kTileBytes) + step * 2,
                               dl::descriptor_128(place_k(at.slot)) + step * 2, step > 0);
        dl::wgmma_commit();
        dl::wgmma_wait<0>();

        if ((kCausal && (block + 1) * kBlock > first_query) || (block + 1) * kBlock > length) {
#pragma unroll
            for (int i = 0; i < 32; ++i) {
                const int key = block * kBlock + i / 4 * 8 + member * 2 + i % 2;
                if (key >= length || (kCausal && key > query + i % 4 / 2 * 8)) s[i] = kLowest;
            }
        }
#pragma unroll
        for (int half = 0; half < 2; ++half) { // four lanes hold a row
            float largest = row_max[half];
#pragma unroll
            for (int j = 0; j < 8; ++j) largest = fmaxf(largest, fmaxf(s[4 * j + 2 * half], s[4 * j + 2 * half + 1]));
            largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 1));
            largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 2));
            const float shrink = exp2f((row_max[half] - largest) * scale_log2), shift = largest * scale_log2;
            row_max[half] = largest;
            float sum = 0;
#pragma unroll
            for (int j = 0; j < 8; ++j)
#pragma unroll
                for (int e = 0; e < 2; ++e) {
                    const int i = 4 * j + 2 * half + e;
                    s[i] = exp2f(fmaf(s[i], scale_log2, -shift));
                    sum += s[i];
                    out[i] *= shrink;
                }
            row_sum[half] = row_sum[half] * shrink + sum;
        }
        dl::Word p[4][4]; // sixteen keys each, as an A operand
#pragma unroll
        for (int step = 0; step < 4; ++step)
#pragma unroll
            for (int e = 0; e < 4; ++e) p[step][e] = dl::pack(__float2half(s[8 * step + 2 * e]), __float2half(s[8 * step + 2 * e + 1]));
        dl::wgmma_fence();
#pragma unroll
        for (int step = 0; step < 4; ++step) dl::wgmma<dl::F16>(out, p[step], dl::descriptor_128(place_v(at.slot) + step * 16 * 128), 1);
        dl::wgmma_commit();
        dl::wgmma_wait<0>();
        if (lane == 0) dl::barrier_arrive(empty + at.slot);
        at.advance();
    }
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float sum = row_sum[half];
        sum += __shfl_xor_sync(0xffffffffu, sum, 1);
        sum += __shfl_xor_sync(0xffffffffu, sum, 2);
        if (query + half * 8 >= length) continue;
        const float scale = 1.0f / sum;
        __half* row = y + (static_cast<size_t>(first_row) + query + half * 8) * heads * kWidth + head * kWidth;
#pragma unroll
        for (int j = 0; j < 8; ++j)
            *reinterpret_cast<__half2*>(row + j * 8 + member * 2) =
                __floats2half2_rn(out[4 * j + 2 * half] * scale, out[4 * j + 2 * half + 1] * scale);
    }
#endif
}

int main(int argc, char** argv) {
    workload::Run run("attention_flash_wgmma", argc, argv);
    run.needs_sm90a();
    const int batch = run.pick(2, 2, 2, 4), heads = run.pick(2, 4, 16, 32), group = 2, length = run.pick(150, 300, 2048, 4096),
              kv_heads = heads / group, rows = batch * length;
    const auto random_half = [&](size_t n, float range) {
        std::vector<__half> values(n);
        for (auto& x : values) x = __float2half(run.random().uniform(-range, range));
        return values;
    };
    const auto q = random_half(static_cast<size_t>(rows) * heads * kWidth, 2),
               k = random_half(static_cast<size_t>(rows) * kv_heads * kWidth, 2), v = random_half(k.size(), 1);
    const auto fq = dl::to_floats(q), fk = dl::to_floats(k), fv = dl::to_floats(v);
    workload::DeviceArray<__half> q_d(q), k_d(k), v_d(v), y_d(q.size());
    const auto map = [&](const __half* data, int heads_of) {
        return dl::make_matrix_map(data, CU_TENSOR_MAP_DATA_TYPE_FLOAT16, 2, rows, heads_of * kWidth, kBlock, kWidth,
                                   CU_TENSOR_MAP_SWIZZLE_128B);
    };
    const auto map_q = map(q_d, heads), map_k = map(k_d, kv_heads), map_v = map(v_d, kv_heads);
    dl::allow_shared(flash<true>, kSharedBytes);
    dl::allow_shared(flash<false>, kSharedBytes);
    const dim3 grid(workload::ceil_div(length, kQueries), heads, batch);
    for (const bool causal : {false, true}) {
        const char* label = causal ? "causal" : "full";
        run.launch(label, [&] {
            if (causal) flash<true><<<grid, kThreads, kSharedBytes>>>(map_q, map_k, map_v, length, heads, group, 0.125f * 1.44269504f, y_d);
            else flash<false><<<grid, kThreads, kSharedBytes>>>(map_q, map_k, map_v, length, heads, group, 0.125f * 1.44269504f, y_d);
        });
        const auto y = y_d.to_host();
        std::vector<double> found, expected;
        const int step = run.full_check() ? 1 : 4099;
        for (int i = 0; i < rows * heads; i += step) {
            const int head = i % heads, query = i / heads % length;
            const size_t first = static_cast<size_t>(i / heads / length) * length;
            const auto row_of = [&](const std::vector<float>& tensor) {
                return [&, first](int j) { return tensor.data() + ((first + j) * kv_heads + head / group) * kWidth; };
            };
            const auto out =
                dl::attend(fq.data() + static_cast<size_t>(i) * kWidth, kWidth, causal ? query + 1 : length, 0.125, row_of(fk), row_of(fv));
            expected.insert(expected.end(), out.begin(), out.end());
            for (int d = 0; d < kWidth; ++d) found.push_back(__half2float(y[static_cast<size_t>(i) * kWidth + d]));
        }
        run.check_close(label, found, expected, {1e-3, 1e-3}); // probabilities and result are rounded to fp16
    }
    return run.finish();
}
