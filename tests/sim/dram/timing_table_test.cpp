// Every timing rule on both sides of its gate, with the expected distances worked out by hand.
#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;
using enum DramCommand;

namespace {

// Banks of pseudo-channel 0 and 1 as seen from bank 0 of pseudo-channel 0.
constexpr unsigned kSame = 0, kSameGroup = 1, kOtherGroup = 4, kOtherStack = 16;

struct Gate {
    DramCommand before, after;
    unsigned bank;   // of `after`; `before` goes to bank 0 of pseudo-channel 0
    Cycles distance; // start to start
    unsigned pseudo_channel = 0;
};

void check(const DramConfig& config, const std::vector<Gate>& gates) {
    for (const Gate& gate : gates) {
        TimingTable table(config);
        const Cycle start = 1000;
        table.issue(gate.before, 0, 0, start);
        INFO(name(gate.before) << " to " << name(gate.after) << " of bank " << gate.bank << ", pseudo-channel " << gate.pseudo_channel);
        const Cycle earliest = table.earliest(gate.after, gate.pseudo_channel, gate.bank);
        CHECK(earliest > start + gate.distance - 1); // one tick before: blocked
        CHECK(earliest <= start + gate.distance);    // then: legal
    }
}

DramConfig with(DramConfig config, RefreshMode refresh, RowPolicy rows = RowPolicy::Open) {
    config.refresh = refresh;
    config.row_policy = rows;
    return config;
}

} // namespace

TEST_CASE("HBM2 gates open on the tick") {
    check(with(reference_hbm2(), RefreshMode::PerBank, RowPolicy::Closed),
          {{Activate, Read, kSame, 13},           {Activate, Write, kSame, 7},
           {Activate, Precharge, kSame, 29},      {Activate, Activate, kSame, 42},
           {Activate, Activate, kSameGroup, 6},   {Activate, Activate, kOtherGroup, 4},
           {Activate, Activate, kSame, 2, 1},     {Activate, Precharge, kSameGroup, 2},
           {Precharge, Activate, kSame, 13},      {Precharge, Precharge, kSameGroup, 1},
           {Precharge, Activate, kSameGroup, 1},  {Read, Precharge, kSame, 5},
           {Write, Precharge, kSame, 23},         {Read, Read, kSameGroup, 3},
           {Read, Read, kOtherGroup, 2},          {Read, Read, kSame, 1, 1},
           {Write, Write, kSameGroup, 3},         {Write, Write, kOtherGroup, 2},
           {Read, Write, kOtherGroup, 18},        {Write, Read, kOtherGroup, 13},
           {Write, Read, kSameGroup, 18},         {Read, Write, kSame, 1, 1},
           {ReadAuto, Activate, kSame, 18},       {WriteAuto, Activate, kSame, 36},
           {RefreshBank, Activate, kSame, 95},    {RefreshBank, Activate, kOtherGroup, 7},
           {RefreshBank, RefreshBank, kSame, 96}, {RefreshBank, RefreshBank, kOtherGroup, 8},
           {Activate, RefreshBank, kSame, 43},    {Activate, RefreshBank, kOtherGroup, 5},
           {Precharge, RefreshBank, kSame, 14},   {ReadAuto, RefreshBank, kSame, 19},
           {WriteAuto, RefreshBank, kSame, 37},   {ReadAuto, Read, kSameGroup, 3},
           {WriteAuto, Read, kSameGroup, 18}});
    check(with(reference_hbm2(), RefreshMode::AllBank, RowPolicy::Closed), {{RefreshAll, Activate, kOtherGroup, 219},
                                                                            {RefreshAll, RefreshAll, kSame, 220},
                                                                            {Activate, RefreshAll, kOtherGroup, 43},
                                                                            {Precharge, RefreshAll, kOtherGroup, 14},
                                                                            {PrechargeAll, RefreshAll, kSame, 14},
                                                                            {PrechargeAll, Activate, kSameGroup, 13},
                                                                            {Activate, PrechargeAll, kSame, 29},
                                                                            {Read, PrechargeAll, kOtherGroup, 5},
                                                                            {Write, PrechargeAll, kOtherGroup, 23},
                                                                            {ReadAuto, RefreshAll, kSame, 19},
                                                                            {WriteAuto, RefreshAll, kSame, 37},
                                                                            {RefreshAll, Activate, kSame, 1, 1}});
}

