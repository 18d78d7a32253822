#include "tools/validation/ncu_csv.hpp"

#include "sim/base/error.hpp"
#include "tools/validation/capture_comparison.hpp"
#include "tools/validation/counter_map.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <tuple>

using namespace heddle;
using namespace heddle::validation;

namespace {

constexpr const char* kDetails = R"csv(==PROF== Connected to process 1234 (/opt/app)
hello from the program
"ID","Process ID","Process Name","Host Name","Kernel Name","Context","Stream","Block Size","Grid Size","Device","CC","Section Name","Metric Name","Metric Unit","Metric Value"
"0","1234","app","127.0.0.1","void ns::scale<float, 4>(T1 *, int)","1","7","(256, 1, 1)","(64, 2, 1)","0","9.0","GPU Speed Of Light Throughput","Elapsed Cycles","cycle","12,345"
"0","1234","app","127.0.0.1","void ns::scale<float, 4>(T1 *, int)","1","7","(256, 1, 1)","(64, 2, 1)","0","9.0","GPU Speed Of Light Throughput","Duration","us","6.50"
"0","1234","app","127.0.0.1","void ns::scale<float, 4>(T1 *, int)","1","7","(256, 1, 1)","(64, 2, 1)","0","9.0","GPU Speed Of Light Throughput","","",""
"1","1234","app","127.0.0.1","other","1","7","(32, 1, 1)","(1, 1, 1)","0","9.0","Command line profiler metrics","dram__bytes_read.sum","Mbyte","1.5"
==PROF== Disconnected from process 1234
)csv";

constexpr const char* kWide = R"csv("ID","Process ID","Kernel Name","Block Size","Grid Size","dram__bytes_read.sum","smsp__inst_executed.sum"
"","","","","","Kbyte","inst"
"0","9","k(float *)","(128, 1, 1)","(10, 1, 1)","2.5","1,000"
"1","9","k(float *)","(128, 1, 1)","(10, 1, 1)","n/a","2,000"
)csv";

std::string message(const std::string& text) {
    try {
        parse_ncu_csv(text, "m.csv");
    } catch (const UserError& error) {
        return error.findings().front().text();
    }
    return "accepted";
}

} // namespace

TEST_CASE("The details layout of ncu", "[validation]") {
    const auto kernels = parse_ncu_csv(kDetails, "m.csv");
    REQUIRE(kernels.size() == 2);
    CHECK(kernels[0].name == "void ns::scale<float, 4>(T1 *, int)");
    CHECK(kernels[0].line == 4);
    CHECK(parse_extent(kernels[0].grid) == std::vector<std::uint64_t>{64, 2, 1});
    REQUIRE(kernels[0].metrics.size() == 2);
    const NcuMetric& cycles = kernels[0].metrics[0];
    REQUIRE(find_counter(cycles.section, cycles.name) != nullptr);
    CHECK(std::string(find_counter(cycles.section, cycles.name)->metric) == "sm__cycles_elapsed.max");
    CHECK(*ncu_value(cycles.value, cycles.unit) == 12345);
    CHECK(*ncu_value("6.50", "us") == 6500);
    CHECK(kernels[1].metrics[0].name == "dram__bytes_read.sum");
}

TEST_CASE("The raw layout of ncu", "[validation]") {
    const auto kernels = parse_ncu_csv(kWide, "m.csv");
    REQUIRE(kernels.size() == 2);
    REQUIRE(kernels[0].metrics.size() == 2);
    CHECK(kernels[0].metrics[0].unit == "Kbyte");
    CHECK(*ncu_value(kernels[0].metrics[0].value, kernels[0].metrics[0].unit) == 2500);
    CHECK(*ncu_value(kernels[1].metrics[1].value, kernels[1].metrics[1].unit) == 2000);
    CHECK_FALSE(ncu_value("n/a", ""));
    CHECK_FALSE(ncu_value("", "byte"));
    CHECK_FALSE(ncu_value("1.2.3", "byte"));
}

TEST_CASE("What is no output of ncu says so, with the line", "[validation]") {
    CHECK(message("hello\n").starts_with("m.csv: has no line that begins with \"ID\""));
    CHECK(message("\"ID\",\"x\"\n").starts_with("m.csv:1: has no column \"Kernel Name\""));
    CHECK(message("noise\n\"ID\",\"Kernel Name\"\n").starts_with("m.csv:2: has a header and no kernels"));
    CHECK(message("\"ID\",\"Kernel Name\",\"a__b\"\n\"0\",\"k\"\n").starts_with("m.csv:2: has 2 fields"));
    CHECK(message("\"ID\",\"Kernel Name\",\"a__b\"\n\"zero\",\"k\",\"1\"\n").starts_with("m.csv:2: ID \"zero\" is no number"));
    const std::string cut = std::string(kDetails).substr(0, std::string(kDetails).find("12,345") + 3); // within a quoted field
    CHECK(message(cut).starts_with("m.csv:4: opens a quote"));
}

TEST_CASE("The own name of a kernel", "[validation]") {
    CHECK(plain_name("void ns::scale<float, 4>(T1 *, int)") == "ns::scale");
    CHECK(plain_name("k(float *)") == "k");
    CHECK(plain_name("plain") == "plain");
    CHECK(plain_name("void (anonymous namespace)::f<int>(int)") == "(anonymous namespace)::f");
    CHECK(parse_extent("32x2") == std::vector<std::uint64_t>{32, 2});
    CHECK(parse_extent("n/a").empty());
}

TEST_CASE("No counter is in the table twice", "[validation]") {
    std::set<std::string> seen;
    for (const Counter& c : counter_table()) CHECK(seen.insert(c.metric).second);
    CHECK(counter_table_text().find("`smsp__inst_executed.sum`") != std::string::npos);
}

TEST_CASE("A capture's counters: the median over repetitions, programs and caches apart", "[validation]") {
    const std::string header = "ID,Program,Size,Cache,Repetition,Kernel Name,Block Size,Grid Size,Metric Name,Metric Unit,Metric Value\n";
    std::string text = header;
    for (const auto& [id, repetition, cycles] : {std::tuple{"0", "0", "10"}, {"1", "1", "30"}, {"2", "2", "11"}})
        text += std::string(id) + ",hpc/a,small,none," + repetition + ",k(int),\"(32, 1, 1)\",\"(1, 1, 1)\",sm__cycles_elapsed.max,cycle," + cycles + "\n";
    text += "3,hpc/a,small,all,0,k(int),,,sm__cycles_elapsed.max,cycle,99\n4,hpc/b,small,none,0,k(int),,,dram__bytes_read.sum,Kbyte,2\n";
    const auto programs = read_captured(text, "c.csv", "none");
    REQUIRE(programs.size() == 2);
    CHECK(programs[0].program == "hpc/a");
    REQUIRE(programs[0].kernels.size() == 1);
    CHECK(programs[0].kernels[0].metrics[0].value == "11");
    CHECK(*ncu_value(programs[1].kernels[0].metrics[0].value, programs[1].kernels[0].metrics[0].unit) == 2000);
    CHECK_THROWS_AS(read_captured("ID,Program\n", "c.csv", "none"), UserError);
    CHECK_THROWS_AS(read_captured("", "c.csv", "none"), UserError);
    CHECK_THROWS_AS(read_captured(header + "0,x\n", "c.csv", "none"), UserError);
}
