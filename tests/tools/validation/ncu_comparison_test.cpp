#include "tools/validation/ncu_comparison.hpp"

#include "sim/base/error.hpp"
#include "tools/validation/report.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace heddle;
using namespace heddle::validation;

namespace {

constexpr const char* kRun = R"({"gpu": "G", "run_hash": "1234", "total": {"cycles": 300}, "unmodelled": {"x": 2}, "host": {"cpu_seconds": 1.5},
 "kernels": [
  {"name": "_Z5scalePf", "grid": [64, 1, 1], "block": [256, 1, 1], "cycles": 110, "time_ns": 55.5, "warp_instructions": 1000, "l2": {"hit_rate": 0.5},
   "counters": {"gpu.l2.lts_t_sectors_op_atom": 3, "gpu.l2.lts_t_sectors_srcunit_ltcfabric_op_atom": 1, "gpu.sm.sub_core.warp_states.wait": 2500}},
  {"name": "other", "grid": [1, 1, 1], "block": [32, 1, 1], "cycles": 7, "counters": {}},
  {"name": "_Z5scalePf", "grid": [64, 1, 1], "block": [256, 1, 1], "cycles": 220, "warp_instructions": 1000, "counters": {}}]})";

RunValues values_of(const std::string& text) {
    const auto file = std::filesystem::temp_directory_path() / ("heddle-run-values-" + std::to_string(getpid()) + ".json");
    std::ofstream(file) << text;
    RunValues values = RunValues::read(file);
    std::filesystem::remove(file);
    return values;
}

NcuKernel kernel(const char* name, const char* grid, std::vector<NcuMetric> metrics) { return {"0", name, grid, "(256, 1, 1)", 1, std::move(metrics)}; }

const ComparedCase& find(const Comparison& c, const std::string& name, const std::string& group) {
    const auto at = std::find_if(c.cases.begin(), c.cases.end(), [&](const ComparedCase& one) { return one.name == name && one.group == group; });
    REQUIRE(at != c.cases.end());
    return *at;
}

} // namespace

TEST_CASE("Quantities of a run.json by name", "[validation]") {
    const RunValues run = values_of(kRun);
    CHECK(*run.find("k1.cycles") == 110);
    CHECK(*run.find("k3.cycles") == 220);
    CHECK(*run.find("k1.l2.hit_rate") == 0.5);
    CHECK(*run.find("k1.counters.gpu.l2.lts_t_sectors_op_atom") == 3);
    CHECK(*run.find("total.cycles") == 300);
    CHECK_FALSE(run.find("k4.cycles"));
    CHECK_FALSE(run.find("k1.name")); // no number
    CHECK_FALSE(run.find("k1"));
    CHECK(run.unmodelled() == std::vector<std::string>{"x (2)"});
    CHECK_THROWS_AS(values_of("{"), UserError);
    CHECK_THROWS_AS(values_of("{\"kernels\": []}"), UserError);
    CHECK_THROWS_AS(values_of("{\"kernels\": [{}], \"total\": {}}"), UserError);
}

TEST_CASE("Instances of a template are told apart however their arguments are printed", "[validation]") {
    const RunValues run = values_of(R"({"gpu": "G", "run_hash": "1", "total": {}, "kernels": [
        {"name": "_Z6updateIL4Kind0ELb1EEvPj", "cycles": 10, "counters": {}},
        {"name": "_Z6updateIL4Kind0ELb1EEvPj", "cycles": 20, "counters": {}},
        {"name": "_Z6updateIL4Kind2ELb0EEvPj", "cycles": 30, "counters": {}},
        {"name": "_ZN12_GLOBAL__N_14tileILj128EN2dl4TileIfEEEEvv", "cycles": 40, "counters": {}}]})");
    const auto measured = [&](const char* name) { return kernel(name, "", {{"", "sm__cycles_elapsed.max", "cycle", "10"}}); };
    const Comparison c = compare_kernels({measured("void update<2, 0>(unsigned int *)"), measured("void update<0, 1>(unsigned int *)"),
                                          measured("void <unnamed>::tile<128, dl::Tile<float>>()")}, run, 1);
    CHECK(find(c, "1:update<2,0>", "sm__cycles_elapsed.max").simulated == 30);
    CHECK(find(c, "2:update<0,1>", "sm__cycles_elapsed.max").simulated == 10);
    CHECK(find(c, "3:tile<128,dl::Tile<float>>", "sm__cycles_elapsed.max").simulated == 40);
}

