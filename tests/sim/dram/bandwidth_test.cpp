// Bandwidth and latency against closed forms: what the timings allow, and how much of it the channel reaches.
#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>
#include <cmath>

using namespace heddle;
using namespace heddle::test;

namespace {

// Share of the peak data rate over a run of requests that all arrive at once.
double share_of_peak(const DramConfig& config, const std::vector<BenchRequest>& requests) {
    BenchOptions options;
    options.ports = 2;
    const BenchResult result = run_channel(config, requests, options);
    Cycle end = result.end;
    if (end == 0) return 0;
    const auto atoms = static_cast<double>(result.stats.at("read_atoms") + result.stats.at("write_atoms"));
    return atoms * kSectorBytes / (static_cast<double>(end) * config.peak_bytes_per_tick());
}

std::vector<BenchRequest> stream(unsigned lines) {
    std::vector<BenchRequest> requests;
    for (unsigned i = 0; i < lines; ++i) requests.push_back({0, false, Address{i} * kLineBytes, 0xF});
    return requests;
}

std::vector<BenchRequest> random_atoms(unsigned count, std::uint64_t seed = 5) {
    std::mt19937_64 random(seed);
    std::vector<BenchRequest> requests;
    for (unsigned i = 0; i < count; ++i) requests.push_back({0, false, random() % (1ULL << 25) * kSectorBytes, 1});
    return requests;
}

const std::vector<std::string> kStandards{"hbm2", "hbm2e", "hbm3", "hbm3e"};

} // namespace

TEST_CASE("a read stream reaches 95 % of the peak with per-bank refresh and never exceeds it") {
    for (const std::string& standard : kStandards) {
        INFO(standard);
        const double share = share_of_peak(shipped(standard), stream(20000));
        CHECK(share >= 0.95);
        CHECK(share <= 1.0);
    }
}

TEST_CASE("the same pins as one wide or four narrow pseudo-channels: a stream keeps its rate, random atoms gain with their number") {
    DramConfig wide = shipped("hbm3e"), narrow = wide;
    wide.organisation.pseudo_channels = 1;
    wide.timings.burst = wide.timings.ccd_s = 2;
    narrow.organisation.pseudo_channels = 4;
    narrow.timings.burst = narrow.timings.ccd_s = 8;
    narrow.timings.ccd_r = 10;
    CHECK(narrow.peak_bytes_per_tick() == wide.peak_bytes_per_tick());
    for (const DramConfig& config : {wide, narrow}) {
        const double share = share_of_peak(config, stream(20000));
        CHECK(share >= 0.83); // wide: each command on the full column bus must find its bank group free
        CHECK(share <= 1.0);
        const DramTimings& t = config.timings;
        const double activates = std::min(1.0 / static_cast<double>(t.rrd_s), 4.0 / static_cast<double>(t.faw));
        const double row_bus = 1.0 / static_cast<double>(config.organisation.pseudo_channels * (t.activate_length + 1)); // one ACT and one PRE each
        const double bound = std::min(activates, row_bus) * static_cast<double>(t.burst);
        const double random = share_of_peak(config, random_atoms(20000));
        INFO(config.organisation.pseudo_channels << " " << share << " " << random << " " << bound);
        CHECK(random <= bound * 1.001);
        CHECK(random >= bound * 0.7);
    }
}

TEST_CASE("all-bank refresh costs a stream its share of the time") {
    for (const std::string& standard : kStandards) {
        INFO(standard);
        DramConfig config = shipped(standard);
        config.refresh = RefreshMode::AllBank;
        config.refresh_postpone = 0;
        const double bound = 1 - static_cast<double>(config.timings.rfc) / static_cast<double>(config.timings.refi);
        const double share = share_of_peak(config, stream(40000));
        CHECK(share <= bound + 0.002); // the run may end just before a refresh
        CHECK(share >= bound - 0.04);  // rows are closed before and opened after
    }
}

TEST_CASE("random atoms are bounded by the rate of ACT") {
    for (const std::string& standard : kStandards) {
        INFO(standard);
        const DramConfig config = shipped(standard);
        const DramTimings& t = config.timings;
        const double per_tick = std::min(1.0 / static_cast<double>(t.rrd_s), 4.0 / static_cast<double>(t.faw));
        const double bound = per_tick * static_cast<double>(t.burst);
        const double share = share_of_peak(config, random_atoms(20000));
        CHECK(share <= bound * 1.001);
        CHECK(share >= bound * 0.75); // banks collide, and each queue holds 64 atoms
    }
}

TEST_CASE("a stream within one bank group runs at ccd_l") {
    for (const std::string& standard : kStandards) {
        INFO(standard);
        DramConfig config = shipped(standard);
        config.mapping = "col pc bank sid row bg"; // never leaves the bank group
        config.mapping = "pc col bank bg sid row";
        config.bank_xor = BankXor::None;
        config.refresh = RefreshMode::None;
        std::vector<BenchRequest> requests; // one row after the other, all in bank group 0 of both pseudo-channels
        for (unsigned row = 0; row < 200; ++row)
            for (unsigned atom = 0; atom < 64; atom += 4)
                requests.push_back({0, false, Address{row % 4 + row / 4 * config.organisation.banks()} * 2048 + atom * kSectorBytes, 0xF});
        const double bound = static_cast<double>(config.timings.burst) / static_cast<double>(config.timings.ccd_l);
        const double share = share_of_peak(config, requests);
        CHECK(share <= bound * 1.001);
        CHECK(share >= bound * 0.93);
    }
}

TEST_CASE("unloaded reads take the latencies of their commands") {
    for (const std::string& standard : kStandards) {
        for (const Cycles pipeline : {0U, 7U}) {
            INFO(standard << ", pipeline " << pipeline);
            DramConfig config = shipped(standard);
            config.refresh = RefreshMode::None;
            config.front_latency = pipeline;
            config.back_latency = 2 * pipeline;
            config.bank_xor = BankXor::None;
            config.mapping = "col pc bg bank sid row";
            const DramTimings& t = config.timings;
            const Address next_row = Address{2} * config.organisation.banks() * config.organisation.row_bytes;
            const Cycle gap = 10000;
            const auto done = run_channel(config, {{0, false, 0}, {gap, false, 32}, {2 * gap, false, next_row}}).done;
            const Cycles ck = config.organisation.ticks_per_ck - 1;
            const auto up = [&](Cycle c) { return (c + ck) & ~ck; };
            const Cycles head = t.activate_length - 1, column = t.column_length - 1;
            const Cycles open = up(t.rcd_read + head - column); // ACT to RD, start to start
            CHECK(done[0] == open + t.cl + t.burst + 3 * pipeline);
            CHECK(done[1] - gap == t.cl + t.burst + 3 * pipeline);
            CHECK(done[2] - 2 * gap == up(t.rp - head) + open + t.cl + t.burst + 3 * pipeline);
        }
    }
}

TEST_CASE("two reads and a write together keep most of the bandwidth") {
    for (const std::string& standard : kStandards) {
        INFO(standard);
        std::vector<BenchRequest> requests; // three arrays, as in a triad
        for (unsigned i = 0; i < 30000; ++i) requests.push_back({0, i % 3 == 2, (Address{i % 3} << 28) + Address{i / 3} * kLineBytes, 0xF});
        const double share = share_of_peak(shipped(standard), requests);
        CHECK(share <= 1.0);
        CHECK(share >= 0.80); // hardware: 0.87 (A100) to 0.92 (H100)
    }
}
