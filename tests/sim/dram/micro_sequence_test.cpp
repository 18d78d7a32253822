// Short request sequences with hand-derivable completion ticks, no refresh.
//
// Source of the numbers: Ramulator 2.1 (commit c5b1c3a) fed with these requests; it starts a request's first command one
// tick after its arrival, so each of its times is ours + kOffset. Every read is checked to the tick; a write's time is its WR.
// Two of the 35 sequences, read_then_write in either standard, are ours where the reference is wrong: it turns to writing
// while the first read waits for its ACT (a read taken out of its queue no longer counts as waiting), so the write of the
// same row overtakes the read and delays it by a write-to-read turn (45 instead of 33, 121 instead of 109).
#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>

using namespace heddle;
using namespace heddle::test;

namespace {

constexpr Cycle kOffset = 1;

struct Step {
    Cycle at;
    char op;
    Address address;
    Cycle done; // as the reference prints it
};
struct Sequence {
    const char* name;
    std::vector<Step> steps;
};

const std::vector<Sequence> kHbm2{
    {"single_read_closed", {{0, 'R', 0x0, 33}}},
    {"row_hit_pair", {{0, 'R', 0x0, 33}, {0, 'R', 0x20, 36}}},
    {"row_hit_late", {{0, 'R', 0x0, 33}, {200, 'R', 0x20, 220}}},
    {"conflict_late", {{0, 'R', 0x0, 33}, {200, 'R', 0x8000, 246}}},
    {"conflict_backtoback", {{0, 'R', 0x0, 33}, {0, 'R', 0x8000, 75}}},
    {"diff_bg", {{0, 'R', 0x0, 33}, {0, 'R', 0x800, 37}}},
    {"diff_pc", {{0, 'R', 0x0, 33}, {0, 'R', 0x400, 35}}},
    {"same_bg_diff_bank", {{0, 'R', 0x0, 33}, {0, 'R', 0x2000, 39}}},
    {"faw5", {{0, 'R', 0x0, 33}, {0, 'R', 0x800, 37}, {0, 'R', 0x1000, 41}, {0, 'R', 0x1800, 45}, {0, 'R', 0x2000, 49}}},
    {"faw9",
     {{0, 'R', 0x0, 33},
      {0, 'R', 0x800, 37},
      {0, 'R', 0x1000, 41},
      {0, 'R', 0x1800, 45},
      {0, 'R', 0x2000, 49},
      {0, 'R', 0x2800, 53},
      {0, 'R', 0x3000, 57},
      {0, 'R', 0x3800, 61},
      {0, 'R', 0x4000, 65}}},
    {"hits8",
     {{0, 'R', 0x0, 33},
      {0, 'R', 0x20, 36},
      {0, 'R', 0x40, 39},
      {0, 'R', 0x60, 42},
      {0, 'R', 0x80, 45},
      {0, 'R', 0xa0, 48},
      {0, 'R', 0xc0, 51},
      {0, 'R', 0xe0, 54}}},
    {"hits8_2bg",
     {{0, 'R', 0x0, 33},
      {0, 'R', 0x800, 38},
      {0, 'R', 0x20, 36},
      {0, 'R', 0x820, 42},
      {0, 'R', 0x40, 40},
      {0, 'R', 0x840, 46},
      {0, 'R', 0x60, 44},
      {0, 'R', 0x860, 49}}},
    {"write_single", {{0, 'W', 0x0, 8}}},
    {"write_fwd", {{0, 'W', 0x0, 8}, {0, 'R', 0x0, 1}}},
    {"write_then_read_late", {{0, 'W', 0x0, 8}, {50, 'R', 0x20, 70}}},
    {"write_then_read_diffbg", {{0, 'W', 0x0, 8}, {50, 'R', 0x820, 83}}},
    {"read_then_write (corrected)", {{0, 'R', 0x0, 33}, {0, 'W', 0x20, 32}}}, // RD at 14, WR rtw = 18 later
};

const std::vector<Sequence> kHbm3{
    {"single_read_closed", {{0, 'R', 0x0, 109}}},
    {"row_hit_pair", {{0, 'R', 0x0, 109}, {0, 'R', 0x20, 117}}},
    {"row_hit_late", {{0, 'R', 0x0, 109}, {400, 'R', 0x20, 445}}},
    {"conflict_late", {{0, 'R', 0x0, 109}, {400, 'R', 0x10000, 559}}},
    {"conflict_backtoback", {{0, 'R', 0x0, 109}, {0, 'R', 0x10000, 253}}},
    {"diff_bg", {{0, 'R', 0x0, 109}, {0, 'R', 0x1000, 117}}},
    {"diff_pc", {{0, 'R', 0x0, 109}, {0, 'R', 0x400, 113}}},
    {"diff_sid", {{0, 'R', 0x0, 109}, {0, 'R', 0x800, 117}}},
    {"same_bg_diff_bank", {{0, 'R', 0x0, 109}, {0, 'R', 0x4000, 119}}},
    {"faw5", {{0, 'R', 0x0, 109}, {0, 'R', 0x1000, 117}, {0, 'R', 0x2000, 125}, {0, 'R', 0x3000, 133}, {0, 'R', 0x4000, 157}}},
    {"faw9",
     {{0, 'R', 0x0, 109},
      {0, 'R', 0x1000, 117},
      {0, 'R', 0x2000, 125},
      {0, 'R', 0x3000, 133},
      {0, 'R', 0x4000, 157},
      {0, 'R', 0x5000, 165},
      {0, 'R', 0x6000, 173},
      {0, 'R', 0x7000, 181},
      {0, 'R', 0x8000, 205}}},
    {"hits8",
     {{0, 'R', 0x0, 109},
      {0, 'R', 0x20, 117},
      {0, 'R', 0x40, 125},
      {0, 'R', 0x60, 133},
      {0, 'R', 0x80, 141},
      {0, 'R', 0xa0, 149},
      {0, 'R', 0xc0, 157},
      {0, 'R', 0xe0, 165}}},
    {"hits8_2bg",
     {{0, 'R', 0x0, 109},
      {0, 'R', 0x1000, 117},
      {0, 'R', 0x20, 121},
      {0, 'R', 0x1020, 125},
      {0, 'R', 0x40, 129},
      {0, 'R', 0x1040, 133},
      {0, 'R', 0x60, 137},
      {0, 'R', 0x1060, 141}}},
    {"write_single", {{0, 'W', 0x0, 33}}},
    {"write_fwd", {{0, 'W', 0x0, 33}, {0, 'R', 0x0, 1}}},
    {"write_then_read_late", {{0, 'W', 0x0, 33}, {100, 'R', 0x20, 145}}},
    {"write_then_read_diffbg", {{0, 'W', 0x0, 33}, {100, 'R', 0x1020, 209}}},
    {"read_then_write (corrected)", {{0, 'R', 0x0, 109}, {0, 'W', 0x20, 105}}}, // RD at 65, WR rtw = 40 later
};

void check(const DramConfig& config, const Sequence& sequence, const BenchOptions& options) {
    INFO(sequence.name);
    std::vector<BenchRequest> requests;
    for (const Step& step : sequence.steps) requests.push_back({step.at, step.op == 'W', step.address});
    const BenchResult result = run_channel(config, requests, options);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        INFO("request " << i << " of " << sequence.name);
        CHECK(result.done[i] + kOffset == sequence.steps[i].done);
    }
}

// The references take all requests that arrive in a tick; a port takes one, so each request gets a port of its own.
BenchOptions a_port_each(const Sequence& sequence, bool skip) {
    BenchOptions options;
    options.ports = static_cast<unsigned>(sequence.steps.size());
    options.skip = skip;
    return options;
}

} // namespace

TEST_CASE("HBM2 sequences complete on the reference's ticks") {
    REQUIRE(kHbm2.size() == 17);
    for (const Sequence& s : kHbm2)
        for (const bool skip : {true, false}) check(reference_hbm2(), s, a_port_each(s, skip));
}

TEST_CASE("HBM3 sequences complete on the reference's ticks") {
    REQUIRE(kHbm3.size() == 18);
    for (const Sequence& s : kHbm3)
        for (const bool skip : {true, false}) check(reference_hbm3(), s, a_port_each(s, skip));
}
