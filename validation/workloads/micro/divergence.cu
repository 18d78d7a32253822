// Branches: two sides by lane parity, a tree of nested conditions, switches by lane, loops of different length, early returns, breaks
// out of nested loops, and a call by half of the warp.
// Stresses: BSSY/BSYNC, BREAK, BRX, predication against branches, WARPSYNC; each shape with 1 to 32 distinct ways through it.
#include "common/measure.hpp"

constexpr int kBlock = 64;

// Small enough to be predicated, or not.
__host__ __device__ inline unsigned two_sides(unsigned x, unsigned ways, int n) {
    for (int k = 0; k < n; ++k) {
        if ((x ^ ways) & 1) {
            x = x * 3 + 1;
        } else {
            x = (x >> 1) ^ (x << 7);
        }
    }
    return x;
}

__host__ __device__ inline unsigned nested(unsigned x, unsigned ways, int n) {
    for (int k = 0; k < n; ++k) {
        const unsigned way = x % ways;
        if (way & 1) {
            x += 5;
            if (way & 2) {
                x *= 7;
                if (way & 4) {
                    x ^= x >> 3;
                } else {
                    x -= 11;
                }
            } else if (way & 8) {
                for (unsigned j = 0; j < way; ++j) x = x * 5 + j;
            }
        } else if (way & 16) {
            x = ~x;
        }
        x = x * 9 + k;
    }
    return x;
}

__host__ __device__ inline unsigned by_switch(unsigned x, unsigned ways, int n) {
    for (int k = 0; k < n; ++k) {
        switch (x % ways) {
        case 0: x += 17; break;
        case 1: x = x * 3 + 5; break;
        case 2: x ^= 0x5555; // falls through
        case 3: x = x << 3 | x >> 29; break;
        case 4: x -= k; break;
        case 5: x = x * x + 1; break;
        case 6: x = ~x * 3; break;
        case 7: x += x >> 5; break;
        case 8: x = x / 3 + 1; break;
        case 9: x ^= x << 9; break;
        case 10: x = x * 11 - k; break;
        default: x = x * 13 + 7; break;
        }
    }
    return x;
}

__host__ __device__ inline unsigned uneven_loops(unsigned x, unsigned ways, int n) {
    for (int k = 0; k < n; ++k) {
        const unsigned length = x % ways * 2;
        for (unsigned j = 0; j < length; ++j) {
            x = x * 5 + j;
            if (x % 97 == 0) break;
            if (x % 7 == 0) continue;
            for (unsigned i = 0; i < j % 3; ++i) x ^= x >> (i + 1);
        }
        x += 3;
    }
    return x;
}

__host__ __device__ inline unsigned early_return(unsigned x, unsigned ways, int n) {
    for (int k = 0; k < n * 4; ++k) {
        if (x % (ways * 4) == 3) return x + k;
        x = x * 3 + 1;
    }
    return x;
}

__host__ __device__ __noinline__ unsigned called(unsigned x, unsigned depth) {
    if (depth > 0 && (x & 1)) return called(x / 2 + 1, depth - 1) * 3;
    return x + depth;
}

__host__ __device__ inline unsigned half_calls(unsigned x, unsigned ways, int n) {
    for (int k = 0; k < n; ++k) {
        if (x % (ways + 1) != 0) x = called(x, 3);
        x = x * 9 + k;
    }
    return x;
}

#define KERNEL(function)                                                                                                                   \
    __global__ void function##_kernel(int n, unsigned ways, const unsigned* in, unsigned* out, long long* cycles) {                        \
        const unsigned thread = blockIdx.x * kBlock + threadIdx.x;                                                                         \
        const unsigned x = in[thread];                                                                                                     \
        __syncwarp();                                                                                                                      \
        const long long start = workload::read_clock();                                                                                    \
        const unsigned result = function(x, ways, n);                                                                                      \
        __syncwarp();                                                                                                                      \
        const long long stop = workload::read_clock();                                                                                     \
        out[thread] = result;                                                                                                              \
        if (threadIdx.x % 32 == 0) cycles[thread / 32] = stop - start;                                                                     \
    }
KERNEL(two_sides)
KERNEL(nested)
KERNEL(by_switch)
KERNEL(uneven_loops)
KERNEL(early_return)
KERNEL(half_calls)

int main(int argc, char** argv) {
    workload::Run run("divergence", argc, argv);
    const int grid = run.pick(2, 8, 264, 1056), n = run.pick(4, 8, 32, 64), threads = grid * kBlock;
    const auto in = run.random().bits_vector(threads);
    workload::DeviceArray<unsigned> din(in), out(threads);
    workload::DeviceArray<long long> cycles(threads / 32);
    CUDA_CHECK(cudaDeviceSetLimit(cudaLimitStackSize, 2048));
    const auto test = [&](const char* name, auto kernel, auto host) {
        for (const unsigned ways : {1u, 2u, 4u, 12u, 32u}) {
            const std::string label = std::string(name) + ", " + std::to_string(ways) + " ways";
            run.launch(label.c_str(), [&] { kernel<<<grid, kBlock>>>(n, ways, din, out, cycles); });
            std::vector<unsigned> expected(threads);
            for (int t = 0; t < threads; ++t) expected[t] = host(in[t], ways, n);
            run.check_equal(label.c_str(), out.to_host(), expected);
            workload::report(run, label.c_str(), cycles.to_host(), n);
        }
    };
    test("two sides", two_sides_kernel, two_sides);
    test("nested", nested_kernel, nested);
    test("switch", by_switch_kernel, by_switch);
    test("uneven loops", uneven_loops_kernel, uneven_loops);
    test("early return", early_return_kernel, early_return);
    test("calls", half_calls_kernel, half_calls);
    return run.finish();
}
