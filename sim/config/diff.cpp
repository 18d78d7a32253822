#include "sim/config/diff.hpp"

#include "sim/config/section_walk.hpp"
#include "sim/config/value.hpp"

#include <map>

namespace heddle::config {

std::vector<Difference> diff(const Section& left, const Section& right) {
    std::map<std::string, const Field*> others;
    for_each_field(right, [&](const std::string& path, const Field& field) { others[path] = &field; });
    std::vector<Difference> differences;
    for_each_field(left, [&](const std::string& path, const Field& field) {
        const auto other = others.find(path);
        if (other == others.end()) {
            differences.push_back({path, value_text(field), "(none)"});
            return;
        }
        if (canonical_text(field) != canonical_text(*other->second))
            differences.push_back({path, value_text(field), value_text(*other->second)});
        others.erase(other);
    });
    for_each_field(right, [&](const std::string& path, const Field& field) {
        if (others.contains(path)) differences.push_back({path, "(none)", value_text(field)});
    });
    return differences;
}

} // namespace heddle::config
