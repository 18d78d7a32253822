// All statistics of a machine by path, frozen when the run starts; snapshots and differences of their values.
#pragma once

#include "sim/stats/stat.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle {

class StatTree {
  public:
    // Adds a block's statistics below `path` ("gpu.sm[7].l1_cache"). Requires: not frozen; the group outlives the
    // tree.
    void add(std::string path, const StatGroup& group);
    // No additions after this.
    void freeze() { frozen_ = true; }

    struct Entry {
        std::string path;   // "gpu.sm[7].l1_cache.read_sectors"
        std::string family; // the same without indices: "gpu.sm.l1_cache.read_sectors"
        const Stat* stat;
    };
    const std::vector<Entry>& entries() const { return entries_; }

    // Values of all entries now, in order of entries().
    std::vector<std::uint64_t> snapshot() const;

    // Sum over all entries of `family` of the values in `values` (a snapshot, or a difference of two). Panics if no
    // entry has that family: a misspelt statistic must not read as zero.
    std::uint64_t sum(const std::vector<std::uint64_t>& values, std::string_view family) const;
    bool has(std::string_view family) const;
    // Families in order of first appearance, with the summed value, unit and sentence.
    struct Family {
        std::string name;
        std::string unit;
        std::string sentence;
        std::uint64_t value;
    };
    std::vector<Family> families(const std::vector<std::uint64_t>& values) const;

  private:
    bool frozen_ = false;
    std::vector<Entry> entries_;
};

// Element-wise later - earlier.
std::vector<std::uint64_t> difference(const std::vector<std::uint64_t>& later, const std::vector<std::uint64_t>& earlier);

} // namespace heddle
