#include "sim/stats/stat_tree.hpp"

#include "sim/base/error.hpp"

#include <algorithm>

namespace heddle {

namespace {

std::string without_indices(std::string_view path) {
    std::string family;
    bool inside = false;
    for (char c : path) {
        if (c == '[') inside = true;
        else if (c == ']') inside = false;
        else if (!inside) family += c;
    }
    return family;
}

} // namespace

void StatTree::add(std::string path, const StatGroup& group) {
    HEDDLE_EXPECT(!frozen_, "statistics of {} added after the run started", path);
    const std::string prefix = without_indices(path);
    std::vector<std::uint32_t>& likes = families_of_groups_[prefix]; // families of the first group of this prefix
    const bool first = likes.empty();
    for (std::size_t i = 0; i < group.stats().size(); ++i) {
        const Stat* stat = group.stats()[i];
        const std::string_view name = stat->name();
        const auto is = [&](const std::string& family) { return family.size() == prefix.size() + 1 + name.size() && family.ends_with(name); };
        std::uint32_t family = 0;
        if (!first && i < likes.size() && is(family_names_[likes[i]])) {
            family = likes[i];
        } else {
            std::string full = prefix + "." + stat->name();
            const auto [place, fresh] = family_numbers_.try_emplace(full, static_cast<std::uint32_t>(family_names_.size()));
            if (fresh) family_names_.push_back(std::move(full));
            family = place->second;
            if (first) likes.push_back(family);
        }
        stats_.push_back(stat);
        family_of_.push_back(family);
    }
    groups_.push_back({std::move(path), stats_.size() - group.stats().size()});
}

std::string StatTree::path(std::size_t i) const {
    const auto after = std::upper_bound(groups_.begin(), groups_.end(), i, [](std::size_t n, const Group& g) { return n < g.first; });
    return std::prev(after)->path + "." + stats_[i]->name();
}

std::vector<std::uint64_t> StatTree::snapshot() const {
    std::vector<std::uint64_t> values;
    values.reserve(stats_.size());
    for (const Stat* stat : stats_) values.push_back(stat->value());
    return values;
}

std::uint64_t StatTree::sum(const std::vector<std::uint64_t>& values, std::string_view family) const {
    HEDDLE_EXPECT(values.size() == stats_.size(), "snapshot of another tree: {} values", values.size());
    const auto number = family_numbers_.find(std::string(family));
    HEDDLE_EXPECT(number != family_numbers_.end(), "no statistic is called {}", family);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
        if (family_of_[i] == number->second) total += values[i];
    return total;
}

bool StatTree::has(std::string_view family) const { return family_numbers_.contains(std::string(family)); }

std::vector<const Stat*> StatTree::members(std::string_view family) const {
    std::vector<const Stat*> result;
    const auto number = family_numbers_.find(std::string(family));
    for (std::size_t i = 0; number != family_numbers_.end() && i < stats_.size(); ++i)
        if (family_of_[i] == number->second) result.push_back(stats_[i]);
    return result;
}

std::vector<StatTree::Family> StatTree::families(const std::vector<std::uint64_t>& values) const {
    HEDDLE_EXPECT(values.size() == stats_.size(), "snapshot of another tree: {} values", values.size());
    std::vector<Family> result(family_names_.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        Family& family = result[family_of_[i]];
        if (family.name.empty()) family = {family_names_[family_of_[i]], stats_[i]->unit(), stats_[i]->sentence(), 0};
        family.value += values[i];
    }
    return result;
}

std::vector<std::uint64_t> difference(const std::vector<std::uint64_t>& later, const std::vector<std::uint64_t>& earlier) {
    HEDDLE_EXPECT(later.size() == earlier.size(), "snapshots of {} and {} values", later.size(), earlier.size());
    std::vector<std::uint64_t> result(later.size());
    for (std::size_t i = 0; i < later.size(); ++i) result[i] = later[i] - earlier[i];
    return result;
}

} // namespace heddle
