#include "tools/sweep/results_tables.hpp"

#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"
#include "tools/metrics/metric.hpp"
#include "tools/sweep/collect.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace heddle::sweep {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const std::vector<Column>& run_identity() {
    static const std::vector<Column> columns = {
        {"run", "INTEGER", "", "id", "", "Number of the run in the plan, from 1."},
        {"key", "TEXT", "", "id", "", "Digest of all that the result depends on: build, configuration, workload, options, seed."},
        {"workload", "TEXT", "", "id", "", "Name of the workload in the sweep file."},
        {"seed", "INTEGER", "", "id", "", "Seed of the run."},
        {"point", "INTEGER", "", "id", "", "Number of the configuration; runs of the same number differ in workload or seed only."},
        {"is_base", "INTEGER", "", "id", "", "1 for the base configuration of the sweep, else 0."},
        {"status", "TEXT", "", "status", "", "ok, failed, or missing (not run yet)."},
        {"error", "TEXT", "", "status", "", "Why a run failed."},
        {"record", "TEXT", "", "id", "", "Path of the run's run.json, relative to the folder of the sweep."},
    };
    return columns;
}

const std::vector<Column>& kernel_identity() {
    static const std::vector<Column> columns = {
        {"run", "INTEGER", "", "id", "", "Number of the run; the key into runs."},
        {"kernel", "INTEGER", "", "id", "", "Position of the launch in its run, from 1."},
        {"name", "TEXT", "", "id", "", "Name of the kernel."},
        {"grid", "TEXT", "CTAs", "id", "", "Size of the grid, as 128x1x1."},
        {"block", "TEXT", "threads", "id", "", "Size of a CTA, as 256x1x1."},
    };
    return columns;
}

bool of_scope(const metrics::Metric& metric, metrics::Scope scope) { return metric.scope == metrics::Scope::Both || metric.scope == scope; }

void add_metrics(std::vector<Column>& columns, metrics::Scope scope) {
    for (const metrics::Metric& m : metrics::metric_table())
        if (of_scope(m, scope)) columns.push_back({m.name, "REAL", m.unit, "metric", metrics::name(m.better), m.definition});
}

void add_values(std::vector<Cell>& row, const metrics::Values& values, metrics::Scope scope) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!of_scope(metrics::metric_table()[i], scope)) continue;
        const auto& value = values[i];
        row.push_back(value && std::isfinite(*value) ? Cell(*value) : Cell());
    }
}

// "128x1x1" of [128, 1, 1].
Cell size_text(const Json& kernel, const char* member) {
    const auto found = kernel.find(member);
    if (found == kernel.end() || !found->is_array()) return {};
    std::string text;
    for (const Json& extent : *found) text += (text.empty() ? "" : "x") + extent.dump();
    return text;
}

// The last line of a log that says something.
std::string last_line(const std::string& log) {
    const std::size_t end = log.find_last_not_of(" \r\n\t");
    if (end == std::string::npos) return {};
    const std::size_t before = log.find_last_of("\r\n", end);
    const std::size_t begin = before == std::string::npos ? 0 : before + 1;
    return log.substr(begin, end + 1 - begin);
}

std::string failure(const Json& failed) {
    if (!failed.is_object()) return "failed.json cannot be read";
    const auto text = [&](const char* key) {
        return failed.contains(key) && failed[key].is_string() ? failed[key].get<std::string>() : "";
    };
    const int status = failed.contains("status") && failed["status"].is_number_integer() ? failed["status"].get<int>() : 0;
    std::string what = status > 128 ? fmt::format("ended by signal {}", status - 128) : fmt::format("exit status {}", status);
    if (failed.contains("timed_out") && failed["timed_out"] == true) what = "took too long and was ended";
    const std::string line = last_line(text("log"));
    return line.empty() ? what : what + ": " + line;
}

// A file's JSON; discarded if it has none.
Json read_json(const fs::path& file) {
    try {
        return Json::parse(read_whole_file(file), nullptr, false);
    } catch (const UserError&) {
        return Json(Json::value_t::discarded);
    }
}

} // namespace

