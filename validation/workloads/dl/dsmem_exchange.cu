// Distributed shared memory in clusters of four: a ring shift by remote loads and by remote stores, a histogram whose bins are spread over
// the CTAs with remote reductions, asynchronous remote stores and reductions that complete bytes at the receiver's barrier, and bulk copies
// from shared memory to shared memory. Stresses: MAPA, LD and ST on shared::cluster, ATOMS and REDs to remote shared memory, ST.ASYNC,
// RED.ASYNC, UBLKCP between CTAs.
#include "common/workload.hpp"
#include "dl/hopper.cuh"
#include "dl/tensor_map.hpp"

constexpr int kCluster = 4, kThreads = 128, kBins = 64; // bins of one CTA

// Each CTA holds kThreads words; afterwards y = the neighbour's word + that of the one before, the first by remote load, the second by
// remote store.
__global__ void __launch_bounds__(kThreads) ring_shift(const dl::Word* __restrict__ x, dl::Word* __restrict__ y) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ dl::Word own[kThreads];
    __shared__ dl::Word received[kThreads];
    const int rank = static_cast<int>(dl::cluster_rank()), size = static_cast<int>(dl::cluster_size()),
              i = blockIdx.x * kThreads + threadIdx.x;
    own[threadIdx.x] = x[i];
    dl::cluster_sync();
    const dl::Word from_next = dl::load_cluster(dl::map_to_rank(dl::shared_address(&own[threadIdx.x]), (rank + 1) % size));
    dl::store_cluster(dl::map_to_rank(dl::shared_address(&received[kThreads - 1 - threadIdx.x]), (rank + 1) % size), own[threadIdx.x]);
    dl::cluster_sync();
    y[i] = from_next + 3 * received[threadIdx.x];
#endif
}

// counts[cluster][bin]: how many of the cluster's words have the value `bin` in their low bits. Bins are kept kBins to a CTA.
__global__ void __launch_bounds__(kThreads) histogram(int words, const dl::Word* __restrict__ x, dl::Word* __restrict__ counts) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ dl::Word bins[kBins];
    if (threadIdx.x < kBins) bins[threadIdx.x] = 0;
    dl::cluster_sync();
    const dl::Word* mine = x + static_cast<size_t>(blockIdx.x) * words;
    for (int i = threadIdx.x; i < words; i += kThreads) {
        const int bin = static_cast<int>(mine[i] % (kBins * kCluster));
        dl::add_cluster(dl::map_to_rank(dl::shared_address(&bins[bin % kBins]), bin / kBins), 1);
    }
    dl::cluster_sync();
    if (threadIdx.x < kBins) counts[blockIdx.x * kBins + threadIdx.x] = bins[threadIdx.x];
#endif
}

// Each CTA sends its word t to word t of every other CTA's slot for it by st.async and adds it to word t of their totals by red.async; the
// barrier of a receiver expects the bytes of three senders.
__global__ void __launch_bounds__(kThreads) send_async(const dl::Word* __restrict__ x, dl::Word* __restrict__ y) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ dl::Word slots[kCluster][kThreads];
    __shared__ dl::Word totals[kThreads];
    __shared__ dl::Barrier arrived;
    const int rank = static_cast<int>(dl::cluster_rank()), i = blockIdx.x * kThreads + threadIdx.x;
    const dl::Word value = x[i];
    slots[rank][threadIdx.x] = value;
    totals[threadIdx.x] = value;
    if (threadIdx.x == 0) {
        dl::barrier_init(&arrived, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&arrived, (kCluster - 1) * kThreads * 8);
    }
    dl::cluster_sync();
    for (int step = 1; step < kCluster; ++step) {
        const int to = (rank + step) % kCluster;
        const dl::Word barrier = dl::map_to_rank(dl::shared_address(&arrived), to);
        dl::store_async(dl::map_to_rank(dl::shared_address(&slots[rank][threadIdx.x]), to), value, barrier);
        dl::add_async(dl::map_to_rank(dl::shared_address(&totals[threadIdx.x]), to), value, barrier);
    }
    dl::barrier_wait_cluster(&arrived, 0);
    dl::Word sum = totals[threadIdx.x];
    for (int sender = 0; sender < kCluster; ++sender) sum = sum * 5 + slots[sender][threadIdx.x];
    y[i] = sum;
    dl::cluster_sync();
