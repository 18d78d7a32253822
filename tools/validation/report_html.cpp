#include "tools/validation/report.hpp"
#include "tools/validation/svg_chart.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace heddle::validation {

namespace {

constexpr const char* kHeadline = "gpc__cycles_elapsed.max"; // of counters of kernels
constexpr const char* kOther = "another counter";
constexpr std::size_t kRowsOfCounter = 20;
constexpr double kBarLimit = 50; // per cent
constexpr std::size_t kFurthest = 12;

constexpr const char* kStyle = R"(
:root { --ink: #1d2433; --soft: #5c667a; --line: #dfe3ea; --held: #2563a8; --fitted: #d08a1d; --bad: #b3362b; --paper: #ffffff; --tint: #f5f7fa; }
* { box-sizing: border-box; } body { margin: 0 auto; padding: 28px 24px 60px; max-width: 1120px; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 10px; } p { margin: 6px 0; } .soft { color: var(--soft); } a { color: inherit; }
.tiles { display: flex; flex-wrap: wrap; gap: 14px; margin: 22px 0; } .tile { flex: 1 1 150px; background: var(--tint); border: 1px solid var(--line); border-radius: 8px; padding: 12px 16px; }
.tile b { display: block; font-size: 27px; font-weight: 650; } .tile span { color: var(--soft); font-size: 13px; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; } th, td { padding: 4px 9px; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; white-space: nowrap; }
th { color: var(--soft); font-weight: 600; } td.name, th.name { text-align: left; } td.text { text-align: left; white-space: normal; color: var(--soft); min-width: 160px; }
tr:target { background: #fff4d6; } td.far { color: var(--bad); font-weight: 600; } .scroll { overflow-x: auto; }
.charts { display: grid; grid-template-columns: minmax(300px, 540px) 1fr; gap: 24px; align-items: start; } .chart { width: 100%; } .bars { width: 100%; max-width: 900px; }
.grid { stroke: var(--line); } .equal { stroke: var(--soft); } .band { stroke: var(--soft); stroke-dasharray: 4 4; opacity: .6; } .tick { font-size: 11px; fill: var(--soft); } .axis { font-size: 13px; fill: var(--ink); }
.label { font-size: 11px; fill: var(--ink); } .cut { font-size: 10px; fill: #fff; } .held { fill: var(--held); fill-opacity: .75; } .fitted { fill: var(--fitted); fill-opacity: .9; }
.key i { display: inline-block; width: 11px; height: 11px; margin: 0 5px 0 14px; background: var(--held); border-radius: 50%; } .key i.f { background: var(--fitted); border-radius: 0; }
nav a { margin-right: 14px; } @media (max-width: 860px) { .charts { grid-template-columns: 1fr; } }
)";

std::string number(double value) {
    const double size = std::abs(value);
    if (size >= 1e6) return fmt::format("{:.4g}", value);
    return size >= 1000 ? fmt::format("{:.0f}", value) : fmt::format("{:.4g}", value);
}
std::string optional(const std::optional<double>& value) { return value ? fmt::format("{:.3f}", *value) : "–"; }
std::string case_link(std::size_t place) { return fmt::format("case-{}", place); }
std::string group_link(std::size_t place) { return fmt::format("group-{}", place); }

std::string tile(const std::string& big, const std::string& small) { return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>\n", big, escaped(small)); }

std::string tiles(const Comparison& c) {
    const Comparison::Selected held = c.select(Use::HeldOut), fitted = c.select(Use::Fitted);
    const ErrorStatistics h = error_statistics(held.pairs), f = error_statistics(fitted.pairs);
    const auto excluded = std::count_if(c.cases.begin(), c.cases.end(), [](const ComparedCase& one) { return !one.excluded.empty() && one.excluded != kOther; });
    std::string out = "<div class=\"tiles\">\n";
    if (h.count > 0) {
        out += tile(fmt::format("{:.1f} %", h.mape), fmt::format("mean absolute error, {} cases held out", h.count));
        out += tile(optional(h.pearson_log), "correlation r of logarithms");
        out += tile(fmt::format("{:.1f} %", h.median), "median error");
        out += tile(fmt::format("{:+.0f} %", h.worst), "worst: " + c.cases[held.places[h.worst_index]].name);
    }
    if (f.count > 0) out += tile(fmt::format("{:.1f} %", f.mape), fmt::format("mean absolute error, {} fitted cases (no evidence)", f.count));
    out += tile(fmt::format("{}", excluded), "excluded, with reasons below");
    return out + "</div>\n";
}

std::string statistics_row(const std::string& label, const Comparison::Selected& s) {
    const ErrorStatistics e = error_statistics(s.pairs);
    if (e.count == 0) return fmt::format("<tr><td class=\"name\">{}</td><td>0</td><td colspan=\"10\"></td></tr>\n", escaped(label));
    const std::string interval = e.pearson_log_interval ? fmt::format(" [{:.3f}, {:.3f}]", e.pearson_log_interval->first, e.pearson_log_interval->second) : "";
    return fmt::format("<tr><td class=\"name\">{}</td><td>{}</td><td>{:.1f} %</td><td>[{:.1f}, {:.1f}]</td><td>{:.1f} %</td><td>{:.1f} %</td><td><a href=\"#{}\">{:+.1f} %</a></td><td>{:+.1f} %</td><td>{}</td><td>{}</td>"
                       "<td>{}{}</td><td>{}</td></tr>\n",
                       escaped(label), e.count, e.mape, e.mape_interval.first, e.mape_interval.second, e.median, e.p90, case_link(s.places[e.worst_index]), e.worst, e.bias,
                       e.ratio ? fmt::format("{:.3f}", *e.ratio) : "–", optional(e.pearson), optional(e.pearson_log), interval, optional(e.spearman));
}

constexpr const char* kStatisticsHead = "<tr><th class=\"name\"></th><th>n</th><th>MAPE</th><th>95 %</th><th>median</th><th>90th</th><th>worst</th><th>bias</th><th>ratio</th><th>r</th><th>r of logs</th><th>rank</th></tr>\n";

Comparison::Selected of_group(const Comparison& c, const std::string& group) {
    Comparison::Selected s;
    for (std::size_t i = 0; i < c.cases.size(); ++i)
        if (c.cases[i].group == group && c.cases[i].excluded.empty() && c.cases[i].scale == Scale::Ratio) {
            s.pairs.push_back({c.cases[i].measured, c.cases[i].simulated});
            s.places.push_back(i);
        }
    return s;
}

// Distances of percentages, where a group has them.
std::string points_row(const Comparison& c, const std::string& group, std::size_t place) {
    double sum = 0, worst = 0;
    std::size_t n = 0, within = 0;
    for (const ComparedCase& one : c.cases) {
        if (one.group != group || !one.excluded.empty() || one.scale != Scale::Points) continue;
        ++n;
        sum += std::abs(one.error());
        worst = std::max(worst, std::abs(one.error()));
        within += std::abs(one.error()) <= 5 ? 1 : 0;
    }
    if (n == 0) return {};
    return fmt::format("<tr><td class=\"name\"><a href=\"#{}\">{}</a></td><td>{}</td><td class=\"text\" colspan=\"10\">mean distance {:.1f} points, worst {:.1f}, {} within 5 points</td></tr>\n", group_link(place),
                       escaped(group), n, sum / static_cast<double>(n), worst, within);
}

// The held-out cases that are furthest off.
std::string furthest(const Comparison& c) {
    std::vector<std::size_t> places = c.select(Use::HeldOut).places;
    if (places.empty()) return {};
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return std::abs(c.cases[a].error()) > std::abs(c.cases[b].error()); });
    places.resize(std::min(places.size(), kFurthest));
    std::string out = "<div><h3>Furthest off, held out</h3><table><tr><th class=\"name\">case</th><th>measured</th><th>simulated</th><th>unit</th><th>error</th></tr>\n";
    for (const std::size_t i : places) {
        const ComparedCase& one = c.cases[i];
        out += fmt::format("<tr><td class=\"name\"><a href=\"#{}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td><td>{:+.1f} %</td></tr>\n", case_link(i), escaped(one.name), number(one.measured), number(one.simulated),
                           escaped(one.unit), one.error());
    }
    return out + "</table></div>";
}

std::string charts(const Comparison& c) {
    std::vector<ChartPoint> points;
    std::vector<ChartBar> bars;
    const Comparison::Selected all = c.select_all();
    for (const std::size_t i : all.places) {
        const ComparedCase& one = c.cases[i];
        const std::string label = fmt::format("{} ({})", one.name, one.unit);
        if (one.measured > 0 && one.simulated > 0) points.push_back({label, case_link(i), one.measured, one.simulated, one.use == Use::Fitted});
        bars.push_back({one.name, case_link(i), one.error(), one.use == Use::Fitted});
    }
    std::stable_sort(bars.begin(), bars.end(), [](const ChartBar& a, const ChartBar& b) { return a.value > b.value; });
    std::string out = "<h2 id=\"charts\">Measured and simulated</h2>\n<p class=\"key soft\"><i></i>held out<i class=\"f\"></i>fitted; dashed: 20 % off. Units differ from case to case; a mark leads to its case.</p>\n";
    out += "<div class=\"charts\">" + scatter_chart(points) + furthest(c) + "</div>\n<h2 id=\"errors\">Error of each case, sorted</h2>\n" + bar_chart(bars, kBarLimit);
    return out;
}

std::string case_row(const ComparedCase& c, std::size_t place) {
    std::string error = "";
    bool far = false;
    if (c.excluded.empty()) {
        far = std::abs(c.error()) > 20;
        error = fmt::format("{:+.1f} {}", c.error(), c.scale == Scale::Points ? "pt" : "%");
    }
    std::string text = c.excluded.empty() ? c.note : "excluded: " + c.excluded;
    if (!c.device.empty()) text += (text.empty() ? "" : "; ") + ("measured on " + c.device);
    return fmt::format("<tr id=\"{}\"><td class=\"name\">{}</td><td>{}{}</td><td>{}</td><td>{}</td><td{}>{}</td><td>{}</td><td class=\"text\">{}</td><td class=\"text\">{}</td></tr>\n", case_link(place),
                       escaped(c.name), c.measured_known ? number(c.measured) : "–", c.spread.empty() ? "" : fmt::format(" ({})", escaped(c.spread)), c.simulated_known ? number(c.simulated) : "–", escaped(c.unit),
                       far ? " class=\"far\"" : "", error, c.use == Use::Fitted ? "fitted" : "held out", escaped(text), escaped(c.origin));
}

// Of counters of kernels the charts and overall figures show the cycles; the other cases keep their places but do not count.
Comparison headline(const Comparison& c) {
    Comparison shown = c;
    for (ComparedCase& one : shown.cases)
        if (one.group != kHeadline && one.excluded.empty()) one.excluded = kOther;
    return shown;
}

// The rows of a group: all, or of counters other than the headline's those furthest off, as a capture has tens of thousands of cases.
std::string case_rows(const Comparison& c, const std::string& group, std::size_t& left_out) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < c.cases.size(); ++i)
        if (c.cases[i].group == group) places.push_back(i);
    left_out = 0;
    if (c.counters && group != kHeadline && places.size() > kRowsOfCounter) {
        const auto size = [&](std::size_t i) { return c.cases[i].excluded.empty() ? std::abs(c.cases[i].error()) : -1; };
        std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
        left_out = places.size() - kRowsOfCounter;
        places.resize(kRowsOfCounter);
    }
    std::string out;
    for (const std::size_t i : places) out += case_row(c.cases[i], i);
    return out;
}

} // namespace

