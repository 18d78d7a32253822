// What is watched during a run: it adds up, does not depend on how the run is computed, and does not change the run.
#include <catch2/catch.hpp>

#include "sim/base/error.hpp"
#include "sim/gpu/energy_meter.hpp"
#include "tests/sim/gpu/mixed_workload.hpp"
#include "tests/sim/gpu/small_gpu.hpp"
#include "tests/sim/sm/random_kernel.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace heddle;

namespace {

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

GpuRunOptions watching() {
    GpuRunOptions options;
    options.observe = {{500 * kNanosecond, true}, kAll, 1'000'000, true};
    return options;
}

RunRecord run_mixed(const GpuRunOptions& options) {
    const MixedWorkload mixed;
    SyntheticWorkload workload = mixed.make();
    return simulate(small_gpu(), workload, options);
}

InstructionCounts sum_of(const HotInstructions& hot) {
    InstructionCounts sum;
    for (const auto& instruction : hot.hottest) sum += instruction.counts;
    return sum;
}

void check_closes(const HotInstructions& hot, const Counters& counters) {
    for (unsigned i = 0; i < kStalls; ++i) {
        INFO(name(static_cast<Stall>(i)));
        CHECK(hot.total.warp_cycles[i] == counters[std::string("gpu.sm.sub_core.warp_states.") + name(static_cast<Stall>(i))]);
    }
    CHECK(hot.total.thread_instructions == counters["gpu.sm.sub_core.thread_inst_executed"]);
}

} // namespace

TEST_CASE("instructions' warp-cycles sum to the states of a kernel's warps, for any program", "[gpu][observation]") {
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        RandomKernel kernel(seed);
        SyntheticWorkload workload;
        SyntheticLaunch launch = kernel.setting().launch;
        for (unsigned i = 0; i < 2; ++i)
            workload.add_kernel(kernel.program(), launch, [&](std::uint64_t cta, std::uint32_t warp, WarpCode& code) { kernel.make_warp(static_cast<std::uint32_t>(cta), warp, code); });
        const RunRecord record = simulate(small_gpu(), workload, watching());
        REQUIRE(record.kernels.size() == 2);
        for (const KernelRecord& k : record.kernels) {
            REQUIRE(k.hot_instructions);
            check_closes(*k.hot_instructions, k.counters);
            const InstructionCounts rows = sum_of(*k.hot_instructions);
            CHECK(rows.warp_cycles == k.hot_instructions->total.warp_cycles);
            CHECK(rows.warp_cycles[static_cast<unsigned>(Stall::Selected)] == k.warp_instructions);
            CHECK(rows.thread_instructions == k.thread_instructions);
            CHECK(k.hot_instructions->instructions == k.hot_instructions->hottest.size());
        }
    }
}

TEST_CASE("of kernels beside each other each has its own instructions", "[gpu][observation]") {
    const RunRecord record = run_mixed(watching());
    HotInstructions all;
    bool overlapped = false;
    for (const KernelRecord& k : record.kernels) {
        overlapped |= k.overlapped;
        all.total += k.hot_instructions->total;
        CHECK(k.hot_instructions->total.warp_cycles[static_cast<unsigned>(Stall::Selected)] == k.warp_instructions);
        CHECK(k.hot_instructions->total.thread_instructions == k.thread_instructions);
    }
    CHECK(overlapped);
    check_closes(all, record.total);
}

