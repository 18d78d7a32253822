// Banks in order of the age of their oldest request of some kind: the picker's search stops at the first that is ready.
//
// Hardware: the age comparison of a request picker. Costs no time of its own.
#pragma once

#include <array>
#include <cstdint>

namespace heddle {

class BankOrder {
  public:
    static constexpr unsigned kEnd = 64; // after the youngest

    BankOrder() { next_[kEnd] = previous_[kEnd] = kEnd; }

    std::uint64_t members() const { return members_; } // bit mask of banks
    bool holds(unsigned bank) const { return members_ >> bank & 1; }
    unsigned first() const { return next_[kEnd]; } // the oldest, or kEnd
    unsigned after(unsigned bank) const { return next_[bank]; }
    // Order number of the bank's oldest request. Requires: holds(bank).
    std::uint64_t age(unsigned bank) const { return age_[bank]; }

    // Puts the bank at the place of `age` (smaller is older), from wherever it is.
    void put(unsigned bank, std::uint64_t age) {
        if (holds(bank)) unlink(bank);
        members_ |= std::uint64_t{1} << bank;
        unsigned older = previous_[kEnd];
        while (older != kEnd && age_[older] > age) older = previous_[older];
        link_after(older, bank, age);
    }
    // The same where the bank is in the order and its age moves to a younger one.
    void grow_younger(unsigned bank, std::uint64_t age) {
        unsigned older = previous_[bank];
        unlink(bank);
        while (next_[older] != kEnd && age_[next_[older]] < age) older = next_[older];
        link_after(older, bank, age);
    }
    // Requires: holds(bank).
    void remove(unsigned bank) {
        unlink(bank);
        members_ &= ~(std::uint64_t{1} << bank);
    }

  private:
    void unlink(unsigned bank) {
        next_[previous_[bank]] = next_[bank];
        previous_[next_[bank]] = previous_[bank];
    }
    void link_after(unsigned older, unsigned bank, std::uint64_t age) {
        age_[bank] = age;
        previous_[bank] = static_cast<std::uint8_t>(older);
        next_[bank] = next_[older];
        previous_[next_[older]] = static_cast<std::uint8_t>(bank);
        next_[older] = static_cast<std::uint8_t>(bank);
    }

    std::uint64_t members_ = 0;
    std::array<std::uint8_t, kEnd + 1> next_{}, previous_{}; // the place kEnd closes the circle
    std::array<std::uint64_t, kEnd> age_{};
};

} // namespace heddle
