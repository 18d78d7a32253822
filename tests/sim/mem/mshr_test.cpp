#include "sim/mem/mshr.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace heddle;

TEST_CASE("An MSHR table behaves like a map of lists") {
    MshrTable<int> table(24, 60, 7);
    std::map<Address, std::vector<int>> reference;
    std::size_t waiting = 0;
    std::mt19937_64 random(3);
    int next = 0;
    for (int step = 0; step < 50000; ++step) {
        const Address line = 128 * (random() % 64) + (random() % 2) * (Address{1} << 45);
        const auto index = table.find(line);
        REQUIRE((index != table.kNone) == (reference.count(line) == 1));
        switch (random() % 4) {
        case 0:
        case 1:
            if (index == table.kNone) {
                REQUIRE(table.can_allocate() == (reference.size() < 24 && waiting < 60));
                if (!table.can_allocate()) break;
                const auto made = table.allocate(line);
                table.add_waiter(made, next);
                reference[line] = {next++};
                ++waiting;
            } else {
                REQUIRE(table.can_add(index) == (reference[line].size() < 7 && waiting < 60));
                if (!table.can_add(index)) break;
                table.add_waiter(index, next);
                reference[line].push_back(next++);
                ++waiting;
            }
            break;
        case 2: // drop the odd ones, or one
            if (index != table.kNone) {
                auto& list = reference[line];
                std::vector<int> seen;
                if (random() % 2) {
                    table.serve(index, [&](int& w) {
                        seen.push_back(w);
                        return w % 2 == 1;
                    });
                    REQUIRE(seen == list);
                    waiting -= std::erase_if(list, [](int w) { return w % 2 == 1; });
                } else {
                    const bool one = table.serve_one(index, [](int& w) { return w % 3 == 0; });
                    const auto first = std::find_if(list.begin(), list.end(), [](int w) { return w % 3 == 0; });
                    REQUIRE(one == (first != list.end()));
                    if (one) list.erase(first), --waiting;
                }
                REQUIRE(table[index].waiters == list.size());
            }
            break;
        case 3:
            if (index != table.kNone) {
                for (const int w : reference[line]) {
                    REQUIRE(table.front(index) == w);
                    table.pop_front(index);
                }
                waiting -= reference[line].size();
                table.release(index);
                reference.erase(line);
            }
            break;
        }
        REQUIRE(table.in_use() == reference.size());
        REQUIRE(table.full() == (reference.size() == 24));
    }
}

TEST_CASE("An MSHR entry with waiters is not released, nor a full list added to") {
    MshrTable<int> table(2, 4, 2);
    const auto index = table.allocate(128);
    table.add_waiter(index, 1);
    REQUIRE_THROWS_AS(table.release(index), InternalError);
    table.add_waiter(index, 2);
    REQUIRE_THROWS_AS(table.add_waiter(index, 3), InternalError);
}
