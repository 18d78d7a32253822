#include "sim/config/overrides.hpp"

#include "sample_config.hpp"

using namespace heddle;
using namespace heddle::config;

namespace {

constexpr const char* kBase = "name: base\n";

} // namespace

TEST_CASE("an override needs no source and counts as assumed") {
    SampleConfig config;
    const Configuration loaded = load_text(config, kBase, "gpu.yaml", {"l1.hit_latency=31 cycles"});
    CHECK(config.l1.hit_latency == 31);
    const Origin& origin = loaded.origin("l1.hit_latency");
    CHECK(origin.file == "--set l1.hit_latency=31 cycles");
    CHECK(origin.line == 0);
    CHECK(origin.source == Source::Assumed);
    CHECK(origin.note == "--set");
    CHECK(origin.text == "31 cycles");
}

TEST_CASE("an override can state its source, give lists and the map form") {
    SampleConfig config;
    const Configuration loaded = load_text(
        config, kBase, "gpu.yaml", {"clock=!vendor 2 GHz", "l1.carveouts=[1 KiB, 2 KiB]", "l2.ways={value: 9, source: paper, note: why}"});
    CHECK(config.clock == 2'000'000'000);
    CHECK(loaded.origin("clock").source == Source::Vendor);
    CHECK(config.l1.carveouts == std::vector<std::uint32_t>{1024, 2048});
    CHECK(config.l2.ways == 9);
    CHECK(loaded.origin("l2.ways").note == "why");
}

TEST_CASE("text is taken as it is, unless quoted or tagged") {
    CHECK(loaded(kBase, {"name=a: b [c"}).name == "a: b [c");
    CHECK(loaded(kBase, {"name=a=b"}).name == "a=b");
    CHECK(loaded(kBase, {"name="}).name.empty());
    CHECK(loaded(kBase, {"name=\"x \""}).name == "x ");
    CHECK(loaded(kBase, {"name=!vendor y"}).name == "y");
}

TEST_CASE("the last override of a value wins") { CHECK(loaded(kBase, {"l1.ways=2", " l1.ways = 3 "}).l1.ways == 3); }

TEST_CASE("a wrong override is reported in its own words") {
    CHECK(finding_of(kBase, {"l1.hit_latncy=3 cycles"}) ==
          "--set l1.hit_latncy=3 cycles: there is no 'l1.hit_latncy' - did you mean 'l1.hit_latency'?");
    CHECK(finding_of(kBase, {"hit_latency=3 cycles"}) ==
          "--set hit_latency=3 cycles: there is no 'hit_latency' - there is 'l1.hit_latency' (and 1 more of that name)");
    CHECK(finding_of(kBase, {"l1=3"}) ==
          "--set l1=3: l1 is a section, not a value - set one of hit_latency, size, ways, policy, carveouts, access_energy");
    CHECK(finding_of(kBase, {"clock"}) == "--set clock: is not of the form path=value - write for example --set 'l2.latency=90 cycles'");
    CHECK(finding_of(kBase, {"=5"}) == "--set =5: is not of the form path=value - write for example --set 'l2.latency=90 cycles'");
    CHECK(finding_of(kBase, {"clock="}) == "--set clock=: clock: has no value - write for example '1755 MHz'");
    CHECK(finding_of(kBase, {"clock=5"}) == "--set clock=5: clock: '5' has no unit - write '5 Hz' or another unit of Hz, kHz, MHz, GHz");
    CHECK(finding_of(kBase, {"l1.hit_latency=1001 cycles"}) ==
          "--set l1.hit_latency=1001 cycles: l1.hit_latency: '1001 cycles' is out of range - give 1 cycle to 1000 cycles");
    CHECK(findings_of(kBase, {"l1.hit_latency=1000 cycles"}).empty());
    CHECK(finding_of(kBase, {"l1.carveouts=[1 KiB"}).find("--set l1.carveouts=[1 KiB: not valid YAML: ") == 0);
    CHECK(finding_of(kBase, {"name=\xff"}) == "--set name=\xff: byte 0xff is not UTF-8 text - is this a text file?");
    CHECK(finding_of(kBase, {"l2.size=2 KiB"}) == "--set l2.size=2 KiB: l2.size: must not be smaller than l1.size");
    CHECK(findings_of(kBase, {"clock=5", "nothing"}).size() == 2);
}

TEST_CASE("overrides apply to defaults without any file") {
    SampleConfig config;
    const Section root = describe(config);
    const Configuration loaded = load_overrides(root, {"l1.ways=12"});
    CHECK(config.l1.ways == 12);
    CHECK(loaded.files().empty());
    CHECK_THROWS_AS(load_overrides(root, {"l1.ways=0"}), UserError);
}
