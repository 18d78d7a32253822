// Cooperative launches: a multi-phase reduction and a damped vibration of a string, the whole grid meeting between phases; and a barrier
// of the grid made by hand from an atomic counter.
// Stresses: grid-wide barriers (atomics, fences, spinning), all CTAs resident at once, cudaLaunchCooperativeKernel.
#include <algorithm>

#include <cooperative_groups.h>

#include "common/workload.hpp"

namespace cg = cooperative_groups;
constexpr int kBlock = 128;

// Halves the array in place until one value is left.
__global__ void tree_sum(int n, long long* values) {
    const cg::grid_group grid = cg::this_grid();
    const int rank = static_cast<int>(grid.thread_rank()), threads = static_cast<int>(grid.size());
    while (n > 1) {
        const int half = (n + 1) / 2;
        for (int i = rank; i + half < n; i += threads) values[i] += values[i + half];
        grid.sync();
        n = half;
    }
}

// Three rows of n points: before, now, next; ends fixed. Whole-number arithmetic, so the result is exact.
__global__ void string(int n, int steps, int* rows) {
    const cg::grid_group grid = cg::this_grid();
    for (int step = 0; step < steps; ++step) {
        const int* before = rows + step % 3 * n;
        const int* now = rows + (step + 1) % 3 * n;
        int* next = rows + (step + 2) % 3 * n;
        for (int i = static_cast<int>(grid.thread_rank()); i < n; i += static_cast<int>(grid.size())) {
            next[i] = i == 0 || i == n - 1 ? 0 : now[i] + ((now[i] - before[i]) * 15 + (now[i - 1] - 2 * now[i] + now[i + 1]) * 4) / 16;
        }
        grid.sync();
    }
}

// The last CTA of a round to come opens the gate. Requires: all CTAs resident.
__device__ void hand_made_barrier(unsigned* arrived, volatile unsigned* round) {
    __syncthreads();
    if (threadIdx.x == 0) {
        const unsigned mine = *round;
        __threadfence();
        if (atomicAdd(arrived, 1u) == gridDim.x - 1) {
            *arrived = 0;
            __threadfence();
            *round = mine + 1;
        } else {
            while (*round == mine) __nanosleep(20);
        }
        __threadfence();
    }
    __syncthreads();
}

// Each CTA adds its left neighbour's value of the round before.
__global__ void pass_on(int rounds, unsigned* values, unsigned* arrived, unsigned* round) {
    const unsigned blocks = gridDim.x, left = (blockIdx.x + blocks - 1) % blocks;
    for (int r = 0; r < rounds; ++r) {
        const unsigned* from = values + r % 2 * blocks;
        unsigned* to = values + (r + 1) % 2 * blocks;
        if (threadIdx.x == 0) to[blockIdx.x] = __ldcg(from + blockIdx.x) + __ldcg(from + left);
        hand_made_barrier(arrived, round);
    }
}

template <typename... Arguments> void launch_cooperative(void (*kernel)(Arguments...), int grid, Arguments... arguments) {
    void* pointers[] = {&arguments...};
    CUDA_CHECK(cudaLaunchCooperativeKernel(kernel, dim3(grid), dim3(kBlock), pointers, 0, nullptr));
}

int main(int argc, char** argv) {
    workload::Run run("grid_sync", argc, argv);
    int cooperative = 0, sms = 0, resident = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&cooperative, cudaDevAttrCooperativeLaunch, 0));
    CUDA_CHECK(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, 0));
    if (cooperative == 0) run.skip("needs cooperative launch");
    CUDA_CHECK(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, string, kBlock, 0));
    const int grid = std::min(run.pick(6, 16, 132, 264), sms * resident);
    const int n = run.pick(2'001, 20'001, 500'001, 2'000'001), steps = run.pick(7, 10, 15, 20);

    std::vector<long long> values(n);
    long long total = 0;
    for (auto& value : values) total += value = static_cast<int>(run.random().bits32());
    workload::DeviceArray<long long> dvalues(n);
    run.launch(
        "tree sum", [&] { dvalues.upload(values); }, [&] { launch_cooperative<int, long long*>(tree_sum, grid, n, dvalues); });
    run.check_equal("tree sum", dvalues.to_host()[0], total);

    std::vector<int> rows(3 * n, 0);
    for (int i = 1; i < n - 1; ++i) rows[i] = rows[n + i] = static_cast<int>(run.random().below(2000)) - 1000;
    auto expected = rows;
    for (int step = 0; step < steps; ++step) {
        const int* before = &expected[step % 3 * n];
        const int* now = &expected[(step + 1) % 3 * n];
        int* next = &expected[(step + 2) % 3 * n];
        for (int i = 1; i < n - 1; ++i) next[i] = now[i] + ((now[i] - before[i]) * 15 + (now[i - 1] - 2 * now[i] + now[i + 1]) * 4) / 16;
    }
    workload::DeviceArray<int> drows(rows.size());
    run.launch(
        "string", [&] { drows.upload(rows); }, [&] { launch_cooperative<int, int, int*>(string, grid, n, steps, drows); });
    run.check_equal("string", drows.to_host(), expected);

    const int rounds = run.pick(9, 20, 40, 100);
    std::vector<unsigned> start(2 * grid), now(grid), next(grid);
    for (int b = 0; b < grid; ++b) start[b] = now[b] = b * b + 1;
    for (int r = 0; r < rounds; ++r) {
        for (int b = 0; b < grid; ++b) next[b] = now[b] + now[(b + grid - 1) % grid];
        std::swap(now, next);
    }
    workload::DeviceArray<unsigned> dsums(2 * grid), arrived(1), round(1);
    run.launch(
        "hand-made barrier",
        [&] {
            dsums.upload(start);
            arrived.fill_bytes(0);
            round.fill_bytes(0);
        },
        [&] { launch_cooperative<int, unsigned*, unsigned*, unsigned*>(pass_on, grid, rounds, dsums, arrived, round); });
    auto sums = dsums.to_host();
    sums.erase(sums.begin(), sums.begin() + rounds % 2 * grid);
    sums.resize(grid);
    run.check_equal("hand-made barrier", sums, now);
    return run.finish();
}
