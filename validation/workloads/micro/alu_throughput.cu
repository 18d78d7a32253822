// Throughput of the arithmetic units: every warp runs four independent chains, and an SM holds from one warp to all it can; also the number
// of chains a warp at one warp an SM sub-core (instruction-level parallelism). The list of operations and what they compute is in
// alu_chains.hpp.
#include "common/measure.hpp"
#include "micro/alu_chains.hpp"

constexpr int kUnroll = 8;

template <typename T> struct Result {
    T sum;
    long long start, stop;
};

// Chain k of a thread starts from x and y as they are: all chains give the same values, which the host computes once. The chains are kept
// apart by inline assembly, which the compiler does not see through.
#define KERNEL(name, type, letter, first_x, first_y, c_value, d_value, step, host)                                                         \
    template <int Chains> __global__ void name(int rounds, type c, type d, const type* first, Result<type>* out) {                         \
        type x[Chains], y[Chains];                                                                                                         \
        _Pragma("unroll") for (int k = 0; k < Chains; ++k) {                                                                               \
            x[k] = first[2 * (threadIdx.x % 32)];                                                                                          \
            y[k] = first[2 * (threadIdx.x % 32) + 1];                                                                                      \
        }                                                                                                                                  \
        __syncthreads();                                                                                                                   \
        const long long start = workload::read_clock();                                                                                    \
        _Pragma("unroll 1") for (int round = 0; round < rounds; ++round) {                                                                 \
            _Pragma("unroll") for (int u = 0; u < kUnroll / 2; ++u) {                                                                      \
                _Pragma("unroll") for (int k = 0; k < Chains;                                                                              \
                                       ++k) asm volatile(step : "+" letter(x[k]) : letter(y[k]), letter(c), letter(d));                    \
                _Pragma("unroll") for (int k = 0; k < Chains;                                                                              \
                                       ++k) asm volatile(step : "+" letter(y[k]) : letter(x[k]), letter(c), letter(d));                    \
            }                                                                                                                              \
        }                                                                                                                                  \
        const long long stop = workload::read_clock();                                                                                     \
        type sum = 0;                                                                                                                      \
        _Pragma("unroll") for (int k = 0; k < Chains; ++k) sum += x[k];                                                                    \
        out[blockIdx.x * blockDim.x + threadIdx.x] = {sum, start, stop};                                                                   \
    }
ALU_CHAINS(KERNEL)

template <typename T>
void test(workload::Run& run, const std::string& label, int rounds, int chains, int grid, int block,
          void (*kernel)(int, T, T, const T*, Result<T>*), T (*step)(T, T, T, T), T x, T y, T c, T d) {
    std::vector<T> start_values;
    for (int lane = 0; lane < 32; ++lane) start_values.insert(start_values.end(), {x, y});
    workload::DeviceArray<T> first(start_values);
    workload::DeviceArray<Result<T>> out(grid * block);
    run.launch(label.c_str(), [&] { kernel<<<grid, block>>>(rounds, c, d, first, out); });
    T expected = 0;
    for (int k = 0; k < rounds * kUnroll / 2; ++k) {
        x = step(x, y, c, d);
        y = step(y, x, c, d);
    }
    for (int k = 0; k < chains; ++k) expected += x;
    const auto results = out.to_host();
    std::vector<T> actual;
    std::vector<long long> spans;
    for (int b = 0; b < grid; ++b) {
        long long start = results[b * block].start, stop = results[b * block].stop;
        for (int t = 0; t < block; ++t) {
            const auto& result = results[b * block + t];
            actual.push_back(result.sum);
            start = std::min(start, result.start);
            stop = std::max(stop, result.stop);
        }
        spans.push_back(stop - start);
    }
    run.check_close(label.c_str(), actual, std::vector<T>(actual.size(), expected),
                    {0, alu::tolerance<T>(label.substr(0, label.find(',')).c_str())});
    workload::report(run, (label + ", per warp operation of the CTA").c_str(), spans,
                     static_cast<double>(rounds) * kUnroll * chains * block / 32);
}

int main(int argc, char** argv) {
    workload::Run run("alu_throughput", argc, argv);
    const int rounds = run.pick(4, 16, 128, 1024);
    const int grid = run.pick(1, 1, 132, 132);
    for (const int block : run.pick(std::vector<int>{128}, {128, 512}, {32, 128, 256, 512, 1024}, {32, 128, 256, 512, 1024})) {
#define TEST(name, type, letter, first_x, first_y, c_value, d_value, step, host)                                                           \
    {                                                                                                                                      \
        const auto host_step = []([[maybe_unused]] type a, [[maybe_unused]] type b, [[maybe_unused]] type c,                               \
                                  [[maybe_unused]] type d) -> type {                                                                       \
            using namespace alu;                                                                                                           \
            return host;                                                                                                                   \
        };                                                                                                                                 \
        const std::string label = std::string(#name) + ", " + std::to_string(block) + " threads";                                          \
        test<type>(run, label + ", 4 chains", rounds, 4, grid, block, name<4>, host_step, first_x, first_y, c_value, d_value);             \
        if (block == 128)                                                                                                                  \
            test<type>(run, label + ", 1 chain", rounds, 1, grid, block, name<1>, host_step, first_x, first_y, c_value, d_value);          \
    }
        ALU_CHAINS(TEST)
    }
    return run.finish();
}
