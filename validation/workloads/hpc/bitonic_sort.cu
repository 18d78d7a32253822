// Bitonic sort of 32-bit keys with values: strides above a tile by launches over global memory, below it in shared memory, within a
// warp by shuffles.
// Stresses: compare-exchange with selects and predicated swaps, shared memory, SHFL.BFLY, many dependent launches.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 256, kTile = 2 * kBlock;

// Compare-exchange of a pair in a sequence that must ascend or descend.
__device__ void order(unsigned& key_a, unsigned& value_a, unsigned& key_b, unsigned& value_b, bool ascending) {
    if ((key_a > key_b) == ascending) {
        const unsigned key = key_a, value = value_a;
        key_a = key_b;
        value_a = value_b;
        key_b = key;
        value_b = value;
    }
}

__global__ void step_global(unsigned* keys, unsigned* values, int size, int stride) {
    const int t = blockIdx.x * kBlock + threadIdx.x, i = 2 * t - (t & (stride - 1));
    unsigned key_a = keys[i], key_b = keys[i + stride], value_a = values[i], value_b = values[i + stride];
    order(key_a, value_a, key_b, value_b, (i & size) == 0);
    keys[i] = key_a;
    keys[i + stride] = key_b;
    values[i] = value_a;
    values[i + stride] = value_b;
}

// All steps with stride < kTile, for sequence sizes from `first` to `last`.
__global__ void steps_shared(unsigned* keys, unsigned* values, int first, int last) {
    __shared__ unsigned key[kTile], value[kTile];
    const int t = threadIdx.x, base = blockIdx.x * kTile;
    for (int k = t; k < kTile; k += kBlock) {
        key[k] = keys[base + k];
        value[k] = values[base + k];
    }
    for (int size = first; size <= last; size *= 2) {
        for (int stride = min(size / 2, kTile / 2); stride > 0; stride /= 2) {
            __syncthreads();
            const int i = 2 * t - (t & (stride - 1));
            order(key[i], value[i], key[i + stride], value[i + stride], ((base + i) & size) == 0);
        }
    }
    __syncthreads();
    for (int k = t; k < kTile; k += kBlock) {
        keys[base + k] = key[k];
        values[base + k] = value[k];
    }
}

// Each warp sorts its own 32 keys, ascending, with no memory at all.
__global__ void sort_warps(unsigned* keys) {
    const int i = blockIdx.x * kBlock + threadIdx.x, lane = threadIdx.x % 32;
    unsigned key = keys[i];
    for (int size = 2; size <= 32; size *= 2) {
        for (int stride = size / 2; stride > 0; stride /= 2) {
            const unsigned other = __shfl_xor_sync(0xffffffffu, key, stride);
            const bool keep_smaller = ((lane & stride) == 0) == ((lane & size) == 0 || size == 32);
            key = keep_smaller ? min(key, other) : max(key, other);
        }
    }
    keys[i] = key;
}

int main(int argc, char** argv) {
    workload::Run run("bitonic_sort", argc, argv);
    const int n = run.pick(1 << 12, 1 << 15, 1 << 19, 1 << 22);
    const auto start = run.random().bits_vector(n);
    std::vector<unsigned> identity(n), expected = start;
    for (int i = 0; i < n; ++i) identity[i] = i;
    std::sort(expected.begin(), expected.end());

    workload::DeviceArray<unsigned> keys(n), values(n);
    run.launch(
        "bitonic",
        [&] {
            keys.upload(start);
            values.upload(identity);
        },
        [&] {
            steps_shared<<<n / kTile, kBlock>>>(keys, values, 2, kTile);
            for (int size = 2 * kTile; size <= n; size *= 2) {
                for (int stride = size / 2; stride >= kTile; stride /= 2) step_global<<<n / kTile, kBlock>>>(keys, values, size, stride);
                steps_shared<<<n / kTile, kBlock>>>(keys, values, size, size);
            }
        });
    run.check_equal("keys", keys.to_host(), expected);
    // Equal keys may come in any order: each value must name a distinct place that held the key.
    const auto sorted = values.to_host();
    std::vector<unsigned> pointed(n, 0);
    std::vector<char> seen(n, 0);
    for (int i = 0; i < n; ++i) {
        if (sorted[i] < static_cast<unsigned>(n) && !seen[sorted[i]]) pointed[i] = start[sorted[i]];
        if (sorted[i] < static_cast<unsigned>(n)) seen[sorted[i]] = 1;
    }
    run.check_equal("keys by value", pointed, expected);

    run.launch(
        "warps", [&] { keys.upload(start); }, [&] { sort_warps<<<n / kBlock, kBlock>>>(keys); });
    expected = start;
    for (int i = 0; i < n; i += 32) std::sort(expected.begin() + i, expected.begin() + i + 32);
    run.check_equal("warps", keys.to_host(), expected);
    return run.finish();
}
