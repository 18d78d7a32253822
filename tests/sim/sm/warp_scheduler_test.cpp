#include <catch2/catch.hpp>

#include "sim/sm/warp_scheduler.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <random>
#include <vector>

using namespace heddle;

namespace {

constexpr SchedulerPolicy kPolicies[] = {SchedulerPolicy::GreedyThenYoungest, SchedulerPolicy::GreedyThenOldest,
                                         SchedulerPolicy::LooseRoundRobin, SchedulerPolicy::TwoLevel};

WarpMask mask(std::initializer_list<unsigned> warps) {
    WarpMask result = 0;
    for (unsigned warp : warps) result |= WarpMask{1} << warp;
    return result;
}

WarpAges ages(std::initializer_list<unsigned> oldest_first) {
    WarpAges result;
    for (unsigned warp : oldest_first) result.append(warp);
    return result;
}

} // namespace

TEST_CASE("ages know the oldest and youngest of a mask", "[warp_scheduler]") {
    WarpAges order = ages({3, 0, 7, 1});
    CHECK(order.oldest(mask({0, 1, 3, 7})) == 3);
    CHECK(order.oldest(mask({1, 7})) == 7);
    CHECK(order.youngest(mask({0, 3, 7})) == 7);
    CHECK(order.youngest(mask({0})) == 0);
    order.remove(3);
    CHECK(order.count == 3);
    CHECK(order.oldest(mask({0, 1, 3, 7})) == 0);
    order.append(3); // the place is taken by a new warp
    CHECK(order.youngest(mask({0, 1, 3, 7})) == 3);
    order.remove(5); // nobody
    CHECK(order.count == 4);
}

TEST_CASE("greedy then youngest stays, then takes the youngest", "[warp_scheduler]") {
    WarpScheduler scheduler(SchedulerPolicy::GreedyThenYoungest, 8);
    const WarpAges order = ages({2, 0, 3, 1});
    CHECK(scheduler.pick(mask({0, 1, 2, 3}), 2, order) == 2);
    CHECK(scheduler.pick(mask({0, 1, 3}), 2, order) == 1);
    CHECK(scheduler.pick(mask({0, 3}), 1, order) == 3);
    CHECK(scheduler.pick(mask({0, 2}), 3, order) == 0);
}

TEST_CASE("greedy then oldest stays, then takes the oldest", "[warp_scheduler]") {
    WarpScheduler scheduler(SchedulerPolicy::GreedyThenOldest, 8);
    const WarpAges order = ages({2, 0, 3, 1});
    CHECK(scheduler.pick(mask({0, 1, 2, 3}), 3, order) == 3);
    CHECK(scheduler.pick(mask({0, 1, 3}), 2, order) == 0);
    CHECK(scheduler.pick(mask({0, 1, 2, 3}), 9, order) == 2); // the warp that issued last is gone
}

TEST_CASE("loose round robin goes on after the last and wraps", "[warp_scheduler]") {
    WarpScheduler scheduler(SchedulerPolicy::LooseRoundRobin, 8);
    const WarpAges order = ages({0, 1, 2, 3});
    CHECK(scheduler.pick(mask({0, 1, 2, 3}), 1, order) == 2);
    CHECK(scheduler.pick(mask({0, 1}), 1, order) == 0);
    CHECK(scheduler.pick(mask({0, 1, 15}), 1, order) == 15);
    CHECK(scheduler.pick(mask({0, 1, 15}), 15, order) == 0);
    CHECK(scheduler.pick(mask({4}), 4, order) == 4); // alone
}

TEST_CASE("round robin is fair: with all eligible each issues once a round", "[warp_scheduler]") {
    WarpScheduler scheduler(SchedulerPolicy::LooseRoundRobin, 8);
    const WarpAges order = ages({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15});
    for (WarpMask eligible = 1; eligible < 1u << 10; ++eligible) {
        std::map<unsigned, unsigned> issued;
        unsigned last = eligible % 16;
        const auto warps = static_cast<unsigned>(std::popcount(eligible));
        for (unsigned i = 0; i < 3 * warps; ++i) ++issued[last = scheduler.pick(eligible, last, order)];
        REQUIRE(issued.size() == warps);
        for (const auto& [warp, count] : issued) REQUIRE(count == 3);
    }
}

