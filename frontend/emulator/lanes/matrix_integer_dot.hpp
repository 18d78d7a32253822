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

constexpr unsigned kMostIntegerProducts = 128;

struct IntegerType {
    bool four_bits = false, is_signed = false;
};

// `count` packed elements as floats, `stride` apart.
inline void integer_elements(const unsigned char* bytes, unsigned count, IntegerType type, float* value, unsigned stride) {
    const std::int32_t sign = !type.is_signed ? 0 : type.four_bits ? 8 : 128;
    if (type.four_bits) {
        for (unsigned k = 0; k < count; ++k) value[k * stride] = static_cast<float>((((bytes[k / 2] >> (4 * (k & 1))) & 15) ^ sign) - sign);
    } else {
        for (unsigned k = 0; k < count; ++k) value[k * stride] = static_cast<float>((bytes[k] ^ sign) - sign);
    }
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
    alignas(64) float sum[16] = {};
    for (unsigned k = 0; k < products; ++k)
        for (unsigned r = 0; r < 16; ++r) sum[r] += a.value[k][r] * b[k];
    for (unsigned r = 0; r < 16; ++r) {
        const std::int64_t exact = std::int64_t{static_cast<std::int32_t>(c[r])} + static_cast<std::int32_t>(sum[r]);
        if (!saturate) c[r] = static_cast<std::uint32_t>(exact);
        else c[r] = static_cast<std::uint32_t>(exact < INT32_MIN ? INT32_MIN : exact > INT32_MAX ? INT32_MAX : exact);
    }
}

} // namespace

} // namespace heddle::emulator::HEDDLE_LANES
