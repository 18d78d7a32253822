#include "sim/gpu/figures.hpp"

#include "sim/kernel/clock.hpp"
#include "tests/sim/gpu/sample_record.hpp"

#include <catch2/catch.hpp>

using namespace heddle;

namespace {

double fraction(const std::vector<Share>& shares, const std::string& reason) {
    for (const Share& share : shares)
        if (share.reason == reason) return share.fraction;
    FAIL("no share is called " << reason);
    return 0;
}

} // namespace

TEST_CASE("figures of a kernel are its counters over its time and the peaks") {
    const RunRecord record = test::sample_record();
    const Figures f = figures_of(record.kernels[0], record.peaks);
    CHECK(f.seconds == Approx(1e-6));
    CHECK(f.cycles == 1000);
    CHECK(f.active_sm_cycles == 1000);
    CHECK(*f.ipc == Approx(0.5));
    CHECK(*f.ipc_active_sm == Approx(0.5));
    CHECK(*f.lanes == Approx(16));
    CHECK(*f.resident_warps == Approx(8));
    CHECK(*f.occupancy == Approx(0.5));
    CHECK(f.fp32.amount == 64000);
    CHECK(*f.fp32.per_second == Approx(64e9));
    CHECK(*f.fp32.of_peak == Approx(0.5));
    CHECK(f.tensor.amount == 0);
    CHECK(*f.tensor.of_peak == 0);
    CHECK(*f.l1_hit_rate == Approx(0.25));
    CHECK(*f.l2_hit_rate == Approx(1.0 / 3));
    CHECK(f.dram_read_bytes == 3200);
    CHECK(f.dram_write_bytes == 1600);
    CHECK(*f.dram.per_second == Approx(4.8e9));
    CHECK(*f.dram.of_peak == Approx(0.5));
    CHECK(*f.dram_row_hit_rate == Approx(0.8));
    CHECK(*f.l2.per_second == Approx(360 * 32 / 1e-6));
}

TEST_CASE("issue slots and warp states are fractions that sum to 1") {
    const RunRecord record = test::sample_record();
    const Figures f = figures_of(record);
    CHECK(fraction(f.issue_slots, "issued") == Approx(0.25));
    CHECK(fraction(f.issue_slots, "long_scoreboard") == Approx(0.7));
    CHECK(fraction(f.issue_slots, "no_warp") == Approx(0.05));
    CHECK(fraction(f.warp_states, "issued") == Approx(0.0625));
    double slots = 0, states = 0;
    for (const Share& share : f.issue_slots) slots += share.fraction;
    for (const Share& share : f.warp_states) states += share.fraction;
    CHECK(slots == Approx(1).epsilon(1e-12));
    CHECK(states == Approx(1).epsilon(1e-12));
    CHECK(f.issue_slots.size() == kStalls);
}

TEST_CASE("a ratio of nothing is empty, not zero") {
    RunRecord record = test::sample_record();
    record.kernels[0].counters = test::SampleMachine{}.counters();
    record.kernels[0].end = record.kernels[0].start;
    record.kernels[0].cycles = 0;
    record.kernels[0].warp_instructions = 0;
    const Figures f = figures_of(record.kernels[0], record.peaks);
    for (const Ratio& r : {f.ipc, f.ipc_active_sm, f.lanes, f.resident_warps, f.occupancy, f.l1_hit_rate, f.l2_hit_rate,
                           f.dram_row_hit_rate, f.dram.per_second, f.dram.of_peak})
        CHECK_FALSE(r.has_value());
    CHECK(f.issue_slots.empty());
}

TEST_CASE("the run's cycles are the nearest edge of the SM clock") {
    RunRecord record = test::sample_record();
    record.sm_clock = 1'755'000'000;
    // Edge k lies at floor(k * 1e15 / f): the floor must not lose a cycle, near 0 as after an hour.
    for (const std::uint64_t k : {1ULL, 9321ULL, 1'000'000'007ULL, 6'000'000'000'001ULL}) {
        record.end = ClockDomain("sm", record.sm_clock).time_of(k);
        CHECK(figures_of(record).cycles == k);
    }
}

TEST_CASE("what is not modelled comes from the frontend's notes and from the machine's counters that are not zero") {
    RunRecord record = test::sample_record();
    CHECK(unmodelled_of(record).empty());
    record.notes.unmodelled.push_back({"opcode without a row: FOO", 12});
    record.total.families.push_back({"gpu.unmodelled.copy_bytes", "bytes", "Bytes copied.", 4096});
    record.total.families.push_back({"gpu.sm.unmodelled.texture", "instructions", "Textures.", 0});
    const auto found = unmodelled_of(record);
    REQUIRE(found.size() == 2);
    CHECK(found[0].what == "opcode without a row: FOO");
    CHECK(found[0].count == 12);
    CHECK(found[1].what == "gpu.unmodelled.copy_bytes");
    CHECK(found[1].count == 4096);
}
