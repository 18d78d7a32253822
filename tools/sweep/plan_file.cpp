#include "tools/sweep/plan_file.hpp"

#include "sim/base/error.hpp"
#include "tools/common/read_file.hpp"
#include "tools/sweep/collect.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace heddle::sweep {

namespace {

using Json = nlohmann::ordered_json;

// Members of plan.json, with the place in the error when one is not as it should be.
class Reader {
  public:
    explicit Reader(std::string file) : file_(std::move(file)) {}

    [[noreturn]] void refuse(const std::string& what) const {
        fail_at(file_, 0, 0, what, "heddle sweep writes this file; run it again with its sweep file");
    }
    const Json& member(const Json& object, const std::string& where, const char* key) const {
        if (!object.is_object() || !object.contains(key)) refuse(fmt::format("has no {}{}", where, key));
        return object.at(key);
    }
    std::string text(const Json& object, const std::string& where, const char* key) const {
        const Json& found = member(object, where, key);
        if (!found.is_string()) refuse(fmt::format("{}{} is not text", where, key));
        return found.get<std::string>();
    }
    std::int64_t integer(const Json& object, const std::string& where, const char* key) const {
        const Json& found = member(object, where, key);
        if (!found.is_number_integer()) refuse(fmt::format("{}{} is not a whole number", where, key));
        return found.get<std::int64_t>();
    }
    const Json& array(const Json& object, const char* key) const {
        const Json& found = member(object, "", key);
        if (!found.is_array()) refuse(fmt::format("{} is not a list", key));
        return found;
    }

    PlannedAxis axis(const Json& from, const std::string& where) const {
        PlannedAxis axis;
        axis.name = text(from, where, "name");
        axis.label = text(from, where, "label");
        axis.unit = text(from, where, "unit");
        const std::string kind = text(from, where, "kind");
        if (kind != "number" && kind != "text") refuse(fmt::format("{}kind is neither number nor text", where));
        axis.number = kind == "number";
        axis.key = text(from, where, "key");
        axis.base_value = member(from, where, "base_value");
        return axis;
    }

    PlannedRun run(const Json& from, const std::string& where, const std::vector<PlannedAxis>& axes) const {
        PlannedRun run;
        run.run = integer(from, where, "run");
        run.key = text(from, where, "key");
        const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
        if (run.key.size() != 32 || !std::all_of(run.key.begin(), run.key.end(), hex))
            refuse(fmt::format("{}key is not 32 hexadecimal digits", where));
        run.workload = text(from, where, "workload");
        run.seed = integer(from, where, "seed");
        run.point = integer(from, where, "point");
        const Json& base = member(from, where, "is_base");
        if (!base.is_boolean()) refuse(fmt::format("{}is_base is neither true nor false", where));
        run.is_base = base.get<bool>();
        const Json& values = member(from, where, "axes");
        if (!values.is_object()) refuse(fmt::format("{}axes is not an object", where));
        for (const PlannedAxis& axis : axes) {
            const auto found = values.find(axis.name);
            run.axes.push_back(found == values.end() ? nlohmann::json() : nlohmann::json(*found));
            if (axis.number && !run.axes.back().is_number() && !run.axes.back().is_null())
                refuse(fmt::format("{}axes.{} is not a number", where, axis.name));
        }
        return run;
    }

  private:
    std::string file_;
};

} // namespace

PlanFile read_plan(const std::filesystem::path& out_folder) {
    const std::filesystem::path file = out_folder / "plan.json";
    const Reader reader(file.string());
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error))
        fail_at(out_folder.string(), 0, 0, "holds no sweep: there is no plan.json", "heddle sweep FILE --out FOLDER makes one");
    const Json json = Json::parse(read_whole_file(file), nullptr, false);
    if (json.is_discarded()) reader.refuse("is not JSON");
    if (reader.integer(json, "", "format") != 1) reader.refuse("is of another format than 1");

    PlanFile plan;
    plan.name = reader.text(json, "", "name");
    plan.description = reader.text(json, "", "description");
    plan.sweep_file = reader.text(json, "", "sweep_file");
    plan.base_gpu = reader.text(json, "", "base_gpu");
    plan.heddle_version = reader.text(json, "", "heddle_version");
    plan.objectives = reader.array(json, "objectives");
    std::set<std::string> names;
    for (const Json& from : reader.array(json, "axes")) {
        plan.axes.push_back(reader.axis(from, fmt::format("axes[{}].", plan.axes.size())));
        const std::string& name = plan.axes.back().name;
        if (is_results_column(name)) reader.refuse(fmt::format("axis '{}' has the name of a column of the results", name));
        if (!names.insert(lower_case(name)).second) reader.refuse(fmt::format("axis '{}' is there twice", name));
    }
    for (const Json& from : reader.array(json, "runs"))
        plan.runs.push_back(reader.run(from, fmt::format("runs[{}].", plan.runs.size()), plan.axes));
    std::stable_sort(plan.runs.begin(), plan.runs.end(), [](const PlannedRun& a, const PlannedRun& b) { return a.run < b.run; });
    for (std::size_t i = 1; i < plan.runs.size(); ++i)
        if (plan.runs[i].run == plan.runs[i - 1].run) reader.refuse(fmt::format("run {} is there twice", plan.runs[i].run));
    return plan;
}

std::filesystem::path store_folder(const std::string& key) { return std::filesystem::path("store") / key.substr(0, 2) / key; }

} // namespace heddle::sweep
