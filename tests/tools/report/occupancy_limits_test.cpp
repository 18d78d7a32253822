#include "tools/report/occupancy_limits.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using Json = nlohmann::json;

namespace {

const Json kH100 = {{"sm.sub_cores", "4"},
                    {"sm.limits.warps", "64"},
                    {"sm.limits.ctas", "32"},
                    {"sm.limits.registers", "65536"},
                    {"sm.limits.reserved_shared_per_cta", "1 KiB"},
                    {"sm.limits.shared_carve_outs", "[0 B, 8 KiB, 228 KiB]"},
                    {"sm.limits.max_shared_per_cta", "227 KiB"},
                    {"l2.size", "50 MiB"}};

Json kernel(unsigned threads, unsigned registers, unsigned shared) {
    return {{"block", {threads, 1, 1}}, {"registers_per_thread", registers}, {"shared_bytes", shared}};
}

} // namespace

TEST_CASE("each resource's limit as if the others were endless") {
    // By cuda_occupancy.h: 8 warps a CTA; 64 registers take 2048 a warp; 40 KiB and the reserved KiB of 228 KiB.
    const auto limits = report::occupancy_limits(kH100, kernel(256, 64, 40 * 1024));
    CHECK(limits.at("warps") == 8);
    CHECK(limits.at("ctas") == 32);
    CHECK(limits.at("registers") == 4);
    CHECK(limits.at("shared memory") == 5);
}

TEST_CASE("a kernel of no registers is not limited by them") {
    const auto limits = report::occupancy_limits(kH100, kernel(32, 0, 0));
    CHECK_FALSE(limits.contains("registers"));
    CHECK(limits.at("warps") == 64);
    CHECK(limits.at("shared memory") == 228);
}

TEST_CASE("a resource that cannot hold one CTA gives none") {
    CHECK(report::occupancy_limits(kH100, kernel(1024, 255, 0)).at("registers") == 0);
}

TEST_CASE("a record that does not describe its SM gives nothing") {
    CHECK(report::occupancy_limits(Json::object(), kernel(32, 8, 0)).empty());
    CHECK(report::occupancy_limits({{"sm.limits.unheard_of", "3"}}, kernel(32, 8, 0)).empty());
    CHECK(report::occupancy_limits(kH100, Json::object()).empty());
}
