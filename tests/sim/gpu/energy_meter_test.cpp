// Energy over time: it sums to the run's, also where the SM clock changes, and watching it changes nothing.
#include <catch2/catch.hpp>

#include "sim/gpu/energy.hpp"
#include "sim/gpu/energy_meter.hpp"
#include "tests/sim/gpu/mixed_workload.hpp"
#include "tests/sim/gpu/small_gpu.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace heddle;

namespace {

double seconds_of(Duration duration) { return static_cast<double>(duration) / static_cast<double>(kFemtosecondsPerSecond); }

std::vector<std::string> known_energies() {
    return {"power.enabled=true",          "power.board=10 W",           "power.sm_static=1 W",          "power.l2_static=2 W",       "power.dram_static=3 W",
            "power.sm_clock=1000 pJ",      "power.l2_clock=2000 pJ",     "power.events.instruction=1 nJ", "power.events.alu_lane=70 pJ", "power.events.fma_lane=50 pJ",
            "power.events.l1_sector=3 nJ", "power.events.l2_read_sector=2 nJ", "power.events.dram_sector=2 nJ", "power.events.shared_wavefront=1 nJ", "power.voltage.highest=2 GHz"};
}

GpuRunOptions each(Duration interval) {
    GpuRunOptions options;
    options.observe.time_series.interval = interval;
    return options;
}

// The mixed workload; after each of its kernels the SM clock becomes the next of `clocks`.
RunRecord run_mixed(const GpuRunOptions& watching, const std::vector<Hertz>& clocks = {}) {
    const MixedWorkload mixed;
    SyntheticWorkload workload = mixed.make();
    Gpu gpu(small_gpu(known_energies()));
    GpuRunOptions options = watching;
    std::size_t next = 0;
    if (!clocks.empty()) options.kernel_ended = [&](const KernelRecord&) { gpu.set_sm_frequency(clocks[next++ % clocks.size()]); };
    return gpu.run(workload, options);
}

// A kernel of forty warps of full lanes that executes `count` of an instruction in each.
RunRecord run_full(const GpuConfig& config, const char* opcode, unsigned count, const GpuRunOptions& options) {
    Program program("full", 80);
    const auto& row = program.row(opcode, {4}, {4, 5, 6});
    const auto& exit = program.row("EXIT", {}, {});
    SyntheticWorkload workload;
    workload.add_kernel(program, {.ctas = 10, .threads = 128}, [&](std::uint64_t, std::uint32_t, WarpCode& code) {
        for (unsigned i = 0; i < count; ++i) code.add(row);
        code.add(exit);
    });
    return simulate(config, workload, options);
}

double sum_of(const TimeSeries& series, const EnergyPart& part) {
    return std::accumulate(series.energy.begin(), series.energy.end(), 0.0, [&](double sum, const Energy& e) { return sum + e.*part.joules; });
}

void check_sums(const RunRecord& record) {
    REQUIRE(record.time_series);
    const TimeSeries& series = *record.time_series;
    REQUIRE(series.energy.size() == series.ends.size());
    const Energy run = *energy_of(record);
    double all = 0;
    for (const EnergyPart& part : kEnergyParts) {
        INFO(part.name);
        CHECK(sum_of(series, part) == Approx(run.*part.joules).epsilon(1e-9));
        all += sum_of(series, part);
    }
    CHECK(all == Approx(run.joules()).epsilon(1e-9));
    CHECK(run.alu + run.fma > 0);
    CHECK(run.dram > 0);
}

} // namespace

