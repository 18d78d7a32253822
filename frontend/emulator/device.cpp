#include "frontend/emulator/device.hpp"

#include <algorithm>

namespace heddle::emulator {

Device::Device(DeviceProperties properties) : properties_(std::move(properties)), memory_(properties_.memory_bytes), lane_level_(best_lane_level()) {}
Device::~Device() = default;

void Device::execute(const LaunchRequest& request) {
    const auto run = [this](const LaunchRequest& one) {
        Grid grid(*this, one);
        ++launches;
        grid.run();
    };
    run(request);
    for (auto children = device_launches.take(); !children.empty(); children = device_launches.take())
        for (const LaunchRequest& child : children) run(child);
}

std::size_t Device::most_resident() const { return std::size_t{properties_.sms} * properties_.ctas_per_sm; }

std::uint32_t Device::occupancy(const Function& function, std::uint32_t threads, Bytes dynamic_shared) const {
    const DeviceProperties& p = properties_;
    if (threads == 0 || threads > function.max_threads) return 0;
    const std::uint32_t warps = (threads + kLanes - 1) / kLanes;
    constexpr std::uint32_t kSubCores = 4, kRegisterUnit = 256, kSharedUnit = 128;
    const std::uint32_t registers_per_warp = (std::max(function.registers, 1U) * kLanes + kRegisterUnit - 1) / kRegisterUnit * kRegisterUnit;
    const std::uint32_t warps_by_registers = p.registers_per_sm / kSubCores / registers_per_warp * kSubCores;
    Bytes shared = function.static_shared + dynamic_shared;
    if (shared > p.shared_per_cta_optin) return 0;
    shared += p.reserved_shared;
    shared = (shared + kSharedUnit - 1) / kSharedUnit * kSharedUnit;
    std::uint64_t ctas = std::min<std::uint64_t>(p.ctas_per_sm, p.warps_per_sm / warps);
    ctas = std::min<std::uint64_t>(ctas, warps_by_registers / warps);
    if (shared != 0) ctas = std::min<std::uint64_t>(ctas, p.shared_per_sm / shared);
    return static_cast<std::uint32_t>(ctas);
}

} // namespace heddle::emulator
