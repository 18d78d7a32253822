#include "tools/sweep/sampling.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace heddle::sweep {

namespace {

// Vigna's splitmix64: the same numbers everywhere, which std::shuffle does not promise.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    // 0 to bound - 1; the bias is below bound / 2^64.
    std::uint64_t below(std::uint64_t bound) {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return (z ^ (z >> 31)) % bound;
    }

  private:
    std::uint64_t state_;
};

std::vector<Choice> full(const std::vector<std::size_t>& sizes) {
    std::vector<Choice> result;
    Choice at(sizes.size(), 0);
    while (true) {
        result.push_back(at);
        std::size_t d = sizes.size();
        while (d > 0 && at[d - 1] + 1 == sizes[d - 1]) at[--d] = 0;
        if (d == 0) return result;
        ++at[d - 1];
    }
}

std::vector<Choice> one_at_a_time(const std::vector<std::size_t>& sizes) {
    std::vector<Choice> result{Choice(sizes.size(), kBase)};
    for (std::size_t d = 0; d < sizes.size(); ++d)
        for (std::size_t i = 0; i < sizes[d]; ++i) {
            result.emplace_back(sizes.size(), kBase);
            result.back()[d] = i;
        }
    return result;
}

std::vector<Choice> latin_hypercube(const std::vector<std::size_t>& sizes, std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<Choice> result(count, Choice(sizes.size()));
    std::vector<std::size_t> strata(count);
    for (std::size_t d = 0; d < sizes.size(); ++d) {
        std::iota(strata.begin(), strata.end(), std::size_t{0});
        for (std::size_t i = count; i > 1; --i) std::swap(strata[i - 1], strata[random.below(i)]);
        for (std::size_t p = 0; p < count; ++p) result[p][d] = (2 * strata[p] + 1) * sizes[d] / (2 * count); // the middle of the stratum
    }
    std::set<Choice> seen;
    std::erase_if(result, [&](const Choice& c) { return !seen.insert(c).second; });
    return result;
}

} // namespace

std::uint64_t combinations(const std::vector<std::size_t>& sizes) {
    std::uint64_t product = 1;
    for (const std::size_t size : sizes)
        if (__builtin_mul_overflow(product, static_cast<std::uint64_t>(size), &product)) return ~0ULL;
    return product;
}

std::vector<Choice> sample(Sampling sampling, const std::vector<std::size_t>& sizes, std::size_t count, std::uint64_t seed) {
    switch (sampling) {
    case Sampling::Full: return full(sizes);
    case Sampling::OneAtATime: return one_at_a_time(sizes);
    case Sampling::LatinHypercube: return latin_hypercube(sizes, count, seed);
    }
    return {};
}

} // namespace heddle::sweep
