#include "tools/validation/suite.hpp"

#include "frontend/recipe/recipe.hpp"
#include "sim/base/error.hpp"
#include "tools/validation/expression.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

using namespace heddle;
using namespace heddle::validation;
namespace fs = std::filesystem;

namespace {

// A folder that vanishes with the test.
struct Folder {
    fs::path path = fs::temp_directory_path() / ("heddle-suite-test-" + std::to_string(getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() { fs::remove_all(path); }
    fs::path write(const char* name, const std::string& text) const {
        std::ofstream(path / name) << text;
        return path / name;
    }
};

template <typename Function> std::string message(Function&& function) {
    try {
        function();
    } catch (const UserError& error) {
        return error.findings().front().text();
    }
    return "accepted";
}

const std::string kGood = R"(description: two cases
reference: numbers
gpus:
  g: {set: [a=1], variables: {spoiler: 7}}
fitted:
  - {gpu: g, case: one, parameter: l2.hit_latency}
groups:
  - name: chase
    recipe: chase.yaml
    metric: latency
    unit: cycles
    value: k1.cycles / 2
    variables: {kib: 4}
    cases:
      - {id: one}
      - {id: two, kib: 8}
)";

std::string with(std::string text, const std::string& from, const std::string& to) { return text.replace(text.find(from), from.size(), to); }

const std::string kHeader = "case,metric,unit,value,spread,clock_mhz,device,origin,use\n";

} // namespace

TEST_CASE("A suite is read with its variables", "[validation]") {
    const Folder folder;
    const Suite suite = read_suite(folder.write("s.yaml", kGood));
    CHECK(suite.name == "s");
    REQUIRE(suite.cases.size() == 2);
    CHECK(suite.cases[0].variables.at("kib") == "4");
    CHECK(suite.cases[1].variables.at("kib") == "8");
    CHECK(suite.groups[suite.cases[1].group].value == "k1.cycles / 2");
    CHECK(suite.gpus.at("g").overrides == std::vector<std::string>{"a=1"});
    CHECK(suite.fitted.front().text == "l2.hit_latency");
}

TEST_CASE("Faults of a suite have a place", "[validation]") {
    const Folder folder;
    const auto of = [&](const std::string& text) { return message([&] { read_suite(folder.write("s.yaml", text)); }); };
    CHECK(of(with(kGood, "recipe:", "recepi:")).find("s.yaml:9:5: unknown key 'recepi' - did you mean recipe?") != std::string::npos);
    CHECK(of(with(kGood, "id: two", "id: one")).find("case 'one' is there twice") != std::string::npos);
    CHECK(of(with(kGood, "case: one", "case: three")).find("no case is called 'three'") != std::string::npos);
    CHECK(of(with(kGood, "    unit: cycles\n", "")).find("needs a key unit") != std::string::npos);
    CHECK(of("groups: 3\n").find("needs a key reference") != std::string::npos);
    CHECK(of("[]\n").find("is no suite") != std::string::npos);
}

TEST_CASE("Variables in a recipe", "[validation]") {
    const Variables v = {{"kib", "4"}, {"type", "f32"}};
    CHECK(instantiate("a ${kib * 1024 / 2} ${type} ${kib} b", "r", v) == "a 2048 f32 4 b");
    CHECK(message([&] { instantiate("x\n${kip}", "r", v); }).starts_with("r:2: ${kip}: there is no kip"));
    CHECK(message([&] { instantiate("${kib / 3}", "r", v); }).find("no whole number") != std::string::npos);
    CHECK(message([&] { instantiate("${type * 2}", "r", v); }).find("there is no type") != std::string::npos);
    CHECK(message([&] { instantiate("${kib", "r", v); }).find("never closes") != std::string::npos);
}

TEST_CASE("Reference numbers", "[validation]") {
    const Folder folder;
    const auto rows = read_reference(folder.write("n.csv", kHeader + "one,latency,cycles,281.5,,1980,GH200,somewhere,fitted\ntwo,latency,cycles,3,,,,x,held_out\n"));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].value == 281.5);
    CHECK(*rows[0].clock_mhz == 1980);
    CHECK(rows[0].use == Use::Fitted);
    CHECK_FALSE(rows[1].clock_mhz);
    const auto of = [&](const std::string& text) { return message([&] { read_reference(folder.write("n.csv", text)); }); };
    CHECK(of("case,metric\n").find("has no column unit") != std::string::npos);
    CHECK(of(kHeader + "one,latency,cycles,0,,,,x,fitted\n").find("n.csv:2: value \"0\" is no number above 0") != std::string::npos);
    CHECK(of(kHeader + "one,latency,cycles,1,,,,,fitted\n").find("says not where the number is from") != std::string::npos);
    CHECK(of(kHeader + "one,latency,cycles,1,,,,x,both\n").find("neither fitted nor held_out") != std::string::npos);
    CHECK(of(kHeader + "a,b,c,1,,,,x,fitted\na,b,c,2,,,,x,fitted\n").find("n.csv:3: gives b of a again") != std::string::npos);
    CHECK(of(kHeader + "a,b,c,1\n").find("has 4 fields") != std::string::npos);
}

