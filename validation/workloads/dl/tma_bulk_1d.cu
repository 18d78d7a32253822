// Bulk copies of contiguous bytes: y = a * x + b streamed through two shared-memory buffers by bulk loads with mbarriers and bulk stores
// with groups; sums of blocks of rows by a reducing bulk copy (add, fp32) and maxima by another (max, s32); a prefetch into L2 before.
// Stresses: UBLKCP in both directions, UBLKRED, UBLKPF, SYNCS transaction counts, bulk groups.
#include "common/workload.hpp"
#include "dl/hopper.cuh"

constexpr int kChunk = 1024, kThreads = 128; // floats a chunk

// Each CTA takes every gridDim.x-th chunk. Requires: n divisible by kChunk.
__global__ void __launch_bounds__(kThreads) stream(int n, float a, float b, const float* __restrict__ x, float* __restrict__ y) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(128) float in[2][kChunk];
    __shared__ __align__(128) float out[2][kChunk];
    __shared__ dl::Barrier full[2];
    const int chunks = n / kChunk;
    if (threadIdx.x == 0) {
        dl::barrier_init(&full[0], 1);
        dl::barrier_init(&full[1], 1);
        dl::fence_barrier_init();
    }
    __syncthreads();
    const auto load = [&](int chunk, int buffer) {
        dl::barrier_arrive_expect(&full[buffer], kChunk * 4);
        dl::bulk_load(dl::shared_address(in[buffer]), x + static_cast<size_t>(chunk) * kChunk, kChunk * 4, &full[buffer]);
    };
    if (threadIdx.x == 0 && static_cast<int>(blockIdx.x) < chunks) load(blockIdx.x, 0);
    int step = 0;
    for (int chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x, ++step) {
        const int buffer = step & 1;
        if (threadIdx.x == 0) {
            const int next = chunk + gridDim.x;
            if (next < chunks) load(next, buffer ^ 1); // read up to the barrier at the end of the last step
            if (next + static_cast<int>(gridDim.x) < chunks)
                dl::bulk_prefetch(x + static_cast<size_t>(next + gridDim.x) * kChunk, kChunk * 4);
            dl::bulk_wait_read<1>(); // the store of two steps ago has read its buffer
        }
        __syncthreads();
        dl::barrier_wait(&full[buffer], step >> 1 & 1);
        for (int i = threadIdx.x; i < kChunk; i += kThreads) out[buffer][i] = fmaf(a, in[buffer][i], b);
        dl::fence_async_shared();
        __syncthreads();
        if (threadIdx.x == 0) {
            dl::bulk_store(y + static_cast<size_t>(chunk) * kChunk, dl::shared_address(out[buffer]), kChunk * 4);
            dl::bulk_commit();
        }
    }
    if (threadIdx.x == 0) dl::bulk_wait<0>();
#endif
}

// Row r of the matrix is added to row r % groups of sums, and the maximum is taken into the same row of maxima. One CTA a row of kChunk
// elements.
__global__ void __launch_bounds__(kThreads) reduce_rows(int groups, const float* __restrict__ x, float* sums, int* maxima) {
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    __shared__ __align__(128) float row[kChunk];
    __shared__ __align__(128) int whole[kChunk];
    __shared__ dl::Barrier full;
    if (threadIdx.x == 0) {
        dl::barrier_init(&full, 1);
        dl::fence_barrier_init();
        dl::barrier_arrive_expect(&full, kChunk * 4);
        dl::bulk_load(dl::shared_address(row), x + static_cast<size_t>(blockIdx.x) * kChunk, kChunk * 4, &full);
    }
    __syncthreads();
    dl::barrier_wait(&full, 0);
    for (int i = threadIdx.x; i < kChunk; i += kThreads) whole[i] = static_cast<int>(row[i]) * 3;
    dl::fence_async_shared();
    __syncthreads();
    if (threadIdx.x == 0) {
        const size_t place = static_cast<size_t>(blockIdx.x % groups) * kChunk;
        dl::bulk_add_f32(sums + place, dl::shared_address(row), kChunk * 4);
        dl::bulk_max_s32(maxima + place, dl::shared_address(whole), kChunk * 4);
        dl::bulk_commit();
        dl::bulk_wait<0>();
    }
#endif
}

int main(int argc, char** argv) {
    workload::Run run("tma_bulk_1d", argc, argv);
    run.needs_sm90a();
    const int rows = run.pick(20, 200, 4096, 65536), n = rows * kChunk, groups = run.pick(3, 7, 32, 128);
    const auto x = run.random().integer_vector<float>(n, -100, 100); // sums are exact in any order
    std::vector<float> y(n), sums(static_cast<size_t>(groups) * kChunk, 0.0f);
    std::vector<int> maxima(sums.size(), -1000);
    for (int i = 0; i < n; ++i) {
        const size_t place = static_cast<size_t>(i / kChunk % groups) * kChunk + i % kChunk;
        y[i] = std::fmaf(0.5f, x[i], 3.0f);
        sums[place] += x[i];
        maxima[place] = std::max(maxima[place], static_cast<int>(x[i]) * 3);
    }
    workload::DeviceArray<float> x_d(x), y_d(n), sums_d(sums.size());
    workload::DeviceArray<int> maxima_d(sums.size());
    run.launch("stream", [&] { stream<<<std::min(workload::ceil_div(rows, 4), 528), kThreads>>>(n, 0.5f, 3.0f, x_d, y_d); });
    run.check_equal("y", y_d.to_host(), y);
    const std::vector<int> low(sums.size(), -1000);
    run.launch("reduce", [&] {
        sums_d.fill_bytes(0);
        maxima_d.upload(low);
        reduce_rows<<<rows, kThreads>>>(groups, x_d, sums_d, maxima_d);
    });
    run.check_close("sums", sums_d.to_host(), sums, {});
    run.check_equal("maxima", maxima_d.to_host(), maxima);
    return run.finish();
}
