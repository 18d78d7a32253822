#include "tools/report/samples.hpp"

#include <algorithm>

namespace heddle::report {

namespace {

using Json = nlohmann::json;

const Json* list(const Json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto at = object.find(key);
    return at != object.end() && at->is_array() ? &*at : nullptr;
}

// Every `width` neighbours as their mean; null where none has a value.
Json joined(const Json& values, std::size_t width) {
    Json out = Json::array();
    for (std::size_t from = 0; from < values.size(); from += width) {
        double sum = 0;
        std::size_t count = 0;
        for (std::size_t at = from; at < std::min(from + width, values.size()); ++at)
            if (values[at].is_number()) {
                sum += values[at].get<double>();
                ++count;
            }
        out.push_back(count == 0 ? Json() : Json(sum / static_cast<double>(count)));
    }
    return out;
}

} // namespace

Json hottest(const Json& kernel, std::size_t most) {
    const Json* rows = list(kernel, "hot_instructions");
    if (rows == nullptr || rows->empty()) return nullptr;
    Json out = {{"rows", Json::array()}};
    double listed = 0;
    for (const Json& row : *rows) {
        if (!row.is_object() || !row.contains("samples") || !row["samples"].is_number()) continue;
        listed += row["samples"].get<double>();
        if (out["rows"].size() < most) out["rows"].push_back(row);
    }
    // Shares are of all instructions of the kernel; without their total, of those listed.
    const auto total = kernel.find("hot_instructions_total");
    const bool known = total != kernel.end() && total->is_object() && total->contains("samples") && (*total)["samples"].is_number();
    out["samples"] = known ? (*total)["samples"] : Json(listed);
    if (known && total->contains("instructions")) out["instructions"] = (*total)["instructions"];
    return out;
}

Json thinned(const Json& series, std::size_t most) {
    const Json* ends = list(series, "end_ns");
    const auto all = series.is_object() ? series.find("series") : series.end();
    if (ends == nullptr || !series.is_object() || all == series.end() || !all->is_object()) return nullptr;
    const std::size_t width = std::max<std::size_t>(1, (ends->size() + most - 1) / std::max<std::size_t>(most, 1));
    Json out = {{"end_ns", Json::array()}, {"series", Json::object()}};
    if (const auto interval = series.find("interval_ns"); interval != series.end() && interval->is_number()) out["interval_ns"] = interval->get<double>() * static_cast<double>(width);
    for (std::size_t from = 0; from < ends->size(); from += width) out["end_ns"].push_back((*ends)[std::min(from + width, ends->size()) - 1]);
    for (const auto& [name, one] : all->items())
        if (const Json* values = list(one, "values")) out["series"][name] = {{"unit", one.contains("unit") ? one["unit"] : Json("")}, {"values", joined(*values, width)}};
    return out;
}

} // namespace heddle::report
