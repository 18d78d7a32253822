#include "tools/heddle/device_properties.hpp"

#include <algorithm>

namespace heddle {

emulator::DeviceProperties device_properties(const GpuConfig& c) {
    emulator::DeviceProperties p;
    p.name = c.name;
    const auto dot = c.compute_capability.find('.');
    p.architecture = static_cast<unsigned>(std::stoul(c.compute_capability.substr(0, dot)) * 10 +
                                           (dot == std::string::npos ? 0 : std::stoul(c.compute_capability.substr(dot + 1))));
    p.sms = c.sms();
    p.warps_per_sm = c.sm.limits.warps;
    p.ctas_per_sm = c.sm.limits.ctas;
    p.registers_per_sm = c.sm.limits.registers;
    p.shared_per_sm = c.sm.limits.shared_carve_outs.back();
    p.shared_per_cta_optin = c.sm.limits.max_shared_per_cta;
    p.reserved_shared = c.sm.limits.reserved_shared_per_cta;
    p.l2_bytes = c.l2.size;
    const unsigned channels = std::max(1U, c.address_map.slices / std::max(1U, c.address_map.slices_per_channel));
    p.memory_bytes = c.dram.organisation.capacity() * channels;
    p.sm_clock_hz = c.clocks.sm;
    p.memory_clock_hz = c.clocks.dram;
    p.memory_bus_bits = static_cast<std::uint32_t>(c.dram.peak_bytes_per_tick() * channels * 4); // double data rate, 8 bits a byte
    return p;
}

} // namespace heddle
