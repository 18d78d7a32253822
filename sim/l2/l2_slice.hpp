// One slice of the L2 cache.
//
// Hardware: the L2 is cut into slices (80 on A100 and H100), each with its own tags, 64 bytes a cycle of data
// bandwidth, an atomic unit and a path to one DRAM channel. From A100 on the slices form two partitions; an SM asks the
// slice on its own side, which keeps copies of lines whose home is its counterpart on the other side.
//
// Modelled, each cycle: one fill from DRAM and one reply of the other partition are taken in; one reply per GPC
// leaves; one waiting request whose sectors have come is answered; one request, round robin over the GPCs and the
// other partition, is looked up. A request is only taken when everything it can need has room (reply queue, data
// arrays, MSHR, line, DRAM queue), so nothing is ever dropped; what it waits for drains without taking requests, so
// nothing deadlocks. Data arrays: an access keeps them busy one cycle per aligned 64 bytes touched; beyond a backlog the
// lookup stands still.
//   * Sectored, write-back. Writes allocate without a fetch. A sector written in only some of its bytes is *partial*: a
//     read fetches it and merges; its eviction fetches it first, then writes (or writes under a byte mask,
//     by configuration). Two partial writes never complete a sector: byte masks do not reach the L2.
//   * Misses fetch the aligned 32, 64 or 128 bytes around each missing sector. Later requests for the line wait in its
//     MSHR entry. A line is not replaced while a fetch of its own is under way.
//   * Atomics and reductions wait for their sectors, then occupy the atomic unit; their sectors become dirty.
//   * Two partitions: reads of a far line look for a copy, then ask the home slice, which alone asks DRAM. Writes and
//     atomics go to the home; a copy is updated by the former and dropped by the latter. The home remembers which of
//     its lines have a copy, and has it dropped when its own side writes the line or when it replaces it.
//   * A prefetcher (off in all shipped GPUs) sees reads of lines whose home is here and guesses in the slice's own
//     sequence of lines: what lies in other slices it cannot know. One guess is looked up in each cycle in which no request is
//     taken. It never takes the last MSHRs or places towards DRAM; later requests for its lines wait in their MSHR entries.
// Not modelled: data, compression, residency control (access policy windows), bandwidth of fills into the arrays, order
// between a copy's fetch under way and a write to the line (no data: only hit counts could tell).
// Sources: NVIDIA A100 white paper (slices, partitions, 64 B/clk); MICRO'24 "Uncovering Real GPU NoC
// Characteristics" (near and far, replication); CUDA Programming Guide (fetch granularity).
#pragma once

#include "sim/base/ring.hpp"
#include "sim/kernel/component.hpp"
#include "sim/l2/l2_config.hpp"
#include "sim/l2/l2_stats.hpp"
#include "sim/l2/peer_reply.hpp"
#include "sim/mem/address_map.hpp"
#include "sim/mem/bandwidth.hpp"
#include "sim/mem/input_heads.hpp"
#include "sim/mem/message.hpp"
#include "sim/mem/mshr.hpp"
#include "sim/mem/prefetcher.hpp"
#include "sim/mem/prefetcher_stats.hpp"
#include "sim/mem/tag_array.hpp"

#include <array>
#include <optional>
#include <vector>

namespace heddle {

class L2Slice final : public ComponentOf<L2Slice> {
  public:
    static constexpr unsigned kMaxClusters = 31;

    struct Ports {
        std::vector<Rx<MemoryRequest>> requests; // one per GPC
        std::vector<Tx<MemoryReply>> replies;    // one per GPC, chosen by MemoryRequest::cluster
        Tx<DramRequest> dram;                    // DramRequest::line is the line's address within the channel
        Rx<DramReply> dram_replies;
        // With two partitions: to and from the counterpart slice.
        Tx<MemoryRequest> peer_requests_out;
        Rx<MemoryRequest> peer_requests_in;
        Tx<PeerReply> peer_replies_out;
        Rx<PeerReply> peer_replies_in;
    };

    // Requires: `map` outlives the slice; the peer links are connected exactly if map.partitions() is 2.
    L2Slice(std::string path, const ClockDomain& clock, const L2Config& config, const AddressMap& map, SliceId id, Ports ports);

    void begin_window() { heads_.begin_window(); }
    void tick(Now now) override;
    Cycle next_event(Cycle now) const override;
    void settle(Now now) override { charge_stall(now.cycle); }
    void explain_wait(WaitReport& report) const override;

    const L2SliceStats& stats() const { return stats_; }
    const PrefetcherStats& prefetcher_stats() const { return prefetcher_stats_; }

