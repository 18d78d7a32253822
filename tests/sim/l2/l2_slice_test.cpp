#include "tests/sim/l2/l2_bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

constexpr auto kRead = static_cast<unsigned>(MemoryOp::Read);
constexpr auto kWrite = static_cast<unsigned>(MemoryOp::Write);
constexpr auto kAtomic = static_cast<unsigned>(MemoryOp::Atomic);

} // namespace

TEST_CASE("A miss takes the sum of its parts, a hit the hit latency") {
    const L2Config config;
    L2Bench b;
    b.ask(10, read(0, 1, 1));
    b.ask(1000, read(0, 1, 2));
    b.ask(1100, read(0, 2, 3));  // fetched along: granularity 64
    b.ask(1200, read(0, 15, 4)); // the other pair is missing
    b.bench.run(2000);
    auto& taken = b.sink(0).taken;
    REQUIRE(taken.size() == 4);
    const Cycles below = config.miss_latency + b.kDram + b.dram().latency + b.kDram;
    REQUIRE(b.sent(0) == 10 + below + config.fill_latency);
    REQUIRE(b.sent(1) == 1000 + config.hit_latency);
    REQUIRE(b.sent(2) == 1100 + config.hit_latency);
    REQUIRE(b.sent(3) == 1200 + below + 1 + config.fill_latency); // four sectors: two data cycles
    for (unsigned k = 0; k < 4; ++k) REQUIRE(taken[k].message.transaction == k + 1);
    REQUIRE(taken[3].message.sector_mask == 15);
    REQUIRE(taken[3].message.payload() == 128);
    REQUIRE(b.dram().read == 4);
    REQUIRE(b.dram().seen.size() == 2);
    REQUIRE(b.dram().seen[0].cycle == 10 + config.miss_latency + b.kDram);
    REQUIRE(b.stats().requests[kRead].value() == 4);
    REQUIRE(b.stats().sectors[kRead].value() == 7);
    REQUIRE(b.stats().hits[kRead].value() == 4);
    REQUIRE(b.stats().misses[kRead].value() == 3);
    REQUIRE(b.slice().drained());
}

TEST_CASE("Fetch granularity is what a miss fetches") {
    for (const auto& [bytes, mask] : {std::pair<Bytes, unsigned>{32, 0b0100}, {64, 0b1100}, {128, 0b1111}}) {
        L2Bench b({.config = {.size = 64 * kKiB, .fetch_granularity = bytes}});
        b.ask(10, read(256, 0b0100));
        b.bench.run(400);
        REQUIRE(b.dram().seen.size() == 1);
        REQUIRE(b.dram().seen[0].request.sector_mask == mask);
        REQUIRE(b.sink(0).taken.size() == 1);
        REQUIRE(b.sink(0).taken[0].message.sector_mask == 0b0100);
    }
}

TEST_CASE("One line a cycle is looked up, and 64 bytes a cycle are read") {
    const L2Config config;
    for (const unsigned sectors : {0b0011u, 0b0101u, 0b1111u}) {
        L2Bench b;
        b.slice().warm(0, 16 * kLineBytes);
        for (unsigned k = 0; k < 16; ++k) b.ask(10, read(k * kLineBytes, static_cast<std::uint8_t>(sectors), k));
        b.bench.run(500);
        REQUIRE(b.sink(0).taken.size() == 16);
        const Cycles each = sectors == 0b0011 ? 1 : 2; // sectors 0 and 2 lie in different 64-byte halves
        for (unsigned k = 0; k < 16; ++k) REQUIRE(b.sent(k) == 10 + config.hit_latency + each * (k + 1) - 1);
        REQUIRE(b.stats().data_busy.value() == 16 * each);
        REQUIRE(b.dram().read == 0);
    }
}

TEST_CASE("A backlog of the data arrays stops the lookup, cycle by cycle") {
    // Four-sector hits, one offered each cycle, at most two cycles of backlog: after the first two, every other cycle one is taken.
    const L2Config config{.size = 64 * kKiB, .data_queue_cycles = 2};
    L2Bench b({.config = config});
    b.slice().warm(0, 64 * kLineBytes);
    for (unsigned k = 0; k < 40; ++k) b.ask(10, read(k * kLineBytes, 15, k));
    b.bench.run(500);
    for (unsigned k = 0; k < 40; ++k) REQUIRE(b.sent(k) == 10 + config.hit_latency + 2 * k + 1);
    REQUIRE(b.stats().stall_data.value() > 20);
}

