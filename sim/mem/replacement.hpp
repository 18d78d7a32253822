// Which line of a full set gives way.
#pragma once

#include <cstdint>

namespace heddle {

enum class Replacement : std::uint8_t {
    Lru,    // the line not used for longest
    Fifo,   // the line allocated first
    Random, // a pseudo-random line; the sequence is fixed by construction, so every run sees the same one
};

// Which set a line belongs to. All three spread any aligned run of `sets` consecutive keys over all sets evenly
// (Hashed only on average).
enum class SetIndex : std::uint8_t {
    Linear,  // key mod sets
    Rotated, // linear, shifted by a hash of key / sets: power-of-two strides spread, consecutive keys still tile
    Hashed,  // a hash of the key
};

} // namespace heddle
