// Whole small GPUs: what is reported of a run, and what must not change it.
#include <catch2/catch.hpp>

#include "sim/base/error.hpp"
#include "sim/gpu/run_hash.hpp"
#include "sim/sm/stall.hpp"
#include "tests/sim/gpu/mixed_workload.hpp"
#include "tests/sim/gpu/small_gpu.hpp"

using namespace heddle;

namespace {

RunRecord run_mixed(GpuRunOptions options = {}, Address change = 0, const std::vector<std::string>& overrides = {}) {
    const MixedWorkload mixed;
    SyntheticWorkload workload = mixed.make(change);
    return simulate(small_gpu(overrides), workload, std::move(options));
}

void check_cycles_close(const Counters& counters) {
    std::uint64_t slots = 0, states = 0;
    for (unsigned i = 0; i < kStalls; ++i) {
        slots += counters[std::string("gpu.sm.sub_core.issue_slots.") + name(static_cast<Stall>(i))];
        states += counters[std::string("gpu.sm.sub_core.warp_states.") + name(static_cast<Stall>(i))];
    }
    CHECK(slots == counters["gpu.sm.sub_core.active_cycles"]);
    CHECK(states == counters["gpu.sm.sub_core.warps_active"]);
}

// One warp that reads `bytes` from `base`, a line at a time.
void add_reader(SyntheticWorkload& workload, const Program& program, const StaticInstruction& load, const StaticInstruction& exit,
                Address base, Bytes bytes) {
    workload.add_kernel(program, {}, [&load, &exit, base, bytes](std::uint64_t, std::uint32_t, WarpCode& code) {
        for (Bytes at = 0; at < bytes; at += 128) code.add_strided(load, base + at, 4);
        code.add(exit);
    });
}

} // namespace

TEST_CASE("a run is the same whatever computes it", "[gpu]") {
    const RunRecord reference = run_mixed();
    CHECK(reference.run_hash.size() == 16);
    const auto with = [](RunOptions computation) {
        GpuRunOptions options;
        options.computation = computation;
        return run_mixed(options).run_hash;
    };
    CHECK(with({}) == reference.run_hash);
    CHECK(with({.skip = false}) == reference.run_hash);
    CHECK(with({.quantum = 1'000'000}) == reference.run_hash);
    CHECK(with({.threads = 2}) == reference.run_hash);
    CHECK(with({.threads = 7, .quantum = 5'000'000, .skip = false}) == reference.run_hash);
}

TEST_CASE("the hash tells runs apart by what was simulated", "[gpu]") {
    const std::string reference = run_mixed().run_hash;
    CHECK(run_mixed({}, 0x80).run_hash != reference);
    CHECK(run_mixed({}, 0, {"sm.barrier.latency=21 cycles"}).run_hash != reference);
    CHECK(run_mixed({}, 0, {"name=Another"}).run_hash == reference); // a name is nothing simulated
    GpuRunOptions cold;
    cold.cache = CacheState::Cold;
    CHECK(run_mixed(cold).run_hash != reference);
}

TEST_CASE("the hash covers every number it is given", "[gpu]") {
    RunRecord record;
    KernelRecord kernel;
    kernel.name = "k";
    kernel.cycles = 5;
    kernel.counters.families.push_back({"a.b", "c", "d", 7});
    record.kernels.push_back(kernel);
    const std::string reference = run_hash(record, {1, 2, 3}, {4});
    CHECK(run_hash(record, {1, 2, 3}, {4}) == reference);
    CHECK(run_hash(record, {1, 2, 4}, {4}) != reference);
    CHECK(run_hash(record, {2, 1, 3}, {4}) != reference);
    CHECK(run_hash(record, {1, 2, 3}, {5}) != reference);
    record.host.wall_seconds = 3; // nothing of the host
    record.gpu = "x";
    CHECK(run_hash(record, {1, 2, 3}, {4}) == reference);
    record.kernels[0].cycles = 6;
    CHECK(run_hash(record, {1, 2, 3}, {4}) != reference);
    record.kernels[0].cycles = 5;
    record.kernels[0].name = "l";
    CHECK(run_hash(record, {1, 2, 3}, {4}) != reference);
    record.kernels[0].name = "k";
    record.kernels[0].counters.families[0].value = 8;
    CHECK(run_hash(record, {1, 2, 3}, {4}) != reference);
}

