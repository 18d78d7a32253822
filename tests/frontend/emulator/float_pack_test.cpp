// F2FP: packing of FP16, BF16, TF32 and FP8, and unpacking of FP8.
#include "tests/frontend/emulator/float_reference.hpp"

using namespace heddle;
using namespace heddle::emulator;
using namespace heddle::emulator::float_test;

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