TEST_CASE("Kernels are matched by name and order, counters by the table", "[validation]") {
    const Comparison c = compare_kernels({kernel("scale(float *)", "(64, 1, 1)",
                                                 {{"", "sm__cycles_elapsed.max", "cycle", "100"},
                                                  {"", "smsp__inst_executed.sum", "inst", "1,000"},
                                                  {"", "lts__t_sector_op_read_hit_rate.pct", "%", "47"},
                                                  {"", "lts__t_sectors_op_atom.sum", "sector", "0"},
                                                  {"", "smsp__average_warps_issue_stalled_wait_per_issue_active.ratio", "inst", "2.0"},
                                                  {"", "unknown__thing.sum", "", "1"}}),
                                          kernel("void scale(float *)", "(64, 1, 1)", {{"", "sm__cycles_elapsed.max", "cycle", "200"}}),
                                          kernel("scale(float *)", "(64, 1, 1)", {{"", "sm__cycles_elapsed.max", "cycle", "1"}}),
                                          kernel("other", "(2, 1, 1)", {{"", "sm__cycles_elapsed.max", "cycle", "7"}}),
                                          kernel("absent", "", {})},
                                         values_of(kRun), 132);
    CHECK(find(c, "1:scale", "sm__cycles_elapsed.max").error() == Approx(10));
    CHECK(find(c, "2:scale", "sm__cycles_elapsed.max").error() == Approx(10));
    CHECK(find(c, "1:scale", "smsp__inst_executed.sum").error() == 0);
    CHECK(find(c, "1:scale", "lts__t_sector_op_read_hit_rate.pct").error() == Approx(3)); // points
    CHECK(find(c, "1:scale", "lts__t_sectors_op_atom.sum").excluded == "none measured, so no relative error");
    CHECK(find(c, "1:scale", "smsp__average_warps_issue_stalled_wait_per_issue_active.ratio").simulated == Approx(2.5));
    const std::string without = "kernels without a partner";
    CHECK(find(c, "3:scale", without).excluded == "only 2 of this name were simulated");
    CHECK(find(c, "4:other", without).excluded.find("simulated with another") != std::string::npos);
    CHECK(find(c, "5:absent", without).excluded == "no simulated kernel has this name");
    REQUIRE(c.remarks.size() == 1);
    CHECK(c.remarks[0].find("unknown__thing.sum") != std::string::npos);
    CHECK(c.groups().front() == "sm__cycles_elapsed.max");
    CHECK(c.groups().back() == without);
}

TEST_CASE("Reports hold every case and reason, and escape what is not ours", "[validation]") {
    Comparison c;
    c.title = "a <b> & c";
    ComparedCase one;
    one.name = "first";
    one.group = "group";
    one.unit = "cycles";
    one.measured = 100;
    one.simulated = 125;
    one.measured_known = one.simulated_known = true;
    one.origin = "here, \"there\"";
    c.cases = {one, one, one, one};
    c.cases[1].name = "fitted one";
    c.cases[1].use = Use::Fitted;
    c.cases[2].name = "third";
    c.cases[2].excluded = "not <modelled>";
    c.cases[3].name = "worst";
    c.cases[3].simulated = 300;
    const std::string text = text_report(c, true), csv = csv_report(c), html = html_report(c);
    CHECK(text.find("+25.0 %") != std::string::npos);
    CHECK(text.find("excluded: not <modelled>") != std::string::npos);
    CHECK(text.find("+200.0 % worst") != std::string::npos);
    CHECK(text_report(c, false).find("not <modelled>") == std::string::npos); // no line of the cases
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 5);
    CHECK(csv.find("\"here, \"\"there\"\"\"") != std::string::npos);
    CHECK(html.find("a &lt;b&gt; &amp; c") != std::string::npos);
    CHECK(html.find("not &lt;modelled&gt;") != std::string::npos);
    CHECK(html.find("class=\"fitted\"") != std::string::npos);
    CHECK(html.find("112.5 %") != std::string::npos); // mean of 25 and 200: fitted and excluded cases do not count
    CHECK(html.find("http") == std::string::npos);    // nothing from elsewhere
    for (std::size_t at = html.find("href=\"#"); at != std::string::npos; at = html.find("href=\"#", at + 1)) {
        const std::string id = html.substr(at + 7, html.find('"', at + 7) - at - 7);
        CHECK(html.find("id=\"" + id + "\"") != std::string::npos);
    }
}
