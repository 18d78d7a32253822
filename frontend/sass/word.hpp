// The 128-bit instruction word of Volta and later, and access to its bit fields.
//
// Bit 0 is the lowest bit of the first little-endian 64-bit half in memory; field positions are counted as in public
// descriptions of the encoding (Mesa NAK, CuAssembler).
#pragma once

#include <cstdint>

namespace heddle::sass {

struct Word {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    // `count` bits from `first` on. Requires: count <= 64, first + count <= 128.
    constexpr std::uint64_t bits(unsigned first, unsigned count) const {
        if (count == 0) return 0;
        std::uint64_t value = 0;
        if (first >= 64) value = high >> (first - 64);
        else if (first == 0) value = low;
        else value = (low >> first) | (high << (64 - first));
        return count == 64 ? value : value & ((1ULL << count) - 1);
    }
    constexpr bool bit(unsigned position) const { return bits(position, 1) != 0; }
    // The same, sign extended.
    constexpr std::int64_t signed_bits(unsigned first, unsigned count) const {
        const std::uint64_t value = bits(first, count);
        const std::uint64_t sign = 1ULL << (count - 1);
        return static_cast<std::int64_t>((value ^ sign) - sign);
    }
    constexpr void set(unsigned first, unsigned count, std::uint64_t value) {
        const Word mask = ones(first, count);
        Word placed;
        value &= count == 64 ? ~0ULL : (1ULL << count) - 1;
        if (first >= 64) placed.high = value << (first - 64);
        else {
            placed.low = value << first;
            placed.high = first == 0 ? 0 : value >> (64 - first);
        }
        low = (low & ~mask.low) | placed.low;
        high = (high & ~mask.high) | placed.high;
    }
    // A word of which only the field is set.
    static constexpr Word ones(unsigned first, unsigned count) {
        Word w;
        for (unsigned i = first; i < first + count; ++i) (i < 64 ? w.low : w.high) |= 1ULL << (i & 63);
        return w;
    }
    friend constexpr Word operator&(Word a, Word b) { return {a.low & b.low, a.high & b.high}; }
    friend constexpr Word operator|(Word a, Word b) { return {a.low | b.low, a.high | b.high}; }
    friend constexpr Word operator~(Word a) { return {~a.low, ~a.high}; }
    friend constexpr bool operator==(const Word&, const Word&) = default;
};

inline constexpr unsigned kWordBytes = 16;

} // namespace heddle::sass
