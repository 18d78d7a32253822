#include <catch2/catch.hpp>

#include "sim/base/error.hpp"
#include "sim/stats/stat_tree.hpp"

using namespace heddle;

namespace {

struct CacheStats : StatGroup {
    Stat reads{this, "reads", "requests", "Reads looked up."};
    Stat hits{this, "hits", "requests", "Reads that hit."};
};
struct CoreStats : StatGroup {
    Stat cycles{this, "cycles", "cycles", "Active cycles."};
};

struct Machine {
    CoreStats core[2];
    CacheStats cache[2][2];
    StatTree tree;
    Machine() {
        for (unsigned i = 0; i < 2; ++i) {
            const std::string sm = "gpu.sm[" + std::to_string(i) + "]";
            tree.add(sm, core[i]);
            for (unsigned k = 0; k < 2; ++k) tree.add(sm + ".l1[" + std::to_string(k) + "]", cache[i][k]);
        }
        tree.freeze();
    }
};

} // namespace

TEST_CASE("statistics register themselves in order of declaration and count", "[stats]") {
    CacheStats cache;
    REQUIRE(cache.stats().size() == 2);
    CHECK(std::string(cache.stats()[0]->name()) == "reads");
    CHECK(std::string(cache.stats()[1]->name()) == "hits");
    CHECK(std::string(cache.stats()[0]->unit()) == "requests");
    CHECK(std::string(cache.stats()[1]->sentence()) == "Reads that hit.");
    ++cache.reads;
    cache.reads += 40;
    ++(++cache.reads);
    CHECK(cache.reads.value() == 43);
    CHECK(cache.hits.value() == 0);
}

TEST_CASE("entries have paths with indices and families without", "[stats]") {
    Machine machine;
    const StatTree& tree = machine.tree;
    REQUIRE(tree.size() == 10);
    CHECK(tree.path(0) == "gpu.sm[0].cycles");
    CHECK(tree.family(0) == "gpu.sm.cycles");
    CHECK(tree.path(4) == "gpu.sm[0].l1[1].hits");
    CHECK(tree.family(4) == "gpu.sm.l1.hits");
    CHECK(tree.path(9) == "gpu.sm[1].l1[1].hits");
}

TEST_CASE("a family sums over all its blocks, of snapshots and of differences", "[stats]") {
    Machine machine;
    for (unsigned i = 0; i < 2; ++i)
        for (unsigned k = 0; k < 2; ++k) machine.cache[i][k].reads += 1 + i * 10 + k * 100;
    const auto early = machine.tree.snapshot();
    CHECK(machine.tree.sum(early, "gpu.sm.l1.reads") == 224);
    CHECK(machine.tree.sum(early, "gpu.sm.l1.hits") == 0);
    machine.cache[1][0].reads += 5;
    machine.core[0].cycles += 7;
    const auto late = machine.tree.snapshot();
    CHECK(machine.tree.sum(early, "gpu.sm.l1.reads") == 224); // a snapshot stands still
    const auto between = difference(late, early);
    CHECK(machine.tree.sum(between, "gpu.sm.l1.reads") == 5);
    CHECK(machine.tree.sum(between, "gpu.sm.cycles") == 7);
}

TEST_CASE("a misspelt statistic does not read as zero", "[stats]") {
    Machine machine;
    const auto values = machine.tree.snapshot();
    CHECK(machine.tree.has("gpu.sm.l1.reads"));
    CHECK_FALSE(machine.tree.has("gpu.sm.l1.read"));
    CHECK_FALSE(machine.tree.has("gpu.sm[0].l1[0].reads")); // a path is no family
    CHECK_THROWS_AS(machine.tree.sum(values, "gpu.sm.l1.read"), InternalError);
    CHECK_THROWS_WITH(machine.tree.sum(values, "gpu.sm.l1.read"), Catch::Contains("no statistic is called gpu.sm.l1.read"));
}

TEST_CASE("families come in order of first appearance with unit, sentence and sum", "[stats]") {
    Machine machine;
    machine.cache[0][1].hits += 3;
    machine.cache[1][1].hits += 4;
    const auto families = machine.tree.families(machine.tree.snapshot());
    REQUIRE(families.size() == 3);
    CHECK(families[0].name == "gpu.sm.cycles");
    CHECK(families[1].name == "gpu.sm.l1.reads");
    CHECK(families[2].name == "gpu.sm.l1.hits");
    CHECK(families[2].value == 7);
    CHECK(families[2].unit == "requests");
    CHECK(families[2].sentence == "Reads that hit.");
}

TEST_CASE("families agree with sum for every family", "[stats]") {
    Machine machine;
    unsigned seed = 1;
    for (auto& sm : machine.cache)
        for (auto& cache : sm) cache.reads += seed++ * 13;
    const auto values = machine.tree.snapshot();
    for (const auto& family : machine.tree.families(values)) CHECK(family.value == machine.tree.sum(values, family.name));
}

TEST_CASE("a frozen tree takes no more, and snapshots of another tree are refused", "[stats]") {
    Machine machine;
    CoreStats late;
    CHECK_THROWS_WITH(machine.tree.add("gpu.late", late), Catch::Contains("gpu.late") && Catch::Contains("after the run started"));
    CHECK_THROWS_AS(machine.tree.sum({1, 2, 3}, "gpu.sm.cycles"), InternalError);
    CHECK_THROWS_WITH(difference({1, 2}, {1}), Catch::Contains("snapshots of 2 and 1 values"));
}
