#include "tools/sweep/sampling.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace heddle::sweep;

TEST_CASE("All combinations, the last dimension fastest", "[sweep]") {
    CHECK(sample(Sampling::Full, {2, 3}, 0, 0) == std::vector<Choice>{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}});
    CHECK(sample(Sampling::Full, {}, 0, 0) == std::vector<Choice>{{}});
    CHECK(combinations({100'000, 100'000, 100'000, 100'000}) == ~0ULL);
}

TEST_CASE("One at a time: the base, then each value alone", "[sweep]") {
    CHECK(sample(Sampling::OneAtATime, {2, 1}, 0, 0) == std::vector<Choice>{{kBase, kBase}, {0, kBase}, {1, kBase}, {kBase, 0}});
}

TEST_CASE("A Latin hypercube visits every stratum of every dimension once", "[sweep]") {
    const auto points = sample(Sampling::LatinHypercube, {16, 16, 4}, 16, 7);
    REQUIRE(points.size() == 16);
    std::set<std::size_t> first, second;
    std::size_t third[4] = {};
    for (const Choice& p : points) {
        first.insert(p[0]);
        second.insert(p[1]);
        ++third[p[2]];
    }
    CHECK(first.size() == 16);
    CHECK(second.size() == 16);
    for (const std::size_t count : third) CHECK(count == 4);
    CHECK(points == sample(Sampling::LatinHypercube, {16, 16, 4}, 16, 7));
    CHECK(points != sample(Sampling::LatinHypercube, {16, 16, 4}, 16, 8));
    // More points than combinations: none twice.
    CHECK(sample(Sampling::LatinHypercube, {2}, 10, 1).size() == 2);
}
