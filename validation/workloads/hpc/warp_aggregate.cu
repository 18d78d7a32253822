// Atomics joined within a warp: by active mask under divergence, by coalesced groups, by match on the key, against plain atomics.
// Stresses: __activemask, VOTE, FLO/POPC, SHFL under partial masks, ATOM with return, divergence and reconvergence.
#include <algorithm>

#include <cooperative_groups.h>

#include "common/workload.hpp"

namespace cg = cooperative_groups;
constexpr int kBlock = 128;

__device__ int increment_plain(int* counter) { return atomicAdd(counter, 1); }

__device__ int increment_mask(int* counter) {
    const unsigned active = __activemask();
    const int leader = __ffs(static_cast<int>(active)) - 1, lane = threadIdx.x % 32;
    int start = 0;
    if (lane == leader) start = atomicAdd(counter, __popc(active));
    return __shfl_sync(active, start, leader) + __popc(active & ((1u << lane) - 1));
}

__device__ int increment_group(int* counter) {
    const cg::coalesced_group group = cg::coalesced_threads();
    int start = 0;
    if (group.thread_rank() == 0) start = atomicAdd(counter, static_cast<int>(group.size()));
    return group.shfl(start, 0) + static_cast<int>(group.thread_rank());
}

// Keeps what passes the filter, at places handed out by the counter.
template <int Method> __global__ void filter(int n, const unsigned* in, unsigned* out, int* counter) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const unsigned value = in[i];
    // Two nested conditions and a loop of uneven length leave ragged masks.
    if (value % 5 == 0) return;
    for (unsigned k = 0; k < value % 3; ++k) {
        const int place = Method == 0 ? increment_plain(counter) : Method == 1 ? increment_mask(counter) : increment_group(counter);
        out[place] = value + k;
    }
}

// One atomic for each distinct key of a warp, also for 64-bit keys; `hits` counts the atomics spared.
__global__ void sum_by_key(int n, const unsigned* in, unsigned* sums, unsigned long long* wide_sums) {
    const int i = blockIdx.x * kBlock + threadIdx.x, lane = threadIdx.x % 32;
    const unsigned mask = __ballot_sync(0xffffffffu, i < n);
    if (i >= n) return;
    const unsigned key = in[i] % 16;
    const unsigned peers = __match_any_sync(mask, key);
    const unsigned sum = __reduce_add_sync(peers, in[i] >> 4 & 255);
    if (lane == __ffs(static_cast<int>(peers)) - 1) atomicAdd(sums + key, sum);

    const unsigned long long wide_key = static_cast<unsigned long long>(key / 4) << 40 | 1;
    const unsigned wide_peers = __match_any_sync(mask, wide_key);
    if (lane == 31 - __clz(static_cast<int>(wide_peers)))
        atomicAdd(wide_sums + key / 4, static_cast<unsigned long long>(__popc(wide_peers)));
}

int main(int argc, char** argv) {
    workload::Run run("warp_aggregate", argc, argv);
    const int n = run.pick(10'001, 100'001, 1'000'001, 8'000'001), grid = workload::ceil_div(n, kBlock);
    const auto in = run.random().bits_vector(n);
    std::vector<unsigned> expected;
    std::vector<unsigned> sums(16, 0);
    std::vector<unsigned long long> wide_sums(4, 0);
    for (const unsigned value : in) {
        for (unsigned k = 0; value % 5 != 0 && k < value % 3; ++k) expected.push_back(value + k);
        sums[value % 16] += value >> 4 & 255;
        ++wide_sums[value % 16 / 4];
    }
    std::sort(expected.begin(), expected.end());

    workload::DeviceArray<unsigned> din(in), out(2 * n), dsums(16);
    workload::DeviceArray<unsigned long long> dwide_sums(4);
    workload::DeviceArray<int> counter(1);
    const auto test = [&](const char* label, auto kernel) {
        run.launch(
            label, [&] { counter.fill_bytes(0); }, [&] { kernel<<<grid, kBlock>>>(n, din, out, counter); });
        auto kept = out.to_host();
        kept.resize(std::min<std::size_t>(kept.size(), counter.to_host()[0]));
        std::sort(kept.begin(), kept.end());
        run.check_equal(label, kept, expected);
    };
    test("plain", filter<0>);
    test("active mask", filter<1>);
    test("coalesced group", filter<2>);
    run.launch(
        "by key",
        [&] {
            dsums.fill_bytes(0);
            dwide_sums.fill_bytes(0);
        },
        [&] { sum_by_key<<<grid, kBlock>>>(n, din, dsums, dwide_sums); });
    run.check_equal("sums by key", dsums.to_host(), sums);
    run.check_equal("sums by wide key", dwide_sums.to_host(), wide_sums);
    return run.finish();
}
