#include "tools/validation/report.hpp"

#include <fmt/format.h>

namespace heddle::validation {

namespace {

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

} // namespace

std::string csv_report(const Comparison& comparison) {
    std::string out = "case,group,metric,unit,measured,simulated,error,error_unit,use,excluded,device,origin,spread,note,workload,run_hash\n";
    for (const ComparedCase& c : comparison.cases)
        out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", field(c.name), field(c.group), field(c.metric), field(c.unit),
                           c.measured_known ? fmt::format("{:.8g}", c.measured) : "", c.simulated_known ? fmt::format("{:.8g}", c.simulated) : "",
                           c.excluded.empty() ? fmt::format("{:.3f}", c.error()) : "", c.scale == Scale::Points ? "points" : "%", c.use == Use::Fitted ? "fitted" : "held_out",
                           field(c.excluded), field(c.device), field(c.origin), field(c.spread), field(c.note), field(c.workload), c.run_hash);
    return out;
}

} // namespace heddle::validation
