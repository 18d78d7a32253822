// The progress line of a run: how far, how fast, how long still. Shown on a terminal only.
#pragma once

#include "sim/gpu/gpu.hpp"

#include <chrono>
#include <string>

namespace heddle {

// Finished share of the run: kernels done and the running kernels' CTAs, over the kernels to be simulated. 0 if that
// number is not known.
double finished_share(const GpuRunOptions::Progress& progress);

// The line for a terminal of `width` columns, `seconds` after the start.
std::string progress_line(const GpuRunOptions::Progress& progress, double seconds, std::size_t width);

// Draws on standard error if that is a terminal, at most ten times a second, and leaves the line empty at the end.
class ProgressBar {
  public:
    // `kernels`: how many will be simulated, 0 if not known.
    explicit ProgressBar(bool wanted, std::uint64_t kernels);
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    bool shown() const { return shown_; }
    void update(GpuRunOptions::Progress progress);

  private:
    using Clock = std::chrono::steady_clock;
    bool shown_;
    bool drawn_ = false;
    std::uint64_t kernels_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = start_;
};

} // namespace heddle
