// F2F, F2I, I2F, I2FP, FRND, F2IP and F2FP against exact values rounded once.
#include "tests/frontend/emulator/float_bench.hpp"

using namespace heddle;
using namespace heddle::emulator;
using namespace heddle::emulator::float_test;

namespace {

__extension__ using Quad = __float128;
__extension__ using Wide = __int128;

struct Format {
    int fraction, bias, fields; // fields: number of exponent codes
};
constexpr Format kFp16{10, 15, 32}, kFp32{23, 127, 256}, kFp64{52, 1023, 2048}, kBf16{7, 127, 256}, kTf32{10, 127, 256}, kE5m2{2, 15, 32}, kE4m3{3, 7, 16};
const Format& format_of(unsigned code) { return code == 1 ? kFp16 : code == 2 ? kFp32 : code == 3 ? kFp64 : kBf16; }

Quad power(int n) {
    Quad x = 1;
    for (; n >= 64; n -= 64) x *= Quad(0x1p64);
    for (; n > 0; --n) x *= 2;
    for (; n <= -64; n += 64) x *= Quad(0x1p-64);
    for (; n < 0; ++n) x /= 2;
    return x;
}

bool round_up(Quad rest, bool odd, bool negative, unsigned mode) {
    return mode == 0 ? rest > Quad(0.5) || (rest == Quad(0.5) && odd) : mode == 1 ? rest > 0 && negative : mode == 2 && rest > 0 && !negative;
}

// A finite value to the bits of a format: infinity beyond the largest number where the mode says so.
std::uint64_t encode(Quad x, const Format& f, unsigned mode, bool negative_zero = false) {
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

double decode(std::uint64_t bits_in, unsigned code) {
    if (code == 2) return f32(static_cast<std::uint32_t>(bits_in));
    if (code == 3) return f64(bits_in);
    if (code == 4) return f32(static_cast<std::uint32_t>(bits_in & 0xffff) << 16);
    const unsigned h = static_cast<unsigned>(bits_in) & 0xffff, field = h >> 10 & 31;
    if (field == 31) return h & 0x3ff ? NAN : h & 0x8000 ? -INFINITY : INFINITY;
    const double size = field == 0 ? std::ldexp(h & 0x3ff, -24) : std::ldexp((h & 0x3ff) + 1024, static_cast<int>(field) - 25);
    return h & 0x8000 ? -size : size;
}

std::uint64_t nan_of(unsigned code) { return code == 2 ? 0x7fffffff : 0x7fff; }

// A float of the host to another format: what F2F and F2FP do.
std::uint64_t convert(double x, unsigned code, unsigned mode) {
    const Format& f = format_of(code);
    if (std::isnan(x)) return nan_of(code);
    if (std::isinf(x)) {
        const std::uint64_t infinity = static_cast<std::uint64_t>(f.fields - 1) << f.fraction;
        return infinity | (x < 0 ? infinity + (1ULL << f.fraction) : 0);
    }
    return encode(x, f, mode, std::signbit(x));
}

std::vector<Operands> sources(unsigned code, unsigned count = 4096) {
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

// The unary conversions have their source at 32.
sass::Word unary(unsigned opcode, bool wide) {
    sass::Word w;
    w.set(0, 12, opcode + (wide ? 12 : 0));
    w.set(12, 3, 7);
    w.set(16, 8, 8);
    w.set(32, 8, 2);
    return w;
}

double to_whole(double x, unsigned mode) {
    return mode == 0 ? std::nearbyint(x) : mode == 1 ? std::floor(x) : mode == 2 ? std::ceil(x) : std::trunc(x);
}

} // namespace

TEST_CASE("F2F converts between all formats in all rounding modes") {
    for (unsigned from = 1; from <= 4; ++from)
        for (unsigned to = 1; to <= 4; ++to) {
            if (from == to) continue;
            for (unsigned mode = 0; mode < 4; ++mode) {
                auto word = unary(0x304, from == 3 || to == 3);
                word.set(75, 3, to);
                word.set(84, 3, from);
                word.set(78, 2, mode);
                check("F2F", 90, word, sources(from, 2048), to == 3, [&](const Operands& o) -> std::uint64_t {
                    const double x = decode(o.a, from);
                    if (to != 3) return convert(x, to, mode);
                    return std::isnan(x) && from != 2 ? bits(x) | (from == 1 ? (o.a & 0x3ffULL) << 42 : (o.a & 0x7fULL) << 45) | (o.a & 0x8000) << 48 : bits(x);
                });
            }
        }
}

TEST_CASE("F2I clamps, rounds all ways, and makes NaN what its flag says") {
    for (unsigned from = 1; from <= 4; ++from)
        for (unsigned size = 0; size < 4; ++size)
            for (const bool is_signed : {false, true})
                for (unsigned mode = 0; mode < 4; ++mode)
                    for (const bool ntz : {false, true}) {
                        if (ntz && (size == 3 || from == 3)) continue; // never seen together
                        auto word = unary(0x305, from == 3 || size == 3);
                        word.set(72, 1, is_signed);
                        word.set(75, 2, size);
                        word.set(77, 1, ntz);
                        word.set(78, 2, mode);
                        word.set(84, 3, from);
                        const unsigned width = 8U << size;
                        check("F2I", 90, word, sources(from, 512), size == 3, [&](const Operands& o) -> std::uint64_t {
                            const double x = decode(o.a, from);
                            if (std::isnan(x)) return ntz ? 0 : 1ULL << (width - 1);
                            const Wide low = is_signed ? -(Wide{1} << (width - 1)) : 0, high = (Wide{1} << (is_signed ? width - 1 : width)) - 1;
                            const double y = to_whole(x, mode);
                            const Wide v = y <= static_cast<double>(low) ? low : y >= static_cast<double>(high) ? high : static_cast<Wide>(y);
                            return size == 3 ? static_cast<std::uint64_t>(v) : static_cast<std::uint32_t>(v);
                        });
                    }
}

TEST_CASE("F2I.FTZ.CEIL takes a denormal for zero") {
    WarpBench bench(80);
    bench.set(2, [](unsigned) { return 1U; });
    auto word = unary(0x305, false);
    word.set(72, 1, 1);
    word.set(75, 2, 2);
    word.set(78, 2, 2);
    word.set(84, 2, 2);
    bench.run(word);
    CHECK(bench.reg(8, 0) == 1);
    word.set(80, 1, 1);
    bench.run(word);
    CHECK(bench.reg(8, 0) == 0);
}

TEST_CASE("I2F rounds integers of all sizes and places to all formats") {
    std::mt19937_64 random(2);
    std::vector<Operands> all;
    for (unsigned i = 0; i < 2048; ++i) all.push_back({random() >> random() % 64, 0, 0});
    for (const std::uint64_t x : {0ULL, 1ULL, ~0ULL, 1ULL << 63, (1ULL << 63) - 1, 0xffffffffULL, 0x80000000ULL, 0x7fffffffULL, 0x80ULL, 0x8000ULL, 16777217ULL, 16777219ULL,
                                  65519ULL, 65520ULL, 0x7fffffbfffffffffULL, 0xfffffffffffff400ULL, 0xfffffffffffffc00ULL, 0x8000008000000001ULL})
        all.push_back({x, 0, 0});
    while (all.size() % kLanes != 0) all.push_back(all[0]);
    for (unsigned size = 0; size < 4; ++size)
        for (const bool is_signed : {false, true})
            for (unsigned to = 1; to <= 4; ++to)
                for (unsigned mode = 0; mode < 4; ++mode)
                    for (unsigned part = 0; part < (size == 0 ? 4U : size == 1 ? 2U : 1U); ++part) {
                        auto word = unary(0x306, size == 3 || to == 3);
                        word.set(74, 1, is_signed);
                        word.set(75, 3, to);
                        word.set(78, 2, mode);
                        word.set(84, 2, size);
                        word.set(60, 2, part);
                        const unsigned width = 8U << size;
                        check("I2F", 90, word, all, to == 3, [&](const Operands& o) {
                            std::uint64_t v = size == 3 ? o.a : (o.a >> (width * part)) & ((1ULL << width) - 1);
                            Wide x = v;
                            if (is_signed && (v >> (width - 1) & 1)) x -= Wide{1} << width;
                            return encode(static_cast<Quad>(x), format_of(to), mode);
                        });
                    }
    for (const bool is_signed : {false, true}) // I2FP
        for (const unsigned mode : {0U, 3U}) {
            auto word = unary(0x245, false);
            word.set(74, 1, is_signed);
            word.set(75, 2, 2);
            word.set(84, 2, 2);
            word.set(78, 2, mode);
            check("I2FP", 86, word, all, false, [&](const Operands& o) {
                const auto u = static_cast<std::uint32_t>(o.a);
                return encode(is_signed ? Quad(static_cast<std::int32_t>(u)) : Quad(u), kFp32, mode);
            });
        }
}

TEST_CASE("FRND gives whole numbers and keeps the sign of zero") {
    for (unsigned format = 1; format <= 4; ++format)
        for (unsigned mode = 0; mode < 4; ++mode) {
            auto word = unary(0x307, format == 3);
            word.set(75, 3, format);
            word.set(84, 3, format);
            word.set(78, 2, mode);
            check("FRND", 90, word, sources(format), format == 3, [&](const Operands& o) -> std::uint64_t {
                const double x = decode(o.a, format);
                if (std::isnan(x)) return format == 3 ? o.a | 1ULL << 51 : nan_of(format);
                return format == 3 ? bits(to_whole(x, mode)) : convert(to_whole(x, mode), format, 0);
            });
        }
}

TEST_CASE("F2IP packs two small integers below C") {
    std::mt19937_64 random(4);
    auto all = cases(edges32(), 2, 0, [] { return 0; });
    for (unsigned i = 0; i < 1024; ++i) all.push_back({random32(random, 132, 12), random32(random, 132, 12), random()});
    for (const bool is_signed : {false, true})
        for (const bool relu : {false, true})
            for (const unsigned mode : {0U, 3U}) {
                auto word = with_registers(hex("00000000000004ff00000002ff077243"), 32, 64);
                word.set(76, 1, is_signed);
                word.set(75, 1, relu);
                word.set(78, 2, mode);
                check("F2IP", 86, word, all, false, [&](const Operands& o) {
                    const auto one = [&](std::uint64_t v) -> std::uint64_t {
                        const float x = f32(static_cast<std::uint32_t>(v));
                        if (std::isnan(x)) return 0;
                        const double low = is_signed && !relu ? -128 : 0, high = is_signed ? 127 : 255;
                        return static_cast<std::uint8_t>(static_cast<int>(std::clamp(to_whole(x, mode), low, high)));
                    };
                    return (o.c & 0xffff) << 16 | one(o.a) << 8 | one(o.b);
                });
            }
}

TEST_CASE("F2FP packs FP16, BF16, TF32 and FP8, and unpacks FP8") {
    std::vector<Operands> all = sources(2);
    for (std::size_t k = 0; k < all.size(); ++k) all[k].b = all[(k * 7 + 3) % all.size()].a, all[k].c = 0xabcd1234;
    // Result format, mode of packing, digits of the word with B at 32 and C at 64.
    struct Form {
        unsigned format, packing;
    };
    for (const Form form : {Form{0, 0}, {1, 0}, {0, 1}, {1, 1}, {3, 3}, {4, 5}, {5, 5}})
        for (const bool relu : {false, true})
            for (const bool finite : {false, true})
                for (const unsigned mode : {0U, 3U}) {
                    if (form.format >= 4 && mode != 0) continue;
                    sass::Word word;
                    word.set(0, 12, 0x23e);
                    word.set(12, 3, 7);
                    const bool takes_a = form.packing == 0 || form.packing == 5, takes_c = form.packing == 1 || form.packing == 5;
                    word.set(16, 8, 8);
                    word.set(24, 8, takes_a ? 2 : 255);
                    word.set(32, 8, 4);
                    word.set(64, 8, takes_c ? 6 : 255);
                    word.set(76, 1, form.format & 1);
                    word.set(86, 2, form.format >> 1);
                    word.set(78, 1, form.packing & 1);
                    word.set(89, 2, form.packing >> 1);
                    word.set(75, 1, relu);
                    word.set(77, 1, finite);
                    word.set(79, 2, mode);
                    check("F2FP", 90, word, all, false, [&](const Operands& o) {
                        const auto one = [&](std::uint64_t v) -> std::uint64_t {
                            float x = f32(static_cast<std::uint32_t>(v));
                            if (std::isnan(x)) return form.format == 3 ? 0x7fffffff : form.format >= 4 ? 0x7f : 0x7fff;
                            if (relu && std::signbit(x)) return 0;
                            const std::uint64_t sign = std::signbit(x);
                            if (form.format == 5) { // no infinity; 0x7f is NaN
                                if (std::isinf(x)) return sign << 7 | (finite ? 0x7e : 0x7f);
                                const std::uint64_t r = encode(std::fabs(x), {3, 7, 64}, 0); // more exponents, then cut
                                return sign << 7 | (r > 0x7e ? (finite ? 0x7e : 0x7f) : r);
                            }
                            const Format& f = form.format == 0 ? kFp16 : form.format == 1 ? kBf16 : form.format == 3 ? kTf32 : kE5m2;
                            const std::uint64_t infinity = static_cast<std::uint64_t>(f.fields - 1) << f.fraction;
                            std::uint64_t r = std::isinf(x) ? infinity : encode(std::fabs(x), f, mode);
                            if (finite) r = std::min(r, infinity - 1);
                            r |= sign << (f.fraction + (f.fields == 256 ? 8 : 5));
                            return form.format == 3 ? r << 13 : r;
                        };
                        if (form.format == 3) return one(o.b);
                        if (form.packing == 1) return one(o.b) | (o.c & 0xffff) << 16;
                        const unsigned width = form.format >= 4 ? 8 : 16;
                        return one(o.b) | one(o.a) << width | (takes_c ? (o.c & 0xffff) << 16 : 0);
                    });
                }
}

TEST_CASE("F2FP unpacks every FP8 number and narrows FP16 pairs") {
    std::vector<Operands> all;
    for (std::uint32_t x = 0; x < 0x10000; x += 3) all.push_back({0, x | (x ^ 0x5555) << 16, 0x9999});
    while (all.size() % kLanes != 0) all.push_back(all[0]);
    const auto small = [](unsigned x, bool e5m2) -> double {
        const Format& f = e5m2 ? kE5m2 : kE4m3;
        const int field = static_cast<int>(x & 0x7f) >> f.fraction, fraction = static_cast<int>(x & ((1U << f.fraction) - 1));
        if (e5m2 ? field == 31 && fraction != 0 : (x & 0x7f) == 0x7f) return NAN;
        if (e5m2 && field == 31) return x & 0x80 ? -INFINITY : INFINITY;
        const double size = std::ldexp(field == 0 ? fraction : fraction + (1 << f.fraction), (field == 0 ? 1 : field) - f.bias - f.fraction);
        return x & 0x80 ? -size : size;
    };
    for (const bool e5m2 : {false, true})
        for (const bool high : {false, true}) {
            auto word = hex("00000000020004ff00000004ff08723e");
            word.set(73, 2, e5m2 ? 2 : 3);
            word.set(88, 1, high);
            check("F2FP unpack", 89, word, all, false, [&](const Operands& o) {
                const std::uint64_t v = o.b >> (high ? 16 : 0);
                return convert(small(v & 0xff, e5m2), 1, 0) | convert(small(v >> 8 & 0xff, e5m2), 1, 0) << 16;
            });
        }
    for (const bool e5m2 : {false, true}) {
        auto word = hex(e5m2 ? "000000000480220600000004ff08723e" : "000000000480320600000004ff08723e");
        check("F2FP narrow", 89, word, all, false, [&](const Operands& o) {
            const auto one = [&](std::uint64_t h) -> std::uint64_t {
                const double x = decode(h, 1);
                if (std::isnan(x)) return 0x7f;
                const std::uint64_t largest = e5m2 ? 0x7b : 0x7e;
                const std::uint64_t r = std::isinf(x) ? largest : encode(std::fabs(x), e5m2 ? kE5m2 : Format{3, 7, 64}, 0);
                return std::min(r, largest) | (std::signbit(x) ? 0x80U : 0U);
            };
            return one(o.b & 0xffff) | one(o.b >> 16 & 0xffff) << 8 | (o.c & 0xffff) << 16;
        });
    }
}