TEST_CASE("Requests of the GPCs are taken in turn") {
    L2Bench b({.clusters = 4});
    b.slice().warm(0, 64 * kLineBytes);
    for (unsigned k = 0; k < 8; ++k)
        for (std::uint8_t c = 0; c < 4; ++c) b.ask(10, read(k * kLineBytes, 1, k, c));
    b.bench.run(500);
    const L2Config config;
    for (unsigned k = 0; k < 8; ++k)
        for (unsigned c = 0; c < 4; ++c) REQUIRE(b.sent(k, c) == 10 + config.hit_latency + 4 * k + c);
}

TEST_CASE("Requests for a line that is being fetched wait for it and fetch nothing twice") {
    L2Bench b;
    for (unsigned k = 0; k < 10; ++k) b.ask(10 + k, read(0, k % 2 ? 0b0011 : 0b0001, k));
    b.ask(20, read(0, 0b0110, 10)); // one sector is on its way, its neighbour's pair is not
    b.bench.run(1000);
    REQUIRE(b.sink(0).taken.size() == 11);
    REQUIRE(b.dram().read == 4);
    REQUIRE(b.dram().seen.size() == 2);
    REQUIRE(b.stats().mshr_merges.value() == 10);
    REQUIRE(b.stats().dram_read_sectors.value() == 4);
    // One answer a cycle, oldest first.
    for (unsigned k = 0; k < 10; ++k) REQUIRE(b.sent(k) == b.sent(0) + k);
    REQUIRE(b.sink(0).taken[10].message.transaction == 10);
}

TEST_CASE("A full list of waiters holds the next one back until one is answered") {
    L2Bench b({.config = {.size = 64 * kKiB, .mshr_merge = 2}});
    for (unsigned k = 0; k < 5; ++k) b.ask(10, read(0, 1, k));
    b.bench.run(1000);
    REQUIRE(b.sink(0).taken.size() == 5);
    REQUIRE(b.dram().read == 2);
    REQUIRE(b.stats().mshr_merges.value() == 1);
    REQUIRE(b.stats().hits[kRead].value() == 3); // the others came after the sectors did
    REQUIRE(b.stats().stall_merge.value() > 100);
}

TEST_CASE("With all MSHR entries in use a miss waits, a hit behind it on another port does not") {
    L2Bench b({.config = {.size = 64 * kKiB, .mshr_entries = 2}});
    b.slice().warm(1024 * kLineBytes, kLineBytes);
    for (unsigned k = 0; k < 3; ++k) b.ask(10 + k, read(k * kLineBytes, 1, k));
    b.ask(14, read(1024 * kLineBytes, 1, 9, 1));
    b.bench.run(1000);
    const L2Config config;
    REQUIRE(b.sink(0, 0).taken.size() == 3);
    REQUIRE(b.sent(0, 1) == 14 + config.hit_latency);
    const Cycles below = config.miss_latency + b.kDram + b.dram().latency + b.kDram;
    REQUIRE(b.dram().seen.size() == 3);
    // The third is taken in the cycle in which the first entry's sectors come back and its waiter is answered.
    REQUIRE(b.dram().seen[2].cycle == 10 + below + config.miss_latency + b.kDram);
    // Charged from its arrival to then, but for the cycle in which the hit was taken.
    REQUIRE(b.stats().stall_mshr.value() == below - 2 - 1);
}

TEST_CASE("Writes allocate without a fetch, are acknowledged and are read back") {
    const L2Config config;
    L2Bench b;
    b.ask(10, write(0, 0b0110, 0b0110, 1));
    b.ask(200, read(0, 0b0110, 2));
    b.bench.run(500);
    REQUIRE(b.sink(0).taken.size() == 2);
    REQUIRE(b.sink(0).taken[0].message.op == MemoryOp::Write);
    REQUIRE(b.sink(0).taken[0].message.payload() == 0);
    REQUIRE(b.sent(0) == 10 + 1 + config.hit_latency); // both halves written
    REQUIRE(b.sent(1) == 200 + 1 + config.hit_latency);
    REQUIRE(b.dram().seen.empty());
    REQUIRE(b.slice().dirty_sectors() == 2);
    REQUIRE(b.stats().hits[kWrite].value() == 2);
    b.slice().invalidate();
    REQUIRE(b.slice().dirty_sectors() == 0);
    REQUIRE(b.stats().flushed_sectors.value() == 2);
}

