// How sectors come in from DRAM and the other partition, and how requests are answered.
#include "sim/l2/l2_slice.hpp"

#include <algorithm>

namespace heddle {

// Requires: a reply has arrived.
void L2Slice::take_dram_reply(Now now) {
    const DramReply* reply = dram_replies_.peek(now);
    const std::uint8_t sectors = reply->sector_mask;
    if (reply->transaction & kEviction) {
        const auto index = static_cast<std::uint16_t>(reply->transaction & ~kEviction);
        Eviction& eviction = evictions_[index];
        eviction.awaiting = static_cast<std::uint8_t>(eviction.awaiting & ~sectors);
        if (eviction.awaiting == 0) {
            --dram_reserved_;
            to_dram(now.cycle, eviction.line, 0, true, eviction.dirty);
            free_evictions_.push_back(index);
            freed(Lack::Dram);
        }
    } else {
        const auto index = static_cast<Mshrs::Index>(reply->transaction);
        Mshrs::Entry& entry = mshrs_[index];
        HEDDLE_EXPECT(entry.in_use && (sectors & ~entry.pending) == 0, "{}: DRAM answered sectors {:#x} nobody asked for", path(), sectors);
        LineState& state = tags_.state(entry.place);
        state.pending = static_cast<std::uint8_t>(state.pending & ~sectors);
        state.valid |= sectors;
        state.partial = static_cast<std::uint8_t>(state.partial & ~sectors);
        state.dirty = static_cast<std::uint8_t>(state.dirty | (entry.wanted & sectors));
        if (state.pending == 0) freed(Lack::Line);
        entry.pending = static_cast<std::uint8_t>(entry.pending & ~sectors);
        push_ready(index);
    }
    dram_replies_.pop(now);
}

void L2Slice::take_peer_reply(Now now) {
    done_blocked_ = false;
    const PeerReply* message = peer_replies_in_.peek(now);
    if (!message) return;
    const MemoryReply& reply = message->reply;
    switch (message->kind) {
    case PeerReply::Kind::Data: {
        const auto index = static_cast<Mshrs::Index>(reply.transaction);
        Mshrs::Entry& entry = mshrs_[index];
        HEDDLE_EXPECT(entry.in_use && (reply.sector_mask & ~entry.pending) == 0, "{}: peer answered sectors {:#x} nobody asked for", path(),
                      reply.sector_mask);
        entry.pending = static_cast<std::uint8_t>(entry.pending & ~reply.sector_mask);
        if (message->install) install_copy(now, reply);
        push_ready(index);
        break;
    }
    case PeerReply::Kind::Done: {
        const unsigned queue = reply_queue_of(reply.op, reply.cluster);
        done_blocked_ = reply_queues_[queue].size() >= reply_places();
        if (done_blocked_) return; // tried again when a reply has left
        queue_reply(queue, reply, now.cycle + config_.fill_latency);
        break;
    }
    case PeerReply::Kind::Invalidate: {
        const TagArray::LineId id = tags_.find(set_of(map_->locate(reply.line)), reply.line);
        if (id == TagArray::kNoLine) break;
        tags_.invalidate(id);
        ++stats_.invalidations;
        break;
    }
    }
    peer_replies_in_.pop(now);
}

void L2Slice::install_copy(Now now, const MemoryReply& reply) {
    const std::size_t set = set_of(map_->locate(reply.line));
    TagArray::LineId id = tags_.find(set, reply.line);
    if (id == TagArray::kNoLine) {
        id = tags_.victim(set);
        if (id == TagArray::kNoLine || can_replace(id, 0) != Lack::Nothing) {
            ++stats_.copies_dropped;
            return;
        }
        replace(now, id, reply.line);
        tags_.state(id).flags = kCopy;
        ++stats_.copies;
    }
    tags_.state(id).valid |= reply.sector_mask;
}

// A fetch has brought sectors: its waiters may be answered, or there are none and it ends.
void L2Slice::push_ready(Mshrs::Index index) {
    const Mshrs::Entry& entry = mshrs_[index];
    if (entry.waiters == 0) {
        if (entry.pending == 0) release(index);
    } else if (!in_ready_[index]) {
        in_ready_[index] = 1;
        ready_.push(index);
    }
}

void L2Slice::release(Mshrs::Index index) {
    far_entries_ -= mshrs_[index].place == kFarPlace;
    mshrs_.release(index);
    freed(Lack::Mshr);
}

// Answers one request whose sectors have all come; one per cycle.
void L2Slice::serve_waiter(Now now) {
    while (!ready_.empty()) {
        const Mshrs::Index index = ready_.front();
        const Mshrs::Entry& entry = mshrs_[index];
        bool found = false;
        const bool far = entry.place == kFarPlace;
        const bool served = mshrs_.serve_one(index, [&](const Waiter& waiter) {
            if (found || (waiter.awaiting & entry.pending) != 0) return false;
            found = true;
            const Lack lack = answer_room(now, waiter);
            if (lack == Lack::Nothing) {
                answer(now, waiter, entry.line, far ? TagArray::kNoLine : entry.place, config_.fill_latency);
                return true;
            }
            if (lack == Lack::Data) serve_at_ = data_free_ - config_.data_queue_cycles;
            if (lack == Lack::Atomic) serve_at_ = atomic_free_ - config_.data_queue_cycles;
            return false; // for a place in the reply queue it waits until one has left
        });
        if (served) {
            far_waiters_ -= far;
            freed(Lack::Merge);
            freed(Lack::Mshr); // which needs a place for its waiter too
        }
        if (found && entry.waiters != 0) {
            if (served) serve_at_ = now.cycle + 1;
            return;
        }
        // No one left that can be answered now.
        ready_.pop();
        in_ready_[index] = 0;
        if (entry.waiters == 0 && entry.pending == 0) release(index);
        if (served) {
            if (!ready_.empty()) serve_at_ = now.cycle + 1;
            return;
        }
    }
}

L2Slice::Lack L2Slice::answer_room(Now now, const Waiter& waiter) const {
    if (data_free_ > now.cycle + config_.data_queue_cycles) return Lack::Data;
    if (waiter.op == MemoryOp::Atomic || waiter.op == MemoryOp::Reduction)
        if (atomic_free_ > now.cycle + config_.data_queue_cycles) return Lack::Atomic;
    if (waiter.from_peer) return peer_reply_queue_.size() < config_.peer_queue_entries ? Lack::Nothing : Lack::Peer;
    return reply_queues_[reply_queue_of(waiter.op, waiter.cluster)].size() < reply_places() ? Lack::Nothing : Lack::Reply;
}

// Reads or writes the data arrays, uses the atomic unit if need be, and queues the reply. Requires: answer_room().
// `id` is the home line's place if it is known to be there or to have been there.
void L2Slice::answer(Now now, const Waiter& waiter, Address line, TagArray::LineId id, Cycles latency) {
    const Cycles busy = data_cycles_[waiter.sector_mask];
    data_free_ = std::max(data_free_, now.cycle) + busy;
    stats_.data_busy += busy;
    Cycle ready = data_free_ - 1 + latency;
    if (waiter.op == MemoryOp::Atomic || waiter.op == MemoryOp::Reduction) {
        const auto sectors = sector_count(waiter.sector_mask);
        const Cycles work = std::max({1u, (sectors + config_.atomic_sectors_per_cycle - 1) / config_.atomic_sectors_per_cycle,
                                      (waiter.atomic_lanes + config_.atomic_lanes_per_cycle - 1) / config_.atomic_lanes_per_cycle});
        atomic_free_ = std::max(atomic_free_, now.cycle) + work;
        stats_.atomic_busy += work;
        ready = std::max(ready, atomic_free_ - 1 + latency + config_.atomic_latency);
    }
    const MemoryReply reply{.line = line,
                            .transaction = waiter.transaction,
                            .sm = waiter.sm,
                            .slice = id_,
                            .op = waiter.op,
                            .sector_mask = waiter.sector_mask,
                            .source = waiter.source,
                            .cluster = waiter.cluster};
    if (!waiter.from_peer) {
        queue_reply(reply_queue_of(waiter.op, waiter.cluster), reply, ready);
        return;
    }
    PeerReply message{.reply = reply, .kind = waiter.op == MemoryOp::Read ? PeerReply::Kind::Data : PeerReply::Kind::Done};
    if (waiter.op == MemoryOp::Read && id != TagArray::kNoLine && tags_.present(id) && tags_.address(id) == line) {
        LineState& state = tags_.state(id);
        message.install =
            config_.replicate == Replicate::Always || (config_.replicate == Replicate::OnReuse && (state.flags & kPeerFetched));
        state.flags = static_cast<std::uint16_t>(state.flags | kPeerFetched | (message.install ? kPeerCopy : 0));
    }
    peer_reply_queue_.push({message, ready});
}

void L2Slice::to_dram(Cycle ready, Address local, std::uint32_t transaction, bool write, std::uint8_t sectors) {
    (write ? stats_.dram_write_sectors : stats_.dram_read_sectors) += sector_count(sectors);
    dram_queue_.push({DramRequest{.line = local, .transaction = transaction, .slice = id_, .write = write, .sector_mask = sectors}, ready});
}

L2Slice::Waiter L2Slice::waiter_of(const MemoryRequest& request, bool from_peer, std::uint8_t awaiting) {
    return {.transaction = request.transaction,
            .sm = request.sm,
            .op = request.op,
            .sector_mask = request.sector_mask,
            .awaiting = awaiting,
            .atomic_lanes = request.atomic_lanes,
            .source = request.source,
            .cluster = request.cluster,
            .from_peer = from_peer};
}

} // namespace heddle
