// Merge sort of double keys by merge path: tiles sorted in shared memory (odd-even), then runs merged pairwise, each CTA finding its part
// of the diagonal by binary search.
// Stresses: binary searches with dependent loads, 64-bit shared memory, data-dependent branches, DSETP.
// Source of merge path: O. Green, R. McColl and D. Bader, "GPU Merge Path", ICS 2012.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kThreads = 128, kItems = 4, kTile = kThreads * kItems;

__global__ void sort_tiles(double* keys) {
    __shared__ double tile[kTile];
    const int t = threadIdx.x;
    double* mine = keys + blockIdx.x * kTile;
    for (int k = t; k < kTile; k += kThreads) tile[k] = mine[k];
    for (int phase = 0; phase < kTile; ++phase) {
        __syncthreads();
        for (int i = 2 * t + phase % 2; i + 1 < kTile; i += 2 * kThreads) {
            const double a = tile[i], b = tile[i + 1];
            if (b < a) {
                tile[i] = b;
                tile[i + 1] = a;
            }
        }
    }
    __syncthreads();
    for (int k = t; k < kTile; k += kThreads) mine[k] = tile[k];
}

// How many elements of `a` are among the first `diagonal` of the merge of a and b (ties taken from a).
__device__ int merge_path(const double* a, int a_size, const double* b, int b_size, int diagonal) {
    int low = max(0, diagonal - b_size), high = min(diagonal, a_size);
    while (low < high) {
        const int middle = (low + high) / 2;
        if (b[diagonal - 1 - middle] < a[middle]) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

// Merges runs of `run_length` into runs twice as long. Requires: run_length divisible by kTile, n by twice run_length.
__global__ void merge_runs(int run_length, const double* in, double* out) {
    __shared__ double tile[kTile];
    const int first = blockIdx.x * kTile, pair = first / (2 * run_length) * (2 * run_length), diagonal = first - pair;
    const double* a = in + pair;
    const double* b = a + run_length;
    const int a_begin = merge_path(a, run_length, b, run_length, diagonal);
    const int a_size = merge_path(a, run_length, b, run_length, diagonal + kTile) - a_begin;
    const int b_begin = diagonal - a_begin, b_size = kTile - a_size;
    for (int k = threadIdx.x; k < kTile; k += kThreads) tile[k] = k < a_size ? a[a_begin + k] : b[b_begin + k - a_size];
    __syncthreads();
    const int start = threadIdx.x * kItems;
    int i = merge_path(tile, a_size, tile + a_size, b_size, start), j = a_size + start - i;
    for (int k = 0; k < kItems; ++k) {
        const bool take_a = j >= kTile || (i < a_size && !(tile[j] < tile[i]));
        out[first + start + k] = tile[take_a ? i++ : j++];
    }
}

int main(int argc, char** argv) {
    workload::Run run("merge_sort", argc, argv);
    const int n = kTile << run.pick(2, 5, 10, 12);
    auto start = run.random().uniform_vector<double>(n, -1e9, 1e9);
    for (int i = 0; i < n; i += 7) start[i] = std::floor(start[i] / 1e8); // some equal keys
    auto expected = start;
    std::sort(expected.begin(), expected.end());
    workload::DeviceArray<double> a(n), b(n);
    const double* result = a;
    run.launch(
        "merge sort", [&] { a.upload(start); },
        [&] {
            double* from = a;
            double* to = b;
            sort_tiles<<<n / kTile, kThreads>>>(from);
            for (int length = kTile; length < n; length *= 2) {
                merge_runs<<<n / kTile, kThreads>>>(length, from, to);
                std::swap(from, to);
            }
            result = from;
        });
    run.check_equal("merge sort", (result == a.get() ? a : b).to_host(), expected);
    return run.finish();
}
