#include "sim/dram/bank_order.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

using namespace heddle;

TEST_CASE("banks come in order of age, whatever is put, moved and removed") {
    BankOrder order;
    std::map<std::uint64_t, unsigned> expected; // by age
    std::map<unsigned, std::uint64_t> age;
    std::mt19937_64 random(11);
    for (std::uint64_t step = 0; step < 20000; ++step) {
        const auto bank = static_cast<unsigned>(random() % 64);
        const bool held = age.count(bank) != 0;
        REQUIRE(order.holds(bank) == held);
        const std::uint64_t fresh = random() % 1'000'000 * 100'000 + step; // unique
        const unsigned action = random() % 3;
        if (action == 0 && held) {
            order.remove(bank);
            expected.erase(age[bank]);
            age.erase(bank);
        } else if (action == 1 && held && fresh > age[bank]) {
            order.grow_younger(bank, fresh);
            expected.erase(age[bank]);
            expected[age[bank] = fresh] = bank;
        } else {
            order.put(bank, fresh);
            if (held) expected.erase(age[bank]);
            expected[age[bank] = fresh] = bank;
        }
        std::vector<unsigned> listed, wanted;
        for (unsigned b = order.first(); b != BankOrder::kEnd; b = order.after(b)) listed.push_back(b);
        for (const auto& [key, b] : expected) wanted.push_back(b);
        REQUIRE(listed == wanted);
    }
}
