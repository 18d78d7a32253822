#include "sim/gpu/run_record.hpp"

#include "sim/base/error.hpp"
#include "tests/sim/gpu/sample_record.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace heddle;
using Json = nlohmann::json;

TEST_CASE("a counter is found by its family, and a misspelt one is no zero") {
    const RunRecord record = test::sample_record();
    CHECK(record.total["gpu.sm.sub_core.inst_executed"] == 500);
    CHECK(record.total["gpu.sm.sub_core.issue_slots.long_scoreboard"] == 1400);
    CHECK(record.total.has("gpu.dram.read_atoms"));
    CHECK_FALSE(record.total.has("gpu.dram.read_atom"));
    CHECK_THROWS_AS(record.total["gpu.dram.read_atom"], InternalError);
}

TEST_CASE("run.json holds the fixed names") {
    const Json json = Json::parse(to_json(test::sample_record()));
    CHECK(json["heddle_version"] == "1.2.3");
    CHECK(json["run_hash"] == "00000000000000aa");
    CHECK(json["config"]["hash"] == "00000000000000cc");
    CHECK(json["config"]["read"] == Json({"test.yaml", "--set sm.sub_cores=2"}));
    CHECK(json["config"]["values"]["dram.latency"] == "33 cycles");
    CHECK(json["trace"]["digest"] == "00000000000000dd");
    CHECK(json["sources"] == Json({{"vendor", 7}, {"measured", 0}, {"assumed", 3}}));
    CHECK(json["host"]["wall_seconds"] == 0.5);
    CHECK(json["host"]["cpu_seconds"] == 0.25);
    CHECK(json["host"]["peak_memory_bytes"] == 2097152);
    CHECK(json["host"]["active_sm_cycles"] == 1000);
    CHECK(json["unmodelled"] == Json::object());
    CHECK(json["assumptions"].size() == 1);

    REQUIRE(json["kernels"].size() == 1);
    const Json& kernel = json["kernels"][0];
    CHECK(kernel["name"] == "_Z9vectorAddPKfS0_Pfi");
    CHECK(kernel["grid"] == Json({4, 1, 1}));
    CHECK(kernel["block"] == Json({256, 1, 1}));
    CHECK(kernel["cycles"] == 1000);
    CHECK(kernel["time_ns"] == 1000.0);
    CHECK(kernel["warp_instructions"] == 500);
    CHECK(kernel["thread_instructions"] == 8000);
    CHECK(kernel["stalls"]["issued"].get<double>() == Approx(0.25));
    CHECK_FALSE(kernel["stalls"].contains("selected"));
    CHECK(kernel["l1"]["hit_rate"].get<double>() == Approx(0.25));
    CHECK(kernel["l2"]["hit_rate"].get<double>() == Approx(1.0 / 3));
    CHECK(kernel["dram"]["bandwidth_gb_s"].get<double>() == Approx(4.8));
    CHECK(kernel["dram"]["percent_of_peak"].get<double>() == Approx(50));
    CHECK(kernel["flops"]["fp32"]["percent_of_peak"].get<double>() == Approx(50));
    CHECK(json["total"]["time_ns"] == 1000.0);
    CHECK(json["total"]["dram"] == kernel["dram"]);
}

TEST_CASE("every counter has its value per kernel and in total, and its unit in the schema") {
    const RunRecord record = test::sample_record();
    const Json json = Json::parse(to_json(record));
    for (const auto& family : record.total.families) {
        CHECK(json["total"]["counters"][family.name] == family.value);
        CHECK(json["kernels"][0]["counters"][family.name] == family.value);
        CHECK(json["schema"]["counters"][family.name]["unit"] == family.unit);
        CHECK(json["schema"]["counters"][family.name]["sentence"] == family.sentence);
    }
    CHECK(json["total"]["counters"].size() == record.total.families.size());
}

TEST_CASE("a ratio of nothing is null, so that the text stays JSON") {
    RunRecord record = test::sample_record();
    record.kernels[0].counters = test::SampleMachine{}.counters();
    const Json kernel = Json::parse(to_json(record))["kernels"][0];
    CHECK(kernel["l1"]["hit_rate"].is_null());
    CHECK(kernel["dram"]["row_hit_rate"].is_null());
    CHECK(kernel["stalls"] == Json::object());
}

TEST_CASE("the host's share of the record leaves everything else alone, byte for byte") {
    RunRecord record = test::sample_record();
    Json before = Json::parse(to_json(record));
    CHECK(to_json(record) == to_json(record));
    record.host = {9, 9, 9, 3, "systemc"};
    Json after = Json::parse(to_json(record));
    CHECK(before != after);
    before.erase("host");
    after.erase("host");
    CHECK(before.dump() == after.dump());
}

TEST_CASE("names of any bytes make valid JSON") {
    RunRecord record = test::sample_record();
    record.kernels[0].name = "k\xff\"\n\x01";
    record.notes.anomalies = {{"odd \xc3", 2}};
    const Json json = Json::parse(to_json(record));
    CHECK(json["kernels"][0]["name"].get<std::string>().find("k\xef\xbf\xbd\"\n") == 0);
    CHECK(json["anomalies"].size() == 1);
}
