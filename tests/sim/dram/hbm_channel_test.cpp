// The channel as a block: its links, its sleep, its queues.
#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

std::vector<BenchRequest> bursts(unsigned seed, unsigned count) {
    std::mt19937_64 random(seed);
    std::vector<BenchRequest> requests;
    Cycle at = 0;
    for (unsigned i = 0; i < count; ++i) {
        if (random() % 40 == 0) at += random() % 20000;
        else at += random() % 4;
        const Address line = random() % 3 != 0 ? Address{i} * kLineBytes : random() % (1 << 20) * kLineBytes;
        requests.push_back({at, random() % 3 == 0, line, static_cast<std::uint8_t>(1 + random() % 15)});
    }
    return requests;
}

void same(const BenchResult& a, const BenchResult& b) {
    CHECK(a.done == b.done);
    CHECK(a.replies == b.replies);
    CHECK(a.stats == b.stats);
    REQUIRE(a.commands.size() == b.commands.size());
    bool equal = true;
    for (std::size_t i = 0; i < a.commands.size(); ++i)
        equal &= a.commands[i].at == b.commands[i].at && a.commands[i].command == b.commands[i].command &&
                 a.commands[i].bank == b.commands[i].bank && a.commands[i].pseudo_channel == b.commands[i].pseudo_channel &&
                 a.commands[i].row == b.commands[i].row;
    CHECK(equal);
}

} // namespace

TEST_CASE("skipped ticks change nothing") {
    std::vector<DramConfig> configs;
    for (const char* standard : {"hbm2", "hbm2e", "hbm3", "hbm3e"}) configs.push_back(shipped(standard));
    configs.push_back(configs[0]);
    configs.back().scheduling = DramScheduling::Fcfs;
    configs.push_back(configs[3]);
    configs.back().row_policy = RowPolicy::Closed;
    configs.back().refresh = RefreshMode::AllBank;
    configs.push_back(configs[2]);
    configs.back().mapping = "pc col bg bank sid row"; // lines in both pseudo-channels
    configs.back().age_cap = 40;
    for (const DramConfig& config : configs) {
        const auto requests = bursts(21, 1200);
        BenchOptions options;
        options.ports = 2;
        const BenchResult skipped = run_channel(config, requests, options);
        options.skip = false;
        same(skipped, run_channel(config, requests, options));
        options.skip = true;
        options.step = 3; // the event is asked for again and again
        same(skipped, run_channel(config, requests, options));
    }
}

TEST_CASE("skipping changes nothing when replies wait for credit either") {
    const auto requests = bursts(5, 600);
    DramConfig config = shipped("hbm3");
    config.reply_buffer = 32;
    BenchOptions options;
    options.ports = 2;
    options.reply_room = 2;
    options.drain_every = 50;
    options.step = 50;
    const BenchResult skipped = run_channel(config, requests, options);
    options.skip = false;
    same(skipped, run_channel(config, requests, options));
    CHECK(skipped.stats.at("queue_full") > 0);
    for (std::size_t i = 0; i < requests.size(); ++i)
        if (!requests[i].write) CHECK(skipped.done[i] > 0);
}

TEST_CASE("atoms of a line are answered as they finish") {
    const BenchResult result = run_channel(reference_hbm2(), {{0, false, 0, 0xF}});
    REQUIRE(result.replies[0].size() == 4); // one bank: ccd_l apart
    for (unsigned i = 0; i < 4; ++i) CHECK(result.replies[0][i] == std::pair<Cycle, std::uint8_t>{32 + 3 * i, 1 << i});
    CHECK(result.stats.at("row_misses") == 1);
    CHECK(result.stats.at("row_hits") == 3);
    DramConfig apart = reference_hbm2();
    apart.mapping = "pc col bg bank row";
    const BenchResult both = run_channel(apart, {{0, false, 0, 0xF}});
    REQUIRE(both.replies[0].size() == 4); // two pseudo-channels, two ticks apart for the ACT
    CHECK(both.replies[0].back().first == 32 + 2 + 3);
}

TEST_CASE("a read takes what waits in the write queue and reads the rest") {
    // The write waits for its ACT when the read arrives.
    DramConfig config = reference_hbm2();
    config.front_latency = 3;
    const BenchResult result = run_channel(config, {{0, true, 0x0, 0b0011}, {1, false, 0x0, 0b0111}});
    CHECK(result.stats.at("forwarded_atoms") == 2);
    CHECK(result.stats.at("read_atoms") == 1);
    REQUIRE(result.replies[1].size() == 2);
    CHECK(result.replies[1][0] == std::pair<Cycle, std::uint8_t>{1 + 3, 0b0011});
    CHECK(result.replies[1][1].second == 0b0100);
}

TEST_CASE("writes of a line merge while they wait") {
    const BenchResult result = run_channel(reference_hbm2(), {{0, true, 0x0, 0b0011}, {1, true, 0x0, 0b0110}});
    CHECK(result.stats.at("write_atoms") == 3);
    CHECK(result.stats.at("merged_atoms") == 1);
}

