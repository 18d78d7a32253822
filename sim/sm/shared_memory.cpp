#include "sim/sm/shared_memory.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

namespace heddle {
namespace {

constexpr unsigned kBanks = 32;

// Distinct words by bank, each bank a chain through the words seen so far.
class BankSets {
  public:
    BankSets() { std::memset(head_, 0, sizeof head_), std::memset(count_, 0, sizeof count_); }
    void add(Address word) {
        const unsigned bank = word % kBanks;
        for (unsigned i = head_[bank]; i != 0; i = next_[i])
            if (word_[i] == word) return;
        word_[++size_] = word;
        next_[size_] = head_[bank];
        head_[bank] = static_cast<std::uint8_t>(size_);
        most_ = std::max(most_, unsigned{++count_[bank]});
    }
    unsigned most() const { return most_; }

  private:
    static constexpr unsigned kWords = 2 * kLanes; // a phase touches 32 words, twice that if none is aligned
    unsigned size_ = 0;
    unsigned most_ = 0;
    std::uint8_t head_[kBanks];
    std::uint8_t count_[kBanks];
    std::uint8_t next_[kWords + 1];
    Address word_[kWords + 1];
};

unsigned lanes_per_phase(unsigned bytes) { return kLanes / phases(bytes); }

unsigned general_wavefronts(const LaneAddresses& lanes, unsigned bytes) {
    const unsigned width = lanes_per_phase(bytes);
    unsigned total = 0;
    for (unsigned first = 0; first < kLanes; first += width) {
        std::uint32_t left = lanes.active & static_cast<std::uint32_t>(((1ULL << width) - 1) << first);
        if (left == 0) continue;
        BankSets banks;
        for (; left != 0; left &= left - 1) {
            const Address address = lanes.of[static_cast<unsigned>(std::countr_zero(left))];
            const auto words = (static_cast<unsigned>(address % 4) + bytes + 3) / 4;
            for (unsigned i = 0; i < words; ++i) banks.add(address / 4 + i);
        }
        total += banks.most();
    }
    return total;
}

} // namespace

unsigned bank_wavefronts(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, unsigned bytes) {
    if (pattern.kind == AddressPattern::Kind::Stride && active == ~std::uint32_t{0} && bytes >= 4) {
        // Aligned lanes `step` access widths apart: in a phase they meet every gcd(step, lanes per phase) lanes.
        const std::uint64_t width = phases(bytes) * 4;
        const auto stride =
            pattern.stride < 0 ? 0 - static_cast<std::uint64_t>(pattern.stride) : static_cast<std::uint64_t>(pattern.stride);
        if (bytes == width && stride == width && pattern.base % width == 0) return phases(bytes);
        if (bytes == width && (pattern.base | stride) % width == 0) {
            const unsigned step = static_cast<unsigned>(stride / width) % kBanks;
            const unsigned degree = stride == 0 ? 1u : std::gcd(step, lanes_per_phase(bytes));
            return degree * phases(bytes);
        }
    }
    LaneAddresses lanes;
    expand(chunk, pattern, active, lanes);
    return general_wavefronts(lanes, bytes);
}

unsigned atomic_wavefronts(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, unsigned bytes) {
    LaneAddresses lanes;
    expand(chunk, pattern, active, lanes);
    const unsigned width = lanes_per_phase(bytes);
    unsigned total = 0;
    for (unsigned first = 0; first < kLanes; first += width) {
        std::uint32_t left = active & static_cast<std::uint32_t>(((1ULL << width) - 1) << first);
        std::uint8_t count[kBanks] = {};
        unsigned most = 0;
        for (; left != 0; left &= left - 1) {
            const Address address = lanes.of[static_cast<unsigned>(std::countr_zero(left))];
            most = std::max(most, unsigned{++count[address / 4 % kBanks]});
        }
        total += most;
    }
    return total;
}

unsigned matrix_wavefronts(const InstructionChunk& chunk, const AddressPattern& pattern, std::uint32_t active, unsigned matrices) {
    LaneAddresses lanes;
    expand(chunk, pattern, active, lanes);
    lanes.active &= static_cast<std::uint32_t>((1ULL << (8 * std::min(matrices, 4u))) - 1);
    return std::max(1u, general_wavefronts(lanes, 16));
}

} // namespace heddle