TEST_CASE("waits belong to the instruction that waits, or that a warp waits in", "[gpu][observation]") {
    Program program("waits", 80);
    const auto& load = program.row("LDG.E", {4}, {2});
    const auto& use = program.row("FADD", {5}, {4, 4});
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 0);
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    workload.add_kernel(program, {.ctas = 1, .threads = 64}, [&](std::uint64_t, std::uint32_t warp, WarpCode& code) {
        if (warp == 0) { // the other warp waits at the barrier for this one's load
            code.add_strided(load, 0x10000, 4);
            code.add(use);
        }
        code.add(barrier);
        code.add(exit);
    });
    const RunRecord record = simulate(small_gpu(), workload, watching());
    const auto& hot = record.kernels[0].hot_instructions->hottest;
    std::map<std::string, InstructionCounts> by_text;
    for (const auto& instruction : hot) by_text[instruction.text.sass] = instruction.counts;
    const auto cycles = [&](const char* text, Stall state) { return by_text[text].warp_cycles[static_cast<unsigned>(state)]; };
    CHECK(cycles("FADD", Stall::LongScoreboard) > 200);
    CHECK(cycles("LDG.E", Stall::LongScoreboard) == 0);
    CHECK(cycles("BAR.SYNC", Stall::Barrier) > cycles("FADD", Stall::LongScoreboard));
    CHECK(cycles("EXIT", Stall::Barrier) == 0);
    CHECK(cycles("BAR.SYNC", Stall::Selected) == 2);
    CHECK(cycles("EXIT", Stall::Selected) == 2);
    CHECK(std::is_sorted(hot.begin(), hot.end(), [](const auto& a, const auto& b) { return a.counts.all_warp_cycles() > b.counts.all_warp_cycles(); }));

    GpuRunOptions options = watching();
    options.observe.hot_instructions = 2;
    SyntheticWorkload again;
    again.add_kernel(program, {.ctas = 1, .threads = 32}, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
        code.add_strided(load, 0x10000, 4);
        code.add(use);
        code.add(exit);
    });
    const auto few = *simulate(small_gpu(), again, options).kernels[0].hot_instructions;
    CHECK(few.hottest.size() == 2);
    CHECK(few.instructions == 3);
    CHECK(sum_of(few).all_warp_cycles() < few.total.all_warp_cycles());
}

TEST_CASE("watching changes nothing, and what is seen does not depend on the computation", "[gpu][observation]") {
    const RunRecord plain = run_mixed({});
    CHECK_FALSE(plain.time_series);
    CHECK_FALSE(plain.kernels[0].hot_instructions);
    CHECK(plain.cta_spans.empty());
    std::string first;
    for (unsigned threads : {1u, 3u}) {
        for (Duration quantum : {kNoTime, Duration{1'000'000}}) {
            for (bool skip : {true, false}) {
                GpuRunOptions options = watching();
                options.computation = {threads, quantum, skip};
                const RunRecord record = run_mixed(options);
                CHECK(record.run_hash == plain.run_hash);
                std::string seen = to_json(record);
                for (const auto& sm : record.cta_spans)
                    for (const CtaSpan& s : sm.spans) seen += fmt::format("{} {} {} {} {}\n", s.launch, s.index.x, s.slot, s.start, s.end);
                if (first.empty()) first = seen;
                CHECK(seen == first);
            }
        }
    }
}

TEST_CASE("a time series sums to the run", "[gpu][observation]") {
    const RunRecord record = run_mixed(watching());
    const TimeSeries& series = *record.time_series;
    REQUIRE(series.ends.size() > 3);
    for (std::size_t i = 0; i < series.ends.size(); ++i) {
        CHECK(series.ends[i] > series.start_of(i));
        if (i + 1 < series.ends.size()) CHECK(series.ends[i] - series.start_of(i) == 500 * kNanosecond);
    }
    CHECK(series.ends.back() == record.end);
    for (const auto& column : series.columns) {
        INFO(column.family);
        REQUIRE(column.values.size() == series.ends.size());
        CHECK(std::accumulate(column.values.begin(), column.values.end(), std::uint64_t{0}) == record.total[column.family]);
    }
    REQUIRE(series.sm_instructions.size() == series.ends.size());
    for (std::size_t i = 0; i < series.ends.size(); ++i) {
        REQUIRE(series.sm_instructions[i].size() == 5);
        const auto column = std::find_if(series.columns.begin(), series.columns.end(), [](const auto& c) { return c.family == "gpu.sm.sub_core.inst_executed"; });
        CHECK(std::accumulate(series.sm_instructions[i].begin(), series.sm_instructions[i].end(), std::uint64_t{0}) == column->values[i]);
    }
}

TEST_CASE("CTAs in a slot follow one another, inside their kernel", "[gpu][observation]") {
    const RunRecord record = run_mixed(watching());
    REQUIRE(record.cta_spans.size() == 5);
    std::map<std::uint64_t, std::uint64_t> ctas;
    for (const auto& [spans, all] : record.cta_spans) {
        CHECK(spans.size() == all);
        std::map<CtaSlot, Time> free;
        for (const CtaSpan& span : spans) {
            const auto kernel = std::find_if(record.kernels.begin(), record.kernels.end(), [&](const auto& k) { return k.id == span.launch; });
            REQUIRE(kernel != record.kernels.end());
            CHECK(span.start > kernel->start);
            CHECK(span.end < kernel->end);
            CHECK(span.end > span.start);
            CHECK(span.start >= free[span.slot]);
            free[span.slot] = span.end;
            ++ctas[span.launch];
        }
    }
    for (const KernelRecord& kernel : record.kernels) CHECK(ctas[kernel.id] == kernel.ctas);
    REQUIRE(record.copies.size() == 1);
    CHECK(record.copies[0].bytes == 4096);

    GpuRunOptions few = watching();
    few.observe.cta_spans = 10; // two of each SM
    for (const auto& [spans, all] : run_mixed(few).cta_spans) {
        CHECK(spans.size() == 2);
        CHECK(all > 2);
    }
}

