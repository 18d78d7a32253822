#include "tools/heddle/csv.hpp"

#include "tests/sim/gpu/sample_record.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <sstream>

using namespace heddle;

namespace {

// Fields by column, for records without quoted fields.
std::vector<std::map<std::string, std::string>> read(const std::string& csv) {
    const auto split = [](std::string line) {
        std::vector<std::string> fields;
        std::string field;
        for (std::istringstream in(line + ","); std::getline(in, field, ',');) fields.push_back(field);
        return fields;
    };
    std::istringstream lines(csv);
    std::string line;
    std::getline(lines, line);
    const auto header = split(line);
    std::vector<std::map<std::string, std::string>> rows;
    while (std::getline(lines, line)) {
        const auto fields = split(line);
        REQUIRE(fields.size() == header.size());
        for (auto& row = rows.emplace_back(); const auto& name : header) row[name] = fields[row.size()];
    }
    return rows;
}

} // namespace

TEST_CASE("fields are quoted when they must be") {
    CHECK(csv_field("plain") == "plain");
    CHECK(csv_field("f(int, int)") == "\"f(int, int)\"");
    CHECK(csv_field("say \"x\"") == "\"say \"\"x\"\"\"");
    CHECK(csv_field("a\nb") == "\"a\nb\"");
}

TEST_CASE("a line per kernel, a column per figure and stall reason") {
    RunRecord record = test::sample_record();
    record.kernels.push_back(record.kernels[0]);
    record.kernels[1].id = 2;
    // A kernel during which no SM was active keeps its columns, empty.
    record.kernels[1].counters = test::SampleMachine{}.counters();
    const std::string csv = kernels_csv(record);
    CHECK(csv.back() == '\n');
    const std::string first_line = csv.substr(0, csv.find('\n'));
    std::map<std::string, int> columns;
    {
        std::istringstream in(first_line);
        for (std::string name; std::getline(in, name, ',');) ++columns[name];
    }
    CHECK(std::all_of(columns.begin(), columns.end(), [](const auto& c) { return c.second == 1; }));

    std::istringstream lines(csv);
    std::string header, one, two;
    std::getline(lines, header);
    std::getline(lines, one);
    std::getline(lines, two);
    CHECK(std::count(one.begin(), one.end(), ',') == std::count(header.begin(), header.end(), ','));
    CHECK(std::count(two.begin(), two.end(), ',') == std::count(header.begin(), header.end(), ','));

    const auto rows = read(csv);
    REQUIRE(rows.size() == 2);
    auto row = rows[0];
    CHECK(row["id"] == "1");
    CHECK(row["name"] == "_Z9vectorAddPKfS0_Pfi");
    CHECK(row["grid"] == "4x1x1");
    CHECK(row["block"] == "256x1x1");
    CHECK(row["time_ns"] == "1000.000");
    CHECK(row["cycles"] == "1000");
    CHECK(row["ipc"] == "0.5");
    CHECK(row["l1_hit_rate"] == "0.25");
    CHECK(row["dram_gb_s"] == "4.8");
    CHECK(row["dram_percent_of_peak"] == "50");
    CHECK(row["stall_issued"] == "0.25");
    CHECK(row["stall_long_scoreboard"] == "0.7");
    row = rows[1];
    CHECK(row["id"] == "2");
    CHECK(row["l1_hit_rate"].empty());
    CHECK(row["stall_issued"].empty());
}
