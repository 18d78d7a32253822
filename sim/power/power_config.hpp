// Energies of what a GPU does, and what it draws without doing anything.
//
// Events are energies at the voltage of the highest SM clock. Those of the core rail (SMs, network, L2) go with the square of voltage, those
// of DRAM do not change with the SM clock. Lane energies are of one active lane, with its share of register file, operand network and
// result bus; `instruction` is what a warp instruction costs whatever it does: fetch, decode, scheduling.
#pragma once

#include "sim/config/field.hpp"
#include "sim/power/governor_config.hpp"
#include "sim/power/vf_curve.hpp"

namespace heddle {

struct EventEnergies { // pJ
    double instruction = 0;
    double alu_lane = 0, fma_lane = 0, fp16_lane = 0, fp64_lane = 0, xu_lane = 0;
    double uniform_instruction = 0, shuffle = 0;
    double tensor_f16 = 0, tensor_bf16 = 0, tensor_tf32 = 0, tensor_f64 = 0, tensor_int8 = 0, tensor_fp8 = 0, tensor_int4 = 0, tensor_b1 = 0; // a multiply-add
    double shared_wavefront = 0, l1_sector = 0;
    double l2_read_sector = 0, l2_write_sector = 0, l2_atomic_sector = 0;
    double dram_sector = 0, dram_activate = 0;

    void describe(config::Section& s) {
        using config::Unit;
        const config::Range range{0, 1e6};
        s.field("instruction", instruction, Unit::Picojoules, range, "A warp instruction, whatever it does: fetch, decode, scheduling.");
        s.field("alu_lane", alu_lane, Unit::Picojoules, range, "An active lane on the ALU pipe, register file included; so the next four.");
        s.field("fma_lane", fma_lane, Unit::Picojoules, range, "An active lane on the FMA pipe.");
        s.field("fp16_lane", fp16_lane, Unit::Picojoules, range, "An active lane on the FP16 pipe: two half-precision operations.");
        s.field("fp64_lane", fp64_lane, Unit::Picojoules, range, "An active lane on the FP64 pipe.");
        s.field("xu_lane", xu_lane, Unit::Picojoules, range, "An active lane on the XU pipe.");
        s.field("uniform_instruction", uniform_instruction, Unit::Picojoules, range, "An instruction of the uniform, address or control pipe, beyond `instruction`.");
        s.field("shuffle", shuffle, Unit::Picojoules, range, "A warp's shuffle.");
        s.field("tensor_f16", tensor_f16, Unit::Picojoules, range, "A multiply-add of tensor cores in FP16, operands included; so the next seven.");
        s.field("tensor_bf16", tensor_bf16, Unit::Picojoules, range, "In BF16.");
        s.field("tensor_tf32", tensor_tf32, Unit::Picojoules, range, "In TF32.");
        s.field("tensor_f64", tensor_f64, Unit::Picojoules, range, "In FP64.");
        s.field("tensor_int8", tensor_int8, Unit::Picojoules, range, "In INT8.");
        s.field("tensor_fp8", tensor_fp8, Unit::Picojoules, range, "In FP8.");
        s.field("tensor_int4", tensor_int4, Unit::Picojoules, range, "In INT4.");
        s.field("tensor_b1", tensor_b1, Unit::Picojoules, range, "On single bits.");
        s.field("shared_wavefront", shared_wavefront, Unit::Picojoules, range, "A wavefront of shared memory.");
        s.field("l1_sector", l1_sector, Unit::Picojoules, range, "A sector of 32 bytes looked up in L1.");
        s.field("l2_read_sector", l2_read_sector, Unit::Picojoules, range, "A sector read from L2, network included; so the next two.");
        s.field("l2_write_sector", l2_write_sector, Unit::Picojoules, range, "A sector written to L2.");
        s.field("l2_atomic_sector", l2_atomic_sector, Unit::Picojoules, range, "A sector of atomics or reductions at L2.");
        s.field("dram_sector", dram_sector, Unit::Picojoules, range, "32 bytes read from or written to DRAM, interface included.");
        s.field("dram_activate", dram_activate, Unit::Picojoules, range, "A row activated and precharged.");
    }
};

struct PowerConfig {
    bool enabled = false;
    double board = 0;                          // W
    double sm_static = 0, l2_static = 0;       // W, of an SM and of an L2 slice at the voltage of the highest clock
    double dram_static = 0;                    // W of a channel
    double sm_clock = 0, l2_clock = 0;         // pJ a cycle of an SM and of a slice
    double pue = 1.0;
    VfCurve voltage;
    EventEnergies events;
    GovernorConfig governor;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("enabled", enabled, "Whether this GPU's energies are known; else runs have no energy.");
        s.field("board", board, Unit::Watts, {0, 1e4}, "What the module draws whatever the clocks: regulators, links, the rest of the chip.");
        s.field("sm_static", sm_static, Unit::Watts, {0, 100}, "Leakage of an SM at the voltage of the highest clock; goes with voltage.");
        s.field("l2_static", l2_static, Unit::Watts, {0, 100}, "Leakage of an L2 slice and its part of the network, likewise.");
        s.field("dram_static", dram_static, Unit::Watts, {0, 100}, "Standby and refresh of a DRAM channel.");
        s.field("sm_clock", sm_clock, Unit::Picojoules, {0, 1e6}, "Clock tree of an SM, a cycle, also when no CTA is resident.");
        s.field("l2_clock", l2_clock, Unit::Picojoules, {0, 1e6}, "Clock tree of an L2 slice and its part of the network, a cycle.");
        s.field("pue", pue, Unit::Ratio, {1, 10}, "Power usage effectiveness of the data centre.");
        s.section("voltage", voltage, "Voltage of the core rail over the SM clock.");
        s.section("events", events, "Energies of events.");
        s.section("governor", governor, "Who chooses the SM clock.");
        s.check("governor.policy", [this] {
            const bool any = board > 0 || sm_static > 0 || dram_static > 0 || sm_clock > 0 || events.instruction > 0 || events.dram_sector > 0;
            const bool good = governor.policy == GovernorPolicy::None || (enabled && any);
            return std::string{good ? "" : enabled ? "needs energies that are not all 0" : "needs a GPU whose energies are known (power.enabled)"};
        });
        s.check("governor.cap", [this] { return std::string{enabled && governor.policy == GovernorPolicy::PowerCap && governor.cap <= 0 ? "power_cap needs a limit above 0 W" : ""}; });
        s.check("governor.interval", [this] {
            return std::string{governor.interval > 0 && (governor.policy == GovernorPolicy::LowestEnergy || governor.policy == GovernorPolicy::LowestEnergyDelay)
                                   ? "least energy is sought over whole runs: want 0 ns with this policy"
                                   : ""};
        });
        s.check("governor.interval", [this] { return std::string{governor.interval > 0 && governor.interval < 1000 ? "want 0 ns, or 1000 ns and more" : ""}; });
        s.check("governor.latency", [this] { return std::string{governor.latency > 0 && governor.latency < 1000 ? "want 0 ns, or 1000 ns and more" : ""}; });
        s.check("governor.most_slowdown", [this] { return std::string{governor.most_slowdown > 0 && governor.most_slowdown < 1 ? "want 0, or 1 and more" : ""}; });
    }
};

} // namespace heddle
