// Division of line numbers by a divisor fixed at construction, without a divide instruction.
//
// Slice counts (80, 96) and set counts of real parts are no powers of two, and every memory request divides by them.
#pragma once

#include "sim/base/error.hpp"

#include <bit>
#include <cstdint>

namespace heddle {

__extension__ typedef unsigned __int128 Uint128;
// Upper half of the product.
constexpr std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>((static_cast<Uint128>(a) * b) >> 64);
}

class Divider {
  public:
    Divider() = default;
    // Requires: 1 <= divisor < 2^32.
    explicit Divider(std::uint64_t divisor) : divisor_(divisor) {
        HEDDLE_EXPECT(divisor >= 1 && divisor < (std::uint64_t{1} << 32), "divisor {}", divisor);
        if (divisor == 1) return;
        // ceil(2^(64+shift) / divisor) lies in [2^63, 2^64); the rounding error is below the divisor, so quotients
        // of numerators below 2^62 are exact (Granlund and Montgomery, PLDI 1994).
        shift_ = static_cast<unsigned>(std::bit_width(divisor - 1)) - 1;
        const Uint128 power = static_cast<Uint128>(1) << (64 + shift_);
        magic_ = static_cast<std::uint64_t>((power + divisor - 1) / divisor);
    }

    std::uint64_t divisor() const { return divisor_; }
    // Requires: numerator < 2^62.
    std::uint64_t quotient(std::uint64_t numerator) const {
        if (magic_ == 0) return numerator;
        return multiply_high(numerator, magic_) >> shift_;
    }
    struct Result {
        std::uint64_t quotient;
        std::uint64_t remainder;
    };
    Result divide(std::uint64_t numerator) const {
        const std::uint64_t q = quotient(numerator);
        return {q, numerator - q * divisor_};
    }

  private:
    std::uint64_t divisor_ = 1;
    std::uint64_t magic_ = 0; // 0: the divisor is 1
    unsigned shift_ = 0;
};

// A well-mixed function of its argument, for spreading addresses; a bijection of 64 bits (splitmix64's finaliser).
constexpr std::uint64_t mix_bits(std::uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

} // namespace heddle
