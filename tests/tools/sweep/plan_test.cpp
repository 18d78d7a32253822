#include "tools/sweep/execute.hpp"
#include "tools/sweep/plan.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

using namespace heddle;
using namespace heddle::sweep;
namespace fs = std::filesystem;

namespace {

const fs::path kSource = HEDDLE_SOURCE_DIR;

void read_gpu(const std::string& gpu, GpuConfig& into) {
    if (!fs::exists(kSource / "configs/gpu" / (gpu + ".yaml"))) fail_at("", 0, 0, "no GPU is called \"" + gpu + "\"");
    config::load(into, kSource / "configs/gpu" / (gpu + ".yaml"), {}, {kSource / "configs/gpu"});
}

// In a folder beside which the cubins lie.
SweepFile read(const std::string& text) { return read_sweep_text(text, kSource / "traces/cubins/test.yaml", read_gpu); }
Plan plan(const std::string& text, const std::string& build = "build") { return make_plan(read(text), {read_gpu, "1.0", build}); }

std::vector<std::string> findings(const std::string& text) {
    std::vector<std::string> result;
    try {
        plan(text);
    } catch (const UserError& error) {
        for (const Diagnostic& f : error.findings()) result.push_back(f.text().substr(f.text().find("test.yaml") + 9));
    }
    return result;
}

const std::string kHead = "base: h200_sxm\nworkloads: {triad: triad.yaml}\n";

} // namespace

TEST_CASE("A full grid with derived settings and constraints", "[sweep]") {
    const Plan p = plan(kHead + R"(
axes:
  sms: {key: sm_count, values: [66, 132]}
  clock: {key: clocks.sm, range: {from: 1 GHz, to: 2 GHz, step: 500 MHz}}
derived: {l2.size: 0.5 MiB * sms}
where: [sms == 132 or clock < 2 GHz]
)");
    REQUIRE(p.points.size() == 5);
    CHECK(p.points[0].overrides == std::vector<std::string>{"sms_per_gpc=[8, 8, 8, 8, 8, 8, 8, 10]", "clocks.sm=1 GHz", "l2.size=33 MiB"});
    CHECK(p.points[1].axes == std::vector<NamedValue>{66.0, 1.5});
    CHECK(p.points[4].overrides.back() == "l2.size=66 MiB");
    CHECK(p.axes[1].unit == "GHz");
    CHECK(p.axes[1].base_value == NamedValue{1.98});
    REQUIRE(p.runs.size() == 5);
    CHECK(p.runs[0].command.front() == "run");
    CHECK(p.runs[0].command.back() == (kSource / "traces/cubins/triad.yaml").string());
    std::set<std::string> keys;
    for (const PlanRun& run : p.runs) keys.insert(run.key);
    CHECK(keys.size() == 5);
}

TEST_CASE("The base is recognised by its configuration", "[sweep]") {
    const Plan grid = plan(kHead + "axes: {l2: {key: l2.size, values: [30 MiB, 60 MiB]}, sms: {key: sm_count, values: [132]}}\nbase_point: true");
    REQUIRE(grid.points.size() == 2);
    CHECK_FALSE(grid.points[0].is_base);
    CHECK(grid.points[1].is_base);
    CHECK(grid.points[0].number == 1);
    const Plan added = plan(kHead + "axes: {l2: {key: l2.size, values: [30 MiB]}}\nbase_point: true");
    REQUIRE(added.points.size() == 2);
    CHECK(added.points[0].is_base);
    CHECK(added.points[0].axes == std::vector<NamedValue>{60.0});
    const Plan single = plan(kHead + "axes: {l2: {key: l2.size, values: [30 MiB, 60 MiB]}, v: {variants: {a: {l2.ways: 10}}}}\nsampling: one_at_a_time");
    REQUIRE(single.points.size() == 3); // 60 MiB is the base again
    CHECK(single.points[0].is_base);
    CHECK(single.points[2].axes == std::vector<NamedValue>{60.0, std::string("a")});
}

TEST_CASE("Zipped axes advance together, variants set several values", "[sweep]") {
    const Plan p = plan(kHead + R"(
axes:
  a: {key: clocks.sm, values: [1 GHz, 2 GHz]}
  b: {key: clocks.l2, values: [800 MHz, 1.6 GHz]}
  s: {variants: {plain: {}, two: {sm.sub_core.warp_scheduler: two_level, sm.sub_core.active_warps: 4}}}
zip: [a, b]
)");
    REQUIRE(p.points.size() == 4);
    CHECK(p.points[3].axes == std::vector<NamedValue>{2.0, 1600.0, std::string("two")});
    CHECK(p.points[3].overrides.back() == "sm.sub_core.active_warps=4");
}

