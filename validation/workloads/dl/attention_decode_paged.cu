// Attention for decoding one token a sequence from a paged key-value cache in fp16: pages of 16 tokens found through a block table,
// sequences of different length, four query heads to a key head, the keys of a sequence split over CTAs, and a second kernel that joins the
// parts. Before that, a kernel appends the new token's key and value to the cache. Stresses: indirect 16-byte loads, FFMA and conversions,
// short shuffles, load imbalance, combination of partial softmaxes.
#include "common/workload.hpp"
#include "dl/attention.hpp"
#include "dl/reference.hpp"

#include <cuda_fp16.h>
#include <numeric>

constexpr int kWidth = 128, kPage = 16, kGroup = 4, kThreads = 128;
constexpr float kLowest = -3.402823466e38f;

struct Cache {
    const int* table; // [sequence][pages_a_sequence]: page numbers
    int pages_a_sequence, kv_heads;
    // Offset of a token's row in a cache of [page][token in page][kv head][width].
    __host__ __device__ size_t row(int sequence, int token, int kv_head) const {
        const int page = table[sequence * pages_a_sequence + token / kPage];
        return ((static_cast<size_t>(page) * kPage + token % kPage) * kv_heads + kv_head) * kWidth;
    }
};

// Writes the row of the last token of each sequence. Grid: (kv heads, sequences); kWidth threads.
__global__ void __launch_bounds__(kWidth) append(Cache cache, const int* __restrict__ lengths, const __half* __restrict__ new_k,
                                                 const __half* __restrict__ new_v, __half* k, __half* v) {
    const int sequence = blockIdx.y, kv_head = blockIdx.x;
    const size_t to = cache.row(sequence, lengths[sequence] - 1, kv_head) + threadIdx.x,
                 from = (static_cast<size_t>(sequence) * cache.kv_heads + kv_head) * kWidth + threadIdx.x;
    k[to] = new_k[from];
    v[to] = new_v[from];
}

__device__ __forceinline__ void to_floats(uint4 packed, float (&f)[8]) {
    const __half2* pairs = reinterpret_cast<const __half2*>(&packed);
#pragma unroll
    for (int e = 0; e < 4; ++e) {
        const float2 pair = __half22float2(pairs[e]);
        f[2 * e] = pair.x, f[2 * e + 1] = pair.y;
    }
}

// One part of the keys of (sequence, query head). Eight lanes share a token (16 elements each), so a warp works on four tokens and the CTA
// on 16: a page. Stores the part's unnormalised output, maximum (times scale, base 2) and sum. Grid: (query heads, sequences, parts).
__global__ void __launch_bounds__(kThreads)
    decode(Cache cache, float scale_log2, const int* __restrict__ lengths, const __half* __restrict__ q, const __half* __restrict__ k,
           const __half* __restrict__ v, float* __restrict__ part_out, float2* __restrict__ part_max_sum) {
    __shared__ float shared_out[16][kWidth];
    __shared__ float2 shared_max_sum[16];
    const int head = blockIdx.x, heads = gridDim.x, sequence = blockIdx.y, part = blockIdx.z, parts = gridDim.z;
    const int slot = threadIdx.x / 8, piece = threadIdx.x % 8; // token within the page, which 8 + 8 elements
    const int length = lengths[sequence], pages = (length + kPage - 1) / kPage;
    const int first = pages * part / parts, last = pages * (part + 1) / parts;

    float query[16];
    const uint4* q_row = reinterpret_cast<const uint4*>(q + (static_cast<size_t>(sequence) * heads + head) * kWidth);
    to_floats(q_row[piece], *reinterpret_cast<float(*)[8]>(&query[0]));
    to_floats(q_row[piece + 8], *reinterpret_cast<float(*)[8]>(&query[8]));
    float out[16] = {}, largest = kLowest, sum = 0;
    for (int page = first; page < last; ++page) {
        const int token = page * kPage + slot;
        if (token >= length) break; // eight lanes together; they meet no more shuffles before the end
        const size_t row = cache.row(sequence, token, head / kGroup);
        const uint4 *k_row = reinterpret_cast<const uint4*>(k + row), *v_row = reinterpret_cast<const uint4*>(v + row);
        float key[8], dot = 0;
        to_floats(__ldg(k_row + piece), key);
#pragma unroll
        for (int e = 0; e < 8; ++e) dot = fmaf(query[e], key[e], dot);
        to_floats(__ldg(k_row + piece + 8), key);
#pragma unroll
        for (int e = 0; e < 8; ++e) dot = fmaf(query[8 + e], key[e], dot);
        const unsigned eight = 0xffu << (threadIdx.x % 32 / 8 * 8);
#pragma unroll
        for (int step = 4; step > 0; step >>= 1) dot += __shfl_xor_sync(eight, dot, step, 8);
        dot *= scale_log2;
        const float next = fmaxf(largest, dot), shrink = exp2f(largest - next), weight = exp2f(dot - next);
        largest = next;
        sum = fmaf(sum, shrink, weight);
        float value[8];
        to_floats(__ldg(v_row + piece), value);
#pragma unroll
        for (int e = 0; e < 8; ++e) out[e] = fmaf(weight, value[e], out[e] * shrink);
        to_floats(__ldg(v_row + piece + 8), value);
#pragma unroll
        for (int e = 0; e < 8; ++e) out[8 + e] = fmaf(weight, value[e], out[8 + e] * shrink);
    }
#pragma unroll
    for (int e = 0; e < 8; ++e) shared_out[slot][piece * 8 + e] = out[e], shared_out[slot][64 + piece * 8 + e] = out[8 + e];
    if (piece == 0) shared_max_sum[slot] = make_float2(largest, sum);
    __syncthreads();
    float all_max = kLowest, all_sum = 0, result = 0;
#pragma unroll
    for (int s = 0; s < 16; ++s) all_max = fmaxf(all_max, shared_max_sum[s].x);
#pragma unroll
    for (int s = 0; s < 16; ++s) {
        const float factor = exp2f(shared_max_sum[s].x - all_max);
        all_sum = fmaf(shared_max_sum[s].y, factor, all_sum);
        result = fmaf(shared_out[s][threadIdx.x], factor, result);
    }
    const size_t place = (static_cast<size_t>(sequence) * heads + head) * parts + part;
    part_out[place * kWidth + threadIdx.x] = result;
    if (threadIdx.x == 0) part_max_sum[place] = make_float2(all_max, all_sum);
}

