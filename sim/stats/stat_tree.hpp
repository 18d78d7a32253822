// All statistics of a machine by path, frozen when the run starts; snapshots and differences of their values.
#pragma once

#include "sim/stats/stat.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace heddle {

class StatTree {
  public:
    // Adds a block's statistics below `path` ("gpu.sm[7].l1_cache"). Requires: not frozen; the group outlives the
    // tree.
    void add(std::string path, const StatGroup& group);
    // No additions after this.
    void freeze() { frozen_ = true; }

    // Statistics in order of addition.
    std::size_t size() const { return stats_.size(); }
    std::string path(std::size_t i) const;                          // "gpu.sm[7].l1_cache.read_sectors"
    const std::string& family(std::size_t i) const { return family_names_[family_of_[i]]; } // without indices: "gpu.sm.l1_cache.read_sectors"

    // Values of all statistics now, in order of addition.
    std::vector<std::uint64_t> snapshot() const;

    // Sum over all statistics of `family` of the values in `values` (a snapshot, or a difference of two). Panics if none
    // has that family: a misspelt statistic must not read as zero.
    std::uint64_t sum(const std::vector<std::uint64_t>& values, std::string_view family) const;
    bool has(std::string_view family) const;
    // The statistics of a family, in order of addition; none if there is no such family.
    std::vector<const Stat*> members(std::string_view family) const;
    // Families in order of first appearance, with the summed value, unit and sentence.
    struct Family {
        std::string name;
        std::string unit;
        std::string sentence;
        std::uint64_t value;
    };
    std::vector<Family> families(const std::vector<std::uint64_t>& values) const;

  private:
    // Thousands of blocks share a few families: their names are made once per family, a path only when asked for.
    struct Group {
        std::string path;
        std::size_t first; // its first statistic
    };
    bool frozen_ = false;
    std::vector<Group> groups_;
    std::vector<const Stat*> stats_;
    std::vector<std::uint32_t> family_of_; // by statistic
    std::vector<std::string> family_names_;
    std::unordered_map<std::string, std::uint32_t> family_numbers_;
    std::unordered_map<std::string, std::vector<std::uint32_t>> families_of_groups_; // by a group's path without indices
};

// Element-wise later - earlier.
std::vector<std::uint64_t> difference(const std::vector<std::uint64_t>& later, const std::vector<std::uint64_t>& earlier);

} // namespace heddle
