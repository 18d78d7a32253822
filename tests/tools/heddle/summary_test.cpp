#include "tools/heddle/summary.hpp"

#include "tests/sim/gpu/sample_record.hpp"
#include "tools/heddle/text_format.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

using namespace heddle;

namespace {

// The text after a label of the summary; "(none)" if there is no such line.
std::string said(const std::string& text, const std::string& label) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("  " + label + " ")) return line.substr(line.find_first_not_of(' ', 2 + label.size()));
    return "(none)";
}

std::size_t lines_of(const std::string& text) { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); }

} // namespace

TEST_CASE("the summary says what a person asks first") {
    const std::string text = run_lines(test::sample_record());
    CHECK(text.starts_with("some/kernelslist.g on Test GPU (1 SMs at 1.00 GHz)\n"));
    CHECK(said(text, "time") == "1.00 µs, 1,000 SM cycles, 1 kernel");
    CHECK(said(text, "instructions") == "500 warp, 8,000 thread (16.00 lanes each); IPC 0.50 (0.50 per active SM)");
    CHECK(said(text, "arithmetic") == "FP32 64.0 GFLOP/s of 128 GFLOP/s (50.0 %)");
    CHECK(said(text, "L1") == "25.0 % hits of 400 load sectors");
    CHECK(said(text, "L2") == "33.3 % hits of 300 read sectors; 11.5 GB/s of 32.0 GB/s (36.0 %)");
    CHECK(said(text, "DRAM") == "3.20 kB read, 1.60 kB written; 4.80 GB/s of 9.60 GB/s (50.0 %); 80.0 % row hits");
    CHECK(said(text, "warps") == "8.00 resident per active SM of 16 (50.0 %)");
    CHECK(said(text, "issue slots") == "issued 25.0 %, long_scoreboard 70.0 %, no_warp 5.0 %");
    CHECK(said(text, "caches") == "cold: L2 is empty when a kernel starts");
    CHECK(said(text, "unmodelled") == "nothing the trace asked for");
    CHECK(said(text, "anomalies") == "(none)");
    CHECK(said(text, "assumed") == "dependences come from a scoreboard: the trace has no control bits");
    CHECK(said(text, "rests on") == "10 configuration values: 7 vendor, 3 assumed");
    CHECK(said(text, "run") == "hash 00000000000000aa, configuration 00000000000000cc, Heddle 1.2.3");
    CHECK(lines_of(text) <= 16);
}

TEST_CASE("the area says where it comes from, what takes most and what is to be kept in mind") {
    RunRecord record = test::sample_record();
    CHECK(run_lines(record).find("\n  area") == std::string::npos);
    DieArea area{.mm2 = 90, .low = 80, .high = 95};
    area.breakdown = {{"fp32", 20}, {"sm_rest", 25}, {"crossbar", 9}, {"l2", 27}, {"hbm_phy", 5}, {"rest", 4}};
    area.anchor = "G";
    area.anchor_mm2 = 100;
    area.notes = {"too far"};
    record.area = area;
    const std::string text = run_lines(record);
    CHECK(said(text, "area") == "about 90 mm2 (80 to 95), told from G's 100 mm2: SMs 50 %, L2 30 %, network 10 %");
    CHECK(text.find("(too far)\n") != std::string::npos);
}

TEST_CASE("the host's line gives rates per CPU second and per active SM-cycle") {
    RunRecord record = test::sample_record();
    CHECK(said(run_lines(record), "host") ==
          "500 ms (250 ms CPU, 1 thread, 2.10 MB): 2.00 kwarp instr/CPU-s, 250 µs CPU per active SM-cycle");
    record.host = {1, 0, 1 << 20, 3, "loop"};
    record.active_sm_cycles = 0;
    CHECK(said(run_lines(record), "host") == "1.00 s (0 s CPU, 3 threads, 1.05 MB)");
}

TEST_CASE("unmodelled things and anomalies are named with their counts, the first few of them") {
    RunRecord record = test::sample_record();
    for (int i = 0; i < 6; ++i) record.notes.unmodelled.push_back({"opcode without a row: OP" + std::to_string(i), 1000});
    record.notes.anomalies = {{"lane active after its EXIT", 3}};
    const std::string text = run_lines(record);
    CHECK(said(text, "unmodelled").starts_with("opcode without a row: OP0 (1,000); opcode without a row: OP1 (1,000);"));
    CHECK(said(text, "unmodelled").ends_with("; and 2 more in run.json"));
    CHECK(said(text, "anomalies") == "lane active after its EXIT (3)");
}

TEST_CASE("what the machine itself did not model is told with its unit") {
    RunRecord record = test::sample_record();
    record.total.families.push_back({"gpu.unmodelled.copy_bytes", "bytes", "Bytes copied.", 400000});
    CHECK(said(run_lines(record), "unmodelled") == "copy_bytes (400,000 bytes)");
}

TEST_CASE("the table has a row per kernel, in columns") {
    RunRecord record = test::sample_record();
    record.kernels.push_back(record.kernels[0]);
    record.kernels[1].id = 12;
    record.kernels[1].overlapped = true;
    record.kernels[1].name = std::string(80, 'n');
    std::istringstream lines(kernel_table(record));
    std::string header, one, two, note;
    std::getline(lines, header);
    std::getline(lines, one);
    std::getline(lines, two);
    std::getline(lines, note);
    CHECK(one.find("vectorAdd") == header.find("kernel"));
    CHECK(two.find("nnn") == header.find("kernel"));
    CHECK(one.ends_with("long_scoreboard 70.0 %"));
    CHECK(two.starts_with("  12*  "));
    CHECK(columns(two) < 200);
    CHECK(note.starts_with("  * ran beside another kernel"));
}

TEST_CASE("a long run's table shows the slowest kernels in order of launch") {
    RunRecord record = test::sample_record();
    for (std::uint64_t id = 2; id <= 100; ++id) {
        record.kernels.push_back(record.kernels[0]);
        record.kernels.back().id = id;
        record.kernels.back().end = (id == 7 || id == 90 ? 5000 : 10) * kNanosecond;
    }
    const std::string table = kernel_table(record);
    CHECK(lines_of(table) == 1 + kTableKernels + 1);
    const auto seven = table.find("\n   7  "), ninety = table.find("\n  90  ");
    CHECK(seven != std::string::npos);
    CHECK(ninety != std::string::npos);
    CHECK(seven < ninety);
    CHECK(table.ends_with("the 24 slowest of 100 kernels; --csv lists all\n"));
}

TEST_CASE("control characters of a trace's names do not reach the terminal") {
    RunRecord record = test::sample_record();
    record.kernels[0].name = "evil\x1b[31m\r";
    record.trace = "a\nb";
    record.notes.assumptions = {"x\x07y"};
    const std::string text = summary(record);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
    CHECK(text.find('\x07') == std::string::npos);
}