TEST_CASE("HBM3 gates open on the tick, ACT and column commands on edges of CK") {
    check(with(reference_hbm3(), RefreshMode::PerBank, RowPolicy::Closed),
          {{Activate, Read, kSame, 64}, // 63 half CK, and the next edge of CK
           {Activate, Write, kSame, 32},
           {Activate, Precharge, kSame, 92},
           {Activate, Activate, kSame, 144},
           {Activate, Activate, kSameGroup, 10},
           {Activate, Activate, kOtherGroup, 8},
           {Activate, Activate, kOtherStack, 8},
           {Activate, Activate, kSame, 4, 1}, // three half CK of the row bus, and the next edge
           {Activate, Precharge, kSame, 3, 1},
           {Precharge, Activate, kSame, 50},
           {Precharge, Precharge, kOtherGroup, 4},
           {Precharge, Precharge, kSame, 1, 1},
           {Read, Precharge, kSame, 19},
           {Write, Precharge, kSame, 91},
           {Read, Read, kSameGroup, 8},
           {Read, Read, kOtherGroup, 4},
           {Read, Read, kOtherStack, 6},
           {Write, Write, kOtherStack, 4},
           {Read, Read, kSame, 2, 1},
           {Write, Write, kSameGroup, 8},
           {Read, Write, kOtherStack, 40},
           {Write, Read, kOtherGroup, 38},
           {Write, Read, kSameGroup, 44},
           {ReadAuto, Activate, kSame, 70}, // 69, and the next edge
           {WriteAuto, Activate, kSame, 142},
           {RefreshBank, Activate, kSame, 638},
           {RefreshBank, Activate, kOtherGroup, 14},
           {RefreshBank, RefreshBank, kOtherStack, 16},
           {Activate, RefreshBank, kSame, 146},
           {Activate, RefreshBank, kOtherGroup, 10},
           {Precharge, RefreshBank, kSame, 52}});
    check(with(reference_hbm3(), RefreshMode::AllBank), {{RefreshAll, Activate, kOtherStack, 1118},
                                                         {Activate, RefreshAll, kSame, 146},
                                                         {PrechargeAll, RefreshAll, kSame, 52},
                                                         {Activate, PrechargeAll, kSame, 92},
                                                         {Read, PrechargeAll, kOtherGroup, 19},
                                                         {Write, PrechargeAll, kOtherGroup, 91}});
}

TEST_CASE("a fifth ACT waits for the four-activate window") {
    TimingTable table(reference_hbm3());
    const Cycle start = 1000;
    for (unsigned i = 0; i < 4; ++i) {
        CHECK(table.earliest(Activate, 0, 4 * i) <= start + 8 * i);
        table.issue(Activate, 0, 4 * i, start + 8 * i);
    }
    CHECK(table.earliest(Activate, 0, 1) == start + 48);
    CHECK(table.earliest(Activate, 1, 0) == start + 28); // the other pseudo-channel waits for the row bus only
    table.issue(Activate, 0, 1, start + 60);
    CHECK(table.earliest(Activate, 0, 5) == start + 68); // the window from the second ACT ends at 56
}

TEST_CASE("commands start on edges of CK, PRE on half of one") {
    TimingTable table(reference_hbm3());
    table.issue(Activate, 0, 0, 1000);
    CHECK(table.align(Activate, 1003) == 1004);
    CHECK(table.align(Read, 1001) == 1002);
    CHECK(table.align(Precharge, 1003) == 1003);
    table.issue(Read, 0, 0, 1064);
    CHECK(table.earliest(Precharge, 0, 0) == 1092);
    table.issue(Read, 0, 0, 1080);
    CHECK(table.earliest(Precharge, 0, 0) == 1099); // an odd tick
}

TEST_CASE("a command in the past leaves the buses alone") {
    TimingTable table(with(reference_hbm2(), RefreshMode::PerBank));
    table.issue(Activate, 1, 0, 1000);
    REQUIRE(table.earliest(RefreshBank, 0, 0) == 1002); // bus
    REQUIRE(table.earliest_off_bus(RefreshBank, 0, 0) == 0);
    table.issue_in_the_past(RefreshBank, 0, 0, 900);
    CHECK(table.earliest(Activate, 0, 0) == 1002);
    table.issue_in_the_past(RefreshBank, 0, 1, 950);
    CHECK(table.earliest(Activate, 0, 1) == 1045);
    CHECK_THROWS_AS(table.issue_in_the_past(RefreshBank, 0, 1, 1000), InternalError);
}