TEST_CASE("row hits go first, but not past the age cap") {
    // Row 0 is open and hit again every 10 ticks, too often for a gap; a request for row 1 arrives at tick 100.
    const auto run = [](Cycles cap, DramScheduling scheduling = DramScheduling::FrFcfs) {
        DramConfig config = reference_hbm2();
        config.age_cap = cap;
        config.scheduling = scheduling;
        std::vector<BenchRequest> requests{{0, false, 0}};
        for (unsigned i = 0; i < 300; ++i) requests.push_back({50 + 3 * i, false, 0x20 * (i % 31 + 1)});
        requests.insert(requests.begin() + 40, {50 + 3 * 38, false, 0x8000});
        BenchOptions options;
        options.ports = 1;
        const BenchResult result = run_channel(config, requests, options);
        return result.done[40] - requests[40].at;
    };
    CHECK(run(1'000'000) > 700); // after the last hit
    CHECK(run(200) > 200);       // as soon as its time has come
    CHECK(run(200) < 200 + 14 + 32 + 20);
    CHECK(run(0) < 14 + 32 + 20);
    CHECK(run(0, DramScheduling::Fcfs) < 14 + 32 + 20);
}

TEST_CASE("reads get their turns although writes never stop, and the other way round") {
    const DramConfig config = shipped("hbm3");
    std::vector<BenchRequest> requests;
    for (unsigned i = 0; i < 8000; ++i) requests.push_back({0, i % 2 == 1, (Address{i % 2} << 26) + Address{i / 2} * kLineBytes, 0xF});
    BenchOptions options;
    options.ports = 2; // one of reads, one of writes
    const BenchResult result = run_channel(config, requests, options);
    CHECK(result.stats.at("write_turns") > 50);
    const auto longest = [&](bool write) {
        Cycles gap = 0;
        std::vector<Cycle> last(2, 0);
        for (const IssuedCommand& c : result.commands) {
            if (c.command != (write ? DramCommand::Write : DramCommand::Read) || c.at > result.end / 2) continue;
            gap = std::max(gap, c.at - last[c.pseudo_channel]);
            last[c.pseudo_channel] = c.at;
        }
        return gap;
    };
    CHECK(longest(false) < 192 * 4 * 2);
    CHECK(longest(true) < 128 * 4 * 3);
}

TEST_CASE("a channel without work has no event, and says what it waits for otherwise") {
    const ClockDomain clock("dram", kFemtosecondsPerSecond / kTick);
    Link<DramRequest> to("to", kTick, kTick, 4);
    Link<DramReply> from("from", kTick, kTick, 1);
    HbmChannel channel("gpu.dram[0]", clock, reference_hbm2(), {{Rx<DramRequest>(to)}, {Tx<DramReply>(from)}});
    CHECK(channel.run_until(100 * kTick, true) == kNoTime);
    CHECK(channel.next_event(100) == kNever);
    to.send(Now{100, 100 * kTick}, {0, 7, 0, false, 0b11});
    CHECK(channel.next_event(100) == 101);
    CHECK(channel.run_until(116 * kTick, true) != kNoTime);
    WaitReport waiting;
    channel.explain_wait(waiting);
    REQUIRE(waiting.lines().size() == 2);
    CHECK(waiting.lines()[0] == "gpu.dram[0] waits for commands of pseudo-channel 0 (1 read and 0 write atoms queued)");
    channel.run_until(200 * kTick, true); // the second reply finds the link full
    CHECK(channel.next_event(200) == kNever);
    WaitReport blocked;
    channel.explain_wait(blocked);
    REQUIRE(blocked.lines().size() == 1);
    CHECK(blocked.lines()[0] == "gpu.dram[0] waits for data or credit for from (1 replies)");
    REQUIRE(from.peek(Now{200, 200 * kTick}) != nullptr);
    CHECK(from.peek(Now{200, 200 * kTick})->transaction == 7);
    from.pop(Now{200, 200 * kTick});
    CHECK(channel.next_event(200) == 201);
    channel.run_until(300 * kTick, true);
    CHECK(channel.next_event(300) == kNever);
    CHECK(from.next_arrival() == 202 * kTick);
    WaitReport done;
    channel.explain_wait(done);
    CHECK(done.lines().empty());
}

TEST_CASE("ports take turns") {
    // Both ports want the same banks all the time; neither is served twice as often.
    std::vector<BenchRequest> requests;
    for (unsigned i = 0; i < 4000; ++i) requests.push_back({0, false, Address{i % 2 == 0 ? i : 0x10000 + i} * kLineBytes, 0xF});
    BenchOptions options;
    options.ports = 2;
    const BenchResult result = run_channel(shipped("hbm2e"), requests, options);
    const double a = static_cast<double>(result.done[3998]), b = static_cast<double>(result.done[3999]);
    CHECK(std::abs(a - b) / std::max(a, b) < 0.05);
}

TEST_CASE("a request without sectors is refused") { CHECK_THROWS_AS(run_channel(reference_hbm2(), {{0, false, 0, 0}}), InternalError); }
