// Least-significant-digit radix sort of 32-bit keys, 4 bits a pass: digit counts by tile, scan of the counts, stable scatter with ranks
// from match and ballot.
// Stresses: MATCH.ANY, VOTE, POPC, lane masks, shared counters, irregular scatter.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBits = 4, kDigits = 1 << kBits, kBlock = 256, kWarps = kBlock / 32;

// counts[digit * tiles + tile]
__global__ void count_digits(int n, const unsigned* keys, int shift, int tiles, unsigned* counts) {
    __shared__ unsigned histogram[kDigits];
    if (threadIdx.x < kDigits) histogram[threadIdx.x] = 0;
    __syncthreads();
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i < n) atomicAdd(&histogram[keys[i] >> shift & (kDigits - 1)], 1u);
    __syncthreads();
    if (threadIdx.x < kDigits) counts[threadIdx.x * tiles + blockIdx.x] = histogram[threadIdx.x];
}

// Exclusive scan in place by one CTA: each thread sums a run of its own, then the runs are scanned.
__global__ void scan_counts(int n, unsigned* counts) {
    __shared__ unsigned sums[kBlock];
    const int t = threadIdx.x, length = (n + kBlock - 1) / kBlock, begin = min(t * length, n), end = min(begin + length, n);
    unsigned sum = 0;
    for (int i = begin; i < end; ++i) sum += counts[i];
    sums[t] = sum;
    __syncthreads();
    for (int offset = 1; offset < kBlock; offset *= 2) {
        const unsigned left = t >= offset ? sums[t - offset] : 0;
        __syncthreads();
        sums[t] += left;
        __syncthreads();
    }
    unsigned running = sums[t] - sum;
    for (int i = begin; i < end; ++i) {
        const unsigned count = counts[i];
        counts[i] = running;
        running += count;
    }
}

__global__ void scatter(int n, const unsigned* keys, int shift, int tiles, const unsigned* offsets, unsigned* out) {
    __shared__ unsigned warp_counts[kWarps][kDigits];
    const int t = threadIdx.x, lane = t % 32, warp = t / 32, i = blockIdx.x * kBlock + t;
    if (t < kWarps * kDigits) (&warp_counts[0][0])[t] = 0;
    __syncthreads();
    const bool real = i < n;
    const unsigned key = real ? keys[i] : 0;
    const int digit = real ? static_cast<int>(key >> shift & (kDigits - 1)) : kDigits;
    const unsigned peers = __match_any_sync(0xffffffffu, digit);
    const unsigned rank_in_warp = __popc(peers & ((1u << lane) - 1));
    if (real && rank_in_warp == 0) warp_counts[warp][digit] = __popc(peers);
    __syncthreads();
    if (!real) return;
    unsigned rank = rank_in_warp;
    for (int w = 0; w < warp; ++w) rank += warp_counts[w][digit];
    out[offsets[digit * tiles + blockIdx.x] + rank] = key;
}

// A 1-bit split sort within one CTA, as in the early papers: rank of zeros by ballot, ones after them.
__global__ void split_sort(int n, unsigned* keys) {
    __shared__ unsigned buffer[kBlock], zeros_of_warp[kWarps];
    const int t = threadIdx.x, lane = t % 32, warp = t / 32, i = blockIdx.x * kBlock + t;
    unsigned key = i < n ? keys[i] : 0xffffffffu;
    for (int bit = 0; bit < 32; ++bit) {
        const bool zero = (key >> bit & 1) == 0;
        const unsigned ballot = __ballot_sync(0xffffffffu, zero);
        if (lane == 0) zeros_of_warp[warp] = __popc(ballot);
        const int zeros = __syncthreads_count(zero);
        int rank = __popc(ballot & ((1u << lane) - 1));
        for (int w = 0; w < warp; ++w) rank += zeros_of_warp[w];
        buffer[zero ? rank : zeros + t - rank] = key;
        __syncthreads();
        key = buffer[t];
    }
    if (i < n) keys[i] = key;
}

int main(int argc, char** argv) {
    workload::Run run("radix_sort", argc, argv);
    const int n = run.pick(5'000, 40'003, 500'003, 4'000'003), tiles = workload::ceil_div(n, kBlock);
    const auto start = run.random().bits_vector(n);
    auto expected = start;
    std::sort(expected.begin(), expected.end());
    workload::DeviceArray<unsigned> a(n), b(n), counts(kDigits * tiles);
    run.launch(
        "radix", [&] { a.upload(start); },
        [&] {
            for (int shift = 0; shift < 32; shift += kBits) {
                const bool even = shift / kBits % 2 == 0;
                const unsigned* from = even ? a : b;
                count_digits<<<tiles, kBlock>>>(n, from, shift, tiles, counts);
                scan_counts<<<1, kBlock>>>(kDigits * tiles, counts);
                scatter<<<tiles, kBlock>>>(n, from, shift, tiles, counts, even ? b : a);
            }
        });
    run.check_equal("radix", a.to_host(), expected);

    run.launch(
        "split", [&] { a.upload(start); }, [&] { split_sort<<<tiles, kBlock>>>(n, a); });
    expected = start;
    for (int i = 0; i < n; i += kBlock) std::sort(expected.begin() + i, expected.begin() + std::min(n, i + kBlock));
    run.check_equal("split", a.to_host(), expected);
    return run.finish();
}