TEST_CASE("a deadlock is one with a time series too", "[gpu][observation]") {
    Program program("stuck", 80);
    const auto& barrier = program.row("BAR.SYNC", {}, {}, 1);
    program.last().barrier_threads = 96;
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    workload.add_kernel(program, {.ctas = 2, .threads = 64}, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
        code.add(barrier);
        code.add(exit);
    });
    CHECK_THROWS_AS(simulate(small_gpu(), workload, watching()), Deadlock);
}

TEST_CASE("a very long time series has longer intervals instead of more", "[gpu][observation]") {
    struct Group : StatGroup {
        Stat count{this, "active_cycles", "cycles", "Counts."};
    } group;
    StatTree tree;
    tree.add("gpu.sm[0]", group);
    tree.freeze();
    TimeSeriesSampler sampler(tree, {10, false}, nullptr);
    const TensorOperations none{};
    for (std::size_t i = 0; i < TimeSeriesSampler::kMostSamples; ++i) {
        group.count += i;
        REQUIRE(sampler.next() == 10 * (i + 1));
        sampler.sample({sampler.next(), i % 2 == 0 ? Hertz{1000} : Hertz{3000}, none});
    }
    const Time full = 10 * TimeSeriesSampler::kMostSamples;
    CHECK(sampler.next() == full + 20);
    group.count += 5;
    const TimeSeries series = sampler.finish({full, 1000, none}); // counted after the end: in the last interval
    CHECK(series.interval == 20);
    REQUIRE(series.ends.size() == TimeSeriesSampler::kMostSamples / 2);
    CHECK(series.ends[0] == 20);
    CHECK(series.ends.back() == full);
    REQUIRE(series.sm_clock.size() == series.ends.size());
    CHECK(series.sm_clock[0] == 2000); // the mean of two
    CHECK(series.energy.empty());
    REQUIRE(series.columns.size() == 1);
    CHECK(series.columns[0].values[0] == 1);  // 0 + 1
    CHECK(series.columns[0].values[1] == 5);  // 2 + 3
    CHECK(series.columns[0].values.back() == 2 * TimeSeriesSampler::kMostSamples - 3 + 5);
}

TEST_CASE("run.json holds what was watched", "[gpu][observation]") {
    const RunRecord record = run_mixed(watching());
    const auto run = nlohmann::json::parse(to_json(record));
    const auto& kernel = run["kernels"][0];
    CHECK(kernel["hot_instructions"].size() == kernel["hot_instructions_total"]["instructions"]);
    std::uint64_t samples = 0;
    for (const auto& row : kernel["hot_instructions"]) {
        std::uint64_t stalls = 0;
        for (const auto& [reason, cycles] : row["stalls"].items()) stalls += cycles.get<std::uint64_t>();
        CHECK(stalls == row["samples"]);
        CHECK_FALSE(row.contains("function"));
        samples += stalls;
    }
    CHECK(samples == kernel["hot_instructions_total"]["samples"]);
    const auto& series = run["time_series"];
    CHECK(series["interval_ns"] == 500);
    const std::size_t intervals = series["end_ns"].size();
    for (const char* figure : {"ipc", "occupancy_percent", "l2_bandwidth_gbs", "dram_read_bandwidth_gbs", "fp32_tflops"}) {
        INFO(figure);
        REQUIRE(series["series"].contains(figure));
        CHECK(series["series"][figure]["values"].size() == intervals);
    }
    CHECK_FALSE(series["series"].contains("fp64_tflops")); // there were none
    CHECK(series["sms"]["warp_cycles"].size() == intervals);
    CHECK(series["series"]["sm_clock_mhz"]["values"].size() == intervals);
    CHECK_FALSE(series["series"].contains("power_watts")); // this GPU's energies are not known
    CHECK_FALSE(series.contains("energy"));
}
