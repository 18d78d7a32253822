#include "tools/heddle/sweep_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace heddle {

using sweep::duration_text;

SweepProgress::SweepProgress(const sweep::Plan& plan, const sweep::ExecuteOptions& options, std::size_t cores, bool quiet)
    : plan_(plan), out_(options.out), jobs_(options.jobs), cores_(cores), quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {
    if (quiet_) return;
    const auto missing = sweep::missing_runs(plan, options.out, options.shard, options.retry_failed);
    left_.insert(missing.begin(), missing.end());
    if (!left_.empty()) costs_ = sweep::learn(plan, options.out);
}

void SweepProgress::ended(const sweep::PlanRun& run) {
    if (quiet_) return;
    left_.erase(&run);
    const sweep::Point& point = plan_.points[run.point];
    if (const auto time = sweep::host_time(sweep::result_folder(out_, run.key) / "run.json"))
        costs_.add(plan_.sweep.workloads[run.workload].name, {point.axes.begin(), point.axes.end()}, *time);
}

// Nothing known about one of the workloads: 0.
double SweepProgress::seconds_left() const {
    const sweep::Estimate e = sweep::estimate(plan_, {left_.begin(), left_.end()}, costs_, jobs_, cores_);
    return e.unknown.empty() ? e.likely : 0;
}

void SweepProgress::update(const sweep::Tally& tally, double seconds) {
    const std::size_t done = tally.found + tally.made + tally.failed;
    if (quiet_ || tally.wanted == 0 || (begun_ && done == shown_) || (!begun_ && left_.empty())) return;
    if (!terminal_ && begun_ && done * 10 / tally.wanted == shown_ * 10 / tally.wanted) return;
    begun_ = true;
    shown_ = done;
    std::string line = fmt::format("{} of {} runs done", done, tally.wanted);
    if (tally.failed != 0) line += fmt::format(", {} failed", tally.failed);
    if (done < tally.wanted) {
        double left = seconds_left();
        if (left == 0 && tally.made != 0) left = seconds / static_cast<double>(tally.made) * static_cast<double>(tally.wanted - done);
        if (tally.made != 0 && seconds > 0) line += fmt::format(", {:.3g} a minute", static_cast<double>(tally.made) * 60 / seconds);
        if (left > 0) line += fmt::format(", about {} left", duration_text(left));
    }
    fmt::print(stderr, "{}{:<{}}{}", terminal_ ? "\r" : "", line, terminal_ ? 70 : 0, terminal_ ? "" : "\n");
    line_open_ = terminal_;
}

void SweepProgress::end() {
    if (line_open_) fmt::print(stderr, "\n");
    line_open_ = false;
}

} // namespace heddle
