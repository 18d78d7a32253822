// Flash-style attention for prefill in fp16 with mma.sync: 64 queries a CTA (16 a warp), blocks of 64 keys through two cp.async buffers, scores and the running output in registers, online
// softmax in base 2, probabilities repacked from accumulator to operand fragments. Causal or not, several query heads to one key head; also stores the logarithm of the sum of exponentials.
// Stresses: HMMA chains, LDSM and LDSM.T, MUFU.EX2, SHFL within quads, register pressure.
#include "common/workload.hpp"
#include "dl/attention.hpp"
#include "dl/reference.hpp"
#include "dl/tensor_core.cuh"

constexpr int kWidth = 64, kBlock = 64, kThreads = 128;
constexpr int kTileBytes = kBlock * kWidth * 2;
constexpr float kLowest = -3.402823466e38f;

__device__ __forceinline__ int offset(int row, int chunk) { return row * 128 + ((chunk ^ (row & 7)) << 4); }

// Starts copying 64 rows of 64 fp16 from a [length][heads][64] tensor into a swizzled tile; rows behind the end are zeros.
__device__ __forceinline__ void load_tile(dl::Word place, const __half* tensor, int first, int length, int row_elements) {
#pragma unroll
    for (int i = 0; i < kBlock * 8 / kThreads; ++i) {
        const int row = (threadIdx.x >> 3) + i * (kThreads / 8), chunk = threadIdx.x & 7;
        const bool valid = first + row < length;
        dl::cp_async_16(place + offset(row, chunk), valid ? tensor + static_cast<size_t>(first + row) * row_elements + chunk * 8 : tensor, valid);
    }
}

// q, y: [batch][length][heads][64]; k, v: [batch][length][heads / group][64]; lse: [batch][heads][length]. Grid: (query blocks, heads, batch).
template <bool kCausal>
__global__ void __launch_bounds__(kThreads) flash(int length, int heads, int group, float scale_log2, const __half* __restrict__ q, const __half* __restrict__ k, const __half* __restrict__ v,
                                                  __half* __restrict__ y, float* __restrict__ lse) {
    __shared__ __align__(128) char shared[5 * kTileBytes]; // Q, two of K, two of V
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, member = lane & 3;
    const int q0 = (gridDim.x - 1 - blockIdx.x) * kBlock; // the longest rows of a causal mask first
    const int head = blockIdx.y, kv_heads = heads / group, kv_row = kv_heads * kWidth;
    const size_t batch = static_cast<size_t>(blockIdx.z) * length;
    const __half* q_head = q + batch * heads * kWidth + head * kWidth;
    const __half* k_head = k + batch * kv_row + head / group * kWidth;
    const __half* v_head = v + batch * kv_row + head / group * kWidth;
    const dl::Word base = dl::shared_address(shared);
    const int keys = kCausal ? min(length, q0 + kBlock) : length, blocks = (keys + kBlock - 1) / kBlock;

    load_tile(base, q_head, q0, length, heads * kWidth);
    load_tile(base + kTileBytes, k_head, 0, length, kv_row);
    load_tile(base + 3 * kTileBytes, v_head, 0, length, kv_row);
    dl::cp_async_commit();

    dl::Word fq[4][4];
    float out[8][4] = {}, row_max[2] = {kLowest, kLowest}, row_sum[2] = {0, 0};
    for (int block = 0; block < blocks; ++block) {
        const int buffer = block & 1;
        if (block + 1 < blocks) {
            load_tile(base + (1 + (buffer ^ 1)) * kTileBytes, k_head, (block + 1) * kBlock, length, kv_row);
            load_tile(base + (3 + (buffer ^ 1)) * kTileBytes, v_head, (block + 1) * kBlock, length, kv_row);
        }
        dl::cp_async_commit();
        dl::cp_async_wait<1>();
        __syncthreads();
        if (block == 0) {
#pragma unroll
            for (int kk = 0; kk < 4; ++kk) dl::ldmatrix_x4(fq[kk], base + offset(warp * 16 + (lane & 15), kk * 2 + (lane >> 4)));
        }

        // Scores of 16 queries and 64 keys.
        float s[8][4] = {};
        const dl::Word place_k = base + (1 + buffer) * kTileBytes, place_v = base + (3 + buffer) * kTileBytes;
#pragma unroll
        for (int kk = 0; kk < 4; ++kk)
#pragma unroll
            for (int j = 0; j < 8; j += 2) {
                dl::Word both[4];
                dl::ldmatrix_x4(both, place_k + offset(j * 8 + (lane & 7) + ((lane >> 4) << 3), kk * 2 + ((lane >> 3) & 1)));
                const dl::Word first[2] = {both[0], both[1]}, second[2] = {both[2], both[3]};
                dl::mma_f16(s[j], fq[kk], first);
                dl::mma_f16(s[j + 1], fq[kk], second);
            }
        const int row0 = q0 + warp * 16 + (lane >> 2);
        if ((kCausal && block == blocks - 1) || (block + 1) * kBlock > length) {
#pragma unroll
            for (int j = 0; j < 8; ++j)
#pragma unroll
                for (int e = 0; e < 4; ++e) {
                    const int key = block * kBlock + j * 8 + member * 2 + (e & 1), query = row0 + (e >> 1) * 8;
                    if (key >= length || (kCausal && key > query)) s[j][e] = kLowest;
                }
        }

        // Online softmax: four lanes hold a row.
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            float largest = row_max[half];
#pragma unroll
            for (int j = 0; j < 8; ++j) largest = fmaxf(largest, fmaxf(s[j][half * 2], s[j][half * 2 + 1]));
            largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 1));
            largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, 2));
            const float shrink = exp2f((row_max[half] - largest) * scale_log2), shift = largest * scale_log2;
            row_max[half] = largest;
            float sum = 0;
