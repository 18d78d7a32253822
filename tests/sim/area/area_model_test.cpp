#include "sim/area/area_model.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {

// A die of 100 mm2: 10 SMs of 5 mm2 and 1 mm2 of network each, 4 MiB of L2 of 2 mm2, 2 stacks of 3 + 1 mm2, 4 NVLinks of 1 mm2; 20 mm2
// remain.
AreaConfig small_die() {
    AreaConfig c;
    c.enabled = true;
    c.anchor.name = "G";
    c.anchor.die = 100;
    c.anchor.holds = {10, 4, 16, 8, 4, 32, 2, 64 * kKiB, 32 * kKiB, 128, 4 * kMiB, 2, 4};
    c.nvlinks = 4;
    c.sm = {5, 4, 6};
    c.sub_core = {0.5, 0.4, 0.6};
    c.fp32_lane = {0.02, 0.01, 0.03};
    c.integer_lane = {0.01, 0.01, 0.02};
    c.fp64_lane = {0.05, 0.04, 0.07};
    c.tensor = {0.01, 0.005, 0.02};
    c.tensor_f64 = {0.05, 0, 0.1};
    c.register_kib = {0.005, 0.004, 0.006};
    c.l1_kib = {0.01, 0.005, 0.02};
    c.crossbar = {1, 0.5, 1.5};
    c.l2_mib = {2, 1, 3};
    c.hbm_phy = {3, 2, 4};
    c.hbm_controller = {1, 0.5, 1.5};
    c.nvlink = {1, 0.5, 2};
    return c;
}

double sum(const DieArea& area) {
    double mm2 = 0;
    for (const auto& part : area.breakdown) mm2 += part.mm2;
    return mm2;
}

double part(const DieArea& area, std::string_view name) {
    for (const auto& one : area.breakdown)
        if (one.name == name) return one.mm2;
    FAIL("no part is called " << name);
    return 0;
}

} // namespace

TEST_CASE("the anchor has its own area, without a range") {
    const AreaConfig c = small_die();
    REQUIRE(c.fault().empty());
    const DieArea area = area_of(c.anchor.holds, c);
    CHECK(area.mm2 == 100);
    CHECK(area.low == 100);
    CHECK(area.high == 100);
    CHECK(area.notes.empty());
    CHECK(sum(area) == Approx(100));
    CHECK(part(area, "control") == Approx(20));
    CHECK(part(area, "crossbar") == Approx(10));
    CHECK(part(area, "l2") == Approx(8));
    CHECK(part(area, "rest") == Approx(20));
    // 4 sub-cores 2, 16 lanes 0.32, 8 lanes 0.08, 4 lanes 0.2, 32 multiply-adds 0.32, 2 of FP64 0.1, 64 KiB 0.32, 32 KiB 0.32
    CHECK(part(area, "sm_rest") == Approx(10 * (5 - 3.66)));
}

