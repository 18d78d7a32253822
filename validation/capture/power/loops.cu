// Loops that keep one part of a GPU busy, for the energy of what they do: instructions of every pipe, tensor cores, shared memory, L1, L2, DRAM.
//
//   nvcc -std=c++17 -O2 -arch=sm_90a -o loops validation/capture/power/loops.cu -ldl
//   loops [--seconds 0.6] [--settle 0.3] [--only NAME]... [--skip NAME]... [--series FILE] [--list]   on a GPU: a POWER line for every loop (meter.hpp)
//   loops --iterations N [--scale S]                                        in a simulator: each loop once, with so many iterations; what lies in DRAM is S times smaller
//
// Every kernel does ITERATIONS times the same unrolled body, so that the events of an iteration are the difference of two runs. Operands
// are random bits unless a loop's name says zeros: the power of arithmetic depends on them. Grids are multiples of the number of SMs; names that
// end in _third and _half leave SMs without work.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <cuda_runtime.h>

#include "kernels.cuh"
#include "meter.hpp"

#define CHECK(call)                                                                                                                        \
    do {                                                                                                                                   \
        const cudaError_t error_ = (call);                                                                                                 \
        if (error_ != cudaSuccess) {                                                                                                       \
            std::fprintf(stderr, "loops: %s: %s\n", #call, cudaGetErrorString(error_));                                                    \
            std::exit(1);                                                                                                                  \
        }                                                                                                                                  \
    } while (0)

namespace {

struct Loop {
    const char* name;
    Kernel kernel;
    unsigned ctas_per_sm, block;
    unsigned lanes = 32, zeros = 0;
    double part = 1;          // of the SMs
    std::uint64_t bytes = 0;  // of the data it walks over, a power of two
    unsigned shared = 0;
};
constexpr std::uint64_t kL2 = 16ull << 20, kDram = 1ull << 30;

const std::vector<Loop>& loops() {
    static const std::vector<Loop> all = {
        {"asleep", asleep, 2, 1024},
        {"ffma_one_sm", ffma, 2, 1024, 32, 0, 0.001},
        {"ffma_one_warp", ffma, 1, 32},
        {"ffma_four_warps", ffma, 1, 128},
        {"ffma", ffma, 2, 1024},
        {"ffma_half", ffma, 2, 1024, 32, 0, 0.5},
        {"ffma_third", ffma, 2, 1024, 32, 0, 0.334},
        {"ffma_16_lanes", ffma, 2, 1024, 16},
        {"ffma_1_lane", ffma, 2, 1024, 1},
        {"ffma_zeros", ffma, 2, 1024, 32, 1},
        {"fadd", fadd, 2, 1024},
        {"fmul", fmul, 2, 1024},
        {"fmnmx", fmnmx, 2, 1024},
        {"iadd3", iadd3, 2, 1024},
        {"lop3", lop3, 2, 1024},
        {"lop3_zeros", lop3, 2, 1024, 32, 1},
        {"lop3_1_lane", lop3, 2, 1024, 1},
        {"shf", shf, 2, 1024},
        {"prmt", prmt, 2, 1024},
        {"imad", imad, 2, 1024},
        {"imad_wide", imad_wide, 2, 1024},
        {"dp4a", dp4a, 2, 1024},
        {"sel", sel, 2, 1024},
        {"popc", popc, 2, 1024},
        {"hfma2", hfma2, 2, 1024},
        {"hadd2", hadd2, 2, 1024},
        {"dfma", dfma, 2, 1024},
        {"dfma_zeros", dfma, 2, 1024, 32, 1},
        {"dadd", dadd, 2, 1024},
        {"mufu_ex2", mufu_ex2, 2, 1024},
        {"mufu_rsq", mufu_rsq, 2, 1024},
        {"mufu_sin", mufu_sin, 2, 1024},
        {"convert", convert, 2, 1024},
        {"shfl", shfl, 2, 1024},
        {"vote", vote, 2, 1024},
        {"ldc", ldc, 2, 1024},
        {"barrier", barrier, 2, 1024},
        {"branches", branches, 2, 1024},
        {"long_code", long_code, 2, 1024},
        {"mma_f16", mma_f16, 2, 512},
        {"mma_f16_zeros", mma_f16, 2, 512, 32, 1},
        {"mma_f16_half", mma_f16, 2, 512, 32, 0, 0.5},
        {"mma_bf16", mma_bf16, 2, 512},
        {"mma_tf32", mma_tf32, 2, 512},
        {"mma_s8", mma_s8, 2, 512},
        {"mma_f64", mma_f64, 2, 512},
#ifdef HAS_WGMMA
        {"wgmma_f16", wgmma_f16, 2, 128, 32, 0, 1, 0, 49152},
        {"wgmma_f16_third", wgmma_f16, 2, 128, 32, 0, 0.334, 0, 49152},
        {"wgmma_f16_half", wgmma_f16, 2, 128, 32, 0, 0.5, 0, 49152},
        {"wgmma_f16_zeros", wgmma_f16, 2, 128, 32, 1, 1, 0, 49152},
        {"wgmma_f16_registers", wgmma_f16_registers, 2, 128, 32, 0, 0.5, 0, 49152},
        {"wgmma_bf16", wgmma_bf16, 2, 128, 32, 0, 0.5, 0, 49152},
        {"wgmma_tf32", wgmma_tf32, 2, 128, 32, 0, 0.5, 0, 49152},
        {"wgmma_e4m3", wgmma_e4m3, 2, 128, 32, 0, 0.5, 0, 49152},
        {"wgmma_s8", wgmma_s8, 2, 128, 32, 0, 0.5, 0, 49152},
#endif
        {"lds_32", lds_32, 2, 1024},
        {"lds_32_zeros", lds_32, 2, 1024, 32, 1},
        {"lds_128", lds_128, 2, 1024},
        {"lds_8_ways", lds_8_ways, 2, 1024},
        {"lds_broadcast", lds_broadcast, 2, 1024},
        {"sts_32", sts_32, 2, 1024},
        {"sts_128", sts_128, 2, 1024},
        {"ldsm", ldsm, 2, 1024},
        {"atoms", atoms, 2, 1024},
        {"ldg_l1_32", ldg_l1_32, 2, 1024, 32, 0, 1, 32ull << 20},
        {"ldg_l1_128", ldg_l1_128, 2, 1024, 32, 0, 1, 32ull << 20},
        {"ldg_l1_broadcast", ldg_l1_broadcast, 2, 1024, 32, 0, 1, 32ull << 20},
        {"l2_read_128", ldg_128, 2, 1024, 32, 0, 1, kL2},
        {"l2_read_32", ldg_32, 2, 1024, 32, 0, 1, kL2},
        {"l2_read_sector", ldg_sector, 2, 1024, 32, 0, 1, kL2},
        {"l2_read_half", ldg_128, 2, 1024, 32, 0, 0.5, kL2},
        {"l2_write_128", stg_128, 2, 1024, 32, 0, 1, kL2},
        {"l2_write_32", stg_32, 2, 1024, 32, 0, 1, kL2},
        {"l2_red", red, 2, 1024, 32, 0, 1, kL2},
        {"l2_cp_async", cp_async, 2, 1024, 32, 0, 1, kL2},
        {"dram_read", ldg_128, 2, 1024, 32, 0, 1, kDram},
        {"dram_read_zeros", ldg_128, 2, 1024, 32, 1, 1, kDram},
        {"dram_read_third", ldg_128, 2, 1024, 32, 0, 0.334, kDram},
        {"dram_sector", ldg_sector, 2, 1024, 32, 0, 1, kDram},
        {"dram_random", ldg_random, 2, 1024, 32, 0, 1, kDram},
        {"dram_write", stg_128, 2, 1024, 32, 0, 1, kDram},
        {"dram_copy", copy_128, 2, 1024, 32, 0, 1, kDram},
    };
    return all;
}

struct Options {
    double seconds = 0.6, settle = 0.3;
    unsigned iterations = 0, scale = 1;
    std::vector<std::string> only, skip;
    std::FILE* series = nullptr; // each reading of the sensor and of the clock from a loop's first launch on
};

__global__ void fill(unsigned* data, std::uint64_t words, unsigned zeros) {
    for (std::uint64_t i = thread_number(); i < words; i += static_cast<std::uint64_t>(gridDim.x) * blockDim.x) data[i] = zeros ? 0 : mix(static_cast<unsigned>(i));
}

class Bench {
  public:
    explicit Bench(const Options& options) : o_(options) {
        CHECK(cudaDeviceGetAttribute(&sms_, cudaDevAttrMultiProcessorCount, 0));
        CHECK(cudaMalloc(&out_, 4096));
        CHECK(cudaEventCreate(&start_));
        CHECK(cudaEventCreate(&stop_));
    }

    void run(const Loop& l) {
        Arguments a{1, l.lanes, l.zeros, l.bytes == kDram ? l.bytes / o_.scale : l.bytes, nullptr, out_};
        grid_ = std::max(1u, static_cast<unsigned>(std::lround(sms_ * l.part))) * l.ctas_per_sm;
        if (l.bytes != 0) {
            provide(2 * a.bytes, l.zeros);
            a.data = data_;
        }
        CHECK(cudaFuncSetAttribute(reinterpret_cast<const void*>(l.kernel), cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(l.shared)));
        if (o_.iterations != 0) {
            a.iterations = o_.iterations;
            launch(l, a);
            CHECK(cudaDeviceSynchronize());
            std::printf("LOOP %s %u %u\n", l.name, grid_, a.iterations);
            return;
        }
        double milliseconds = 0;
        for (unsigned n = 4; milliseconds < 2 && n < 1u << 28; n *= 4) milliseconds = timed(l, a, n);
        milliseconds = timed(l, a, a.iterations);
        timed(l, a, std::max(1u, static_cast<unsigned>(a.iterations * std::min(1e4, 20 / milliseconds))));
        // Two launches are always waiting, so that the GPU is never idle.
        const auto begin = PowerMeter::Clock::now();
        const auto since = [&] { return std::chrono::duration<double>(PowerMeter::Clock::now() - begin).count(); };
        unsigned long launches = 0;
        CHECK(cudaEventRecord(start_));
        while (since() < o_.settle + o_.seconds) {
            launch(l, a);
            if (++launches % 2 == 0) CHECK(cudaEventSynchronize(wait_));
            if (launches % 2 == 0 || launches == 1) CHECK(cudaEventRecord(wait_));
        }
        const auto end = PowerMeter::Clock::now();
        CHECK(cudaEventRecord(stop_));
        CHECK(cudaDeviceSynchronize());
        float all = 0;
        CHECK(cudaEventElapsedTime(&all, start_, stop_));
        const auto window = meter_.window(begin + std::chrono::milliseconds(static_cast<int>(o_.settle * 1e3)), end);
        std::printf("LOOP %s %u %u\n", l.name, grid_, a.iterations);
        print_power(l.name, launches, all * 1e-3, window);
        if (o_.series) meter_.print_series(o_.series, l.name, begin, end);
    }

    void idle() {
        if (o_.iterations != 0 || !meter_.is_there()) return;
        const auto begin = PowerMeter::Clock::now();
        std::this_thread::sleep_for(std::chrono::milliseconds(1000));
        print_power("idle", 1, 1, meter_.window(begin + std::chrono::milliseconds(500), PowerMeter::Clock::now()));
    }

  private:
    void launch(const Loop& l, const Arguments& a) {
        l.kernel<<<grid_, l.block, l.shared>>>(a);
        CHECK(cudaGetLastError());
    }
    double timed(const Loop& l, Arguments& a, unsigned iterations) {
        a.iterations = iterations;
        CHECK(cudaEventRecord(start_));
        launch(l, a);
        CHECK(cudaEventRecord(stop_));
        CHECK(cudaEventSynchronize(stop_));
        float milliseconds = 0;
        CHECK(cudaEventElapsedTime(&milliseconds, start_, stop_));
        return milliseconds;
    }
    void provide(std::uint64_t bytes, unsigned zeros) {
        if (bytes > held_) {
            if (data_) CHECK(cudaFree(data_));
            CHECK(cudaMalloc(&data_, bytes));
            held_ = bytes;
            filled_ = ~0u;
        }
        if (filled_ == zeros || o_.iterations != 0) return;
        fill<<<1024, 256>>>(data_, held_ / 4, zeros);
        CHECK(cudaDeviceSynchronize());
        filled_ = zeros;
    }

    Options o_;
    PowerMeter meter_;
    int sms_ = 0;
    unsigned grid_ = 1;
    unsigned* out_ = nullptr;
    unsigned* data_ = nullptr;
    std::uint64_t held_ = 0;
    unsigned filled_ = ~0u;
    cudaEvent_t start_{}, stop_{}, wait_ = [] {
        cudaEvent_t event{};
        cudaEventCreate(&event);
        return event;
    }();
};

} // namespace

int main(int argc, char** argv) {
    Options o;
    bool is_list = false;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const bool has_value = i + 1 < argc;
        if (word == "--list") is_list = true;
        else if (word == "--seconds" && has_value) o.seconds = std::atof(argv[++i]);
        else if (word == "--settle" && has_value) o.settle = std::atof(argv[++i]);
        else if (word == "--iterations" && has_value) o.iterations = static_cast<unsigned>(std::atoi(argv[++i]));
        else if (word == "--scale" && has_value) o.scale = static_cast<unsigned>(std::max(1, std::atoi(argv[++i])));
        else if (word == "--series" && has_value) {
            o.series = std::fopen(argv[++i], "w");
            if (!o.series) return std::perror(argv[i]), 2;
            std::fputs("loop,seconds,power_w,sm_mhz,clock_reasons\n", o.series);
        } else if (word == "--skip" && has_value) o.skip.emplace_back(argv[++i]);
        else if (word == "--only" && has_value) o.only.emplace_back(argv[++i]);
        else {
            std::fprintf(stderr, "usage: loops [--seconds S] [--settle S] [--iterations N [--scale S]] [--only NAME]... [--skip NAME]... [--series FILE] [--list]\n");
            return 2;
        }
    }
    if (is_list) {
        for (const Loop& l : loops()) std::puts(l.name);
        return 0;
    }
    Bench bench(o);
    bench.idle();
    for (const Loop& l : loops()) {
        bool is_wanted = o.only.empty();
        for (const std::string& name : o.only) is_wanted |= name == l.name;
        for (const std::string& name : o.skip) is_wanted &= name != l.name;
        if (is_wanted) bench.run(l);
    }
    if (o.series) std::fclose(o.series);
    return 0;
}
