// Voltage of a clock domain over its frequency.
//
// Modelled: a floor, then a straight line: V = Vmin up to the knee, from there linear to Vmax at the highest clock. This is the form that
// measured power of V100, RTX 8000, RTX A4000 and RTX 3080 Ti over their clocks follows (knee at 0.68 to 0.80 of the highest clock, Vmax/Vmin
// 1.2 to 1.5). Voltages are relative to that at the highest clock, where energies are given. Beyond it the line goes on.
// Not modelled: the spread between chips, guard bands, regulators, temperature.
// Sources: fits of public sweeps of clocks (NV-DVFS-Benchmark, Kernel Tuner); the same form in Schoonhoven et al., PMBS'22.
#pragma once

#include "sim/base/units.hpp"
#include "sim/config/field.hpp"

namespace heddle {

struct VfCurve {
    Hertz highest = 1'980'000'000; // where voltage is 1
    double knee = 0.72;            // of `highest`
    double rise = 1.25;            // voltage at `highest` over the floor

    // Voltage at that clock over the voltage at `highest`.
    double relative_voltage(Hertz clock) const;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("highest", highest, Unit::Hertz, {1e6, 1e10}, "SM clock at which energies, static and clock power are given.");
        s.field("knee", knee, Unit::Ratio, {0.01, 0.99}, "Below this share of the highest clock voltage stays at its floor.");
        s.field("rise", rise, Unit::Ratio, {1, 3}, "Voltage at the highest clock over that of the floor.");
    }
};

} // namespace heddle
