// Selection of the k largest: router of a mixture of experts (64 scores a token, one warp, four rounds of arg-max by shuffles, softmax over
// the winners, counts of tokens per expert), and k = 32 of long rows by radix selection (histograms of 8 bits in shared memory, four
// passes) followed by a bitonic sort of the winners in one warp. Stresses: SHFL arg-max, shared-memory atomics, prefix sums, VOTE-free
// compaction, order-preserving keys, bitonic network.
#include "common/workload.hpp"
#include "dl/reduce.cuh"

#include <algorithm>
#include <numeric>

constexpr int kExperts = 64, kChosen = 4, kTop = 32;

// One warp a token, two scores a lane. Equal scores: the lower index first. counts is zeroed before.
__global__ void __launch_bounds__(128)
    route(int tokens, const float* __restrict__ scores, int* __restrict__ experts, float* __restrict__ weights, int* counts) {
    const int token = blockIdx.x * 4 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (token >= tokens) return;
    float own[2] = {scores[token * kExperts + lane], scores[token * kExperts + lane + 32]};
    float chosen_score = 0, first_score = 0;
    int chosen = 0;
#pragma unroll
    for (int round = 0; round < kChosen; ++round) {
        float best = own[0];
        int index = lane;
        if (own[1] > best) best = own[1], index = lane + 32;
#pragma unroll
        for (int offset = 16; offset > 0; offset >>= 1) {
            const float other = __shfl_xor_sync(dl::kAllLanes, best, offset);
            const int other_index = __shfl_xor_sync(dl::kAllLanes, index, offset);
            if (other > best || (other == best && other_index < index)) best = other, index = other_index;
        }
        if (round == 0) first_score = best;
        if (lane == round) chosen = index, chosen_score = best;
        if (index == lane) own[0] = dl::Max::kNeutral;
        if (index == lane + 32) own[1] = dl::Max::kNeutral;
    }
    const float weight = lane < kChosen ? __expf(chosen_score - first_score) : 0.0f;
    const float sum = dl::warp_reduce<dl::Sum>(weight);
    if (lane < kChosen) {
        experts[token * kChosen + lane] = chosen;
        weights[token * kChosen + lane] = weight / sum;
        atomicAdd(counts + chosen, 1);
    }
}

// Unsigned order of keys is the order of the floats.
__device__ __forceinline__ unsigned key_of(float x) {
    const unsigned bits = __float_as_uint(x);
    return bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u);
}

// One CTA a row: the kTop largest in descending order with their columns. Requires: at least kTop columns, all values distinct.
__global__ void __launch_bounds__(256)
    top_of_row(int columns, const float* __restrict__ x, float* __restrict__ values, int* __restrict__ where) {
    __shared__ int histogram[256];
    __shared__ unsigned shared_prefix;
    __shared__ int shared_wanted;
    __shared__ int winners;
    __shared__ float win_value[kTop];
    __shared__ int win_column[kTop];
    const float* row = x + static_cast<size_t>(blockIdx.x) * columns;
    unsigned prefix = 0, mask = 0; // the bits of the threshold known so far
    int wanted = kTop;             // how many keys with this prefix are still to be taken
    for (int shift = 24; shift >= 0; shift -= 8) {
        histogram[threadIdx.x] = 0;
        __syncthreads();
        for (int i = threadIdx.x; i < columns; i += 256) {
            const unsigned key = key_of(row[i]);
            if ((key & mask) == prefix) atomicAdd(&histogram[key >> shift & 255u], 1);
        }
        __syncthreads();
        // Suffix sums by doubling: afterwards histogram[d] counts the keys with a digit of at least d.
        for (int step = 1; step < 256; step *= 2) {
            const int more = threadIdx.x + step < 256 ? histogram[threadIdx.x + step] : 0;
            __syncthreads();
            histogram[threadIdx.x] += more;
            __syncthreads();
        }
        const int above = threadIdx.x < 255 ? histogram[threadIdx.x + 1] : 0;
        if (histogram[threadIdx.x] >= wanted && above < wanted) { // exactly one thread
            shared_prefix = prefix | threadIdx.x << shift;
            shared_wanted = wanted - above;
        }
        __syncthreads();
        prefix = shared_prefix;
        wanted = shared_wanted;
        mask |= 255u << shift;
    }
    if (threadIdx.x == 0) winners = 0;
    __syncthreads();
    for (int i = threadIdx.x; i < columns; i += 256) {
        const float value = row[i];
        if (key_of(value) >= prefix) {
            const int place = atomicAdd(&winners, 1);
            win_value[place] = value;
            win_column[place] = i;
        }
    }
    __syncthreads();
    if (threadIdx.x >= 32) return;
    const int lane = threadIdx.x;
    float value = win_value[lane];
    int column = win_column[lane];
#pragma unroll
    for (int size = 2; size <= 32; size *= 2)
#pragma unroll
        for (int step = size / 2; step > 0; step /= 2) {
            const float other = __shfl_xor_sync(dl::kAllLanes, value, step);
            const int other_column = __shfl_xor_sync(dl::kAllLanes, column, step);
            const bool descending = (lane & size) == 0, lower = (lane & step) == 0;
            if ((other > value) == (descending == lower)) value = other, column = other_column;
        }
    values[blockIdx.x * kTop + lane] = value;
    where[blockIdx.x * kTop + lane] = column;
}

