// Requests of one SM on their way to the L2 slices: a queue in front of the request network.
//
// Modelled: at most one request leaves per cycle, not before its own earliest cycle, and only with a credit.
#pragma once

#include "sim/base/ring.hpp"
#include "sim/kernel/clock.hpp"
#include "sim/kernel/link.hpp"
#include "sim/mem/address_map.hpp"
#include "sim/mem/message.hpp"

namespace heddle {

// What a request's transaction number says of whom the reply is for.
enum class ReplyTo : std::uint8_t { L1Fill, ConstantFill, Instruction, Acknowledge };
constexpr std::uint32_t transaction(ReplyTo to, std::uint32_t number) { return static_cast<std::uint32_t>(to) << 30 | number; }
constexpr ReplyTo reply_to(std::uint32_t transaction) { return static_cast<ReplyTo>(transaction >> 30); }
constexpr std::uint32_t transaction_number(std::uint32_t transaction) { return transaction & 0x3fffffff; }

class RequestQueue {
  public:
    // `side` is the L2 partition the SM lies next to.
    RequestQueue(unsigned entries, Cycles latency, const AddressMap& addresses, SmId sm, std::uint8_t cluster, unsigned side,
                 Tx<MemoryRequest> link)
        : entries_(entries), latency_(latency), addresses_(&addresses), side_(side), sm_(sm), cluster_(cluster), link_(link),
          queue_(entries) {}

    bool full() const { return queue_.size() >= entries_; }
    bool empty() const { return queue_.empty(); }
    std::size_t size() const { return queue_.size(); }

    // Sender, destination and cluster are filled in here. Requires: !full().
    void push(Cycle now, MemoryRequest request) {
        request.sm = sm_;
        request.cluster = cluster_;
        request.slice = addresses_->slice_for(request.line, side_);
        queue_.push({now + latency_, request});
    }

    // Sends what may leave at `now`; whether something left.
    bool send(Now now) {
        blocked_ = false;
        if (queue_.empty() || queue_.front().earliest > now.cycle) return false;
        if (!link_.can_send(now)) {
            blocked_ = true;
            return false;
        }
        link_.send(now, queue_.front().request);
        queue_.pop();
        return true;
    }

    // First cycle after `now` at which send() may send.
    Cycle next_event(Cycle now, const ClockDomain& clock) const {
        if (queue_.empty()) return kNever;
        if (queue_.front().earliest > now) return queue_.front().earliest;
        if (!blocked_) return now + 1;
        const Cycle credit = clock.edge_at_or_after(link_.next_credit());
        return credit > now ? credit : now + 1;
    }
    bool blocked() const { return blocked_; }
    const std::string& link_name() const { return link_.name(); }

  private:
    struct Queued {
        Cycle earliest = 0;
        MemoryRequest request;
    };
    unsigned entries_;
    Cycles latency_;
    const AddressMap* addresses_;
    unsigned side_;
    SmId sm_;
    std::uint8_t cluster_;
    bool blocked_ = false; // at the last send(), for want of credit
    Tx<MemoryRequest> link_;
    Ring<Queued> queue_;
};

} // namespace heddle