TEST_CASE("Suite and numbers agree on what was fitted, or nothing runs", "[validation]") {
    const Folder folder;
    const Suite suite = read_suite(folder.write("s.yaml", kGood));
    ReferenceRow row{"one", "latency", "cycles", 1, "", std::nullopt, "", "x", Use::Fitted, "n.csv", 2};
    CHECK(message([&] { require_same_split(suite, "g", {row}); }) == "accepted");
    CHECK(message([&] { require_same_split(suite, "other", {}); }) == "accepted");
    row.use = Use::HeldOut;
    CHECK(message([&] { require_same_split(suite, "g", {row}); }).find("not in the reference of g") != std::string::npos);
    row.use = Use::Fitted;
    CHECK(message([&] { require_same_split(suite, "other", {row}); }).find("n.csv:2: one is fitted here") != std::string::npos);
}

TEST_CASE("The shipped suites and numbers fit together", "[validation]") {
    const fs::path root = fs::path(HEDDLE_SOURCE_DIR) / "validation";
    std::size_t suites = 0;
    for (const auto& entry : fs::directory_iterator(root / "suites")) {
        const Suite suite = read_suite(entry.path());
        ++suites;
        for (const auto& gpu : fs::directory_iterator(root / "reference")) {
            const fs::path file = gpu.path() / (suite.reference + ".csv");
            if (!fs::exists(file)) continue;
            const auto rows = read_reference(file);
            require_same_split(suite, gpu.path().filename().string(), rows);
            for (const ReferenceRow& row : rows) {
                INFO(row.file << ":" << row.line << " " << row.name);
                const auto one = std::find_if(suite.cases.begin(), suite.cases.end(), [&](const SuiteCase& c) { return c.id == row.name; });
                REQUIRE(one != suite.cases.end());
                CHECK(suite.groups[one->group].metric == row.metric);
                CHECK(suite.groups[one->group].unit == row.unit);
            }
        }
        // Every case makes a recipe that can be read.
        const Folder folder;
        for (const SuiteCase& c : suite.cases) {
            Variables variables = c.variables;
            variables.insert({{"sms", "132"}, {"max_shared", "232448"}, {"spoiler", "1024"}, {"recipes", (root / "recipes").string()}});
            std::ifstream file(root / "recipes" / suite.groups[c.group].recipe);
            const std::string text((std::istreambuf_iterator<char>(file)), {});
            INFO(c.id);
            CHECK_FALSE(recipe::read_recipe(folder.write("r.yaml", instantiate(text, c.id, variables))).launches.empty());
        }
    }
    CHECK(suites >= 1);
}
