// Deterministic input data for the workloads: SplitMix64, whole numbers, uniform and roughly normal reals. The same seed gives
// the same data on every machine (integer arithmetic and exact scaling only). Source of the generator: G. Steele, D. Lea and
// C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, and S. Vigna's constants.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace workload {

// A stream of random numbers (SplitMix64).
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits64() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        return z ^ (z >> 31);
    }
    std::uint32_t bits32() { return static_cast<std::uint32_t>(bits64() >> 32); }

    // A whole number in [0, bound). Requires: bound > 0.
    std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>((bits64() >> 32) * bound >> 32); }

    // A multiple of 2^-24 (float) or 2^-53 (double) of the range, in [low, high).
    template <typename T> T uniform(T low, T high) {
        if constexpr (std::is_same_v<T, float>) {
            return low + (high - low) * (static_cast<float>(bits64() >> 40) * 0x1p-24f);
        } else {
            return low + (high - low) * (static_cast<T>(bits64() >> 11) * static_cast<T>(0x1p-53));
        }
    }

    // A sum of twelve uniforms less six: close to the standard normal distribution, within [-6, 6), no math library.
    float normal() {
        double sum = -6;
        for (int i = 0; i < 12; ++i) sum += uniform(0.0, 1.0);
        return static_cast<float>(sum);
    }

    template <typename T> std::vector<T> uniform_vector(std::size_t n, T low, T high) {
        std::vector<T> values(n);
        for (T& value : values) value = uniform<T>(low, high);
        return values;
    }

    // `n` whole numbers in [low, high], both included, as type T: arithmetic on small whole numbers is exact in any format.
    template <typename T> std::vector<T> integer_vector(std::size_t n, int low, int high) {
        std::vector<T> values(n);
        for (T& value : values) {
            const int drawn = low + static_cast<int>(below(static_cast<std::uint32_t>(high - low + 1)));
            if constexpr (std::is_arithmetic_v<T>) {
                value = static_cast<T>(drawn);
            } else {
                value = T(static_cast<float>(drawn));
            }
        }
        return values;
    }

    std::vector<std::uint32_t> bits_vector(std::size_t n) {
        std::vector<std::uint32_t> values(n);
        for (auto& value : values) value = bits32();
        return values;
    }

  private:
    std::uint64_t state_;
};

} // namespace workload