TEST_CASE("cycles close for the run and for every kernel, overlapped or not", "[gpu]") {
    const RunRecord record = run_mixed();
    check_cycles_close(record.total);
    REQUIRE(record.kernels.size() == 6);
    bool overlapped = false;
    for (const auto& kernel : record.kernels) {
        INFO("kernel " << kernel.id);
        check_cycles_close(kernel.counters);
        overlapped |= kernel.overlapped;
    }
    CHECK(overlapped);
}

TEST_CASE("cycles close at the end of a kernel while another goes on", "[gpu]") {
    Program program("side by side", 80);
    const auto& add = program.row("FFMA", {4}, {4, 5, 6});
    const auto& sleep = program.row("NANOSLEEP", {}, {}, 3000);
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    workload.add_kernel(program, {.ctas = 3, .threads = 64, .stream = 1}, [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
        for (unsigned i = 0; i < 2000; ++i) code.add(warp == 0 || i % 500 != 0 ? add : sleep);
        code.add(exit);
    });
    for (unsigned k = 0; k < 3; ++k) {
        workload.add_kernel(program, {.ctas = 4, .stream = 2}, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
            for (unsigned i = 0; i < 100; ++i) code.add(add);
            code.add(exit);
        });
    }
    const RunRecord record = simulate(small_gpu(), workload);
    REQUIRE(record.kernels.size() == 4);
    CHECK(record.kernels[0].id == 2); // the first to end
    for (const auto& kernel : record.kernels) {
        INFO("kernel " << kernel.id);
        check_cycles_close(kernel.counters);
        CHECK(kernel.counters["gpu.sm.sub_core.warps_active"] > 0);
    }
}

TEST_CASE("the record holds what was launched and what it did", "[gpu]") {
    const RunRecord record = run_mixed();
    CHECK(record.trace == "mixed workload");
    CHECK(record.trace_digest == "synthetic");
    std::uint64_t instructions = 0, threads = 0;
    Time end = 0;
    for (const auto& kernel : record.kernels) {
        CHECK(kernel.name == "mixed");
        CHECK(kernel.ctas == kernel.grid.volume());
        CHECK(kernel.end > kernel.start);
        CHECK(kernel.shared_bytes == 1024);
        // Between first and last edge, whatever the clock.
        CHECK(std::abs(static_cast<double>(kernel.cycles) - static_cast<double>(kernel.end - kernel.start) * 1.41e-6) <= 1);
        instructions += kernel.warp_instructions;
        threads += kernel.thread_instructions;
        end = std::max(end, kernel.end);
    }
    CHECK(record.end == end);
    CHECK(record.warp_instructions == instructions);
    CHECK(record.total["gpu.sm.sub_core.inst_executed"] == instructions);
    CHECK(record.total["gpu.sm.sub_core.thread_inst_executed"] == threads);
    CHECK(record.total["gpu.dispatcher.kernels"] == 6);
    CHECK(record.active_sm_cycles == record.total["gpu.sm.active_cycles"]);
}

