// The axes of a sweep file.
#pragma once

#include "tools/common/node_reader.hpp"
#include "tools/sweep/sweep_file.hpp"

namespace heddle::sweep {

// Reads `axes`; findings go to `reader`. `machine` tells what keys there are and what values they take.
std::vector<Axis> read_axes(const config::YamlNode& axes, const Machine& machine, NodeReader& reader);

// A configuration key that exists, else a finding at the place.
bool check_key(const std::string& key, std::uint64_t line, std::uint64_t column, const Machine& machine, NodeReader& reader);
// A value that the key's field takes by itself, else a finding. Lists and texts are checked when the configurations are made.
void check_value(const std::string& key, const std::string& value, const config::YamlNode& at, const Machine& machine, NodeReader& reader);

} // namespace heddle::sweep
