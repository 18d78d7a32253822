#include "sim/mem/divider.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace heddle;

TEST_CASE("Divider agrees with the divide instruction for every divisor of interest") {
    std::mt19937_64 random(1);
    std::vector<std::uint64_t> divisors;
    for (std::uint64_t d = 1; d <= 1100; ++d) divisors.push_back(d);
    for (const std::uint64_t d : {std::uint64_t{65535}, std::uint64_t{65536}, std::uint64_t{1} << 31, (std::uint64_t{1} << 32) - 1})
        divisors.push_back(d);
    for (const std::uint64_t d : divisors) {
        const Divider divider(d);
        const auto agrees = [&](std::uint64_t n) {
            const auto [q, r] = divider.divide(n);
            return q == n / d && r == n % d;
        };
        bool all = agrees(0) && agrees(d - 1) && agrees(d) && agrees((std::uint64_t{1} << 62) - 1);
        const std::uint64_t largest = ((std::uint64_t{1} << 62) - 1) / d * d; // largest multiple
        all = all && agrees(largest) && agrees(largest - 1);
        for (int i = 0; i < 200; ++i) all = all && agrees(random() >> (2 + i % 60));
        INFO("divisor " << d);
        REQUIRE(all);
    }
    REQUIRE_THROWS_AS(Divider(0), InternalError);
}