TEST_CASE("counters of a kernel that runs alone are its own", "[gpu]") {
    Program program("alone", 80);
    const auto& add = program.row("FFMA", {4}, {4, 5, 6});
    const auto& store = program.row("STG.E", {}, {2, 4});
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    for (unsigned k = 1; k <= 4; ++k) {
        workload.add_kernel(program, {.ctas = 3 * k, .threads = 64}, [&, k](std::uint64_t cta, std::uint32_t, WarpCode& code) {
            for (unsigned i = 0; i < 10 * k; ++i) code.add(add);
            code.add_strided(store, 0x1000 * cta, 4);
            code.add(exit);
        });
    }
    const RunRecord record = simulate(small_gpu(), workload);
    REQUIRE(record.kernels.size() == 4);
    for (std::uint64_t k = 1; k <= 4; ++k) {
        const KernelRecord& kernel = record.kernels[k - 1];
        CHECK_FALSE(kernel.overlapped);
        CHECK(kernel.warp_instructions == 3 * k * 2 * (10 * k + 2));
        CHECK(kernel.counters["gpu.sm.sub_core.inst_executed"] == kernel.warp_instructions);
        CHECK(kernel.counters["gpu.sm.ctas"] == 3 * k);
        CHECK(kernel.counters["gpu.sm.lsu.stores_acknowledged"] == 3 * k * 2);
        check_cycles_close(kernel.counters);
    }
}

TEST_CASE("a kernel ends when its last store has reached L2", "[gpu]") {
    Program program("store", 80);
    const auto& store = program.row("STG.E", {}, {2, 4});
    const auto& exit = program.row("EXIT", {}, {});
    const auto cycles = [&](bool stores) {
        SyntheticWorkload workload;
        workload.add_kernel(program, {.ctas = 5}, [&](std::uint64_t cta, std::uint32_t, WarpCode& code) {
            if (stores) code.add_strided(store, 0x1000 * cta, 4);
            code.add(exit);
        });
        return simulate(small_gpu(), workload).kernels[0].cycles;
    };
    CHECK(cycles(true) > cycles(false) + 100); // a way to L2 and back
}

TEST_CASE("what L2 holds at a kernel's start is as chosen", "[gpu]") {
    Program program("read", 80);
    const auto& load = program.row("LDG.E", {4}, {2});
    const auto& exit = program.row("EXIT", {}, {});
    constexpr Bytes kBytes = 16 * kKiB;
    const auto dram_reads = [&](CacheState cache) {
        SyntheticWorkload workload;
        workload.add_copy(0x100000, kBytes);
        add_reader(workload, program, load, exit, 0x100000, kBytes);
        add_reader(workload, program, load, exit, 0x100000, kBytes);
        GpuRunOptions options;
        options.cache = cache;
        const RunRecord record = simulate(small_gpu(), workload, options);
        REQUIRE(record.kernels.size() == 2);
        std::vector<std::uint64_t> result;
        for (const auto& kernel : record.kernels) result.push_back(kSectorBytes * kernel.counters["gpu.dram.read_atoms"]);
        return result;
    };
    CHECK(dram_reads(CacheState::Cold) == std::vector<std::uint64_t>{kBytes, kBytes});
    CHECK(dram_reads(CacheState::Carry) == std::vector<std::uint64_t>{kBytes, 0});
    CHECK(dram_reads(CacheState::Warm) == std::vector<std::uint64_t>{0, 0});
}

TEST_CASE("kernels outside the chosen range leave no trace", "[gpu]") {
    GpuRunOptions options;
    options.first_kernel = 2;
    options.last_kernel = 3;
    const RunRecord record = run_mixed(options);
    REQUIRE(record.kernels.size() == 2);
    CHECK(std::min(record.kernels[0].id, record.kernels[1].id) == 2);
    CHECK(std::max(record.kernels[0].id, record.kernels[1].id) == 3);
    CHECK(record.total["gpu.dispatcher.skipped_kernels"] == 4);
}

