#include "sim/noc/crossbar.hpp"
#include "tests/sim/mem/bench.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace heddle;
using namespace heddle::test;

namespace {

// A crossbar with a source at each input and a sink at each output.
template <class Message> struct CrossbarBench {
    static constexpr Cycles kIn = 5, kOut = 7; // link latencies
    Bench bench;
    std::vector<std::unique_ptr<Source<Message>>> sources;
    std::vector<std::unique_ptr<Sink<Message>>> sinks;
    std::unique_ptr<Crossbar<Message>> crossbar;

    CrossbarBench(unsigned inputs, unsigned outputs, const CrossbarConfig& config, std::size_t room = 64) {
        typename Crossbar<Message>::Ports ports;
        std::vector<std::uint16_t> route;
        for (unsigned i = 0; i < inputs; ++i) {
            auto& link = bench.link<Message>(kIn, 16);
            ports.in.emplace_back(link);
            sources.push_back(std::make_unique<Source<Message>>(bench.clock, Tx<Message>(link)));
        }
        for (unsigned o = 0; o < outputs; ++o) {
            auto& link = bench.link<Message>(kOut, room);
            ports.out.emplace_back(link);
            sinks.push_back(std::make_unique<Sink<Message>>(bench.clock, Rx<Message>(link)));
            route.push_back(static_cast<std::uint16_t>(o));
        }
        crossbar = std::make_unique<Crossbar<Message>>("xbar", bench.clock, config, std::move(ports), route);
        for (auto& source : sources) bench.add(*source);
        bench.add(*crossbar);
        for (auto& sink : sinks) bench.add(*sink);
    }
    // Cycle at which the crossbar passed on message k of output o (sinks that always take).
    Cycle sent(unsigned o, std::size_t k) const { return sinks[o]->taken[k].cycle - kOut; }
};

MemoryReply reply(SmId to, std::uint32_t transaction, unsigned sectors = 4) {
    return {.transaction = transaction, .sm = to, .op = MemoryOp::Read, .sector_mask = static_cast<std::uint8_t>((1u << sectors) - 1)};
}
MemoryRequest request(SliceId to, std::uint32_t transaction, MemoryOp op = MemoryOp::Read, std::uint8_t sectors = 15) {
    return {.transaction = transaction, .slice = to, .op = op, .sector_mask = sectors};
}

} // namespace

TEST_CASE("A message crosses in the cycle it arrives") {
    CrossbarBench<MemoryRequest> b(3, 4, {});
    b.sources[1]->at(10, request(2, 77));
    b.bench.run(40);
    REQUIRE(b.sinks[2]->taken.size() == 1);
    REQUIRE(b.sinks[2]->taken[0].message.transaction == 77);
    REQUIRE(b.sent(2, 0) == 10 + b.kIn);
    REQUIRE(b.crossbar->empty());
}

TEST_CASE("128 bytes keep a 64-byte port busy for two cycles, and an 8-byte header a little longer") {
    for (const Bytes header : {Bytes{0}, Bytes{8}}) {
        CrossbarBench<MemoryReply> b(2, 1, {.header_bytes = header});
        // Two inputs, one output: the output is the bottleneck.
        for (unsigned k = 0; k < 20; ++k) {
            b.sources[0]->at(0, reply(0, k));
            b.sources[1]->at(0, reply(0, 100 + k));
        }
        b.bench.run(150);
        REQUIRE(b.sinks[0]->taken.size() == 40);
        const Cycle start = b.sent(0, 0);
        for (std::size_t k = 0; k < 40; ++k) REQUIRE(b.sent(0, k) == start + k * (128 + header) / 64);
    }
}

TEST_CASE("An input port is as wide as configured") {
    CrossbarBench<MemoryReply> b(1, 2, {.input_bytes_per_cycle = 32, .header_bytes = 0});
    for (unsigned k = 0; k < 8; ++k) b.sources[0]->at(0, reply(k % 2, k));
    b.bench.run(100);
    REQUIRE(b.sinks[0]->taken.size() + b.sinks[1]->taken.size() == 8);
    for (std::size_t k = 0; k < 4; ++k) {
        REQUIRE(b.sent(0, k) == b.kIn + 8 * k); // 128 bytes at 32: every fourth cycle one, to the outputs in turn
        REQUIRE(b.sent(1, k) == b.kIn + 8 * k + 4);
    }
}

