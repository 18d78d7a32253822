// Recursive device functions: Fibonacci, Ackermann, greatest common divisor, Hanoi, n queens, quicksort on local and global arrays,
// and a pair of functions that call each other.
// Stresses: CALL.REL/RET, stack frames in local memory, saved registers, deep and uneven recursion within a warp.
#include <algorithm>

#include "common/workload.hpp"

constexpr int kBlock = 64;

__host__ __device__ inline unsigned loop_fibonacci(unsigned n) {
    unsigned a = 0, b = 1;
    for (unsigned i = 0; i < n; ++i) {
        const unsigned c = a + b;
        a = b;
        b = c;
    }
    return a;
}

__device__ __noinline__ unsigned fibonacci(unsigned n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }

__device__ __noinline__ unsigned ackermann(unsigned m, unsigned n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

__device__ __noinline__ unsigned gcd(unsigned a, unsigned b) { return b == 0 ? a : gcd(b, a % b); }

__device__ __noinline__ unsigned hanoi_moves(int discs, int from, int to) {
    if (discs == 0) return 0;
    const int other = 3 - from - to;
    return hanoi_moves(discs - 1, from, other) + 1 + hanoi_moves(discs - 1, other, to);
}

__device__ __noinline__ bool is_odd(unsigned n);
__device__ __noinline__ bool is_even(unsigned n) { return n == 0 || is_odd(n - 1); }
__device__ __noinline__ bool is_odd(unsigned n) { return n != 0 && is_even(n - 1); }

// Solutions with rows 0 to row-1 set; `columns`, `left` and `right` are the attacked fields of this row.
__host__ __device__ unsigned queens(int n, int row, unsigned columns, unsigned left, unsigned right) {
    if (row == n) return 1;
    unsigned count = 0, open = ~(columns | left | right) & ((1u << n) - 1);
    while (open != 0) {
        const unsigned field = open & (0u - open);
        open ^= field;
        count += queens(n, row + 1, columns | field, (left | field) << 1, (right | field) >> 1);
    }
    return count;
}

__device__ void quicksort(int* values, int low, int high) {
    if (low >= high) return;
    const int pivot = values[(low + high) / 2];
    int i = low, j = high;
    while (i <= j) {
        while (values[i] < pivot) ++i;
        while (values[j] > pivot) --j;
        if (i <= j) {
            const int swapped = values[i];
            values[i++] = values[j];
            values[j--] = swapped;
        }
    }
    quicksort(values, low, j);
    quicksort(values, i, high);
}

__global__ void numbers(int n, uint4* out, unsigned* parity) {
    const unsigned i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= static_cast<unsigned>(n)) return;
    out[i] = make_uint4(fibonacci(i % 12), ackermann(i % 3, i % 5), gcd(i * 36, 360 + i % 7 * 48), hanoi_moves(i % 8, 0, 2));
    parity[i] = is_even(i % 40) ? 2 : is_odd(i % 40) ? 1 : 0;
}

// Each thread places the queens of the first two rows, then counts.
__global__ void queens_kernel(int n, unsigned* total) {
    const int first = threadIdx.x % n, second = threadIdx.x / n;
    if (second >= n || first == second || abs(first - second) == 1) return;
    const unsigned a = 1u << first, b = 1u << second;
    atomicAdd(total, queens(n, 2, a | b, (a << 1 | b) << 1, (a >> 1 | b) >> 1));
}

// Each thread sorts `length` values of its own, in global memory and in a local array.
template <int Length> __global__ void sort_kernel(int n, int* values, int* local_sorted) {
    const int i = blockIdx.x * kBlock + threadIdx.x;
    if (i >= n) return;
    int mine[Length];
    for (int k = 0; k < Length; ++k) mine[k] = values[i * Length + k];
    quicksort(mine, 0, Length - 1);
    quicksort(values + i * Length, 0, Length - 1);
    for (int k = 0; k < Length; ++k) local_sorted[i * Length + k] = mine[k];
}

int main(int argc, char** argv) {
    workload::Run run("recursion", argc, argv);
    const int n = run.pick(64, 500, 20'000, 100'000), grid = workload::ceil_div(n, kBlock);
    CUDA_CHECK(cudaDeviceSetLimit(cudaLimitStackSize, 4 * 1024));

    std::vector<uint4> expected(n);
    std::vector<unsigned> expected_parity(n);
    for (unsigned i = 0; i < static_cast<unsigned>(n); ++i) {
        const unsigned m = i % 3, k = i % 5;
        unsigned a = i * 36, b = 360 + i % 7 * 48;
        while (b != 0) {
            const unsigned rest = a % b;
            a = b;
            b = rest;
        }
        expected[i] = make_uint4(loop_fibonacci(i % 12), m == 0 ? k + 1 : m == 1 ? k + 2 : 2 * k + 3, a, (1u << i % 8) - 1);
        expected_parity[i] = i % 40 % 2 == 0 ? 2 : 1;
    }
    workload::DeviceArray<uint4> out(n);
    workload::DeviceArray<unsigned> parity(n), total(1);
    run.launch("numbers", [&] { numbers<<<grid, kBlock>>>(n, out, parity); });
    run.check_equal("numbers", out.to_host(), expected);
    run.check_equal("parity", parity.to_host(), expected_parity);

    const int board = run.pick(6, 8, 10, 11);
    run.launch(
        "queens", [&] { total.fill_bytes(0); }, [&] { queens_kernel<<<1, 128>>>(board, total); });
    run.check_equal("queens", total.to_host()[0], queens(board, 0, 0, 0, 0));

    constexpr int kLength = 24;
    const auto start = run.random().integer_vector<int>(n * kLength, -99, 99);
    auto sorted = start;
    for (int i = 0; i < n; ++i) std::sort(sorted.begin() + i * kLength, sorted.begin() + (i + 1) * kLength);
    workload::DeviceArray<int> values(start.size()), local_sorted(start.size());
    run.launch(
        "quicksort", [&] { values.upload(start); }, [&] { sort_kernel<kLength><<<grid, kBlock>>>(n, values, local_sorted); });
    run.check_equal("quicksort", values.to_host(), sorted);
    run.check_equal("quicksort of local arrays", local_sorted.to_host(), sorted);
    return run.finish();
}
