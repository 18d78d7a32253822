// Finds the description of a GPU by name or file, and reads it.
#pragma once

#include "sim/config/configuration.hpp"
#include "sim/gpu/gpu_config.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace heddle {

// Folders that may hold `gpu/NAME.yaml`, the preferred one first: $HEDDLE_CONFIGS, the source tree this program was built
// from, `../../../configs` and `../share/heddle/configs` of the program's own folder. Only those that exist.
// Errors: UserError if $HEDDLE_CONFIGS is set and no folder.
std::vector<std::filesystem::path> config_folders();

// Names accepted by find_gpu(), sorted.
std::vector<std::string> known_gpus();

// The file of a GPU. What contains a '/' or ends in ".yaml" or ".yml" is a file already; anything else is a name, or the
// beginning of exactly one name. Errors: UserError with the known names and the nearest of them.
std::filesystem::path find_gpu(const std::string& name_or_file);

// A GPU description as read. Stays where it is, because `section` refers into `config`.
struct LoadedGpu {
    GpuConfig config;
    config::Section section;
    config::Configuration loaded;
    LoadedGpu() { config.describe(section); }
    LoadedGpu(const LoadedGpu&) = delete;
    LoadedGpu& operator=(const LoadedGpu&) = delete;
};

// Reads into `gpu`. An empty name leaves the code defaults. Errors: UserError with every finding.
void load_gpu(LoadedGpu& gpu, const std::string& name_or_file, const std::vector<std::string>& overrides = {});

} // namespace heddle