TEST_CASE("Small messages start once per port and cycle") {
    CrossbarBench<MemoryRequest> b(2, 1, {});
    for (unsigned k = 0; k < 10; ++k) {
        b.sources[0]->at(0, request(0, k));
        b.sources[1]->at(0, request(0, k));
    }
    b.bench.run(60);
    for (std::size_t k = 0; k < 20; ++k) REQUIRE(b.sent(0, k) == b.kIn + k);
}

TEST_CASE("The GPC's total bandwidth is reached and not exceeded") {
    constexpr Bytes kWidth = 200;
    CrossbarBench<MemoryReply> b(16, 16, {.gpc_bytes_per_cycle = kWidth, .header_bytes = 8}, 4096);
    for (unsigned i = 0; i < 16; ++i)
        for (unsigned k = 0; k < 100; ++k) b.sources[i]->at(0, reply(static_cast<SmId>((i + k) % 16), k));
    b.bench.run(2000);
    std::map<Cycle, Bytes> bytes;
    Bytes total = 0;
    for (auto& sink : b.sinks)
        for (auto& taken : sink->taken) bytes[taken.cycle] += 136, total += 136;
    REQUIRE(total == 1600 * 136);
    const Cycle first = bytes.begin()->first, last = bytes.rbegin()->first;
    REQUIRE((last - first) <= total / kWidth + 3);
    for (auto from = bytes.begin(); from != bytes.end(); ++from) { // every window
        Bytes sum = 0;
        for (auto to = from; to != bytes.end(); ++to) {
            sum += to->second;
            REQUIRE(sum <= (to->first - from->first + 1) * kWidth + 136);
        }
    }
}

TEST_CASE("Inputs that compete for an output are served in turn") {
    CrossbarBench<MemoryRequest> b(18, 2, {}, 4096);
    for (unsigned i = 0; i < 18; i += i < 2 ? 1 : 5) // neighbours and loners: 0, 1, 2, 7, 12, 17
        for (unsigned k = 0; k < 300; ++k) b.sources[i]->at(0, request(0, i));
    b.bench.run(b.kIn + 600 + b.kOut);
    std::map<std::uint32_t, unsigned> served;
    for (auto& taken : b.sinks[0]->taken) ++served[taken.message.transaction];
    REQUIRE(served.size() == 6);
    REQUIRE(b.sinks[0]->taken.size() == 600);
    for (auto& [input, count] : served) REQUIRE(count == 100);
}

TEST_CASE("A blocked output does not block others within the lookahead") {
    for (const unsigned lookahead : {1u, 4u}) {
        CrossbarBench<MemoryRequest> b(1, 2, {.lookahead = lookahead}, 2);
        b.sinks[0]->ready = [](Cycle cycle) { return cycle >= 200; };
        for (unsigned k = 0; k < 4; ++k) b.sources[0]->at(0, request(0, k)); // two get credit, two stay
        b.sources[0]->at(0, request(1, 9));
        b.bench.run(100);
        REQUIRE(b.sinks[1]->taken.size() == (lookahead == 4 ? 1 : 0));
        WaitReport report;
        b.crossbar->explain_wait(report);
        REQUIRE(report.lines().size() == 1);
        b.bench.run(300);
        REQUIRE(b.sinks[1]->taken.size() == 1);
        REQUIRE(b.sinks[0]->taken.size() == 4);
        for (unsigned k = 0; k < 4; ++k) REQUIRE(b.sinks[0]->taken[k].message.transaction == k);
        REQUIRE(b.crossbar->stats().blocked_by_credit.value() > 150);
    }
}

TEST_CASE("A message passes in the cycle its credit comes back") {
    CrossbarBench<MemoryRequest> b(1, 1, {}, 1);
    b.sources[0]->at(0, request(0, 1));
    b.sources[0]->at(0, request(0, 2));
    b.bench.run(60);
    REQUIRE(b.sinks[0]->taken.size() == 2);
    // Sent at 5, taken at 12, credit back at 19.
    REQUIRE(b.sent(0, 0) == b.kIn);
    REQUIRE(b.sent(0, 1) == b.kIn + 2 * b.kOut);
    REQUIRE(b.crossbar->stats().blocked_by_credit.value() == 2 * b.kOut - 1); // cycles 6 .. 18
}

