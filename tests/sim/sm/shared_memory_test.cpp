#include "sim/sm/shared_memory.hpp"

#include "tests/sim/sm/access_patterns.hpp"

#include <bit>
#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace heddle;
using namespace heddle::test;

namespace {

unsigned reference(const Pattern& p, std::uint32_t active, unsigned bytes) {
    const unsigned width = bytes <= 4 ? 32 : bytes <= 8 ? 16 : 8;
    std::map<unsigned, std::map<unsigned, std::set<Address>>> words; // phase, bank
    const InstructionChunk chunk = p.chunk();
    for (unsigned lane = 0, k = 0; lane < kLanes; ++lane) {
        if (!(active >> lane & 1)) continue;
        const Address address = chunk.lane_address(p.pattern, lane, k++);
        for (unsigned i = 0; i < bytes; ++i) words[lane / width][(address + i) / 4 % 32].insert((address + i) / 4);
    }
    unsigned total = 0;
    for (const auto& [phase, banks] : words) {
        std::size_t most = 0;
        for (const auto& [bank, set] : banks) most = std::max(most, set.size());
        total += static_cast<unsigned>(most);
    }
    return total;
}

unsigned wavefronts(const Pattern& p, unsigned bytes, std::uint32_t active = kAllLanes) {
    return bank_wavefronts(p.chunk(), p.pattern, active, bytes);
}

} // namespace

TEST_CASE("wavefronts of the textbook cases", "[shared_memory]") {
    REQUIRE(wavefronts(strided(0, 4), 4) == 1);
    REQUIRE(wavefronts(strided(64, 0), 4) == 1); // broadcast
    REQUIRE(wavefronts(strided(0, 8), 4) == 2);
    REQUIRE(wavefronts(strided(0, 128), 4) == 32);
    REQUIRE(wavefronts(strided(0, 132), 4) == 1); // padded column
    REQUIRE(wavefronts(strided(0, -4), 4) == 1);
    REQUIRE(wavefronts(strided(0, 8), 8) == 2);
    REQUIRE(wavefronts(strided(0, 16), 16) == 4);
    REQUIRE(wavefronts(strided(0, 256), 8) == 32);
    REQUIRE(wavefronts(strided(0, 8), 8, 0x0000ffff) == 1); // the other half-warp has nothing to do
    REQUIRE(wavefronts(strided(0, 1), 1) == 1);             // four lanes to a word
    REQUIRE(wavefronts(strided(0, 2), 2) == 1);
    REQUIRE(wavefronts(strided(2, 4), 4) == 2); // straddling words
}

TEST_CASE("wavefronts of global loads measured on A100", "[shared_memory]") {
    // l1tex wavefronts per load, elements of 4 and 8 bytes: te42kyfo/gpu-benches@1c36d509 gpu-strides/a100.txt.
    const std::map<unsigned, unsigned> floats{{1, 1},  {2, 2},   {3, 1},  {4, 4},  {6, 2},   {8, 8},
                                              {12, 4}, {16, 16}, {24, 8}, {31, 1}, {32, 32}, {48, 16}};
    for (const auto& [stride, measured] : floats) REQUIRE(wavefronts(strided(0, 4 * std::int64_t{stride}), 4) == measured);
    const std::map<unsigned, unsigned> doubles{{1, 2},  {2, 4},   {3, 2},   {4, 8},   {6, 4}, {8, 16},
                                               {12, 8}, {16, 32}, {24, 16}, {32, 32}, {63, 2}};
    for (const auto& [stride, measured] : doubles) REQUIRE(wavefronts(strided(0, 8 * std::int64_t{stride}), 8) == measured);
}

TEST_CASE("wavefronts equal the bank rule", "[shared_memory]") {
    Random random(2);
    const std::vector<unsigned> widths{1, 2, 4, 8, 16};
    for (unsigned i = 0; i < 8000; ++i) {
        const unsigned bytes = random.of(widths);
        const std::uint32_t active = random.below(2) != 0 ? kAllLanes : static_cast<std::uint32_t>(random.next() >> 8) | 1u;
        const auto stride = static_cast<std::int64_t>(random.below(160) * (random.below(2) != 0 ? bytes : 1));
        const Pattern p = strided(65536 + random.below(64) * (random.below(4) != 0 ? 16 : 1), random.below(4) != 0 ? stride : -stride);
        INFO("stride " << p.pattern.stride << " base " << p.pattern.base << " bytes " << bytes);
        REQUIRE(wavefronts(p, bytes, active) == reference(p, active, bytes));
        REQUIRE(wavefronts(as_list(p, active), bytes, active) == reference(p, active, bytes));
    }
    for (unsigned i = 0; i < 4000; ++i) {
        const unsigned bytes = random.of(widths);
        const auto active = static_cast<std::uint32_t>(random.next() | 1);
        std::vector<Address> addresses;
        const std::uint64_t span = std::uint64_t{16} << random.below(12);
        for (int k = 0; k < std::popcount(active); ++k) addresses.push_back(random.below(span));
        const Pattern p = listed(addresses);
        REQUIRE(wavefronts(p, bytes, active) == reference(p, active, bytes));
    }
}

TEST_CASE("atomics serve the lanes of a bank one by one", "[shared_memory]") {
    const auto count = [](const Pattern& p, std::uint32_t active, unsigned bytes) {
        return atomic_wavefronts(p.chunk(), p.pattern, active, bytes);
    };
    REQUIRE(count(strided(0, 4), kAllLanes, 4) == 1);
    REQUIRE(count(strided(0, 0), kAllLanes, 4) == 32); // same word: no broadcast
    REQUIRE(count(strided(0, 0), 0x7, 4) == 3);
    REQUIRE(count(strided(0, 8), kAllLanes, 4) == 2);
    REQUIRE(count(strided(0, 8), kAllLanes, 8) == 2); // by half-warps
}

TEST_CASE("matrix loads pass eight rows of 16 bytes per wavefront", "[shared_memory]") {
    const auto count = [](const Pattern& p, unsigned matrices) { return matrix_wavefronts(p.chunk(), p.pattern, kAllLanes, matrices); };
    const Pattern packed = strided(0, 16), column = strided(0, 128), padded = strided(0, 144);
    REQUIRE(count(packed, 1) == 1);
    REQUIRE(count(packed, 2) == 2);
    REQUIRE(count(packed, 4) == 4);
    REQUIRE(count(column, 1) == 8); // all rows in the same four banks
    REQUIRE(count(column, 4) == 32);
    REQUIRE(count(padded, 4) == 4);
    const Pattern pair = strided(0, 64); // two rows per line of banks: four share each
    REQUIRE(count(pair, 1) == 4);
}
