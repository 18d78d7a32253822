#include "sim/power/energy_model.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {

// A module of 10 W board, 2 SMs of 1 W leakage and 100 pJ a cycle, one slice of 1 W and 50 pJ, one channel of 2 W; 1 GHz is the highest clock.
PowerConfig small_module() {
    PowerConfig c;
    c.enabled = true;
    c.board = 10;
    c.sm_static = c.l2_static = 1;
    c.dram_static = 2;
    c.sm_clock = 100;
    c.l2_clock = 50;
    c.voltage = {1'000'000'000, 0.5, 1.25};
    return c;
}

EnergyEvents one_second(Hertz clock = 1'000'000'000) {
    EnergyEvents e;
    e.seconds = 1;
    e.sm_clock = e.l2_clock = clock;
    e.sms = 2;
    e.l2_slices = e.dram_channels = 1;
    return e;
}

} // namespace

TEST_CASE("voltage stays at its floor up to the knee and rises straight to the highest clock") {
    const VfCurve curve{2'000'000'000, 0.75, 1.25};
    CHECK(curve.relative_voltage(100'000'000) == Approx(0.8));
    CHECK(curve.relative_voltage(1'500'000'000) == Approx(0.8));
    CHECK(curve.relative_voltage(1'750'000'000) == Approx(0.9));
    CHECK(curve.relative_voltage(2'000'000'000) == Approx(1));
}

TEST_CASE("a GPU that does nothing draws board, leakage, clocks and standby") {
    const Energy e = energy_of(one_second(), small_module());
    CHECK(e.board == Approx(10));
    CHECK(e.static_core == Approx(3));
    CHECK(e.clock == Approx(2 * 0.1 + 0.05)); // 100 pJ at 1 GHz are 0.1 W
    CHECK(e.dram_standby == Approx(2));
    CHECK(e.joules() == Approx(15.25));
}

TEST_CASE("leakage goes with voltage, clocks with its square and frequency, board and DRAM with neither") {
    const Energy e = energy_of(one_second(500'000'000), small_module()); // at the floor: 0.8
    CHECK(e.static_core == Approx(3 * 0.8));
    CHECK(e.clock == Approx(0.5 * 0.25 * 0.64));
    CHECK(e.board + e.dram_standby == Approx(12));
}

TEST_CASE("every event costs its energy, core events with the square of voltage, and each part is in the sum once") {
    PowerConfig c = small_module();
    c.events.instruction = 100;
    c.events.fma_lane = 5;
    c.events.tensor_f16 = 2;
    c.events.shared_wavefront = 300;
    c.events.l1_sector = 200;
    c.events.l2_read_sector = 1000;
    c.events.dram_sector = 1500;
    c.events.dram_activate = 6000;
    for (const Hertz clock : {Hertz{1'000'000'000}, Hertz{500'000'000}}) {
        EnergyEvents e = one_second(clock);
        const double idle = energy_of(e, c).joules(), core = clock == 1'000'000'000 ? 1 : 0.64;
        e.lanes = 16;
        e.instructions = 1'000'000'000;
        e.fma = 500'000'000;
        e.tensor_f16 = 4'000'000'000;
        e.shared_wavefronts = 10'000'000;
        e.l1_sectors = 20'000'000;
        e.l2_read_sectors = 30'000'000;
        e.dram_sectors = 40'000'000;
        e.dram_activates = 1'000'000;
        const Energy out = energy_of(e, c);
        CHECK(out.instructions == Approx(0.1 * core));
        CHECK(out.fma == Approx(0.04 * core)); // 16 lanes of 5 pJ
        CHECK(out.tensor == Approx(0.008 * core));
        CHECK(out.shared_memory == Approx(0.003 * core));
        CHECK(out.l1 == Approx(0.004 * core));
        CHECK(out.l2 == Approx(0.03 * core));
        CHECK(out.dram == Approx(0.066));
        CHECK(out.joules() == Approx(idle + core * (0.1 + 0.04 + 0.008 + 0.003 + 0.004 + 0.03) + 0.066));
    }
}
