// Every command of random traffic is checked against the rules again, by code that knows nothing of the timing table: pairs
// of commands are compared with distances computed here, and the state of each bank is followed.
#include "tests/sim/dram/channel_bench.hpp"

#include <catch2/catch.hpp>
#include <sstream>

using namespace heddle;
using namespace heddle::test;
using enum DramCommand;

namespace {

bool is_read(DramCommand c) { return c == Read || c == ReadAuto; }
bool is_write(DramCommand c) { return c == Write || c == WriteAuto; }
bool is_column(DramCommand c) { return is_read(c) || is_write(c); }
bool is_auto(DramCommand c) { return c == ReadAuto || c == WriteAuto; }

// Ticks that must lie between the starts of two commands of a channel.
Cycles distance(const DramConfig& config, const IssuedCommand& a, const IssuedCommand& b) {
    const DramTimings& t = config.timings;
    const DramOrganisation& o = config.organisation;
    const Cycles ra = a.command == Activate ? t.activate_length - 1 : is_column(a.command) ? t.column_length - 1 : 0;
    const Cycles rb = b.command == Activate ? t.activate_length - 1 : is_column(b.command) ? t.column_length - 1 : 0;
    Cycles need = 0;
    const auto at_least = [&](Cycles delay) { need = std::max(need, delay + ra > rb ? delay + ra - rb : 0); };
    if (is_column(a.command) == is_column(b.command))
        need = is_column(a.command) ? t.column_length : a.command == Activate ? t.activate_length : 1;
    if (a.pseudo_channel != b.pseudo_channel) return need;
    const unsigned group_a = a.bank / o.banks_per_group, group_b = b.bank / o.banks_per_group;
    const unsigned stack_a = group_a / o.bank_groups, stack_b = group_b / o.bank_groups;
    const bool whole_a = a.command == RefreshAll || a.command == PrechargeAll,
               whole_b = b.command == RefreshAll || b.command == PrechargeAll;
    const bool bank = a.bank == b.bank || whole_a || whole_b, group = group_a == group_b;
    const Cycles write_end = t.cwl + t.burst;
    if (is_read(a.command) && is_read(b.command)) at_least(group ? t.ccd_l : stack_a != stack_b ? std::max(t.ccd_s, t.ccd_r) : t.ccd_s);
    if (is_write(a.command) && is_write(b.command)) at_least(group ? t.ccd_l : t.ccd_s);
    if (is_read(a.command) && is_write(b.command)) at_least(t.rtw);
    if (is_write(a.command) && is_read(b.command)) at_least(write_end + (group ? t.wtr_l : t.wtr_s));
    if (a.command == Activate && b.command == Activate) at_least(bank ? t.rc : group ? t.rrd_l : t.rrd_s);
    const bool closes_a = a.command == Precharge || a.command == PrechargeAll,
               closes_b = b.command == Precharge || b.command == PrechargeAll;
    const bool refresh_b = b.command == RefreshAll || b.command == RefreshBank;
    if (bank) {
        if (a.command == Activate && is_read(b.command)) at_least(t.rcd_read);
        if (a.command == Activate && is_write(b.command)) at_least(t.rcd_write);
        if (a.command == Activate && closes_b) at_least(t.ras);
        if (is_read(a.command) && closes_b && !is_auto(a.command)) at_least(t.rtp);
        if (is_write(a.command) && closes_b && !is_auto(a.command)) at_least(write_end + t.wr);
        if (closes_a && (b.command == Activate || refresh_b)) at_least(t.rp);
        if (is_auto(a.command) && (b.command == Activate || refresh_b)) at_least((is_read(a.command) ? t.rtp : write_end + t.wr) + t.rp);
        if (a.command == Activate && refresh_b) at_least(t.rc);
        if (a.command == RefreshBank && (b.command == Activate || b.command == RefreshBank)) at_least(t.rfc_bank);
        if (a.command == RefreshAll && (b.command == Activate || b.command == RefreshAll)) at_least(t.rfc);
    } else {
        if (a.command == RefreshBank && (b.command == Activate || b.command == RefreshBank)) at_least(t.rrefd);
        if (a.command == Activate && b.command == RefreshBank) at_least(t.rrd_s);
    }
    if (closes_a && closes_b) at_least(t.ppd);
    return need;
}

// First thing wrong with the commands, or an empty string.
std::string fault(const DramConfig& config, std::vector<IssuedCommand> log) {
    std::stable_sort(log.begin(), log.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
    const DramTimings& t = config.timings;
    const Cycles horizon = std::max({t.rfc, t.rc, t.rfc_bank}) + 10;
    struct Bank {
        bool open = false;
        std::uint32_t row = 0;
    };
    std::map<std::pair<unsigned, unsigned>, Bank> banks;
    std::map<unsigned, std::vector<Cycle>> activates;
    std::map<unsigned, Cycle> data_free;
    const auto say = [&](std::size_t i, const std::string& what) {
        std::ostringstream out;
        out << name(log[i].command) << " pc " << +log[i].pseudo_channel << " bank " << +log[i].bank << " at " << log[i].at << ": " << what;
        return out.str();
    };
    for (std::size_t i = 0; i < log.size(); ++i) {
        const IssuedCommand& c = log[i];
        for (std::size_t j = i; j-- > 0 && c.at - log[j].at <= horizon;) {
            // Refreshes accounted for idle time hold to all rules but that of the shared bus.
            const bool off_bus = c.command == RefreshBank || log[j].command == RefreshBank || c.command == RefreshAll ||
                                 log[j].command == RefreshAll || c.command == Precharge || log[j].command == Precharge ||
                                 c.command == PrechargeAll || log[j].command == PrechargeAll;
            if (off_bus && c.pseudo_channel != log[j].pseudo_channel) continue;
            if (c.at - log[j].at < distance(config, log[j], c)) return say(i, std::string("too soon after ") + say(j, ""));
        }
        if ((c.command == Activate || is_column(c.command)) && c.at % config.organisation.ticks_per_ck != 0)
            return say(i, "not on an edge of CK");
        Bank& bank = banks[{c.pseudo_channel, c.bank}];
        switch (c.command) {
        case Activate: {
            if (bank.open) return say(i, "the bank is open");
            bank = {true, c.row};
            auto& times = activates[c.pseudo_channel];
            times.push_back(c.at);
            if (times.size() > 4 && c.at - times[times.size() - 5] < t.faw) return say(i, "fifth ACT in the window");
            break;
        }
        case Precharge:
            if (!bank.open) return say(i, "the bank is closed");
            bank.open = false;
            break;
        case PrechargeAll:
            for (auto& [place, state] : banks)
                if (place.first == c.pseudo_channel) state.open = false;
            break;
        case RefreshBank:
            if (bank.open) return say(i, "the bank is open");
            break;
        case RefreshAll:
            for (auto& [place, state] : banks)
                if (place.first == c.pseudo_channel && state.open) return say(i, "a bank is open");
            break;
        default: {
            if (!bank.open || bank.row != c.row) return say(i, "the row is not open");
            const Cycle data = c.at + (is_read(c.command) ? t.cl : t.cwl);
            if (data < data_free[c.pseudo_channel]) return say(i, "the data pins are busy");
            data_free[c.pseudo_channel] = data + t.burst;
            if (is_auto(c.command)) bank.open = false;
        }
        }
    }
    return {};
}

std::vector<BenchRequest> random_traffic(unsigned seed, unsigned count) {
    std::mt19937_64 random(seed);
    std::vector<BenchRequest> requests;
    Cycle at = 0;
    Address hot = 0;
    for (unsigned i = 0; i < count; ++i) {
        if (random() % 64 == 0) at += random() % 4000; // pauses
        if (random() % 8 == 0) hot = random() % (1 << 20) * 4096;
        const bool local = random() % 4 != 0;
        const Address line = local ? hot + random() % 64 * kLineBytes : random() % (1 << 22) * kLineBytes;
        requests.push_back({at, random() % 3 == 0, line, static_cast<std::uint8_t>(1 + random() % 15)});
    }
    return requests;
}

} // namespace

TEST_CASE("random traffic keeps every rule, and all of it is served") {
    std::vector<std::pair<std::string, DramConfig>> configs;
    for (const char* standard : {"hbm2", "hbm2e", "hbm3", "hbm3e"}) configs.push_back({standard, shipped(standard)});
    const auto variant = [&](const char* what, std::size_t base, auto change) {
        configs.push_back({what, configs[base].second});
        change(configs.back().second);
    };
    variant("fcfs", 0, [](DramConfig& c) { c.scheduling = DramScheduling::Fcfs; });
    variant("closed", 3, [](DramConfig& c) { c.row_policy = RowPolicy::Closed; });
    variant("closed after 4", 1, [](DramConfig& c) { c.row_policy = RowPolicy::Closed, c.row_column_cap = 4; });
    variant("all-bank refresh", 2, [](DramConfig& c) { c.refresh = RefreshMode::AllBank; });
    variant("all-bank refresh, closed", 0, [](DramConfig& c) { c.refresh = RefreshMode::AllBank, c.row_policy = RowPolicy::Closed; });
    variant("refresh at once", 2, [](DramConfig& c) { c.refresh_postpone = 0; });
    variant("no age cap, atoms apart", 3, [](DramConfig& c) { c.age_cap = 0, c.mapping = "pc bg col bank sid row"; });
    variant("small shared queues", 2,
            [](DramConfig& c) { c.read_queue = 8, c.write_queue = 12, c.write_high = 8, c.write_low = 2, c.shared_queues = true; });
    for (const auto& [what, config] : configs) {
        INFO(what);
        BenchOptions options;
        options.ports = 2;
        const auto requests = random_traffic(7, 4000);
        const BenchResult result = run_channel(config, requests, options);
        CHECK(fault(config, result.commands) == "");
        std::uint64_t read_atoms = 0, write_atoms = 0;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            const unsigned shift = requests[i].address % kLineBytes / kSectorBytes;
            std::uint8_t got = 0;
            for (const auto& [tick, sectors] : result.replies[i]) {
                CHECK((got & sectors) == 0); // no sector twice
                got = static_cast<std::uint8_t>(got | sectors);
            }
            CHECK(got == (requests[i].write ? 0 : requests[i].sectors << shift));
            (requests[i].write ? write_atoms : read_atoms) += count_atoms(requests[i].sectors);
        }
        const auto& stats = result.stats;
        CHECK(stats.at("read_atoms") + stats.at("forwarded_atoms") == read_atoms);
        CHECK(stats.at("write_atoms") + stats.at("merged_atoms") == write_atoms);
        CHECK(stats.at("row_hits") + stats.at("row_misses") + stats.at("row_conflicts") ==
              stats.at("read_atoms") + stats.at("write_atoms"));
        CHECK(stats.at("data_bus_busy") == (stats.at("read_atoms") + stats.at("write_atoms")) * config.timings.burst);
        std::map<DramCommand, std::uint64_t> given;
        for (const IssuedCommand& c : result.commands) ++given[c.command];
        CHECK(given[Activate] == stats.at("activates"));
        CHECK(given[Read] + given[ReadAuto] == stats.at("read_atoms"));
        CHECK(given[Write] + given[WriteAuto] == stats.at("write_atoms"));
        if (config.row_policy == RowPolicy::Closed) CHECK(given[ReadAuto] > 0);
    }
}

TEST_CASE("the checker finds faults that are put in") {
    const DramConfig config = shipped("hbm3");
    const BenchResult result = run_channel(config, random_traffic(3, 300));
    REQUIRE(fault(config, result.commands) == "");
    unsigned found = 0, tried = 0;
    for (std::size_t i = 1; i < result.commands.size(); i += 7) {
        auto log = result.commands;
        const Cycles early = log[i].command == Precharge || log[i].command == RefreshBank ? 60 : 48;
        log[i].at -= std::min<Cycles>(log[i].at, early);
        ++tried;
        found += !fault(config, log).empty();
    }
    CHECK(found > tried / 2);
}
