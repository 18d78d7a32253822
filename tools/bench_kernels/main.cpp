// Speed of the simulator on kernels that fill the machine: arithmetic, tensor GEMM with shared memory, streaming.
//
//   heddle_bench_kernels GPU    one JSON object per line: workload, instructions, SM-cycles, CPU seconds, share of peak
//
// The kernels are generated, so nothing but the model is timed. tools/bench prints the results.
#include "frontend/synthetic/program.hpp"
#include "sim/gpu/gpu.hpp"
#include "tools/heddle/gpu_files.hpp"

#include <ctime>
#include <fmt/format.h>

using namespace heddle;

namespace {

constexpr Address kData = 0x7f0000000000;

std::uint16_t reg(unsigned number) { return static_cast<std::uint16_t>(number); }

// Independent FP32 chains, eight warps per sub-core.
void add_ffma(SyntheticWorkload& workload, std::uint32_t sms) {
    Program program("ffma", 90);
    std::vector<const StaticInstruction*> rows;
    for (unsigned i = 0; i < 32; ++i) rows.push_back(&program.row("FFMA", {reg(4 + i % 8)}, {reg(4 + i % 8), 20, 21}));
    const auto& exit = program.row("EXIT", {}, {});
    workload.add_kernel(program, {.ctas = std::uint64_t{sms} * 4, .threads = 256}, [=, &exit](std::uint64_t, std::uint32_t, WarpCode& warp) {
        for (unsigned k = 0; k < 16; ++k)
            for (const auto* row : rows) warp.add(*row);
        warp.add(exit);
    });
}

// FP32 GEMM by tiles in shared memory: two loads of global memory, sixteen of shared memory and 256 FFMA per step.
void add_sgemm(SyntheticWorkload& workload, std::uint32_t sms) {
    Program program("sgemm", 90);
    const auto& load_a = program.row("LDG.E.128", {8}, {2});
    const auto& load_b = program.row("LDG.E.128", {12}, {4});
    const auto& store_a = program.row("STS.128", {}, {6, 8});
    const auto& store_b = program.row("STS.128", {}, {7, 12});
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 0);
    std::vector<const StaticInstruction*> shared, ffma;
    for (unsigned i = 0; i < 4; ++i) shared.push_back(&program.row("LDS.128", {reg(16 + 4 * i)}, {6}));
    for (unsigned i = 0; i < 64; ++i) ffma.push_back(&program.row("FFMA", {reg(40 + i)}, {reg(16 + i % 8), reg(24 + i / 8), reg(40 + i)}));
    const auto& exit = program.row("EXIT", {}, {});
    workload.add_kernel(program, {.ctas = std::uint64_t{sms} * 2, .threads = 256, .registers = 120, .shared_bytes = 16 * kKiB},
                        [=, &load_a, &load_b, &store_a, &store_b, &barrier, &exit](std::uint64_t cta, std::uint32_t warp, WarpCode& code) {
                            for (unsigned step = 0; step < 8; ++step) {
                                code.add_strided(load_a, kData + (cta / 16) * 65536 + step * 4096 + warp * 512, 16);
                                code.add_strided(load_b, kData + (64 << 20) + (cta % 16) * 65536 + step * 4096 + warp * 512, 16);
                                code.add_strided(store_a, warp * 512, 16);
                                code.add_strided(store_b, 8192 + warp * 512, 16);
                                code.add(barrier);
                                for (unsigned k = 0; k < 4; ++k) {
                                    for (const auto* row : shared) code.add_strided(*row, k * 1024, 0);
                                    for (const auto* row : ffma) code.add(*row);
                                }
                                code.add(barrier);
                            }
                            code.add(exit);
                        });
}

// Tensor-core GEMM: asynchronous copies, matrix loads and eight m16n8k16 per step.
void add_hgemm(SyntheticWorkload& workload, std::uint32_t sms) {
    Program program("hgemm", 90);
    const auto& copy = program.row("LDGSTS.E.BYPASS.128", {}, {30, 32});
    const auto& load_a = program.row("LDSM.16.M88.4", {8}, {2});
    const auto& load_b = program.row("LDSM.16.M88.4", {12}, {3});
    std::vector<const StaticInstruction*> mma;
    for (unsigned i = 0; i < 8; ++i) mma.push_back(&program.row("HMMA.16816.F32", {reg(40 + 4 * i)}, {8, 12, reg(40 + 4 * i)}));
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 0);
    const auto& exit = program.row("EXIT", {}, {});
    workload.add_kernel(program, {.ctas = std::uint64_t{sms} * 2, .threads = 256, .registers = 128, .shared_bytes = 32 * kKiB},
                        [=, &copy, &load_a, &load_b, &barrier, &exit](std::uint64_t cta, std::uint32_t warp, WarpCode& code) {
                            for (unsigned step = 0; step < 32; ++step) {
                                code.add_strided(copy, kData + (cta % 16) * 131072 + step * 4096 + warp * 512, 16);
                                code.add_strided(load_a, warp * 512, 16);
                                code.add_strided(load_b, 4096 + warp * 512, 16);
                                for (const auto* row : mma) code.add(*row);
                                code.add(barrier);
                            }
                            code.add(exit);
                        });
}

// Reads 16 KiB per CTA once, 16 bytes per lane.
void add_stream(SyntheticWorkload& workload, std::uint32_t sms) {
    Program program("stream", 90);
    std::vector<const StaticInstruction*> loads;
    for (unsigned i = 0; i < 4; ++i) loads.push_back(&program.row("LDG.E.128", {reg(4 + 4 * i)}, {2}));
    const auto& add = program.row("FADD", {20}, {4, 8});
    const auto& add2 = program.row("FADD", {21}, {12, 16});
    const auto& exit = program.row("EXIT", {}, {});
    workload.add_kernel(program, {.ctas = std::uint64_t{sms} * 24, .threads = 256},
                        [=, &add, &add2, &exit](std::uint64_t cta, std::uint32_t warp, WarpCode& code) {
                            for (unsigned i = 0; i < 4; ++i) code.add_strided(*loads[i], kData + cta * 16384 + i * 4096 + warp * 512, 16);
                            code.add(add);
                            code.add(add2);
                            code.add(exit);
                        });
}

} // namespace

int main(int argc, char** argv) try {
    LoadedGpu gpu;
    load_gpu(gpu, argc > 1 ? argv[1] : "h200_sxm");
    for (const auto& [name, add] : {std::pair{"ffma", &add_ffma}, std::pair{"sgemm", &add_sgemm}, std::pair{"hgemm", &add_hgemm}, std::pair{"stream", &add_stream}}) {
        SyntheticWorkload workload(name);
        add(workload, gpu.config.sms());
        const std::clock_t start = std::clock();
        const RunRecord record = Gpu(gpu.config).run(workload, {});
        const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
        const double dram = static_cast<double>(record.total["gpu.dram.read_atoms"] * kSectorBytes);
        const double time = static_cast<double>(record.kernels[0].end - record.kernels[0].start) * 1e-15;
        fmt::print(R"({{"workload": "{}", "warp_instructions": {}, "cycles": {}, "active_sm_cycles": {}, "cpu_seconds": {:.4f}, "dram_share": {:.4f}}})" "\n", name,
                   record.warp_instructions, record.kernels[0].cycles, record.active_sm_cycles, seconds, dram / time / record.peaks.dram_bytes_per_second);
        std::fflush(stdout);
    }
} catch (const std::exception& error) {
    fmt::print(stderr, "heddle_bench_kernels: {}\n", error.what());
    return 2;
}
