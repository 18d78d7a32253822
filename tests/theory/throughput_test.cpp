// Rates that follow from the configuration alone.
#include <catch2/catch.hpp>

#include "tests/theory/theory_harness.hpp"

using namespace heddle;

namespace {

// Warp instructions per cycle and SM of a stream of independent `opcode` from eight warps per sub-core on one SM.
double rate(const GpuConfig& config, unsigned architecture, const std::string& opcode, unsigned sources) {
    const auto cycles_of = [&](unsigned count) {
        Program program("rate", architecture);
        std::vector<const StaticInstruction*> rows;
        for (std::uint16_t i = 0; i < 16; ++i) {
            const auto dst = static_cast<std::uint16_t>(32 + 2 * i);
            rows.push_back(sources == 1   ? &program.row(opcode, {dst}, {8})
                           : sources == 2 ? &program.row(opcode, {dst}, {8, 11})
                                          : &program.row(opcode, {dst}, {8, 11, 14}));
        }
        const auto& exit = program.row("EXIT", {}, {});
        SyntheticWorkload workload;
        workload.add_kernel(program, {.threads = 1024, .registers = 64}, [&](std::uint64_t, std::uint32_t, WarpCode& warp) {
            for (unsigned i = 0; i < count; ++i)
                for (const auto* row : rows) warp.add(*row);
            warp.add(exit);
        });
        return simulate(config, workload).kernels[0].cycles;
    };
    return 32.0 * 16 * 10 / static_cast<double>(cycles_of(20) - cycles_of(10));
}

// DRAM bandwidth of a streaming read over the whole GPU, start and end left out, as a share of the pins' rate.
double stream_share(const GpuConfig& config, unsigned ctas_per_sm) {
    Time time[2];
    const std::uint64_t ctas[2] = {std::uint64_t{config.sms()} * ctas_per_sm, std::uint64_t{config.sms()} * ctas_per_sm * 2};
    double peak = 0;
    for (int i = 0; i < 2; ++i) {
        Program program("stream", 90);
        std::vector<const StaticInstruction*> loads;
        for (std::uint16_t k = 0; k < 4; ++k) loads.push_back(&program.row("LDG.E.128", {static_cast<std::uint16_t>(4 + 4 * k)}, {2}));
        const auto& add = program.row("FADD", {20}, {4, 8});
        const auto& exit = program.row("EXIT", {}, {});
        SyntheticWorkload workload;
        workload.add_kernel(program, {.ctas = ctas[i], .threads = 256}, [&](std::uint64_t cta, std::uint32_t warp, WarpCode& code) {
            for (unsigned k = 0; k < 4; ++k) code.add_strided(*loads[k], 0x7f0000000000 + cta * 16384 + k * 4096 + warp * 512, 16);
            code.add(add);
            code.add(exit);
        });
        const RunRecord record = simulate(config, workload);
        time[i] = record.kernels[0].end - record.kernels[0].start;
        peak = record.peaks.dram_bytes_per_second;
        CHECK(record.total["gpu.dram.read_atoms"] * kSectorBytes == ctas[i] * 16384);
        CHECK(static_cast<double>(ctas[i]) * 16384 / (static_cast<double>(time[i]) * 1e-15) <= peak);
    }
    return static_cast<double>(ctas[1] - ctas[0]) * 16384 / (static_cast<double>(time[1] - time[0]) * 1e-15) / peak;
}

} // namespace

TEST_CASE("independent instructions issue at the rate of their pipe's lanes") {
    const GpuConfig h200 = load_small_gpu("h200_sxm", {"sm.sub_core.branch_latency=1 cycle"});
    CHECK(rate(h200, 90, "FFMA", 3) == Approx(4).epsilon(0.02));    // 128 lanes
    CHECK(rate(h200, 90, "IADD3", 3) == Approx(2).epsilon(0.02));   // 64 lanes
    CHECK(rate(h200, 90, "MUFU.EX2", 1) == Approx(0.5).epsilon(0.02)); // 16 lanes
    CHECK(rate(h200, 90, "DFMA", 3) == Approx(2).epsilon(0.02));
    const GpuConfig a100 = load_small_gpu("a100_sxm_80gb", {"sm.sub_core.branch_latency=1 cycle"});
    CHECK(rate(a100, 80, "FFMA", 3) == Approx(2).epsilon(0.02));
    CHECK(rate(a100, 80, "DFMA", 3) == Approx(1).epsilon(0.02));
}

TEST_CASE("a streaming read reaches at least 90 % of the HBM peak with per-bank refresh and never exceeds it") {
    for (const char* gpu : {"h200_sxm", "h100_sxm", "a100_sxm_80gb", "v100_sxm2"}) {
        CAPTURE(gpu);
        const GpuConfig config = load_gpu(gpu);
        REQUIRE(config.dram.refresh == RefreshMode::PerBank);
        const double share = stream_share(config, 8);
        CHECK(share >= 0.90);
        CHECK(share <= 1.0);
    }
}

TEST_CASE("a kernel starts after the launch latency, the next one that much after its predecessor's end") {
    const GpuConfig config = load_gpu("h200_sxm");
    Program program("empty", 90);
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    for (int i = 0; i < 3; ++i) workload.add_kernel(program, {}, [&](std::uint64_t, std::uint32_t, WarpCode& warp) { warp.add(exit); });
    const RunRecord record = simulate(config, workload);
    REQUIRE(record.kernels.size() == 3);
    const double launch = config.host.launch_latency * 1e6;
    // The launch latency is part of each kernel's time; reporting the end overlaps with the next launch. Margins: to the next SM clock edge.
    CHECK(record.kernels[0].start == 0);
    const double completion = config.host.completion_latency * 1e6;
    for (int i = 1; i < 3; ++i)
        CHECK(static_cast<double>(record.kernels[i - 1].end) - static_cast<double>(record.kernels[i].start) == Approx(completion).margin(600'000));
    for (const KernelRecord& kernel : record.kernels) CHECK(static_cast<double>(kernel.end - kernel.start) > launch + completion);
}
