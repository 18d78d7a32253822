#include "tools/validation/run_values.hpp"

#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"

#include <charconv>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace heddle::validation {

using nlohmann::json;

struct RunValues::Tree {
    json root;
};

namespace {

// Follows a dotted path; a key may hold dots itself, so the longest key that fits is tried first.
const json* follow(const json* at, std::string_view path) {
    if (path.empty()) return at;
    if (!at->is_object()) return nullptr;
    for (std::size_t end = path.size(); end != std::string_view::npos && end > 0; end = path.rfind('.', end - 1)) {
        const auto next = at->find(std::string(path.substr(0, end)));
        if (next == at->end()) continue;
        if (const json* found = follow(&*next, end == path.size() ? std::string_view{} : path.substr(end + 1))) return found;
    }
    return nullptr;
}

std::optional<double> number_at(const json& from, std::string_view path) {
    const json* node = follow(&from, path);
    if (node == nullptr || !node->is_number()) return std::nullopt;
    return node->get<double>();
}

std::vector<std::uint64_t> extent(const json& kernel, const char* key) { return kernel.value(key, std::vector<std::uint64_t>{}); }

} // namespace

RunValues RunValues::read(const std::filesystem::path& file) {
    const std::string name = file.string(), text = read_whole_file(file);
    RunValues values;
    try {
        auto tree = std::make_shared<Tree>(Tree{json::parse(text)});
        const json& root = tree->root;
        if (!root.is_object() || !root.contains("kernels") || !root.contains("total"))
            fail_at(name, 0, 0, "is no run.json of the timing model", "make one with heddle run --out DIR");
        for (const json& kernel : root.at("kernels")) values.kernels_.push_back({kernel.at("name").get<std::string>(), extent(kernel, "grid"), extent(kernel, "block")});
        if (root.contains("unmodelled"))
            for (const auto& [what, count] : root.at("unmodelled").items()) values.unmodelled_.push_back(fmt::format("{} ({})", what, count.dump()));
        values.gpu_ = root.value("gpu", "");
        values.run_hash_ = root.value("run_hash", "");
        if (root.contains("config")) values.config_hash_ = root.at("config").value("hash", "");
        if (root.contains("host")) values.cpu_seconds_ = root.at("host").value("cpu_seconds", 0.0);
        values.tree_ = std::move(tree);
    } catch (const json::exception& error) {
        fail_at(name, 0, 0, "is no run.json", error.what());
    }
    return values;
}

std::optional<double> RunValues::find(std::string_view name) const {
    if (name.size() > 2 && name.front() == 'k') {
        std::size_t number = 0;
        const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
        if (error == std::errc{} && end != name.data() + name.size() && *end == '.' && number >= 1)
            return find_of_kernel(number - 1, name.substr(static_cast<std::size_t>(end - name.data()) + 1));
    }
    return number_at(tree_->root, name);
}

std::optional<double> RunValues::find_of_kernel(std::size_t kernel, std::string_view name) const {
    const json& kernels = tree_->root.at("kernels");
    if (kernel >= kernels.size()) return std::nullopt;
    return number_at(kernels[kernel], name);
}

} // namespace heddle::validation
