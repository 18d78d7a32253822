#include "tools/heddle/progress.hpp"

#include "tools/heddle/text_format.hpp"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace heddle {

namespace {

constexpr auto kRedraw = std::chrono::milliseconds(100);

std::size_t terminal_width() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string bar(double share, std::size_t width) {
    const auto full = std::min(width, static_cast<std::size_t>(share * static_cast<double>(width)));
    return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
}

} // namespace

double finished_share(const GpuRunOptions::Progress& progress) {
    if (progress.kernels == 0) return 0;
    const double running = progress.ctas != 0 ? static_cast<double>(progress.ctas_done) / static_cast<double>(progress.ctas) : 0;
    // Several kernels may run at once; the last of them do not finish the run twice.
    return std::min(1.0, (static_cast<double>(progress.kernels_done) + running) / static_cast<double>(progress.kernels));
}

std::string progress_line(const GpuRunOptions::Progress& progress, double seconds, std::size_t width) {
    const double share = finished_share(progress);
    const double rate = seconds > 0 ? static_cast<double>(progress.warp_instructions) / seconds : 0;
    const std::string simulated = si(static_cast<double>(progress.time) * 1e-15, "s");
    const std::string done = progress.kernels != 0
                                 ? fmt::format("kernel {}/{}", std::min(progress.kernels_done + 1, progress.kernels), progress.kernels)
                                 : fmt::format("kernel {}", progress.kernels_done + 1);
    std::string line = fmt::format("{}, {} simulated, {}, ", done, simulated, si(rate, "warp instr/s"));
    line += share > 0 ? fmt::format("{} left", clock_time(seconds * (1 - share) / share)) : fmt::format("{} so far", clock_time(seconds));
    if (progress.kernels != 0) {
        line = fmt::format("{:3.0f} % {}", share * 100, line);
        if (const std::size_t used = columns(line) + 4; width > used + 8)
            line = bar(share, std::min<std::size_t>(30, width - used)) + " " + line;
    }
    return columns(line) < width ? line : fmt::format("{:3.0f} %", share * 100);
}

ProgressBar::ProgressBar(bool wanted, std::uint64_t kernels) : shown_(wanted && isatty(STDERR_FILENO) == 1), kernels_(kernels) {}

ProgressBar::~ProgressBar() {
    if (drawn_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::update(GpuRunOptions::Progress progress) {
    const auto now = Clock::now();
    if (!shown_ || now - last_ < kRedraw) return;
    last_ = now;
    drawn_ = true;
    progress.kernels = kernels_;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    fmt::print(stderr, "\r{}\033[K", progress_line(progress, seconds, terminal_width()));
    std::fflush(stderr);
}

} // namespace heddle
