#include "tools/report/sweep_page.hpp"

#include "sim/base/error.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <sqlite3.h>

using namespace heddle;
using Json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

// A folder with a database made by these statements.
struct Folder {
    fs::path path = fs::temp_directory_path() / ("heddle_sweep_page_" + std::to_string(::getpid()));
    Folder() {
        fs::remove_all(path);
        fs::create_directories(path);
    }
    ~Folder() { fs::remove_all(path); }
    void make(const std::string& statements) const {
        sqlite3* database = nullptr;
        REQUIRE(sqlite3_open((path / "results.sqlite").c_str(), &database) == SQLITE_OK);
        char* message = nullptr;
        INFO(statements);
        CHECK(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &message) == SQLITE_OK);
        if (message != nullptr) FAIL(message);
        sqlite3_close(database);
    }
};

const std::string kTables = "CREATE TABLE meta(key TEXT, value TEXT);"
                            "CREATE TABLE axes(position INTEGER, name TEXT, label TEXT, unit TEXT, kind TEXT, key TEXT, base_value TEXT);"
                            "CREATE TABLE columns(table_name TEXT, name TEXT, unit TEXT, kind TEXT, description TEXT);"
                            "CREATE TABLE runs(run INTEGER PRIMARY KEY, key TEXT, workload TEXT, seed INTEGER, point INTEGER, is_base "
                            "INTEGER, status TEXT, error TEXT, record TEXT,"
                            " sms INTEGER, policy TEXT, time_us REAL, dram_utilization_percent REAL, energy_j REAL);";
const std::string kContent =
    "INSERT INTO meta VALUES('name','SM "
    "count'),('objectives','[\"time_us\",{\"metric\":\"dram_utilization_percent\",\"goal\":\"maximize\"},\"energy_j\"]');"
    "INSERT INTO axes VALUES(1,'policy','scheduler','','text','sm.policy','gto'),(0,'sms','','','number','sms_per_gpc','132');"
    "INSERT INTO columns "
    "VALUES('runs','sms','','axis',''),('runs','time_us','us','metric','Duration.'),('runs','dram_utilization_percent','%','metric','DRAM.'"
    "),"
    "('runs','energy_j','J','metric','Energy.'),('kernels','ipc','','metric','IPC.');"
    "INSERT INTO runs "
    "VALUES(2,'b','triad',0,2,0,'ok',NULL,'runs/2/run.json',66,'lrr',20.0,80.0,NULL),(1,'a','triad',0,1,1,'ok',NULL,'runs/1/"
    "run.json',132,'gto',10.0,30.0,NULL),"
    "(3,'c','triad',0,3,0,'failed','deadlock',NULL,198,'gto',NULL,NULL,NULL);";

std::string refusal(const fs::path& folder) {
    try {
        report::read_results(folder);
    } catch (const UserError& error) {
        return error.findings().front().text();
    }
    return "none";
}

} // namespace

TEST_CASE("the page of a sweep") {
    const Folder folder;
    CHECK_FALSE(report::holds_results(folder.path));
    folder.make(kTables + kContent);
    REQUIRE(report::holds_results(folder.path));
    fs::create_directories(folder.path / "runs/1");
    fs::create_directories(folder.path / "runs/2");
    for (const char* file : {"runs/1/run.json", "runs/1/report.html", "runs/2/run.json"}) std::ofstream(folder.path / file) << "{}";
    const Json page = report::sweep_page(report::read_results(folder.path), folder.path, folder.path / "pages");

    CHECK(page["title"] == "SM count");
    CHECK_FALSE(page["meta"].contains("objectives"));
    SECTION("axes stand in their order, numbers ascend, texts stay, and a missing label is the name") {
        CHECK(page["axes"][0]["name"] == "sms");
        CHECK(page["axes"][0]["label"] == "sms");
        CHECK(page["axes"][0]["values"] == Json({66, 132, 198}));
        CHECK(page["axes"][0]["base"] == 132);
        CHECK(page["axes"][1]["values"] == Json({"gto", "lrr"}));
    }
    SECTION("metrics that no run has are left out, as objectives too") {
        REQUIRE(page["metrics"].size() == 2);
        CHECK(page["metrics"][0] == Json({{"name", "time_us"}, {"unit", "us"}, {"definition", "Duration."}, {"better", "lower"}}));
        CHECK(page["objectives"] ==
              Json::parse(R"([{"metric": "time_us", "goal": "min"}, {"metric": "dram_utilization_percent", "goal": "max"}])"));
    }
    SECTION("runs are columns, in the order of their number") {
        const Json& runs = page["runs"];
        CHECK(runs["run"] == Json({1, 2, 3}));
        CHECK(runs["time_us"] == Json({10.0, 20.0, nullptr}));
        CHECK(runs["status"] == Json({"ok", "ok", "failed"}));
        CHECK(runs["bound"] == Json({"latency", "DRAM bandwidth", nullptr}));
        CHECK(runs["link"] == Json({"../runs/1/report.html", "../runs/2/run.json", nullptr}));
    }
}

TEST_CASE("areas are told by point, and a database of an earlier build has none") {
    const Folder folder;
    folder.make(kTables + kContent);
    CHECK_FALSE(report::sweep_page(report::read_results(folder.path), folder.path, folder.path).contains("areas"));
    folder.make("CREATE TABLE areas(run INTEGER, anchor TEXT, part TEXT, mm2 REAL, at_low REAL, at_high REAL);"
                "INSERT INTO areas VALUES(1,'G','anchor',100.0,100.0,100.0),(1,'G','l2',2.0,1.0,4.0),(2,'G','anchor',100.0,100.0,100.0),(7,'G','l2',1.0,1.0,1.0);");
    CHECK(report::sweep_page(report::read_results(folder.path), folder.path, folder.path)["areas"] ==
          Json::parse(R"({"1": {"anchor": {"name": "G", "mm2": 100.0}, "parts": {"l2": [1.0, 2.0, 4.0]}}, "2": {"anchor": {"name": "G", "mm2": 100.0}}})"));
}

TEST_CASE("without objectives the time is one") {
    const Folder folder;
    folder.make(kTables + kContent + "DELETE FROM meta WHERE key = 'objectives';");
    const Json page = report::sweep_page(report::read_results(folder.path), folder.path, folder.path);
    CHECK(page["objectives"] == Json::parse(R"([{"metric": "time_us", "goal": "min"}])"));
    CHECK(page["runs"]["link"][0].is_null());
}

TEST_CASE("what is no database of a sweep is refused") {
    const Folder folder;
    std::ofstream(folder.path / "results.sqlite") << "this is a text";
    CHECK(refusal(folder.path).find("holds no results of a sweep") != std::string::npos);
    fs::remove(folder.path / "results.sqlite");
    folder.make(kTables + "INSERT INTO axes VALUES(0,'absent','','','number','k','1'); INSERT INTO runs(run, workload) VALUES(1, 'w');");
    CHECK(refusal(folder.path).find("no column for its axis absent") != std::string::npos);
    fs::remove(folder.path / "results.sqlite");
    folder.make("CREATE TABLE meta(key TEXT, value TEXT); CREATE TABLE axes(position INTEGER); CREATE TABLE columns(name TEXT); CREATE "
                "TABLE runs(run INTEGER); INSERT INTO runs VALUES(1);");
    CHECK(refusal(folder.path).find("has no column") != std::string::npos);
}

TEST_CASE("the page of a run lies beside its record") {
    CHECK(report::page_of_run("runs/ab/run.json") == "runs/ab/report.html");
    CHECK(report::page_of_run("runs/ab.json") == "runs/ab.html");
}
