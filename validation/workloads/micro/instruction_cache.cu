// Straight-line code of 1 to 512 KiB run several times over: the cost of an instruction jumps where a level of the instruction caches ends.
// One warp, and warps of several CTAs.
#include "common/measure.hpp"

struct Result {
    unsigned x, y;
    long long cycles;
};

// Eight pairs of integer multiply-adds of which no two can be joined: 2 * 16 bytes of code a pair.
#define PAIR "mad.lo.u32 %0, %0, %1, %2;\n\tmad.lo.u32 %1, %1, %0, %2;\n\t"
#define EIGHT_PAIRS PAIR PAIR PAIR PAIR PAIR PAIR PAIR PAIR

template <int Steps> __global__ void straight(int rounds, Result* results) {
    unsigned x = results[threadIdx.x].x, y = results[threadIdx.x].y;
    long long first = 0;
#pragma unroll 1
    for (int round = 0; round < rounds; ++round) {
        // The first time round fills the caches and is not counted.
        if (round == 1) first = workload::read_clock();
#pragma unroll
        for (int k = 0; k < Steps / 32; ++k) {
            // One statement for 32 pairs: the compiler is slow with many of them.
            asm volatile(EIGHT_PAIRS EIGHT_PAIRS EIGHT_PAIRS EIGHT_PAIRS : "+r"(x), "+r"(y) : "r"(rounds));
        }
    }
    if (blockIdx.x == 0) results[threadIdx.x] = {x, y, workload::read_clock() - first};
}

template <int Steps> void test(workload::Run& run, int rounds) {
    for (const int grid : {1, run.pick(1, 2, 132, 264)}) {
        const std::string label = std::to_string(Steps / 32) + " KiB of code, " + std::to_string(grid) + " CTAs";
        workload::DeviceArray<Result> results(32);
        std::vector<Result> start(32);
        for (unsigned lane = 0; lane < 32; ++lane) start[lane] = {lane, 3, 0};
        run.launch(
            label.c_str(), [&] { results.upload(start); }, [&] { straight<Steps><<<grid, 32>>>(rounds, results); });
        std::vector<unsigned> actual, expected;
        std::vector<long long> cycles;
        for (const Result& result : results.to_host()) {
            actual.insert(actual.end(), {result.x, result.y});
            cycles.push_back(result.cycles);
        }
        for (unsigned lane = 0; lane < 32; ++lane) {
            unsigned x = lane, y = 3;
            for (int k = 0; k < rounds * Steps; ++k) {
                x = x * y + rounds;
                y = y * x + rounds;
            }
            expected.insert(expected.end(), {x, y});
        }
        run.check_equal(label.c_str(), actual, expected);
        workload::report(run, label.c_str(), cycles, 2.0 * Steps * (rounds - 1));
    }
}

int main(int argc, char** argv) {
    workload::Run run("instruction_cache", argc, argv);
    const int rounds = run.pick(2, 6, 32, 64);
    test<32>(run, rounds);
    test<256>(run, rounds);
    test<512>(run, rounds);
    test<1024>(run, rounds);
    test<2048>(run, rounds);
    test<3072>(run, rounds);
    test<4096>(run, rounds);
    test<6144>(run, rounds);
    test<8192>(run, rounds);
    test<16384>(run, rounds);
    return run.finish();
}
