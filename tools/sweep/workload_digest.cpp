#include "frontend/recipe/recipe.hpp"
#include "sim/base/error.hpp"
#include "tools/sweep/plan.hpp"
#include "tools/validation/result_store.hpp"

#include <algorithm>

namespace heddle::sweep {

namespace {

namespace fs = std::filesystem;

// A trace is a folder, or a list that names files beside it.
std::vector<fs::path> trace_files(const fs::path& input) {
    const bool list = input.extension() == ".g";
    if (!list && !fs::is_directory(input)) return {input};
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(list ? input.parent_path() : input))
        if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

std::string workload_digest(const SweepWorkload& workload) {
    const fs::path input = workload.input.front();
    std::vector<std::string> parts;
    const auto add = [&](const fs::path& file) {
        parts.push_back(file.lexically_relative(input.parent_path()).string());
        parts.push_back(validation::file_digest(file));
    };
    std::error_code ignored;
    if (workload.program) {
        parts.emplace_back("program");
        add(input);
        for (std::size_t i = 1; i < workload.input.size(); ++i) {
            parts.push_back(workload.input[i]);
            if (fs::is_regular_file(workload.input[i], ignored)) parts.push_back(validation::file_digest(workload.input[i]));
        }
    } else if (fs::is_regular_file(input, ignored) && recipe::is_recipe(input)) {
        parts.emplace_back("recipe");
        const recipe::Recipe recipe = recipe::read_recipe(input);
        add(input);
        for (const fs::path& code : recipe.code) add(code);
        for (const recipe::Buffer& buffer : recipe.buffers)
            for (const fs::path& file : {buffer.file, buffer.expect_file})
                if (!file.empty()) add(file);
    } else {
        parts.emplace_back("trace");
        for (const fs::path& file : trace_files(input)) add(file);
    }
    return validation::content_key(parts);
}

} // namespace heddle::sweep
