// Long request streams against another simulator's totals.
//
// Source: Ramulator 2.1 (commit c5b1c3a), 64 read and 64 write entries per channel, FRFCFS-RowHit, all-bank refresh, open
// rows, 20 000 requests of 32 bytes that all arrive at once; HBM2_2000 with a column-low mapping and HBM3_6400 with
// MOP4CLXOR. Its queues are shared by the two pseudo-channels, so ours are too here.
// The streams and tables are not part of the project: the test runs where HEDDLE_DATA names a folder with hbm_oracle/ in it.
#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>

using namespace heddle;
using namespace heddle::test;

namespace {

std::vector<BenchRequest> read_stream(const std::filesystem::path& file) {
    std::vector<BenchRequest> requests;
    FILE* pipe = popen(("gzip -dc '" + file.string() + "'").c_str(), "r");
    REQUIRE(pipe != nullptr);
    unsigned long long at = 0, address = 0;
    char op = 0;
    while (std::fscanf(pipe, "%llu %c %llx", &at, &op, &address) == 3) requests.push_back({at, op == 'W', address});
    pclose(pipe);
    return requests;
}

DramConfig traced_hbm2() {
    DramConfig c = reference_hbm2();
    DramTimings& t = c.timings;
    t.cl = 14, t.cwl = 5, t.rcd_read = 14, t.rcd_write = 12, t.rp = 14, t.ras = 34, t.rc = 48, t.wr = 16, t.rtp = 5, t.ccd_s = 2,
    t.ccd_l = 4;
    t.rrd_s = 4, t.rrd_l = 4, t.faw = 15, t.wtr_s = 6, t.wtr_l = 8, t.rtw = 13, t.rfc = 350, t.rfc_bank = 160, t.rrefd = 8, t.refi = 3900;
    return c;
}

DramConfig traced_hbm3() {
    DramConfig c = reference_hbm3();
    c.mapping = "col2 pc sid bg bank col row";
    c.bank_xor = BankXor::Column;
    return c;
}

struct Total {
    const char* stream;
    Cycle hbm2, hbm3; // last completion of the reference
    double tolerance;
};
const std::vector<Total> kTotals{
    {"stream", 24715, 44739, 0.03},
    {"random", 66050, 135067, 0.10},
    {"mixseq", 33850, 66623, 0.10},
    {"mixrand", 67063, 141295, 0.10},
};

} // namespace

TEST_CASE("20 000 requests take as long as in the reference", "[reference]") {
    const char* data = std::getenv("HEDDLE_DATA");
    if (data == nullptr || !std::filesystem::exists(std::filesystem::path(data) / "hbm_oracle")) {
        WARN("HEDDLE_DATA names no folder with hbm_oracle/: not compared");
        return;
    }
    for (const Total& total : kTotals) {
        const auto requests = read_stream(std::filesystem::path(data) / "hbm_oracle" / (std::string(total.stream) + ".20k.txt.gz"));
        REQUIRE(requests.size() == 20000);
        for (const bool hbm3 : {false, true}) {
            DramConfig config = hbm3 ? traced_hbm3() : traced_hbm2();
            config.refresh = RefreshMode::AllBank;
            config.refresh_postpone = 0;
            config.age_cap = 0; // FRFCFS-RowHit: only older hits hold a PRE back
            config.read_queue = config.write_queue = 64;
            config.shared_queues = true;
            config.write_high = 26; // of each pseudo-channel
            config.write_low = 6;
            config.write_min_burst = 0;
            BenchOptions options;
            options.ports = 4; // several requests a tick, as the reference takes them
            const BenchResult result = run_channel(config, requests, options);
            const auto reference = static_cast<double>(hbm3 ? total.hbm3 : total.hbm2);
            const double off = static_cast<double>(result.end) / reference - 1;
            std::cout << (hbm3 ? "HBM3 " : "HBM2 ") << total.stream << ": " << result.end << " ticks, reference " << reference << ", "
                      << 100 * off << " %, read latency "
                      << static_cast<double>(result.stats.at("read_latency")) / static_cast<double>(result.stats.at("read_atoms")) << '\n';
            INFO((hbm3 ? "HBM3 " : "HBM2 ") << total.stream);
            CHECK(std::abs(off) <= total.tolerance);
        }
    }
}
