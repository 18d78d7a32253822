#include "tools/report/run_page.hpp"

#include "tools/report/bottleneck.hpp"
#include "tools/report/metric_list.hpp"
#include "tools/report/occupancy_limits.hpp"
#include "tools/report/samples.hpp"
#include "tools/report/traffic.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace heddle::report {

namespace {

using Json = nlohmann::json;

Json member(const Json& object, const char* key, Json otherwise = nullptr) {
    const auto at = object.find(key);
    return at == object.end() ? std::move(otherwise) : *at;
}

// "8x8" from [8, 8, 1].
std::string extent(const Json& sizes) {
    std::string text;
    if (!sizes.is_array()) return text;
    std::size_t used = sizes.size();
    while (used > 1 && sizes[used - 1] == 1) --used;
    for (std::size_t at = 0; at < used; ++at) text += (at == 0 ? "" : "x") + sizes[at].dump();
    return text;
}

// Counters `prefix + NAME` as {NAME: value}, without zeros and without names that end in "_busy".
Json family(const Json& counters, const std::string& prefix) {
    Json out = Json::object();
    if (!counters.is_object()) return out;
    for (const auto& [name, value] : counters.items())
        if (name.starts_with(prefix) && !name.ends_with("_busy") && value.is_number() && value != 0)
            out[name.substr(prefix.size())] = value;
    return out;
}

Json without_zeros(const Json& shares) {
    Json out = Json::object();
    if (!shares.is_object()) return out;
    for (const auto& [reason, fraction] : shares.items())
        if (fraction.is_number() && fraction != 0) out[reason] = fraction;
    return out;
}

Json span_of(const Json& part, Json metrics) {
    const Json counters = member(part, "counters", Json::object());
    const Bottleneck found = bottleneck(metrics);
    return {{"m", std::move(metrics)},
            {"bound", found.name()},
            {"verdict", found.text()},
            {"slots", without_zeros(member(part, "stalls"))},
            {"states", without_zeros(member(part, "warp_states"))},
            {"pipes", family(counters, "gpu.sm.sub_core.inst_executed_pipe.")},
            {"traffic", traffic(counters)}};
}

Json kernel_of(const Json& kernel, const Json& values, Json metrics) {
    Json out = span_of(kernel, std::move(metrics));
    for (const char* key : {"id", "stream", "registers_per_thread", "shared_bytes", "ctas", "ctas_per_sm", "occupancy_limit", "overlapped",
                            "start_ns", "end_ns"})
        out[key] = member(kernel, key);
    out["name"] = member(kernel, "name", "");
    out["grid"] = extent(member(kernel, "grid"));
    out["block"] = extent(member(kernel, "block"));
    out["limits"] = occupancy_limits(values, kernel);
    return out;
}

double time_of(const Json& kernel) {
    const auto at = kernel.find("time_ns");
    return at != kernel.end() && at->is_number() ? at->get<double>() : 0;
}

// Joules of each part, where a run or kernel has them.
void add_energy(Json& span, const Json& of) {
    const auto energy = of.find("energy");
    if (energy == of.end() || !energy->is_object() || !energy->contains("breakdown") || !(*energy)["breakdown"].is_object()) return;
    for (const auto& [part, joules] : (*energy)["breakdown"].items())
        if (joules.is_number() && joules.get<double>() > 0) span["energy"][part] = joules;
}

// The die as the record has it, its parts without those of nothing.
void add_area(Json& out, const Json& record) {
    const Json area = member(record, "area", Json());
    if (!area.is_object() || !area.contains("breakdown") || !area["breakdown"].is_object()) return;
    for (const char* key : {"mm2", "low", "high", "anchor", "notes"}) out["area"][key] = member(area, key);
    out["area"]["parts"] = Json::object();
    for (const auto& [part, mm2] : area["breakdown"].items())
        if (mm2.is_number() && mm2.get<double>() > 0) out["area"]["parts"][part] = mm2;
}

// Places of the longest kernels, in launch order.
std::vector<std::size_t> longest(const Json& kernels, std::size_t most) {
    std::vector<std::size_t> places(kernels.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    if (places.size() <= most) return places;
    std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return time_of(kernels[a]) > time_of(kernels[b]); });
    places.resize(most);
    std::sort(places.begin(), places.end());
    return places;
}