TEST_CASE("Random traffic arrives complete and in order, the same for every way of computing it") {
    struct Result {
        std::vector<std::vector<std::pair<Cycle, std::uint32_t>>> taken;
        std::vector<std::uint64_t> statistics;
        bool operator==(const Result&) const = default;
    };
    const auto run = [](unsigned seed, Mode mode) {
        std::mt19937 random(seed);
        CrossbarConfig config{.input_bytes_per_cycle = 32 + random() % 64,
                              .output_bytes_per_cycle = 32 + random() % 64,
                              .gpc_bytes_per_cycle = 64 + random() % 512,
                              .header_bytes = random() % 16,
                              .lookahead = 1 + static_cast<unsigned>(random() % 8)};
        const unsigned inputs = 1 + random() % 20, outputs = 1 + random() % 100;
        CrossbarBench<MemoryRequest> b(inputs, outputs, config, 1 + random() % 8);
        unsigned total = 0;
        std::vector<unsigned> expected(outputs, 0);
        for (unsigned i = 0; i < inputs; ++i) {
            Cycle at = 0;
            for (unsigned k = 0; k < 200; ++k) {
                at += random() % (1 + random() % 30);
                const auto op = static_cast<MemoryOp>(random() % 4);
                const auto to = static_cast<SliceId>(random() % (random() % 2 ? outputs : 1 + outputs / 8));
                ++expected[to];
                b.sources[i]->at(at, request(to, i << 16 | k, op, static_cast<std::uint8_t>(1 + random() % 15)));
                ++total;
            }
        }
        for (unsigned o = 0; o < outputs; ++o) {
            const unsigned period = 1 + random() % 6;
            b.sinks[o]->ready = [period, o](Cycle cycle) { return (cycle + o) % period == 0; };
            b.sinks[o]->one_per_cycle = true;
        }
        b.bench.run(60000, mode);
        Result result;
        unsigned arrived = 0;
        for (unsigned o = 0; o < outputs; ++o) {
            REQUIRE(b.sinks[o]->taken.size() == expected[o]);
            result.taken.emplace_back();
            std::map<std::uint32_t, std::uint32_t> last; // per input
            for (auto& taken : b.sinks[o]->taken) {
                const std::uint32_t id = taken.message.transaction;
                REQUIRE(taken.message.slice == o);
                const auto known = last.find(id >> 16);
                REQUIRE((known == last.end() || known->second < id));
                last[id >> 16] = id;
                result.taken.back().emplace_back(taken.cycle, id);
                ++arrived;
            }
        }
        REQUIRE(arrived == total);
        REQUIRE(b.crossbar->empty());
        result.statistics = values(b.crossbar->stats());
        return result;
    };
    for (unsigned seed = 1; seed <= 12; ++seed) {
        const Result plain = run(seed, {1, false});
        REQUIRE(plain == run(seed, {1, true}));
        REQUIRE(plain == run(seed, {3, true}));
        REQUIRE(plain == run(seed, {5, true}));
        REQUIRE(plain == run(seed, {5, false}));
    }
}

TEST_CASE("Messages and bytes are counted by class") {
    CrossbarBench<MemoryRequest> b(1, 1, {.header_bytes = 8});
    b.sources[0]->at(0, request(0, 0, MemoryOp::Read, 15));
    b.sources[0]->at(0, request(0, 1, MemoryOp::Write, 7));
    b.sources[0]->at(0, request(0, 2, MemoryOp::Atomic, 1));
    b.sources[0]->at(0, request(0, 3, MemoryOp::Reduction, 3));
    b.bench.run(50);
    const auto& stats = b.crossbar->stats();
    const std::uint64_t bytes[4] = {8, 8 + 96, 8 + 32, 8 + 64};
    for (unsigned op = 0; op < 4; ++op) {
        REQUIRE(stats.messages[op].value() == 1);
        REQUIRE(stats.bytes[op].value() == bytes[op]);
    }
}

TEST_CASE("A message without a route is our bug, not lost") {
    CrossbarBench<MemoryRequest> b(1, 1, {});
    b.sources[0]->at(0, request(5, 0));
    REQUIRE_THROWS_AS(b.bench.run(50), InternalError);
}