    // Between kernels, at a synchronisation point with nothing in flight; none of these costs simulated time.
    // Makes those lines of [address, address + bytes) present and clean whose home is this slice.
    void warm(Address address, Bytes bytes);
    // Empties the cache; dirty sectors are counted in flushed_sectors. Requires: drained().
    void invalidate();
    // Sectors that would still have to be written to DRAM.
    std::uint64_t dirty_sectors() const;
    // Nothing under way inside the slice (links may still hold messages).
    bool drained() const;

  private:
    // What a request at the input lacks.
    enum class Lack : std::uint8_t { Nothing, Reply, Data, Atomic, Mshr, Merge, Line, Dram, Peer };
    static constexpr unsigned kLacks = 9;
    // LineState::flags.
    static constexpr std::uint16_t kCopy = 1;        // the line's home is the other partition
    static constexpr std::uint16_t kPeerCopy = 2;    // the other partition may hold a copy
    static constexpr std::uint16_t kPeerFetched = 4; // the other partition has read the line
    static constexpr unsigned kPrefetched = 4;       // from this bit on: sectors that were prefetched and not used since
    // DramRequest::transaction: an MSHR index, or with this bit an eviction entry.
    static constexpr std::uint32_t kEviction = 0x8000'0000;
    // MshrTable entry's place: the sectors come from the other partition, and no line is set aside for them.
    static constexpr std::uint32_t kFarPlace = TagArray::kNoLine;

    struct Waiter {
        std::uint32_t transaction = 0;
        SmId sm = 0;
        MemoryOp op = MemoryOp::Read;
        std::uint8_t sector_mask = 0;
        std::uint8_t awaiting = 0; // of these, sectors that were missing
        std::uint8_t atomic_lanes = 0;
        std::uint8_t source = 0;
        std::uint8_t cluster = 0;
        bool from_peer = false;
    };
    using Mshrs = MshrTable<Waiter>;
    template <class Message> struct Timed {
        Message message{};
        Cycle ready = 0;
    };
    struct Eviction { // a line that is being completed from DRAM before it is written back
        Address line = 0;
        std::uint8_t dirty = 0;
        std::uint8_t awaiting = 0;
    };
    // A request and what its lookup found.
    struct Lookup {
        const MemoryRequest& request;
        bool from_peer;
        AddressMap::Location at;
        std::size_t set;
        TagArray::LineId line;
        std::uint8_t readable;
    };

    // Stages, in the order of a tick.
    void send_replies(Now now);
    void take_dram_reply(Now now);
    void take_peer_reply(Now now);
    void send(Now now);
    void serve_waiter(Now now);
    bool take_request(Now now); // whether one was taken
    void prefetch(Now now);     // looks the oldest guess up (l2_prefetch.cpp)

    // Requests (l2_requests.cpp). Each takes the request if it lacks nothing.
    Lack take(Now now, const MemoryRequest& request, bool from_peer);
    Lack take_hit(Now now, const Lookup& lookup);
    Lack take_miss(Now now, const Lookup& lookup, std::uint8_t missing);
    Lack take_far_miss(Now now, const Lookup& lookup, std::uint8_t missing);
    Lack take_write(Now now, const Lookup& lookup);
    Lack forward(Now now, const Lookup& lookup);
    void count(const Lookup& lookup, std::uint8_t missing);
    // Whether `line` can be replaced now, with `dram` further places needed in the DRAM queue.
    Lack can_replace(TagArray::LineId line, unsigned dram) const;
    void replace(Now now, TagArray::LineId victim, Address line);

    bool modify_room(const Lookup& lookup) const;
    void invalidate_peer_copy(Now now, const Lookup& lookup);
    void tell_peer(Now now, Address line);
    // Accounts for the use of prefetched sectors by a request to a home line, and shows a read to the prefetcher.
    void use_prefetched(const Lookup& lookup, std::uint8_t missing);
    void lose_prefetched(TagArray::LineId id, unsigned sectors);
    static Waiter waiter_of(const MemoryRequest& request, bool from_peer, std::uint8_t awaiting);