Json run_of(const NamedRun& run, const RunPageOptions& options) {
    const Json& record = run.record;
    const Json config = member(record, "config", Json::object());
    const Json values = member(config, "values", Json::object());
    Json out = {{"file", run.file},
                {"workload", member(member(record, "trace", Json::object()), "description", "")},
                {"config_hash", member(config, "hash")}};
    for (const char* key : {"gpu", "heddle_version", "run_hash", "cache", "unmodelled", "anomalies", "assumptions", "sources", "host", "governor"})
        if (record.contains(key)) out[key] = record[key];
    out["overrides"] = Json::array();
    for (const Json& text : member(config, "read", Json::array()))
        if (text.is_string() && text.get<std::string>().starts_with("--set "))
            out["overrides"].push_back(text.get<std::string>().substr(6));
    RecordMetrics metrics = metrics_of_record(record);
    if (Json series = thinned(member(record, "time_series"), options.max_intervals); !series.is_null())
        out["time_series"] = std::move(series);
    if (Json sms = by_sm(member(record, "time_series"), options.max_sm_intervals); !sms.is_null()) out["sms"] = std::move(sms);
    out["total"] = span_of(record["total"], std::move(metrics.total));
    add_energy(out["total"], record["total"]);
    add_area(out, record);
    out["kernels"] = Json::array();
    const Json& kernels = record["kernels"];
    const std::vector<std::size_t> sampled = longest(kernels, options.max_hot_kernels);
    for (const std::size_t place : longest(kernels, options.max_kernels)) {
        Json kernel = kernel_of(kernels[place], values, std::move(metrics.kernels.at(place)));
        add_energy(kernel, kernels[place]);
        Json hot = hottest(kernels[place], options.max_hot_rows);
        if (!hot.is_null() && std::binary_search(sampled.begin(), sampled.end(), place)) kernel["hot"] = std::move(hot);
        out["kernels"].push_back(std::move(kernel));
    }
    out["left_out"] = kernels.size() - out["kernels"].size();
    return out;
}

// The n-th launch of a name in one run stands beside the n-th launch of that name in the other.
Json pairs_of(const Json& a, const Json& b) {
    std::map<std::string, std::vector<std::size_t>> places;
    for (std::size_t at = 0; at < b.size(); ++at) places[b[at]["name"].dump()].push_back(at);
    std::map<std::string, std::size_t> taken;
    Json pairs = Json::array();
    for (std::size_t at = 0; at < a.size(); ++at) {
        const std::string name = a[at]["name"].dump();
        const std::vector<std::size_t>& others = places[name];
        if (std::size_t& next = taken[name]; next < others.size()) pairs.push_back({at, others[next++]});
    }
    return pairs;
}

Json configuration(const std::vector<NamedRun>& runs) {
    std::map<std::string, std::vector<Json>> rows;
    for (std::size_t at = 0; at < runs.size(); ++at) {
        const Json values = member(member(runs[at].record, "config", Json::object()), "values", Json::object());
        for (const auto& [key, value] : values.items()) {
            rows[key].resize(runs.size());
            rows[key][at] = value;
        }
    }
    Json out = Json::array();
    for (const auto& [key, row] : rows) {
        Json line = {key};
        for (const Json& value : row) line.push_back(value);
        out.push_back(std::move(line));
    }
    return out;
}

} // namespace

Json run_page(const std::vector<NamedRun>& runs, const RunPageOptions& options) {
    Json page = {{"kind", "run"}, {"metrics", metric_list()}, {"runs", Json::array()}, {"config", configuration(runs)}};
    for (const NamedRun& run : runs) page["runs"].push_back(run_of(run, options));
    const auto text = [&](std::size_t at, const char* key) {
        const Json value = member(page["runs"][at], key, "");
        return value.is_string() ? value.get<std::string>() : std::string{};
    };
    std::string title = text(0, "workload") + " on " + text(0, "gpu");
    if (runs.size() == 2) {
        page["pairs"] = pairs_of(page["runs"][0]["kernels"], page["runs"][1]["kernels"]);
        if (text(0, "workload") == text(1, "workload"))
            title = text(0, "workload") + ": " +
                    (text(0, "gpu") == text(1, "gpu") ? "two runs on " + text(0, "gpu") : text(0, "gpu") + " and " + text(1, "gpu"));
        else title += " and " + text(1, "workload") + " on " + text(1, "gpu");
    }
    page["title"] = title;
    return page;
}

} // namespace heddle::report