#endif
}

// All-to-all by bulk copies: quarter q of CTA r's words goes to quarter r of CTA q: a transposition of blocks.
__global__ void __launch_bounds__(kThreads) all_to_all(const dl::Word* __restrict__ x, dl::Word* __restrict__ y) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(128) dl::Word source[kThreads];
    __shared__ __align__(128) dl::Word result[kThreads];
    __shared__ dl::Barrier arrived;
    constexpr int kQuarter = kThreads / kCluster;
    const int rank = static_cast<int>(dl::cluster_rank()), i = blockIdx.x * kThreads + threadIdx.x;
    source[threadIdx.x] = x[i];
    if (threadIdx.x == 0) {
        dl::barrier_init(&arrived, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&arrived, sizeof result);
    }
    dl::fence_async_shared();
    dl::cluster_sync();
    if (threadIdx.x < kCluster) {
        const int to = threadIdx.x;
        dl::bulk_to_cluster(dl::map_to_rank(dl::shared_address(&result[rank * kQuarter]), to), dl::shared_address(&source[to * kQuarter]),
                            kQuarter * 4, dl::map_to_rank(dl::shared_address(&arrived), to));
    }
    dl::barrier_wait_cluster(&arrived, 0);
    y[i] = result[threadIdx.x];
    dl::cluster_sync();
#endif
}

int main(int argc, char** argv) {
    workload::Run run("dsmem_exchange", argc, argv);
    run.needs_sm90a();
    const int clusters = run.pick(3, 30, 1000, 10000), ctas = clusters * kCluster, n = ctas * kThreads,
              words = run.pick(300, 1000, 2000, 2000);
    const auto x = run.random().bits_vector(n), many = run.random().bits_vector(static_cast<size_t>(ctas) * words);
    workload::DeviceArray<dl::Word> x_d(x), y_d(n), many_d(many), counts_d(static_cast<size_t>(ctas) * kBins);
    const auto at = [&](int cluster, int rank, int t) {
        return x[(static_cast<size_t>(cluster) * kCluster + (rank + kCluster) % kCluster) * kThreads + t];
    };
    std::vector<dl::Word> expected(n);
    const auto test = [&](const char* label, auto kernel, auto&& reference) {
        run.launch(label, [&] {
            dl::launch_cluster(kernel, dim3(ctas), dim3(kThreads), 0, kCluster, static_cast<const dl::Word*>(x_d.get()), y_d.get());
        });
        for (int i = 0; i < n; ++i) expected[i] = reference(i / kThreads / kCluster, i / kThreads % kCluster, i % kThreads);
        run.check_equal(label, y_d.to_host(), expected);
    };
    test("ring shift", ring_shift, [&](int c, int r, int t) { return at(c, r + 1, t) + 3 * at(c, r - 1, kThreads - 1 - t); });
    test("asynchronous", send_async, [&](int c, int r, int t) {
        dl::Word sum = at(c, 0, t) + at(c, 1, t) + at(c, 2, t) + at(c, 3, t) + 0 * static_cast<dl::Word>(r);
        for (int sender = 0; sender < kCluster; ++sender) sum = sum * 5 + at(c, sender, t);
        return sum;
    });
    test("all to all", all_to_all,
         [&](int c, int r, int t) { return at(c, t / (kThreads / kCluster), r * (kThreads / kCluster) + t % (kThreads / kCluster)); });

    std::vector<dl::Word> counts(counts_d.size(), 0);
    for (size_t i = 0; i < many.size(); ++i)
        ++counts[i / (static_cast<size_t>(kCluster) * words) * kBins * kCluster + many[i] % (kBins * kCluster)];
    run.launch("histogram", [&] {
        dl::launch_cluster(histogram, dim3(ctas), dim3(kThreads), 0, kCluster, words, static_cast<const dl::Word*>(many_d.get()),
                           counts_d.get());
    });
    run.check_equal("histogram", counts_d.to_host(), counts);
    return run.finish();
}
