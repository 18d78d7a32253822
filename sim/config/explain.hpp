// `heddle explain KEY`: all that is known about one configuration value or section.
#pragma once

#include "sim/config/configuration.hpp"

#include <string>
#include <string_view>

namespace heddle::config {

// Value, type, unit, range or choices, documentation, source, origin and note of the field at `path`; for a section, its
// documentation and a list of what it holds. Throws UserError with a suggestion if the path names nothing.
std::string explain(const Section& root, const Configuration& loaded, std::string_view path);

} // namespace heddle::config
