#include "tools/validation/report.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace heddle::validation {

namespace {

constexpr std::size_t kNameColumns = 34;

std::string number(double value) {
    const double size = std::abs(value);
    if (size >= 1e5) return fmt::format("{:.4g}", value);
    return size >= 100 ? fmt::format("{:.0f}", value) : size >= 10 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::string figure(const std::optional<double>& value) { return value ? fmt::format("{:.3f}", *value) : "-"; }

std::string cut(const std::string& text, std::size_t width) { return text.size() <= width ? text : text.substr(0, width - 3) + "..."; }

std::string case_line(const ComparedCase& c) {
    if (!c.excluded.empty())
        return fmt::format("  {:{}} {:>10} {:>10} {:>9}  {:8}  excluded: {}\n", cut(c.name, kNameColumns), kNameColumns, c.measured_known ? number(c.measured) : "-",
                           c.simulated_known ? number(c.simulated) : "-", "", c.unit, c.excluded);
    const std::string error = fmt::format("{:+.1f} {}", c.error(), c.scale == Scale::Points ? "pt" : "%");
    return fmt::format("  {:{}} {:>10} {:>10} {:>9}  {:8}{}{}\n", cut(c.name, kNameColumns), kNameColumns, number(c.measured), number(c.simulated), error, c.unit,
                       c.use == Use::Fitted ? "  fitted" : "", c.device.empty() ? "" : fmt::format("  ({})", c.device));
}

std::string statistics_line(const std::string& label, const Comparison& comparison, const Comparison::Selected& s) {
    const ErrorStatistics e = error_statistics(s.pairs);
    if (e.count == 0) return fmt::format("  {:9} {:>4}\n", label, 0);
    return fmt::format("  {:9} {:>4}  {:>5.1f} % [{:.1f}, {:.1f}]  {:>6.1f} %  {:>6.1f} %  {:>+7.1f} % {:20}  {:>+6.1f} %  {:>5}  {:>6} {:>6} {:>6}\n", label, e.count, e.mape,
                       e.mape_interval.first, e.mape_interval.second, e.median, e.p90, e.worst, cut(comparison.cases[s.places[e.worst_index]].name, 20), e.bias,
                       e.ratio ? fmt::format("{:.2f}", *e.ratio) : "-", figure(e.pearson), figure(e.pearson_log), figure(e.spearman));
}

// A line per counter, held out; exact ones are counted apart, as instruction counts may be expected to be.
std::string counters_text(const Comparison& comparison) {
    std::string out = "\n  counter (held out)                                            n  exact     MAPE   median     90 %     bias  r(log)\n";
    for (const std::string& group : comparison.groups()) {
        std::vector<Pair> pairs;
        std::vector<double> points;
        std::size_t exact = 0;
        for (const ComparedCase& c : comparison.cases) {
            if (c.group != group || !c.excluded.empty() || c.use == Use::Fitted) continue;
            exact += c.error() == 0;
            if (c.scale == Scale::Points) points.push_back(std::abs(c.error()));
            else pairs.push_back({c.measured, c.simulated});
        }
        std::string label = group;
        for (const char* part : {"smsp__average_warps_issue_stalled_", "_per_issue_active.ratio"})
            if (const auto at = label.find(part); at != std::string::npos) label.replace(at, std::string(part).size(), part[0] == 's' ? "stalled_" : "");
        if (!points.empty()) {
            std::sort(points.begin(), points.end());
            double sum = 0;
            for (const double p : points) sum += p;
            out += fmt::format("  {:58} {:>5} {:>6} {:>5.1f} pt {:>5.1f} pt {:>5.1f} pt\n", cut(label, 58), points.size(), exact, sum / static_cast<double>(points.size()),
                               points[points.size() / 2], points[points.size() * 9 / 10]);
        }
        if (pairs.empty()) continue;
        const ErrorStatistics e = error_statistics(pairs, 0);
        out += fmt::format("  {:58} {:>5} {:>6} {:>6.1f} % {:>6.1f} % {:>6.1f} % {:>+6.1f} %  {:>6}\n", cut(label, 58), e.count, exact, e.mape, e.median, e.p90, e.bias, figure(e.pearson_log));
    }
    return out;
}

std::string points_text(const Comparison& comparison) {
    std::vector<double> errors;
    for (const ComparedCase& c : comparison.cases)
        if (c.excluded.empty() && c.scale == Scale::Points) errors.push_back(std::abs(c.error()));
    if (errors.empty()) return {};
    double sum = 0;
    for (const double e : errors) sum += e;
    const auto within = static_cast<std::size_t>(std::count_if(errors.begin(), errors.end(), [](double e) { return e <= 5; }));
    return fmt::format("  percentages: {} compared, mean distance {:.1f} points, {} within 5 points\n", errors.size(), sum / static_cast<double>(errors.size()), within);
}

} // namespace

std::string text_report(const Comparison& comparison, bool verbose) {
    std::string out = fmt::format("{}\n", comparison.title);
    if (!comparison.description.empty()) out += fmt::format("  {}\n", comparison.description);
    for (const std::string& remark : comparison.remarks) out += fmt::format("  note: {}\n", remark);
    if (verbose) {
        for (const std::string& group : comparison.groups()) {
            out += fmt::format("\n{:{}} {:>10} {:>10} {:>9}  unit\n", cut(group, kNameColumns), kNameColumns + 2, "measured", "simulated", "error");
            for (const ComparedCase& c : comparison.cases)
                if (c.group == group) out += case_line(c);
        }
    }
    if (comparison.counters) out += counters_text(comparison);
    else out += "\n  cases        n  MAPE [95 %]             median      90 %     worst                            bias  ratio       r  r(log)   rank\n";
    if (!comparison.counters) {
        out += statistics_line("held out", comparison, comparison.select(Use::HeldOut));
        out += statistics_line("fitted", comparison, comparison.select(Use::Fitted));
        out += statistics_line("all", comparison, comparison.select_all());
    }
    out += points_text(comparison);
    const auto excluded = std::count_if(comparison.cases.begin(), comparison.cases.end(), [](const ComparedCase& c) { return !c.excluded.empty(); });
    if (excluded > 0) out += fmt::format("  excluded: {}{}\n", excluded, verbose ? ", each with its reason above" : "");
    if (comparison.without_reference > 0) out += fmt::format("  {} cases of the suite have no measured number for this GPU\n", comparison.without_reference);
    if (!comparison.unused.empty()) out += fmt::format("  {} measured numbers have no case, the first is {}\n", comparison.unused.size(), comparison.unused.front());
    if (comparison.ran + comparison.reused > 0) out += fmt::format("  simulations: {} run, {} reused\n", comparison.ran, comparison.reused);
    return out;
}

} // namespace heddle::validation
