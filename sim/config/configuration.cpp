#include "sim/config/configuration.hpp"

#include "sim/config/loader.hpp"

namespace heddle::config {

const Origin& Configuration::origin(std::string_view path) const {
    static const Origin code_default;
    const auto found = origins_.find(path);
    return found == origins_.end() ? code_default : found->second;
}

Configuration load(const Section& root, const std::filesystem::path& file, const std::vector<std::string>& overrides,
                   const SearchFolders& search) {
    Loader loader(root, search);
    loader.read_file(file);
    for (const std::string& text : overrides) loader.set(text);
    return loader.finish();
}

Configuration load_text(const Section& root, const std::string& text, const std::string& name, const std::vector<std::string>& overrides,
                        const SearchFolders& search) {
    Loader loader(root, search);
    loader.read_text(text, name);
    for (const std::string& override_text : overrides) loader.set(override_text);
    return loader.finish();
}

Configuration load_overrides(const Section& root, const std::vector<std::string>& overrides) {
    Loader loader(root, {});
    for (const std::string& text : overrides) loader.set(text);
    return loader.finish();
}

} // namespace heddle::config