TEST_CASE("at half the clock, arithmetic takes twice the time and the same cycles", "[gpu]") {
    Program program("arithmetic", 80);
    const auto& add = program.row("FFMA", {4}, {4, 5, 6});
    const auto& exit = program.row("EXIT", {}, {});
    const auto run = [&](Hertz frequency) {
        SyntheticWorkload workload;
        workload.add_kernel(program, {.ctas = 10}, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
            for (unsigned i = 0; i < 2000; ++i) code.add(add);
            code.add(exit);
        });
        Gpu gpu(small_gpu({"host.launch_latency=0 ns"}));
        gpu.set_sm_frequency(frequency);
        return gpu.run(workload, {}).kernels[0];
    };
    const KernelRecord fast = run(1'400'000'000), slow = run(700'000'000);
    CHECK(std::abs(static_cast<double>(slow.cycles) / static_cast<double>(fast.cycles) - 1) < 0.01);
    CHECK(std::abs(static_cast<double>(slow.end - slow.start) / static_cast<double>(fast.end - fast.start) - 2) < 0.02);
}

TEST_CASE("a barrier that never opens is a deadlock that names who waits", "[gpu]") {
    Program program("stuck", 80);
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 1);
    program.last().barrier_threads = 96;
    const auto& exit = program.row("EXIT", {}, {});
    for (unsigned threads : {1u, 2u}) {
        SyntheticWorkload workload;
        workload.add_kernel(program, {.ctas = 2, .threads = 64}, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
            code.add(barrier);
            code.add(exit);
        });
        GpuRunOptions options;
        options.computation.threads = threads;
        try {
            simulate(small_gpu(), workload, options);
            FAIL("ended");
        } catch (const Deadlock& deadlock) {
            const std::string what = deadlock.what();
            CHECK_THAT(what, Catch::Contains("deadlocked"));
            CHECK_THAT(what, Catch::Contains("gpu.sm[0].cta[0] waits for barrier 1: 2 of 3 warps have arrived"));
            CHECK_THAT(what, Catch::Contains("gpu.sm[3].cta[0] waits for barrier 1"));
            CHECK_THAT(what, Catch::Contains("gpu.dispatcher.kernel[1] stuck waits for 2 of 2 CTAs"));
        }
    }
}

TEST_CASE("a launch that fits no SM is the user's error on any number of threads", "[gpu]") {
    Program program("huge", 80);
    const auto& exit = program.row("EXIT", {}, {});
    for (unsigned threads : {1u, 3u}) {
        SyntheticWorkload workload;
        workload.add_kernel(program, {.threads = 64}, [&](std::uint64_t, std::uint32_t, WarpCode& code) { code.add(exit); });
        workload.add_kernel(program, {.threads = 64, .shared_bytes = kMiB},
                            [&](std::uint64_t, std::uint32_t, WarpCode& code) { code.add(exit); });
        GpuRunOptions options;
        options.computation.threads = threads;
        CHECK_THROWS_AS(simulate(small_gpu(), workload, options), UserError);
    }
}

TEST_CASE("progress counts kernels, CTAs and instructions and never goes back", "[gpu]") {
    GpuRunOptions options;
    GpuRunOptions::Progress last;
    unsigned calls = 0;
    options.progress = [&](const GpuRunOptions::Progress& progress) {
        CHECK(progress.kernels_done >= last.kernels_done);
        CHECK(progress.warp_instructions >= last.warp_instructions);
        CHECK(progress.ctas_done <= progress.ctas);
        last = progress;
        ++calls;
    };
    const RunRecord record = run_mixed(options);
    CHECK(calls > 10);
    CHECK(last.kernels_done == 6);
    CHECK(last.warp_instructions == record.warp_instructions);
    CHECK(run_mixed().run_hash == record.run_hash); // being looked at changes nothing
}

TEST_CASE("peaks follow from the configuration", "[gpu]") {
    const MachinePeaks peaks = Gpu(small_gpu()).peaks();
    CHECK(peaks.sms == 5);
    CHECK(peaks.sub_cores == 4);
    CHECK(peaks.fp32_flops_per_second == Approx(2.0 * 64 * 5 * 1.41e9));
    CHECK(peaks.fp16_tensor_flops_per_second == Approx(2.0 * 256 * 4 * 5 * 1.41e9));
    CHECK(peaks.l2_bytes_per_second == Approx(64.0 * 4 * 1.41e9));
}
