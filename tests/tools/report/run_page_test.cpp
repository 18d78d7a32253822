#include "tools/report/run_page.hpp"

#include "tests/sim/gpu/sample_record.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using Json = nlohmann::json;

namespace {

Json sample() { return Json::parse(to_json(test::sample_record())); }

// The sample with kernels of these names, each as long as its place says.
Json with_kernels(const std::vector<std::string>& names) {
    Json record = sample();
    const Json kernel = record["kernels"][0];
    record["kernels"] = Json::array();
    for (const std::string& name : names) {
        record["kernels"].push_back(kernel);
        record["kernels"].back()["name"] = name;
        record["kernels"].back()["id"] = record["kernels"].size();
        record["kernels"].back()["time_ns"] = 100.0 * static_cast<double>(record["kernels"].size());
    }
    return record;
}

} // namespace

TEST_CASE("the page of one run holds its kernels and figures") {
    const Json page = report::run_page({{"out/run.json", sample()}});
    CHECK(page["kind"] == "run");
    CHECK(page["title"] == "some/kernelslist.g on Test GPU");
    const Json& run = page["runs"][0];
    CHECK(run["file"] == "out/run.json");
    CHECK(run["left_out"] == 0);
    const Json& kernel = run["kernels"][0];
    CHECK(kernel["m"]["time_us"].get<double>() == Approx(sample()["kernels"][0]["time_ns"].get<double>() / 1000));
    CHECK(kernel["slots"]["issued"] == sample()["kernels"][0]["stalls"]["issued"]);
    CHECK_FALSE(kernel["slots"].contains("membar")); // zeros are left out
    CHECK(kernel["verdict"].get<std::string>().starts_with("Bound by"));
    CHECK_FALSE(kernel.contains("hot"));
    CHECK(run["total"]["m"]["cycles"] == sample()["total"]["cycles"]);
    CHECK_FALSE(page.contains("pairs"));
}

TEST_CASE("the parts of the energy are there if the run has them") {
    Json record = sample();
    CHECK_FALSE(report::run_page({{"r", record}})["runs"][0]["total"].contains("energy"));
    record["total"]["energy"] = {{"joules", 3}, {"breakdown", {{"dram", 2}, {"l2", 1}, {"none", 0}, {"broken", "x"}}}};
    record["kernels"][0]["energy"] = {{"breakdown", 7}};
    const Json run = report::run_page({{"r", record}})["runs"][0];
    CHECK(run["total"]["energy"] == Json{{"dram", 2}, {"l2", 1}});
    CHECK_FALSE(run["kernels"][0].contains("energy"));
}

TEST_CASE("the die is there if the run has an area") {
    Json record = sample();
    CHECK_FALSE(report::run_page({{"r", record}})["runs"][0].contains("area"));
    record["area"] = {{"mm2", 90}, {"low", 80}, {"high", 95}, {"anchor", {{"name", "G"}, {"mm2", 100}}}, {"breakdown", {{"l2", 60}, {"sms", 30}, {"none", 0}, {"broken", "x"}}}, {"notes", {"far"}}};
    const Json area = report::run_page({{"r", record}})["runs"][0]["area"];
    CHECK(area["parts"] == Json{{"l2", 60}, {"sms", 30}});
    CHECK(area["anchor"]["name"] == "G");
    CHECK(area["notes"] == Json::array({"far"}));
    record["area"] = 7;
    CHECK_FALSE(report::run_page({{"r", record}})["runs"][0].contains("area"));
}

TEST_CASE("grids are written without trailing ones") {
    Json record = sample();
    record["kernels"][0]["grid"] = {8, 1, 1};
    record["kernels"][0]["block"] = {16, 1, 4};
    const Json kernel = report::run_page({{"r", record}})["runs"][0]["kernels"][0];
    CHECK(kernel["grid"] == "8");
    CHECK(kernel["block"] == "16x1x4");
}

TEST_CASE("the longest kernels are kept, in launch order") {
    Json record = with_kernels({"a", "b", "c", "d"});
    record["kernels"][0]["time_ns"] = 1e6;
    const Json run = report::run_page({{"r", record}}, {.max_kernels = 2})["runs"][0];
    CHECK(run["left_out"] == 2);
    REQUIRE(run["kernels"].size() == 2);
    CHECK(run["kernels"][0]["name"] == "a");
    CHECK(run["kernels"][1]["name"] == "d");
}

TEST_CASE("two runs: the same name for the same time makes a pair") {
    const Json page = report::run_page({{"a", with_kernels({"x", "y", "x", "z"})}, {"b", with_kernels({"x", "x", "y", "x"})}});
    CHECK(page["pairs"] == Json::parse("[[0, 0], [1, 2], [2, 1]]"));
    CHECK(page["title"] == "some/kernelslist.g: two runs on Test GPU");
}

TEST_CASE("two runs: their configurations stand side by side") {
    Json a = sample(), b = sample();
    a["config"]["values"] = {{"l2.size", "50 MiB"}, {"only.a", "1"}};
    b["config"]["values"] = {{"l2.size", "25 MiB"}};
    b["config"]["read"] = {"gpu.yaml", "--set l2.size=25MiB"};
    const Json page = report::run_page({{"a", a}, {"b", b}});
    CHECK(page["config"] == Json::parse(R"([["l2.size", "50 MiB", "25 MiB"], ["only.a", "1", null]])"));
    CHECK(page["runs"][1]["overrides"] == Json::parse(R"(["l2.size=25MiB"])"));
}

TEST_CASE("hot instructions and time series are passed on") {
    Json record = with_kernels({"a", "b"});
    for (Json& kernel : record["kernels"])
        kernel["hot_instructions"] = Json::parse(R"([{"pc": 16, "sass": "EXIT", "samples": 3, "stalls": {"wait": 3}}])");
    record["time_series"] =
        Json::parse(R"({"interval_ns": 100, "end_ns": [100, 200], "counters": {}, "series": {"ipc": {"unit": "", "values": [1, 2]}}})");
    const Json run = report::run_page({{"r", record}}, {.max_hot_kernels = 1})["runs"][0];
    CHECK_FALSE(run["kernels"][0].contains("hot")); // the shorter one
    CHECK(run["kernels"][1]["hot"]["rows"] == record["kernels"][1]["hot_instructions"]);
    CHECK(run["time_series"]["series"]["ipc"]["values"] == Json({1.0, 2.0}));
    CHECK_FALSE(run["time_series"].contains("counters"));
}

TEST_CASE("a record of little is still a page") {
    const Json record = Json::parse(R"({"run_hash": "1", "total": {}, "kernels": [{}]})");
    const Json page = report::run_page({{"r", record}});
    CHECK(page["runs"][0]["kernels"].size() == 1);
    CHECK(page["runs"][0]["total"]["bound"] == "unknown");
}
