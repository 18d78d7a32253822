// What a meeting costs: barriers of a CTA by number of warps, barriers that vote, barriers of warps, fences of each scope after a store,
// and warps that come late.
#include "common/measure.hpp"

constexpr int kRepeat = 8;

enum class Meeting { Block, BlockCount, Warp, FenceBlock, FenceDevice, FenceSystem };

// Warp 0 comes `late` rounds of idling after the others.
template <Meeting Kind> __global__ void meet(int rounds, int late, unsigned* values, unsigned* out, long long* cycles) {
    const unsigned thread = blockIdx.x * blockDim.x + threadIdx.x;
    unsigned sum = thread;
    __syncthreads();
    const long long start = workload::read_clock();
#pragma unroll 1
    for (int round = 0; round < rounds; ++round) {
        if (threadIdx.x < 32) {
            for (int k = 0; k < late; ++k) sum = sum * 3 + 1;
        }
#pragma unroll
        for (int k = 0; k < kRepeat; ++k) {
            if constexpr (Kind == Meeting::Block) __syncthreads();
            if constexpr (Kind == Meeting::BlockCount) sum += __syncthreads_count(threadIdx.x % 3 == 0);
            if constexpr (Kind == Meeting::Warp) __syncwarp();
            if constexpr (Kind >= Meeting::FenceBlock) {
                // Something to wait for: a store under way.
                reinterpret_cast<volatile unsigned*>(values)[thread] = sum;
                if constexpr (Kind == Meeting::FenceBlock) __threadfence_block();
                if constexpr (Kind == Meeting::FenceDevice) __threadfence();
                if constexpr (Kind == Meeting::FenceSystem) __threadfence_system();
                sum += 1;
            }
        }
    }
    const long long stop = workload::read_clock();
    out[thread] = sum;
    if (threadIdx.x % 32 == 0) cycles[thread / 32] = stop - start;
}

template <Meeting Kind> void test(workload::Run& run, const char* name, int grid, int block, int rounds, int late) {
    workload::DeviceArray<unsigned> values(grid * block), out(grid * block);
    workload::DeviceArray<long long> cycles(grid * block / 32);
    const std::string label = std::string(name) + ", " + std::to_string(block / 32) + " warps" + (late > 0 ? ", one late" : "");
    run.launch(label.c_str(), [&] { meet<Kind><<<grid, block>>>(rounds, late, values, out, cycles); });
    std::vector<unsigned> expected(grid * block);
    for (int t = 0; t < grid * block; ++t) {
        unsigned sum = t;
        for (int round = 0; round < rounds; ++round) {
            for (int k = 0; t % block < 32 && k < late; ++k) sum = sum * 3 + 1;
            if (Kind == Meeting::BlockCount) sum += kRepeat * ((block + 2) / 3);
            if (Kind >= Meeting::FenceBlock) sum += kRepeat;
        }
        expected[t] = sum;
    }
    run.check_equal(label.c_str(), out.to_host(), expected);
    workload::report(run, label.c_str(), cycles.to_host(), static_cast<double>(rounds) * kRepeat);
}

int main(int argc, char** argv) {
    workload::Run run("barrier_cost", argc, argv);
    const int rounds = run.pick(2, 16, 128, 512), grid = run.pick(1, 1, 132, 132);
    for (const int block :
         run.pick(std::vector<int>{32, 256}, {32, 128, 512}, {32, 64, 128, 256, 512, 1024}, {32, 64, 128, 256, 512, 1024})) {
        test<Meeting::Block>(run, "barrier of the CTA", grid, block, rounds, 0);
        test<Meeting::Block>(run, "barrier of the CTA", grid, block, rounds, 100);
        test<Meeting::BlockCount>(run, "barrier with count", grid, block, rounds, 0);
        test<Meeting::Warp>(run, "barrier of the warp", grid, block, rounds, 0);
        test<Meeting::FenceBlock>(run, "fence of the CTA", grid, block, rounds, 0);
        test<Meeting::FenceDevice>(run, "fence of the device", grid, block, rounds, 0);
        test<Meeting::FenceSystem>(run, "fence of the system", grid, block, rounds, 0);
    }
    return run.finish();
}