TEST_CASE("A key depends on what is simulated and on nothing else", "[sweep]") {
    const auto key = [](const std::string& text, const std::string& build = "build") { return plan(text, build).runs.front().key; };
    const std::string l2 = kHead + "axes: {l2: {key: l2.size, values: [30 MiB]}}\n";
    const std::string one = key(l2);
    CHECK(one.size() == 32);
    CHECK(one == key(kHead + "name: other\naxes: {capacity: {key: l2.size, values: [30720 KiB, 10 MiB]}}\n"));
    CHECK(one == key(l2 + "options: {threads: 2, timeout: 7}\n"));
    CHECK(one != key(l2 + "options: {cache: warm}\n"));
    CHECK(one != key(l2 + "set: {l2.ways: 10}\n"));
    CHECK(one != key(l2, "another build"));
    CHECK(one != key("base: h200_sxm\nworkloads: {triad: ffma.yaml}\naxes: {l2: {key: l2.size, values: [30 MiB]}}\n"));
    CHECK(one != key("base: h100_sxm\nworkloads: {triad: triad.yaml}\naxes: {l2: {key: l2.size, values: [30 MiB]}}\n"));
}

TEST_CASE("Seeds reach a program through its arguments", "[sweep]") {
    const Plan p = plan("base: h200_sxm\nworkloads: {app: {program: ../../tools/bench, arguments: ['--seed=${seed}']}, triad: triad.yaml}\nseeds: [3, 4]\naxes: {l2: {key: l2.size, values: [30 MiB]}}\n");
    REQUIRE(p.runs.size() == 3);
    CHECK(p.runs[1].command.back() == "--seed=4");
    CHECK(p.runs[0].key != p.runs[1].key);
    CHECK(p.runs[2].seed == 0);
}

TEST_CASE("A list of bases is an axis", "[sweep]") {
    const Plan p = plan("base: [h200_sxm, a100_sxm_80gb]\nworkloads: {triad: triad.yaml}\naxes: {sms: {key: sm_count, values: [64]}}\n");
    REQUIRE(p.points.size() == 2);
    CHECK(p.axes.front().name == "gpu");
    CHECK(p.points[1].axes == std::vector<NamedValue>{std::string("a100_sxm_80gb"), 64.0});
    CHECK(p.points[1].overrides.front() == "sms_per_gpc=[8, 8, 8, 10, 10, 10, 10]");
}

TEST_CASE("plan.json is the same for the same sweep", "[sweep]") {
    const std::string text = kHead + "axes: {l2: {key: l2.size, label: L2, values: [30 MiB, 60 MiB]}}\nobjectives: {time_us: min}\n";
    const auto json = plan_json(plan(text));
    CHECK(json.dump() == plan_json(plan(text)).dump());
    CHECK(json.at("runs").at(0).at("axes").at("l2") == 30);
    CHECK(json.at("axes").at(0).at("base_value") == 60);
    CHECK(json.at("runs").at(1).at("is_base") == true);
    CHECK(json.at("objectives").at(0).at("goal") == "min");
}

