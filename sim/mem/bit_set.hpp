// A set of small numbers as machine words, for ports: iterating costs as much as there are members.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace heddle {

// Members are 0 .. 64*kWords-1.
template <std::size_t kWords> class BitSet {
  public:
    static constexpr unsigned kNone = ~0u;

    void set(unsigned i) { words_[word_of(i)] |= bit(i); }
    void clear(unsigned i) { words_[word_of(i)] &= ~bit(i); }
    bool test(unsigned i) const { return (words_[word_of(i)] & bit(i)) != 0; }
    bool any() const {
        std::uint64_t all = 0;
        for (const std::uint64_t word : words_) all |= word;
        return all != 0;
    }
    unsigned count() const {
        unsigned sum = 0;
        for (const std::uint64_t word : words_) sum += static_cast<unsigned>(std::popcount(word));
        return sum;
    }
    // Smallest member at or after `from`; kNone if there is none.
    unsigned next(unsigned from) const {
        if (from >= 64 * kWords) return kNone;
        std::size_t w = kWords == 1 ? 0 : from / 64;
        std::uint64_t word = words_[w] & (~std::uint64_t{0} << (from % 64));
        while (word == 0) {
            if (++w >= kWords) return kNone;
            word = words_[w];
        }
        return static_cast<unsigned>(w * 64) + static_cast<unsigned>(std::countr_zero(word));
    }
    // Smallest member at or after `from`, else the smallest of all; kNone if the set is empty.
    unsigned next_cyclic(unsigned from) const {
        const unsigned found = next(from);
        return found != kNone ? found : next(0);
    }
    // Calls `visit(member)` in rising order. `visit` may clear the member it is given.
    template <class Visit> void for_each(Visit&& visit) const {
        for (std::size_t w = 0; w < kWords; ++w)
            for (std::uint64_t word = words_[w]; word != 0; word &= word - 1)
                visit(static_cast<unsigned>(w * 64) + static_cast<unsigned>(std::countr_zero(word)));
    }
    friend BitSet operator&(BitSet a, const BitSet& b) {
        for (std::size_t w = 0; w < kWords; ++w) a.words_[w] &= b.words_[w];
        return a;
    }
    BitSet without(const BitSet& b) const {
        BitSet result = *this;
        for (std::size_t w = 0; w < kWords; ++w) result.words_[w] &= ~b.words_[w];
        return result;
    }

  private:
    static std::size_t word_of(unsigned i) { return kWords == 1 ? 0 : i / 64; }
    static std::uint64_t bit(unsigned i) { return std::uint64_t{1} << (i % 64); }
    std::array<std::uint64_t, kWords> words_{};
};

} // namespace heddle
