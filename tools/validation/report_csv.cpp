#include "tools/csv_field.hpp"
#include "tools/validation/report.hpp"

#include <fmt/format.h>

namespace heddle::validation {

std::string csv_report(const Comparison& comparison) {
    std::string out = "case,group,metric,unit,measured,simulated,error,error_unit,use,excluded,device,origin,spread,note,workload,run_hash\n";
    for (const ComparedCase& c : comparison.cases)
        out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", csv_field(c.name), csv_field(c.group), csv_field(c.metric), csv_field(c.unit),
                           c.measured_known ? fmt::format("{:.8g}", c.measured) : "", c.simulated_known ? fmt::format("{:.8g}", c.simulated) : "",
                           c.excluded.empty() ? fmt::format("{:.3f}", c.error()) : "", c.scale == Scale::Points ? "points" : "%", c.use == Use::Fitted ? "fitted" : "held_out",
                           csv_field(c.excluded), csv_field(c.device), csv_field(c.origin), csv_field(c.spread), csv_field(c.note), csv_field(c.workload), c.run_hash);
    return out;
}

} // namespace heddle::validation
