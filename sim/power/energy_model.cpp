#include "sim/power/energy_model.hpp"

namespace heddle {

Energy energy_of(const EnergyEvents& e, const PowerConfig& config) {
    const double volts = config.voltage.relative_voltage(e.sm_clock);
    const EventEnergies& each = config.events;
    constexpr double kJoules = 1e-12; // a picojoule
    const double core = kJoules * volts * volts;
    const auto events = [](std::uint64_t count, double energy) { return static_cast<double>(count) * energy; };

    Energy out;
    out.board = config.board * e.seconds;
    out.static_core = (config.sm_static * e.sms + config.l2_static * e.l2_slices) * volts * e.seconds;
    out.clock = (config.sm_clock * e.sms * static_cast<double>(e.sm_clock) + config.l2_clock * e.l2_slices * static_cast<double>(e.l2_clock)) * core * e.seconds;
    out.dram_standby = config.dram_static * e.dram_channels * e.seconds;

    out.instructions = core * (events(e.instructions, each.instruction) + events(e.uniform, each.uniform_instruction));
    out.alu = core * e.lanes * events(e.alu, each.alu_lane);
    out.fma = core * e.lanes * events(e.fma, each.fma_lane);
    out.fp16 = core * e.lanes * events(e.fp16, each.fp16_lane);
    out.fp64 = core * e.lanes * events(e.fp64, each.fp64_lane);
    out.xu = core * e.lanes * events(e.xu, each.xu_lane);
    out.tensor = core * (events(e.tensor_f16, each.tensor_f16) + events(e.tensor_bf16, each.tensor_bf16) + events(e.tensor_tf32, each.tensor_tf32) +
                         events(e.tensor_f64, each.tensor_f64) + events(e.tensor_int8, each.tensor_int8) + events(e.tensor_fp8, each.tensor_fp8) +
                         events(e.tensor_int4, each.tensor_int4) + events(e.tensor_b1, each.tensor_b1));
    out.shared_memory = core * (events(e.shared_wavefronts, each.shared_wavefront) + events(e.shuffles, each.shuffle));
    out.l1 = core * events(e.l1_sectors, each.l1_sector);
    out.l2 = core * (events(e.l2_read_sectors, each.l2_read_sector) + events(e.l2_write_sectors, each.l2_write_sector) + events(e.l2_atomic_sectors, each.l2_atomic_sector));
    out.dram = kJoules * (events(e.dram_sectors, each.dram_sector) + events(e.dram_activates, each.dram_activate));
    return out;
}

Energy& Energy::operator+=(const Energy& other) {
    for (const EnergyPart& part : kEnergyParts) this->*part.joules += other.*part.joules;
    return *this;
}

} // namespace heddle
