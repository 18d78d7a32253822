#include "sim/mem/tag_array.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <list>
#include <map>
#include <random>
#include <set>

using namespace heddle;

namespace {

// Fills `line` and returns its place.
TagArray::LineId fill(TagArray& tags, std::size_t set, Address line) {
    const TagArray::LineId id = tags.victim(set);
    tags.allocate(id, line);
    tags.state(id).valid = 15;
    return id;
}

} // namespace

TEST_CASE("A tag array finds what was put in, in its set only") {
    for (const unsigned ways : {1u, 4u, 16u, 20u, 64u, 130u}) {
        TagArray tags(3, ways);
        for (unsigned i = 0; i < ways; ++i) fill(tags, 1, 128 * (i + 1));
        for (unsigned i = 0; i < ways; ++i) {
            const auto id = tags.find(1, 128 * (i + 1));
            REQUIRE(id != TagArray::kNoLine);
            REQUIRE(id / ways == 1);
            REQUIRE(tags.address(id) == 128 * (i + 1));
            REQUIRE(tags.find(0, 128 * (i + 1)) == TagArray::kNoLine);
            REQUIRE(tags.find(2, 128 * (i + 1)) == TagArray::kNoLine);
        }
        REQUIRE(tags.occupancy() == ways);
    }
}

TEST_CASE("LRU and FIFO replace the line a reference model says") {
    for (const Replacement policy : {Replacement::Lru, Replacement::Fifo}) {
        constexpr unsigned kWays = 20;
        TagArray tags(5, kWays, policy);
        std::map<std::size_t, std::list<Address>> reference; // front = next victim
        std::mt19937_64 random(7);
        for (int step = 0; step < 20000; ++step) {
            const Address line = 128 * (random() % 200);
            const std::size_t set = line / 128 % 5;
            auto& order = reference[set];
            const auto known = std::find(order.begin(), order.end(), line);
            const auto id = tags.find(set, line);
            REQUIRE((id != TagArray::kNoLine) == (known != order.end()));
            if (known != order.end()) {
                tags.touch(id);
                if (policy == Replacement::Lru) order.splice(order.end(), order, known);
            } else {
                const auto victim = tags.victim(set);
                REQUIRE(victim / kWays == set);
                if (order.size() == kWays) {
                    REQUIRE(tags.address(victim) == order.front());
                    order.pop_front();
                } else {
                    REQUIRE_FALSE(tags.present(victim));
                }
                tags.allocate(victim, line);
                tags.state(victim).valid = 1;
                order.push_back(line);
            }
        }
    }
}

TEST_CASE("Lines with a sector pending are not replaced, and a set of them has no victim") {
    for (const Replacement policy : {Replacement::Lru, Replacement::Fifo, Replacement::Random}) {
        TagArray tags(1, 4, policy);
        for (unsigned i = 0; i < 4; ++i) {
            const auto id = tags.victim(0);
            tags.allocate(id, 128 * i);
            tags.state(id).pending = 1;
        }
        REQUIRE(tags.victim(0) == TagArray::kNoLine);
        const auto id = tags.find(0, 256);
        tags.state(id).pending = 0;
        tags.state(id).valid = 1;
        REQUIRE(tags.victim(0) == id);
        REQUIRE_THROWS_AS(tags.allocate(tags.find(0, 128), 4096), InternalError);
    }
}

TEST_CASE("Pseudo-random replacement reaches every way and repeats itself exactly") {
    TagArray a(1, 8, Replacement::Random), b(1, 8, Replacement::Random);
    std::set<TagArray::LineId> seen;
    for (unsigned i = 0; i < 500; ++i) {
        const auto id = a.victim(0);
        REQUIRE(id == a.victim(0)); // asking changes nothing
        REQUIRE(id == b.victim(0));
        if (i >= 8) seen.insert(id);
        fill(a, 0, 128 * i);
        fill(b, 0, 128 * i);
    }
    REQUIRE(seen.size() == 8);
}

TEST_CASE("Invalidation forgets one line, or all of them at once") {
    TagArray tags(2, 4);
    for (unsigned i = 0; i < 4; ++i) fill(tags, 0, 128 * i);
    const auto id = tags.find(0, 256);
    tags.invalidate(id);
    REQUIRE(tags.find(0, 256) == TagArray::kNoLine);
    REQUIRE(tags.victim(0) == id);
    REQUIRE(tags.occupancy() == 3);

    tags.state(tags.find(0, 128)).pending = 2;
    tags.invalidate_all();
    REQUIRE(tags.occupancy() == 0);
    for (unsigned i = 0; i < 4; ++i) REQUIRE(tags.find(0, 128 * i) == TagArray::kNoLine);
    for (unsigned i = 0; i < 4; ++i) { // all places can be used again, each once
        const auto place = tags.victim(0);
        REQUIRE_FALSE(tags.present(place));
        fill(tags, 0, 1024 + 128 * i);
    }
    REQUIRE(tags.occupancy() == 4);
}

TEST_CASE("Set indices tile aligned runs, and the rotated and hashed ones spread strides") {
    for (const std::size_t sets : {64ul, 266ul}) {
        for (const SetIndex index : {SetIndex::Linear, SetIndex::Rotated}) {
            const TagArray tags(sets, 4, Replacement::Lru, index);
            for (std::uint64_t block : {0ul, 1ul, 77ul, 123456789ul}) {
                std::set<std::size_t> seen;
                for (std::uint64_t i = 0; i < sets; ++i) seen.insert(tags.set_of(block * sets + i));
                REQUIRE(seen.size() == sets);
            }
        }
        for (const SetIndex index : {SetIndex::Rotated, SetIndex::Hashed}) {
            const TagArray tags(sets, 4, Replacement::Lru, index);
            std::set<std::size_t> seen;
            for (std::uint64_t i = 0; i < sets; ++i) seen.insert(tags.set_of(i * sets * 8));
            REQUIRE(seen.size() > sets / 2); // random placement leaves about 37 % empty
        }
    }
}