TEST_CASE("What is written to DRAM is what was dirty and left") {
    // Twice as many lines as the cache holds, three sectors written of each.
    L2Bench b;
    for (unsigned k = 0; k < 1024; ++k) b.ask(10 + k, write(k * kLineBytes, 0b0111, 0b0111, k));
    b.bench.run(6000);
    REQUIRE(b.sink(0).taken.size() == 1024);
    REQUIRE(b.stats().dirty_evictions.value() == 512);
    REQUIRE(b.dram().written == 512 * 3);
    REQUIRE(b.stats().dram_write_sectors.value() == 512 * 3);
    REQUIRE(b.slice().dirty_sectors() == 512 * 3);
    REQUIRE(b.dram().read == 0);
    // The oldest left, with their address within the channel.
    for (unsigned k = 0; k < 512; ++k) REQUIRE(b.dram().seen[k].request.line < 512 * kLineBytes);
}

TEST_CASE("A sector written in part is fetched before it can be read") {
    L2Bench b;
    b.ask(10, write(0, 0b0011, 0b0010, 1)); // sector 0 in part
    b.ask(200, read(0, 0b0010, 2));         // sector 1 is whole
    b.ask(400, read(0, 0b0001, 3));
    b.ask(800, read(0, 0b0001, 4)); // now whole
    b.bench.run(1500);
    const L2Config config;
    REQUIRE(b.sent(1) == 200 + config.hit_latency);
    REQUIRE(b.sent(2) == 400 + config.miss_latency + 2 * b.kDram + b.dram().latency + config.fill_latency);
    REQUIRE(b.sent(3) == 800 + config.hit_latency);
    REQUIRE(b.dram().read == 1); // its neighbour was readable already
    REQUIRE(b.slice().dirty_sectors() == 2);
    REQUIRE(b.stats().merge_read_sectors.value() == 0);
}

TEST_CASE("A full write makes a partly written sector whole, a second partial one does not") {
    L2Bench b;
    b.ask(10, write(0, 1, 0));
    b.ask(20, write(0, 1, 0));
    b.ask(30, write(128, 1, 0));
    b.ask(40, write(128, 1, 1));
    b.ask(200, read(0, 1));
    b.ask(300, read(128, 1));
    b.bench.run(1000);
    REQUIRE(b.dram().seen.size() == 1);
    REQUIRE(b.dram().seen[0].request.line == 0);
}

TEST_CASE("A partly written sector is completed before its write-back, or leaves under a mask") {
    for (const PartialEviction policy : {PartialEviction::Fill, PartialEviction::Masked}) {
        L2Bench b({.config = {.size = 64 * kKiB, .set_index = SetIndex::Linear, .partial_eviction = policy}});
        b.ask(10, write(0, 0b0011, 0b0001)); // sector 1 in part
        for (unsigned k = 1; k <= 512; ++k) b.ask(10 + k, write(k * kLineBytes, 1, 1));
        b.bench.run(4000);
        REQUIRE(b.sink(0).taken.size() == 513);
        REQUIRE(b.stats().dirty_evictions.value() == 1);
        REQUIRE(b.dram().written == 2);
        if (policy == PartialEviction::Fill) {
            REQUIRE(b.dram().seen.size() == 2);
            REQUIRE(b.dram().seen[0].request.write == false);
            REQUIRE(b.dram().seen[0].request.sector_mask == 0b0010);
            REQUIRE(b.dram().seen[1].cycle > b.dram().seen[0].cycle + b.dram().latency);
            REQUIRE(b.stats().merge_read_sectors.value() == 1);
        } else {
            REQUIRE(b.dram().seen.size() == 1);
            REQUIRE(b.dram().read == 0);
        }
        REQUIRE(b.slice().drained());
    }
}

