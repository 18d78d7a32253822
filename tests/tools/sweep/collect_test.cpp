#include "tools/common/read_file.hpp"
#include "tools/sweep/collect.hpp"

#include "sim/base/error.hpp"
#include "tests/sim/gpu/sample_record.hpp"
#include "tools/common/write_file.hpp"
#include "tools/metrics/metric.hpp"
#include "tools/validation/csv_reader.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <unistd.h>

using namespace heddle;
using sweep::collect;
namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

namespace {

const std::vector<std::string> kOutputs = {"results.sqlite", "runs.csv", "kernels.csv", "columns.csv"};

std::string key(int run) { return std::string(31, 'a') + std::to_string(run); }

// A sweep of three runs over two axes: one finished, one failed, one not run.
class SweepFolder {
  public:
    SweepFolder() : path(fs::temp_directory_path() / ("heddle_collect_" + std::to_string(getpid()))) {
        fs::remove_all(path);
        plan = {{"format", 1}, {"name", "sample"}, {"description", "a \"sweep\", by hand"}, {"sweep_file", "base: h100\n"}};
        plan["base_gpu"] = "h100";
        plan["heddle_version"] = "0.1.0";
        plan["objectives"] = Json::parse(R"([{"metric": "time_us", "goal": "min"}])");
        plan["axes"] =
            Json::parse(R"([{"name": "sms", "label": "SMs", "unit": "", "kind": "number", "key": "sms_per_gpc", "base_value": 132},
            {"name": "scheduler", "label": "", "unit": "", "kind": "text", "key": "sm.scheduler", "base_value": null}])");
        plan["runs"] = Json::array();
        for (int run = 1; run <= 3; ++run)
            plan["runs"].push_back({{"run", run},
                                    {"key", key(run)},
                                    {"workload", "triad, small"},
                                    {"seed", 0},
                                    {"point", run},
                                    {"is_base", run == 1},
                                    {"axes", {{"sms", run == 2 ? Json(0.5) : Json(100 + run)}, {"scheduler", "gto"}}},
                                    {"command", Json::array({"run"})}});
        put(1, "run.json", to_json(test::sample_record()));
        put(2, "failed.json", Json{{"status", 3}, {"timed_out", false}, {"log", "a line\nheddle: deadlock, at cycle 7\n\n"}}.dump());
        write_plan();
    }
    ~SweepFolder() { fs::remove_all(path); }

    void write_plan() const { write_file(path / "plan.json", plan.dump(1)); }
    void put(int run, const char* name, const std::string& content) const {
        const fs::path folder = path / "store" / key(run).substr(0, 2) / key(run);
        fs::create_directories(folder);
        write_file(folder / name, content);
    }
    std::vector<std::string> outputs() const {
        std::vector<std::string> contents;
        for (const std::string& name : kOutputs) contents.push_back(read_whole_file(path / name));
        return contents;
    }
    // Rows of a query, fields joined with '|'; NULL is '-'.
    std::vector<std::string> query(const std::string& sql) const {
        sqlite3* opened = nullptr;
        REQUIRE(sqlite3_open_v2((path / "results.sqlite").c_str(), &opened, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
        const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(opened, sqlite3_close);
        sqlite3_stmt* prepared = nullptr;
        REQUIRE(sqlite3_prepare_v2(opened, sql.c_str(), -1, &prepared, nullptr) == SQLITE_OK);
        const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared, sqlite3_finalize);
        std::vector<std::string> rows;
        while (sqlite3_step(prepared) == SQLITE_ROW) {
            std::string row;
            for (int i = 0; i < sqlite3_column_count(prepared); ++i) {
                const unsigned char* text = sqlite3_column_text(prepared, i);
                row += (i == 0 ? "" : "|") + (text == nullptr ? std::string("-") : std::string(reinterpret_cast<const char*>(text)));
            }
            rows.push_back(row);
        }
        return rows;
    }

    fs::path path;
    Json plan;
};

using Rows = std::vector<std::string>;

} // namespace

