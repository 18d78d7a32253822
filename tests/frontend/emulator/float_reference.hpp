// References of conversions between number formats: exact values in 113 bits, rounded once.
#pragma once

#include "tests/frontend/emulator/float_bench.hpp"

namespace heddle::emulator::float_test {

__extension__ using Quad = __float128;
__extension__ using Wide = __int128;

struct Format {
    int fraction, bias, fields; // fields: number of exponent codes
};
inline constexpr Format kFp16{10, 15, 32}, kFp32{23, 127, 256}, kFp64{52, 1023, 2048}, kBf16{7, 127, 256}, kTf32{10, 127, 256}, kE5m2{2, 15, 32}, kE4m3{3, 7, 16};
inline const Format& format_of(unsigned code) { return code == 1 ? kFp16 : code == 2 ? kFp32 : code == 3 ? kFp64 : kBf16; }

inline Quad power(int n) {
    Quad x = 1;
    for (; n >= 64; n -= 64) x *= Quad(0x1p64);
    for (; n > 0; --n) x *= 2;
    for (; n <= -64; n += 64) x *= Quad(0x1p-64);
    for (; n < 0; ++n) x /= 2;
    return x;
}

inline bool round_up(Quad rest, bool odd, bool negative, unsigned mode) {
    return mode == 0 ? rest > Quad(0.5) || (rest == Quad(0.5) && odd) : mode == 1 ? rest > 0 && negative : mode == 2 && rest > 0 && !negative;
}

// A finite value to the bits of a format: infinity beyond the largest number where the mode says so.
inline std::uint64_t encode(Quad x, const Format& f, unsigned mode, bool negative_zero = false) {
    const unsigned width = f.fraction + static_cast<int>(std::log2(f.fields) + 0.5);
    const bool negative = x < 0 || (x == 0 && negative_zero);
    const std::uint64_t sign = std::uint64_t{negative} << width;
    if (x == 0) return sign;
    if (x < 0) x = -x;
    int exponent = std::max(1 - f.bias, static_cast<int>(std::ilogb(static_cast<double>(x > Quad(1e300) ? Quad(1e300) : x))) - 2);
    while (x >= power(exponent + 1)) ++exponent;
    const Quad scaled = x / power(exponent - f.fraction);
    auto n = static_cast<std::uint64_t>(scaled);
    n += round_up(scaled - Quad(n), n & 1, negative, mode);
    const std::uint64_t infinity = static_cast<std::uint64_t>(f.fields - 1) << f.fraction;
    const std::uint64_t encoded = n + (static_cast<std::uint64_t>(exponent + f.bias - 1) << f.fraction);
    if (encoded < infinity) return sign | encoded;
    const bool to_infinity = mode == 0 || (mode == 1 && negative) || (mode == 2 && !negative);
    return sign | (to_infinity ? infinity : infinity - 1);
}

inline double decode(std::uint64_t bits_in, unsigned code) {
    if (code == 2) return f32(static_cast<std::uint32_t>(bits_in));
    if (code == 3) return f64(bits_in);
    if (code == 4) return f32(static_cast<std::uint32_t>(bits_in & 0xffff) << 16);
    const unsigned h = static_cast<unsigned>(bits_in) & 0xffff, field = h >> 10 & 31;
    if (field == 31) return h & 0x3ff ? NAN : h & 0x8000 ? -INFINITY : INFINITY;
    const double size = field == 0 ? std::ldexp(h & 0x3ff, -24) : std::ldexp((h & 0x3ff) + 1024, static_cast<int>(field) - 25);
    return h & 0x8000 ? -size : size;
}

inline std::uint64_t nan_of(unsigned code) { return code == 2 ? 0x7fffffff : 0x7fff; }

// A float of the host to another format: what F2F and F2FP do.
inline std::uint64_t convert(double x, unsigned code, unsigned mode) {
    const Format& f = format_of(code);
    if (std::isnan(x)) return nan_of(code);
    if (std::isinf(x)) {
        const std::uint64_t infinity = static_cast<std::uint64_t>(f.fields - 1) << f.fraction;
        return infinity | (x < 0 ? infinity + (1ULL << f.fraction) : 0);
    }
    return encode(x, f, mode, std::signbit(x));
}

inline std::vector<Operands> sources(unsigned code, unsigned count = 4096) {
    std::mt19937_64 random(code);
    if (code == 3) {
        auto all = cases(edges64(), 1, 0, [] { return 0; });
        for (unsigned i = 0; i < count; ++i) all.push_back({random64(random, i % 3 == 0 ? 1023 - 140 : i % 3 == 1 ? 1023 + 120 : 1023, 50), 0, 0});
        return all;
    }
    if (code == 2) {
        auto all = cases(edges32(), 1, 0, [] { return 0; });
        for (unsigned i = 0; i < count; ++i) all.push_back({random32(random, i % 3 == 0 ? 127 - 15 : i % 3 == 1 ? 127 + 15 : 127, 40), 0, 0});
        for (const std::uint32_t x : {0x477fe000U, 0x477fefffU, 0x477ff000U, 0x33000000U, 0x33000001U, 0x387fe000U, 0x387ff000U, 0x7f7f7fffU, 0x7f7f8000U, 0x43e80000U, 0x43e00000U,
                                      0x3a800000U, 0x3a800001U, 0x476fffffU, 0x47700000U})
            for (const std::uint32_t sign : {0U, 0x80000000U}) all.push_back({x | sign, 0, 0});
        while (all.size() % kLanes != 0) all.push_back(all[0]);
        return all;
    }
    std::vector<Operands> all;
    for (std::uint32_t h = 0; h < 0x10000; h += 7) all.push_back({h, 0, 0});
    while (all.size() % kLanes != 0) all.push_back(all[0]);
    return all;
}

} // namespace heddle::emulator::float_test
