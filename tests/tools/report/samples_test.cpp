#include "tools/report/samples.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using Json = nlohmann::json;

TEST_CASE("the hottest instructions, with what all took") {
    Json kernel = Json::parse(R"({"hot_instructions": [{"pc": 16, "samples": 100}, {"pc": 0, "samples": 50}, {"pc": 32, "samples": 7}],
        "hot_instructions_total": {"samples": 187, "instructions": 12, "stalls": {"wait": 187}}})");
    CHECK(report::hottest(kernel, 5) == Json({{"rows", kernel["hot_instructions"]}, {"samples", 187}, {"instructions", 12}}));
    CHECK(report::hottest(kernel, 2)["rows"] == Json({kernel["hot_instructions"][0], kernel["hot_instructions"][1]}));
    kernel.erase("hot_instructions_total");
    CHECK(report::hottest(kernel, 2)["samples"] == 157);
}

TEST_CASE("time series of few intervals stay, without counters") {
    const Json series = Json::parse(
        R"({"interval_ns": 100, "end_ns": [100, 200, 250], "counters": {"gpu.x": [1, 2, 3]}, "series": {"ipc": {"unit": "inst/cycle", "values": [1, null, 3]}}})");
    const Json out = report::thinned(series, 3);
    CHECK(
        out ==
        Json::parse(
            R"({"interval_ns": 100.0, "end_ns": [100, 200, 250], "series": {"ipc": {"unit": "inst/cycle", "values": [1.0, null, 3.0]}}})"));
}

TEST_CASE("neighbours of long time series are joined") {
    const Json series = Json::parse(
        R"({"interval_ns": 10, "end_ns": [10, 20, 30, 40, 45], "series": {"ipc": {"unit": "", "values": [1, 3, null, 5, 7]}, "none": {"values": [null, null, null, null, null]}}})");
    const Json out = report::thinned(series, 3);
    CHECK(out["interval_ns"] == 20);
    CHECK(out["end_ns"] == Json({20, 40, 45}));
    CHECK(out["series"]["ipc"]["values"] == Json({2.0, 5.0, 7.0}));
    CHECK(out["series"]["none"]["values"] == Json({nullptr, nullptr, nullptr}));
}

TEST_CASE("instructions by SM are summed") {
    const Json series = Json::parse(
        R"({"end_ns": [10, 20, 30], "sms": {"warp_instructions": [[1, 2], [3, 4], [5, 6]], "warp_cycles": [[9, 9], [9, 9], [9, 9]]}})");
    CHECK(report::by_sm(series, 3) == Json::parse(R"({"end_ns": [10, 20, 30], "warp_instructions": [[1, 2], [3, 4], [5, 6]]})"));
    CHECK(report::by_sm(series, 2) == Json::parse(R"({"end_ns": [20, 30], "warp_instructions": [[4, 6], [5, 6]]})"));
    CHECK(report::by_sm(Json::parse(R"({"end_ns": [10], "sms": {"warp_instructions": []}})"), 2).is_null());
}

TEST_CASE("what is no such part is left out") {
    for (const Json& odd :
         {Json(), Json(3), Json::array(), Json::object(), Json{{"hot_instructions", 3}}, Json{{"end_ns", {1}}, {"series", 4}}}) {
        CHECK(report::hottest(odd, 3).is_null());
        CHECK(report::thinned(odd, 3).is_null());
        CHECK(report::by_sm(odd, 3).is_null());
    }
}
