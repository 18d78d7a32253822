// What parts of a die take, and the die they were told apart on.
//
// Nobody outside the vendors knows what a block of these dies takes. Known is the die of a chip (`anchor`) and what is on it; how it
// divides is estimated, each constant with the range it may lie in. A GPU's die is that of its anchor plus what it has more and minus what
// it has less, so the ranges count for the difference alone: at the anchor the area is known.
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"

#include <string>

namespace heddle {

// A constant and the range it may lie in, mm2.
struct AreaRange {
    double value = 0, low = 0, high = 0;

    void describe(config::Section& s) {
        const config::Range range{0, 1e4};
        s.field("value", value, config::Unit::SquareMillimetres, range, "What is taken for it.");
        s.field("low", low, config::Unit::SquareMillimetres, range, "No smaller than this.");
        s.field("high", high, config::Unit::SquareMillimetres, range, "No larger than this.");
        s.check("value", [this] { return std::string{low <= value && value <= high ? "" : "must lie between low and high"}; });
    }
};

// What is on a die. Units and sub-cores are those of one SM.
struct AreaAmounts {
    double sms = 0, sub_cores = 0;
    double fp32_lanes = 0, integer_lanes = 0, fp64_lanes = 0; // results per cycle
    double tensor = 0;                                        // FP16 multiply-adds per cycle, or their equivalents
    double tensor_f64 = 0;                                    // FP64 multiply-adds per cycle of the tensor cores
    Bytes register_file = 0, l1 = 0;
    Bytes sm_port = 0; // bytes per cycle between SM and network, both directions together
    Bytes l2 = 0;
    double stacks = 0; // of 1024 data pins of HBM
    double nvlinks = 0;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("sms", sms, Unit::Count, {0, 1024}, "SMs, those switched off included.");
        s.field("sub_cores", sub_cores, Unit::Count, {0, 4}, "Sub-cores of an SM.");
        s.field("fp32_lanes", fp32_lanes, Unit::Count, {0, 65536}, "FP32 results of an SM per cycle.");
        s.field("integer_lanes", integer_lanes, Unit::Count, {0, 65536}, "Integer results of an SM per cycle.");
        s.field("fp64_lanes", fp64_lanes, Unit::Count, {0, 65536}, "FP64 results of an SM per cycle.");
        s.field("tensor", tensor, Unit::Count, {0, 1e6}, "FP16 multiply-adds of an SM's tensor cores per cycle.");
        s.field("tensor_f64", tensor_f64, Unit::Count, {0, 1e6}, "FP64 multiply-adds of an SM's tensor cores per cycle.");
        s.field("register_file", register_file, Unit::Bytes, {0, kGiB}, "Registers of an SM.");
        s.field("l1", l1, Unit::Bytes, {0, kGiB}, "L1 cache and shared memory of an SM.");
        s.field("sm_port", sm_port, Unit::BytesPerCycle, {0, 65536}, "Width between an SM and the network, both directions together.");
        s.field("l2", l2, Unit::Bytes, {0, kGiB}, "L2 cache.");
        s.field("stacks", stacks, Unit::Count, {0, 64}, "Stacks of HBM, 1024 data pins each.");
        s.field("nvlinks", nvlinks, Unit::Count, {0, 1024}, "NVLinks.");
    }
};

struct AreaConfig {
    struct Anchor {
        std::string name;
        double die = 0; // mm2
        AreaAmounts holds;

        void describe(config::Section& s) {
            s.field("name", name, "Chip whose die is known.");
            s.field("die", die, config::Unit::SquareMillimetres, {0, 1e4}, "Its area.");
            s.section("holds", holds, "What is on it.");
        }
    };

    bool enabled = false;
    double reticle = 858; // mm2
    double nvlinks = 0;
    Anchor anchor;
    AreaRange sm;       // with what the anchor's SM holds
    AreaRange sub_core; // scheduling, dispatch, operands, instruction caches
    AreaRange fp32_lane, integer_lane, fp64_lane;
    AreaRange tensor, tensor_f64; // a multiply-add per cycle
    AreaRange register_kib, l1_kib;
    AreaRange crossbar;                                   // for one SM's port, of the anchor's width
    double crossbar_growth = 1, crossbar_growth_high = 2; // exponent over ports
    AreaRange l2_mib;
    AreaRange hbm_phy, hbm_controller; // of a stack
    AreaRange nvlink;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("enabled", enabled, "Whether this GPU's areas are estimated; else runs have no area.");
        s.field("reticle", reticle, Unit::SquareMillimetres, {1, 1e5}, "Largest die that can be exposed at once.");
        s.field("nvlinks", nvlinks, Unit::Count, {0, 1024}, "NVLinks of this GPU's die.");
        s.section("anchor", anchor, "The die that areas are told from.");
        s.section("sm", sm, "An SM with what the anchor's holds.");
        s.section("sub_core", sub_core,
                  "A sub-core beside its registers and lanes: scheduler, dispatch, operand network, instruction cache.");
        s.section("fp32_lane", fp32_lane, "An FP32 result per cycle.");
        s.section("integer_lane", integer_lane, "An integer result per cycle.");
        s.section("fp64_lane", fp64_lane, "An FP64 result per cycle.");
        s.section("tensor", tensor, "An FP16 multiply-add per cycle of a tensor core, with the narrower types it serves.");
        s.section("tensor_f64", tensor_f64, "An FP64 multiply-add per cycle of a tensor core.");
        s.section("register_kib", register_kib, "1 KiB of registers.");
        s.section("l1_kib", l1_kib, "1 KiB of L1 cache and shared memory.");
        s.section("crossbar", crossbar, "Network for one SM with the anchor's port.");
        s.field("crossbar_growth", crossbar_growth, Unit::Ratio, {1, 3}, "Exponent of the network's area over its ports.");
        s.field("crossbar_growth_high", crossbar_growth_high, Unit::Ratio, {1, 3}, "No larger than this; no smaller than 1.");
        s.section("l2_mib", l2_mib, "1 MiB of L2 with its part of the slices.");
        s.section("hbm_phy", hbm_phy, "Pins and drivers of a stack of HBM.");
        s.section("hbm_controller", hbm_controller, "Memory controllers of a stack of HBM.");
        s.section("nvlink", nvlink, "An NVLink.");
        s.check("anchor.die", [this] { return fault(); });
        s.check("crossbar_growth",
                [this] { return std::string{crossbar_growth <= crossbar_growth_high ? "" : "must not exceed crossbar_growth_high"}; });
    }

    // Why these cannot be the parts of the anchor; empty if they can.
    std::string fault() const;
};

} // namespace heddle
