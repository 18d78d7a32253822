// `heddle config diff`: where two configurations differ in value.
#pragma once

#include "sim/config/field.hpp"

#include <string>
#include <vector>

namespace heddle::config {

struct Difference {
    std::string path;
    std::string left; // human form, "(none)" if this side has no such field
    std::string right;
};

// The fields whose values differ, in the order of `left`, then those only `right` has. Sources and notes do not count.
std::vector<Difference> diff(const Section& left, const Section& right);

} // namespace heddle::config
