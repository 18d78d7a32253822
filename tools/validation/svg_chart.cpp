#include "tools/validation/svg_chart.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace heddle::validation {

namespace {

constexpr double kSide = 460, kLeft = 64, kBottom = 48, kTop = 12, kRight = 30; // pixels of the scatter plot
constexpr double kBarHeight = 15, kLabelWidth = 260, kBarsWidth = 520;

std::string tick_text(double value) {
    if (value >= 1e6 || value < 1e-3) return fmt::format("{:.0e}", value);
    return fmt::format("{:g}", value);
}

// A logarithmic axis over whole decades.
struct Axis {
    double low, high; // exponents
    double pixels;
    double place(double value) const { return pixels * (std::log10(value) - low) / (high - low); }
};

} // namespace

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '&') out += "&amp;";
        else if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '"') out += "&quot;";
        else if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') out += '?';
        else out += c;
    }
    return out;
}

std::string scatter_chart(const std::vector<ChartPoint>& points) {
    if (points.empty()) return "<p>Nothing to draw.</p>\n";
    double least = points.front().x, most = least;
    for (const ChartPoint& p : points) {
        least = std::min({least, p.x, p.y});
        most = std::max({most, p.x, p.y});
    }
    Axis axis{std::floor(std::log10(least)), std::ceil(std::log10(most)), kSide};
    if (axis.high <= axis.low) axis.high = axis.low + 1;
    const auto x = [&](double value) { return kLeft + axis.place(value); };
    const auto y = [&](double value) { return kTop + kSide - axis.place(value); };
    std::string svg = fmt::format("<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"simulated against measured\">\n", kLeft + kSide + kRight, kTop + kSide + kBottom);
    for (int exponent = static_cast<int>(axis.low); exponent <= static_cast<int>(axis.high); ++exponent) {
        const double value = std::pow(10.0, exponent);
        svg += fmt::format("<line class=\"grid\" x1=\"{0:.1f}\" y1=\"{1}\" x2=\"{0:.1f}\" y2=\"{2}\"/><line class=\"grid\" x1=\"{3}\" y1=\"{4:.1f}\" x2=\"{5}\" y2=\"{4:.1f}\"/>\n", x(value), kTop,
                           kTop + kSide, kLeft, y(value), kLeft + kSide);
        svg += fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text><text class=\"tick\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", x(value),
                           kTop + kSide + 16, tick_text(value), kLeft - 6, y(value) + 4, tick_text(value));
    }
    const double low = std::pow(10.0, axis.low), high = std::pow(10.0, axis.high);
    svg += fmt::format("<line class=\"equal\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", x(low), y(low), x(high), y(high));
    for (const double factor : {1.2, 0.8}) {
        const double from = factor > 1 ? low : low / factor, to = factor > 1 ? high / factor : high;
        svg += fmt::format("<line class=\"band\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n", x(from), y(from * factor), x(to), y(to * factor));
    }
    svg += fmt::format("<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">measured</text>\n", kLeft + kSide / 2, kTop + kSide + 38);
    svg += fmt::format("<text class=\"axis\" transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">simulated</text>\n", kTop + kSide / 2);
    for (const ChartPoint& p : points) {
        const std::string title = fmt::format("<title>{}: measured {:g}, simulated {:g}</title>", escaped(p.label), p.x, p.y);
        const std::string mark = p.fitted ? fmt::format("<rect class=\"fitted\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"8\" height=\"8\">{}</rect>", x(p.x) - 4, y(p.y) - 4, title)
                                          : fmt::format("<circle class=\"held\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4.5\">{}</circle>", x(p.x), y(p.y), title);
        svg += fmt::format("<a href=\"#{}\">{}</a>\n", escaped(p.link), mark);
    }
    return svg + "</svg>\n";
}

std::string bar_chart(const std::vector<ChartBar>& bars, double limit) {
    if (bars.empty()) return "<p>Nothing to draw.</p>\n";
    const double height = kBarHeight * static_cast<double>(bars.size()) + 30, middle = kLabelWidth + kBarsWidth / 2, scale = kBarsWidth / 2 / limit;
    std::string svg = fmt::format("<svg class=\"bars\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"error of each case\">\n", kLabelWidth + kBarsWidth + 20, height);
    for (const double tick : {-1.0, -0.5, 0.0, 0.5, 1.0}) {
        const double at = middle + tick * kBarsWidth / 2;
        svg += fmt::format("<line class=\"{}\" x1=\"{:.1f}\" y1=\"14\" x2=\"{:.1f}\" y2=\"{}\"/><text class=\"tick\" x=\"{:.1f}\" y=\"10\" text-anchor=\"middle\">{:+g} %</text>\n",
                           tick == 0 ? "equal" : "grid", at, at, height - 12, at, tick * limit);
    }
    double top = 18;
    for (const ChartBar& bar : bars) {
        const double length = std::min(std::abs(bar.value), limit) * scale, left = bar.value < 0 ? middle - length : middle;
        const bool cut = std::abs(bar.value) > limit;
        svg += fmt::format("<a href=\"#{}\"><text class=\"label\" x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text><rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{}\"><title>{}: "
                           "{:+.1f} %</title></rect>",
                           escaped(bar.link), kLabelWidth - 8, top + 10, escaped(bar.label), bar.fitted ? "fitted" : "held", left, top, std::max(length, 0.5), kBarHeight - 4, escaped(bar.label),
                           bar.value);
        if (cut)
            svg += fmt::format("<text class=\"cut\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{:+.0f} %</text>", bar.value < 0 ? left + 4 : left + length - 4, top + 10, bar.value < 0 ? "start" : "end",
                               bar.value);
        svg += "</a>\n";
        top += kBarHeight;
    }
    return svg + "</svg>\n";
}

} // namespace heddle::validation
