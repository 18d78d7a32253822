// Latency of the arithmetic units: one warp runs a chain in which every operation needs the one before.
// The list of operations and what they compute is in alu_chains.hpp.
#include "common/measure.hpp"
#include "micro/alu_chains.hpp"

constexpr int kUnroll = 16;

template <typename T> struct Result {
    T x, y;
    long long cycles;
};

// The first values come from memory, lest the assembler move a chain to the uniform datapath.
#define KERNEL(name, type, letter, first_x, first_y, c_value, d_value, step, host)                                                         \
    __global__ void name(int rounds, type c, type d, Result<type>* results) {                                                              \
        type x = results[threadIdx.x].x, y = results[threadIdx.x].y;                                                                       \
        __syncwarp();                                                                                                                      \
        const long long start = workload::read_clock();                                                                                    \
        _Pragma("unroll 1") for (int round = 0; round < rounds; ++round) {                                                                 \
            _Pragma("unroll") for (int k = 0; k < kUnroll / 2; ++k) {                                                                      \
                asm volatile(step : "+" letter(x) : letter(y), letter(c), letter(d));                                                      \
                asm volatile(step : "+" letter(y) : letter(x), letter(c), letter(d));                                                      \
            }                                                                                                                              \
        }                                                                                                                                  \
        results[threadIdx.x] = {x, y, workload::read_clock() - start};                                                                     \
    }
ALU_CHAINS(KERNEL)

template <typename T>
void test(workload::Run& run, const char* label, int rounds, void (*kernel)(int, T, T, Result<T>*), T (*step)(T, T, T, T), T x, T y, T c,
          T d) {
    workload::DeviceArray<Result<T>> out(32);
    run.launch(
        label,
        [&] {
            out.upload(std::vector<Result<T>>(32, Result<T>{x, y, 0}));
        },
        [&] { kernel<<<1, 32>>>(rounds, c, d, out); });
    T expected_x = x, expected_y = y;
    for (int k = 0; k < rounds * kUnroll / 2; ++k) {
        expected_x = step(expected_x, expected_y, c, d);
        expected_y = step(expected_y, expected_x, c, d);
    }
    std::vector<T> actual, expected;
    std::vector<long long> cycles;
    for (const auto& result : out.to_host()) {
        actual.insert(actual.end(), {result.x, result.y});
        expected.insert(expected.end(), {expected_x, expected_y});
        cycles.push_back(result.cycles);
    }
    run.check_close(label, actual, expected, {0, alu::tolerance<T>(label)});
    workload::report(run, label, cycles, static_cast<double>(rounds) * kUnroll);
}

int main(int argc, char** argv) {
    workload::Run run("alu_latency", argc, argv);
    const int rounds = run.pick(16, 128, 1024, 8192);
#define TEST(name, type, letter, first_x, first_y, c_value, d_value, step, host)                                                           \
    test<type>(                                                                                                                            \
        run, #name, rounds, name,                                                                                                          \
        []([[maybe_unused]] type a, [[maybe_unused]] type b, [[maybe_unused]] type c, [[maybe_unused]] type d) -> type {                   \
            using namespace alu;                                                                                                           \
            return host;                                                                                                                   \
        },                                                                                                                                 \
        first_x, first_y, c_value, d_value);
    ALU_CHAINS(TEST)
    return run.finish();
}
