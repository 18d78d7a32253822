#include "sim/mem/address_map.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <random>
#include <set>
#include <vector>

using namespace heddle;

namespace {

const std::vector<AddressMapConfig> kParts = {
    {.slices = 96, .memory_controllers = 12, .partitions = 2, .slices_per_channel = 1}, // H200
    {.slices = 80, .memory_controllers = 10, .partitions = 2, .slices_per_channel = 1}, // H100
    {.slices = 80, .memory_controllers = 10, .partitions = 2, .slices_per_channel = 2}, // A100
    {.slices = 32, .memory_controllers = 8, .partitions = 1, .slices_per_channel = 1},  // V100
    {.slices = 48, .memory_controllers = 6, .partitions = 2, .slices_per_channel = 2, .interleave = 128},
    {.slices = 64, .memory_controllers = 8, .partitions = 1, .slices_per_channel = 2, .interleave = 4096},
    {.slices = 30, .memory_controllers = 10, .partitions = 2, .slices_per_channel = 3},
    {.slices = 1, .memory_controllers = 1, .partitions = 1, .slices_per_channel = 1},
};

} // namespace

TEST_CASE("Every line has one place and every place one line") {
    std::mt19937_64 random(5);
    for (const AddressMapConfig& config : kParts) {
        const AddressMap map(config);
        std::set<std::pair<SliceId, std::uint64_t>> places;
        std::set<std::pair<unsigned, Address>> in_channel;
        const Address base = 0x7f12'3400'0000 / kLineBytes * kLineBytes;
        const std::uint64_t lines = std::uint64_t{config.slices} * (config.interleave / kLineBytes) * 64;
        for (std::uint64_t i = 0; i < lines; ++i) {
            const Address line = base + i * kLineBytes;
            const auto at = map.locate(line + random() % kLineBytes);
            REQUIRE(at.slice < config.slices);
            REQUIRE(map.line_address(at) == line);
            places.insert({at.slice, at.slice_line});
            in_channel.insert({map.channel_of(at.slice), map.channel_local(line)});
        }
        REQUIRE(places.size() == lines);
        REQUIRE(in_channel.size() == lines);
        // And for addresses all over the place.
        for (int i = 0; i < 20000; ++i) {
            const Address line = (random() >> (i % 50)) / kLineBytes * kLineBytes;
            REQUIRE(map.line_address(map.locate(line)) == line);
        }
    }
}

TEST_CASE("Each aligned run of granules visits every slice once, and local numbers are dense") {
    for (const AddressMapConfig& config : kParts) {
        const AddressMap map(config);
        for (std::uint64_t block : {0ul, 1ul, 12345ul, 99999999ul}) {
            std::set<SliceId> seen;
            for (std::uint64_t i = 0; i < config.slices; ++i) {
                const Address granule = (block * config.slices + i) * config.interleave;
                const auto at = map.locate(granule);
                seen.insert(at.slice);
                REQUIRE(at.slice_line == block * (config.interleave / kLineBytes));
                // The rest of the granule follows in the same slice, and so in the same DRAM row.
                REQUIRE(map.home(granule + config.interleave - 1) == at.slice);
                REQUIRE(map.locate(granule + config.interleave - 1).slice_line == at.slice_line + config.interleave / kLineBytes - 1);
            }
            REQUIRE(seen.size() == config.slices);
        }
    }
}

TEST_CASE("A 4 KiB block spreads over its share of slices and stays together in each") {
    const AddressMap map(kParts[0]);
    for (Address block : {Address{0}, Address{0x7f00'0000'0000}, Address{0x1234'5000}}) {
        std::set<SliceId> slices;
        std::set<std::pair<SliceId, std::uint64_t>> rows; // 1 KiB rows
        for (Address a = block; a < block + 4096; a += kLineBytes) {
            slices.insert(map.home(a));
            rows.insert({map.home(a), map.channel_local(a) / 1024});
        }
        REQUIRE(slices.size() >= 7); // eight granules; a block may straddle two runs
        REQUIRE(rows.size() <= 9);   // so four lines of each row are used
    }
}

TEST_CASE("Slices are evenly loaded for strides of powers of two and odd multiples of them") {
    for (const AddressMapConfig& config : kParts) {
        if (config.slices == 1) continue;
        const AddressMap map(config);
        const unsigned per_slice = 64;
        for (unsigned shift = 7; shift <= 24; ++shift) {
            for (const std::uint64_t odd : {1, 3, 5, 7, 9, 11, 13, 15, 33, 65, 96, 80}) {
                const std::uint64_t stride = odd << shift;
                std::vector<unsigned> count(config.slices, 0);
                const std::uint64_t accesses = std::uint64_t{config.slices} * per_slice;
                for (std::uint64_t i = 0; i < accesses; ++i) ++count[map.home(0x7f00'0000'0000 + i * stride)];
                double chi_square = 0;
                for (const unsigned c : count) chi_square += (c - double{per_slice}) * (c - double{per_slice}) / per_slice;
                // A random assignment has mean slices-1 and standard deviation sqrt(2 slices). Accesses to the same
                // granule count together, which multiplies the statistic by their number.
                const double together = std::max(1.0, double(config.interleave) / double(stride));
                const double expected = config.slices - 1;
                INFO(config.slices << " slices, stride " << stride);
                REQUIRE(chi_square <= together * (expected + 7 * std::sqrt(2 * expected)));
            }
        }
    }
}

TEST_CASE("Sides, peers and channels") {
    const AddressMap map(kParts[0]);
    REQUIRE(map.channels() == 96);
    unsigned far = 0;
    for (Address line = 0; line < 96 * 512; line += 128) {
        const SliceId home = map.home(line);
        REQUIRE(map.slice_for(line, map.side_of(home)) == home);
        const SliceId near = map.slice_for(line, 1 - map.side_of(home));
        REQUIRE(near == map.peer_of(home));
        REQUIRE(map.peer_of(near) == home);
        REQUIRE(map.side_of(near) != map.side_of(home));
        far += map.side_of(home);
    }
    REQUIRE(far == 96 * 4 / 2);
    for (unsigned gpc = 0; gpc < 8; ++gpc) REQUIRE(map.side_of_gpc(gpc, 8) == (gpc < 4 ? 0u : 1u));
    const AddressMap one(kParts[3]);
    REQUIRE(one.slice_for(4096, 0) == one.home(4096));
    REQUIRE(one.side_of_gpc(5, 6) == 0);
    const AddressMap paired(kParts[2]);
    REQUIRE(paired.channels() == 40);
    REQUIRE(paired.channel_of(79) == 39);
    REQUIRE(paired.channel_of(78) == 39);
}

TEST_CASE("The slices' line spans cover an address range exactly") {
    const AddressMap map(kParts[0]);
    const Address first = 0x7f00'0001'2300;
    const Bytes bytes = 1'234'567;
    std::set<Address> lines;
    for (unsigned slice = 0; slice < map.slices(); ++slice) {
        const auto span = map.slice_lines(first, bytes);
        for (auto n = span.first; n <= span.last; ++n) {
            const Address line = map.line_address({static_cast<SliceId>(slice), n});
            if (line + kLineBytes > first && line < first + bytes) REQUIRE(lines.insert(line).second);
        }
    }
    REQUIRE(lines.size() == (first + bytes - 1) / kLineBytes - first / kLineBytes + 1);
}
