// Named barriers: groups of warps that meet among themselves, producers and consumers that arrive and wait at different ends, reductions
// by barrier, and all sixteen barriers of a CTA in use.
// Stresses: BAR.SYNC with an index and a count (also by register), BAR.ARV, BAR.RED (POPC, AND, OR).
#include "common/workload.hpp"

constexpr int kBlock = 256;

__device__ void sync(int barrier, int threads) { asm volatile("bar.sync %0, %1;" ::"r"(barrier), "r"(threads) : "memory"); }
__device__ void arrive(int barrier, int threads) { asm volatile("bar.arrive %0, %1;" ::"r"(barrier), "r"(threads) : "memory"); }

// Each group of Threads threads reverses its own part in several rounds, with a barrier of its own.
template <int Threads> __global__ void groups(int rounds, const int* in, int* out) {
    __shared__ int values[kBlock];
    const int group = threadIdx.x / Threads, t = threadIdx.x % Threads, base = group * Threads;
    values[threadIdx.x] = in[blockIdx.x * kBlock + threadIdx.x];
    // Groups do different numbers of rounds: no group waits for another.
    for (int round = 0; round < rounds + group; ++round) {
        sync(group + 1, Threads);
        const int other = values[base + Threads - 1 - t];
        sync(group + 1, Threads);
        values[threadIdx.x] = other + round;
    }
    out[blockIdx.x * kBlock + threadIdx.x] = values[threadIdx.x];
}

// The lower half of the CTA makes, the upper half takes; two buffers, four barriers: full and empty for each buffer.
__global__ void producer_consumer(int items, const int* in, int* out) {
    constexpr int kHalf = kBlock / 2, kFull = 1, kEmpty = 3;
    __shared__ int buffer[2][kHalf];
    const int t = threadIdx.x % kHalf;
    if (threadIdx.x < kHalf) {
        for (int item = 0; item < items; ++item) {
            sync(kEmpty + item % 2, kBlock);
            buffer[item % 2][t] = in[(blockIdx.x * items + item) * kHalf + t] + item;
            __threadfence_block();
            arrive(kFull + item % 2, kBlock);
        }
    } else {
        arrive(kEmpty, kBlock);
        arrive(kEmpty + 1, kBlock);
        unsigned sum = 0;
        for (int item = 0; item < items; ++item) {
            sync(kFull + item % 2, kBlock);
            sum = sum * 5 + buffer[item % 2][kHalf - 1 - t];
            if (item + 2 < items) arrive(kEmpty + item % 2, kBlock);
        }
        out[blockIdx.x * kHalf + t] = static_cast<int>(sum);
    }
}

// Barrier 7 counts, barrier 8 asks whether all, barrier 9 whether any, of the first `threads` threads; the others go on.
__global__ void reductions(int threads, const int* in, int4* out) {
    const int i = blockIdx.x * kBlock + threadIdx.x, value = in[i];
    if (static_cast<int>(threadIdx.x) >= threads) {
        out[i] = make_int4(-1, -1, -1, value);
        return;
    }
    int count, all, any;
    asm volatile("{\n\t.reg .pred p;\n\tsetp.gt.s32 p, %1, 0;\n\tbarrier.cta.red.popc.u32 %0, 7, %2, p;\n\t}"
                 : "=r"(count)
                 : "r"(value), "r"(threads)
                 : "memory");
    asm volatile("{\n\t.reg .pred p, q;\n\tsetp.gt.s32 p, %1, -95;\n\tbarrier.cta.red.and.pred q, 8, %2, p;\n\tselp.s32 %0, 1, 0, q;\n\t}"
                 : "=r"(all)
                 : "r"(value), "r"(threads)
                 : "memory");
    asm volatile("{\n\t.reg .pred p, q;\n\tsetp.gt.s32 p, %1, 99;\n\tbarrier.cta.red.or.pred q, 9, %2, p;\n\tselp.s32 %0, 1, 0, q;\n\t}"
                 : "=r"(any)
                 : "r"(value), "r"(threads)
                 : "memory");
    out[i] = make_int4(count, all, any, value);
}

int main(int argc, char** argv) {
    workload::Run run("named_barriers", argc, argv);
    const int grid = run.pick(4, 20, 264, 1056), rounds = run.pick(3, 6, 20, 40), n = grid * kBlock;
    const auto in = run.random().integer_vector<int>(n, -100, 100);
    workload::DeviceArray<int> din(in), dout(n);
    const auto test = [&](auto size, const char* label) {
        constexpr int kThreads = decltype(size)::value;
        std::vector<int> expected = in;
        for (int base = 0; base < n; base += kThreads) {
            for (int round = 0; round < rounds + base % kBlock / kThreads; ++round) {
                std::vector<int> before(expected.begin() + base, expected.begin() + base + kThreads);
                for (int t = 0; t < kThreads; ++t) expected[base + t] = before[kThreads - 1 - t] + round;
            }
        }
        run.launch(label, [&] { groups<kThreads><<<grid, kBlock>>>(rounds, din, dout); });
        run.check_equal(label, dout.to_host(), expected);
    };
    test(std::integral_constant<int, 32>{}, "groups of 32");
    test(std::integral_constant<int, 64>{}, "groups of 64");
    test(std::integral_constant<int, 128>{}, "groups of 128");

    constexpr int kHalf = kBlock / 2;
    const int items = run.pick(5, 16, 64, 128);
    const auto goods = run.random().integer_vector<int>(static_cast<std::size_t>(grid) * items * kHalf, -100, 100);
    std::vector<int> expected(grid * kHalf, 0);
    for (int i = 0; i < grid * kHalf; ++i) {
        unsigned sum = 0;
        for (int item = 0; item < items; ++item) sum = sum * 5 + goods[(i / kHalf * items + item) * kHalf + kHalf - 1 - i % kHalf] + item;
        expected[i] = static_cast<int>(sum);
    }
    workload::DeviceArray<int> dgoods(goods), taken(expected.size());
    run.launch("producer and consumer", [&] { producer_consumer<<<grid, kBlock>>>(items, dgoods, taken); });
    run.check_equal("producer and consumer", taken.to_host(), expected);

    const int threads = 192;
    std::vector<int4> votes(n);
    for (int base = 0; base < n; base += kBlock) {
        int4 vote = make_int4(0, 1, 0, 0);
        for (int t = 0; t < threads; ++t) {
            vote.x += in[base + t] > 0;
            vote.y &= in[base + t] > -95;
            vote.z |= in[base + t] > 99;
        }
        for (int t = 0; t < kBlock; ++t) {
            votes[base + t] = t < threads ? make_int4(vote.x, vote.y, vote.z, in[base + t]) : make_int4(-1, -1, -1, in[base + t]);
        }
    }
    workload::DeviceArray<int4> dvotes(n);
    run.launch("reductions", [&] { reductions<<<grid, kBlock>>>(threads, din, dvotes); });
    run.check_equal("reductions", dvotes.to_host(), votes);
    return run.finish();
}
