// mbarriers between the warps of a CTA. As sm_80 has them: a ring of stages filled by cp.async whose completion arrives at the barrier,
// split arrive and wait by token with work in between, and warps that drop out. As sm_90 has them: several producer warps per stage,
// transaction counts raised step by step, and suspended waiting. Stresses: ARRIVES and SYNCS forms, LDGSTS with barrier arrival, parity and
// token waits, spinning warps.
#include "common/workload.hpp"
#include "dl/barrier80.cuh"
#include "dl/hopper.cuh"

constexpr int kStages = 3, kTile = 64 * 4, kThreads = 128; // a stage: 16 bytes of each of 64 producer threads

// Threads 0 to 63 produce, 64 to 127 consume: sums[cta * 64 + t] = weighted sum over the CTA's tiles of the words that differ from thread t
// by multiples of 64. n tiles a CTA.
__global__ void __launch_bounds__(kThreads) ring80(int tiles, const int4* __restrict__ x, int* __restrict__ sums) {
    __shared__ __align__(16) int stage[kStages][kTile];
    __shared__ dl::sm80::Barrier full[kStages];
    __shared__ dl::sm80::Barrier empty[kStages];
    if (threadIdx.x == 0)
        for (int s = 0; s < kStages; ++s) {
            dl::sm80::barrier_init(&full[s], 64);
            dl::sm80::barrier_init(&empty[s], 64);
        }
    __syncthreads();
    const int4* mine = x + static_cast<size_t>(blockIdx.x) * tiles * 64;
    int slot = 0, parity = 0, sum = 0;
    for (int tile = 0; tile < tiles; ++tile) {
        if (threadIdx.x < 64) {
            dl::sm80::barrier_wait_parity(&empty[slot], parity ^ 1);
            dl::cp_async_16(dl::shared_address(&stage[slot][threadIdx.x * 4]), mine + tile * 64 + threadIdx.x);
            dl::sm80::barrier_arrive_cp_async(&full[slot]);
        } else {
            dl::sm80::barrier_wait_parity(&full[slot], parity);
            for (int i = 0; i < 4; ++i) sum += stage[slot][i * 64 + threadIdx.x - 64] * (tile + i + 1);
            dl::sm80::barrier_arrive(&empty[slot]);
        }
        if (++slot == kStages) slot = 0, parity ^= 1;
    }
    if (threadIdx.x >= 64) sums[blockIdx.x * 64 + threadIdx.x - 64] = sum;
}

// All threads exchange values through shared memory with split barriers; warp w takes part in rounds 0 to 4 * (w + 1) - 1 and drops out in
// the last of them. Round r: the thread reads what the thread `step` further on (within the warps still taking part) wrote in this round.
// Results: the sum of what was read.
__global__ void __launch_bounds__(kThreads) split_and_drop(int* __restrict__ results) {
    __shared__ int values[2][kThreads];
    __shared__ dl::sm80::Barrier written;
    __shared__ dl::sm80::Barrier read;
    if (threadIdx.x == 0) {
        dl::sm80::barrier_init(&written, kThreads);
        dl::sm80::barrier_init(&read, kThreads);
    }
    __syncthreads();
    const int warp = threadIdx.x / 32, last = 4 * (warp + 1) - 1;
    int sum = 0, busy = static_cast<int>(threadIdx.x) + blockIdx.x;
    for (int round = 0; round <= last; ++round) {
        values[round & 1][threadIdx.x] = static_cast<int>(threadIdx.x) * 7 + round;
        const dl::sm80::Token token = dl::sm80::barrier_arrive(&written);
        busy = busy * 1664525 + 1013904223; // work between arriving and waiting
        dl::sm80::barrier_wait(&written, token);
        const int first = round / 4 * 32, count = kThreads - first; // warps below have dropped out
        sum += values[round & 1][first + (threadIdx.x - first + round) % count];
        if (round == last) {
            dl::sm80::barrier_arrive_and_drop(&read);
            dl::sm80::barrier_arrive_and_drop(
                &written); // this is already an arrival of the next round, which no longer counts it afterwards
        } else {
            dl::sm80::barrier_wait(&read, dl::sm80::barrier_arrive(&read));
        }
    }
    results[blockIdx.x * kThreads + threadIdx.x] = sum + (busy == 0);
}

