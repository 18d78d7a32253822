// How a slice looks a request up, and what it must have room for before it takes it.
#include "sim/l2/l2_slice.hpp"

#include <algorithm>

namespace heddle {
namespace {

std::uint8_t minus(unsigned a, unsigned b) { return static_cast<std::uint8_t>(a & ~b); }

} // namespace

// Offers the inputs' requests in turn until one is taken; one per cycle.
bool L2Slice::take_request(Now now) {
    const BitSet<1>& arrived = heads_.arrived(now);
    unblock(now);
    BitSet<1> offers = arrived.without(blocked_);
    lookup_stands_ = offers.any() && data_free_ > now.cycle + config_.data_queue_cycles;
    if (lookup_stands_) {
        retry_at_ = std::min(retry_at_, data_free_ - config_.data_queue_cycles);
        stall_ = Lack::Data;
        stall_from_ = now.cycle;
        return false;
    }
    bool taken = false;
    while (offers.any()) {
        const unsigned input = offers.next_cyclic(next_input_);
        Lack lack = lack_[input];
        if (available(lack)) lack = take(now, heads_.head(input, now), input == clusters_);
        if (lack == Lack::Nothing) {
            heads_.pop(input, now);
            lack_[input] = Lack::Nothing;
            next_input_ = input + 1;
            taken = true;
            break;
        }
        if (lack == Lack::Atomic) retry_at_ = std::min(retry_at_, atomic_free_ - config_.data_queue_cycles);
        blocked_.set(input);
        lack_[input] = lack;
        offers.clear(input);
    }
    // If requests stay behind and none can be taken until something changes, cycles are charged to what the first
    // one lacks.
    if (!arrived.any() || arrived.without(blocked_).any()) return taken;
    stall_ = lack_[arrived.next_cyclic(next_input_)];
    stall_from_ = now.cycle + taken;
    return taken;
}

void L2Slice::unblock(Now now) {
    if (now.cycle >= retry_at_) {
        freed(Lack::Atomic);
        retry_at_ = kNever;
    }
    if (freed_ == 0) return;
    blocked_.for_each([&](unsigned input) {
        if (freed_ >> static_cast<unsigned>(lack_[input]) & 1) blocked_.clear(input);
    });
    freed_ = 0;
}

bool L2Slice::available(Lack lack) const {
    switch (lack) {
    case Lack::Mshr: return mshrs_.can_allocate();
    case Lack::Dram: return dram_room() != 0;
    case Lack::Peer:
        return peer_request_queue_.size() < config_.peer_queue_entries || peer_reply_queue_.size() < config_.peer_queue_entries;
    default: return true;
    }
}

L2Slice::Lack L2Slice::take(Now now, const MemoryRequest& request, bool from_peer) {
    const AddressMap::Location at = map_->locate(request.line);
    const bool far = at.slice != id_;
    HEDDLE_EXPECT(request.sector_mask != 0 && request.sector_mask < 16 && request.cluster < clusters_ &&
                      (!far || (two_sided_ && !from_peer && map_->peer_of(id_) == at.slice)),
                  "{}: request for line {:#x} of slice {}, sectors {:#x}, GPC {}", path(), request.line, at.slice, request.sector_mask,
                  request.cluster);
    const std::size_t set = set_of(at);
    const TagArray::LineId line = tags_.find(set, request.line);
    const std::uint8_t readable = line == TagArray::kNoLine ? std::uint8_t{0} : tags_.state(line).readable();
    const Lookup lookup{request, from_peer, at, set, line, readable};
    if (request.op == MemoryOp::Write) return far ? forward(now, lookup) : take_write(now, lookup);
    if (far && request.op != MemoryOp::Read) return forward(now, lookup);
    const std::uint8_t missing = minus(request.sector_mask, readable);
    if (missing == 0) return take_hit(now, lookup);
    return far ? take_far_miss(now, lookup, missing) : take_miss(now, lookup, missing);
}

L2Slice::Lack L2Slice::take_hit(Now now, const Lookup& lookup) {
    const Waiter waiter = waiter_of(lookup.request, lookup.from_peer, 0);
    if (const Lack lack = answer_room(now, waiter); lack != Lack::Nothing) return lack;
    if (lookup.request.op != MemoryOp::Read) {
        if (!modify_room(lookup)) return Lack::Peer;
        invalidate_peer_copy(now, lookup);
        tags_.state(lookup.line).dirty |= lookup.request.sector_mask;
    }
    count(lookup, 0);
    if (prefetcher_) use_prefetched(lookup, 0);
    tags_.touch(lookup.line);
    answer(now, waiter, lookup.request.line, lookup.line, config_.hit_latency);
    return Lack::Nothing;
}

L2Slice::Lack L2Slice::take_miss(Now now, const Lookup& lookup, std::uint8_t missing) {
    const MemoryRequest& request = lookup.request;
    TagArray::LineId line = lookup.line;
    const std::uint8_t pending = line == TagArray::kNoLine ? std::uint8_t{0} : tags_.state(line).pending;
    const std::uint8_t fetch = minus(promoted_[missing], lookup.readable | pending);
    Mshrs::Index index = mshrs_.find(request.line);
    if (index == Mshrs::kNone ? !mshrs_.can_allocate() : !mshrs_.can_add(index)) return index == Mshrs::kNone ? Lack::Mshr : Lack::Merge;
    if (line == TagArray::kNoLine) {
        line = tags_.victim(lookup.set);
        if (line == TagArray::kNoLine) return Lack::Line;
        if (const Lack lack = can_replace(line, 1); lack != Lack::Nothing) return lack;
        replace(now, line, request.line);
    } else {
        if (fetch != 0 && dram_room() < 1) return Lack::Dram;
        if (request.op != MemoryOp::Read && !modify_room(lookup)) return Lack::Peer;
        tags_.touch(line);
    }

    count(lookup, missing);
    if (prefetcher_) use_prefetched(lookup, missing);
    if (index == Mshrs::kNone) index = mshrs_.allocate(request.line);
    else ++stats_.mshr_merges;
    Mshrs::Entry& entry = mshrs_[index];
    LineState& state = tags_.state(line);
    if (entry.pending == 0) entry.wanted = 0; // what an earlier fetch of the line was to make dirty, it has
    if (request.op != MemoryOp::Read) {
        // Sectors that are here become dirty now, the others when they come.
        if (lookup.line != TagArray::kNoLine) invalidate_peer_copy(now, lookup);
        state.dirty = static_cast<std::uint8_t>(state.dirty | (request.sector_mask & lookup.readable));
        entry.wanted |= request.sector_mask;
    }
    entry.place = line;
    entry.pending |= fetch;
    state.pending |= fetch;
    mshrs_.add_waiter(index, waiter_of(request, lookup.from_peer, missing));
    if (fetch != 0) to_dram(now.cycle + config_.miss_latency, map_->channel_local(lookup.at), index, false, fetch);
    return Lack::Nothing;
}

L2Slice::Lack L2Slice::take_far_miss(Now now, const Lookup& lookup, std::uint8_t missing) {
    const MemoryRequest& request = lookup.request;
    Mshrs::Index index = mshrs_.find(request.line);
    const bool merge = index != Mshrs::kNone;
    if (!merge && (2 * (far_entries_ + 1) > mshrs_.capacity() || !mshrs_.can_allocate())) return Lack::Mshr;
    if ((merge && !mshrs_.can_add(index)) || 2 * (far_waiters_ + 1) > config_.mshr_waiters) return Lack::Merge;
    const std::uint8_t fetch = minus(promoted_[missing], lookup.readable | (merge ? mshrs_[index].pending : 0u));
    if (fetch != 0 && peer_request_queue_.size() >= config_.peer_queue_entries) return Lack::Peer;

    count(lookup, missing);
    if (merge) {
        ++stats_.mshr_merges;
    } else {
        index = mshrs_.allocate(request.line);
        mshrs_[index].place = kFarPlace;
        ++far_entries_;
    }
    if (lookup.line != TagArray::kNoLine) tags_.touch(lookup.line);
    mshrs_[index].pending |= fetch;
    mshrs_.add_waiter(index, waiter_of(request, false, missing));
    ++far_waiters_;
    if (fetch == 0) return Lack::Nothing;
    MemoryRequest ask = request;
    ask.transaction = index;
    ask.slice = lookup.at.slice;
    ask.sector_mask = fetch;
    peer_request_queue_.push({ask, now.cycle + config_.miss_latency});
    stats_.far_read_sectors += sector_count(fetch);
    return Lack::Nothing;
}

L2Slice::Lack L2Slice::take_write(Now now, const Lookup& lookup) {
    const MemoryRequest& request = lookup.request;
    const Waiter waiter = waiter_of(request, lookup.from_peer, 0);
    if (const Lack lack = answer_room(now, waiter); lack != Lack::Nothing) return lack;
    TagArray::LineId line = lookup.line;
    if (line == TagArray::kNoLine) {
        line = tags_.victim(lookup.set);
        if (line == TagArray::kNoLine) return Lack::Line;
        if (const Lack lack = can_replace(line, 0); lack != Lack::Nothing) return lack;
        replace(now, line, request.line);
    } else {
        if (!modify_room(lookup)) return Lack::Peer;
        invalidate_peer_copy(now, lookup);
        tags_.touch(line);
    }
    count(lookup, 0);
    LineState& state = tags_.state(line);
    const std::uint8_t full = request.full_mask & request.sector_mask;
    const std::uint8_t in_part = minus(request.sector_mask, full);
    lose_prefetched(line, full);
    state.partial = minus(state.partial | minus(in_part, state.valid), full);
    state.valid |= request.sector_mask;
    state.dirty |= request.sector_mask;
    answer(now, waiter, request.line, line, config_.hit_latency);
    return Lack::Nothing;
}

// Passes a write, atomic or reduction on to the line's home in the other partition.
L2Slice::Lack L2Slice::forward(Now now, const Lookup& lookup) {
    if (peer_request_queue_.size() >= config_.peer_queue_entries) return Lack::Peer;
    count(lookup, lookup.request.op == MemoryOp::Write ? std::uint8_t{0} : lookup.request.sector_mask);
    ++stats_.far_forwards;
    // A write updates those sectors of the copy that are here; an atomic's result is not known on this side.
    if (lookup.request.op != MemoryOp::Write && lookup.line != TagArray::kNoLine) {
        LineState& state = tags_.state(lookup.line);
        state.valid = minus(state.valid, lookup.request.sector_mask);
        if (state.valid == 0) tags_.invalidate(lookup.line);
    }
    MemoryRequest onward = lookup.request;
    onward.slice = lookup.at.slice;
    peer_request_queue_.push({onward, now.cycle + config_.miss_latency});
    return Lack::Nothing;
}

void L2Slice::count(const Lookup& lookup, std::uint8_t missing) {
    const auto op = static_cast<unsigned>(lookup.request.op);
    const auto sectors = sector_count(lookup.request.sector_mask);
    const auto misses = sector_count(missing);
    if (lookup.from_peer) {
        ++stats_.peer_requests;
        stats_.fabric_sectors[op] += sectors;
        if (lookup.request.op != MemoryOp::Read) return;
        stats_.peer_hit_sectors += sectors - misses;
        stats_.peer_miss_sectors += misses;
        return;
    }
    ++stats_.requests[op];
    stats_.sectors[op] += sectors;
    stats_.hits[op] += sectors - misses;
    stats_.misses[op] += misses;
}

L2Slice::Lack L2Slice::can_replace(TagArray::LineId line, unsigned dram) const {
    if (!tags_.present(line)) return dram_room() < dram ? Lack::Dram : Lack::Nothing;
    const LineState& state = tags_.state(line);
    const bool completed_first = state.partial != 0 && config_.partial_eviction == PartialEviction::Fill;
    if (completed_first && free_evictions_.empty()) return Lack::Dram;
    if (dram_room() < dram + (state.dirty != 0) + completed_first) return Lack::Dram;
    // One place for telling the other partition, one for the answer to it.
    if ((state.flags & kPeerCopy) && peer_reply_queue_.size() + 2 > config_.peer_queue_entries) return Lack::Peer;
    return Lack::Nothing;
}

// Gives the place of `victim` to `line`. Requires: can_replace().
void L2Slice::replace(Now now, TagArray::LineId victim, Address line) {
    if (tags_.present(victim)) {
        const LineState& state = tags_.state(victim);
        const Address old = tags_.address(victim);
        ++stats_.evictions;
        lose_prefetched(victim, 15);
        if (state.flags & kPeerCopy) tell_peer(now, old);
        if (state.dirty != 0) {
            ++stats_.dirty_evictions;
            const Address local = map_->channel_local(old);
            const Cycle ready = now.cycle + config_.miss_latency;
            if (state.partial != 0 && config_.partial_eviction == PartialEviction::Fill) {
                const std::uint16_t index = free_evictions_.back();
                free_evictions_.pop_back();
                evictions_[index] = {local, state.dirty, state.partial};
                ++dram_reserved_;
                stats_.merge_read_sectors += sector_count(state.partial);
                to_dram(ready, local, kEviction | index, false, state.partial);
            } else {
                to_dram(ready, local, 0, true, state.dirty);
            }
        }
    }
    tags_.allocate(victim, line);
}

// Whether there is room to tell the other partition that its copy is out of date, should that be necessary.
bool L2Slice::modify_room(const Lookup& lookup) const {
    return lookup.from_peer || lookup.line == TagArray::kNoLine || !(tags_.state(lookup.line).flags & kPeerCopy) ||
           peer_reply_queue_.size() + 2 <= config_.peer_queue_entries;
}

void L2Slice::invalidate_peer_copy(Now now, const Lookup& lookup) {
    LineState& state = tags_.state(lookup.line);
    // A request from the other partition has dealt with its copy there.
    if (lookup.from_peer || !(state.flags & kPeerCopy)) return;
    state.flags = static_cast<std::uint16_t>(state.flags & ~kPeerCopy);
    tell_peer(now, lookup.request.line);
}

void L2Slice::tell_peer(Now now, Address line) {
    PeerReply message;
    message.kind = PeerReply::Kind::Invalidate;
    message.reply.line = line;
    message.reply.slice = id_;
    peer_reply_queue_.push({message, now.cycle + config_.miss_latency});
}

} // namespace heddle
