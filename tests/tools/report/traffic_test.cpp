#include "tools/report/traffic.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using Json = nlohmann::json;

TEST_CASE("traffic is bytes between the levels and requests above them") {
    const Json counters = {{"gpu.sm.l1_cache.l1tex_t_requests_ld_global", 10},
                           {"gpu.sm.l1_cache.l1tex_t_requests_atom_global", 2},
                           {"gpu.sm.l1_cache.l1tex_t_requests_red_global", 3},
                           {"gpu.sm.l1_cache.l1tex_t_sectors_ld_global", 40},
                           {"gpu.sm.l1_cache.l1tex_t_sectors_st_global", 4},
                           {"gpu.sm.l1_cache.l1tex_m_xbar2l1tex_read_sectors", 25},
                           {"gpu.dram.read_atoms", 3}};
    const Json found = report::traffic(counters);
    CHECK(found["global_load"] == 10);
    CHECK(found["atomic"] == 5);
    CHECK(found["l2_to_l1"] == 25 * 32);
    CHECK(found["l1_to_l2"] == 4 * 32);
    CHECK(found["dram_to_l2"] == 3 * 32);
    CHECK_FALSE(found.contains("l2_to_dram")); // no such counter
}

TEST_CASE("no counters, no traffic") {
    CHECK(report::traffic(nullptr).empty());
    CHECK(report::traffic(Json::object()).empty());
}