// Two producer warps fill a stage of 2 x 32 words each by ordinary stores, two consumer warps take turns with the stages. Each stage also
// has a chunk that a bulk copy brings, announced apart from the arrivals. The number of stages is even, so that a stage always belongs to
// the same consumer: one that sees only every second phase of a barrier cannot tell by parity whether the phase between has ended.
__global__ void __launch_bounds__(kThreads) ring90(int tiles, const int* __restrict__ x, int* __restrict__ sums) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    constexpr int kTurns = 4;
    __shared__ __align__(128) int bulk[kTurns][64];
    __shared__ int stage[kTurns][64];
    __shared__ dl::Barrier full[kTurns];
    __shared__ dl::Barrier empty[kTurns];
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    if (threadIdx.x == 0) {
        for (int s = 0; s < kTurns; ++s) {
            dl::barrier_init(&full[s], 2);  // one lane of each producer warp
            dl::barrier_init(&empty[s], 1); // one lane of the consumer warp whose turn it is
        }
        dl::fence_barrier_init();
    }
    __syncthreads();
    const int* mine = x + static_cast<size_t>(blockIdx.x) * tiles * 64;
    dl::RingPosition<kTurns> at;
    int sum = 0;
    for (int tile = 0; tile < tiles; ++tile) {
        if (warp < 2) {
            dl::barrier_wait(&empty[at.slot], at.phase ^ 1);
            stage[at.slot][warp * 32 + lane] = tile * 64 + warp * 32 + lane;
            __syncwarp();
            if (lane == 0) {
                if (warp == 0) {
                    dl::barrier_expect(&full[at.slot], 64);
                    dl::barrier_expect(&full[at.slot], 192);
                    dl::bulk_load(dl::shared_address(bulk[at.slot]), mine + tile * 64, 64, &full[at.slot]);
                    dl::bulk_load(dl::shared_address(bulk[at.slot]) + 64, mine + tile * 64 + 16, 192, &full[at.slot]);
                }
                dl::barrier_arrive(&full[at.slot]);
            }
        } else if (tile % 2 == warp - 2) {
            while (!dl::barrier_test(&full[at.slot], at.phase)) {
            }
            for (int i = 0; i < 64; i += 32) sum += stage[at.slot][i + lane] * 3 + bulk[at.slot][i + lane];
            __syncwarp();
            if (lane == 0) dl::barrier_arrive(&empty[at.slot]);
        }
        at.advance();
    }
    if (warp >= 2) sums[blockIdx.x * 64 + threadIdx.x - 64] = sum;
    __syncthreads();
    if (threadIdx.x < kTurns) dl::barrier_invalidate(&full[threadIdx.x]);
#endif
}

int main(int argc, char** argv) {
    workload::Run run("mbarrier_pipeline", argc, argv);
    const int ctas = run.pick(2, 20, 528, 1056), tiles = run.pick(20, 50, 200, 1000);
    const auto x = run.random().integer_vector<int>(static_cast<size_t>(ctas) * tiles * kTile, -100, 100);
    workload::DeviceArray<int> x_d(x), sums_d(static_cast<size_t>(ctas) * 64), results_d(static_cast<size_t>(ctas) * kThreads);
    std::vector<int> sums(static_cast<size_t>(ctas) * 64, 0);
    for (int cta = 0; cta < ctas; ++cta)
        for (int tile = 0; tile < tiles; ++tile)
            for (int i = 0; i < kTile; ++i)
                sums[cta * 64 + i % 64] += x[(static_cast<size_t>(cta) * tiles + tile) * kTile + i] * (tile + i / 64 + 1);
    run.launch("ring", [&] { ring80<<<ctas, kThreads>>>(tiles, reinterpret_cast<const int4*>(x_d.get()), sums_d); });
    run.check_equal("ring", sums_d.to_host(), sums);

    std::vector<int> results;
    for (int i = 0; i < ctas * kThreads; ++i) {
        const int thread = i % kThreads;
        int sum = 0;
        for (int round = 0; round < 4 * (thread / 32 + 1); ++round) {
            const int first = round / 4 * 32;
            sum += (first + (thread - first + round) % (kThreads - first)) * 7 + round;
        }
        results.push_back(sum);
    }
    run.launch("split and drop", [&] { split_and_drop<<<ctas, kThreads>>>(results_d); });
    run.check_equal("split and drop", results_d.to_host(), results);

    if (workload::built_for_sm90()) {
        std::fill(sums.begin(), sums.end(), 0);
        for (int cta = 0; cta < ctas; ++cta)
            for (int tile = 0; tile < tiles; ++tile)
                for (int i = 0; i < 64; ++i)
                    sums[cta * 64 + tile % 2 * 32 + i % 32] += (tile * 64 + i) * 3 + x[(static_cast<size_t>(cta) * tiles + tile) * 64 + i];
        run.launch("ring with transactions", [&] { ring90<<<ctas, kThreads>>>(tiles, x_d, sums_d); });
        run.check_equal("ring with transactions", sums_d.to_host(), sums);
    }
    return run.finish();
}