TEST_CASE("Every mistake is named at its place", "[sweep]") {
    CHECK(findings("bass: h200_sxm\n") == std::vector<std::string>{":1:1: unknown key 'bass' - did you mean base?", ":1:1: needs a key base: the GPU whose values are varied", ":1:1: needs a key workloads: what is simulated"});
    CHECK(findings(kHead + "axes:\n  l2: {key: l2.sise, values: [1 MiB]}\n  c: {key: clocks.sm, values: [1 MiB, 2 GHz]}\n  w: {key: sm.sub_core.warp_scheduler, values: [two_levl]}\n") ==
          std::vector<std::string>{":4:13: the configuration has no value 'l2.sise' - did you mean 'l2.size'?", ":5:32: c: '1 MiB' is a size, but a frequency is wanted - use one of Hz, kHz, MHz, GHz",
                                   ":6:49: sm.sub_core.warp_scheduler: 'two_levl' is none of its words - did you mean two_level?"});
    CHECK(findings(kHead + "axes: {l2: {key: l2.size, values: [60 MiB]}}\nobjectives: {time_su: min}\n").front().starts_with(":4:14: there is no metric 'time_su'"));
    CHECK(findings(kHead + "axes: {l2: {key: l2.size, values: [60 MiB]}}\nwhere: l2 > many\n") == std::vector<std::string>{":4:8: where: there is no many - l2 = 60"});
    CHECK(findings(kHead + "axes: {l2: {key: l2.size, values: [60 MiB]}}\nwhere: l2 > 60 MiB\n").front().starts_with(":4:8: leaves no point"));
    CHECK(findings(kHead + "axes: {a: {key: l2.size, values: [60 MiB]}, b: {key: l2.size, values: [30 MiB]}}\n").front().starts_with(":3:7: axes a and b both set l2.size"));
    CHECK(findings(kHead + "axes: {a: {key: l2.size, values: [60 MiB]}}\nderived: {l2.size: 30 MiB}\n").front().starts_with(":4:11: l2.size is set by axis a already"));
    CHECK(findings("base: h200_sxm\nworkloads: {w: {program: triad.cu}}\naxes: {a: {key: l2.size, values: [60 MiB]}}\n").front().find("cannot be executed") != std::string::npos);
    CHECK(findings("base: h200_sxm\nworkloads: {w: ../../configs}\naxes: {a: {key: l2.size, values: [60 MiB]}}\n").front().find("is a folder without a kernelslist.g") != std::string::npos);
    CHECK(findings(kHead + "axes: {c: {key: clocks.sm, range: {from: 1 GHz, to: 2 GHz, step: 1e-300 MHz}}}\n").size() == 1);
    CHECK(findings(kHead + "axes: {l2: {key: l2.size, values: [60 MiB]}}\nseeds: [1]\n").front().starts_with(":4:8: no workload uses the seed"));
    CHECK(findings(kHead + "axes: {Run: {key: l2.size, values: [60 MiB]}}\n").front().starts_with(":3:8: 'Run' is a column of the results already"));
    CHECK(findings(kHead + "axes: {a: {key: l2.ways, values: [1, 2]}, b: {key: sm_count, values: [1]}}\nzip: [a, b]\n").front().starts_with(":4:6: a has 2 values and b has 1"));
    CHECK(findings("base: h200_sxm\nworkloads: {triad: traid.yaml}\naxes: {l2: {key: l2.size, values: [60 MiB]}}\n").size() == 1);
    // A configuration that is impossible as a whole names its point.
    const auto impossible = findings(kHead + "axes: {w: {key: l2.data_bytes_per_cycle, values: [33 B/cycle]}}\n");
    REQUIRE(impossible.size() == 1);
    CHECK(impossible.front().find("w = 33") != std::string::npos);
    CHECK(findings(kHead + "axes: {r: {key: l2.ways, range: {from: 1, to: 9}}}\n").front().starts_with(":3:33: a range needs either step or factor"));
}

TEST_CASE("What fits together only with an axis is judged with it", "[sweep]") {
    const std::string head = "base: h200_sxm\nworkloads: {t: " + (kSource / "traces/cubins/triad.yaml").string() + "}\n";
    const auto found = findings(head + "set: {power.governor.policy: power_cap, power.governor.cap: 0 W}\naxes: {cap: {key: power.governor.cap, values: [300 W, 400 W]}}\n");
    CHECK(found.empty());
    // A fault of all points is told once, at the first.
    const auto faults = findings(head + "set: {power.governor.policy: lowest_energy, power.governor.interval: 2000 ns}\naxes: {cap: {key: power.governor.cap, values: [300 W, 400 W]}}\n");
    REQUIRE(faults.size() == 1);
    CHECK(faults.front().find("cap = 300") != std::string::npos);
    CHECK(faults.front().find("least energy is sought over whole runs") != std::string::npos);
}

TEST_CASE("The sweeps that are shipped can be planned", "[sweep]") {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(kSource / "configs/sweeps")) {
        if (entry.path().extension() != ".yaml") continue;
        const Plan p = make_plan(read_sweep(entry.path(), read_gpu), {read_gpu, "1.0", "build"});
        INFO(entry.path());
        CHECK(p.runs.size() >= 6);
        CHECK(p.runs.size() <= 100);
        CHECK_FALSE(p.sweep.description.empty());
        CHECK(std::any_of(p.points.begin(), p.points.end(), [](const Point& point) { return point.is_base; }));
        ++count;
    }
    CHECK(count >= 6);
}

TEST_CASE("Shares part the runs, and a folder has one owner", "[sweep]") {
    CHECK(parse_shard("2/8").index == 2);
    CHECK(parse_shard("2/8").count == 8);
    for (const char* wrong : {"", "3", "0/2", "3/2", "1/", "1/2x", "-1/2"}) CHECK_THROWS_AS(parse_shard(wrong), UserError);
    const fs::path folder = fs::temp_directory_path() / ("heddle-sweep-lock-" + std::to_string(getpid()));
    {
        const FolderLock one(folder, {1, 2}), two(folder, {2, 2});
        CHECK_THROWS_AS(FolderLock(folder, {1, 2}), UserError);
        CHECK_THROWS_AS(FolderLock(folder, {1, 1}), UserError);
    }
    const FolderLock whole(folder, {1, 1});
    CHECK_THROWS_AS(FolderLock(folder, {1, 2}), UserError);
    fs::remove_all(folder);
}