TEST_CASE("finished, failed and missing runs become rows", "[sweep]") {
    const SweepFolder folder;
    const auto collected = collect(folder.path);
    CHECK(collected.ok == 1);
    CHECK(collected.failed == 1);
    CHECK(collected.missing == 1);
    CHECK(folder.query("SELECT run, status, error, is_base, sms, typeof(sms), scheduler, record, cycles FROM runs ORDER BY run") ==
          Rows{"1|ok|-|1|101|integer|gto|store/aa/" + key(1) + "/run.json|1000.0",
               "2|failed|exit status 3: heddle: deadlock, at cycle 7|0|0.5|real|gto|-|-", "3|missing|-|0|103|integer|gto|-|-"});
    CHECK(folder.query("SELECT run, kernel, cycles, waves FROM kernels") == Rows{"1|1|1000.0|0.5"});
    CHECK(folder.query("SELECT run, sms, kernel, ipc FROM results") == Rows{"1|101|1|0.5"});
    CHECK(folder.query("SELECT name, base_value FROM axes ORDER BY position") == Rows{"sms|132", "scheduler|-"});
    CHECK(folder.query("SELECT value FROM meta WHERE key IN ('description', 'objectives') ORDER BY key") ==
          Rows{"a \"sweep\", by hand", R"([{"metric":"time_us","goal":"min"}])"});
    CHECK(folder.query("SELECT unit, kind, better FROM columns WHERE table_name = 'runs' AND name = 'time_us'") == Rows{"us|metric|lower"});
    // Every column is described, in its order.
    for (const char* table : {"runs", "kernels"})
        CHECK(folder.query(std::string("SELECT name FROM pragma_table_info('") + table + "')") ==
              folder.query(std::string("SELECT name FROM columns WHERE table_name = '") + table + "'"));
}

TEST_CASE("what tells a die from its anchor becomes rows, without what does not", "[sweep]") {
    const SweepFolder folder;
    Json record = Json::parse(to_json(test::sample_record()));
    record["area"] = Json::parse(R"({"mm2": 90, "anchor": {"name": "G", "mm2": 100}, "from_anchor": {"sms": {"mm2": -12, "at_low": -10, "at_high": -15},
        "l2": {"mm2": 2, "at_low": 1, "at_high": 4}, "nvlink": {"mm2": 0, "at_low": 0, "at_high": 0}, "odd": 7}})");
    folder.put(1, "run.json", record.dump());
    collect(folder.path);
    CHECK(folder.query("SELECT * FROM areas ORDER BY part") == Rows{"1|G|anchor|100.0|100.0|100.0", "1|G|l2|2.0|1.0|4.0", "1|G|sms|-12.0|-10.0|-15.0"});
    CHECK(folder.query("SELECT sum(mm2), max(area_mm2) FROM areas JOIN runs USING (run)") == Rows{"90.0|90.0"});
    for (const char* broken : {"7", R"({"anchor": 1})", R"({"anchor": {"name": 1, "mm2": 3}, "from_anchor": {}})"}) {
        record["area"] = Json::parse(broken);
        folder.put(1, "run.json", record.dump());
        collect(folder.path);
        CHECK(folder.query("SELECT * FROM areas").empty());
    }
}

TEST_CASE("tables of comma-separated values hold what the database holds", "[sweep]") {
    const SweepFolder folder;
    collect(folder.path);
    const auto runs = validation::parse_csv(read_whole_file(folder.path / "runs.csv"), "runs.csv");
    REQUIRE(runs.size() == 4);
    CHECK(runs[1].fields[2] == "triad, small");
    CHECK(runs[2].fields[6] == "failed");
    for (const auto& row : runs) CHECK(row.fields.size() == runs[0].fields.size());
    CHECK(validation::parse_csv(read_whole_file(folder.path / "kernels.csv"), "kernels.csv").size() == 2);
    const auto columns = validation::parse_csv(read_whole_file(folder.path / "columns.csv"), "columns.csv");
    CHECK(columns.size() > runs[0].fields.size());
    CHECK(read_whole_file(folder.path / "host.csv").find("\n1," + key(1) + ",") != std::string::npos);
}