TEST_CASE("Atomics occupy the atomic unit by sectors and lanes and make their sectors dirty") {
    const L2Config config{.size = 64 * kKiB, .atomic_sectors_per_cycle = 1, .atomic_lanes_per_cycle = 8, .atomic_latency = 20};
    L2Bench b({.config = config});
    b.slice().warm(0, 8 * kLineBytes);
    b.ask(10, atomic(0, 1, 1, 0));
    b.ask(100, atomic(0, 1, 32, 1)); // 4 cycles of lanes
    b.ask(200, atomic(0, 15, 8, 2)); // 4 cycles of sectors
    for (unsigned k = 0; k < 4; ++k) b.ask(300, atomic(0, 1, 32, 3 + k));
    b.bench.run(1000);
    const Cycles latency = config.hit_latency + config.atomic_latency;
    REQUIRE(b.sink(0).taken.size() == 7);
    REQUIRE(b.sent(0) == 10 + latency);
    REQUIRE(b.sent(1) == 100 + latency + 3);
    REQUIRE(b.sent(2) == 200 + latency + 3);
    for (unsigned k = 0; k < 4; ++k) REQUIRE(b.sent(3 + k) == 300 + latency + 4 * k + 3);
    REQUIRE(b.slice().dirty_sectors() == 4);
    REQUIRE(b.stats().atomic_busy.value() == 1 + 4 + 4 + 16);
    REQUIRE(b.stats().hits[kAtomic].value() == 10);
    REQUIRE(b.sink(0).taken[2].message.payload() == 128);
}

TEST_CASE("A reduction that misses fetches its sectors, makes only them dirty and is acknowledged") {
    L2Bench b;
    b.ask(10, atomic(0, 0b0001, 4, 7, MemoryOp::Reduction));
    b.bench.run(1000);
    REQUIRE(b.dram().read == 2); // granularity 64
    REQUIRE(b.slice().dirty_sectors() == 1);
    REQUIRE(b.sink(0).taken.size() == 1);
    REQUIRE(b.sink(0).taken[0].message.payload() == 0);
    REQUIRE(b.sink(0).taken[0].message.transaction == 7);
}

TEST_CASE("Warming makes lines present and no more than fit") {
    L2Bench b;
    b.slice().warm(100, 300); // bytes 100 .. 399: lines 0 .. 3
    for (unsigned k = 0; k < 5; ++k) b.ask(10 + k, read(k * kLineBytes, 15, k));
    b.bench.run(500);
    REQUIRE(b.stats().hits[kRead].value() == 16);
    REQUIRE(b.stats().misses[kRead].value() == 4);

    L2Bench big;
    big.slice().warm(0, 100 * kMiB);
    REQUIRE(big.dram().read == 0);
    for (unsigned k = 0; k < 512; ++k) big.ask(10 + k, read(100 * kMiB - (k + 1) * kLineBytes, 1, k));
    big.bench.run(2000);
    REQUIRE(big.stats().hits[kRead].value() == 512); // the last 64 KiB are there
}

TEST_CASE("A slice without room for its reply takes no request and says what it waits for") {
    L2Bench b({.config = {.size = 64 * kKiB, .hit_latency = 1, .reply_queue_entries = 2}, .reply_room = 1});
    b.sink(0).ready = [](Cycle cycle) { return cycle >= 300; };
    b.slice().warm(0, 64 * kLineBytes);
    for (unsigned k = 0; k < 20; ++k) b.ask(10, read(k * kLineBytes, 1, k));
    b.bench.run(200);
    WaitReport report;
    b.slice().explain_wait(report);
    REQUIRE(report.lines().size() == 2);
    REQUIRE_THAT(report.lines()[0], Catch::Contains("room for a reply"));
    REQUIRE(b.stats().stall_reply.value() > 150);
    REQUIRE(b.stats().requests[kRead].value() == 4); // one sent, three in the queue
    b.bench.run(1500);
    REQUIRE(b.sink(0).taken.size() == 20);
}

TEST_CASE("A request for another slice's line is our bug") {
    L2Bench b({.map = two_slices()});
    Address line = 0;
    while (b.map.home(line) != 1) line += kLineBytes;
    REQUIRE_THROWS_AS(([&] {
                          b.source(0).at(0, read(line, 0));
                          b.bench.run(100);
                      }()),
                      InternalError);
}
