#include "tools/metrics/metric.hpp"

#include "sim/base/error.hpp"
#include "sim/gpu/figures.hpp"
#include "tests/sim/gpu/sample_record.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <sstream>

using namespace heddle;
using metrics::evaluate;
using metrics::value;

namespace {

nlohmann::json sample_run() { return nlohmann::json::parse(to_json(test::sample_record())); }

} // namespace

TEST_CASE("metrics of a small record are worked out by hand", "[metrics]") {
    const auto run = evaluate(sample_run());
    REQUIRE(run.kernels.size() == 1);
    for (const auto* values : {&run.total, &run.kernels[0]}) {
        CHECK(*value(*values, "time_us") == Approx(1));
        CHECK(*value(*values, "cycles") == 1000);
        CHECK(*value(*values, "ipc") == Approx(0.5));
        CHECK(*value(*values, "occupancy_percent") == Approx(50)); // 8 of 16 warps
        CHECK(*value(*values, "issue_active_percent") == Approx(25));
        CHECK(*value(*values, "stall_long_scoreboard_percent") == Approx(70));
        CHECK(*value(*values, "stall_no_warp_percent") == Approx(5));
        CHECK(*value(*values, "warp_stalled_long_scoreboard_percent") == Approx(93.75));
        CHECK(*value(*values, "l1_hit_rate_percent") == Approx(25));
        CHECK(*value(*values, "l2_hit_rate_percent") == Approx(100.0 / 3));
        CHECK(*value(*values, "fp32_tflops") == Approx(0.064));
        CHECK(*value(*values, "fp32_utilization_percent") == Approx(50));
        CHECK(*value(*values, "total_tflops") == Approx(0.064));
        CHECK(*value(*values, "dram_bandwidth_gbs") == Approx(4.8));
        CHECK(*value(*values, "dram_read_bandwidth_gbs") == Approx(3.2));
        CHECK(*value(*values, "dram_utilization_percent") == Approx(50));
        CHECK(*value(*values, "dram_row_hit_rate_percent") == Approx(80));
        CHECK(*value(*values, "l2_bandwidth_gbs") == Approx(11.52));
        CHECK(*value(*values, "l2_utilization_percent") == Approx(36));
        CHECK(*value(*values, "arithmetic_intensity_dram_flop_per_byte") == Approx(64000.0 / 4800));
        CHECK(*value(*values, "arithmetic_intensity_l2_flop_per_byte") == Approx(64000.0 / 11520));
        CHECK(*value(*values, "arithmetic_intensity_l1_flop_per_byte") == Approx(64000.0 / (460 * 32)));
        CHECK(*value(*values, "sm_active_percent") == Approx(100));
    }
    // 4 CTAs of 8 that fit one SM: half a wave, and half of it empty. 8 warps a CTA, 8 CTAs, of 16 warps.
    CHECK(*value(run.kernels[0], "waves") == Approx(0.5));
    CHECK(*value(run.kernels[0], "tail_effect_percent") == Approx(50));
    CHECK(*value(run.kernels[0], "theoretical_occupancy_percent") == Approx(400)); // the record's limit is made up
    CHECK(*value(run.total, "kernels") == 1);
    CHECK(*value(run.total, "kernel_busy_percent") == Approx(100));
    CHECK(*value(run.total, "fp64_to_fp32_peak_ratio") == Approx(0.5));
}

TEST_CASE("issue slots and warp states sum to 100", "[metrics]") {
    const auto run = evaluate(sample_run());
    double slots = *value(run.total, "issue_active_percent"), warps = *value(run.total, "warp_selected_percent");
    for (const auto& metric : metrics::metric_table()) {
        if (metric.name.starts_with("stall_")) slots += *value(run.total, metric.name);
        if (metric.name.starts_with("warp_stalled_")) warps += *value(run.total, metric.name);
    }
    CHECK(slots == Approx(100));
    CHECK(warps == Approx(100));
}

TEST_CASE("metrics agree with the ratios of the summary", "[metrics]") {
    const RunRecord record = test::sample_record();
    const Figures f = figures_of(record);
    const auto total = evaluate(sample_run()).total;
    const auto same = [&](const char* metric, const Ratio& figure, double scale) {
        INFO(metric);
        CHECK(*value(total, metric) == Approx(scale * figure.value()));
    };
    same("ipc", f.ipc, 1);
    same("ipc_per_active_sm", f.ipc_active_sm, 1);
    same("lanes_per_instruction", f.lanes, 1);
    same("resident_warps", f.resident_warps, 1);
    same("occupancy_percent", f.occupancy, 100);
    same("l1_hit_rate_percent", f.l1_hit_rate, 100);
    same("l2_hit_rate_percent", f.l2_hit_rate, 100);
    same("l2_utilization_percent", f.l2.of_peak, 100);
    same("dram_utilization_percent", f.dram.of_peak, 100);
    same("dram_row_hit_rate_percent", f.dram_row_hit_rate, 100);
    same("fp32_tflops", f.fp32.per_second, 1e-12);
    same("fp64_tflops", f.fp64.per_second, 1e-12);
    same("tensor_tflops", f.tensor.per_second, 1e-12);
}

