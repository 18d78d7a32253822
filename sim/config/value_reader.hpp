// One value of a configuration file or `--set`: the YAML node with its tag or map form, into the field, with its origin.
#pragma once

#include "sim/config/origin.hpp"
#include "sim/config/yaml_reader.hpp"

#include <optional>
#include <string>
#include <vector>

namespace heddle::config {

// Where the node stands. On the command line there is no line, and a value may go without a source.
struct ReadingPlace {
    std::string file;
    bool command_line = false;
};

// Stores the value of `node` in `field`, whose dotted path is `path`, and returns its origin. On findings, all of them
// are added and nothing is stored.
std::optional<Origin> read_value(const Field& field, const std::string& path, const YamlNode& node, const ReadingPlace& place,
                                 std::vector<Diagnostic>& findings);

} // namespace heddle::config
