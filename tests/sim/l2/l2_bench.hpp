// One or two L2 slices with sources and sinks for the GPCs and a plain DRAM.
#pragma once

#include "sim/l2/l2_slice.hpp"
#include "tests/sim/mem/bench.hpp"

#include <map>

namespace heddle::test {

// Answers each read after `latency` cycles, at most one request a cycle; in two parts if `split`.
class TestDram final : public ComponentOf<TestDram> {
  public:
    TestDram(const ClockDomain& clock, Rx<DramRequest> in, Tx<DramReply> out) : ComponentOf<TestDram>("dram", clock), in_(in), out_(out) {}
    void tick(Now now) override {
        if (const DramRequest* request = in_.peek(now); request && (!ready || ready(now.cycle)) && waiting_.size() < 64) {
            seen.push_back({now.cycle, *request});
            const auto sectors = request->sector_mask;
            if (request->write) {
                written += static_cast<unsigned>(std::popcount(sectors));
            } else {
                read += static_cast<unsigned>(std::popcount(sectors));
                const auto low = static_cast<std::uint8_t>(split ? sectors & 5 : sectors);
                if (low) waiting_.push_back({now.cycle + latency, {request->line, request->transaction, low}});
                if (sectors & ~low)
                    waiting_.push_back(
                        {now.cycle + latency + 3, {request->line, request->transaction, static_cast<std::uint8_t>(sectors & ~low)}});
            }
            in_.pop(now);
        }
        if (!waiting_.empty() && waiting_.front().first <= now.cycle && out_.can_send(now)) {
            out_.send(now, waiting_.front().second);
            waiting_.pop_front();
        }
    }
    Cycle next_event(Cycle now) const override { return now + 1; }
    void explain_wait(WaitReport&) const override {}

    Cycles latency = 100;
    bool split = false;
    std::function<bool(Cycle)> ready;
    std::uint64_t read = 0, written = 0; // sectors
    struct Seen {
        Cycle cycle;
        DramRequest request;
    };
    std::vector<Seen> seen;

  private:
    Rx<DramRequest> in_;
    Tx<DramReply> out_;
    std::deque<std::pair<Cycle, DramReply>> waiting_;
};

inline AddressMapConfig one_slice() { return {.slices = 1, .memory_controllers = 1, .partitions = 1, .slices_per_channel = 1}; }
inline AddressMapConfig two_slices() { return {.slices = 2, .memory_controllers = 2, .partitions = 2, .slices_per_channel = 1}; }

struct L2BenchOptions {
    L2Config config{.size = 64 * kKiB}; // one slice: 512 lines
    AddressMapConfig map = one_slice();
    unsigned clusters = 2;
    std::size_t request_room = 16, reply_room = 256, dram_room = 64, peer_room = 64;
};

// Slice s has its own GPCs: cluster c's requests go to slice s by source(s, c).
struct L2Bench {
    static constexpr Cycles kIn = 6, kOut = 9, kDram = 5, kPeer = 12; // link latencies
    Bench bench;
    AddressMap map;
    unsigned clusters;
    std::vector<std::unique_ptr<L2Slice>> slices;
    std::vector<std::unique_ptr<TestDram>> drams;
    std::vector<std::unique_ptr<Source<MemoryRequest>>> sources;
    std::vector<std::unique_ptr<Sink<MemoryReply>>> sinks;

    explicit L2Bench(const L2BenchOptions& o = {}) : map(o.map), clusters(o.clusters) {
        std::vector<L2Slice::Ports> ports(map.slices());
        for (unsigned s = 0; s < map.slices(); ++s) {
            for (unsigned c = 0; c < clusters; ++c) {
                auto& in = bench.link<MemoryRequest>(kIn, o.request_room);
                auto& out = bench.link<MemoryReply>(kOut, o.reply_room);
                sources.push_back(std::make_unique<Source<MemoryRequest>>(bench.clock, Tx<MemoryRequest>(in)));
                sinks.push_back(std::make_unique<Sink<MemoryReply>>(bench.clock, Rx<MemoryReply>(out)));
                ports[s].requests.emplace_back(in);
                ports[s].replies.emplace_back(out);
            }
            auto& to = bench.link<DramRequest>(kDram, o.dram_room);
            auto& from = bench.link<DramReply>(kDram, o.dram_room);
            ports[s].dram = Tx<DramRequest>(to);
            ports[s].dram_replies = Rx<DramReply>(from);
            drams.push_back(std::make_unique<TestDram>(bench.clock, Rx<DramRequest>(to), Tx<DramReply>(from)));
        }
        if (map.partitions() == 2) {
            for (unsigned s = 0; s < map.slices(); ++s) {
                const unsigned peer = map.peer_of(static_cast<SliceId>(s));
                auto& requests = bench.link<MemoryRequest>(kPeer, o.peer_room);
                auto& replies = bench.link<PeerReply>(kPeer, o.peer_room);
                ports[s].peer_requests_out = Tx<MemoryRequest>(requests);
                ports[peer].peer_requests_in = Rx<MemoryRequest>(requests);
                ports[s].peer_replies_out = Tx<PeerReply>(replies);
                ports[peer].peer_replies_in = Rx<PeerReply>(replies);
            }
        }
        for (unsigned s = 0; s < map.slices(); ++s)
            slices.push_back(std::make_unique<L2Slice>("l2[" + std::to_string(s) + "]", bench.clock, o.config, map, static_cast<SliceId>(s),
                                                       std::move(ports[s])));
        for (auto& x : sources) bench.add(*x);
        for (auto& x : slices) bench.add(*x);
        for (auto& x : drams) bench.add(*x);
        for (auto& x : sinks) bench.add(*x);
    }
    Source<MemoryRequest>& source(unsigned slice, unsigned cluster = 0) { return *sources[slice * clusters + cluster]; }
    Sink<MemoryReply>& sink(unsigned slice, unsigned cluster = 0) { return *sinks[slice * clusters + cluster]; }
    L2Slice& slice(unsigned s = 0) { return *slices[s]; }
    const L2SliceStats& stats(unsigned s = 0) { return slices[s]->stats(); }
    TestDram& dram(unsigned s = 0) { return *drams[s]; }
    // Sends at such a cycle that it is taken at `taken` if nothing is in the way.
    void ask(Cycle taken, const MemoryRequest& request, unsigned slice = 0) { source(slice, request.cluster).at(taken - kIn, request); }
    // Cycle in which the slice sent its k-th reply to a cluster.
    Cycle sent(std::size_t k, unsigned cluster = 0, unsigned slice = 0) { return sink(slice, cluster).taken.at(k).cycle - kOut; }
};

inline MemoryRequest read(Address line, std::uint8_t sectors, std::uint32_t transaction = 0, std::uint8_t cluster = 0) {
    return {.line = line, .transaction = transaction, .op = MemoryOp::Read, .sector_mask = sectors, .cluster = cluster};
}
inline MemoryRequest write(Address line, std::uint8_t sectors, std::uint8_t full, std::uint32_t transaction = 0, std::uint8_t cluster = 0) {
    return {.line = line, .transaction = transaction, .op = MemoryOp::Write, .sector_mask = sectors, .full_mask = full, .cluster = cluster};
}
inline MemoryRequest atomic(Address line, std::uint8_t sectors, std::uint8_t lanes, std::uint32_t transaction = 0,
                            MemoryOp op = MemoryOp::Atomic) {
    return {.line = line, .transaction = transaction, .op = op, .sector_mask = sectors, .atomic_lanes = lanes};
}

} // namespace heddle::test
