// For tests of float instructions: values at the edges, and one instruction on many operands at every level of vector
// instructions this host has.
#pragma once

#include "tests/frontend/emulator/warp_bench.hpp"

#include <bit>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

namespace heddle::emulator::float_test {

inline std::uint32_t bits(float x) { return std::bit_cast<std::uint32_t>(x); }
inline std::uint64_t bits(double x) { return std::bit_cast<std::uint64_t>(x); }
inline float f32(std::uint32_t x) { return std::bit_cast<float>(x); }
inline double f64(std::uint64_t x) { return std::bit_cast<double>(x); }

inline std::vector<LaneLevel> levels() {
    std::vector<LaneLevel> all{LaneLevel::Portable};
    if (best_lane_level() != LaneLevel::Portable) all.push_back(LaneLevel::Avx2);
    if (best_lane_level() == LaneLevel::Avx512) all.push_back(LaneLevel::Avx512);
    return all;
}

// FP32 bit patterns: zeros, denormals, limits of the normal range, ones, halves, infinities, NaN; both signs.
inline std::vector<std::uint32_t> edges32() {
    std::vector<std::uint32_t> v;
    for (const std::uint32_t x : {0x00000000U, 0x00000001U, 0x00000002U, 0x00400000U, 0x007fffffU, 0x00800000U, 0x00800001U, 0x00ffffffU, 0x01000000U, 0x0c000000U,
                                  0x33800000U, 0x34000000U, 0x3effffffU, 0x3f000000U, 0x3f000001U, 0x3f7fffffU, 0x3f800000U, 0x3f800001U, 0x3fc00000U, 0x40000000U,
                                  0x40490fdbU, 0x4b000001U, 0x4b7fffffU, 0x4f000000U, 0x5f000000U, 0x7e800000U, 0x7effffffU, 0x7f000000U, 0x7f7ffffeU, 0x7f7fffffU,
                                  0x7f800000U, 0x7f800001U, 0x7fc00000U, 0x7fffffffU})
        for (const std::uint32_t sign : {0U, 0x80000000U}) v.push_back(x | sign);
    return v;
}
inline std::vector<std::uint64_t> edges64() {
    std::vector<std::uint64_t> v;
    for (const std::uint64_t x :
         {0x0000000000000000ULL, 0x0000000000000001ULL, 0x0008000000000000ULL, 0x000fffffffffffffULL, 0x0010000000000000ULL, 0x0010000000000001ULL,
          0x001fffffffffffffULL, 0x3ca0000000000000ULL, 0x3fdfffffffffffffULL, 0x3fe0000000000000ULL, 0x3fefffffffffffffULL, 0x3ff0000000000000ULL,
          0x3ff0000000000001ULL, 0x3ff8000000000000ULL, 0x400921fb54442d18ULL, 0x41dfffffffc00000ULL, 0x43e0000000000000ULL, 0x7fd0000000000000ULL,
          0x7fefffffffffffffULL, 0x7ff0000000000000ULL, 0x7ff0000000000001ULL, 0x7ff8000000000000ULL, 0x7fffffffffffffffULL})
        for (const std::uint64_t sign : {0ULL, 1ULL << 63}) v.push_back(x | sign);
    return v;
}

// Numbers that meet: exponents near each other and near `around`, fractions short or dense.
inline std::uint32_t random32(std::mt19937_64& random, int around = 127, int spread = 40) {
    const int exponent = std::clamp(around - spread / 2 + static_cast<int>(random() % static_cast<unsigned>(spread)), 0, 255);
    std::uint32_t fraction = static_cast<std::uint32_t>(random()) & 0x7fffff;
    if (random() % 3 == 0) fraction &= ~((1U << random() % 23) - 1);
    return static_cast<std::uint32_t>(random() & 1) << 31 | static_cast<std::uint32_t>(exponent) << 23 | fraction;
}
inline std::uint64_t random64(std::mt19937_64& random, int around = 1023, int spread = 120) {
    const int exponent = std::clamp(around - spread / 2 + static_cast<int>(random() % static_cast<unsigned>(spread)), 0, 2047);
    std::uint64_t fraction = random() & ((1ULL << 52) - 1);
    if (random() % 3 == 0) fraction &= ~((1ULL << random() % 52) - 1);
    return (random() & 1) << 63 | static_cast<std::uint64_t>(exponent) << 52 | fraction;
}

// Operands of one lane: A in R2 (and R3), B in R4, C in R6; result in R8.
struct Operands {
    std::uint64_t a = 0, b = 0, c = 0;
};
// All pairs or triples of edge values, then random ones.
template <class Value, class Random> std::vector<Operands> cases(const std::vector<Value>& edges, unsigned sources, unsigned random_count, Random next) {
    std::vector<Operands> all;
    for (const auto a : edges) {
        if (sources == 1) all.push_back({a, 0, 0});
        else
            for (const auto b : edges) {
                if (sources == 2) all.push_back({a, b, 0});
                else
                    for (std::size_t k = 0; k < edges.size(); k += 7) all.push_back({a, b, edges[(k + a + b) % edges.size()]});
            }
    }
    for (unsigned i = 0; i < random_count; ++i) all.push_back({next(), next(), next()});
    while (all.size() % kLanes != 0) all.push_back(all.front());
    return all;
}

// The word with A = R2, B = R4, C = R6, D = R8 put in; `b_at`, `c_at`: bit positions (0: absent).
inline sass::Word with_registers(sass::Word word, unsigned b_at, unsigned c_at, bool a = true, bool d = true) {
    if (d) word.set(16, 8, 8);
    if (a) word.set(24, 8, 2);
    if (b_at) word.set(b_at, 8, 4);
    if (c_at) word.set(c_at, 8, 6);
    return word;
}
inline sass::Word hex(const std::string& digits) { return {std::stoull(digits.substr(16), nullptr, 16), std::stoull(digits.substr(0, 16), nullptr, 16)}; }

// Runs the word on all operands at all levels and compares R8 (and R9 if `wide`) with the reference. Stops after a few differences.
inline void check(const std::string& what, unsigned architecture, const sass::Word& word, const std::vector<Operands>& operands, bool wide_result,
                  const std::function<std::uint64_t(const Operands&)>& reference) {
    std::vector<std::uint64_t> expected;
    expected.reserve(operands.size());
    for (const Operands& o : operands) expected.push_back(reference(o));
    for (const LaneLevel level : levels()) {
        WarpBench bench(architecture, level);
        unsigned wrong = 0;
        for (std::size_t first = 0; first < operands.size() && wrong < 3; first += kLanes) {
            for (unsigned l = 0; l < kLanes; ++l) {
                const Operands& o = operands[first + l];
                const std::uint64_t values[3] = {o.a, o.b, o.c};
                for (unsigned k = 0; k < 3; ++k) {
                    bench.reg(2 + 2 * k).lane[l] = static_cast<std::uint32_t>(values[k]);
                    bench.reg(3 + 2 * k).lane[l] = static_cast<std::uint32_t>(values[k] >> 32);
                }
                bench.reg(8).lane[l] = bench.reg(9).lane[l] = 0xdeadbeef;
            }
            bench.run(word);
            for (unsigned l = 0; l < kLanes && wrong < 3; ++l) {
                const std::uint64_t got = bench.reg(8, l) | (wide_result ? std::uint64_t{bench.reg(9, l)} << 32 : 0);
                if (got == expected[first + l]) continue;
                ++wrong;
                const Operands& o = operands[first + l];
                INFO(what << " at level " << name(level) << ": " << sass::text(bench.instruction()));
                INFO(std::hex << "a = 0x" << o.a << ", b = 0x" << o.b << ", c = 0x" << o.c << ", got 0x" << got << ", expected 0x" << expected[first + l]);
                CHECK(got == expected[first + l]);
            }
        }
        if (wrong == 0) SUCCEED();
    }
}

// Reference pieces, one value at a time.
inline std::uint32_t canonical(std::uint32_t x) { return (x & 0x7fffffff) > 0x7f800000 ? 0x7fffffff : x; }
inline std::uint32_t flush(std::uint32_t x) { return (x & 0x7f800000) == 0 ? x & 0x80000000 : x; }
inline std::uint32_t saturate(std::uint32_t x) {
    const float f = f32(x);
    return f > 1 ? bits(1.0f) : f > 0 ? x : 0;
}

} // namespace heddle::emulator::float_test
