#include "tools/heddle/perfetto.hpp"

#include "sim/base/error.hpp"
#include "tests/sim/gpu/sample_record.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

using namespace heddle;

namespace {

RunRecord watched_record() {
    RunRecord record = test::sample_record();
    record.kernels[0].name = "odd \"name\" \xff";
    record.kernels[0].stream = 7'000'000'000;
    record.cta_spans = {{{{1, {0, 0, 0}, 0, 100, 2'000'000'500}, {1, {1, 0, 0}, 2, 100, 300}}, 5}, {{}, 0}};
    record.copies = {{0, 0x1000, 4096}};
    return record;
}

std::filesystem::path temporary(const char* name) { return std::filesystem::temp_directory_path() / name; }

} // namespace

TEST_CASE("a Perfetto trace is JSON with a name for every track", "[perfetto]") {
    const auto trace = nlohmann::json::parse(perfetto_json(watched_record()));
    std::size_t spans = 0, instants = 0;
    bool cut = false;
    for (const auto& event : trace["traceEvents"]) {
        spans += event["ph"] == "X";
        instants += event["ph"] == "i";
        if (event["ph"] == "M" && event["name"] == "process_name") cut |= event["args"]["name"] == "SM 0 (the first 2 of 5 CTAs)";
        if (event["ph"] == "X" && event["args"].empty() && event["tid"] == 1) {
            CHECK(event["name"] == "launch 1 CTA 0,0,0");
            CHECK(event["dur"].get<double>() == Approx(2.0000004)); // microseconds
        }
    }
    CHECK(spans == 3); // a kernel, two CTAs
    CHECK(instants == 1);
    CHECK(cut);
    CHECK(perfetto_json(watched_record()) == perfetto_json(watched_record()));
}

TEST_CASE("what a Perfetto trace lacks is said", "[perfetto]") {
    const auto file = temporary("heddle_perfetto_test.json.gz");
    CHECK(write_perfetto(watched_record(), file.string()) == file.string() + " holds 2 of 5 CTAs, of each SM those that ended first");
    CHECK(std::filesystem::file_size(file) > 100);
    std::filesystem::remove(file);
    RunRecord whole = watched_record();
    whole.cta_spans[0].ctas = 2;
    CHECK(write_perfetto(whole, file.string()).empty());
    std::filesystem::remove(file);
    CHECK_THROWS_AS(write_perfetto(whole, "/nowhere/trace.json"), UserError);
}
