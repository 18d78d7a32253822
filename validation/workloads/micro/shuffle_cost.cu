// Latency and throughput of operations across the lanes of a warp: shuffles of each kind, votes, match, reductions; a chain in one warp,
// and many warps at once.
#include "common/measure.hpp"

constexpr int kUnroll = 8;

// One step on `x` with knowledge of the lane; the same in C++ over all 32 lanes for the host.
enum class Step { Index, Up, Down, Butterfly, Ballot, MatchAny, ReduceAdd, ReduceMax };

template <Step Kind> __device__ unsigned step(unsigned x, unsigned lane) {
    const unsigned all = 0xffffffffu;
    if constexpr (Kind == Step::Index) return __shfl_sync(all, x, x) + lane;
    if constexpr (Kind == Step::Up) return __shfl_up_sync(all, x, 1) ^ lane;
    if constexpr (Kind == Step::Down) return __shfl_down_sync(all, x, 5) + lane;
    if constexpr (Kind == Step::Butterfly) return __shfl_xor_sync(all, x, 16) + lane;
    if constexpr (Kind == Step::Ballot) return __ballot_sync(all, x & 1) + lane;
    if constexpr (Kind == Step::MatchAny) return __match_any_sync(all, x & 3) % 61 + lane;
    if constexpr (Kind == Step::ReduceAdd) return __reduce_add_sync(all, x) + lane;
    return __reduce_max_sync(all, x) - lane * x;
}

template <Step Kind> void host_step(std::vector<unsigned>& x) {
    const std::vector<unsigned> old = x;
    unsigned sum = 0, high = 0, ballot = 0;
    for (unsigned lane = 0; lane < 32; ++lane) {
        sum += old[lane];
        high = std::max(high, old[lane]);
        ballot |= (old[lane] & 1) << lane;
    }
    for (unsigned lane = 0; lane < 32; ++lane) {
        unsigned peers = 0;
        for (unsigned other = 0; other < 32; ++other) peers |= static_cast<unsigned>((old[other] & 3) == (old[lane] & 3)) << other;
        const unsigned results[] = {old[old[lane] % 32] + lane,
                                    old[lane >= 1 ? lane - 1 : lane] ^ lane,
                                    old[lane + 5 < 32 ? lane + 5 : lane] + lane,
                                    old[lane ^ 16] + lane,
                                    ballot + lane,
                                    peers % 61 + lane,
                                    sum + lane,
                                    high - lane * old[lane]};
        x[lane] = results[static_cast<int>(Kind)];
    }
}

template <Step Kind> __global__ void chain(int rounds, const unsigned* in, unsigned* out, long long* cycles) {
    const unsigned lane = threadIdx.x % 32, thread = blockIdx.x * blockDim.x + threadIdx.x;
    unsigned x = in[lane];
    __syncthreads();
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int round = 0; round < rounds; ++round) {
#pragma unroll
        for (int k = 0; k < kUnroll; ++k) x = step<Kind>(x, lane);
    }
    const long long stop = workload::read_clock();
    out[thread] = x;
    if (lane == 0) cycles[thread / 32] = stop - start;
}

template <Step Kind> void test(workload::Run& run, const char* name, int rounds) {
    const auto in = run.random().bits_vector(32);
    auto lanes = in;
    for (int k = 0; k < rounds * kUnroll; ++k) host_step<Kind>(lanes);
    workload::DeviceArray<unsigned> din(in);
    for (const int block : {32, run.pick(64, 256, 1024, 1024)}) {
        workload::DeviceArray<unsigned> out(block);
        workload::DeviceArray<long long> cycles(block / 32);
        const std::string label = std::string(name) + ", " + std::to_string(block / 32) + " warps";
        run.launch(label.c_str(), [&] { chain<Kind><<<1, block>>>(rounds, din, out, cycles); });
        std::vector<unsigned> expected;
        for (int warp = 0; warp < block / 32; ++warp) expected.insert(expected.end(), lanes.begin(), lanes.end());
        run.check_equal(label.c_str(), out.to_host(), expected);
        workload::report(run, label.c_str(), cycles.to_host(), static_cast<double>(rounds) * kUnroll);
    }
}

int main(int argc, char** argv) {
    workload::Run run("shuffle_cost", argc, argv);
    const int rounds = run.pick(4, 32, 512, 2048);
    test<Step::Index>(run, "shuffle by index", rounds);
    test<Step::Up>(run, "shuffle up", rounds);
    test<Step::Down>(run, "shuffle down", rounds);
    test<Step::Butterfly>(run, "shuffle butterfly", rounds);
    test<Step::Ballot>(run, "ballot", rounds);
    test<Step::MatchAny>(run, "match any", rounds);
    test<Step::ReduceAdd>(run, "reduce add", rounds);
    test<Step::ReduceMax>(run, "reduce maximum", rounds);
    return run.finish();
}
