#include "tools/report/samples.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

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

std::size_t width_for(std::size_t intervals, std::size_t most) {
    return std::max<std::size_t>(1, (intervals + most - 1) / std::max<std::size_t>(most, 1));
}

// The end of every group of `width` intervals.
Json group_ends(const Json& ends, std::size_t width) {
    Json out = Json::array();
    for (std::size_t from = 0; from < ends.size(); from += width) out.push_back(ends[std::min(from + width, ends.size()) - 1]);
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
    const std::size_t width = width_for(ends->size(), most);
    Json out = {{"end_ns", group_ends(*ends, width)}, {"series", Json::object()}};
    if (const auto interval = series.find("interval_ns"); interval != series.end() && interval->is_number())
        out["interval_ns"] = interval->get<double>() * static_cast<double>(width);
    for (const auto& [name, one] : all->items())
        if (const Json* values = list(one, "values"))
            out["series"][name] = {{"unit", one.contains("unit") ? one["unit"] : Json("")}, {"values", joined(*values, width)}};
    return out;
}

Json by_sm(const Json& series, std::size_t most) {
    const Json* ends = list(series, "end_ns");
    const auto sms = series.is_object() ? series.find("sms") : series.end();
    const Json* rows = ends == nullptr || sms == series.end() ? nullptr : list(*sms, "warp_instructions");
    if (rows == nullptr || rows->empty() || rows->size() != ends->size()) return nullptr;
    const std::size_t width = width_for(rows->size(), most);
    Json out = {{"end_ns", group_ends(*ends, width)}, {"warp_instructions", Json::array()}};
    for (std::size_t from = 0; from < rows->size(); from += width) {
        std::vector<std::uint64_t> sums;
        for (std::size_t at = from; at < std::min(from + width, rows->size()); ++at) {
            const Json& row = (*rows)[at];
            if (!row.is_array()) return nullptr;
            sums.resize(std::max(sums.size(), row.size()));
            for (std::size_t sm = 0; sm < row.size(); ++sm)
                if (row[sm].is_number_unsigned()) sums[sm] += row[sm].get<std::uint64_t>();
        }
        out["warp_instructions"].push_back(sums);
    }
    return out;
}

} // namespace heddle::report
