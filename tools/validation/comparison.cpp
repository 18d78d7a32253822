#include "tools/validation/comparison.hpp"

#include <algorithm>

namespace heddle::validation {

namespace {

template <typename Predicate>
Comparison::Selected select_if(const std::vector<ComparedCase>& cases, Predicate&& wanted) {
    Comparison::Selected s;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const ComparedCase& c = cases[i];
        if (!c.excluded.empty() || c.scale != Scale::Ratio || !wanted(c)) continue;
        s.pairs.push_back({c.measured, c.simulated});
        s.places.push_back(i);
    }
    return s;
}

} // namespace

Comparison::Selected Comparison::select(Use use) const {
    return select_if(cases, [use](const ComparedCase& c) { return c.use == use; });
}

Comparison::Selected Comparison::select_all() const {
    return select_if(cases, [](const ComparedCase&) { return true; });
}

std::vector<std::string> Comparison::groups() const {
    std::vector<std::string> names;
    for (const ComparedCase& c : cases)
        if (std::find(names.begin(), names.end(), c.group) == names.end()) names.push_back(c.group);
    return names;
}

} // namespace heddle::validation
