// How a warp's addresses meet sectors and lines: strides of 1 to 32 words, starts off the alignment, permuted lanes, broadcasts, and lanes
// switched off; loads and stores.
#include "common/measure.hpp"

constexpr int kBlock = 128;

enum class Pattern { Strided, Offset, Reversed, Scrambled, Broadcast, EveryOtherLane, Pairs };

// The word that a thread touches in step k.
__host__ __device__ inline unsigned place(Pattern pattern, unsigned parameter, unsigned thread, unsigned k, unsigned threads) {
    const unsigned lane = thread % 32, warp = thread / 32;
    switch (pattern) {
    case Pattern::Strided: return (k * threads + thread) * parameter;
    case Pattern::Offset: return k * threads + thread + parameter;
    case Pattern::Reversed: return k * threads + warp * 32 + 31 - lane;
    case Pattern::Scrambled: return k * threads + warp * 32 + (lane * 11 + 5) % 32;
    case Pattern::Broadcast: return k * threads + warp * 32 + parameter % 32;
    case Pattern::EveryOtherLane: return k * threads + thread;
    default: return k * threads + warp * 32 + lane / 2;
    }
}

__global__ void load(Pattern pattern, unsigned parameter, int steps, const unsigned* in, unsigned* sums, long long* cycles) {
    const unsigned thread = blockIdx.x * kBlock + threadIdx.x, threads = gridDim.x * kBlock;
    unsigned sum = 0;
    const long long start = workload::read_clock();
    if (pattern != Pattern::EveryOtherLane || thread % 2 == 0) {
        for (int k = 0; k < steps; ++k) sum += __ldcg(in + place(pattern, parameter, thread, k, threads));
    }
    sums[thread] = sum;
    if (threadIdx.x % 32 == 0) cycles[thread / 32] = workload::read_clock() - start;
}

__global__ void store(Pattern pattern, unsigned parameter, int steps, unsigned* out) {
    const unsigned thread = blockIdx.x * kBlock + threadIdx.x, threads = gridDim.x * kBlock;
    if (pattern == Pattern::EveryOtherLane && thread % 2 != 0) return;
    for (int k = 0; k < steps; ++k) {
        const unsigned at = place(pattern, parameter, thread, k, threads);
        out[at] = at * 3 + 1;
    }
}

int main(int argc, char** argv) {
    workload::Run run("coalescing", argc, argv);
    const int grid = run.pick(2, 8, 264, 1056), steps = run.pick(4, 8, 8, 8), threads = grid * kBlock;
    const std::size_t words = static_cast<std::size_t>(threads) * steps * 32 + 64;
    const auto values = run.random().bits_vector(words);
    workload::DeviceArray<unsigned> in(values), out(words), sums(threads);
    workload::DeviceArray<long long> cycles(threads / 32);
    const auto test = [&](const std::string& label, Pattern pattern, unsigned parameter) {
        run.launch(("load, " + label).c_str(), [&] { load<<<grid, kBlock>>>(pattern, parameter, steps, in, sums, cycles); });
        out.fill_bytes(0);
        run.launch(("store, " + label).c_str(), [&] { store<<<grid, kBlock>>>(pattern, parameter, steps, out); });
        std::vector<unsigned> expected_sums(threads, 0), expected(words, 0);
        for (int t = 0; t < threads; ++t) {
            if (pattern == Pattern::EveryOtherLane && t % 2 != 0) continue;
            for (int k = 0; k < steps; ++k) {
                const unsigned at = place(pattern, parameter, t, k, threads);
                expected_sums[t] += values[at];
                expected[at] = at * 3 + 1;
            }
        }
        run.check_equal(("load, " + label).c_str(), sums.to_host(), expected_sums);
        run.check_equal(("store, " + label).c_str(), out.to_host(), expected);
        workload::report(run, ("load, " + label).c_str(), cycles.to_host(), steps);
    };
    for (const unsigned stride : {1u, 2u, 3u, 4u, 8u, 16u, 32u}) test("stride " + std::to_string(stride), Pattern::Strided, stride);
    for (const unsigned offset : {1u, 4u, 8u, 17u, 31u}) test("offset " + std::to_string(offset), Pattern::Offset, offset);
    test("reversed", Pattern::Reversed, 0);
    test("scrambled", Pattern::Scrambled, 0);
    test("broadcast", Pattern::Broadcast, 5);
    test("every other lane", Pattern::EveryOtherLane, 0);
    test("pairs", Pattern::Pairs, 0);
    return run.finish();
}
