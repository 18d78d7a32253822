#include "tests/sim/l2/l2_bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

constexpr auto kRead = static_cast<unsigned>(MemoryOp::Read);

L2BenchOptions options(L2Config config = {.size = 128 * kKiB}) { return {.config = config, .map = two_slices(), .clusters = 1}; }

// The n-th line whose home is slice `home`.
Address line_of(const L2Bench& b, SliceId home, std::uint64_t n) { return b.map.line_address({home, n}); }

} // namespace

TEST_CASE("A far line comes through the home slice, and a copy stays near") {
    const L2Config config;
    L2Bench b(options());
    const Address line = line_of(b, 1, 5);
    b.ask(10, read(line, 1, 1), 0);
    b.ask(1000, read(line, 1, 2), 0);
    b.bench.run(2000);
    REQUIRE(b.sink(0).taken.size() == 2);
    const Cycles home = config.miss_latency + 2 * b.kDram + b.dram(1).latency + config.fill_latency;
    // The near slice asks for a pair of sectors, one data cycle at home.
    REQUIRE(b.sent(0) == 10 + config.miss_latency + b.kPeer + home + b.kPeer + config.fill_latency);
    REQUIRE(b.sent(1) == 1000 + config.hit_latency);
    REQUIRE(b.dram(0).seen.empty());
    REQUIRE(b.dram(1).read == 2);
    REQUIRE(b.stats(0).copies.value() == 1);
    REQUIRE(b.stats(0).far_read_sectors.value() == 2);
    REQUIRE(b.stats(1).peer_miss_sectors.value() == 2);
    REQUIRE(b.stats(1).requests[kRead].value() == 0); // counted at the near slice only
}

TEST_CASE("A far hit costs the way to the other partition and back") {
    const L2Config config;
    L2Bench b(options());
    const Address line = line_of(b, 1, 5);
    b.slice(1).warm(line, kLineBytes);
    b.ask(10, read(line, 1, 1), 0);
    b.bench.run(500);
    REQUIRE(b.sent(0) == 10 + config.miss_latency + b.kPeer + config.hit_latency + b.kPeer + config.fill_latency);
    REQUIRE(b.dram(1).seen.empty());
}

TEST_CASE("Replication on reuse keeps a copy from the second read on, never means never") {
    for (const Replicate policy : {Replicate::Always, Replicate::OnReuse, Replicate::Never}) {
        L2Bench b(options({.size = 128 * kKiB, .replicate = policy}));
        const Address line = line_of(b, 1, 5);
        for (unsigned k = 0; k < 4; ++k) b.ask(10 + 500 * k, read(line, 1, k), 0);
        b.bench.run(3000);
        REQUIRE(b.sink(0).taken.size() == 4);
        const std::uint64_t hits = policy == Replicate::Always ? 3 : policy == Replicate::OnReuse ? 2 : 0;
        REQUIRE(b.stats(0).hits[kRead].value() == hits);
        REQUIRE(b.dram(1).read == 2);
    }
}

TEST_CASE("A write of the home side drops the copy; the next far read fetches it anew") {
    L2Bench b(options());
    const Address line = line_of(b, 1, 5);
    b.ask(10, read(line, 1, 1), 0);
    b.ask(1000, write(line, 1, 1, 2), 1); // by the home's own side
    b.ask(1500, read(line, 1, 3), 0);
    b.bench.run(3000);
    REQUIRE(b.stats(0).invalidations.value() == 1);
    REQUIRE(b.stats(0).hits[kRead].value() == 0);
    REQUIRE(b.stats(1).peer_hit_sectors.value() == 2);
    REQUIRE(b.slice(1).dirty_sectors() == 1);
}

TEST_CASE("A far write goes home, updates the copy and is acknowledged") {
    const L2Config config;
    L2Bench b(options());
    const Address line = line_of(b, 1, 5);
    b.ask(10, read(line, 3, 1), 0);
    b.ask(1000, write(line, 1, 1, 2), 0);
    b.ask(2000, read(line, 1, 3), 0);
    b.bench.run(3000);
    REQUIRE(b.sink(0).taken.size() == 3);
    REQUIRE(b.sink(0).taken[1].message.op == MemoryOp::Write);
    REQUIRE(b.sent(1) == 1000 + config.miss_latency + b.kPeer + config.hit_latency + b.kPeer + config.fill_latency);
    REQUIRE(b.slice(0).dirty_sectors() == 0);
    REQUIRE(b.slice(1).dirty_sectors() == 1);
    REQUIRE(b.sent(2) == 2000 + config.hit_latency);
    REQUIRE(b.stats(0).invalidations.value() == 0);
}

TEST_CASE("A far atomic is executed at home and drops the copy's sectors") {
    L2Bench b(options());
    const Address line = line_of(b, 1, 5);
    b.ask(10, read(line, 3, 1), 0);
    b.ask(1000, atomic(line, 1, 1, 2), 0);
    b.ask(2000, read(line, 2, 3), 0);
    b.ask(2500, read(line, 1, 4), 0);
    b.bench.run(4000);
    REQUIRE(b.sink(0).taken.size() == 4);
    REQUIRE(b.sink(0).taken[1].message.payload() == 32);
    REQUIRE(b.stats(1).atomic_busy.value() == 1);
    REQUIRE(b.stats(0).hits[kRead].value() == 1); // sector 1 stayed
    REQUIRE(b.slice(1).dirty_sectors() == 1);
}

TEST_CASE("A home line that is replaced takes its copy with it") {
    L2Bench b(options());
    const Address line = line_of(b, 1, 0);
    b.ask(10, read(line, 1, 0), 0);
    for (unsigned k = 1; k <= 1024; ++k) b.ask(1000 + 2 * k, write(line_of(b, 1, k), 15, 15, k), 1);
    b.bench.run(8000);
    REQUIRE(b.stats(1).evictions.value() >= 512);
    REQUIRE(b.stats(0).invalidations.value() == 1);
}

TEST_CASE("Data read from both sides fills both partitions: half the capacity for all") {
    // Each partition holds 512 lines. A set of 400 lines fits twice, one of 800 does not.
    for (const unsigned lines : {400u, 800u}) {
        L2Bench b(options());
        Cycle at = 10;
        for (unsigned round = 0; round < 3; ++round) {
            for (unsigned k = 0; k < lines; ++k) {
                for (unsigned s = 0; s < 2; ++s) b.ask(at, read(k * kLineBytes, 15, k), s);
                at += 4;
            }
            at += 1000;
        }
        b.bench.run(at + 4000);
        const std::uint64_t hits = b.stats(0).hits[kRead].value() + b.stats(1).hits[kRead].value();
        const std::uint64_t sectors = 3ull * lines * 4 * 2;
        INFO(lines << " lines: " << hits << " of " << sectors);
        if (lines == 400) REQUIRE(hits >= sectors * 2 / 3);
        else REQUIRE(hits < sectors / 5);
        REQUIRE(b.sink(0).taken.size() == 3 * lines);
        REQUIRE(b.sink(1).taken.size() == 3 * lines);
    }
}
