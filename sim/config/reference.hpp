// configs/REFERENCE.md: every configuration field as Markdown.
#pragma once

#include "sim/config/field.hpp"

#include <string>
#include <string_view>

namespace heddle::config {

// A heading per section and a table of its fields: path, type and unit, range or choices, default (the value the
// described struct has now), documentation.
std::string write_reference(const Section& root, std::string_view title);

} // namespace heddle::config