TEST_CASE("the same results give the same bytes, and nothing new is no work", "[sweep]") {
    const SweepFolder folder;
    collect(folder.path);
    const auto first = folder.outputs();
    const auto written = fs::last_write_time(folder.path / "results.sqlite");
    CHECK(collect(folder.path).unchanged);
    CHECK(fs::last_write_time(folder.path / "results.sqlite") == written);

    // A lost output is made again, from a record of another host time.
    auto record = test::sample_record();
    record.host.wall_seconds += 1.5;
    folder.put(1, "run.json", to_json(record));
    fs::remove(folder.path / "runs.csv");
    const auto again = collect(folder.path);
    CHECK_FALSE(again.unchanged);
    CHECK(again.failed == 1);
    CHECK(folder.outputs() == first);

    // The failed run is done after all, and a collector had been killed.
    write_file(folder.path / "results.sqlite.123.partial", "half a database");
    folder.put(2, "run.json", to_json(test::sample_record()));
    const auto done = collect(folder.path);
    CHECK(done.ok == 2);
    CHECK(done.failed == 0);
    CHECK(folder.query("SELECT count(*) FROM kernels") == Rows{"2"});
    for (const auto& entry : fs::directory_iterator(folder.path)) CHECK(entry.path().extension() != ".partial");
}

TEST_CASE("a record that cannot be used makes its run failed", "[sweep]") {
    const SweepFolder folder;
    folder.put(1, "run.json", "{\"kernels\": ");
    folder.put(3, "run.json", "{\"functional\": true}");
    CHECK(collect(folder.path).failed == 3);
    CHECK(folder.query("SELECT run, error FROM runs WHERE run <> 2") ==
          Rows{"1|run.json cannot be read", "3|run.json: is no record of the timing model - make one with heddle run --out DIR"});
    folder.put(2, "failed.json", "[]");
    folder.put(3, "failed.json", "not read while there is a run.json");
    collect(folder.path);
    CHECK(folder.query("SELECT error FROM runs WHERE run = 2") == Rows{"failed.json cannot be read"});
    folder.put(2, "failed.json", R"({"status": 137, "timed_out": false, "log": ""})");
    collect(folder.path);
    CHECK(folder.query("SELECT error FROM runs WHERE run = 2") == Rows{"ended by signal 9"});
}

TEST_CASE("a plan that is not right is refused", "[sweep]") {
    SweepFolder folder;
    const Json good = folder.plan;
    const auto refused = [&](const std::string& why) {
        folder.write_plan();
        CHECK_THROWS_WITH(collect(folder.path), Catch::Contains(why));
        folder.plan = good;
    };
    folder.plan["axes"][0]["name"] = "Cycles"; // SQL does not tell case
    refused("axis 'Cycles' has the name of a column of the results");
    folder.plan["axes"][1]["name"] = "SMS";
    refused("axis 'SMS' is there twice");
    folder.plan["runs"][0].erase("seed");
    refused("has no runs[0].seed");
    folder.plan["runs"][1]["key"] = "../../../../etc/aaaaaaaaaaaaaaaaa";
    refused("runs[1].key is not 32 hexadecimal digits");
    folder.plan["runs"][1]["axes"]["sms"] = "many";
    refused("runs[1].axes.sms is not a number");
    folder.plan["runs"][2]["run"] = 1;
    refused("run 1 is there twice");
    folder.plan["format"] = 2;
    refused("is of another format than 1");
    write_file(folder.path / "plan.json", "{");
    CHECK_THROWS_WITH(collect(folder.path), Catch::Contains("is not JSON"));
    CHECK_THROWS_WITH(collect(folder.path / "nowhere"), Catch::Contains("holds no sweep"));
    CHECK_FALSE(fs::exists(folder.path / "results.sqlite"));
}

TEST_CASE("names that no axis may have", "[sweep]") {
    CHECK(sweep::is_results_column("run"));
    CHECK(sweep::is_results_column("IPC"));
    CHECK(sweep::is_results_column("waves"));
    CHECK_FALSE(sweep::is_results_column("sm_count"));
}
