// Sum of an array, the classical ladder: interleaved with divergence, strided with bank conflicts, sequential, unrolled warp,
// shuffles, redux, and one pass with the last block finishing.
// Stresses: shared memory and its conflicts, barriers, divergence, SHFL, REDUX, global atomics, __threadfence.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 256;

__global__ void sum_interleaved(int n, const int* in, int* partial) {
    __shared__ int values[kBlock];
    const int t = threadIdx.x, i = blockIdx.x * kBlock + t;
    values[t] = i < n ? in[i] : 0;
    __syncthreads();
    for (int stride = 1; stride < kBlock; stride *= 2) {
        if (t % (2 * stride) == 0) values[t] += values[t + stride];
        __syncthreads();
    }
    if (t == 0) partial[blockIdx.x] = values[0];
}

__global__ void sum_conflicts(int n, const int* in, int* partial) {
    __shared__ int values[kBlock];
    const int t = threadIdx.x, i = blockIdx.x * kBlock + t;
    values[t] = i < n ? in[i] : 0;
    __syncthreads();
    for (int stride = 1; stride < kBlock; stride *= 2) {
        const int index = 2 * stride * t;
        if (index < kBlock) values[index] += values[index + stride];
        __syncthreads();
    }
    if (t == 0) partial[blockIdx.x] = values[0];
}

__global__ void sum_sequential(int n, const int* in, int* partial) {
    __shared__ int values[kBlock];
    const int t = threadIdx.x, i = blockIdx.x * kBlock + t;
    values[t] = i < n ? in[i] : 0;
    __syncthreads();
    for (int stride = kBlock / 2; stride > 0; stride >>= 1) {
        if (t < stride) values[t] += values[t + stride];
        __syncthreads();
    }
    if (t == 0) partial[blockIdx.x] = values[0];
}

template <int Block> __global__ void sum_unrolled(int n, const int* in, int* partial) {
    __shared__ int values[Block];
    const int t = threadIdx.x;
    int sum = 0;
    for (int i = blockIdx.x * Block * 2 + t; i < n; i += Block * 2 * gridDim.x) {
        sum += in[i];
        if (i + Block < n) sum += in[i + Block];
    }
    values[t] = sum;
    __syncthreads();
    if constexpr (Block >= 512) {
        if (t < 256) values[t] += values[t + 256];
        __syncthreads();
    }
    if constexpr (Block >= 256) {
        if (t < 128) values[t] += values[t + 128];
        __syncthreads();
    }
    if (t < 64) values[t] += values[t + 64];
    __syncthreads();
    if (t < 32) {
        int mine = values[t] + values[t + 32];
        for (int stride = 16; stride > 0; stride >>= 1) {
            values[t] = mine;
            __syncwarp();
            mine += values[t ^ stride];
            __syncwarp();
        }
        if (t == 0) partial[blockIdx.x] = mine;
    }
}

// Sum over the block in thread 0. `Redux` takes the integer reduction instruction instead of five shuffles.
template <bool Redux, typename T> __device__ T block_sum(T value, T* warp_sums) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const auto warp_sum = [](T v) {
        if constexpr (Redux) {
            return static_cast<T>(__reduce_add_sync(0xffffffffu, v));
        } else {
            for (int offset = 16; offset > 0; offset >>= 1) v += __shfl_down_sync(0xffffffffu, v, offset);
            return v;
        }
    };
    value = warp_sum(value);
    if (lane == 0) warp_sums[warp] = value;
    __syncthreads();
    if (warp == 0) value = warp_sum(lane < kBlock / 32 ? warp_sums[lane] : T(0));
    return value;
}

template <bool Redux> __global__ void sum_atomic(int n, const int* in, int* total) {
    __shared__ int warp_sums[32];
    int sum = 0;
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n; i += kBlock * gridDim.x) sum += in[i];
    sum = block_sum<Redux>(sum, warp_sums);
    if (threadIdx.x == 0) atomicAdd(total, sum);
}

// One launch: each block publishes its sum, the block that finishes last adds them up in a fixed order.
__global__ void sum_last_block(int n, const float* in, volatile float* partial, unsigned* finished, float* total) {
    __shared__ float warp_sums[32];
    __shared__ bool is_last;
    float sum = 0;
    for (int i = blockIdx.x * kBlock + threadIdx.x; i < n; i += kBlock * gridDim.x) sum += in[i];
    sum = block_sum<false>(sum, warp_sums);
    if (threadIdx.x == 0) {
        partial[blockIdx.x] = sum;
        __threadfence();
        is_last = atomicInc(finished, gridDim.x - 1) == gridDim.x - 1;
    }
    __syncthreads();
    if (!is_last) return;
    sum = 0;
    for (unsigned i = threadIdx.x; i < gridDim.x; i += kBlock) sum += partial[i];
    sum = block_sum<false>(sum, warp_sums);
    if (threadIdx.x == 0) *total = sum;
}

int main(int argc, char** argv) {
    workload::Run run("reduction", argc, argv);
    const int n = run.pick(8'191, 200'001, 2'000'003, 16'000'001);
    const auto ints = run.random().integer_vector<int>(n, -100, 100);
    const auto reals = run.random().uniform_vector<float>(n, 0, 1);
    int expected = 0;
    double expected_real = 0;
    for (int i = 0; i < n; ++i) {
        expected += ints[i];
        expected_real += reals[i];
    }

    const int blocks = workload::ceil_div(n, kBlock), few = std::min(blocks, 264);
    workload::DeviceArray<int> in(ints), partial(blocks), total(1);
    const auto test = [&](const char* label, auto&& kernel, int grid) {
        run.launch(
            label, [&] { total.fill_bytes(0); },
            [&] {
                kernel(grid);
                // The partial sums are few: a second launch adds them up.
                sum_atomic<false><<<1, kBlock>>>(grid, partial, total);
            });
        run.check_equal(label, total.to_host()[0], expected);
    };
    const auto test_once = [&](const char* label, auto&& kernel) {
        run.launch(
            label, [&] { total.fill_bytes(0); }, kernel);
        run.check_equal(label, total.to_host()[0], expected);
    };
    test(
        "interleaved", [&](int grid) { sum_interleaved<<<grid, kBlock>>>(n, in, partial); }, blocks);
    test(
        "conflicts", [&](int grid) { sum_conflicts<<<grid, kBlock>>>(n, in, partial); }, blocks);
    test(
        "sequential", [&](int grid) { sum_sequential<<<grid, kBlock>>>(n, in, partial); }, blocks);
    test(
        "unrolled 256", [&](int grid) { sum_unrolled<256><<<grid, 256>>>(n, in, partial); }, few / 2 + 1);
    test(
        "unrolled 512", [&](int grid) { sum_unrolled<512><<<grid, 512>>>(n, in, partial); }, few / 4 + 1);
    test_once("shuffle", [&] { sum_atomic<false><<<few, kBlock>>>(n, in, total); });
    test_once("redux", [&] { sum_atomic<true><<<few, kBlock>>>(n, in, total); });

    workload::DeviceArray<float> real_in(reals), real_partial(few), real_total(1);
    workload::DeviceArray<unsigned> finished(std::vector<unsigned>{0});
    run.launch("last block", [&] { sum_last_block<<<few, kBlock>>>(n, real_in, real_partial, finished, real_total); });
    run.check_close("last block", real_total.to_host()[0], expected_real, {0, 1e-5});
    return run.finish();
}
