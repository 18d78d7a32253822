// Stream compaction: the elements that satisfy a predicate, kept in order (ballot, block scan, offsets from a first pass) or in any order
// (one atomic a warp), and partition into two ends.
// Stresses: VOTE, POPC, lane masks, block scans, atomics that return.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 256, kWarps = kBlock / 32;

__device__ bool wanted(unsigned value) { return value % 3 == 0; }

__global__ void count_wanted(int n, const unsigned* in, unsigned* counts) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    const int count = __syncthreads_count(i < n && wanted(in[i]));
    if (threadIdx.x == 0) counts[blockIdx.x] = count;
}

// Turns counts into starts; one thread, for few blocks.
__global__ void scan_serial(int n, unsigned* counts, unsigned* total) {
    unsigned sum = 0;
    for (int i = 0; i < n; ++i) {
        const unsigned count = counts[i];
        counts[i] = sum;
        sum += count;
    }
    *total = sum;
}

__global__ void compact_stable(int n, const unsigned* in, const unsigned* starts, unsigned* out) {
    __shared__ unsigned warp_counts[kWarps];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, i = blockIdx.x * kBlock + threadIdx.x;
    const unsigned value = i < n ? in[i] : 0;
    const bool keep = i < n && wanted(value);
    const unsigned ballot = __ballot_sync(0xffffffffu, keep);
    if (lane == 0) warp_counts[warp] = __popc(ballot);
    __syncthreads();
    if (!keep) return;
    unsigned position = starts[blockIdx.x] + __popc(ballot & ((1u << lane) - 1));
    for (int w = 0; w < warp; ++w) position += warp_counts[w];
    out[position] = value;
}

__global__ void compact_unordered(int n, const unsigned* in, unsigned* out, unsigned* total) {
    const int lane = threadIdx.x % 32;
    for (int i = blockIdx.x * kBlock + threadIdx.x; i - lane < n; i += gridDim.x * kBlock) {
        const unsigned value = i < n ? in[i] : 0;
        const bool keep = i < n && wanted(value);
        const unsigned ballot = __ballot_sync(0xffffffffu, keep);
        if (ballot == 0) continue;
        const int leader = __ffs(ballot) - 1;
        unsigned start = 0;
        if (lane == leader) start = atomicAdd(total, static_cast<unsigned>(__popc(ballot)));
        start = __shfl_sync(0xffffffffu, start, leader);
        if (keep) out[start + __popc(ballot & ((1u << lane) - 1))] = value;
    }
}

// Wanted elements grow from the front, the others from the back.
__global__ void partition_two_ends(int n, const unsigned* in, unsigned* out, int* front, int* back) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    const unsigned value = in[i];
    if (wanted(value)) {
        out[atomicAdd(front, 1)] = value;
    } else {
        out[n - 1 - atomicAdd(back, 1)] = value;
    }
}

int main(int argc, char** argv) {
    workload::Run run("compaction", argc, argv);
    const int n = run.pick(15'001, 150'001, 2'000'003, 16'000'003), blocks = workload::ceil_div(n, kBlock);
    const auto in = run.random().bits_vector(n);
    std::vector<unsigned> kept, dropped;
    for (const unsigned value : in) (value % 3 == 0 ? kept : dropped).push_back(value);

    workload::DeviceArray<unsigned> din(in), out(n), counts(blocks), total(1);
    const auto front_of = [](std::vector<unsigned> all, std::size_t count) {
        all.resize(std::min(all.size(), count));
        return all;
    };
    run.launch("stable", [&] {
        count_wanted<<<blocks, kBlock>>>(n, din, counts);
        scan_serial<<<1, 1>>>(blocks, counts, total);
        compact_stable<<<blocks, kBlock>>>(n, din, counts, out);
    });
    run.check_equal("stable", front_of(out.to_host(), total.to_host()[0]), kept);

    run.launch(
        "unordered", [&] { total.fill_bytes(0); }, [&] { compact_unordered<<<std::min(blocks, 264), kBlock>>>(n, din, out, total); });
    auto found = front_of(out.to_host(), total.to_host()[0]);
    std::sort(found.begin(), found.end());
    std::sort(kept.begin(), kept.end());
    run.check_equal("unordered", found, kept);

    workload::DeviceArray<int> ends(2);
    run.launch(
        "two ends", [&] { ends.fill_bytes(0); }, [&] { partition_two_ends<<<blocks, kBlock>>>(n, din, out, ends.get(), ends.get() + 1); });
    auto all = out.to_host();
    std::sort(all.begin(), all.begin() + static_cast<long>(kept.size()));
    std::sort(all.begin() + static_cast<long>(kept.size()), all.end());
    std::sort(dropped.begin(), dropped.end());
    kept.insert(kept.end(), dropped.begin(), dropped.end());
    run.check_equal("two ends", all, kept);
    return run.finish();
}
