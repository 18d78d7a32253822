// Areas of the shipped GPUs, and of what sweeps make of them.
#include "sim/base/error.hpp"
#include "sim/gpu/die_area.hpp"
#include "tests/sim/gpu/mixed_workload.hpp"
#include "tests/sim/gpu/small_gpu.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {

GpuConfig shipped(const std::string& name, const std::vector<std::string>& overrides = {}) {
    GpuConfig config;
    config::load(config, std::filesystem::path(HEDDLE_SOURCE_DIR) / "configs/gpu" / (name + ".yaml"), overrides);
    return config;
}

DieArea area(const std::string& name, const std::vector<std::string>& overrides = {}) { return *die_area(shipped(name, overrides)); }

const std::vector<std::string> kWholeGa100{"sms_per_gpc=[16, 16, 16, 16, 16, 16, 16, 16]", "address_map.slices=96",
                                           "address_map.memory_controllers=12", "l2.size=48 MiB"};
const std::vector<std::string> kWholeGh100{"sms_per_gpc=[18, 18, 18, 18, 18, 18, 18, 18]"};

std::string refusal(const std::vector<std::string>& overrides) {
    try {
        (void)shipped("h200_sxm", overrides);
    } catch (const UserError& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST_CASE("the whole chips are their anchors, in every amount", "[gpu]") {
    for (const auto& [gpu, overrides, die] :
         {std::tuple{"a100_sxm_80gb", kWholeGa100, 826.0}, std::tuple{"h200_sxm", kWholeGh100, 814.0}}) {
        INFO(gpu);
        const DieArea whole = area(gpu, overrides);
        CHECK(whole.mm2 == Approx(die));
        CHECK(whole.low == Approx(die));
        CHECK(whole.high == Approx(die));
        for (const auto& term : whole.from_anchor) {
            INFO(term.name);
            CHECK(term.mm2 == Approx(0).margin(1e-9));
        }
    }
}

TEST_CASE("blocks are those of the die photograph of GA100, and what is left over is small", "[gpu]") {
    const DieArea whole = area("a100_sxm_80gb", kWholeGa100);
    std::map<std::string, double> parts;
    for (const auto& part : whole.breakdown) parts[part.name] = part.mm2;
    double sms = 0;
    for (const char* name : {"control", "fp32", "integer", "fp64", "tensor", "tensor_f64", "register_file", "l1", "sm_rest"})
        sms += parts.at(name);
    CHECK(sms == Approx(476.3).epsilon(0.002));
    CHECK(parts.at("crossbar") == Approx(76.4).epsilon(0.002));
    CHECK(parts.at("l2") == Approx(119.3).epsilon(0.002));
    CHECK(parts.at("hbm_phy") == Approx(58).epsilon(0.002));
    CHECK(parts.at("hbm_controller") == Approx(31.8).epsilon(0.002));
    CHECK(parts.at("nvlink") == Approx(21));
    CHECK(parts.at("rest") == Approx(43.3).epsilon(0.02));
}

TEST_CASE("GA100's SM scaled to 4N and to what GH100's holds is what the rest of GH100's die leaves for an SM", "[gpu]") {
    const AreaConfig ga = shipped("a100_sxm_80gb").area, gh = shipped("h200_sxm").area;
    const AreaAmounts& a = ga.anchor.holds;
    const AreaAmounts& h = gh.anchor.holds;
    constexpr double kLogic = 0.667, kSram = 0.735;
    const auto kib = [](Bytes bytes) { return static_cast<double>(bytes) / static_cast<double>(kKiB); };
    const auto logic = [&](const AreaAmounts& n) {
        return n.sub_cores * ga.sub_core.value + n.fp32_lanes * ga.fp32_lane.value + n.integer_lanes * ga.integer_lane.value +
               n.fp64_lanes * ga.fp64_lane.value + n.tensor * ga.tensor.value + n.tensor_f64 * ga.tensor_f64.value;
    };
    const auto sram = [&](const AreaAmounts& n) { return kib(n.register_file) * ga.register_kib.value + kib(n.l1) * ga.l1_kib.value; };
    const double rest = ga.sm.value - logic(a) - sram(a);
    CHECK(rest > 0);
    CHECK(kLogic * (logic(h) + rest) + kSram * sram(h) == Approx(gh.sm.value).epsilon(0.03));
}

TEST_CASE("marginal costs in 4N and N7", "[gpu]") {
    const double gh = area("h200_sxm").mm2, ga = area("a100_sxm_80gb").mm2;
    CHECK(area("h200_sxm", {"sms_per_gpc=[16, 16, 16, 16, 16, 17, 18, 18]"}).mm2 - gh == Approx(3.9).epsilon(0.02));
    CHECK(area("h200_sxm", {"l2.size=70 MiB", "l2.ways=35"}).mm2 - gh == Approx(18).epsilon(0.03));
    CHECK(area("h200_sxm", {"address_map.slices=112", "address_map.memory_controllers=14"}).mm2 - gh == Approx(13.5).epsilon(0.01));
    CHECK(area("a100_sxm_80gb", {"address_map.slices=96", "address_map.memory_controllers=12"}).mm2 - ga == Approx(15).epsilon(0.01));
    CHECK(area("a100_sxm_80gb", {"l2.size=50 MiB", "l2.ways=20"}).mm2 - ga == Approx(24.9).epsilon(0.01));
}

TEST_CASE("what is sold is smaller than the chip by what is switched off", "[gpu]") {
    const DieArea h200 = area("h200_sxm"), h100 = area("h100_sxm"), a100 = area("a100_sxm_80gb");
    CHECK(h200.mm2 == Approx(814 - 12 * 3.93));
    CHECK(h200.low > 740);
    CHECK(h200.high < 780);
    CHECK(h200.low < h200.mm2);
    CHECK(h100.mm2 == Approx(h200.mm2 - 10 * 1.83 - 13.5));
    CHECK(a100.mm2 == Approx(826 - 20 * (3.72 + 0.597) - 8 * 2.485 - 14.97));
    for (const DieArea& one : {h200, h100, a100}) CHECK(one.notes.empty());
}

TEST_CASE("an SM is counted by the rates it simulates", "[gpu]") {
    const double before = area("h200_sxm").mm2;
    CHECK(area("h200_sxm", {"sm.latency.float.interval=2 cycles"}).mm2 - before == Approx(-132 * 64 * 1360e-6));
    CHECK(area("h200_sxm", {"sm.latency.double.interval=4 cycles"}).mm2 - before == Approx(-132 * 32 * 6970e-6));
    CHECK(area("h200_sxm", {"sm.latency.integer.interval=1 cycles"}).mm2 - before == Approx(132 * 64 * 1810e-6));
    CHECK(area("h200_sxm", {"sm.limits.registers=131072"}).mm2 - before == Approx(132 * 256 * 2200e-6));
    CHECK(area("h200_sxm", {"sm.memory.l1_cache.unified_size=512 KiB"}).mm2 - before == Approx(132 * 256 * 1700e-6));
    CHECK(area("h200_sxm", {"noc.reply.output_bytes_per_cycle=128 B/cycle"}).mm2 - before == Approx(132 * 0.5 * 0.4));
    // The array is as wide as the widest type wants it: TF32 at half the rate of FP16, FP8 at twice.
    CHECK(area("h200_sxm", {"sm.tensor_core.fp8=512", "sm.tensor_core.tf32=128"}).mm2 == Approx(before));
    CHECK(area("h200_sxm", {"sm.tensor_core.fp8=2048"}).mm2 - before == Approx(132 * 2048 * 260e-6));
    // The pins count, not how they are shared out.
    CHECK(area("h200_sxm", {"dram.organisation.pseudo_channels=4", "dram.organisation.rows=8192", "dram.timings.burst=8 cycles",
                            "dram.timings.ccd_s=8 cycles", "dram.timings.ccd_r=10 cycles"})
              .mm2 == Approx(before));
}

TEST_CASE("without estimates a GPU has no area, and area changes no result", "[gpu]") {
    CHECK_FALSE(die_area(shipped("v100_sxm2")));
    const MixedWorkload mixed;
    SyntheticWorkload with = mixed.make(0), without = mixed.make(0);
    const RunRecord record = simulate(small_gpu(), with), none = simulate(small_gpu({"area.enabled=false"}), without);
    REQUIRE(record.area);
    CHECK_FALSE(none.area);
    CHECK(record.run_hash == none.run_hash);
    CHECK(record.area->mm2 > 0);
    CHECK(record.area->notes.size() == 1);
}

TEST_CASE("mistakes in areas are named with their place", "[gpu]") {
    CHECK(refusal({"area.l2_mib.low=2 mm2"}).find("area.l2_mib.value: must lie between low and high") != std::string::npos);
    CHECK(refusal({"area.l2_mib.value=2 mm"}).find("area.l2_mib.value: '2 mm': 'mm' is not a unit of area") != std::string::npos);
    CHECK(refusal({"area.l2_mib.value=2 W"}).find("'2 W' is a power, but an area is wanted") != std::string::npos);
    CHECK(refusal({"area.anchor.die=100 mm2"}).find("area.anchor.die: is less than what is on it") != std::string::npos);
    CHECK(refusal({"area.crossbar_growth=2.5"}).find("area.crossbar_growth: must not exceed crossbar_growth_high") != std::string::npos);
    CHECK(refusal({"area.hbm_phy.high=-1 mm2"}).find("--set area.hbm_phy.high=-1 mm2") != std::string::npos);
}