std::string lower_case(std::string_view name) {
    std::string lower(name);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

bool is_results_column(std::string_view name) {
    const std::string lower = lower_case(name);
    const auto same = [&](const Column& column) { return column.name == lower; };
    const auto among = [&](const std::vector<Column>& columns) { return std::any_of(columns.begin(), columns.end(), same); };
    return lower == "kernel_name" || among(runs_columns({})) || among(kernels_columns());
}

std::vector<Column> runs_columns(const std::vector<PlannedAxis>& axes) {
    std::vector<Column> columns = run_identity();
    for (const PlannedAxis& axis : axes)
        columns.push_back({axis.name, axis.number ? "NUMERIC" : "TEXT", axis.unit, "axis", "",
                           axis.label.empty() ? fmt::format("Axis of the sweep: {}.", axis.key)
                                              : fmt::format("{}: axis of the sweep, {}.", axis.label, axis.key)});
    add_metrics(columns, metrics::Scope::Run);
    return columns;
}

std::vector<Column> kernels_columns() {
    std::vector<Column> columns = kernel_identity();
    add_metrics(columns, metrics::Scope::Kernel);
    return columns;
}

std::vector<Column> areas_columns() {
    return {{"run", "INTEGER", "", "id", "", "Number of the run; the key into runs."},
            {"anchor", "TEXT", "", "id", "", "Chip of known area that this one is told from."},
            {"part", "TEXT", "", "id", "", "What differs from it; `anchor` is its own area."},
            {"mm2", "REAL", "mm2", "metric", "", "Area of the difference; those of a run sum to its area_mm2."},
            {"at_low", "REAL", "mm2", "metric", "", "The same with the part's constant at the low end of its range."},
            {"at_high", "REAL", "mm2", "metric", "", "The same at the high end."}};
}

std::string results_view(const std::vector<PlannedAxis>& axes) {
    std::string columns = "runs.run, runs.workload, runs.seed, runs.point, runs.is_base";
    for (const PlannedAxis& axis : axes) columns += ", runs." + quoted(axis.name);
    columns += ", kernels.kernel, kernels.name AS kernel_name, kernels.grid, kernels.block";
    for (const Column& column : kernels_columns())
        if (column.kind == "metric") columns += ", kernels." + quoted(column.name);
    return fmt::format("CREATE VIEW results AS SELECT {} FROM runs JOIN kernels USING (run)", columns);
}

RunEnd read_run(const fs::path& out_folder, const std::string& key) {
    const fs::path folder = out_folder / store_folder(key);
    std::error_code error;
    RunEnd end;
    if (fs::exists(folder / "run.json", error)) {
        end.record = read_json(folder / "run.json");
        end.status = end.record.is_discarded() ? "failed" : "ok";
        if (end.record.is_discarded()) end.error = "run.json cannot be read";
    } else if (fs::exists(folder / "failed.json", error)) {
        end.status = "failed";
        end.error = failure(read_json(folder / "failed.json"));
    }
    return end;
}

Cell cell_of(const Json& value) {
    if (value.is_null()) return {};
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t(INT64_MAX)) return value.get<double>();
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (value.is_number()) return value.get<double>();
    return value.dump();
}

namespace {

// What tells the run's die from its anchor, where the record has that; parts that do not differ are left out.
std::vector<std::vector<Cell>> area_rows(std::int64_t run, const Json& record) {
    std::vector<std::vector<Cell>> rows;
    const Json area = record.value("area", Json::object());
    if (!area.is_object() || !area.contains("anchor") || !area.contains("from_anchor") || !area["anchor"].is_object() || !area["from_anchor"].is_object()) return rows;
    const Json name = area["anchor"].value("name", Json()), die = area["anchor"].value("mm2", Json());
    if (!name.is_string() || !die.is_number()) return rows;
    const double mm2 = die.get<double>();
    rows.push_back({run, name.get<std::string>(), std::string("anchor"), mm2, mm2, mm2});
    for (const auto& [part, term] : area["from_anchor"].items()) {
        std::vector<Cell> row = {run, name.get<std::string>(), part};
        bool differs = false;
        for (const char* key : {"mm2", "at_low", "at_high"}) {
            const double value = term.is_object() && term.contains(key) && term[key].is_number() ? term[key].get<double>() : 0;
            differs |= value != 0;
            row.push_back(value);
        }
        if (differs) rows.push_back(std::move(row));
    }
    return rows;
}

} // namespace

RunRows rows_of(const PlannedRun& run, RunEnd& end) {
    metrics::RunValues values;
    if (end.status == "ok") {
        try {
            values = metrics::evaluate(end.record);
        } catch (const UserError& error) {
            end.status = "failed";
            end.error = error.findings().front().text();
        }
    }
    const bool ok = end.status == "ok";
    RunRows rows;
    rows.run = {run.run, run.key, run.workload, run.seed, run.point, std::int64_t(run.is_base), end.status};
    rows.run.push_back(end.error.empty() ? Cell() : Cell(end.error));
    rows.run.push_back(ok ? Cell((store_folder(run.key) / "run.json").generic_string()) : Cell());
    for (const Json& value : run.axes) rows.run.push_back(cell_of(value));
    if (!ok) values.total.resize(metrics::metric_table().size());
    add_values(rows.run, values.total, metrics::Scope::Run);
    for (std::size_t i = 0; i < values.kernels.size(); ++i) {
        const Json& kernel = end.record["kernels"][i];
        std::vector<Cell> row = {run.run, std::int64_t(i + 1), kernel.contains("name") ? cell_of(kernel["name"]) : Cell(),
                                 size_text(kernel, "grid"), size_text(kernel, "block")};
        add_values(row, values.kernels[i], metrics::Scope::Kernel);
        rows.kernels.push_back(std::move(row));
    }
    if (ok) rows.areas = area_rows(run.run, end.record);
    return rows;
}

} // namespace heddle::sweep
