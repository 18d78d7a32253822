#include "tools/report/occupancy_limits.hpp"

#include "sim/base/error.hpp"
#include "sim/config/configuration.hpp"
#include "sim/sm/occupancy.hpp"

#include <optional>
#include <utility>

namespace heddle::report {

namespace {

constexpr std::uint32_t kEndless = 1U << 20;

// The part of an SM's description that decides occupancy, from the texts of a run record.
std::optional<SmConfig> sm_of(const nlohmann::json& values) {
    SmConfig sm;
    config::Section section = config::describe(sm);
    std::vector<std::string> overrides;
    if (!values.is_object()) return std::nullopt;
    for (const auto& [key, value] : values.items())
        if ((key.starts_with("sm.limits.") || key == "sm.sub_cores") && value.is_string())
            overrides.push_back(key.substr(3) + "=" + value.get<std::string>());
    if (overrides.empty()) return std::nullopt;
    try {
        config::load_overrides(section, overrides);
    } catch (const UserError&) { // a record of another version, with other keys
        return std::nullopt;
    }
    return sm;
}

SmLimitsConfig endless(SmLimitsConfig limits) {
    limits.warps = limits.ctas = kEndless;
    limits.registers = kEndless * 64;
    limits.max_registers_per_thread = limits.max_threads_per_cta = kEndless;
    limits.shared_carve_outs = {Bytes{kEndless} * kEndless};
    limits.max_shared_per_cta = limits.shared_carve_outs.back();
    limits.barriers_per_cta_slot = 0;
    return limits;
}

std::uint32_t component(const nlohmann::json& list, std::size_t at) {
    return list.is_array() && at < list.size() && list[at].is_number_unsigned() ? list[at].get<std::uint32_t>() : 1;
}

} // namespace

std::map<std::string, std::uint32_t> occupancy_limits(const nlohmann::json& values, const nlohmann::json& kernel) {
    std::map<std::string, std::uint32_t> limits;
    const std::optional<SmConfig> sm = sm_of(values);
    if (!sm || !kernel.contains("block")) return limits;
    KernelLaunch launch;
    launch.name = "kernel";
    launch.grid = {1, 1, 1};
    launch.block = {component(kernel["block"], 0), component(kernel["block"], 1), component(kernel["block"], 2)};
    launch.registers_per_thread = kernel.value("registers_per_thread", 0U);
    launch.shared_bytes = kernel.value("shared_bytes", Bytes{0});
    const auto alone = [&](const char* resource, auto&& restore) {
        SmConfig one = *sm;
        one.limits = endless(sm->limits);
        restore(one.limits);
        try {
            const std::uint32_t ctas = occupancy(one, launch).ctas;
            if (ctas < kEndless / 64) limits[resource] = ctas;
        } catch (const UserError&) {
            limits[resource] = 0;
        }
    };
    const SmLimitsConfig& real = sm->limits;
    alone("warps", [&](SmLimitsConfig& l) { l.warps = real.warps; });
    alone("ctas", [&](SmLimitsConfig& l) { l.ctas = real.ctas; });
    if (launch.registers_per_thread > 0) alone("registers", [&](SmLimitsConfig& l) { l.registers = real.registers; });
    alone("shared memory", [&](SmLimitsConfig& l) { l.shared_carve_outs = real.shared_carve_outs; });
    return limits;
}

} // namespace heddle::report
