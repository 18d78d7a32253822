#include "sim/sm/occupancy.hpp"

#include "sim/base/error.hpp"

#include <algorithm>

namespace heddle {

namespace {

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) { return (value + unit - 1) / unit * unit; }

[[noreturn]] void does_not_fit(const KernelLaunch& launch, std::string what) {
    throw UserError(Diagnostic{{}, 0, 0, fmt::format("kernel {} (number {}) can never run: {}", launch.name, launch.id, what),
                               "choose a GPU with larger limits or a smaller CTA"});
}

} // namespace

const char* name(Occupancy::Limit limit) {
    switch (limit) {
    case Occupancy::Limit::Warps: return "warps";
    case Occupancy::Limit::Ctas: return "ctas";
    case Occupancy::Limit::Registers: return "registers";
    case Occupancy::Limit::Shared: return "shared memory";
    case Occupancy::Limit::Barriers: return "barriers";
    }
    return "?";
}

Occupancy occupancy(const SmConfig& sm, const KernelLaunch& launch) {
    const SmLimitsConfig& limits = sm.limits;
    const std::uint64_t threads = launch.threads_per_cta();
    if (threads == 0 || launch.grid.volume() == 0) does_not_fit(launch, "its grid or block is empty");
    if (threads > limits.max_threads_per_cta)
        does_not_fit(launch, fmt::format("{} threads per CTA, at most {} allowed", threads, limits.max_threads_per_cta));
    const std::uint64_t warps_per_cta = launch.warps_per_cta();

    Occupancy result;
    const auto consider = [&](std::uint64_t ctas, Occupancy::Limit limit) {
        if (ctas < result.ctas) {
            result.ctas = static_cast<std::uint32_t>(ctas);
            result.limit = limit;
        }
    };
    result.ctas = static_cast<std::uint32_t>(limits.warps / warps_per_cta);
    if (result.ctas == 0) does_not_fit(launch, fmt::format("{} warps per CTA, an SM holds {}", warps_per_cta, limits.warps));
    consider(limits.ctas, Occupancy::Limit::Ctas);

    // Registers belong to warps and warps to sub-cores, each with its quarter of the file.
    if (launch.registers_per_thread > limits.max_registers_per_thread)
        does_not_fit(launch, fmt::format("{} registers per thread, at most {} allowed", launch.registers_per_thread, limits.max_registers_per_thread));
    const std::uint64_t per_warp = round_up(std::uint64_t{launch.registers_per_thread} * kLanes, limits.register_allocation_unit);
    result.registers_per_warp = static_cast<std::uint32_t>(per_warp);
    if (per_warp != 0) {
        const std::uint64_t per_sub_core = limits.registers / sm.sub_cores / per_warp;
        const std::uint64_t fitting = per_sub_core * sm.sub_cores / warps_per_cta;
        if (fitting == 0 || per_warp * round_up(warps_per_cta, sm.sub_cores) > limits.registers)
            does_not_fit(launch, fmt::format("its {} warps need {} registers each, an SM has {}", warps_per_cta, per_warp, limits.registers));
        consider(fitting, Occupancy::Limit::Registers);
    }

    if (limits.barriers_per_cta_slot != 0) consider(std::uint64_t{limits.barriers_per_cta_slot} * limits.ctas, Occupancy::Limit::Barriers);

    const Bytes largest = limits.shared_carve_outs.back();
    if (launch.shared_bytes > limits.max_shared_per_cta)
        does_not_fit(launch, fmt::format("{} bytes of shared memory per CTA, at most {} allowed", launch.shared_bytes, limits.max_shared_per_cta));
    result.shared_per_cta = round_up(launch.shared_bytes + limits.reserved_shared_per_cta, limits.shared_allocation_unit);
    if (result.shared_per_cta != 0) {
        const std::uint64_t fitting = largest / result.shared_per_cta;
        if (fitting == 0) does_not_fit(launch, fmt::format("{} bytes of shared memory per CTA, an SM has {}", result.shared_per_cta, largest));
        consider(fitting, Occupancy::Limit::Shared);
    }
    const Bytes needed = result.shared_per_cta * result.ctas;
    result.shared_carve_out = *std::find_if(limits.shared_carve_outs.begin(), limits.shared_carve_outs.end(),
                                            [&](Bytes size) { return size >= needed; });
    return result;
}

} // namespace heddle
