// Small GPUs made from the shipped ones by overrides, and kernels for them.
#pragma once

#include "frontend/synthetic/program.hpp"
#include "sim/config/configuration.hpp"
#include "sim/gpu/gpu.hpp"

#include <filesystem>

namespace heddle {

// An A100 of two GPCs of 3 and 2 SMs, 4 L2 slices and 2 channels. Overrides come after those.
inline GpuConfig small_gpu(const std::vector<std::string>& overrides = {}) {
    std::vector<std::string> all{
        "sms_per_gpc=[3, 2]",       "address_map.slices=4", "address_map.memory_controllers=2", "address_map.slices_per_channel=2",
        "address_map.partitions=1", "l2.size=1 MiB",        "host.launch_latency=100 ns", "host.completion_latency=0 ns"};
    all.insert(all.end(), overrides.begin(), overrides.end());
    GpuConfig config;
    config::load(config, std::filesystem::path(HEDDLE_SOURCE_DIR) / "configs/gpu/a100_sxm_80gb.yaml", all);
    return config;
}

inline RunRecord simulate(const GpuConfig& config, SyntheticWorkload& workload, GpuRunOptions options = {}) {
    Gpu gpu(config);
    return gpu.run(workload, options);
}

} // namespace heddle
