#include "tools/common/named_file.hpp"

#include "sim/base/error.hpp"
#include "sim/config/spelling.hpp"

#include <algorithm>
#include <fmt/ranges.h>

namespace heddle {

namespace fs = std::filesystem;

bool is_file_name(const std::string& text) { return text.find('/') != std::string::npos || text.ends_with(".yaml") || text.ends_with(".yml"); }

fs::path find_named_file(const std::string& name, const std::vector<fs::path>& folders, const char* what) {
    if (is_file_name(name)) return name;
    std::vector<std::string> known;
    for (const fs::path& folder : folders) {
        std::error_code error;
        if (const fs::path file = folder / (name + ".yaml"); fs::exists(file, error)) return file;
        for (const auto& entry : fs::directory_iterator(folder, error))
            if (entry.path().extension() == ".yaml") known.push_back(entry.path().stem());
    }
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    const std::string near = config::closest(name, known);
    fail_at("", 0, 0, fmt::format("no {} is called \"{}\"", what, name),
            near.empty() ? fmt::format("known: {}; or name a file", fmt::join(known, ", ")) : fmt::format("did you mean {}?", near));
}

} // namespace heddle
