// cvt of PTX between all pairs of types, with rounding and saturation.
//
// A NaN converted to an integer: zero, or, if source is .f64 or destination is 64 bits wide, the destination's top bit alone.
#include "tests/fuzz/ptx/exact.hpp"

#include <fmt/format.h>

namespace heddle::ptx_fuzz {

namespace {

struct Integer {
    const char* name;
    char letter;
    unsigned bits;
    bool is_signed;
};
constexpr std::array<Integer, 8> kIntegers{{{"u8", 'w', 8, false},
                                            {"s8", 'w', 8, true},
                                            {"u16", 'h', 16, false},
                                            {"s16", 'h', 16, true},
                                            {"u32", 'w', 32, false},
                                            {"s32", 'w', 32, true},
                                            {"u64", 'd', 64, false},
                                            {"s64", 'd', 64, true}}};

struct Real {
    const char* name;
    char letter;
    Format format;
};
constexpr std::array<Real, 3> kReals{{{"f16", 'H', Format::F16}, {"f32", 'f', Format::F32}, {"f64", 'F', Format::F64}}};

S128 value_of(const Integer& t, U64 bits) {
    const U64 v = t.bits == 64 ? bits : bits & ((U64{1} << t.bits) - 1);
    return t.is_signed && (v >> (t.bits - 1)) ? static_cast<S128>(v) - (S128{1} << t.bits) : static_cast<S128>(v);
}
S128 lowest(const Integer& t) { return t.is_signed ? -(S128{1} << (t.bits - 1)) : 0; }
S128 highest(const Integer& t) { return (S128{1} << (t.is_signed ? t.bits - 1 : t.bits)) - 1; }

// The register after a conversion: narrow results are extended to the register by their sign.
U64 extended(const Integer& t, S128 v) { return static_cast<U64>(value_of(t, static_cast<U64>(v))); }

std::string one(char letter) { return std::string(1, letter); }

void add_between_integers(Catalogue& c) {
    for (const Integer& from : kIntegers)
        for (const Integer& to : kIntegers)
            for (const bool sat : {false, true})
                if (!sat || lowest(from) < lowest(to) || highest(from) > highest(to))
                    add(c, "cvt integer", fmt::format("cvt{}.{}.{} $0, $1;", sat ? ".sat" : "", to.name, from.name), one(to.letter),
                        one(from.letter), [=](const U64* x) {
                            const S128 v = value_of(from, x[0]);
                            if (!sat) return extended(to, v);
                            return extended(to, v < lowest(to) ? lowest(to) : v > highest(to) ? highest(to) : v);
                        });
    for (const char* to : {"s8", "u8", "s16", "u16"}) {
        const Integer t{to, 'w', to[1] == '8' ? 8U : 16U, to[0] == 's'};
        const auto clamped = [t](U64 x) {
            const S128 v = static_cast<S32>(x), w = v < lowest(t) ? lowest(t) : v > highest(t) ? highest(t) : v;
            return static_cast<U64>(w) & ((U64{1} << t.bits) - 1);
        };
        if (t.bits == 16)
            add(c, "cvt integer", fmt::format("cvt.pack.sat.{}.s32 $0, $1, $2;", to), "w", "ww",
                [=](const U64* x) { return clamped(x[0]) << 16 | clamped(x[1]); });
        else
            add(c, "cvt integer", fmt::format("cvt.pack.sat.{}.s32.b32 $0, $1, $2, $3;", to), "w", "www",
                [=](const U64* x) { return x[2] << 16 | clamped(x[0]) << 8 | clamped(x[1]); });
    }
}

// "@t", of which ptxas does not know what it is: if it knows 8 bits and their sign, ptxas 13.0 converts those, also where the
// type is unsigned.
std::string opaque(const Integer& t) {
    const unsigned bits = t.letter == 'h' ? 16 : t.letter == 'w' ? 32 : 64;
    return fmt::format("{{ .reg .b{0} @t; {1} @t, %opaque; xor.b{0} @t, @t, $1; ", bits,
                       bits == 64 ? "mov.b64" : fmt::format("cvt.u{}.u64", bits));
}

void add_integers_and_reals(Catalogue& c) {
    for (const Integer& i : kIntegers)
        for (const Real& r : kReals)
            for (const Rounding mode : {Rounding::Nearest, Rounding::Zero, Rounding::Down, Rounding::Up}) {
                const char* rounding = kRoundingText[static_cast<std::size_t>(mode)];
                for (const bool sat : {false, true}) {
                    if (sat && r.format == Format::F64) continue;
                    const std::string name = fmt::format("cvt.{}{}.{}.{} $0, ", rounding, sat ? ".sat" : "", r.name, i.name);
                    add(c, "cvt to float", i.is_signed ? name + "$1;" : opaque(i) + name + "@t; }", one(r.letter), one(i.letter),
                        [=](const U64* x) {
                            const U64 bits = encode(r.format, {static_cast<Quad>(value_of(i, x[0])), 0}, mode);
                            return sat ? saturate(r.format, bits) : bits;
                        });
                    c.back().needs_kernel = !i.is_signed;
                }
                for (const bool ftz : {false, true})
                    if (!(ftz && r.format != Format::F32))
                        add(c, "cvt to integer", fmt::format("cvt.{}i{}.{}.{} $0, $1;", rounding, ftz ? ".ftz" : "", i.name, r.name),
                            one(i.letter), one(r.letter), [=](const U64* x) {
                                if (is_nan(r.format, x[0])) {
                                    const bool top = r.format == Format::F64 || i.bits == 64;
                                    return extended(i, top ? S128{1} << (i.bits - 1) : 0);
                                }
                                return extended(i, to_integer(r.format, ftz ? flush(r.format, x[0]) : x[0], mode, i.bits, i.is_signed));
                            });
            }
}

void add_between_reals(Catalogue& c) {
    for (const Real& r : kReals)
        for (const Rounding mode : {Rounding::Nearest, Rounding::Zero, Rounding::Down, Rounding::Up}) {
            const char* rounding = kRoundingText[static_cast<std::size_t>(mode)];
            for (const bool ftz : {false, true})
                for (const bool sat : {false, true}) {
                    if ((ftz && r.format != Format::F32) || (sat && r.format == Format::F64)) continue;
                    add(c, "cvt float",
                        fmt::format("cvt.{}i{}{}.{}.{} $0, $1;", rounding, ftz ? ".ftz" : "", sat ? ".sat" : "", r.name, r.name),
                        one(r.letter), one(r.letter), [=](const U64* x) {
                            const U64 v = integral(r.format, ftz ? flush(r.format, x[0]) : x[0], mode);
                            return sat ? saturate(r.format, v) : v;
                        });
                }
        }
    const auto convert = [&](const Real& to, const Real& from, const char* rounding, Rounding mode, bool ftz, bool sat) {
        add(c, "cvt float", fmt::format("cvt{}{}{}.{}.{} $0, $1;", rounding, ftz ? ".ftz" : "", sat ? ".sat" : "", to.name, from.name),
            one(to.letter), one(from.letter), [=](const U64* x) {
                const U64 source = ftz && from.format == Format::F32 ? flush(Format::F32, x[0]) : x[0];
                U64 v = encode(to.format, {decode(from.format, source), 0}, mode);
                if (ftz && to.format == Format::F32) v = flush(to.format, v);
                return sat ? saturate(to.format, v) : v;
            });
    };
    const Real half = kReals[0], single = kReals[1], real = kReals[2], brain{"bf16", 'B', Format::Bf16};
    for (const bool ftz : {false, true}) {
        for (const bool sat : {false, true}) {
            convert(single, half, "", Rounding::Nearest, ftz, sat);
            for (const Rounding mode : {Rounding::Nearest, Rounding::Zero, Rounding::Down, Rounding::Up})
                convert(single, real, fmt::format(".{}", kRoundingText[static_cast<std::size_t>(mode)]).c_str(), mode, ftz, sat);
            if (sat) convert(single, single, "", Rounding::Nearest, ftz, sat);
        }
        convert(real, single, "", Rounding::Nearest, ftz, false);
    }
    convert(real, half, "", Rounding::Nearest, false, false);
    for (const Rounding mode : {Rounding::Nearest, Rounding::Zero, Rounding::Down, Rounding::Up}) {
        const std::string rounding = fmt::format(".{}", kRoundingText[static_cast<std::size_t>(mode)]);
        for (const bool sat : {false, true}) {
            convert(half, real, rounding.c_str(), mode, false, sat);
            for (const bool ftz : {false, true}) // ptxas drops .ftz, which makes a difference in these modes
                if (!ftz || mode == Rounding::Nearest || mode == Rounding::Zero) convert(half, single, rounding.c_str(), mode, ftz, sat);
        }
    }
    convert(brain, single, ".rn", Rounding::Nearest, false, false);
    convert(brain, single, ".rz", Rounding::Zero, false, false);
}

void add_pairs(Catalogue& c) {
    for (const Format format : {Format::F16, Format::Bf16})
        for (const Rounding mode : {Rounding::Nearest, Rounding::Zero})
            for (const bool clip : {false, true}) {
                const bool f16 = format == Format::F16;
                const auto half = [=](U64 x) {
                    const U64 v = encode(format, {decode(Format::F32, x), 0}, mode);
                    return clip ? relu(format, v) : v;
                };
                const std::string head =
                    fmt::format("cvt.{}{}.{}", kRoundingText[static_cast<std::size_t>(mode)], clip ? ".relu" : "", f16 ? "f16" : "bf16");
                add(c, "cvt pair", head + "x2.f32 $0, $1, $2;", f16 ? "x" : "y", "ff",
                    [=](const U64* x) { return half(x[0]) << 16 | half(x[1]); });
                if (clip) add(c, "cvt pair", head + ".f32 $0, $1;", f16 ? "H" : "B", "f", [=](const U64* x) { return half(x[0]); });
            }
    // TF32: 10 bits of fraction, ties away from zero; a NaN becomes the canonical one. (The bits below are zero.)
    add(c, "cvt pair",
        "{ .reg .b32 @t; .reg .pred @p; cvt.rna.tf32.f32 @t, $1; and.b32 @t, @t, 0xffffe000; setp.nan.f32 @p, $1, $1; selp.b32 $0, "
        "0x7fffffff, @t, @p; }",
        "f", "f", [](const U64* x) -> U64 {
            if (is_nan(Format::F32, x[0])) return canonical_nan(Format::F32);
            if ((x[0] & 0x7f800000) == 0x7f800000) return x[0];
            return (x[0] + 0x1000) & 0xffffe000;
        });
}

} // namespace

void add_convert_operations(Catalogue& c) {
    add_between_integers(c);
    add_integers_and_reals(c);
    add_between_reals(c);
    add_pairs(c);
}

} // namespace heddle::ptx_fuzz
