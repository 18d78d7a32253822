// A clock that changes during a run: cycles stay, times follow, and the run stays independent of how it is computed.
#include <catch2/catch.hpp>

#include "tests/theory/theory_harness.hpp"

using namespace heddle;

namespace {

RunRecord run_with_change(RunOptions computation) {
    const GpuConfig config = load_small_gpu("h200_sxm", {"clocks.sm=2 GHz", "host.launch_latency=0 ns", "host.completion_latency=0 ns"});
    Program program("ffma", 90);
    const auto& ffma = program.row("FFMA", {4}, {4, 5, 6});
    const auto& load = program.row("LDG.E", {8}, {2});
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    for (int kernel = 0; kernel < 3; ++kernel)
        workload.add_kernel(program, {.ctas = 4, .threads = 128}, [&](std::uint64_t cta, std::uint32_t warp, WarpCode& code) {
            for (int i = 0; i < 500; ++i) code.add(ffma);
            code.add_strided(load, 0x7f0000000000 + (cta * 4 + warp) * 128, 4);
            code.add(exit);
        });
    Gpu gpu(config);
    GpuRunOptions options;
    options.computation = computation;
    options.kernel_ended = [&](const KernelRecord& kernel) { gpu.set_sm_frequency(kernel.id == 1 ? 1'000'000'000 : 1'333'333'333); };
    return gpu.run(workload, options);
}

} // namespace

TEST_CASE("a clock change between kernels changes their time and hardly their cycles") {
    const RunRecord record = run_with_change({});
    REQUIRE(record.kernels.size() == 3);
    const auto time = [&](int i) { return static_cast<double>(record.kernels[i].end - record.kernels[i].start); };
    // Bound by arithmetic: twice the period, twice the time; the few memory cycles fewer do not matter here.
    CHECK(time(1) / time(0) == Approx(2.0).epsilon(0.15));
    CHECK(time(2) / time(0) == Approx(1.5).epsilon(0.15));
    CHECK(time(1) == Approx(static_cast<double>(record.kernels[1].cycles) * 1e6).epsilon(0.001));
    CHECK(record.kernels[1].cycles < record.kernels[0].cycles); // DRAM and L2 kept their clocks
}

TEST_CASE("a run with clock changes does not depend on how it is computed") {
    const std::string hash = run_with_change({}).run_hash;
    for (Duration quantum : {Duration{500'000}, Duration{8'000'000}, kNoTime})
        for (unsigned threads : {1u, 2u, 3u})
            for (bool skip : {true, false}) {
                RunOptions options;
                options.quantum = quantum;
                options.threads = threads;
                options.skip = skip;
                CAPTURE(quantum, threads, skip);
                CHECK(run_with_change(options).run_hash == hash);
            }
}
