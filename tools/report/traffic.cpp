#include "tools/report/traffic.hpp"

#include <initializer_list>
#include <optional>

namespace heddle::report {

namespace {

using Json = nlohmann::json;
constexpr double kSectorBytes = 32; // and a DRAM atom's

// The sum of the counters `prefix + name`, empty if there is none of them.
std::optional<double> sum(const Json& counters, const std::string& prefix, std::initializer_list<const char*> names) {
    std::optional<double> total;
    for (const char* name : names)
        if (const auto at = counters.find(prefix + name); at != counters.end() && at->is_number())
            total = total.value_or(0) + at->get<double>();
    return total;
}

void put(Json& out, const char* name, std::optional<double> value, double scale = 1) {
    if (value) out[name] = *value * scale;
}

} // namespace

Json traffic(const Json& counters) {
    Json out = Json::object();
    if (!counters.is_object()) return out;
    const std::string l1 = "gpu.sm.l1_cache.l1tex_t_", shared = "gpu.sm.shared_memory.shared_requests_", l2 = "gpu.l2.", dram = "gpu.dram.";
    put(out, "global_load", sum(counters, l1, {"requests_ld_global"}));
    put(out, "global_store", sum(counters, l1, {"requests_st_global"}));
    put(out, "local_load", sum(counters, l1, {"requests_ld_local"}));
    put(out, "local_store", sum(counters, l1, {"requests_st_local"}));
    put(out, "atomic", sum(counters, l1, {"requests_atom_global", "requests_red_global"}));
    put(out, "shared_load", sum(counters, shared, {"ld"}));
    put(out, "shared_store", sum(counters, shared, {"st"}));
    put(out, "shared_atomic", sum(counters, shared, {"atom"}));
    put(out, "texture", sum(counters, "gpu.sm.lsu.", {"texture_requests"}));
    put(out, "constant", sum(counters, "gpu.sm.constant_cache.", {"requests"}));
    put(out, "l2_to_l1", sum(counters, "gpu.sm.l1_cache.", {"l1tex_m_xbar2l1tex_read_sectors"}), kSectorBytes);
    put(out, "l1_to_l2", sum(counters, l1, {"sectors_st_global", "sectors_st_local", "sectors_atom_global", "sectors_red_global"}),
        kSectorBytes);
    put(out, "l2_far", sum(counters, l2, {"far_read_sectors"}), kSectorBytes);
    put(out, "dram_to_l2", sum(counters, dram, {"read_atoms"}), kSectorBytes);
    put(out, "l2_to_dram", sum(counters, dram, {"write_atoms"}), kSectorBytes);
    return out;
}

} // namespace heddle::report
