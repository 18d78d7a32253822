// The words of `--set path=value`.
#pragma once

#include "sim/config/field.hpp"
#include "sim/config/yaml_reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace heddle::config {

struct Override {
    std::string path;
    std::string value;
    std::string place; // "--set path=value", for messages and origins
};

// Splits at the first '='. Without one, or with an empty path, adds a finding.
std::optional<Override> parse_override(const std::string& text, std::vector<Diagnostic>& findings);

// The value as YAML, so that tags, lists and the map form work as in a file. A text field takes the words as they are
// unless they begin with a quote, a tag or a brace.
YamlNode override_node(const Override& given, const Field& field, std::vector<Diagnostic>& findings);

} // namespace heddle::config
