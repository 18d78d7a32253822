// L2 seen from all SMs: one warp an SM reads the same or its own part of a footprint again and again; and the latency from each SM to one
// and the same set of lines, which tells near from far L2 slices.
#include "common/measure.hpp"

struct Result {
    unsigned sum, sm;
    long long cycles;
};

// Each CTA reads `lines` lines of 128 bytes, one word a line, lanes side by side.
__global__ void read_lines(int lines, int passes, int lines_of_block, const unsigned* in, Result* out) {
    unsigned sum = 0;
    const unsigned* mine = in + static_cast<std::size_t>(blockIdx.x) * lines_of_block * 32;
    const long long start = workload::read_clock();
    for (int pass = 0; pass < passes; ++pass) {
        for (int line = threadIdx.x; line < lines; line += 32) sum += __ldcg(mine + line * 32);
    }
    const long long cycles = workload::read_clock() - start;
    sum = __reduce_add_sync(0xffffffffu, sum);
    if (threadIdx.x == 0) out[blockIdx.x] = {sum, workload::sm_id(), cycles};
}

// One thread a CTA: a dependent load of each of `lines` lines, the cycles of each by itself.
__global__ void line_latency(int lines, const unsigned* next, Result* out, unsigned short* cycles) {
    unsigned at = 0;
    long long total = 0;
    for (int hop = 0; hop < 2 * lines; ++hop) {
        const long long start = workload::read_clock();
        unsigned value;
        asm volatile("ld.global.cg.u32 %0, [%1];" : "=r"(value) : "l"(next + at) : "memory");
        // The address of the next load needs this value, and so does the clock that is read.
        asm volatile("" ::"r"(value) : "memory");
        at = value;
        const long long took = workload::read_clock() - start + (value == 0xffffffffu);
        total += took;
        // The second time round the lines are in L2.
        if (hop >= lines) cycles[blockIdx.x * lines + hop - lines] = static_cast<unsigned short>(took);
    }
    out[blockIdx.x] = {at, workload::sm_id(), total};
}

int main(int argc, char** argv) {
    workload::Run run("l2_footprint", argc, argv);
    int sms = 0;
    CUDA_CHECK(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, 0));
    const int grid = std::min(sms, run.pick(2, 8, 132, 132));
    const std::vector<int> sizes =
        run.pick(std::vector<int>{64, 256}, {64, 1024}, {256, 4096, 16384, 65536}, {4096, 65536, 262144, 524288, 1 << 20});
    for (const int total_lines : sizes) {
        const auto values = run.random().bits_vector(static_cast<std::size_t>(total_lines) * 32);
        workload::DeviceArray<unsigned> in(values);
        workload::DeviceArray<Result> out(grid);
        for (const bool shared : {true, false}) {
            const int lines = shared ? total_lines : total_lines / grid, own = shared ? 0 : lines, passes = run.pick(2, 2, 4, 4);
            const std::string label = std::to_string(total_lines / 8) + (shared ? " KiB, read by all" : " KiB, divided");
            run.launch(label.c_str(), [&] { read_lines<<<grid, 32>>>(lines, passes, own, in, out); });
            std::vector<unsigned> sums, expected(grid, 0);
            std::vector<long long> cycles;
            for (const Result& result : out.to_host()) {
                sums.push_back(result.sum);
                cycles.push_back(result.cycles);
            }
            for (int b = 0; b < grid; ++b) {
                for (int line = 0; line < lines; ++line) expected[b] += values[(static_cast<std::size_t>(b) * own + line) * 32] * passes;
            }
            run.check_equal(label.c_str(), sums, expected);
            workload::report(run, label.c_str(), cycles, static_cast<double>(lines) * passes / 32);
        }
    }

    const int lines = run.pick(32, 64, 256, 1024);
    std::vector<unsigned> next(lines * 32, 0);
    // Steps of five lines; five does not divide the number of lines, a power of two.
    for (int line = 0; line < lines; ++line) next[line * 32] = (line + 5) % lines * 32;
    workload::DeviceArray<unsigned> dnext(next);
    workload::DeviceArray<Result> out(grid);
    workload::DeviceArray<unsigned short> cycles(grid * lines);
    run.launch("latency by SM", [&] { line_latency<<<grid, 1>>>(lines, dnext, out, cycles); });
    const auto all = cycles.to_host();
    std::vector<unsigned> last;
    for (int b = 0; b < grid; ++b) {
        const Result result = out.to_host()[b];
        last.push_back(result.sum);
        std::vector<long long> of_block(all.begin() + b * lines, all.begin() + (b + 1) * lines);
        workload::report(run, ("line latency from SM " + std::to_string(result.sm)).c_str(), of_block, 1);
    }
    run.check_equal("end of the chain", last, std::vector<unsigned>(grid, 0));
    return run.finish();
}
