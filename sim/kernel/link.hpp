// The only way two components touch: a one-way, in-order, credited channel with a latency.
//
// A message sent at time t is seen by the receiver at its first edge at or after t + latency; the room it occupied
// is given back to the sender by a credit that takes the credit latency. Both latencies are at least the lookahead
// of the simulation, so what a component sees at time t was sent before the current quantum began. Visibility is
// decided by these times alone, never by when a host thread got round to anything: that is why any quantum, tick
// order and number of threads give the same run.
//
// Each link has one sender and one receiver, possibly on two host threads; its two rings are single-producer
// single-consumer queues published with release stores.
#pragma once

#include "sim/base/error.hpp"
#include "sim/base/units.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <memory>
#include <string>

namespace heddle {

// The edge a component is being ticked at.
struct Now {
    Cycle cycle; // in the component's own clock domain
    Time time;
};

namespace detail {

// Fixed-capacity queue between one producer thread and one consumer thread.
template <class T> class SpscRing {
  public:
    explicit SpscRing(std::size_t capacity) : mask_(std::bit_ceil(capacity) - 1), slots_(std::make_unique<T[]>(mask_ + 1)) {}

    void push(const T& value) { // producer
        const auto tail = tail_.load(std::memory_order_relaxed);
        slots_[tail & mask_] = value;
        tail_.store(tail + 1, std::memory_order_release);
    }
    const T* front() const { // consumer
        if (head_ == cached_tail_) {
            cached_tail_ = tail_.load(std::memory_order_acquire);
            if (head_ == cached_tail_) return nullptr;
        }
        return &slots_[head_ & mask_];
    }
    void pop() { ++head_; } // consumer; requires front() != nullptr

  private:
    std::size_t mask_;
    std::unique_ptr<T[]> slots_;
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    alignas(64) std::uint64_t head_ = 0;
    mutable std::uint64_t cached_tail_ = 0;
};

} // namespace detail

// What a simulation needs to know of a link to find its lookahead and to report on it.
class LinkBase {
  public:
    LinkBase(std::string name, Duration latency, Duration credit_latency, std::size_t capacity)
        : name_(std::move(name)), latency_(latency), credit_latency_(credit_latency), capacity_(capacity) {
        HEDDLE_EXPECT(capacity > 0 && latency > 0 && credit_latency > 0, "link {} needs room and latency", name_);
    }
    virtual ~LinkBase() = default;
    LinkBase(const LinkBase&) = delete;
    LinkBase& operator=(const LinkBase&) = delete;

    const std::string& name() const { return name_; }
    Duration latency() const { return latency_; }
    Duration credit_latency() const { return credit_latency_; }
    std::size_t capacity() const { return capacity_; }

  protected:
    std::string name_;
    Duration latency_;
    Duration credit_latency_;
    std::size_t capacity_;
};

template <class T> class Link final : public LinkBase {
  public:
    // `capacity` messages may be sent and not yet taken (in flight or waiting at the receiver).
    Link(std::string name, Duration latency, Duration credit_latency, std::size_t capacity)
        : LinkBase(std::move(name), latency, credit_latency, capacity), messages_(capacity), credits_(capacity),
          room_(capacity) {}

    // Sender's side -------------------------------------------------------------------------------------------
    bool can_send(Now now) {
        if (room_ != 0) return true;
        collect_credits(now);
        return room_ != 0;
    }
    // Requires: can_send(now).
    void send(Now now, const T& message) {
        HEDDLE_EXPECT(room_ != 0, "link {}: sent without credit at {} fs", name_, now.time);
        --room_;
        messages_.push({now.time + latency_, message});
        if (sender_min_) *sender_min_ = std::min(*sender_min_, now.time + latency_);
    }
    // When the next credit comes back; kNoTime if none is on its way. For next_event() of a blocked sender.
    Time next_credit() const {
        const Time* credit = credits_.front();
        return credit ? *credit : kNoTime;
    }

    // Receiver's side -----------------------------------------------------------------------------------------
    // The oldest message that has arrived, or nullptr.
    const T* peek(Now now) const {
        const Entry* entry = messages_.front();
        return entry && entry->arrival <= now.time ? &entry->message : nullptr;
    }
    // Requires: peek(now) != nullptr.
    void pop(Now now) {
        messages_.pop();
        credits_.push(now.time + credit_latency_);
        if (receiver_min_) *receiver_min_ = std::min(*receiver_min_, now.time + credit_latency_);
    }
    // Arrival of the oldest message, kNoTime if there is none. For next_event().
    Time next_arrival() const {
        const Entry* entry = messages_.front();
        return entry ? entry->arrival : kNoTime;
    }

    // Where the simulation keeps the earliest arrival that each end's component has caused in this quantum.
    void observe(Time* sender_min, Time* receiver_min) {
        sender_min_ = sender_min;
        receiver_min_ = receiver_min;
    }

  private:
    struct Entry {
        Time arrival = 0;
        T message{};
    };
    void collect_credits(Now now) {
        for (const Time* credit = credits_.front(); credit && *credit <= now.time; credit = credits_.front()) {
            credits_.pop();
            ++room_;
        }
    }

    detail::SpscRing<Entry> messages_;
    detail::SpscRing<Time> credits_;
    Time* receiver_min_ = nullptr;
    alignas(64) std::size_t room_; // sender's side
    Time* sender_min_ = nullptr;
};

// Ends of a link, as a component holds them in its Ports.
template <class T> class Tx {
  public:
    Tx() = default;
    explicit Tx(Link<T>& link) : link_(&link) {}
    bool connected() const { return link_ != nullptr; }
    bool can_send(Now now) const { return link_->can_send(now); }
    void send(Now now, const T& message) const { link_->send(now, message); }
    Time next_credit() const { return link_->next_credit(); }
    const std::string& name() const { return link_->name(); }

  private:
    Link<T>* link_ = nullptr;
};

template <class T> class Rx {
  public:
    Rx() = default;
    explicit Rx(Link<T>& link) : link_(&link) {}
    bool connected() const { return link_ != nullptr; }
    const T* peek(Now now) const { return link_->peek(now); }
    void pop(Now now) const { link_->pop(now); }
    Time next_arrival() const { return link_->next_arrival(); }
    const std::string& name() const { return link_->name(); }

  private:
    Link<T>* link_ = nullptr;
};

} // namespace heddle
