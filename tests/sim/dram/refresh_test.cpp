// Which refresh is owed, and that busy and idle channels get theirs.
#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

TEST_CASE("per-bank refresh goes to banks nobody waits for, until the debt is too large") {
    DramConfig c = reference_hbm2(); // 16 banks, one REFpb every 3900 / 16 = 243 ticks
    c.refresh = RefreshMode::PerBank;
    c.refresh_postpone = 2;
    Refresh refresh(c);
    CHECK(refresh.interval() == 243);
    refresh.advance(242);
    CHECK(refresh.owed() == 0);
    CHECK(refresh.choose(0, 0) == 0);
    refresh.advance(243);
    CHECK(refresh.owed() == 1);
    CHECK(refresh.choose(0x0007, 0x0018) == 0x20); // 0-2 wanted, 3 and 4 open
    refresh.done();
    CHECK(refresh.owed() == 0);
    refresh.advance(2 * 243);
    CHECK(refresh.choose(0xFF07, 0xFFFF) == 0x08); // open and idle rather than wanted
    refresh.done();
    refresh.advance(4 * 243);
    CHECK(refresh.choose(0xFFFF, 0) == 0); // owes two: all banks may be kept
    refresh.advance(5 * 243);
    CHECK(refresh.choose(0xFFFF, 0) == 0x01); // owes three: the first of the round
    CHECK(refresh.choose(0, 0) == 0x01);      // and stays with it
    refresh.done();
    CHECK(refresh.owed() == 2);
}

TEST_CASE("each bank is refreshed once per round") {
    DramConfig c = reference_hbm2();
    c.refresh = RefreshMode::PerBank;
    Refresh refresh(c);
    for (unsigned round = 0; round < 3; ++round) {
        std::uint64_t seen = 0;
        for (unsigned i = 0; i < 16; ++i) {
            refresh.advance((round * 16 + i + 1) * 243);
            const std::uint64_t bank = refresh.choose(0x5555, 0x0F0F);
            if (bank == 0) continue;
            CHECK((seen & bank) == 0);
            seen |= bank;
            refresh.done();
        }
        while (refresh.owed() != 0) { // the rest of the round, with nobody waiting
            seen |= refresh.choose(0, 0);
            refresh.done();
        }
        CHECK(seen == 0xFFFF);
    }
}

TEST_CASE("a busy channel gets its refreshes in time") {
    for (const RefreshMode mode : {RefreshMode::PerBank, RefreshMode::AllBank}) {
        DramConfig c = shipped("hbm3");
        c.refresh = mode;
        c.refresh_postpone = 8;
        std::mt19937_64 random(3);
        std::vector<BenchRequest> requests;
        for (unsigned i = 0; i < 30000; ++i) requests.push_back({0, false, random() % (1 << 22) * kLineBytes, 0xF});
        BenchOptions options;
        options.ports = 2;
        const BenchResult result = run_channel(c, requests, options);
        const Cycles interval = mode == RefreshMode::PerBank ? c.timings.refi / c.organisation.banks() : c.timings.refi;
        for (unsigned pc = 0; pc < 2; ++pc) {
            std::uint64_t done = 0;
            for (const IssuedCommand& command : result.commands) {
                if (command.pseudo_channel != pc ||
                    (command.command != DramCommand::RefreshBank && command.command != DramCommand::RefreshAll))
                    continue;
                ++done;
                const std::uint64_t due = (command.at + kBase) / interval;
                CHECK(done <= due);
                CHECK(done + 8 + 4 >= due); // the postponable debt, and what falls due while the banks are being closed
            }
            CHECK(done + 12 >= result.end / interval);
        }
    }
}

TEST_CASE("an idle channel is refreshed without an event, as if it had been awake") {
    for (const RefreshMode mode : {RefreshMode::PerBank, RefreshMode::AllBank}) {
        DramConfig c = reference_hbm2();
        c.refresh = mode;
        const Cycle pause = 1'000'000;
        const BenchResult result = run_channel(c, {{0, false, 0}, {pause, false, 0x20}});
        const Cycles interval = mode == RefreshMode::PerBank ? 243 : 3900;
        const std::string name = mode == RefreshMode::PerBank ? "bank_refreshes" : "all_bank_refreshes";
        CHECK(result.stats.at(name) == (pause + kBase) / interval); // only the pseudo-channel that was asked again
        CHECK(result.done[1] - pause == 12 + 1 + 17 + 2);           // its row had been closed for refresh
        CHECK(result.stats.at("precharges") == 1);
    }
}

TEST_CASE("a request to a bank in refresh waits for it, one to another bank does not") {
    DramConfig c = reference_hbm2();
    c.refresh = RefreshMode::PerBank;
    // The first refresh falls due at tick 243 of the clock and takes 96; bank 0 is the first in order.
    const Cycle during = 243 + 20 - kBase;
    const Cycles closed = 13 + 17 + 2;
    CHECK(run_channel(c, {{during, false, 0}}).done[0] == 243 - kBase + 95 + closed);
    CHECK(run_channel(c, {{during, false, 0x800}}).done[0] == during + closed);
}
