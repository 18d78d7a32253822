// F2F, F2I, I2F, I2FP, FRND and F2IP against exact values rounded once.
#include "tests/frontend/emulator/float_reference.hpp"

using namespace heddle;
using namespace heddle::emulator;
using namespace heddle::emulator::float_test;

namespace {

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
