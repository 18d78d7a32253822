// A sweep file: which configurations and workloads to simulate. The format is described in configs/sweeps/README.md.
#pragma once

#include "sim/config/yaml_reader.hpp"
#include "tools/sweep/formula.hpp"
#include "tools/sweep/machine.hpp"
#include "tools/sweep/sampling.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace heddle::sweep {

struct AxisValue {
    NamedValue shown;         // a number in the axis's unit, or a text
    double base_units = 0;    // of a number
    std::vector<Setting> settings;
};

struct Axis {
    std::string name, label, unit;
    bool number = false;
    double factor = 1;             // base units in one `unit`
    std::vector<std::string> keys; // of the configuration; the first is asked for the base's value. Variants: those of all
    bool variants = false;
    std::vector<AxisValue> values;
};

struct Written { // a piece of the file, and where it stands
    std::string key, text;
    std::uint64_t line = 0, column = 0;
};

struct RunSettings { // of `heddle run`
    std::string kernels, cache, hot_instructions, timeline, threads;
    bool strict = false;
    double timeout_seconds = 0; // 0: none
};

struct SweepWorkload {
    std::string name;
    bool program = false;
    std::vector<std::string> input; // the file, absolute; of a program, its arguments too
    RunSettings settings;
    std::uint64_t line = 0, column = 0;
};

struct Objective {
    std::string metric;
    bool maximise = false;
};

struct SweepFile {
    std::filesystem::path path;
    std::string text, name, description;
    std::vector<std::string> gpus; // more than one: an axis called gpu
    std::vector<Setting> settings; // everywhere
    std::vector<Axis> axes;
    std::vector<std::vector<std::size_t>> dimensions; // axes that advance together; each axis is in one
    std::vector<Written> where, derived;
    std::vector<SweepWorkload> workloads;
    std::vector<std::uint64_t> seeds{0};
    Sampling sampling = Sampling::Full;
    std::size_t sample_count = 0;
    std::uint64_t sample_seed = 0;
    bool base_point = false; // the base is simulated too
    std::vector<Objective> objectives;
};

inline constexpr std::size_t kMostPoints = 100'000;

// Reads and checks a sweep file. Errors: UserError with every finding at its place.
SweepFile read_sweep(const std::filesystem::path& path, const GpuReader& gpus);
SweepFile read_sweep_text(const std::string& text, const std::filesystem::path& path, const GpuReader& gpus);

} // namespace heddle::sweep
