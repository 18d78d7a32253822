#include "sim/gpu/die_area.hpp"

#include <algorithm>

namespace heddle {

namespace {

constexpr double kPinsPerStack = 1024;

double lanes_of(const SmConfig& sm, LatencyClass latency_class) {
    constexpr double kWarp = 32;
    return sm.sub_cores * kWarp / static_cast<double>(sm.latency[latency_class].interval);
}

// Multiply-adds of the array as if all were FP16: the narrower types split its multipliers, TF32 takes two.
double tensor_f16_equivalents(const TensorCoreConfig& tensor) {
    return std::max(
        {static_cast<double>(tensor.f16), 2.0 * tensor.tf32, tensor.s8 / 2.0, tensor.fp8 / 2.0, tensor.s4 / 4.0, tensor.b1 / 16.0});
}

// Two beats of every pin in a tick.
double data_pins(const DramConfig& dram) { return dram.peak_bytes_per_tick() * 8 / 2; }

} // namespace

AreaAmounts die_amounts(const GpuConfig& c) {
    AreaAmounts a;
    a.sms = c.sms();
    a.sub_cores = c.sm.sub_cores;
    a.fp32_lanes = lanes_of(c.sm, LatencyClass::Float);
    a.integer_lanes = lanes_of(c.sm, LatencyClass::Integer);
    a.fp64_lanes = lanes_of(c.sm, LatencyClass::Double);
    a.tensor = c.sm.sub_cores * tensor_f16_equivalents(c.sm.tensor_core);
    a.tensor_f64 = static_cast<double>(c.sm.sub_cores) * c.sm.tensor_core.f64;
    a.register_file = Bytes{4} * c.sm.limits.registers;
    a.l1 = c.sm.memory.l1_cache.unified_size;
    a.sm_port = c.noc.request.input_bytes_per_cycle + c.noc.reply.output_bytes_per_cycle;
    a.l2 = c.l2.size;
    const unsigned channels = c.address_map.slices / c.address_map.slices_per_channel;
    a.stacks = channels * data_pins(c.dram) / kPinsPerStack;
    a.nvlinks = c.area.nvlinks;
    return a;
}

std::optional<DieArea> die_area(const GpuConfig& config) {
    if (!config.area.enabled) return std::nullopt;
    return area_of(die_amounts(config), config.area);
}

} // namespace heddle
