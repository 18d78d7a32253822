#include "tools/metrics/metric.hpp"

#include "sim/base/error.hpp"
#include "sim/config/spelling.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace heddle::metrics {

namespace {

// A cell of a Markdown table: a bar would end it.
std::string cell(std::string text) {
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, 1, '\\');
    return text;
}

} // namespace

const char* name(Scope scope) {
    switch (scope) {
    case Scope::Run: return "run";
    case Scope::Kernel: return "kernel";
    case Scope::Both: return "both";
    }
    return "";
}

const char* name(Better better) {
    switch (better) {
    case Better::Neither: return "";
    case Better::Higher: return "higher";
    case Better::Lower: return "lower";
    }
    return "";
}

const Metric* find_metric(std::string_view name) {
    const auto& table = metric_table();
    const auto at = std::find_if(table.begin(), table.end(), [&](const Metric& m) { return m.name == name; });
    return at == table.end() ? nullptr : &*at;
}

std::string suggest_metric(std::string_view name) {
    std::vector<std::string> known;
    for (const Metric& m : metric_table()) known.push_back(m.name);
    const std::string near = config::closest(name, known);
    return near.empty() ? std::string{} : fmt::format("did you mean '{}'?", near);
}

std::optional<double> value(const Values& values, std::string_view metric) {
    const Metric* found = find_metric(metric);
    HEDDLE_EXPECT(found != nullptr, "no metric is called {}", metric);
    return values.at(static_cast<std::size_t>(found - metric_table().data()));
}

nlohmann::ordered_json to_json(const Values& values) {
    nlohmann::ordered_json out = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < values.size(); ++i)
        if (values[i]) out[metric_table()[i].name] = *values[i];
    return out;
}

std::string explain(const Metric& m) {
    std::string out = fmt::format("{} (metric)\n  {}\n", m.name, m.definition);
    out += fmt::format("  unit     {}\n", m.unit.empty() ? "none: a pure number" : m.unit);
    out += fmt::format("  formula  {}\n", m.formula);
    out += fmt::format("  of       {}\n", m.scope == Scope::Both ? "a run and each kernel" : m.scope == Scope::Run ? "a run" : "a kernel");
    if (m.better != Better::Neither) out += fmt::format("  better   {}\n", name(m.better));
    return out;
}

std::string reference() {
    std::string out = "# Metrics\n\n"
                      "Written by `heddle explain --metrics`; do not edit. Each metric is its formula over `run.json`; it is absent where the run "
                      "lacks an input or where it would be a ratio of nothing. Of a kernel that ran beside another, rates, shares and counters are "
                      "those of the machine while it ran.\n\n"
                      "Names in formulas are members of the kernel or of `total`; `gpu.…` are counters; `peaks.…` and `config.…` (the number a "
                      "configuration value begins with) belong to the run; the rest are other metrics. `kernels.time_ns` sums the kernels' times, "
                      "`kernels.busy_ns` is the time in which any ran.\n\n"
                      "| metric | unit | of | better | definition | formula |\n|---|---|---|---|---|---|\n";
    for (const Metric& m : metric_table())
        out += fmt::format("| `{}` | {} | {} | {} | {} | `{}` |\n", m.name, m.unit, name(m.scope), name(m.better), cell(m.definition), cell(m.formula));
    return out;
}

} // namespace heddle::metrics
