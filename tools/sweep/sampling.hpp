// Which combinations of the axes' values a sweep visits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace heddle::sweep {

enum class Sampling : std::uint8_t {
    Full,           // every combination
    OneAtATime,     // the base point, and each value of each dimension alone
    LatinHypercube, // `count` points; each dimension's range is cut in `count` strata and each is visited once
};

// A place per dimension: the index of its value, or kBase.
using Choice = std::vector<std::size_t>;
inline constexpr std::size_t kBase = ~std::size_t{0};

// How many combinations `Full` has; saturates.
std::uint64_t combinations(const std::vector<std::size_t>& sizes);

// The choices in a fixed order, without repetition: for Full the last dimension runs fastest. `count` and `seed` are of LatinHypercube.
// Requires: sizes are at least 1; for Full, that memory holds all combinations.
std::vector<Choice> sample(Sampling sampling, const std::vector<std::size_t>& sizes, std::size_t count, std::uint64_t seed);

} // namespace heddle::sweep
