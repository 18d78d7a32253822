#include "tools/heddle/gpu_files.hpp"

#include "sim/base/error.hpp"
#include "sim/config/spelling.hpp"
#include "tools/common/named_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <fmt/ranges.h>

namespace heddle {

namespace fs = std::filesystem;

namespace {

// The folder this program lies in, empty if the system does not say.
fs::path program_folder() {
    std::error_code ignored;
    return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

void add_folder(std::vector<fs::path>& folders, const fs::path& folder) {
    std::error_code error;
    if (!fs::is_directory(folder / "gpu", error)) return;
    const fs::path canonical = fs::canonical(folder, error);
    if (!error && std::find(folders.begin(), folders.end(), canonical) == folders.end()) folders.push_back(canonical);
}

} // namespace

std::vector<fs::path> config_folders() {
    std::vector<fs::path> folders;
    if (const char* given = std::getenv("HEDDLE_CONFIGS"); given != nullptr && *given != '\0') {
        add_folder(folders, given);
        if (folders.empty())
            fail_at(given, 0, 0, "HEDDLE_CONFIGS names no folder with a folder gpu in it", "unset it, or name a folder like configs/");
    }
#ifdef HEDDLE_SOURCE_CONFIGS
    add_folder(folders, HEDDLE_SOURCE_CONFIGS);
#endif
    if (const fs::path program = program_folder(); !program.empty()) {
        add_folder(folders, program / "../../../configs");
        add_folder(folders, program / "../share/heddle/configs");
    }
    return folders;
}

std::vector<std::string> known_gpus() {
    std::vector<std::string> names;
    for (const fs::path& folder : config_folders()) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder / "gpu", error))
            if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

fs::path find_gpu(const std::string& name_or_file) {
    if (is_file_name(name_or_file)) return name_or_file;
    const std::vector<std::string> known = known_gpus();
    std::vector<std::string> matches;
    for (const std::string& name : known) {
        if (name == name_or_file) {
            matches = {name};
            break;
        }
        if (!name_or_file.empty() && name.starts_with(name_or_file)) matches.push_back(name);
    }
    if (matches.size() != 1) {
        const std::string nearest = config::closest(name_or_file, known);
        std::string hint = matches.size() > 1 ? fmt::format("did you mean {}?", fmt::join(matches, " or "))
                           : !nearest.empty() ? fmt::format("did you mean {}?", nearest)
                                              : "";
        if (!hint.empty()) hint += " ";
        hint += known.empty() ? "no folder with descriptions was found; set HEDDLE_CONFIGS, or name a file"
                              : fmt::format("known: {}", fmt::join(known, ", "));
        fail_at("", 0, 0, fmt::format("{} GPU is called \"{}\"", matches.empty() ? "no" : "more than one", name_or_file), hint);
    }
    for (const fs::path& folder : config_folders())
        if (fs::path file = folder / "gpu" / (matches.front() + ".yaml"); fs::exists(file)) return file;
    fail_at("", 0, 0, fmt::format("the description of {} has just vanished", matches.front()));
}

void load_gpu(LoadedGpu& gpu, const std::string& name_or_file, const std::vector<std::string>& overrides) {
    if (name_or_file.empty()) {
        gpu.loaded = config::load_overrides(gpu.section, overrides);
        return;
    }
    config::SearchFolders search;
    for (const fs::path& folder : config_folders())
        for (const char* part : {"", "gpu", "dram"}) search.push_back(folder / part);
    gpu.loaded = config::load(gpu.section, find_gpu(name_or_file), overrides, search);
}

} // namespace heddle
