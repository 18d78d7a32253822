// A small described struct with a field of every kind, and helpers to load it from text and look at the findings.
#pragma once

#include "sim/base/error.hpp"
#include "sim/config/configuration.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace heddle::config {

enum class Policy { Lru, Random, PseudoTree };

struct SampleCache {
    Cycles hit_latency = 33;
    Bytes size = 256 * kKiB;
    std::uint8_t ways = 4;
    Policy policy = Policy::Lru;
    std::vector<std::uint32_t> carveouts{0, 8192};
    double access_energy = 0.5;
    void describe(Section& s) {
        s.field("hit_latency", hit_latency, Unit::Cycles, {1, 1000}, "Tag lookup to data of a hit.");
        s.field("size", size, Unit::Bytes, {1 * kKiB, 1 * kMiB}, "Capacity.");
        s.field("ways", ways, Unit::Count, {1}, "Lines of a set.");
        s.choice("policy", policy, {{"lru", Policy::Lru}, {"random", Policy::Random}, {"pseudo-tree", Policy::PseudoTree}},
                 "Which line is replaced.");
        s.list("carveouts", carveouts, Unit::Bytes, {0, 256 * kKiB}, "Sizes that shared memory may take.");
        s.field("access_energy", access_energy, Unit::Picojoules, {0, 1e6}, "Energy of an access | read or write.");
        s.check("ways", [this] { return ways <= 16 || size >= 64 * kKiB ? std::string{} : std::string{"more than 16 ways need 64 KiB"}; });
    }
};

struct SampleConfig {
    std::string name = "sample";
    Hertz clock = 1'755'000'000;
    bool enabled = true;
    double retry_delay = 12.5;
    double derating = 0.9;
    double slope = -0.25;
    std::uint64_t seed = 1;
    std::uint64_t link_rate = 900'000'000'000;
    std::uint32_t port_width = 64;
    double power_limit = 700;
    double voltage = 0.75;
    SampleCache l1;
    SampleCache l2;
    void describe(Section& s) {
        s.field("name", name, "Name in reports.");
        s.field("clock", clock, Unit::Hertz, {1e6, 1e10}, "Core clock.");
        s.field("enabled", enabled, "Whether it takes part.");
        s.field("retry_delay", retry_delay, Unit::Nanoseconds, {0, 1e6}, "Wait before a retry.");
        s.field("derating", derating, Unit::Ratio, {0, 1}, "Share of the peak reached.");
        s.field("slope", slope, Unit::Ratio, {-1, 1}, "May be negative.");
        s.field("seed", seed, Unit::Count, {}, "Any number.");
        s.field("link_rate", link_rate, Unit::BitsPerSecond, {1}, "Data rate of the link.");
        s.field("port_width", port_width, Unit::BytesPerCycle, {1, 4096}, "Width of the port.");
        s.field("power_limit", power_limit, Unit::Watts, {0, 10000}, "Board power.");
        s.field("voltage", voltage, Unit::Volts, {0.4, 1.4}, "Core voltage.");
        s.section("l1", l1, "First level.");
        s.section("l2", l2, "Second level.");
        s.check("l2.size", [this] { return l2.size >= l1.size ? std::string{} : std::string{"must not be smaller than l1.size"}; });
    }
};

// The findings of a load as lines; empty if it succeeds.
inline std::vector<std::string> findings_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
    SampleConfig config;
    std::vector<std::string> lines;
    try {
        load_text(config, text, "gpu.yaml", overrides);
    } catch (const UserError& error) {
        for (const auto& finding : error.findings()) lines.push_back(finding.text());
    }
    return lines;
}

// The one finding of a load.
inline std::string finding_of(const std::string& text, const std::vector<std::string>& overrides = {}) {
    const auto lines = findings_of(text, overrides);
    CAPTURE(lines);
    REQUIRE(lines.size() == 1);
    return lines.front();
}

// The value of a good configuration text.
inline SampleConfig loaded(const std::string& text, const std::vector<std::string>& overrides = {}) {
    SampleConfig config;
    load_text(config, text, "gpu.yaml", overrides);
    return config;
}

// A folder of files that vanishes with the object.
class TemporaryFolder {
  public:
    explicit TemporaryFolder(const std::string& name)
        : path_(std::filesystem::temp_directory_path() / fmt::format("heddle_config_{}_{}", name, ::getpid())) {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directories(path_);
    }
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name) << text;
        return path_ / name;
    }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// A text that sets every field of SampleConfig.
inline const char* const kFullText = R"(name: "Test GPU"
clock: !vendor 1.98 GHz
enabled: !assumed false
retry_delay: !fitted 1.5 us
derating: !measured 0.85
slope: !fitted -0.125
seed: !assumed 18446744073709551615
link_rate: !vendor 450 GB/s
port_width: !paper 128 B/cycle
power_limit: !vendor 0.7 kW
voltage: !measured 810 mV
l1:
  hit_latency: {value: 31 cycles, source: measured, note: "pointer chase"}
  size: !vendor 192 KiB
  ways: !assumed 8
  policy: !assumed pseudo-tree
  carveouts: !vendor [0 KiB, 8 KiB, 0.25 MiB]
  access_energy: !paper 1.25 nJ
l2:
  size: !vendor 1 MiB
)";

} // namespace heddle::config