#pragma unroll
            for (int j = 0; j < 8; ++j)
#pragma unroll
                for (int e = half * 2; e < half * 2 + 2; ++e) {
                    s[j][e] = exp2f(fmaf(s[j][e], scale_log2, -shift));
                    sum += s[j][e];
                    out[j][e] *= shrink;
                }
            row_sum[half] = row_sum[half] * shrink + sum; // this lane's part; joined at the end
        }

        // out += p * V: two neighbouring score tiles are one 16-wide operand.
#pragma unroll
        for (int kk = 0; kk < 4; ++kk) {
            const dl::Word fp[4] = {dl::pack(__float2half(s[2 * kk][0]), __float2half(s[2 * kk][1])), dl::pack(__float2half(s[2 * kk][2]), __float2half(s[2 * kk][3])),
                                    dl::pack(__float2half(s[2 * kk + 1][0]), __float2half(s[2 * kk + 1][1])), dl::pack(__float2half(s[2 * kk + 1][2]), __float2half(s[2 * kk + 1][3]))};
#pragma unroll
            for (int j = 0; j < 8; j += 2) {
                dl::Word both[4];
                dl::ldmatrix_x4_trans(both, place_v + offset(kk * 16 + (lane & 15), j + (lane >> 4)));
                const dl::Word first[2] = {both[0], both[1]}, second[2] = {both[2], both[3]};
                dl::mma_f16(out[j], fp, first);
                dl::mma_f16(out[j + 1], fp, second);
            }
        }
        __syncthreads(); // the buffers are free for the copy after next
    }

#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float sum = row_sum[half];
        sum += __shfl_xor_sync(0xffffffffu, sum, 1);
        sum += __shfl_xor_sync(0xffffffffu, sum, 2);
        const int query = q0 + warp * 16 + (lane >> 2) + half * 8;
        if (query >= length) continue;
        const float scale = 1.0f / sum;
        __half* row = y + (batch + query) * heads * kWidth + head * kWidth;
#pragma unroll
        for (int j = 0; j < 8; ++j) *reinterpret_cast<__half2*>(row + j * 8 + member * 2) = __floats2half2_rn(out[j][half * 2] * scale, out[j][half * 2 + 1] * scale);
        if (member == 0) lse[(static_cast<size_t>(blockIdx.z) * heads + head) * length + query] = (row_max[half] * scale_log2 + log2f(sum)) * 0.69314718f;
    }
}

int main(int argc, char** argv) {
    workload::Run run("attention_flash_mma", argc, argv);
    const int batch = run.pick(1, 1, 2, 4), heads = run.pick(2, 4, 16, 32), group = 2, length = run.pick(100, 260, 1024, 2048), kv_heads = heads / group;
    const float scale = 0.125f;
    const auto random_half = [&](size_t n, float range) {
        std::vector<__half> values(n);
        for (auto& x : values) x = __float2half(run.random().uniform(-range, range));
        return values;
    };
    const size_t rows = static_cast<size_t>(batch) * length;
    const auto q = random_half(rows * heads * kWidth, 2), k = random_half(rows * kv_heads * kWidth, 2), v = random_half(rows * kv_heads * kWidth, 1);
    const auto fq = dl::to_floats(q), fk = dl::to_floats(k), fv = dl::to_floats(v);
    workload::DeviceArray<__half> q_d(q), k_d(k), v_d(v), y_d(q.size());
    workload::DeviceArray<float> lse_d(rows * heads);
    const dim3 grid(workload::ceil_div(length, kBlock), heads, batch);
    for (const bool causal : {false, true}) {
        const std::string label = causal ? "causal" : "full";
        run.launch(label.c_str(), [&] {
            if (causal) flash<true><<<grid, kThreads>>>(length, heads, group, scale * 1.44269504f, q_d, k_d, v_d, y_d, lse_d);
            else flash<false><<<grid, kThreads>>>(length, heads, group, scale * 1.44269504f, q_d, k_d, v_d, y_d, lse_d);
        });
        const auto y = y_d.to_host();
        const auto lse = lse_d.to_host();
        std::vector<double> found, expected, found_lse, expected_lse;
        const size_t step = run.full_check() ? 1 : 1009;
        for (size_t i = 0; i < rows * heads; i += step) {
            const int head = static_cast<int>(i % heads), query = static_cast<int>(i / heads % length);
            const size_t first = i / heads / length * length;
            const auto row_of = [&](const std::vector<float>& tensor) { return [&](int j) { return tensor.data() + ((first + j) * kv_heads + head / group) * kWidth; }; };
            double log_sum = 0;
            const auto out = dl::attend(fq.data() + i * kWidth, kWidth, causal ? query + 1 : length, scale, row_of(fk), row_of(fv), &log_sum);
            expected.insert(expected.end(), out.begin(), out.end());
            for (int d = 0; d < kWidth; ++d) found.push_back(__half2float(y[i * kWidth + d]));
            expected_lse.push_back(log_sum);
            found_lse.push_back(lse[(i / heads / length * heads + head) * length + query]);
        }
        run.check_close(label.c_str(), found, expected, {1e-3, 1e-3}); // probabilities and result are rounded to fp16
        run.check_close((label + " lse").c_str(), found_lse, expected_lse, {1e-4, 1e-5});
    }
    return run.finish();
}
