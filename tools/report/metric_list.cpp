#include "tools/report/metric_list.hpp"
#include <vector>
namespace heddle::report {
using Json = nlohmann::json;
Json metric_list() {
    return {{{"name","time_us"},{"unit","us"},{"definition","Duration."},{"better","lower"}},{{"name","cycles"},{"unit","cycles"},{"definition","SM cycles."},{"better","lower"}},
     {{"name","ipc"},{"unit",""},{"definition","Warp instructions per cycle."},{"better","higher"}},{{"name","occupancy_percent"},{"unit","%"},{"definition","Occupancy."},{"better","higher"}},
     {{"name","dram_utilization_percent"},{"unit","%"},{"definition","Achieved DRAM bandwidth over its peak."},{"better","higher"}}};
}
static Json span_metrics(const Json& p) {
    Json m;
    m["time_us"] = p["time_ns"].get<double>() / 1000;
    m["cycles"] = p["cycles"]; m["ipc"] = p["ipc"];
    m["occupancy_percent"] = p["occupancy"].is_number() ? Json(p["occupancy"].get<double>() * 100) : Json();
    m["resident_warps"] = p["resident_warps"];
    if (p["l1"]["hit_rate"].is_number()) m["l1_hit_rate_percent"] = p["l1"]["hit_rate"].get<double>() * 100;
    if (p["l2"]["hit_rate"].is_number()) m["l2_hit_rate_percent"] = p["l2"]["hit_rate"].get<double>() * 100;
    m["l2_utilization_percent"] = p["l2"]["percent_of_peak"];
    m["dram_utilization_percent"] = p["dram"]["percent_of_peak"];
    m["fp32_utilization_percent"] = p["flops"]["fp32"]["percent_of_peak"];
    m["fp64_utilization_percent"] = p["flops"]["fp64"]["percent_of_peak"];
    m["tensor_utilization_percent"] = p["flops"]["tensor"]["percent_of_peak"];
    if (p["stalls"].is_object()) m["issue_active_percent"] = p["stalls"]["issued"].get<double>() * 100;
    double ops = 0; for (auto& [k, f] : p["flops"].items()) ops += f["operations"].get<double>();
    double b = p["dram"]["read_bytes"].get<double>() + p["dram"]["write_bytes"].get<double>();
    if (b > 0) m["arithmetic_intensity_dram_flop_per_byte"] = ops / b;
    if (p["l2"]["bytes"].get<double>() > 0) m["arithmetic_intensity_l2_flop_per_byte"] = ops / p["l2"]["bytes"].get<double>();
    for (auto& [k, f] : p["stalls"].items()) if (k != "issued") m["stall_" + k + "_percent"] = f.get<double>() * 100;
    return m;
}
std::string better(const std::string& n) { return n == "time_us" || n == "cycles" ? "lower" : n.starts_with("stall_") ? "" : "higher"; }
RecordMetrics metrics_of_record(const Json& r) {
    RecordMetrics out{span_metrics(r["total"]), {}};
    for (auto& k : r["kernels"]) out.kernels.push_back(span_metrics(k));
    return out;
}
}
