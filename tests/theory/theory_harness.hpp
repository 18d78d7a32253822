// Whole modelled GPUs under kernels whose time can be worked out by hand.
#pragma once

#include "frontend/synthetic/program.hpp"
#include "sim/config/configuration.hpp"
#include "sim/gpu/gpu.hpp"

#include <filesystem>
#include <fmt/format.h>

namespace heddle {

inline GpuConfig load_gpu(const std::string& name, const std::vector<std::string>& overrides = {}) {
    GpuConfig config;
    config::load(config, std::filesystem::path(HEDDLE_SOURCE_DIR) / "configs/gpu" / (name + ".yaml"), overrides);
    return config;
}

// The same GPU cut down to two SMs and eight L2 slices: latencies of a single warp are the same, runs much shorter.
inline GpuConfig load_small_gpu(const std::string& name, std::vector<std::string> overrides = {}) {
    const GpuConfig whole = load_gpu(name);
    for (const std::string& cut : {std::string("sms_per_gpc=[1, 1]"), std::string("address_map.slices=8"), std::string("address_map.memory_controllers=2"),
                                   fmt::format("l2.size={} B", whole.l2.size / whole.address_map.slices * 8)})
        overrides.push_back(cut);
    return load_gpu(name, overrides);
}

inline RunRecord simulate(const GpuConfig& config, SyntheticWorkload& workload, GpuRunOptions options = {}) {
    Gpu gpu(config);
    return gpu.run(workload, options);
}

// A pointer chase of one lane: `steps` dependent 64-bit loads from the lines at next(step). Returns the average
// cycles per load of the second half of the chase.
template <class Next> double chase(const GpuConfig& config, unsigned steps, Next next, GpuRunOptions options = {}) {
    const auto cycles_of = [&](unsigned count) {
        Program program("chase", 90);
        const auto& load = program.row("LDG.E.64", {4}, {4});
        const auto& exit = program.row("EXIT", {}, {});
        SyntheticWorkload workload;
        workload.add_kernel(program, {.ctas = 1, .threads = 32}, [&](std::uint64_t, std::uint32_t, WarpCode& warp) {
            for (unsigned i = 0; i < count; ++i) warp.add_list(load, {next(i)}, 1);
            warp.add(exit);
        });
        return simulate(config, workload, options).kernels[0].cycles;
    };
    return static_cast<double>(cycles_of(steps) - cycles_of(steps / 2)) / (steps - steps / 2);
}

} // namespace heddle
