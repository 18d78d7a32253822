// A first-in first-out queue in one power-of-two array: no allocation after construction.
#pragma once

#include "sim/base/error.hpp"

#include <bit>
#include <cstddef>
#include <memory>

namespace heddle {

template <class T> class Ring {
  public:
    Ring() = default;
    // Holds at least `capacity` elements.
    explicit Ring(std::size_t capacity)
        : mask_(std::bit_ceil(capacity < 1 ? std::size_t{1} : capacity) - 1), slots_(std::make_unique<T[]>(mask_ + 1)) {}

    bool empty() const { return head_ == tail_; }
    bool full() const { return size() == capacity(); }
    std::size_t size() const { return tail_ - head_; }
    std::size_t capacity() const { return slots_ ? mask_ + 1 : 0; }

    // Requires: !full().
    void push(const T& value) {
        HEDDLE_EXPECT(!full(), "ring of {} is full", capacity());
        slots_[tail_++ & mask_] = value;
    }
    // Requires: !empty().
    T& front() { return slots_[head_ & mask_]; }
    const T& front() const { return slots_[head_ & mask_]; }
    // Requires: i < size(); 0 is the front.
    T& operator[](std::size_t i) { return slots_[(head_ + i) & mask_]; }
    const T& operator[](std::size_t i) const { return slots_[(head_ + i) & mask_]; }
    void pop() { ++head_; }
    void clear() { head_ = tail_ = 0; }

  private:
    std::size_t mask_ = 0;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::unique_ptr<T[]> slots_;
};

} // namespace heddle