TEST_CASE("two-level serves its active set round robin and replaces it only when none of it can issue", "[warp_scheduler]") {
    WarpScheduler scheduler(SchedulerPolicy::TwoLevel, 2);
    const WarpAges order = ages({0, 1, 2, 3, 4});
    // The set becomes {1, 2}: the first two after warp 0.
    CHECK(scheduler.pick(mask({0, 1, 2, 3, 4}), 0, order) == 1);
    CHECK(scheduler.pick(mask({0, 1, 2, 3, 4}), 1, order) == 2);
    CHECK(scheduler.pick(mask({0, 1, 2, 3, 4}), 2, order) == 1);
    CHECK(scheduler.pick(mask({0, 2, 3, 4}), 1, order) == 2);
    CHECK(scheduler.pick(mask({0, 2, 3, 4}), 2, order) == 2);
    // Neither can: {3, 4} take over, and stay although 1 and 2 are back.
    CHECK(scheduler.pick(mask({0, 3, 4}), 2, order) == 3);
    CHECK(scheduler.pick(mask({0, 1, 2, 3, 4}), 3, order) == 4);
    CHECK(scheduler.pick(mask({0, 1, 2, 3, 4}), 4, order) == 3);
    // Fewer eligible than the set holds.
    CHECK(scheduler.pick(mask({0}), 3, order) == 0);
    CHECK(scheduler.pick(mask({0, 1, 2, 3}), 0, order) == 0);
}

TEST_CASE("whatever the policy, the warp picked is eligible", "[warp_scheduler]") {
    std::mt19937 random(5);
    std::vector<unsigned> warps{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    for (SchedulerPolicy policy : kPolicies) {
        for (unsigned active : {1u, 2u, 8u, 16u}) {
            WarpScheduler scheduler(policy, active);
            // Every mask of eight warps with every last warp.
            WarpAges order = ages({5, 2, 7, 0, 1, 6, 3, 4});
            for (WarpMask eligible = 1; eligible < 256; ++eligible)
                for (unsigned last = 0; last < 16; ++last) REQUIRE((eligible >> scheduler.pick(eligible, last, order) & 1) == 1);
            // Random masks over all sixteen.
            for (unsigned round = 0; round < 2000; ++round) {
                std::shuffle(warps.begin(), warps.end(), random);
                order = {};
                const unsigned count = 1 + random() % 16;
                WarpMask resident = 0;
                for (unsigned i = 0; i < count; ++i) {
                    order.append(warps[i]);
                    resident |= WarpMask{1} << warps[i];
                }
                const WarpMask eligible = random() & resident;
                if (eligible != 0) REQUIRE((eligible >> scheduler.pick(eligible, random() % 16, order) & 1) == 1);
            }
        }
    }
}

TEST_CASE("greedy policies agree with their definition on every small case", "[warp_scheduler]") {
    WarpScheduler youngest(SchedulerPolicy::GreedyThenYoungest, 8), oldest(SchedulerPolicy::GreedyThenOldest, 8);
    std::vector<unsigned> permutation{0, 1, 2, 3, 4};
    do {
        WarpAges order;
        for (unsigned warp : permutation) order.append(warp);
        for (WarpMask eligible = 1; eligible < 32; ++eligible) {
            for (unsigned last = 0; last < 6; ++last) {
                unsigned expected_young = last, expected_old = last;
                if (!(eligible >> last & 1)) {
                    const auto is_in = [&](unsigned warp) { return (eligible >> warp & 1) != 0; };
                    expected_old = *std::find_if(permutation.begin(), permutation.end(), is_in);
                    expected_young = *std::find_if(permutation.rbegin(), permutation.rend(), is_in);
                }
                REQUIRE(youngest.pick(eligible, last, order) == expected_young);
                REQUIRE(oldest.pick(eligible, last, order) == expected_old);
            }
        }
    } while (std::next_permutation(permutation.begin(), permutation.end()));
}