    // Answers.
    Lack answer_room(Now now, const Waiter& waiter) const;
    void answer(Now now, const Waiter& waiter, Address line, TagArray::LineId id, Cycles latency);
    void install_copy(Now now, const MemoryReply& reply);
    void push_ready(Mshrs::Index index);
    void release(Mshrs::Index index);
    static unsigned reply_queue_of(MemoryOp op, unsigned cluster) {
        return 2 * cluster + (op == MemoryOp::Atomic || op == MemoryOp::Reduction);
    }
    void queue_reply(unsigned queue, const MemoryReply& reply, Cycle ready) {
        reply_queues_[queue].push({reply, ready});
        if (queued_.test(queue)) return;
        queued_.set(queue);
        reply_ready_[queue] = ready;
        if (ready < next_reply_) next_reply_ = ready;
    }
    // Room of a reply queue: what waits, and what is on its way through the pipeline.
    std::size_t reply_places() const { return config_.reply_queue_entries + config_.hit_latency; }

    void to_dram(Cycle ready, Address local, std::uint32_t transaction, bool write, std::uint8_t sectors);
    std::size_t dram_room() const { return config_.dram_queue_entries - dram_queue_.size() - dram_reserved_; }
    std::size_t set_of(const AddressMap::Location& at) const {
        return tags_.set_of(two_sided_ ? at.slice_line * 2 + (at.slice != id_) : at.slice_line);
    }
    // A blocked request that lacks this may be taken now.
    void freed(Lack lack) { freed_ |= 1u << static_cast<unsigned>(lack); }
    // Whether there is any of it at all; a quick look before a request is looked up again.
    bool available(Lack lack) const;
    void unblock(Now now);
    void charge_stall(Cycle now);

    L2Config config_;
    L2SliceStats stats_;
    std::optional<Prefetcher> prefetcher_;
    PrefetcherStats prefetcher_stats_;
    const AddressMap* map_;
    SliceId id_;
    bool two_sided_;
    unsigned clusters_;
    std::vector<Tx<MemoryReply>> replies_;
    Tx<DramRequest> dram_;
    Rx<DramReply> dram_replies_;
    Tx<MemoryRequest> peer_requests_out_;
    Tx<PeerReply> peer_replies_out_;
    Rx<PeerReply> peer_replies_in_;
    InputHeads<MemoryRequest, 1> heads_; // GPCs, then the other partition

    TagArray tags_;
    Mshrs mshrs_;
    std::array<std::uint8_t, 16> promoted_{};    // sectors fetched for missing ones
    std::array<std::uint8_t, 16> data_cycles_{}; // what an access to these sectors takes

    // Queues towards the outside. Reply queue 2g holds GPC g's reads and acknowledgements, 2g+1 its atomics.
    std::vector<Ring<Timed<MemoryReply>>> reply_queues_;
    std::array<Cycle, 2 * kMaxClusters> reply_ready_{}; // of the first reply of each queue in queued_
    Cycle next_reply_ = kNever;                         // earliest of these, but for GPCs without credit
    Ring<Timed<PeerReply>> peer_reply_queue_;
    Ring<Timed<MemoryRequest>> peer_request_queue_;
    Ring<Timed<DramRequest>> dram_queue_;
    unsigned dram_reserved_ = 0; // places kept for write-backs that await their fill
    std::vector<Eviction> evictions_;
    std::vector<std::uint16_t> free_evictions_;
    Ring<Mshrs::Index> ready_; // MSHR entries with a waiter that can be answered
    std::vector<std::uint8_t> in_ready_;
    unsigned far_entries_ = 0; // MSHR entries that wait for the other partition; at most half, so that its own
    unsigned far_waiters_ = 0; // requests always find one and the partitions cannot wait for each other

    Cycle data_free_ = 0;   // first cycle at which the data arrays are free
    Cycle atomic_free_ = 0; // the same for the atomic unit
    Bandwidth peer_request_port_;
    Bandwidth peer_reply_port_;

    unsigned next_input_ = 0; // where the round robin goes on
    BitSet<1> blocked_;       // inputs whose head lacks something that has not been freed since
    std::array<Lack, 64> lack_{};
    std::uint32_t freed_ = 0;    // what has become free since the last lookup, a bit per Lack
    Cycle retry_at_ = kNever;    // when the backlog of data arrays or atomic unit is short enough
    bool lookup_stands_ = false; // for the former
    BitSet<1> queued_;           // non-empty reply queues
    BitSet<1> credit_blocked_;   // GPCs whose ready reply has no credit
    // What is ready to leave but has no credit; and an acknowledgement of the peer that finds its reply queue full.
    bool dram_blocked_ = false;
    bool peer_requests_blocked_ = false;
    bool peer_replies_blocked_ = false;
    bool done_blocked_ = false;
    Cycle serve_at_ = kNever; // when the backlog a waiter waits for is short enough
    Lack stall_ = Lack::Nothing;
    Cycle stall_from_ = 0;
};

} // namespace heddle
