#include "tools/sweep/cost_model.hpp"

#include "tools/common/write_file.hpp"
#include "tools/sweep/execute.hpp"
#include "tools/sweep/instruction_cost.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

using namespace heddle;
using namespace heddle::sweep;
namespace fs = std::filesystem;

namespace {

using Axes = std::vector<std::optional<NamedValue>>;

// Two workloads on `count` SM counts 2, 4, 8, ...; nothing in it is ever simulated.
Plan a_plan(std::size_t count) {
    Plan plan;
    plan.sweep.workloads = {{"long", false, {"a"}, {}}, {"short", false, {"b"}, {}}};
    plan.axes = {{"sms", "SMs", "", "sm_count", true, 2.0}};
    for (std::size_t p = 0; p < count; ++p) {
        Point point;
        point.number = p + 1;
        point.axes = {static_cast<double>(2ULL << p)};
        plan.points.push_back(point);
        for (std::size_t w = 0; w < 2; ++w) {
            PlanRun run;
            run.run = plan.runs.size() + 1;
            run.key = fmt::format("{:032x}", run.run);
            run.workload = w;
            run.point = p;
            plan.runs.push_back(run);
        }
    }
    return plan;
}

struct Folder {
    fs::path path = fs::temp_directory_path() / fmt::format("cost_model_test.{}", getpid());
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    void finish(const PlanRun& run, double wall, double cpu, bool whole = true) const {
        const fs::path at = result_folder(path, run.key);
        fs::create_directories(at);
        const std::string text = fmt::format("{{\"host\": {{\n \"wall_seconds\": {},\n \"cpu_seconds\": {}}},\n \"schema\": {{}}\n}}\n", wall, cpu);
        write_file(at / "run.json", whole ? text : text.substr(0, text.size() / 2));
    }
};

} // namespace

TEST_CASE("A run is taken to last as the most similar finished ones", "[sweep]") {
    CostModel costs;
    CHECK_FALSE(costs.cost("w", {8.0}));
    costs.add("w", Axes{2.0}, {1, 1});
    CHECK(costs.cost("w", {8.0})->time.wall == Approx(1));
    CHECK(costs.cost("w", {8.0})->factor == Approx(2)); // one says nothing about the spread
    costs.add("w", Axes{8.0}, {3, 2});
    CHECK(costs.cost("w", {8.0})->time.wall > 2.9);
    CHECK(costs.cost("w", {2.0})->time.wall < 1.1);
    CHECK(costs.cost("w", {4.0})->time.wall == Approx(2)); // halfway between both
    CHECK(costs.cost("w", {4.0})->time.cpu == Approx(1.5));
    CHECK(costs.cost("w", {4.0})->factor == Approx(3)); // each by the other is off by 3
    costs.add_rough("x", {5, 5}, kRoughFactor);
    CHECK(costs.cost("x", {4.0})->rough);
    costs.add("x", Axes{NamedValue(std::string("name"))}, {1, 1});
    CHECK_FALSE(costs.cost("x", {4.0})->rough); // a finished run is better
}

TEST_CASE("The time of a sweep: side by side, no faster than the cores, no shorter than its longest run", "[sweep]") {
    const Plan plan = a_plan(4);
    CostModel costs;
    costs.add("long", Axes{2.0}, {10, 10});
    costs.add("short", Axes{2.0}, {1, 1});
    const auto runs = share_of(plan, {});
    REQUIRE(runs.size() == 8);
    const double start = 0.05;
    CHECK(estimate(plan, runs, costs, 1, 64).likely == Approx(44 + 8 * start));
    CHECK(estimate(plan, runs, costs, 100, 64).likely == Approx(10 + start));
    CHECK(estimate(plan, runs, costs, 100, 2).likely == Approx((44 + 8 * start) / 2));
    CHECK(estimate(plan, runs, costs, 2, 64).likely == Approx(22 + 4 * start)); // each takes the next when it is free
    const Estimate e = estimate(plan, runs, costs, 1, 64);
    CHECK(e.low == Approx(e.likely / 2));
    CHECK(e.high == Approx(e.likely * 2));
    CHECK(estimate_text(e, 1) == "about 44 s with 1 job (22 s to 1:29 min), from 2 finished runs");
    CostModel one;
    one.add_rough("long", {10, 10}, kRoughFactor);
    CHECK(estimate_text(estimate(plan, runs, one, 2, 64), 2) ==
          "about 20 s with 2 jobs (6.7 s to 1:00 min), rough for long: from instructions executed and a table of rates; and short, about which nothing is known yet");
    CHECK(estimate_text(estimate(plan, runs, {}, 2, 64), 2) == "nothing is known yet about the time of long, short");
    Plan governed = a_plan(4); // whose runs are several simulations each; what finished ones took says it already
    for (Point& point : governed.points) point.simulations = 3;
    CHECK(estimate(governed, share_of(governed, {}), one, 1, 64).likely == Approx(4 * (30 + start)));
    CHECK(estimate(governed, share_of(governed, {}), costs, 1, 64).likely == Approx(44 + 8 * start));
    const Plan large = a_plan(40);
    CHECK(estimate(large, share_of(large, {}), costs, 4, 64).likely == Approx(40 * 11 / 4.0).epsilon(0.05));
}

TEST_CASE("What finished runs took is learnt from the folder, and a result that was cut off is none", "[sweep]") {
    const Plan plan = a_plan(3);
    const Folder folder;
    folder.finish(plan.runs[0], 4, 3);
    folder.finish(plan.runs[2], 8, 7);
    folder.finish(plan.runs[4], 9, 9, false);
    CHECK(state_of(folder.path, plan.runs[0].key) == RunState::Ok);
    CHECK(state_of(folder.path, plan.runs[4].key) == RunState::Missing);
    const CostModel costs = learn(plan, folder.path);
    CHECK(costs.finished("long") == 2);
    CHECK_FALSE(costs.knows("short"));
    CHECK(costs.cost("long", {2.0})->time.wall == Approx(4).epsilon(0.05));
    CHECK(missing_runs(plan, folder.path, {}, false).size() == 4);
    CHECK(missing_runs(plan, folder.path, {2, 2}, false).size() == 3);
}

TEST_CASE("Instructions are weighed by a table", "[sweep]") {
    CHECK(rough_seconds(R"({"opcodes": {"FFMA": {"warp": 1000000, "thread": 3}, "LDG.E": {"warp": 1000000}, "HMMA.16816.F32": {"warp": 1000000}}})") == Approx(0.5 + 2.5 + 2.5));
    CHECK(rough_seconds(R"(noise {"kernels": [{"opcodes": {"FADD": 2000000}}, {"opcodes": {"STG": 1000000}}]})") == Approx(1 + 2.5));
    CHECK_FALSE(rough_seconds("heddle: no such file"));
    CHECK_FALSE(rough_seconds("{\"opcodes\": "));
    CHECK_FALSE(rough_seconds("{}"));
}

TEST_CASE("Durations are short to read", "[sweep]") {
    CHECK(duration_text(0.26) == "0.3 s");
    CHECK(duration_text(9.96) == "10 s");
    CHECK(duration_text(59.7) == "1:00 min");
    CHECK(duration_text(3700) == "1:01 h");
    CHECK(duration_text(1e6) == "12 days");
}
