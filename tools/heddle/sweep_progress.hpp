// How far a sweep is, on standard error: one line that is written over on a terminal; elsewhere a line per tenth.
#pragma once

#include "tools/sweep/cost_model.hpp"
#include "tools/sweep/execute.hpp"

#include <cstddef>
#include <set>

namespace heddle {

class SweepProgress {
  public:
    // `out` is the folder of the sweep, whose finished runs say how long others take.
    SweepProgress(const sweep::Plan& plan, const sweep::ExecuteOptions& options, std::size_t cores, bool quiet);

    void update(const sweep::Tally& tally, double seconds);
    void ended(const sweep::PlanRun& run);
    void end();

  private:
    double seconds_left() const;

    const sweep::Plan& plan_;
    std::filesystem::path out_;
    std::size_t jobs_, cores_;
    bool quiet_, terminal_, line_open_ = false, begun_ = false;
    std::size_t shown_ = 0;
    sweep::CostModel costs_;
    std::set<const sweep::PlanRun*> left_;
};

} // namespace heddle
