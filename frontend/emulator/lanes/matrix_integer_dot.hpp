// Integer dot products of a tensor core: exact, then added to the accumulator modulo 2^32 or clamped.
//
// What hardware this is: the integer side of IMMA and IGMMA.
// What is modelled: 8-bit and 4-bit factors of either sign; the sum of all products and the accumulator is exact and then wraps, or is clamped to
// 32 bits (SAT). How: as floats, which hold every partial sum exactly (64 * 255 * 255 < 2^24).
// Sources: PTX ISA manual, mma and wgmma with integer types.
#pragma once

#include <cstdint>
#include <cstring>

namespace heddle::emulator::HEDDLE_LANES {

namespace {

typedef float RowFloats __attribute__((vector_size(64)));
typedef std::int32_t RowInts __attribute__((vector_size(64)));

constexpr unsigned kMostIntegerProducts = 128;

struct IntegerType {
    bool four_bits = false, is_signed = false;
};

inline float integer_element(const unsigned char* bytes, unsigned index, IntegerType type) {
    std::int32_t v = type.four_bits ? (bytes[index / 2] >> (4 * (index & 1))) & 15 : bytes[index];
    if (type.is_signed) {
        const std::int32_t sign = type.four_bits ? 8 : 128;
        v = (v ^ sign) - sign;
    }
    return static_cast<float>(v);
}

// Kept bytes (a 4-bit pair counts as one) to their places: two of each four. Places without one are zero.
inline void spread_bytes(const unsigned char* kept, unsigned dense_bytes, std::uint64_t metadata, unsigned char* dense) {
    std::memset(dense, 0, dense_bytes);
    for (unsigned k = 0; k < dense_bytes / 2; ++k) dense[k / 2 * 4 + ((metadata >> (2 * k)) & 3)] = kept[k];
}

// A, 16 rows, by product.
struct IntegerRows {
    alignas(64) float value[kMostIntegerProducts][16];
};

// One column: c += A b, 16 rows.
inline void integer_column(const IntegerRows& a, const float* b, unsigned products, std::uint32_t* c, bool saturate) {
    RowFloats sum{};
    for (unsigned k = 0; k < products; ++k) {
        RowFloats v;
        std::memcpy(&v, a.value[k], sizeof v);
        sum += v * b[k];
    }
    const RowInts products_sum = __builtin_convertvector(sum, RowInts);
    for (unsigned r = 0; r < 16; ++r) {
        const std::int64_t exact = std::int64_t{static_cast<std::int32_t>(c[r])} + products_sum[r];
        if (!saturate) c[r] = static_cast<std::uint32_t>(exact);
        else c[r] = static_cast<std::uint32_t>(exact < INT32_MIN ? INT32_MIN : exact > INT32_MAX ? INT32_MAX : exact);
    }
}

} // namespace

} // namespace heddle::emulator::HEDDLE_LANES
