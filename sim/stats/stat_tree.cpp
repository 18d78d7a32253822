#include "sim/stats/stat_tree.hpp"

#include "sim/base/error.hpp"

#include <unordered_map>

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
    for (const Stat* stat : group.stats()) {
        const std::string full = path + "." + stat->name();
        entries_.push_back({full, without_indices(full), stat});
    }
}

std::vector<std::uint64_t> StatTree::snapshot() const {
    std::vector<std::uint64_t> values;
    values.reserve(entries_.size());
    for (const auto& entry : entries_) values.push_back(entry.stat->value());
    return values;
}

std::uint64_t StatTree::sum(const std::vector<std::uint64_t>& values, std::string_view family) const {
    HEDDLE_EXPECT(values.size() == entries_.size(), "snapshot of another tree: {} values", values.size());
    std::uint64_t total = 0;
    bool found = false;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (entries_[i].family != family) continue;
        total += values[i];
        found = true;
    }
    HEDDLE_EXPECT(found, "no statistic is called {}", family);
    return total;
}

bool StatTree::has(std::string_view family) const {
    for (const auto& entry : entries_)
        if (entry.family == family) return true;
    return false;
}

std::vector<StatTree::Family> StatTree::families(const std::vector<std::uint64_t>& values) const {
    std::vector<Family> result;
    std::unordered_map<std::string_view, std::size_t> position;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto& entry = entries_[i];
        auto [place, fresh] = position.try_emplace(entry.family, result.size());
        if (fresh) result.push_back({entry.family, entry.stat->unit(), entry.stat->sentence(), 0});
        result[place->second].value += values[i];
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