TEST_CASE("every amount costs its constant, with its range, in its own part") {
    const AreaConfig c = small_die();
    struct Case {
        const char* part;
        AreaAmounts amounts;
        double mm2, low, high; // beyond the anchor
    };
    const auto with = [&](auto change) {
        AreaAmounts a = c.anchor.holds;
        change(a);
        return a;
    };
    const std::vector<Case> cases{{"control", with([](auto& a) { a.sub_cores += 1; }), 10 * 0.5, 10 * 0.4, 10 * 0.6},
                                  {"fp32", with([](auto& a) { a.fp32_lanes += 2; }), 10 * 0.04, 10 * 0.02, 10 * 0.06},
                                  {"integer", with([](auto& a) { a.integer_lanes += 1; }), 0.1, 0.1, 0.2},
                                  {"fp64", with([](auto& a) { a.fp64_lanes -= 1; }), -0.5, -0.7, -0.4},
                                  {"tensor", with([](auto& a) { a.tensor += 32; }), 3.2, 1.6, 6.4},
                                  {"tensor_f64", with([](auto& a) { a.tensor_f64 += 2; }), 1, 0, 2},
                                  {"register_file", with([](auto& a) { a.register_file += 64 * kKiB; }), 3.2, 2.56, 3.84},
                                  {"l1", with([](auto& a) { a.l1 -= 16 * kKiB; }), -1.6, -3.2, -0.8},
                                  {"l2", with([](auto& a) { a.l2 += 3 * kMiB / 2; }), 3, 1.5, 4.5},
                                  {"hbm_phy", with([](auto& a) { a.stacks += 1; }), 4, 2.5, 5.5},
                                  {"nvlink", with([](auto& a) { a.nvlinks -= 2; }), -2, -4, -1}};
    const DieArea anchor = area_of(c.anchor.holds, c);
    for (const Case& one : cases) {
        INFO(one.part);
        const DieArea area = area_of(one.amounts, c);
        CHECK(area.mm2 == Approx(100 + one.mm2));
        CHECK(area.low == Approx(100 + one.low));
        CHECK(area.high == Approx(100 + one.high));
        CHECK(sum(area) == Approx(area.mm2));
        const double own = part(area, one.part) - part(anchor, one.part);
        CHECK(own == Approx(std::string_view(one.part) == "hbm_phy" ? 3 : one.mm2));
    }
}

TEST_CASE("an SM costs itself and its port; its parts' ranges count for what differs from the anchor's") {
    const AreaConfig c = small_die();
    AreaAmounts a = c.anchor.holds;
    a.sms = 12;
    DieArea area = area_of(a, c);
    CHECK(area.mm2 == Approx(100 + 2 * 6));
    CHECK(area.low == Approx(100 + 2 * (4 + 0.5)));
    // At worst the network grows with the square of its ports: 14.4 instead of 12.
    CHECK(area.high == Approx(100 + 2 * (6 + 1.5) + 2.4));
    a.fp32_lanes += 1;
    CHECK(area_of(a, c).mm2 == Approx(area.mm2 + 12 * 0.02));
}

TEST_CASE("the network follows the width of SM ports, by its exponent") {
    AreaConfig c = small_die();
    AreaAmounts a = c.anchor.holds;
    a.sm_port = 256;
    CHECK(area_of(a, c).mm2 == Approx(110));
    c.crossbar_growth = 2;
    CHECK(area_of(a, c).mm2 == Approx(130));
    CHECK(part(area_of(a, c), "crossbar") == Approx(40));
    a.sms = 5;
    CHECK(part(area_of(a, c), "crossbar") == Approx(10));
    a.sm_port = 128;
    CHECK(part(area_of(a, c), "crossbar") == Approx(2.5));
}

TEST_CASE("what is said far from the anchor and above the reticle") {
    AreaConfig c = small_die();
    AreaAmounts a = c.anchor.holds;
    a.sms = 1; // 46 mm2
    CHECK(area_of(a, c).notes ==
          std::vector<std::string>{"46 mm2 is less than half or more than twice G's 100 mm2: too far from it to say"});
    CHECK(area_of(a, c).low >= 0);
    a.sms = 2; // 52 mm2
    CHECK(area_of(a, c).notes.empty());
    a.sms = 28;
    CHECK(area_of(a, c).notes.size() == 1);
    c.reticle = 200;
    CHECK(area_of(a, c).notes.back() == "208 mm2 is more than the 200 mm2 that can be exposed at once");
}

TEST_CASE("parts that cannot be those of the anchor") {
    AreaConfig c = small_die();
    c.l2_mib.value = 7.5;
    CHECK(c.fault() == "is less than what is on it, by 2 mm2");
    c = small_die();
    c.sub_core.value = 1;
    CHECK(c.fault() == "an SM of 5 mm2 is less than its parts, by 0.66 mm2");
    c = small_die();
    c.anchor.die = 0;
    CHECK(c.fault() == "must be known, and the SMs on it with their ports, for areas to be told from it");
    c.enabled = false;
    CHECK(c.fault().empty());
}
