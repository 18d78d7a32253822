// Everything that describes one GPU, as configs/gpu/*.yaml gives it.
#pragma once

#include "sim/area/area_config.hpp"
#include "sim/config/field.hpp"
#include "sim/dram/dram_config.hpp"
#include "sim/host/host_config.hpp"
#include "sim/l2/l2_config.hpp"
#include "sim/mem/address_map.hpp"
#include "sim/noc/noc_config.hpp"
#include "sim/power/power_config.hpp"
#include "sim/sm/sm_config.hpp"

#include <numeric>

namespace heddle {

struct ClocksConfig {
    Hertz sm = 1'755'000'000;
    Hertz l2 = 1'620'000'000;
    Hertz dram = 2'619'000'000;

    void describe(config::Section& s) {
        using config::Unit;
        s.field("sm", sm, Unit::Hertz, {1e6, 1e10}, "SM clock: SMs, L1 caches and the CTA dispatcher.");
        s.field("l2", l2, Unit::Hertz, {1e6, 1e10}, "Clock of L2 slices and the network between SMs and L2.");
        s.field("dram", dram, Unit::Hertz, {1e6, 1e10}, "Memory clock as the vendor's tools show it: half the data rate per pin. One tick of the DRAM timings.");
    }
};

struct GpuConfig {
    std::string name;
    std::string compute_capability = "9.0";
    ClocksConfig clocks;
    std::vector<std::uint32_t> sms_per_gpc{16, 16, 16, 16, 16, 16, 18, 18};
    double fp32_per_sm = 128; // FMA results per cycle
    double fp64_per_sm = 64;
    SmConfig sm;
    NocConfig noc;
    AddressMapConfig address_map;
    L2Config l2;
    DramConfig dram;
    HostConfig host;
    PowerConfig power;
    AreaConfig area;

    std::uint32_t sms() const { return std::accumulate(sms_per_gpc.begin(), sms_per_gpc.end(), std::uint32_t{0}); }

    void describe(config::Section& s) {
        using config::Unit;
        s.field("name", name, "What reports call this GPU.");
        s.field("compute_capability", compute_capability, "CUDA compute capability, major.minor.");
        s.section("clocks", clocks, "Clock domains.");
        s.list("sms_per_gpc", sms_per_gpc, Unit::Count, {1, 64}, "SMs of each GPC.");
        s.field("fp32_per_sm", fp32_per_sm, Unit::Count, {0, 65536}, "FP32 multiply-adds per cycle and SM, for the peak in reports.");
        s.field("fp64_per_sm", fp64_per_sm, Unit::Count, {0, 65536}, "FP64 multiply-adds per cycle and SM outside tensor cores, for the peak in reports.");
        s.section("sm", sm, "Streaming multiprocessor.");
        s.section("noc", noc, "Network between SMs and L2 slices.");
        s.section("address_map", address_map, "How addresses are spread over L2 slices and DRAM channels.");
        s.section("l2", l2, "L2 slices.");
        s.section("dram", dram, "One HBM channel.");
        s.section("host", host, "Kernel launch and CTA dispatch.");
        s.section("power", power, "Energies.");
        s.section("area", area, "Areas of the die.");
        s.check("power.governor.lowest", [this] { return std::string{power.governor.policy != GovernorPolicy::None && power.governor.lowest > clocks.sm ? "is above clocks.sm" : ""}; });
        s.check("sms_per_gpc", [this] { return std::string{sms_per_gpc.empty() || sms() > 1024 ? "needs 1 to 1024 SMs in all" : ""}; });
    }
};

} // namespace heddle
