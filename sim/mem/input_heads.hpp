// The receiving side of a block with many links: which of them have a message waiting, without asking each of them
// at every cycle.
//
// A link is asked for its oldest message's arrival when a window begins (ComponentOf calls begin_window) and after
// each pop; a message that is put in during the window arrives after it, so nothing is missed.
#pragma once

#include "sim/kernel/component.hpp"
#include "sim/mem/bit_set.hpp"

#include <algorithm>
#include <vector>

namespace heddle {

template <class Message, std::size_t kWords> class InputHeads {
  public:
    using Set = BitSet<kWords>;

    // Requires: at most 64 * kWords links.
    explicit InputHeads(std::vector<Rx<Message>> links) : links_(std::move(links)), arrival_(links_.size(), kNoTime) {
        HEDDLE_EXPECT(links_.size() <= 64 * kWords, "{} links", links_.size());
        for (unsigned i = 0; i < links_.size(); ++i)
            if (links_[i].connected()) silent_.set(i);
    }
    unsigned size() const { return static_cast<unsigned>(links_.size()); }

    // Asks the links that had nothing.
    void begin_window() {
        silent_.for_each([this](unsigned i) {
            const Time time = links_[i].next_arrival();
            if (time == kNoTime) return;
            silent_.clear(i);
            wait(i, time);
        });
    }
    // Links whose oldest message has arrived.
    const Set& arrived(Now now) {
        if (next_ <= now.time) collect(now);
        return arrived_;
    }
    // The same as of the last call of arrived() or pop().
    const Set& arrived_now() const { return arrived_; }
    // Requires: link i is in arrived().
    const Message& head(unsigned i, Now now) const { return *links_[i].peek(now); }
    // True if the next message is here as well.
    bool pop(unsigned i, Now now) {
        links_[i].pop(now);
        const Time time = links_[i].next_arrival();
        if (time <= now.time) return true;
        arrived_.clear(i);
        if (time != kNoTime) wait(i, time);
        else silent_.set(i);
        return false;
    }
    // Earliest arrival among the links that are not in arrived().
    Time next() const { return next_; }
    const std::string& name(unsigned i) const { return links_[i].name(); }

  private:
    void wait(unsigned i, Time time) {
        waiting_.set(i);
        arrival_[i] = time;
        next_ = std::min(next_, time);
    }
    void collect(Now now) {
        next_ = kNoTime;
        waiting_.for_each([&](unsigned i) {
            if (arrival_[i] <= now.time) {
                waiting_.clear(i);
                arrived_.set(i);
            } else {
                next_ = std::min(next_, arrival_[i]);
            }
        });
    }

    std::vector<Rx<Message>> links_;
    std::vector<Time> arrival_; // of the oldest message, for links in waiting_
    Time next_ = kNoTime;
    Set silent_;  // nothing in the link
    Set waiting_; // oldest message arrives later
    Set arrived_;
};

} // namespace heddle