TEST_CASE("a metric without its input is absent, and so is a ratio of nothing", "[metrics]") {
    auto run = sample_run();
    CHECK_FALSE(value(evaluate(run).total, "energy_joules"));
    CHECK_FALSE(value(evaluate(run).total, "performance_per_watt_gflops"));
    CHECK_FALSE(value(evaluate(run).total, "waves")); // of kernels only
    CHECK_FALSE(value(evaluate(run).kernels[0], "kernels"));
    run["total"]["counters"]["gpu.dram.read_atoms"] = 0;
    run["total"]["counters"]["gpu.dram.write_atoms"] = 0;
    CHECK_FALSE(value(evaluate(run).total, "arithmetic_intensity_dram_flop_per_byte"));
    CHECK(*value(evaluate(run).total, "dram_bandwidth_gbs") == 0);
    run["total"]["energy"]["joules"] = 0.002;
    run["power"]["pue"] = 1.2;
    run["area"]["mm2"] = 800;
    const auto total = evaluate(run).total;
    CHECK(*value(total, "power_watts") == Approx(2000)); // 2 mJ in 1 us
    CHECK(*value(total, "pue_adjusted_energy_joules") == Approx(0.0024));
    CHECK(*value(total, "performance_per_watt_gflops") == Approx(0.032)); // 64 GFLOP/s of 2 kW
    CHECK(*value(total, "performance_per_mm2_gflops") == Approx(0.08));
    CHECK(*value(total, "area_delay_product") == Approx(800e-6));
    CHECK_FALSE(value(total, "area_low_mm2"));
    run["area"]["low"] = 700;
    run["area"]["high"] = 850;
    CHECK(*value(evaluate(run).total, "area_low_mm2") == 700);
    CHECK(*value(evaluate(run).total, "area_high_mm2") == 850);
}

TEST_CASE("the time kernels run beside each other counts once", "[metrics]") {
    auto run = sample_run();
    run["kernels"].push_back(run["kernels"][0]);
    run["kernels"][1]["start_ns"] = 500;
    run["kernels"][1]["end_ns"] = 1500;
    run["total"]["time_ns"] = 2000;
    const auto total = evaluate(run).total;
    CHECK(*value(total, "kernel_time_us") == Approx(2));
    CHECK(*value(total, "kernel_busy_percent") == Approx(75));
    CHECK(*value(total, "kernel_concurrency") == Approx(2.0 / 1.5));
}

TEST_CASE("values of the configuration take part in formulas", "[metrics]") {
    auto run = sample_run();
    CHECK_FALSE(value(evaluate(run).total, "pipe_alu_utilization_percent"));
    run["config"]["values"]["sm.latency.integer.interval"] = "2 cycles";
    run["total"]["counters"]["gpu.sm.sub_core.inst_executed_pipe.alu"] = 250;
    CHECK(*value(evaluate(run).total, "pipe_alu_utilization_percent") == Approx(25)); // 2 * 250 of 2000 cycles
    run["config"]["values"]["sm.latency.integer.interval"] = "quick";
    CHECK_FALSE(value(evaluate(run).total, "pipe_alu_utilization_percent"));
}

TEST_CASE("the table of metrics is sound", "[metrics]") {
    std::set<std::string> names;
    for (const auto& metric : metrics::metric_table()) {
        INFO(metric.name);
        CHECK(names.insert(metric.name).second);
        CHECK(metric.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
        CHECK(metric.definition.ends_with("."));
        CHECK_FALSE(metric.formula.empty());
        CHECK(metrics::find_metric(metric.name) == &metric);
    }
    CHECK(metrics::find_metric("speed") == nullptr);
    CHECK(metrics::suggest_metric("occupancy_pecent") == "did you mean 'occupancy_percent'?");
    CHECK(metrics::suggest_metric("xyzzy").empty());
}

TEST_CASE("JSON of values leaves out what is absent", "[metrics]") {
    const auto values = metrics::to_json(evaluate(sample_run()).kernels[0]);
    CHECK(values.begin().key() == "time_us");
    CHECK(values.contains("waves"));
    CHECK_FALSE(values.contains("energy_joules"));
}

TEST_CASE("what is no run.json is refused", "[metrics]") {
    CHECK_THROWS_AS(evaluate(nlohmann::json::parse("{}")), UserError);
    CHECK_THROWS_AS(evaluate(nlohmann::json::parse("[1]")), UserError);
    CHECK_THROWS_AS(evaluate(nlohmann::json::parse(R"({"total": {}, "kernels": 3})")), UserError);
    // A record of odd content has no values, but is no accident.
    const auto odd = evaluate(nlohmann::json::parse(R"({"total": {"time_ns": "x", "counters": 3}, "kernels": [{}], "config": 1})"));
    CHECK_FALSE(value(odd.total, "time_us"));
    CHECK_FALSE(value(odd.kernels[0], "ipc"));
}

TEST_CASE("the reference is up to date", "[metrics]") {
    std::ifstream file(HEDDLE_SOURCE_DIR "/tools/metrics/METRICS.md");
    std::ostringstream text;
    text << file.rdbuf();
    INFO("write it anew: heddle explain --metrics > tools/metrics/METRICS.md");
    CHECK(text.str() == metrics::reference());
}
