// Address patterns for tests of the memory side.
#pragma once

#include "sim/isa/warp_stream.hpp"

#include <cstdint>
#include <vector>

namespace heddle::test {

inline constexpr std::uint32_t kAllLanes = 0xffffffff;

struct Pattern {
    AddressPattern pattern;
    std::vector<Address> list;
    InstructionChunk chunk() const { return {{}, {}, list}; }
};

inline Pattern strided(Address base, std::int64_t stride) { return {{AddressPattern::Kind::Stride, base, stride, 0}, {}}; }
inline Pattern listed(std::vector<Address> addresses) { return {{AddressPattern::Kind::List, 0, 0, 0}, std::move(addresses)}; }

// The same addresses as a list.
inline Pattern as_list(const Pattern& p, std::uint32_t active) {
    std::vector<Address> addresses;
    for (unsigned lane = 0, k = 0; lane < kLanes; ++lane)
        if (active >> lane & 1) addresses.push_back(p.chunk().lane_address(p.pattern, lane, k++));
    return listed(std::move(addresses));
}

// xorshift: the same sequence everywhere.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
    std::uint64_t next() {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }
    std::uint64_t below(std::uint64_t n) { return (next() >> 11) % n; }
    template <class T> const T& of(const std::vector<T>& choices) { return choices[below(choices.size())]; }

  private:
    std::uint64_t state_;
};

} // namespace heddle::test
