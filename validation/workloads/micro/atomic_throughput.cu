// Atomics on global and shared memory: all lanes on one address, one address a lane, one line a lane, and spread at random; with the old
// value used or not; 32 and 64 bits, float, compare-and-swap.
#include "common/measure.hpp"

constexpr int kBlock = 128, kCells = 4096;

enum class Spread { One, Lane, Line, Random };

__device__ unsigned cell_of(Spread spread, unsigned thread, unsigned step) {
    switch (spread) {
    case Spread::One: return 0;
    case Spread::Lane: return thread % 32;
    case Spread::Line: return thread % 32 * 32;
    default: {
        unsigned x = thread * 0x9e3779b9u + step * 0x85ebca6bu;
        x ^= x >> 15;
        return x * 0x2c1b3c6du >> 20;
    }
    }
}

enum class Kind { Add, AddReturn, AddLong, AddFloat, Max, Exchange, CompareSwap };

// One update of cell `c`; what it gives is folded into `fold`, so that the old value must come back.
template <Kind Operation> __device__ void operate(unsigned long long* cells, unsigned c, unsigned value, unsigned& fold) {
    auto* narrow = reinterpret_cast<unsigned*>(cells + c);
    if constexpr (Operation == Kind::Add) atomicAdd(narrow, value);
    if constexpr (Operation == Kind::AddReturn) fold ^= atomicAdd(narrow, value);
    if constexpr (Operation == Kind::AddLong) atomicAdd(cells + c, static_cast<unsigned long long>(value) << 20);
    if constexpr (Operation == Kind::AddFloat) atomicAdd(reinterpret_cast<float*>(narrow), 1.0f);
    if constexpr (Operation == Kind::Max) atomicMax(narrow, value);
    if constexpr (Operation == Kind::Exchange) fold += atomicExch(narrow, value);
    if constexpr (Operation == Kind::CompareSwap) {
        // Always succeeds in the end: adds by compare-and-swap.
        unsigned seen = *reinterpret_cast<volatile unsigned*>(narrow), assumed;
        do {
            assumed = seen;
            seen = atomicCAS(narrow, assumed, assumed + value);
        } while (seen != assumed);
    }
}

template <Kind Operation, bool Shared>
__global__ void update(Spread spread, int steps, unsigned long long* global, unsigned* folds, long long* cycles) {
    __shared__ unsigned long long shared[Shared ? kCells : 1];
    const unsigned thread = blockIdx.x * kBlock + threadIdx.x;
    if constexpr (Shared) {
        for (int i = threadIdx.x; i < kCells; i += kBlock) shared[i] = 0;
    }
    __syncthreads();
    unsigned fold = 0;
    const long long start = workload::read_clock();
    for (int step = 0; step < steps; ++step)
        operate<Operation>(Shared ? shared : global, cell_of(spread, thread, step), thread % 7 + 1, fold);
    const long long stop = workload::read_clock();
    folds[thread] = fold;
    if (threadIdx.x % 32 == 0) cycles[thread / 32] = stop - start;
    if constexpr (Shared) {
        __syncthreads();
        for (int i = threadIdx.x; i < kCells; i += kBlock) {
            if (shared[i] == 0) continue;
            if constexpr (Operation == Kind::AddFloat) {
                atomicAdd(reinterpret_cast<float*>(global + i), __uint_as_float(static_cast<unsigned>(shared[i])));
            } else if constexpr (Operation == Kind::Max) {
                atomicMax(global + i, shared[i]);
            } else {
                atomicAdd(global + i, shared[i]);
            }
        }
    }
}

// What a cell must hold in the end depends on who updated it; the host walks through all updates.
unsigned host_cell_of(Spread spread, unsigned thread, unsigned step) {
    if (spread == Spread::One) return 0;
    if (spread == Spread::Lane) return thread % 32;
    if (spread == Spread::Line) return thread % 32 * 32;
    unsigned x = thread * 0x9e3779b9u + step * 0x85ebca6bu;
    x ^= x >> 15;
    return x * 0x2c1b3c6du >> 20;
}

template <Kind Operation, bool Shared> void test(workload::Run& run, const char* name, int grid, int steps) {
    const int threads = grid * kBlock;
    workload::DeviceArray<unsigned long long> cells(kCells);
    workload::DeviceArray<unsigned> folds(threads);
    workload::DeviceArray<long long> cycles(threads / 32);
    const char* spreads[] = {"one address", "an address a lane", "a line a lane", "random addresses"};
    for (const Spread spread : {Spread::One, Spread::Lane, Spread::Line, Spread::Random}) {
        const std::string label = std::string(name) + (Shared ? ", shared, " : ", global, ") + spreads[static_cast<int>(spread)];
        run.launch(
            label.c_str(), [&] { cells.fill_bytes(0); },
            [&] { update<Operation, Shared><<<grid, kBlock>>>(spread, steps, cells, folds, cycles); });
        std::vector<unsigned long long> expected(kCells, 0);
        unsigned long long total = 0;
        for (int t = 0; t < threads; ++t) {
            const unsigned value = t % 7 + 1;
            for (int step = 0; step < steps; ++step) {
                unsigned long long& cell = expected[host_cell_of(spread, t, step)];
                if (Operation == Kind::AddLong) cell += static_cast<unsigned long long>(value) << 20;
                if (Operation == Kind::Add || Operation == Kind::AddReturn || Operation == Kind::CompareSwap) cell += value;
                if (Operation == Kind::AddFloat) cell += 1;
                if (Operation == Kind::Max) cell = std::max<unsigned long long>(cell, value);
                total += value;
            }
        }
        auto actual = cells.to_host();
        if (Operation == Kind::AddFloat) {
            for (auto& cell : actual) {
                float real = 0;
                const unsigned bits = static_cast<unsigned>(cell);
                std::memcpy(&real, &bits, sizeof(real));
                cell = static_cast<unsigned long long>(real);
            }
        }
        if (Operation == Kind::Exchange) {
            // Nothing is lost: what came out and what stayed add up to what went in.
            unsigned long long sum = 0;
            for (const auto cell : actual) sum += cell;
            for (const auto fold : folds.to_host()) sum += fold;
            run.check_equal(label.c_str(), sum, total);
        } else {
            run.check_equal(label.c_str(), actual, expected);
        }
        workload::report(run, label.c_str(), cycles.to_host(), steps);
    }
}

template <bool Shared> void test_all(workload::Run& run, int grid, int steps) {
    test<Kind::Add, Shared>(run, "add", grid, steps);
    test<Kind::AddReturn, Shared>(run, "add with return", grid, steps);
    test<Kind::AddLong, Shared>(run, "add of 64 bits", grid, steps);
    test<Kind::AddFloat, Shared>(run, "add of float", grid, steps);
    test<Kind::Max, Shared>(run, "maximum", grid, steps);
    test<Kind::Exchange, Shared>(run, "exchange", grid, steps);
    test<Kind::CompareSwap, Shared>(run, "compare and swap", grid, std::max(steps / 4, 1));
}

int main(int argc, char** argv) {
    workload::Run run("atomic_throughput", argc, argv);
    const int grid = run.pick(1, 2, 132, 264), steps = run.pick(4, 16, 32, 128);
    test_all<false>(run, grid, steps);
    test_all<true>(run, grid, steps);
    return run.finish();
}
