// The energy of a span of time, from what happened in it.
//
// Hardware: the whole module, GPU and memory, as its power sensor sees it. Modelled: events times their energies, leakage, clock trees,
// standby, by part. The core rail's voltage follows the SM clock (VfCurve); L2 and the network are on that rail. The model reads finished
// counters and changes nothing: time does not depend on it. Not modelled: the values that move (arithmetic on zeros took half the power of
// arithmetic on random bits on an H200; energies are those of random bits), lanes by pipe (lanes are those of the average instruction),
// temperature, clock and power gating, the I-cache, copies over PCIe and NVLink, the governor that lowers clocks at the power limit.
// Sources: configs/power; validation/DEVIATIONS.md says how far off it is.
#pragma once

#include "sim/power/power_config.hpp"

#include <cstdint>

namespace heddle {

// What happened in a span, of the whole GPU.
struct EnergyEvents {
    double seconds = 0;
    Hertz sm_clock = 0, l2_clock = 0;
    std::uint32_t sms = 0, l2_slices = 0, dram_channels = 0;
    double lanes = 1; // active lanes of the average warp instruction, 0 to 32
    std::uint64_t instructions = 0, alu = 0, fma = 0, fp16 = 0, fp64 = 0, xu = 0, uniform = 0, shuffles = 0; // warp instructions
    std::uint64_t tensor_f16 = 0, tensor_bf16 = 0, tensor_tf32 = 0, tensor_f64 = 0, tensor_int8 = 0, tensor_fp8 = 0, tensor_int4 = 0, tensor_b1 = 0; // multiply-adds
    std::uint64_t shared_wavefronts = 0, l1_sectors = 0;
    std::uint64_t l2_read_sectors = 0, l2_write_sectors = 0, l2_atomic_sectors = 0;
    std::uint64_t dram_sectors = 0, dram_activates = 0;
};

// Joules by part.
struct Energy {
    double board = 0, static_core = 0, clock = 0, dram_standby = 0; // whatever happens
    double instructions = 0, alu = 0, fma = 0, fp16 = 0, fp64 = 0, xu = 0, tensor = 0, shared_memory = 0, l1 = 0, l2 = 0, dram = 0;

    double joules() const;
    Energy& operator+=(const Energy& other);
};

// The parts by their names in results, in the order of Energy.
enum class PartOf : std::uint8_t { Idle, Core, Dram }; // drawn whatever happens; what SMs, network and L2 do; what DRAM does
struct EnergyPart {
    const char* name;
    double Energy::*joules;
    PartOf of;
};
inline constexpr EnergyPart kEnergyParts[] = {
    {"board", &Energy::board, PartOf::Idle},
    {"static", &Energy::static_core, PartOf::Idle},
    {"clock", &Energy::clock, PartOf::Idle},
    {"dram_standby", &Energy::dram_standby, PartOf::Idle},
    {"instructions", &Energy::instructions, PartOf::Core},
    {"alu", &Energy::alu, PartOf::Core},
    {"fma", &Energy::fma, PartOf::Core},
    {"fp16", &Energy::fp16, PartOf::Core},
    {"fp64", &Energy::fp64, PartOf::Core},
    {"xu", &Energy::xu, PartOf::Core},
    {"tensor", &Energy::tensor, PartOf::Core},
    {"shared_memory", &Energy::shared_memory, PartOf::Core},
    {"l1", &Energy::l1, PartOf::Core},
    {"l2", &Energy::l2, PartOf::Core},
    {"dram", &Energy::dram, PartOf::Dram},
};

inline double Energy::joules() const {
    double sum = 0;
    for (const EnergyPart& part : kEnergyParts) sum += this->*part.joules;
    return sum;
}

Energy energy_of(const EnergyEvents& events, const PowerConfig& config);

} // namespace heddle
