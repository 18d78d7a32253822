// The barrier of a cluster: arrive and wait apart with work between, many phases in a row, in clusters of 2, 4 and 8; CTAs of a cluster
// pass a token round in an order that only the barrier keeps, and a prefix sum over the cluster's threads in log steps through distributed
// shared memory. Stresses: UCGABAR_ARV and UCGABAR_WAIT, remote loads, cluster special registers.
#include "common/workload.hpp"
#include "dl/hopper.cuh"
#include "dl/tensor_map.hpp"

constexpr int kThreads = 64;

// In round r the CTA of rank r % size changes the token of its successor: token' = token * 3 + rank + 1. Everyone keeps a sum of what its
// own token is after each round.
__global__ void __launch_bounds__(kThreads) pass_token(int rounds, dl::Word* __restrict__ sums) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ dl::Word token;
    const int rank = static_cast<int>(dl::cluster_rank()), size = static_cast<int>(dl::cluster_size());
    if (threadIdx.x == 0) token = rank;
    dl::cluster_sync();
    dl::Word sum = 0, busy = threadIdx.x;
    for (int round = 0; round < rounds; ++round) {
        if (round % size == rank && threadIdx.x == round % kThreads)
            dl::store_cluster(dl::map_to_rank(dl::shared_address(&token), (rank + 1) % size), token * 3 + rank + 1);
        dl::cluster_arrive();
        busy = busy * 1664525u + 1013904223u; // work between the two halves
        dl::cluster_wait();
        sum += token;
        dl::cluster_arrive_relaxed(); // no one changes a token before all have read
        dl::cluster_wait();
    }
    sums[blockIdx.x * kThreads + threadIdx.x] = sum + (busy == 1u ? 0u : threadIdx.x);
#endif
}

// Inclusive prefix sums of x over all threads of a cluster, by doubling: log2(size * kThreads) steps with two buffers.
__global__ void __launch_bounds__(kThreads) prefix_sum(const dl::Word* __restrict__ x, dl::Word* __restrict__ y) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ dl::Word values[2][kThreads];
    const int rank = static_cast<int>(dl::cluster_rank()), size = static_cast<int>(dl::cluster_size()),
              place = rank * kThreads + threadIdx.x;
    dl::Word sum = x[blockIdx.x * kThreads + threadIdx.x];
    int buffer = 0;
    for (int step = 1; step < size * kThreads; step *= 2, buffer ^= 1) {
        values[buffer][threadIdx.x] = sum;
        dl::cluster_sync();
        const int from = place - step;
        if (from >= 0) sum += dl::load_cluster(dl::map_to_rank(dl::shared_address(&values[buffer][from % kThreads]), from / kThreads));
    }
    dl::cluster_sync(); // no one leaves while others read
    y[blockIdx.x * kThreads + threadIdx.x] = sum;
#endif
}

int main(int argc, char** argv) {
    workload::Run run("cluster_barrier", argc, argv);
    run.needs_sm90a();
    for (const int size : {2, 4, 8}) {
        const int clusters = run.pick(2, 20, 500, 2000), ctas = clusters * size, n = ctas * kThreads, rounds = run.pick(20, 50, 200, 1000);
        const std::string label = "clusters of " + std::to_string(size);
        workload::DeviceArray<dl::Word> sums_d(n);
        run.launch(label.c_str(), [&] { dl::launch_cluster(pass_token, dim3(ctas), dim3(kThreads), 0, size, rounds, sums_d.get()); });
        std::vector<dl::Word> token(size), sums(size, 0), expected;
        for (int r = 0; r < size; ++r) token[r] = r;
        for (int round = 0; round < rounds; ++round) {
            token[(round % size + 1) % size] = token[round % size] * 3 + round % size + 1;
            for (int r = 0; r < size; ++r) sums[r] += token[r];
        }
        // The kernel leaves the thread's number out in the one case that its generator ends at 1, which the host repeats.
        for (int i = 0; i < n; ++i) {
            dl::Word busy = i % kThreads;
            for (int round = 0; round < rounds; ++round) busy = busy * 1664525u + 1013904223u;
            expected.push_back(sums[i / kThreads % size] + (busy == 1u ? 0u : i % kThreads));
        }
        run.check_equal(label.c_str(), sums_d.to_host(), expected);

        const auto x = run.random().bits_vector(n);
        workload::DeviceArray<dl::Word> x_d(x), y_d(n);
        run.launch("prefix sum", [&] {
            dl::launch_cluster(prefix_sum, dim3(ctas), dim3(kThreads), 0, size, static_cast<const dl::Word*>(x_d.get()), y_d.get());
        });
        std::vector<dl::Word> y(n);
        for (int i = 0; i < n; ++i) y[i] = x[i] + (i % (size * kThreads) ? y[i - 1] : 0);
        run.check_equal((label + " prefix sum").c_str(), y_d.to_host(), y);
    }
    return run.finish();
}
