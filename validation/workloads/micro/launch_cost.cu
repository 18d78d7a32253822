// Launches: empty kernels in a row, with few and many parameters, few and many CTAs; and the start-up of CTAs: where and when each one
// started.
#include "common/measure.hpp"

struct Large {
    unsigned words[1000];
};

__global__ void empty() {}
__global__ void count(unsigned* counter) { atomicAdd(counter, 1u); }
__global__ void large_parameters(Large parameters, unsigned* out) {
    out[threadIdx.x] = parameters.words[threadIdx.x * 31] + parameters.words[999];
}

struct Start {
    unsigned sm, block;
    long long clock;
    unsigned long long time;
};

// Every CTA notes its start once; dynamic shared memory sets how many fit an SM.
__global__ void note_start(int spin, Start* starts, unsigned* order) {
    if (threadIdx.x != 0) return;
    const unsigned place = atomicAdd(order, 1u);
    const long long begin = workload::read_clock();
    starts[place] = {workload::sm_id(), blockIdx.x, begin, workload::read_global_timer()};
    // Hold the SM for a while, so that a second wave is told from the first.
    for (int k = 0; k < spin; ++k) __nanosleep(100);
}

int main(int argc, char** argv) {
    workload::Run run("launch_cost", argc, argv);
    const int launches = run.pick(5, 20, 200, 1000);
    run.launch("empty kernels", [&] {
        for (int k = 0; k < launches; ++k) empty<<<1, 32>>>();
    });
    run.launch("empty kernels of 1000 CTAs", [&] {
        for (int k = 0; k < launches; ++k) empty<<<run.pick(10, 100, 1000, 1000), 128>>>();
    });

    workload::DeviceArray<unsigned> counter(1);
    run.launch(
        "dependent kernels", [&] { counter.fill_bytes(0); },
        [&] {
            for (int k = 0; k < launches; ++k) count<<<1, 1>>>(counter);
        });
    run.check_equal("dependent kernels", counter.to_host()[0], static_cast<unsigned>(launches));

    Large large;
    for (unsigned& word : large.words) word = run.random().bits32();
    workload::DeviceArray<unsigned> out(32);
    std::vector<unsigned> expected(32);
    for (int t = 0; t < 32; ++t) expected[t] = large.words[t * 31] + large.words[999];
    run.launch("4000 bytes of parameters", [&] {
        for (int k = 0; k < launches; ++k) large_parameters<<<1, 32>>>(large, out);
    });
    run.check_equal("4000 bytes of parameters", out.to_host(), expected);

    int sms = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, 0));
    for (const int block : {32, 256, 1024}) {
        for (const int grid : {run.pick(4, 40, sms, sms), run.pick(12, 200, 4 * sms, 20 * sms)}) {
            const std::string label = std::to_string(grid) + " CTAs of " + std::to_string(block) + " threads";
            workload::DeviceArray<Start> starts(grid);
            run.launch(
                label.c_str(), [&] { counter.fill_bytes(0); },
                [&] { note_start<<<grid, block>>>(run.pick(1, 2, 20, 20), starts, counter); });
            // Every CTA ran once, on an SM that exists.
            std::vector<unsigned> runs(grid, 0), once(grid, 1);
            unsigned long long first = ~0ull, last = 0;
            for (const Start& start : starts.to_host()) {
                run.check(start.block < static_cast<unsigned>(grid), "a CTA has an index beyond the grid");
                if (start.block < static_cast<unsigned>(grid)) ++runs[start.block];
                first = std::min(first, start.time);
                last = std::max(last, start.time);
            }
            run.check_equal(label.c_str(), runs, once);
            run.note("start-up %-40s first to last %llu ns\n", label.c_str(), last - first);
            for (const Start& start : starts.to_host()) {
                if (run.size() >= workload::Size::Medium)
                    run.note("started %u on SM %u at %llu ns\n", start.block, start.sm, start.time - first);
            }
        }
    }
    return run.finish();
}
