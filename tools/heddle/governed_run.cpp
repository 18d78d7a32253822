#include "tools/heddle/governed_run.hpp"

#include "sim/gpu/energy.hpp"

#include <utility>

namespace heddle {

std::optional<ClockChoice> settle_clock(const GpuConfig& config, const std::function<std::optional<ClockTrial>(Hertz)>& run, const std::function<void(bool chosen)>& keep) {
    const GovernorConfig& governor = config.power.governor;
    if (!governor.settles()) return std::nullopt;
    ClockSearch search(config.power, governor, config.clocks.sm);
    while (const auto clock = search.next()) {
        const auto trial = run(*clock);
        if (!trial) return std::nullopt;
        search.tried(*trial);
        keep(search.chosen() + 1 == search.trials().size());
    }
    return choice_of(search, governor);
}

RunRecord run_governed(const GpuConfig& config, const std::function<RunRecord(const GpuConfig&)>& run) {
    if (!config.power.governor.settles()) return run(config);
    RunRecord latest, chosen;
    const auto run_at = [&](Hertz clock) -> std::optional<ClockTrial> {
        GpuConfig changed = config;
        changed.clocks.sm = clock;
        latest = run(changed);
        if (latest.kernels.empty()) return std::nullopt;
        return ClockTrial{clock, static_cast<double>(latest.end) / static_cast<double>(kFemtosecondsPerSecond), energy_of(latest).value_or(Energy{})};
    };
    auto choice = settle_clock(config, run_at, [&](bool is_chosen) {
        if (is_chosen) chosen = std::move(latest);
    });
    if (!choice) return latest;
    chosen.clock_choice = std::move(choice);
    return chosen;
}

} // namespace heddle