TEST_CASE("energy is the integral of power", "[gpu][energy]") {
    const RunRecord plain = run_mixed({});
    for (const Duration interval : {100 * kNanosecond, 500 * kNanosecond, 7'001 * kNanosecond}) {
        INFO(interval);
        const RunRecord record = run_mixed(each(interval));
        check_sums(record);
        CHECK(energy_of(record)->joules() == energy_of(plain)->joules()); // watching changes nothing
        CHECK(record.run_hash == plain.run_hash);
        const auto clock = small_gpu().clocks.sm;
        CHECK(std::all_of(record.time_series->sm_clock.begin(), record.time_series->sm_clock.end(), [&](Hertz c) { return c == clock; }));
    }
}

TEST_CASE("power of run.json times the intervals is the energy", "[gpu][energy]") {
    const auto run = nlohmann::json::parse(to_json(run_mixed(each(500 * kNanosecond))));
    const auto& series = run["time_series"];
    double joules = 0, parts = 0, before = 0;
    for (std::size_t i = 0; i < series["end_ns"].size(); ++i) {
        const double end = series["end_ns"][i];
        const auto watts = [&](const char* name) { return series["series"][name]["values"][i].get<double>(); };
        joules += 1e-9 * (end - before) * watts("power_watts");
        parts += 1e-9 * (end - before) * (watts("idle_power_watts") + watts("core_power_watts") + watts("dram_power_watts"));

        CHECK(watts("idle_power_watts") > 10);
        before = end;
    }
    CHECK(joules == Approx(run["total"]["energy"]["joules"].get<double>()));
    CHECK(parts == Approx(joules));
    for (const auto& [part, values] : series["energy"].items()) {
        INFO(part);
        double sum = 0;
        for (const auto& value : values) sum += value.get<double>();
        CHECK(sum == Approx(run["total"]["energy"]["breakdown"][part].get<double>()));
    }
    CHECK_FALSE(series["energy"].contains("tensor")); // there were no such operations
}

TEST_CASE("power is where the work is, without any scaling where lanes are full", "[gpu][energy]") {
    // Of energies only that of an FMA lane is not zero; all warps are full.
    const GpuConfig config = small_gpu({"power.enabled=true", "power.events.fma_lane=100 pJ", "power.voltage.rise=1", "host.launch_latency=3 us"});
    const RunRecord record = run_full(config, "FFMA", 500, each(500 * kNanosecond));
    const TimeSeries& series = *record.time_series;
    CHECK(energy_of(record)->joules() == Approx(10 * 4 * 500 * 32 * 100e-12));
    REQUIRE(series.ends.size() > 6);
    for (std::size_t i = 0; i < 6; ++i) CHECK(series.energy[i].joules() == 0); // before the launch has come through
    const auto instructions = std::find_if(series.columns.begin(), series.columns.end(), [](const auto& c) { return c.family == "gpu.sm.sub_core.inst_executed"; });
    for (std::size_t i = 0; i < series.ends.size(); ++i) // EXITs are the other instructions
        CHECK(series.energy[i].fma == Approx(static_cast<double>(instructions->values[i]) * 32 * 100e-12).margin(41 * 32 * 100e-12));
}

TEST_CASE("tensor operations have their energy in the interval in which they were done", "[gpu][energy]") {
    const GpuConfig config = small_gpu({"power.enabled=true", "power.events.tensor_f16=1 pJ", "power.voltage.rise=1", "host.launch_latency=3 us"});
    const RunRecord record = run_full(config, "HMMA.16816.F32", 64, each(500 * kNanosecond));
    CHECK(energy_of(record)->tensor == Approx(10 * 4 * 64 * 16 * 8 * 16 * 1e-12));
    double sum = 0;
    for (std::size_t i = 0; i < record.time_series->ends.size(); ++i) {
        if (i < 6) CHECK(record.time_series->energy[i].tensor == 0);
        sum += record.time_series->energy[i].tensor;
    }
    CHECK(sum == Approx(energy_of(record)->tensor));
}

TEST_CASE("a changing SM clock: the energy of the run is that of its spans, and intervals sum to it", "[gpu][energy]") {
    const std::vector<Hertz> clocks{700'000'000, 1'999'000'000, 1'000'000'000};
    const RunRecord plain = run_mixed({}, clocks);
    for (const Duration interval : {100 * kNanosecond, 777 * kNanosecond, 7'001 * kNanosecond}) {
        INFO(interval);
        const RunRecord record = run_mixed(each(interval), clocks);
        check_sums(record);
        CHECK(energy_of(record)->joules() == energy_of(plain)->joules());
        CHECK(record.run_hash == plain.run_hash);
        const auto [lowest, highest] = std::minmax_element(record.time_series->sm_clock.begin(), record.time_series->sm_clock.end());
        CHECK(*lowest >= 700'000'000);
        CHECK(*highest <= 1'999'000'000);
        if (interval == 100 * kNanosecond) CHECK(*lowest != *highest);
    }
    CHECK(plain.sm_clock != small_gpu().clocks.sm);
    // Parts that do not depend on the clock, and those that go with it alone.
    const Energy e = *energy_of(plain);
    CHECK(e.board == Approx(10 * seconds_of(plain.end)));
    CHECK(e.dram_standby == Approx(2 * 3 * seconds_of(plain.end)));
    CHECK(e.dram == Approx(2e-9 * static_cast<double>(plain.total["gpu.dram.read_atoms"] + plain.total["gpu.dram.write_atoms"])));
}

TEST_CASE("a clock set before the run starts is the clock of all of it", "[gpu][energy]") {
    const GpuConfig config = small_gpu(known_energies());
    const auto run_at = [&](GpuConfig c, Hertz set) {
        const MixedWorkload mixed;
        SyntheticWorkload workload = mixed.make();
        Gpu gpu(c);
        if (set != 0) gpu.set_sm_frequency(set);
        return gpu.run(workload, each(500 * kNanosecond));
    };
    const RunRecord set = run_at(config, 1'100'000'000);
    check_sums(set);
    CHECK(std::all_of(set.time_series->sm_clock.begin(), set.time_series->sm_clock.end(), [](Hertz c) { return c == 1'100'000'000; }));
    CHECK(static_cast<double>(set.sm_clock) == Approx(1.1e9).epsilon(1e-3)); // to the nearest edge
    // The model for one span of that length says the same.
    EnergyInputs inputs = set.energy;
    const Energy whole = energy_of(energy_events(set.total, set.tensor_operations, set.end, 1'100'000'000, inputs), inputs.power);
    for (const EnergyPart& part : kEnergyParts) CHECK((*energy_of(set)).*part.joules == Approx(whole.*part.joules));
}

TEST_CASE("a meter reads spans; scaling leaves parts of nothing alone", "[gpu][energy]") {
    std::vector<Energy> intervals(2);
    intervals[0].fma = 1;
    intervals[1].fma = 3;
    intervals[1].board = 5;
    Energy run;
    run.fma = 8;
    run.board = 5;
    run.xu = 1;
    scale_to(run, intervals);
    CHECK(intervals[0].fma == 2);
    CHECK(intervals[1].fma == 6);
    CHECK(intervals[1].board == 5);
    CHECK(intervals[0].xu == 0);
    CHECK(energy_families().size() == 25);
}
