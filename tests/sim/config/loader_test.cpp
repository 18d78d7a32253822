#include "sim/config/loader.hpp"

#include "sample_config.hpp"

using namespace heddle;
using namespace heddle::config;

namespace {

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("every kind of value is read") {
    const SampleConfig config = loaded(kFullText);
    CHECK(config.name == "Test GPU");
    CHECK(config.clock == 1'980'000'000);
    CHECK_FALSE(config.enabled);
    CHECK(config.retry_delay == 1500.0);
    CHECK(config.derating == 0.85);
    CHECK(config.slope == -0.125);
    CHECK(config.seed == 18446744073709551615ULL);
    CHECK(config.link_rate == 3'600'000'000'000);
    CHECK(config.port_width == 128);
    CHECK(config.power_limit == 700);
    CHECK(config.voltage == 0.81);
    CHECK(config.l1.hit_latency == 31);
    CHECK(config.l1.size == 192 * kKiB);
    CHECK(config.l1.ways == 8);
    CHECK(config.l1.policy == Policy::PseudoTree);
    CHECK(config.l1.carveouts == std::vector<std::uint32_t>{0, 8192, 262144});
    CHECK(config.l1.access_energy == 1250);
    CHECK(config.l2.size == kMiB);
    CHECK(config.l2.hit_latency == 33); // not given: the code default
}

TEST_CASE("origins tell place, source, note and words") {
    SampleConfig config;
    const Configuration loaded = load_text(config, kFullText, "dir/gpu.yaml");
    const Origin& latency = loaded.origin("l1.hit_latency");
    CHECK(latency.file == "dir/gpu.yaml");
    CHECK(latency.line == 13);
    CHECK(latency.column == 16);
    CHECK(latency.source == Source::Measured);
    CHECK(latency.note == "pointer chase");
    CHECK(latency.text == "31 cycles");
    CHECK(latency.place() == "dir/gpu.yaml:13");
    CHECK(loaded.origin("l1.carveouts").text == "[0 KiB, 8 KiB, 0.25 MiB]");
    CHECK_FALSE(loaded.origin("name").source);
    CHECK(loaded.origin("l2.ways").source == Source::Default);
    CHECK(loaded.origin("l2.ways").place() == "code default");
    CHECK(loaded.files() == Lines{"dir/gpu.yaml"});
}

TEST_CASE("values are counted by source") {
    SampleConfig config;
    const SourceCounts counts = load_text(config, kFullText, "gpu.yaml", {"l2.ways=2"}).source_counts();
    std::string shown;
    for (const auto& [word, count] : counts) shown += fmt::format("{} {} ", word, count);
    CAPTURE(shown);
    CHECK(counts == SourceCounts{{"vendor", 6}, {"measured", 3}, {"paper", 2}, {"fitted", 2}, {"assumed", 5}, {"default", 4}});
    SampleConfig untouched;
    CHECK(load_text(untouched, "name: x", "gpu.yaml").source_counts().back() == std::pair<std::string, std::size_t>{"default", 22});
}

TEST_CASE("a source is required in a file, except for text") {
    CHECK(findings_of("name: plain").empty());
    CHECK(findings_of("name: !vendor tagged").empty());
    CHECK(
        finding_of("l1:\n  hit_latency: 33 cycles\n") ==
        "gpu.yaml:2:16: l1.hit_latency: the value has no source - write `hit_latency: !measured 33 cycles`, with one of vendor, measured, "
        "paper, fitted, assumed");
    CHECK(
        finding_of("l1: {carveouts: [0 KiB, 8 KiB]}") ==
        "gpu.yaml:1:17: l1.carveouts: the value has no source - write `carveouts: !measured [0 KiB, 8 KiB]`, with one of vendor, measured, "
        "paper, fitted, assumed");
    CHECK(finding_of("enabled: true").find("enabled: the value has no source") != std::string::npos);
    CHECK(finding_of("l1: {policy: lru}").find("l1.policy: the value has no source") != std::string::npos);
    CHECK(finding_of("clock: !mesured 1 GHz") ==
          "gpu.yaml:1:8: clock: 'mesured' is not a source - did you mean 'measured'? use one of vendor, measured, paper, fitted, assumed");
    CHECK(finding_of("clock: !default 1 GHz") ==
          "gpu.yaml:1:8: clock: 'default' is not a source - use one of vendor, measured, paper, fitted, assumed");
    CHECK(finding_of("clock: !!str 1 GHz").find("clock: 'tag:yaml.org,2002:str' is not a source") != std::string::npos);
}

TEST_CASE("the map form") {
    CHECK(loaded("clock: !vendor {value: 1 GHz, note: n}").clock == 1'000'000'000);
    CHECK(loaded("clock: {value: !vendor 1 GHz}").clock == 1'000'000'000);
    CHECK(loaded("l1: {carveouts: {value: [1 KiB], source: paper}}").l1.carveouts == std::vector<std::uint32_t>{1024});
    CHECK(finding_of("clock: !vendor {value: 1 GHz, source: paper}") ==
          "gpu.yaml:1:39: clock: the source is given twice - keep one of the two");
    CHECK(finding_of("clock: {value: 1 GHz, sorce: paper, source: paper}") ==
          "gpu.yaml:1:23: clock: unknown key 'sorce'; this is a single value, not a section - did you mean 'source'?");
    CHECK(finding_of("clock: {source: paper}") ==
          "gpu.yaml:1:8: clock: has no value - write `clock: {value: 1755 MHz, source: measured, note: \"...\"}`");
    CHECK(finding_of("clock: {value: {value: 1 GHz}, source: paper}") ==
          "gpu.yaml:1:16: clock: is a single value, not a section - write for example 1755 MHz");
    CHECK(finding_of("clock: {value: 1 GHz, source: paper, note: [a]}") == "gpu.yaml:1:44: clock: 'note' must be a text");
    CHECK(finding_of("clock: {mhz: 5}")
              .find("gpu.yaml:1:9: clock: unknown key 'mhz'; this is a single value, not a section - write `clock: {") == 0);
}

TEST_CASE("wrong values are reported at their place") {
    CHECK(finding_of("clock: !vendor 1 ms") ==
          "gpu.yaml:1:8: clock: '1 ms' is a time, but a frequency is wanted - use one of Hz, kHz, MHz, GHz");
    CHECK(finding_of("enabled: !assumed yes") == "gpu.yaml:1:10: enabled: 'yes' is neither true nor false - write true or false");
    CHECK(finding_of("l1:\n  policy: !assumed lrv") ==
          "gpu.yaml:2:11: l1.policy: 'lrv' is none of the choices - did you mean 'lru'? choose one of lru, random, pseudo-tree");
    CHECK(finding_of("l1:\n  ways: !assumed 256") == "gpu.yaml:2:9: l1.ways: '256' is out of range - give at least 1");
    CHECK(findings_of("l1:\n  ways: !assumed 255").empty());
    CHECK(finding_of("l1:\n  carveouts: !vendor [1 KiB, 257 KiB]") ==
          "gpu.yaml:2:30: l1.carveouts: '257 KiB' is out of range - give 0 B to 256 KiB");
    CHECK(findings_of("l1:\n  carveouts: !vendor [1 KiB, 256 KiB]").empty());
    CHECK(loaded("l1: {carveouts: !vendor []}").l1.carveouts.empty());
    CHECK(finding_of("l1:\n  carveouts: !vendor 1 KiB") ==
          "gpu.yaml:2:14: l1.carveouts: '1 KiB' is one value, but a list is wanted - write [1 KiB]");
    CHECK(finding_of("l1: {carveouts: !vendor [[1 KiB]]}") ==
          "gpu.yaml:1:26: l1.carveouts: a list holds plain values - write for example [0 B, 8 KiB]");
    CHECK(finding_of("l1: {carveouts: !vendor [!vendor 1 KiB]}") ==
          "gpu.yaml:1:26: l1.carveouts: the tag stands inside the list - write the source once, before the list");
    CHECK(finding_of("clock: !vendor [1 GHz]") == "gpu.yaml:1:8: clock: a list is given, but one value is wanted (integer, Hz)");
    CHECK(finding_of("clock: !vendor\nname: x\n") == "gpu.yaml:1:8: clock: has no value - write for example '1755 MHz'");
    CHECK(findings_of("name: x\nclock:\n") == Lines{"gpu.yaml:2:1: clock: the value has no source - write `clock: !measured 1755 MHz`, "
                                                    "with one of vendor, measured, paper, fitted, "
                                                    "assumed",
                                                    "gpu.yaml:2:1: clock: has no value - write for example '1755 MHz'"});
    CHECK(finding_of("name:\n") == "gpu.yaml:1:1: name: has no value - write for example '\"sample\"'");
    CHECK(findings_of("l1:\nname: x\n").empty()); // a section without entries
}

TEST_CASE("unknown keys and sections in place of values") {
    CHECK(finding_of("l1:\n  hit_latncy: !measured 3 cycles\n") ==
          "gpu.yaml:2:3: unknown key 'hit_latncy' in l1 - did you mean 'hit_latency'?");
    CHECK(finding_of("hit_latency: !measured 3 cycles\n") ==
          "gpu.yaml:1:1: unknown key 'hit_latency' - there is 'l1.hit_latency' (and 1 more of that name)");
    CHECK(finding_of("l1.size: !measured 3 KiB\n") == "gpu.yaml:1:1: unknown key 'l1.size' - write 'l1.size' as nested sections");
    CHECK(finding_of("colour: red\n") == "gpu.yaml:1:1: unknown key 'colour'");
    CHECK(finding_of("l1: 5\n") ==
          "gpu.yaml:1:5: l1 is a section, not a value - it holds hit_latency, size, ways, policy, carveouts, access_energy");
    CHECK(finding_of("l1: !vendor {ways: !vendor 2}\n") ==
          "gpu.yaml:1:5: l1: the tag '!vendor' stands before a section - state the source of each value");
}

TEST_CASE("all findings come at once, in the order of the lines") {
    CHECK(findings_of("clock: 5 ns\nname: a\nname: b\nl1:\n  wayz: 1\n  size: !vendor 1\n") ==
          Lines{"gpu.yaml:1:8: clock: the value has no source - write `clock: !measured 5 ns`, with one of vendor, measured, paper, "
                "fitted, assumed",
                "gpu.yaml:1:8: clock: '5 ns' is a time, but a frequency is wanted - use one of Hz, kHz, MHz, GHz",
                "gpu.yaml:3:1: the key 'name' is already given in line 2 - keep one of the two",
                "gpu.yaml:5:3: unknown key 'wayz' in l1 - did you mean 'ways'?",
                "gpu.yaml:6:9: l1.size: '1' has no unit - write '1 B' or another unit of B, KiB, MiB, GiB"});
}

TEST_CASE("more than a hundred findings are counted") {
    std::string text;
    for (int i = 0; i < 150; ++i) text += "zz" + std::to_string(i) + ": 1\n";
    const Lines lines = findings_of(text);
    REQUIRE(lines.size() == 101);
    CHECK(lines.back() == "and 50 more findings");
}

TEST_CASE("checks across fields are attached to the key they name") {
    CHECK(finding_of("l2:\n  size: !vendor 255 KiB\n") == "gpu.yaml:2:9: l2.size: must not be smaller than l1.size");
    CHECK(findings_of("l2:\n  size: !vendor 256 KiB\n").empty());
    CHECK(finding_of("l1:\n  size: !vendor 257 KiB\n") ==
          "gpu.yaml: l2.size: must not be smaller than l1.size - the value is the code default");
    CHECK(finding_of("l1:\n  size: !vendor 63 KiB\n  ways: !vendor 17\n") == "gpu.yaml:3:9: l1.ways: more than 16 ways need 64 KiB");
    CHECK(findings_of("l1:\n  size: !vendor 64 KiB\n  ways: !vendor 17\n").empty());
    // A wrong value in l2 silences the checks that see it, not those of l1.
    CHECK(findings_of("l1:\n  size: !vendor 32 KiB\n  ways: !vendor 17\nl2:\n  size: !vendor 1\n") ==
          Lines{"gpu.yaml:3:9: l1.ways: more than 16 ways need 64 KiB",
                "gpu.yaml:5:9: l2.size: '1' has no unit - write '1 B' or another unit of B, KiB, MiB, GiB"});
}

TEST_CASE("files that are no configuration") {
    CHECK(finding_of("") == "gpu.yaml: holds no configuration - is the file empty or cut short?");
    CHECK(finding_of("# only a comment\n") == "gpu.yaml: holds no configuration - is the file empty or cut short?");
    CHECK(finding_of("[1, 2]") == "gpu.yaml:1:1: is not a configuration - write `name: value` lines");
    CHECK(finding_of("just words") == "gpu.yaml:1:1: is not a configuration - write `name: value` lines");
    CHECK(finding_of("clock: !vendor [1 GHz\n").find("gpu.yaml:2:1: not valid YAML") == 0);
}
