// Random traffic under back-pressure: nothing lost, nothing invented, nothing stuck, and the same for every way of
// computing it.
#include "tests/sim/l2/l2_bench.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace heddle;
using namespace heddle::test;

namespace {

struct Result {
    std::vector<std::vector<std::tuple<Cycle, std::uint32_t, unsigned>>> replies;
    std::vector<std::vector<std::uint64_t>> statistics;
    std::uint64_t dram_read = 0, dram_written = 0;
    bool operator==(const Result&) const = default;
};

Result run(unsigned seed, Mode mode, bool two_sided) {
    std::mt19937 random(seed * 2 + two_sided);
    const auto pick = [&](unsigned low, unsigned high) { return low + static_cast<unsigned>(random() % (high - low + 1)); };
    L2BenchOptions options;
    L2Config& config = options.config;
    config.size = (two_sided ? 128 : 64) * kKiB;
    config.ways = pick(1, 16);
    config.replacement = static_cast<Replacement>(pick(0, 2));
    config.hit_latency = pick(1, 40);
    config.miss_latency = pick(1, 20);
    config.fill_latency = pick(1, 20);
    config.fetch_granularity = 32u << pick(0, 2);
    config.data_bytes_per_cycle = 32u << pick(0, 2);
    config.mshr_entries = pick(2, 40);
    config.mshr_waiters = pick(2, 60);
    config.mshr_merge = pick(1, 8);
    config.reply_queue_entries = pick(1, 8);
    config.dram_queue_entries = pick(4, 16);
    config.eviction_entries = pick(1, 4);
    config.partial_eviction = static_cast<PartialEviction>(pick(0, 1));
    config.atomic_lanes_per_cycle = pick(1, 32);
    config.replicate = static_cast<Replicate>(pick(0, 2));
    config.peer_queue_entries = pick(2, 8);
    config.peer_bytes_per_cycle = pick(8, 64);
    options.map = two_sided ? two_slices() : one_slice();
    options.clusters = pick(1, 4);
    options.request_room = pick(1, 16);
    options.reply_room = pick(1, 8);
    options.dram_room = pick(1, 8);
    options.peer_room = pick(1, 8);

    L2Bench b(options);
    std::map<std::uint32_t, MemoryRequest> open;
    std::uint64_t sectors[4] = {};
    const unsigned requests = config.mshr_entries < 8 ? 300 : 1500; // keeps the test short
    const unsigned lines = pick(1, 2) == 1 ? 1500 : 100;
    for (unsigned s = 0; s < b.map.slices(); ++s) {
        b.dram(s).latency = pick(10, 200);
        b.dram(s).split = pick(0, 1) == 1;
        const unsigned period = pick(1, 4);
        b.dram(s).ready = [period](Cycle cycle) { return cycle % period == 0; };
        for (unsigned c = 0; c < options.clusters; ++c) {
            const unsigned slow = pick(1, 5);
            b.sink(s, c).ready = [slow, c](Cycle cycle) { return (cycle / 7 + c) % slow == 0; };
            b.sink(s, c).one_per_cycle = true;
            Cycle at = 0;
            for (unsigned k = 0; k < requests; ++k) {
                at += random() % pick(1, 8);
                MemoryRequest request;
                do request.line = pick(0, lines - 1) * kLineBytes;
                while (!two_sided && b.map.home(request.line) != s);
                request.transaction = (s * options.clusters + c) << 16 | k;
                request.sm = static_cast<SmId>(k % 100);
                request.cluster = static_cast<std::uint8_t>(c);
                request.op = static_cast<MemoryOp>(random() % 8 < 4 ? 0 : random() % 4);
                request.sector_mask = static_cast<std::uint8_t>(pick(1, 15));
                if (request.op == MemoryOp::Write) request.full_mask = request.sector_mask & static_cast<std::uint8_t>(random());
                if (request.op == MemoryOp::Atomic || request.op == MemoryOp::Reduction)
                    request.atomic_lanes = static_cast<std::uint8_t>(pick(1, 32));
                b.source(s, c).at(at, request);
                open[request.transaction] = request;
                sectors[static_cast<unsigned>(request.op)] += static_cast<unsigned>(std::popcount(request.sector_mask));
            }
        }
    }
    const auto answered = [&] {
        std::size_t sum = 0;
        for (auto& sink : b.sinks) sum += sink->taken.size();
        return sum;
    };
    Cycle end = 20000;
    for (; answered() != open.size() && end < 3'000'000; end += 20000) b.bench.run(end, mode);
    b.bench.run(end + 20000, mode); // write-backs

    Result result;
    for (auto& sink : b.sinks) {
        result.replies.emplace_back();
        for (auto& taken : sink->taken) {
            const MemoryReply& reply = taken.message;
            const auto asked = open.find(reply.transaction);
            REQUIRE(asked != open.end()); // each once
            const MemoryRequest& request = asked->second;
            REQUIRE(reply.line == request.line);
            REQUIRE(reply.op == request.op);
            REQUIRE(reply.sector_mask == request.sector_mask);
            REQUIRE(reply.sm == request.sm);
            REQUIRE(reply.cluster == request.cluster);
            open.erase(asked);
            result.replies.back().emplace_back(taken.cycle, reply.transaction, reply.sector_mask);
        }
    }
    INFO("seed " << seed);
    WaitReport waits;
    for (auto& slice : b.slices) slice->explain_wait(waits);
    for (const std::string& line : waits.lines()) UNSCOPED_INFO(line);
    REQUIRE(open.empty());
    std::uint64_t dirtied = 0;
    for (unsigned s = 0; s < b.map.slices(); ++s) {
        const L2SliceStats& stats = b.stats(s);
        REQUIRE(b.slice(s).drained());
        REQUIRE(b.dram(s).read == stats.dram_read_sectors.value());
        REQUIRE(b.dram(s).written == stats.dram_write_sectors.value());
        for (unsigned op = 0; op < 4; ++op) {
            REQUIRE(stats.hits[op].value() + stats.misses[op].value() == stats.sectors[op].value());
            sectors[op] -= stats.sectors[op].value();
        }
        dirtied += stats.dram_write_sectors.value() + b.slice(s).dirty_sectors();
        result.statistics.push_back(values(stats));
        result.dram_read += b.dram(s).read;
        result.dram_written += b.dram(s).written;
    }
    for (const std::uint64_t rest : sectors) REQUIRE(rest == 0);
    REQUIRE(dirtied > 0);
    return result;
}

} // namespace

TEST_CASE("Random traffic through one slice") {
    for (unsigned seed = 1; seed <= 25; ++seed) {
        const Result plain = run(seed, {1, false}, false);
        REQUIRE(plain == run(seed, {1, true}, false));
        REQUIRE(plain == run(seed, {5, true}, false));
        REQUIRE(plain == run(seed, {4, false}, false));
    }
}

TEST_CASE("Random traffic through two partitions") {
    for (unsigned seed = 1; seed <= 25; ++seed) {
        const Result plain = run(seed, {1, false}, true);
        REQUIRE(plain == run(seed, {1, true}, true));
        REQUIRE(plain == run(seed, {5, true}, true));
    }
}
