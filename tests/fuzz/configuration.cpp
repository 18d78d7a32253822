// Fuzz target: configuration text and `--set` overrides into a struct with every kind of field.
//
// Lines that begin with `--set ` are overrides; the others are the file.
#include "sim/config/configuration.hpp"
#include "sim/base/error.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <sstream>

namespace heddle::fuzz {

namespace {

enum class Policy { Oldest, Youngest };

struct Inner {
    Cycles latency = 10;
    Bytes size = 4 * kKiB;
    std::vector<std::uint32_t> sizes{1, 2};
    Policy policy = Policy::Oldest;
    void describe(config::Section &s) {
        s.field("latency", latency, config::Unit::Cycles, {1, 1000}, "A latency.");
        s.field("size", size, config::Unit::Bytes, {64, 1 << 20}, "A size.");
        s.list("sizes", sizes, config::Unit::Bytes, {0, 1 << 20}, "Some sizes.");
        s.choice("policy", policy, {{"oldest", Policy::Oldest}, {"youngest", Policy::Youngest}}, "A policy.");
    }
};

struct Outer {
    std::string name = "x";
    double frequency = 1e9;
    double share = 0.5;
    std::uint8_t ways = 4;
    bool on = true;
    Inner inner;
    void describe(config::Section &s) {
        s.field("name", name, "A name.");
        s.field("frequency", frequency, config::Unit::Hertz, {1e6, 1e10}, "A clock.");
        s.field("share", share, config::Unit::Ratio, {0, 1}, "A share.");
        s.field("ways", ways, config::Unit::Count, {1, 64}, "Ways.");
        s.field("on", on, "A switch.");
        s.section("inner", inner, "A section.");
        s.check("ways", [this] { return inner.size % ways == 0 ? std::string() : std::string("does not divide inner.size"); });
    }
};

} // namespace

std::vector<std::string> seeds() {
    return {
        "name: \"A GPU\"\nfrequency: !vendor 1755 MHz\nshare: !assumed 0.25\nways: !assumed 8\non: !assumed true\n"
        "inner:\n  latency: !measured 33 cycles\n  size: {value: 256 KiB, source: vendor, note: \"a guide\"}\n"
        "  sizes: !vendor [0 KiB, 8 KiB]\n  policy: !paper youngest\n",
        "# a comment\nextends: other.yaml\ninner:\n  extends: inner.yaml\n  latency: {value: 7 cycles, source: fitted}\n",
        "name: x\n--set inner.latency=31 cycles\n--set share=0.75\n--set inner.sizes=[1 KiB, 2 KiB]\n",
        "name: 'quoted'\nname: twice\nways: 3\ninnr: {}\ninner: {policy: youngestt, latency: 33 ns}\n",
        "a: &anchor {b: 1}\nc: *anchor\n<<: *anchor\n--- \n- [1, {x: y}]\n? complex\n: value\ntext: |\n  block\n",
    };
}

std::vector<std::string> words() {
    return {"!vendor ",
            "!measured ",
            "!",
            "extends: ",
            "{value: 1, source: paper}",
            "[",
            "]",
            "{",
            "}",
            ": ",
            "- ",
            "\n--set ",
            "inner.latency=",
            " cycles",
            " KiB",
            " MHz",
            "&a ",
            "*a",
            "<<: ",
            "---\n",
            "...\n",
            "\"",
            "'",
            "\\",
            "\t",
            "~",
            "null",
            "\xff\xfe",
            "1e308",
            "-",
            "? ",
            "|\n",
            "%YAML 1.2\n"};
}

} // namespace heddle::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace heddle;
    std::istringstream lines(std::string(reinterpret_cast<const char *>(data), size));
    std::string text;
    std::vector<std::string> overrides;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("--set ")) overrides.push_back(line.substr(6));
        else text += line + "\n";
    }
    fuzz::Outer config;
    try {
        (void)config::load_text(config, text, "fuzz.yaml", overrides);
        HEDDLE_EXPECT(config.ways >= 1 && config.ways <= 64 && config.inner.latency >= 1 && config.inner.latency <= 1000,
                      "a value outside its range was let in");
        HEDDLE_EXPECT(config.share >= 0 && config.share <= 1, "share {} was let in", config.share);
    } catch (const UserError &error) {
        HEDDLE_EXPECT(!error.findings().empty() && !error.findings().front().what.empty(), "an error without a finding");
    }
    return 0;
}
