// How many CTAs of a kernel each resource of an SM would admit alone, for the occupancy section of a run's page.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace heddle::report {

// For one kernel of a run record: "warps", "ctas", "registers", "shared memory", "barriers" -> CTAs per SM, each as if the
// other resources were endless; a resource the kernel does not use is left out. `values` is the record's config.values.
// Empty if the record does not say what an SM holds.
std::map<std::string, std::uint32_t> occupancy_limits(const nlohmann::json& values, const nlohmann::json& kernel);

} // namespace heddle::report
