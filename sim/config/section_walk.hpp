// Walking a described struct by dotted path.
#pragma once

#include "sim/config/field.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::config {

// "a" + "b" = "a.b"; an empty prefix adds nothing.
std::string join_path(std::string_view prefix, std::string_view name);

// Calls `visit(path, field)` for every field below `root`: a section's fields in order, then its sub-sections in order.
void for_each_field(const Section& root, const std::function<void(const std::string&, const Field&)>& visit);
// Calls `visit(path, child)` for every sub-section below `root`, a section before what it holds.
void for_each_section(const Section& root, const std::function<void(const std::string&, const Section::Child&)>& visit);

// What a dotted path names: a field, a section, or neither. The empty path names the root section.
struct Target {
    const Field* field = nullptr;
    const Section* section = nullptr;
    std::string doc;
    explicit operator bool() const { return field != nullptr || section != nullptr; }
};
Target find(const Section& root, std::string_view path);

// Names of the fields and sub-sections directly in `section`.
std::vector<std::string> names_in(const Section& section);

// What could be meant by `name`, which is unknown in the section at `path` (inside `root`): a sibling spelled nearly the
// same, or the same name in another section. A sentence for a hint, empty if nothing comes near.
std::string suggest(const Section& root, std::string_view path, std::string_view name);
// The same for a whole dotted path that names nothing.
std::string suggest_path(const Section& root, std::string_view path);

// What is wrong with the description itself: two children of one name, a field without documentation, a default outside
// its range or choices. For a unit test of each configuration struct; an empty list is good.
std::vector<std::string> description_faults(const Section& root);

} // namespace heddle::config
