// Statistics: one line each, as fast as a bare integer, named and described where they are counted.
//
//   struct L2SliceStats : StatGroup {
//       Stat reads{this, "reads", "requests", "Read requests looked up in the tags."};
//   };
//   ++stats.reads;
//
// A statistic counts; nothing derived is stored. Ratios are formulas of the writers (sim/stats/formula.hpp).
#pragma once

#include "sim/base/units.hpp"

#include <string>
#include <vector>

namespace heddle {

class StatGroup;

class Stat {
  public:
    // `name` in lower case with underscores; `unit` in plural ("requests", "cycles", "bytes"); `sentence` ends with
    // a full stop.
    Stat(StatGroup* group, const char* name, const char* unit, const char* sentence);
    Stat(const Stat&) = delete;
    Stat& operator=(const Stat&) = delete;

    Stat& operator++() {
        ++value_;
        return *this;
    }
    Stat& operator+=(std::uint64_t amount) {
        value_ += amount;
        return *this;
    }
    std::uint64_t value() const { return value_; }
    const char* name() const { return name_; }
    const char* unit() const { return unit_; }
    const char* sentence() const { return sentence_; }

  private:
    std::uint64_t value_ = 0;
    const char* name_;
    const char* unit_;
    const char* sentence_;
};

// The statistics of one block. Members register themselves in order of declaration.
class StatGroup {
  public:
    StatGroup() = default;
    StatGroup(const StatGroup&) = delete;
    StatGroup& operator=(const StatGroup&) = delete;
    const std::vector<const Stat*>& stats() const { return stats_; }

  private:
    friend class Stat;
    std::vector<const Stat*> stats_;
};

inline Stat::Stat(StatGroup* group, const char* name, const char* unit, const char* sentence)
    : name_(name), unit_(unit), sentence_(sentence) {
    group->stats_.push_back(this);
}

} // namespace heddle
