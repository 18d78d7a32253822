#include "sim/config/writer.hpp"

#include "sample_config.hpp"
#include "sim/config/diff.hpp"
#include "sim/config/hash.hpp"

using namespace heddle;
using namespace heddle::config;

namespace {

std::string line_with(const std::string& text, const std::string& part) {
    const std::size_t at = text.find(part);
    REQUIRE(at != std::string::npos);
    const std::size_t begin = text.rfind('\n', at) + 1;
    return text.substr(begin, text.find('\n', at) - begin);
}

} // namespace

TEST_CASE("the dump has unit, source, origin and note") {
    SampleConfig config;
    const Configuration loaded = load_text(config, kFullText, "gpu.yaml", {"l2.ways=2"});
    const std::string text = write_yaml(describe(config), loaded);
    CHECK(text.find("name: \"Test GPU\"                                          # gpu.yaml:1\n") == 0);
    CHECK(line_with(text, "31 cycles") == "  hit_latency: !measured 31 cycles                        # gpu.yaml:13; pointer chase");
    CHECK(line_with(text, "clock") == "clock: !vendor 1980 MHz                                   # gpu.yaml:2");
    CHECK(line_with(text, "33 cycles") == "  hit_latency: !assumed 33 cycles                         # code default");
    CHECK(line_with(text, "--set") == "  ways: !assumed 2                                        # --set l2.ways=2");
    CHECK(text.find("  carveouts: !vendor [0 B, 8 KiB, 256 KiB]") != std::string::npos);
    CHECK(text.find("\nl1:\n  hit_latency") < text.find("\nl2:\n  hit_latency"));
}

TEST_CASE("reading the dump back gives the same configuration and hash") {
    SampleConfig config;
    const Configuration loaded = load_text(
        config, kFullText, "gpu.yaml", {"name=a \"quoted\" \\ name: with # and ~", "derating=0.3333333333333333", "retry_delay=0.1 us"});
    const std::string text = write_yaml(describe(config), loaded);
    SampleConfig again;
    const Configuration reread = load_text(again, text, "dump.yaml");
    CHECK(diff(describe(config), describe(again)).empty());
    CHECK(again.name == "a \"quoted\" \\ name: with # and ~");
    CHECK(loaded.hash() == reread.hash());
    CHECK(reread.origin("l1.hit_latency").source == Source::Measured);
    CHECK_FALSE(reread.origin("name").source == Source::Vendor);
    // And the dump of defaults alone.
    SampleConfig fresh, back;
    fresh.name = "line\nbreak\ttab\x01\xc3\xa4";
    load_text(back, write_yaml(describe(fresh)), "dump.yaml");
    CHECK(diff(describe(fresh), describe(back)).empty());
}

TEST_CASE("a note cannot break out of its comment") {
    SampleConfig config;
    const Configuration loaded = load_text(config, "clock: {value: 1 GHz, source: paper, note: \"a\\nname: evil\"}\n", "gpu.yaml");
    SampleConfig again;
    load_text(again, write_yaml(describe(config), loaded), "dump.yaml");
    CHECK(again.name == "sample");
}

TEST_CASE("a section without fields is not written") {
    struct Empty {
        void describe(Section&) {}
    };
    struct Outer {
        Empty inner;
        bool flag = true;
        void describe(Section& s) {
            s.field("flag", flag, "A flag.");
            s.section("inner", inner, "Nothing in it.");
        }
    } outer;
    CHECK(write_yaml(describe(outer)) == "flag: !assumed true                                       # code default\n");
}