std::string html_report(const Comparison& c) {
    std::string out = fmt::format("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} – Heddle</title>\n<style>{}</style></head><body>\n",
                                  escaped(c.title), kStyle);
    out += fmt::format("<h1>{}</h1>\n<p class=\"soft\">{}</p>\n", escaped(c.title), escaped(c.description));
    for (const std::string& remark : c.remarks) out += fmt::format("<p class=\"soft\">{}</p>\n", escaped(remark));
    out += "<nav class=\"soft\"><a href=\"#charts\">scatter</a><a href=\"#errors\">errors</a><a href=\"#groups\">by group</a><a href=\"#cases\">cases</a><a href=\"#provenance\">provenance</a></nav>\n";
    const Comparison shown = c.counters ? headline(c) : c;
    if (c.counters) out += fmt::format("<p>Charts and overall figures are of {}, the cycles of each kernel; every counter has its line and its table below.</p>\n", kHeadline);
    out += tiles(shown) + charts(shown);
    out += std::string("<h2 id=\"groups\">By group</h2>\n<div class=\"scroll\"><table>\n") + kStatisticsHead;
    out += statistics_row("held out", shown.select(Use::HeldOut)) + statistics_row("fitted", shown.select(Use::Fitted)) + statistics_row("all", shown.select_all());
    const std::vector<std::string> groups = c.groups();
    for (std::size_t g = 0; g < groups.size(); ++g) {
        const Comparison::Selected s = of_group(c, groups[g]);
        if (!s.pairs.empty()) out += statistics_row(groups[g], s);
        out += points_row(c, groups[g], g);
    }
    out += "</table></div>\n<h2 id=\"cases\">Cases</h2>\n";
    for (std::size_t g = 0; g < groups.size(); ++g) {
        out += fmt::format("<h3 id=\"{}\">{}</h3>\n<div class=\"scroll\"><table><tr><th class=\"name\">case</th><th>measured</th><th>simulated</th><th>unit</th><th>error</th><th>use</th><th class=\"name\">note</th><th class=\"name\">origin of the number</th></tr>\n",
                           group_link(g), escaped(groups[g]));
        std::size_t left_out = 0;
        out += case_rows(c, groups[g], left_out) + "</table></div>\n";
        if (left_out > 0) out += fmt::format("<p class=\"soft\">The {} furthest off; {} more are in the table that --csv writes.</p>\n", kRowsOfCounter, left_out);
    }
    out += fmt::format("<h2 id=\"provenance\">Provenance</h2>\n<table><tr><td class=\"name\">GPU description</td><td class=\"text\">{}</td></tr><tr><td class=\"name\">configuration hash</td><td class=\"text\">{}</td></tr><tr><td class=\"name\">Heddle</td>"
                       "<td class=\"text\">{}</td></tr><tr><td class=\"name\">simulations</td><td class=\"text\">{} run, {} reused</td></tr><tr><td class=\"name\">cases without a measured number</td><td class=\"text\">{}</td></tr></table>\n",
                       escaped(c.gpu), escaped(c.config_hash), escaped(c.heddle_version), c.ran, c.reused, c.without_reference);
    out += "<p class=\"soft\">Errors are (simulated − measured) / measured. Fitted cases were used to choose a parameter of the model and say nothing about its accuracy. Intervals: bootstrap, 2000 samples, fixed seed.</p>\n</body></html>\n";
    return out;
}

} // namespace heddle::validation