int main(int argc, char** argv) {
    workload::Run run("topk", argc, argv);
    const int tokens = run.pick(50, 600, 16384, 131072);
    const auto scores = run.random().integer_vector<float>(static_cast<size_t>(tokens) * kExperts, -40, 40); // ties happen
    std::vector<int> experts, counts(kExperts, 0), order(kExperts);
    std::vector<double> weights;
    for (int t = 0; t < tokens; ++t) {
        const float* s = scores.data() + static_cast<size_t>(t) * kExperts;
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return s[a] > s[b]; });
        double sum = 0;
        for (int i = 0; i < kChosen; ++i) sum += std::exp(static_cast<double>(s[order[i]] - s[order[0]]));
        for (int i = 0; i < kChosen; ++i) {
            experts.push_back(order[i]);
            weights.push_back(std::exp(static_cast<double>(s[order[i]] - s[order[0]])) / sum);
            ++counts[order[i]];
        }
    }
    workload::DeviceArray<float> scores_d(scores), weights_d(weights.size());
    workload::DeviceArray<int> experts_d(experts.size()), counts_d(kExperts);
    run.launch("route", [&] {
        counts_d.fill_bytes(0);
        route<<<workload::ceil_div(tokens, 4), 128>>>(tokens, scores_d, experts_d, weights_d, counts_d);
    });
    run.check_equal("experts", experts_d.to_host(), experts);
    run.check_equal("counts", counts_d.to_host(), counts);
    run.check_close("weights", weights_d.to_host(), weights, {1e-7, 1e-5});

    const int rows = run.pick(4, 20, 264, 264), columns = run.pick(500, 3000, 16000, 64000);
    std::vector<float> x(static_cast<size_t>(rows) * columns);
    std::vector<float> values;
    std::vector<int> where;
    for (int r = 0; r < rows; ++r) {
        float* row = x.data() + static_cast<size_t>(r) * columns; // distinct multiples of 1/16 in random order
        for (int i = 0; i < columns; ++i) row[i] = static_cast<float>(i - columns / 2) * 0.0625f + 0.03125f;
        for (int i = columns - 1; i > 0; --i) std::swap(row[i], row[run.random().below(i + 1)]);
        std::vector<int> index(columns);
        std::iota(index.begin(), index.end(), 0);
        std::partial_sort(index.begin(), index.begin() + kTop, index.end(), [&](int a, int b) { return row[a] > row[b]; });
        for (int i = 0; i < kTop; ++i) values.push_back(row[index[i]]), where.push_back(index[i]);
    }
    workload::DeviceArray<float> x_d(x), values_d(values.size());
    workload::DeviceArray<int> where_d(where.size());
    run.launch("top of row", [&] { top_of_row<<<rows, 256>>>(columns, x_d, values_d, where_d); });
    run.check_equal("values", values_d.to_host(), values);
    run.check_equal("where", where_d.to_host(), where);
    return run.finish();
}
