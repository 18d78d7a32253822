#include "tools/report/sweep_page.hpp"

#include "tools/report/bottleneck.hpp"
#include "tools/report/metric_list.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace heddle::report {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string text_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.is_null() ? std::string{} : value.dump();
}

const Json& cell(const Results::Row& row, const std::string& name) {
    static const Json none;
    const auto at = row.find(name);
    return at == row.end() ? none : at->second;
}

// A text as the number it is, else as it was.
Json number_or_text(const Json& value) {
    if (!value.is_string()) return value;
    const Json number = Json::parse(value.get_ref<const std::string&>(), nullptr, false);
    return number.is_number() ? number : value;
}

// Numbers before texts, each in their order.
bool comes_before(const Json& a, const Json& b) {
    if (a.is_number() != b.is_number()) return a.is_number();
    return a.is_number() ? a.get<double>() < b.get<double>() : text_of(a) < text_of(b);
}

Json axis_of(const Results::Row& row, const std::vector<Results::Row>& runs) {
    const std::string name = text_of(cell(row, "name"));
    const bool number = text_of(cell(row, "kind")) != "text";
    Json values = Json::array();
    for (const Results::Row& run : runs) {
        Json value = cell(run, name);
        if (!value.is_null() && std::find(values.begin(), values.end(), value) == values.end()) values.push_back(std::move(value));
    }
    // Texts keep the order in which the sweep names them; numbers ascend.
    if (number) std::stable_sort(values.begin(), values.end(), comes_before);
    const std::string label = text_of(cell(row, "label"));
    return {{"name", name},
            {"label", label.empty() ? name : label},
            {"unit", text_of(cell(row, "unit"))},
            {"kind", number ? "number" : "text"},
            {"key", text_of(cell(row, "key"))},
            {"base", number ? number_or_text(cell(row, "base_value")) : cell(row, "base_value")},
            {"values", values}};
}

// The metrics of the runs table that have at least one value, as the database describes them.
Json metrics_of(const Results& results) {
    Json metrics = Json::array();
    for (const Results::Row& column : results.columns) {
        const std::string name = text_of(cell(column, "name"));
        if (text_of(cell(column, "table_name")) != "runs" || text_of(cell(column, "kind")) != "metric") continue;
        if (std::none_of(results.runs.begin(), results.runs.end(), [&](const Results::Row& run) { return cell(run, name).is_number(); }))
            continue;
        metrics.push_back({{"name", name},
                           {"unit", text_of(cell(column, "unit"))},
                           {"definition", text_of(cell(column, "description"))},
                           {"better", better(name)}});
    }
    return metrics;
}

// What the sweep asks to minimise or maximise: names, or objects with "metric" and "goal". Those no run has are left out.
Json objectives_of(const Results& results, const Json& metrics) {
    Json objectives = Json::array();
    const auto add = [&](const std::string& metric, std::string goal) {
        if (std::none_of(metrics.begin(), metrics.end(), [&](const Json& one) { return one["name"] == metric; })) return;
        if (goal.empty()) goal = better(metric) == "higher" ? "max" : "min";
        objectives.push_back({{"metric", metric}, {"goal", goal.starts_with("max") ? "max" : "min"}});
    };
    const auto given = results.meta.find("objectives");
    const Json wanted = given == results.meta.end() ? Json() : Json::parse(given->second, nullptr, false);
    if (wanted.is_array())
        for (const Json& one : wanted) {
            if (one.is_string()) add(one.get<std::string>(), "");
            if (!one.is_object()) continue;
            std::string metric, goal;
            for (const char* key : {"metric", "name"}) metric = metric.empty() && one.contains(key) ? text_of(one[key]) : metric;
            for (const char* key : {"goal", "direction"}) goal = goal.empty() && one.contains(key) ? text_of(one[key]) : goal;
            add(metric, goal);
        }
    if (objectives.empty()) add("time_us", "min");
    if (objectives.empty() && !metrics.empty()) add(metrics[0]["name"].get<std::string>(), "");
    return objectives;
}

Json link_of(const std::string& record, const fs::path& folder, const fs::path& page_folder) {
    if (record.empty()) return nullptr;
    for (const fs::path& file : {folder / page_of_run(record), folder / record}) {
        std::error_code error;
        if (fs::is_regular_file(file, error))
            return fs::absolute(file).lexically_normal().lexically_relative(fs::absolute(page_folder).lexically_normal()).generic_string();
    }
    return nullptr;
}

// Of each point: { anchor: {name, mm2}, parts: {name: [at low, mm2, at high]} }, as the runs of the point agree.
Json areas_of(const Results& results) {
    std::map<Json, std::string> point_of;
    for (const Results::Row& run : results.runs) point_of[cell(run, "run")] = text_of(cell(run, "point"));
    Json areas = Json::object();
    for (const Results::Row& row : results.areas) {
        const auto point = point_of.find(cell(row, "run"));
        if (point == point_of.end() || !cell(row, "at_low").is_number() || !cell(row, "mm2").is_number() || !cell(row, "at_high").is_number()) continue;
        Json& area = areas[point->second];
        const std::string part = text_of(cell(row, "part"));
        if (part == "anchor") area["anchor"] = {{"name", text_of(cell(row, "anchor"))}, {"mm2", cell(row, "mm2")}};
        else area["parts"][part] = {cell(row, "at_low"), cell(row, "mm2"), cell(row, "at_high")};
    }
    return areas;
}

} // namespace

fs::path page_of_run(const std::string& record) {
    const fs::path path = record;
    return path.filename() == "run.json" ? path.parent_path() / "report.html" : fs::path(path).replace_extension(".html");
}

Json sweep_page(const Results& results, const fs::path& folder, const fs::path& page_folder) {
    Json page = {{"kind", "sweep"}, {"meta", Json::object()}, {"axes", Json::array()}};
    for (const auto& [key, value] : results.meta)
        if (key != "objectives") page["meta"][key] = value;
    for (const Results::Row& axis : results.axes) page["axes"].push_back(axis_of(axis, results.runs));
    page["metrics"] = metrics_of(results);
    page["objectives"] = objectives_of(results, page["metrics"]);
    if (Json areas = areas_of(results); !areas.empty()) page["areas"] = std::move(areas);

    std::vector<std::string> columns{"run", "workload", "seed", "point", "is_base", "status", "error", "record"};
    for (const Json& axis : page["axes"]) columns.push_back(axis["name"]);
    for (const Json& metric : page["metrics"]) columns.push_back(metric["name"]);
    Json runs = Json::object();
    for (const std::string& column : columns) runs[column] = Json::array();
    for (const char* column : {"link", "bound", "verdict"}) runs[column] = Json::array();
    for (const Results::Row& run : results.runs) {
        for (const std::string& column : columns) runs[column].push_back(cell(run, column));
        const Bottleneck found = bottleneck(Json(run));
        const bool known = found.kind != Bottleneck::Kind::Unknown;
        runs["bound"].push_back(known ? Json(found.name()) : Json());
        runs["verdict"].push_back(known ? Json(found.text()) : Json());
        runs["link"].push_back(link_of(text_of(cell(run, "record")), folder, page_folder));
    }
    page["runs"] = std::move(runs);
    const auto name = results.meta.find("name");
    page["title"] = name == results.meta.end() || name->second.empty() ? "Sweep" : name->second;
    return page;
}

} // namespace heddle::report
