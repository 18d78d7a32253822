// A channel with nothing around it but links: requests at given ticks in, completion ticks out.
#pragma once

#include "sim/config/configuration.hpp"
#include "sim/dram/hbm_channel.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace heddle::test {

struct BenchRequest {
    Cycle at = 0;
    bool write = false;
    Address address = 0;      // of an atom
    std::uint8_t sectors = 1; // mask, from that atom on; stays in its line
};

struct BenchOptions {
    bool skip = true;
    unsigned ports = 1;         // requests are dealt out to the ports in turn
    Cycle step = 0;             // if not 0, run_until() is called in steps of this many ticks
    std::size_t reply_room = 0; // capacity of a reply link; 0 = unlimited
    Cycle drain_every = 1;      // with reply_room: replies are taken at multiples of this tick
    bool record = true;
};

struct BenchResult {
    // By request: a read's last reply, a write's WR (the first one recorded after `at` for its bank and row).
    std::vector<Cycle> done;
    std::vector<std::vector<std::pair<Cycle, std::uint8_t>>> replies; // by request: tick and sectors of every reply
    Cycle end = 0;                                                    // last of all `done`
    std::vector<IssuedCommand> commands;
    std::map<std::string, std::uint64_t> stats;
};

inline constexpr Duration kTick = 1'000'000; // fs; 1 GHz
inline constexpr Cycle kBase = 2;            // tick that requests with at == 0 are seen at; even, so an edge of CK

// Ticks are counted from the one at which a request with at == 0 is seen.
inline BenchResult run_channel(const DramConfig& config, const std::vector<BenchRequest>& requests, const BenchOptions& options = {}) {
    const ClockDomain clock("dram", kFemtosecondsPerSecond / kTick);
    // Links of one femtosecond: what is sent just before an edge is seen at it, what is sent at an edge is stamped with it.
    const Duration latency = 1;
    std::vector<std::unique_ptr<Link<DramRequest>>> to;
    std::vector<std::unique_ptr<Link<DramReply>>> from;
    HbmChannel::Ports ports;
    for (unsigned p = 0; p < options.ports; ++p) {
        to.push_back(std::make_unique<Link<DramRequest>>("to", latency, latency, requests.size() + 1));
        const std::size_t room = options.reply_room != 0 ? options.reply_room : 4 * requests.size() + 1;
        from.push_back(std::make_unique<Link<DramReply>>("from", latency, latency, room));
        ports.requests.emplace_back(*to.back());
        ports.replies.emplace_back(*from.back());
    }
    HbmChannel channel("channel", clock, config, ports);
    BenchResult result;
    if (options.record) channel.record_commands(result.commands);
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const BenchRequest& r = requests[i];
        const auto shift = static_cast<unsigned>(r.address % kLineBytes / kSectorBytes);
        DramRequest request;
        request.line = r.address - r.address % kLineBytes;
        request.transaction = static_cast<std::uint32_t>(i);
        request.write = r.write;
        request.sector_mask = static_cast<std::uint8_t>(r.sectors << shift);
        to[i % options.ports]->send(Now{0, (kBase + r.at) * kTick - latency}, request);
    }
    result.done.assign(requests.size(), 0);
    result.replies.resize(requests.size());
    const auto collect = [&](Time until) {
        for (auto& link : from) {
            while (link->next_arrival() <= until) {
                const Now at{0, std::max(link->next_arrival(), until == kNoTime - 1 ? 0 : until)};
                const DramReply reply = *link->peek(at);
                const Cycle tick = (link->next_arrival() - latency) / kTick - kBase;
                result.replies[reply.transaction].push_back({tick, reply.sector_mask});
                result.done[reply.transaction] = std::max(result.done[reply.transaction], tick);
                link->pop(at);
            }
        }
    };
    const Cycle step = options.step != 0 ? options.step : options.reply_room != 0 ? options.drain_every : 0;
    if (step == 0 && options.skip) {
        channel.run_until(kNoTime, true);
    } else {
        const Cycle stride = step != 0 ? step : 1000;
        Cycle until = stride;
        const auto busy = [&] {
            WaitReport wait;
            channel.explain_wait(wait);
            bool waiting = !wait.lines().empty();
            for (auto& link : to) waiting |= link->next_arrival() != kNoTime;
            if (options.reply_room != 0)
                for (auto& link : from) waiting |= link->next_arrival() != kNoTime;
            return waiting;
        };
        for (bool more = true; more; until += stride) {
            channel.run_until(until * kTick, options.skip);
            more = busy();
            if (options.reply_room != 0 && until % options.drain_every == 0) collect(until * kTick);
        }
    }
    collect(kNoTime - 1);
    channel.settle(Now{0, 0});

    const ChannelMap map(config);
    std::multimap<std::tuple<unsigned, unsigned, std::uint32_t>, Cycle> writes;
    for (IssuedCommand& c : result.commands) {
        c.at -= std::min(c.at, kBase);
        if (c.command == DramCommand::Write || c.command == DramCommand::WriteAuto)
            writes.insert({{c.pseudo_channel, c.bank, c.row}, c.at});
    }
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (requests[i].write) {
            const DramAddress a = map.locate(requests[i].address);
            const auto found = writes.find({a.pseudo_channel, a.bank, a.row});
            if (found != writes.end()) result.done[i] = found->second;
        }
        result.end = std::max(result.end, result.done[i]);
    }
    if (!result.commands.empty()) result.end = std::max(result.end, result.commands.back().at);
    for (const Stat* stat : channel.stats().stats()) result.stats[stat->name()] = stat->value();
    return result;
}

// Timings and mapping of the reference sequences: HBM2 as DRAMSys ships it, 1 ns ticks.
inline DramConfig reference_hbm2() {
    DramConfig c; // the defaults are these timings
    c.mapping = "col pc bg bank sid row";
    c.bank_xor = BankXor::None;
    c.refresh = RefreshMode::None;
    c.write_queue = 64;
    c.write_high = 51;
    c.write_low = 12;
    c.write_max_burst = 1'000'000;
    c.read_min_burst = 0;
    return c;
}

// HBM3 at 6.4 Gb/s as Ramulator 2.1 holds it, ticks of 312.5 ps.
inline DramConfig reference_hbm3() {
    DramConfig c = reference_hbm2();
    c.organisation.stack_ids = 2;
    c.organisation.rows = 16384;
    c.organisation.ticks_per_ck = 2;
    c.mapping = "col pc sid bg bank row";
    DramTimings& t = c.timings;
    t.burst = 4, t.activate_length = 3, t.column_length = 2, t.cl = 40, t.cwl = 20, t.rcd_read = 62, t.rcd_write = 30;
    t.rp = 52, t.ras = 90, t.rc = 144, t.wr = 66, t.rtp = 18, t.ccd_s = 4, t.ccd_l = 8, t.ccd_r = 6, t.rrd_s = 8, t.rrd_l = 10, t.faw = 48;
    t.wtr_s = 14, t.wtr_l = 20, t.rtw = 40, t.ppd = 4, t.refi = 12480, t.rfc = 1120, t.rfc_bank = 640, t.rrefd = 16;
    return c;
}

// configs/dram/<standard>.yaml, as the GPU configurations use it.
inline DramConfig shipped(const std::string& standard) {
    DramConfig c;
    config::load(c, std::string(HEDDLE_SOURCE_DIR) + "/configs/dram/" + standard + ".yaml");
    return c;
}

} // namespace heddle::test
