// Energy of whole small GPUs.
#include <catch2/catch.hpp>

#include "sim/gpu/energy.hpp"
#include "tests/sim/gpu/mixed_workload.hpp"
#include "tests/sim/gpu/small_gpu.hpp"

using namespace heddle;

namespace {

RunRecord run_mixed(std::vector<std::string> overrides) {
    const MixedWorkload mixed;
    SyntheticWorkload workload = mixed.make(0);
    overrides.emplace_back("power.enabled=true");
    return simulate(small_gpu(overrides), workload, {});
}

} // namespace

TEST_CASE("without known energies a run has none", "[gpu]") {
    const RunRecord record = run_mixed({});
    RunRecord off = record; // as of a GPU without
    off.energy.power.enabled = false;
    CHECK_FALSE(energy_of(off));
    CHECK_FALSE(energy_of(off.kernels.front(), off.energy));
}

TEST_CASE("with nothing but a board the energy is its power times the duration, of kernels and of the run", "[gpu]") {
    const RunRecord record = run_mixed({"power.board=50 W"});
    const double seconds = static_cast<double>(record.end) / static_cast<double>(kFemtosecondsPerSecond);
    CHECK(energy_of(record)->joules() == Approx(50 * seconds));
    for (const KernelRecord& kernel : record.kernels)
        CHECK(energy_of(kernel, record.energy)->joules() == Approx(50 * static_cast<double>(kernel.end - kernel.start) / static_cast<double>(kFemtosecondsPerSecond)));
}

TEST_CASE("events of the counters each cost what is configured, and energy changes no result", "[gpu]") {
    const RunRecord record = run_mixed({"power.voltage.highest=100 MHz", "power.voltage.rise=1", "power.events.instruction=1 nJ", "power.events.dram_sector=2 nJ", "power.events.l1_sector=3 nJ"});
    const Energy e = *energy_of(record);
    CHECK(record.warp_instructions > 0);
    CHECK(e.instructions == Approx(1e-9 * static_cast<double>(record.warp_instructions)));
    CHECK(record.total["gpu.dram.read_atoms"] > 0);
    CHECK(e.dram == Approx(2e-9 * static_cast<double>(record.total["gpu.dram.read_atoms"] + record.total["gpu.dram.write_atoms"])));
    CHECK(e.l1 > 0);
    CHECK(e.joules() == Approx(e.instructions + e.dram + e.l1));
    CHECK(record.run_hash == run_mixed({}).run_hash);
}