// Joins the parts. Grid: (query heads, sequences); kWidth threads.
__global__ void __launch_bounds__(kWidth)
    join(int parts, const float* __restrict__ part_out, const float2* __restrict__ part_max_sum, __half* __restrict__ y) {
    const size_t place = static_cast<size_t>(blockIdx.y) * gridDim.x + blockIdx.x;
    float largest = kLowest, sum = 0, result = 0;
    for (int part = 0; part < parts; ++part) largest = fmaxf(largest, part_max_sum[place * parts + part].x);
    for (int part = 0; part < parts; ++part) {
        const float2 ms = part_max_sum[place * parts + part];
        const float factor = exp2f(ms.x - largest);
        sum = fmaf(ms.y, factor, sum);
        result = fmaf(part_out[(place * parts + part) * kWidth + threadIdx.x], factor, result);
    }
    y[place * kWidth + threadIdx.x] = __float2half(result / sum);
}

int main(int argc, char** argv) {
    workload::Run run("attention_decode_paged", argc, argv);
    const int sequences = run.pick(3, 6, 32, 64), kv_heads = run.pick(1, 2, 8, 8), heads = kv_heads * kGroup,
              longest = run.pick(120, 400, 2048, 8192), parts = run.pick(2, 3, 4, 8);
    const float scale = 1.0f / std::sqrt(static_cast<float>(kWidth));
    const int pages_a_sequence = workload::ceil_div(longest, kPage), pages = pages_a_sequence * sequences;
    std::vector<int> lengths(sequences), table(pages);
    for (int& length : lengths) length = 1 + static_cast<int>(run.random().below(longest));
    lengths[0] = longest;
    std::iota(table.begin(), table.end(), 0);
    for (int i = pages - 1; i > 0; --i) std::swap(table[i], table[run.random().below(i + 1)]);

    const auto random_half = [&](size_t n, float range) {
        std::vector<__half> values(n);
        for (auto& x : values) x = __float2half(run.random().uniform(-range, range));
        return values;
    };
    const size_t cache_elements = static_cast<size_t>(pages) * kPage * kv_heads * kWidth;
    auto k = random_half(cache_elements, 2), v = random_half(cache_elements, 1);
    const auto q = random_half(static_cast<size_t>(sequences) * heads * kWidth, 2);
    const auto new_k = random_half(static_cast<size_t>(sequences) * kv_heads * kWidth, 2), new_v = random_half(new_k.size(), 1);

    workload::DeviceArray<int> lengths_d(lengths), table_d(table);
    workload::DeviceArray<__half> k_d(k), v_d(v), q_d(q), new_k_d(new_k), new_v_d(new_v), y_d(q.size());
    workload::DeviceArray<float> part_out_d(static_cast<size_t>(sequences) * heads * parts * kWidth);
    workload::DeviceArray<float2> part_max_sum_d(static_cast<size_t>(sequences) * heads * parts);
    const Cache on_device{table_d, pages_a_sequence, kv_heads}, on_host{table.data(), pages_a_sequence, kv_heads};
    run.launch("append", [&] { append<<<dim3(kv_heads, sequences), kWidth>>>(on_device, lengths_d, new_k_d, new_v_d, k_d, v_d); });
    run.launch("decode", [&] {
        decode<<<dim3(heads, sequences, parts), kThreads>>>(on_device, scale * 1.44269504f, lengths_d, q_d, k_d, v_d, part_out_d,
                                                            part_max_sum_d);
        join<<<dim3(heads, sequences), kWidth>>>(parts, part_out_d, part_max_sum_d, y_d);
    });

    for (int s = 0; s < sequences; ++s)
        for (int h = 0; h < kv_heads; ++h)
            for (int d = 0; d < kWidth; ++d) {
                const size_t to = on_host.row(s, lengths[s] - 1, h) + d, from = (static_cast<size_t>(s) * kv_heads + h) * kWidth + d;
                k[to] = new_k[from], v[to] = new_v[from];
            }
    run.check_equal("keys", k_d.to_host(), k);
    run.check_equal("values", v_d.to_host(), v);
    const auto fq = dl::to_floats(q), fk = dl::to_floats(k), fv = dl::to_floats(v);
    std::vector<double> expected;
    for (int s = 0; s < sequences; ++s)
        for (int h = 0; h < heads; ++h) {
            const auto out = dl::attend(
                fq.data() + (static_cast<size_t>(s) * heads + h) * kWidth, kWidth, lengths[s], scale,
                [&](int j) { return fk.data() + on_host.row(s, j, h / kGroup); },
                [&](int j) { return fv.data() + on_host.row(s, j, h / kGroup); });
            expected.insert(expected.end(), out.begin(), out.end());
        }
    run.check_close("y", y_d.to_host(), expected, {2e-5, 1.0 / 2000}); // rounding to fp16 is 1/2048
    return run.finish();
}
