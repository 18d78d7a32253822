// A slice seen from outside: its queues, its events, its state between kernels. l2_requests.cpp looks requests up,
// l2_answers.cpp answers them.
#include "sim/l2/l2_slice.hpp"

#include <algorithm>

namespace heddle {
namespace {

constexpr Bytes kPeerHeaderBytes = 8;

std::size_t sets_of(const L2Config& config, unsigned slices) {
    const std::size_t sets = config.size / slices / kLineBytes / config.ways;
    return sets == 0 ? 1 : sets;
}

} // namespace

L2Slice::L2Slice(std::string path, const ClockDomain& clock, const L2Config& config, const AddressMap& map, SliceId id, Ports ports)
    : ComponentOf<L2Slice>(std::move(path), clock), config_(config), map_(&map), id_(id), two_sided_(map.partitions() == 2),
      clusters_(static_cast<unsigned>(ports.requests.size())), replies_(std::move(ports.replies)), dram_(ports.dram),
      dram_replies_(ports.dram_replies), peer_requests_out_(ports.peer_requests_out), peer_replies_out_(ports.peer_replies_out),
      peer_replies_in_(ports.peer_replies_in), heads_([&] {
          std::vector<Rx<MemoryRequest>> inputs = std::move(ports.requests);
          inputs.push_back(ports.peer_requests_in);
          return inputs;
      }()),
      tags_(sets_of(config, map.slices()), config.ways, config.replacement, config.set_index),
      mshrs_(config.mshr_entries, config.mshr_waiters, config.mshr_merge), peer_reply_queue_(config.peer_queue_entries),
      peer_request_queue_(config.peer_queue_entries), dram_queue_(config.dram_queue_entries), evictions_(config.eviction_entries),
      ready_(config.mshr_entries), in_ready_(config.mshr_entries, 0) {
    HEDDLE_EXPECT(clusters_ >= 1 && clusters_ <= kMaxClusters && replies_.size() == clusters_, "{}: {} GPCs", this->path(), clusters_);
    HEDDLE_EXPECT(two_sided_ == ports.peer_requests_in.connected() && two_sided_ == peer_requests_out_.connected() &&
                      two_sided_ == peer_replies_in_.connected() && two_sided_ == peer_replies_out_.connected(),
                  "{}: peer links do not fit {} partitions", this->path(), map.partitions());
    for (unsigned q = 0; q < 2 * clusters_; ++q) reply_queues_.emplace_back(reply_places());
    if (config.prefetcher.on()) prefetcher_.emplace(config.prefetcher);
    for (unsigned i = config.eviction_entries; i-- > 0;) free_evictions_.push_back(static_cast<std::uint16_t>(i));
    const unsigned fetched = static_cast<unsigned>(config.fetch_granularity / kSectorBytes);
    const unsigned accessed = static_cast<unsigned>(config.data_bytes_per_cycle / kSectorBytes);
    for (unsigned mask = 0; mask < 16; ++mask) {
        for (unsigned s = 0; s < kSectorsPerLine; s += fetched) {
            const unsigned group = ((1u << fetched) - 1) << s;
            if (mask & group) promoted_[mask] = static_cast<std::uint8_t>(promoted_[mask] | group);
        }
        for (unsigned s = 0; s < kSectorsPerLine; s += accessed)
            if (mask & ((1u << accessed) - 1) << s) ++data_cycles_[mask];
    }
}

void L2Slice::tick(Now now) {
    if (stall_ != Lack::Nothing) {
        charge_stall(now.cycle);
        stall_ = Lack::Nothing;
    }
    send(now);
    if (dram_replies_.peek(now)) take_dram_reply(now);
    if (two_sided_) take_peer_reply(now);
    serve_at_ = kNever;
    if (!ready_.empty()) serve_waiter(now);
    lookup_stands_ = false;
    bool taken = false;
    if (heads_.arrived(now).any()) taken = take_request(now);
    else freed_ = 0; // no one waits for it
    if (prefetcher_ && !taken && !prefetcher_->empty()) prefetch(now);
}

// One reply to each GPC.
void L2Slice::send_replies(Now now) {
    next_reply_ = kNever;
    credit_blocked_ = BitSet<1>{};
    unsigned served = clusters_; // GPC that the last reply went to
    queued_.for_each([&](unsigned q) {
        Cycle ready = reply_ready_[q];
        if (ready <= now.cycle) {
            const Tx<MemoryReply>& link = replies_[q / 2];
            // Of a GPC's two queues the one to go first changes every cycle.
            const bool twin = queued_.test(q ^ 1) && reply_ready_[q ^ 1] <= now.cycle;
            if (!link.can_send(now)) {
                credit_blocked_.set(q / 2);
                return;
            }
            if (served != q / 2 && (!twin || (q & 1) == (now.cycle & 1))) {
                served = q / 2;
                Ring<Timed<MemoryReply>>& queue = reply_queues_[q];
                link.send(now, queue.front().message);
                queue.pop();
                freed(Lack::Reply);
                if (queue.empty()) {
                    queued_.clear(q);
                    return;
                }
                ready = reply_ready_[q] = queue.front().ready;
            }
            ready = std::max(ready, now.cycle + 1);
        }
        next_reply_ = std::min(next_reply_, ready);
    });
}

// Towards the GPCs, DRAM and the other partition: at most one message each.
void L2Slice::send(Now now) {
    if (next_reply_ <= now.cycle || credit_blocked_.any()) send_replies(now);
    const auto due = [&](const auto& queue) { return !queue.empty() && queue.front().ready <= now.cycle; };
    dram_blocked_ = due(dram_queue_) && !dram_.can_send(now);
    if (due(dram_queue_) && !dram_blocked_) {
        dram_.send(now, dram_queue_.front().message);
        dram_queue_.pop();
        freed(Lack::Dram);
    }
    if (!two_sided_) return;
    peer_requests_blocked_ = due(peer_request_queue_) && !peer_requests_out_.can_send(now);
    if (due(peer_request_queue_) && !peer_requests_blocked_ && !peer_request_port_.busy(now.cycle, config_.peer_bytes_per_cycle)) {
        const MemoryRequest& request = peer_request_queue_.front().message;
        peer_request_port_.take(now.cycle, config_.peer_bytes_per_cycle, kPeerHeaderBytes + request.payload());
        peer_requests_out_.send(now, request);
        peer_request_queue_.pop();
        freed(Lack::Peer);
    }
    peer_replies_blocked_ = due(peer_reply_queue_) && !peer_replies_out_.can_send(now);
    if (due(peer_reply_queue_) && !peer_replies_blocked_ && !peer_reply_port_.busy(now.cycle, config_.peer_bytes_per_cycle)) {
        const PeerReply& reply = peer_reply_queue_.front().message;
        const Bytes payload = reply.kind == PeerReply::Kind::Invalidate ? 0 : reply.reply.payload();
        peer_reply_port_.take(now.cycle, config_.peer_bytes_per_cycle, kPeerHeaderBytes + payload);
        peer_replies_out_.send(now, reply);
        peer_reply_queue_.pop();
        freed(Lack::Peer);
    }
}

Cycle L2Slice::next_event(Cycle now) const {
    const Cycle soon = now + 1;
    if (prefetcher_ && !prefetcher_->empty()) return soon;
    if (!lookup_stands_ && heads_.arrived_now().without(blocked_).any()) return soon;
    Cycle next = std::min({retry_at_, serve_at_, next_reply_});
    if (next <= soon) return soon;
    Time time = std::min(heads_.next(), dram_replies_.next_arrival());
    credit_blocked_.for_each([&](unsigned cluster) { time = std::min(time, replies_[cluster].next_credit()); });
    if (!dram_queue_.empty()) {
        if (dram_queue_.front().ready <= now && dram_blocked_) time = std::min(time, dram_.next_credit());
        else next = std::min(next, dram_queue_.front().ready);
    }
    if (two_sided_) {
        if (!done_blocked_) time = std::min(time, peer_replies_in_.next_arrival());
        const auto port = [&](const auto& queue, const Bandwidth& width, const auto& link, bool blocked) {
            if (queue.empty()) return;
            if (queue.front().ready <= now && blocked) time = std::min(time, link.next_credit());
            else next = std::min(next, std::max(queue.front().ready, width.free_at(config_.peer_bytes_per_cycle)));
        };
        port(peer_request_queue_, peer_request_port_, peer_requests_out_, peer_requests_blocked_);
        port(peer_reply_queue_, peer_reply_port_, peer_replies_out_, peer_replies_blocked_);
    }
    if (next <= soon) return soon;
    if (time != kNoTime) next = std::min(next, edge(time));
    return std::max(next, soon);
}

void L2Slice::charge_stall(Cycle now) {
    if (stall_ == Lack::Nothing || now <= stall_from_) return;
    Stat* const stat[kLacks] = {nullptr,
                                &stats_.stall_reply,
                                &stats_.stall_data,
                                &stats_.stall_atomic,
                                &stats_.stall_mshr,
                                &stats_.stall_merge,
                                &stats_.stall_line,
                                &stats_.stall_dram,
                                &stats_.stall_peer};
    *stat[static_cast<unsigned>(stall_)] += now - stall_from_;
    stall_from_ = now;
}

void L2Slice::explain_wait(WaitReport& report) const {
    static constexpr const char* kWords[kLacks] = {"its turn",          "room for a reply",  "the data arrays",
                                                   "the atomic unit",   "an MSHR entry",     "a place among the waiters of a line",
                                                   "a line of the set", "room towards DRAM", "room towards the other partition"};
    heads_.arrived_now().for_each([&](unsigned i) {
        const Lack lack = blocked_.test(i) ? lack_[i] : Lack::Nothing;
        report.add(path(), fmt::format("{} (request on {})", kWords[static_cast<unsigned>(lack)], heads_.name(i)));
    });
    if (!mshrs_.empty())
        report.add(path(), fmt::format("sectors of {} lines ({} from the other partition)", mshrs_.in_use(), far_entries_));
    queued_.for_each(
        [&](unsigned q) { report.add(path(), fmt::format("{} ({} replies)", replies_[q / 2].name(), reply_queues_[q].size())); });
    if (!dram_queue_.empty()) report.add(path(), fmt::format("{} ({} requests)", dram_.name(), dram_queue_.size()));
    if (!peer_request_queue_.empty())
        report.add(path(), fmt::format("{} ({} requests)", peer_requests_out_.name(), peer_request_queue_.size()));
    if (!peer_reply_queue_.empty()) report.add(path(), fmt::format("{} ({} replies)", peer_replies_out_.name(), peer_reply_queue_.size()));
    if (dram_reserved_ != 0) report.add(path(), fmt::format("sectors of {} lines to complete before their write-back", dram_reserved_));
}

void L2Slice::warm(Address address, Bytes bytes) {
    if (bytes == 0) return;
    auto [first, last] = map_->slice_lines(address, bytes);
    // Of a range much larger than the cache only the end would stay.
    if (last - first > 2 * tags_.lines()) first = last - 2 * tags_.lines();
    for (std::uint64_t number = first; number <= last; ++number) {
        const AddressMap::Location at{id_, number};
        const Address line = map_->line_address(at);
        if (line >= address ? line - address >= bytes : address - line >= kLineBytes) continue;
        const std::size_t set = set_of(at);
        TagArray::LineId id = tags_.find(set, line);
        if (id == TagArray::kNoLine) {
            id = tags_.victim(set);
            if (id == TagArray::kNoLine) continue;
            if (tags_.present(id)) stats_.flushed_sectors += sector_count(tags_.state(id).dirty);
            lose_prefetched(id, 15);
            tags_.allocate(id, line);
        }
        LineState& state = tags_.state(id);
        state.valid = 15;
        state.partial = 0;
        tags_.touch(id);
    }
}

void L2Slice::invalidate() {
    HEDDLE_EXPECT(drained(), "{}: emptied while requests are under way", path());
    stats_.flushed_sectors += dirty_sectors();
    for (TagArray::LineId id = 0; prefetcher_ && id < tags_.lines(); ++id) lose_prefetched(id, 15);
    tags_.invalidate_all();
}

std::uint64_t L2Slice::dirty_sectors() const {
    std::uint64_t sum = 0;
    for (TagArray::LineId id = 0; id < tags_.lines(); ++id)
        if (tags_.present(id)) sum += sector_count(tags_.state(id).dirty);
    return sum;
}

bool L2Slice::drained() const {
    return mshrs_.empty() && !queued_.any() && dram_queue_.empty() && dram_reserved_ == 0 && peer_request_queue_.empty() &&
           peer_reply_queue_.empty() && !(prefetcher_ && !prefetcher_->empty()) && !heads_.arrived_now().any();
}

} // namespace heddle
