// YAML text to a tree of our own, with the place of everything.
//
// Stricter than YAML where YAML lets mistakes pass: a repeated key, an alias, an anchor, a merge key, more than one
// document and deep nesting are findings. Scalars stay text, so `no` and `1.10` mean what the reader of the key makes of
// them.
#pragma once

#include "sim/base/error.hpp"
#include "sim/config/number.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace heddle::config {

struct YamlNode {
    enum class Kind { Null, Scalar, List, Map };
    struct Entry;

    Kind kind = Kind::Null;
    std::string text;         // Scalar: the text, quotes and escapes resolved
    std::string tag;          // without the '!': "measured"; empty if none
    bool refused = false;     // a finding about this node was already made; it has no use
    std::uint64_t line = 0;   // from 1, of the tag if there is one
    std::uint64_t column = 0; // from 1
    std::vector<YamlNode> items;
    std::vector<Entry> entries; // in the order written, no key twice

    // The value of a key of a map, or null.
    const YamlNode* find(std::string_view key) const;
};

struct YamlNode::Entry {
    std::string key;
    std::uint64_t line = 0; // of the key
    std::uint64_t column = 0;
    YamlNode value;
};

inline constexpr std::size_t kMaxYamlBytes = 1 << 20;
inline constexpr std::size_t kMaxYamlDepth = 32;

// Parses one document. Findings are added, with `name` as their file; a syntax error ends the parse and gives Null.
YamlNode parse_yaml(const std::string& text, const std::string& name, std::vector<Diagnostic>& findings);

// The bytes of a file, or why it cannot be read or is too large.
std::variant<std::string, Problem> read_text_file(const std::filesystem::path& path);

// What is wrong if `text` is not UTF-8 or holds control characters other than tab and line end, with its place.
std::optional<Diagnostic> text_fault(std::string_view text, const std::string& name);

} // namespace heddle::config
