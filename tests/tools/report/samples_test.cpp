#include "tools/report/samples.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using Json = nlohmann::json;

TEST_CASE("what does not fit among the hottest instructions joins the rest") {
    const Json hot = Json::parse(R"({"unit": "warp-cycles", "of": 12, "rest": {"instructions": 9, "executed": 20, "warp_cycles": 30, "stalls": {"wait": 30}},
        "rows": [{"pc": 16, "warp_cycles": 100, "executed": 8}, {"pc": 0, "warp_cycles": 50, "executed": 8}, {"pc": 32, "warp_cycles": 7, "executed": 4}]})");
    const Json all = report::hottest(hot, 3);
    CHECK(all["rows"] == hot["rows"]);
    CHECK(all["rest"] == Json({{"instructions", 9.0}, {"executed", 20.0}, {"warp_cycles", 30.0}}));
    const Json two = report::hottest(hot, 2);
    CHECK(two["rows"].size() == 2);
    CHECK(two["rest"] == Json({{"instructions", 10.0}, {"executed", 24.0}, {"warp_cycles", 37.0}}));
    CHECK(two["of"] == 12);
}

TEST_CASE("time series of few intervals stay, without counters") {
    const Json series = Json::parse(R"({"interval_ns": 100, "end_ns": [100, 200, 250], "counters": {"gpu.x": [1, 2, 3]}, "series": {"ipc": {"unit": "inst/cycle", "values": [1, null, 3]}}})");
    const Json out = report::thinned(series, 3);
    CHECK(out == Json::parse(R"({"interval_ns": 100.0, "end_ns": [100, 200, 250], "series": {"ipc": {"unit": "inst/cycle", "values": [1.0, null, 3.0]}}})"));
}

TEST_CASE("neighbours of long time series are joined") {
    const Json series = Json::parse(R"({"interval_ns": 10, "end_ns": [10, 20, 30, 40, 45], "series": {"ipc": {"unit": "", "values": [1, 3, null, 5, 7]}, "none": {"values": [null, null, null, null, null]}}})");
    const Json out = report::thinned(series, 3);
    CHECK(out["interval_ns"] == 20);
    CHECK(out["end_ns"] == Json({20, 40, 45}));
    CHECK(out["series"]["ipc"]["values"] == Json({2.0, 5.0, 7.0}));
    CHECK(out["series"]["none"]["values"] == Json({nullptr, nullptr, nullptr}));
}

TEST_CASE("what is no such part is left out") {
    for (const Json& odd : {Json(), Json(3), Json::array(), Json::object(), Json{{"rows", 3}}, Json{{"end_ns", {1}}, {"series", 4}}}) {
        CHECK(report::hottest(odd, 3).is_null());
        CHECK(report::thinned(odd, 3).is_null());
    }
}
