// FP32 and FP64 arithmetic and comparisons of PTX, every rounding mode written out so that nothing is contracted.
//
// Rules the PTX ISA leaves to the hardware, as the emulator assumes them too: .ftz looks at the rounded result; .sat makes -0 +0.
#include "tests/fuzz/ptx/compare.hpp"
#include "tests/fuzz/ptx/exact.hpp"

#include <fmt/format.h>

namespace heddle::ptx_fuzz {

namespace {

// A form of an instruction: format and the modifiers that follow its name.
struct Form {
    Format format;
    Rounding mode = Rounding::Nearest;
    bool ftz = false, sat = false;

    const char* type() const { return format == Format::F32 ? "f32" : "f64"; }
    char letter() const { return format == Format::F32 ? 'f' : 'F'; }
    std::string letters(unsigned count) const { return std::string(count, letter()); }
    std::string suffix() const {
        return fmt::format(".{}{}{}.{}", kRoundingText[static_cast<std::size_t>(mode)], ftz ? ".ftz" : "", sat ? ".sat" : "", type());
    }
    U64 in(U64 bits) const { return ftz ? flush(format, bits) : bits; }
    U64 out(U64 bits) const {
        const U64 flushed = ftz ? flush(format, bits) : bits;
        return sat ? saturate(format, flushed) : flushed;
    }
};

std::vector<Form> forms(bool with_saturation) {
    std::vector<Form> list;
    for (const Rounding mode : {Rounding::Nearest, Rounding::Zero, Rounding::Down, Rounding::Up}) {
        list.push_back({Format::F64, mode});
        for (const bool ftz : {false, true})
            for (const bool sat : {false, true})
                if (with_saturation || !sat) list.push_back({Format::F32, mode, ftz, sat});
    }
    return list;
}

std::string family(const Form& f, const char* name) { return fmt::format("{} {}", f.type(), name); }

void add_arithmetic(Catalogue& c) {
    for (const Form& f : forms(true)) {
        const std::string s = f.suffix(), one = f.letters(1), two = f.letters(2), three = f.letters(3), t = f.type();
        const U64 sign = sign_bit(f.format);
        const auto sum = [f](U64 a, U64 b) { return f.out(add(f.format, f.in(a), f.in(b), f.mode)); };
        const auto product = [f](U64 a, U64 b) { return f.out(multiply(f.format, f.in(a), f.in(b), f.mode)); };
        const auto fma = [f](U64 a, U64 b, U64 d) { return f.out(fused(f.format, f.in(a), f.in(b), f.in(d), f.mode)); };
        add(c, family(f, "add"), "add" + s + " $0, $1, $2;", one, two, [=](const U64* x) { return sum(x[0], x[1]); });
        add(c, family(f, "add"), "sub" + s + " $0, $1, $2;", one, two, [=](const U64* x) { return sum(x[0], x[1] ^ sign); });
        add(c, family(f, "mul"), "mul" + s + " $0, $1, $2;", one, two, [=](const U64* x) { return product(x[0], x[1]); });
        add(c, family(f, "fma"), "fma" + s + " $0, $1, $2, $3;", one, three, [=](const U64* x) { return fma(x[0], x[1], x[2]); });
        // What ptxas makes operand modifiers of.
        const std::string type = f.format == Format::F32 ? "{ .reg .b32 @t; " : "{ .reg .b64 @t; ";
        add(c, family(f, "fma"), type + "neg." + t + " @t, $1; fma" + s + " $0, @t, $2, $3; }", one, three,
            [=](const U64* x) { return fma(x[0] ^ sign, x[1], x[2]); });
        add(c, family(f, "fma"), type + "neg." + t + " @t, $3; fma" + s + " $0, $1, $2, @t; }", one, three,
            [=](const U64* x) { return fma(x[0], x[1], x[2] ^ sign); });
        add(c, family(f, "add"), type + "abs." + t + " @t, $2; sub" + s + " $0, $1, @t; }", one, two,
            [=](const U64* x) { return sum(x[0], x[1] | sign); });
        add(c, family(f, "mul"), type + "abs." + t + " @t, $1; mul" + s + " $0, @t, $2; }", one, two,
            [=](const U64* x) { return product(x[0] & ~sign, x[1]); });
    }
}

void add_sequences(Catalogue& c) {
    for (const Form& f : forms(false)) {
        const std::string s = f.suffix(), one = f.letters(1), two = f.letters(2);
        add(c, family(f, "div"), "div" + s + " $0, $1, $2;", one, two,
            [f](const U64* x) { return f.out(divide(f.format, f.in(x[0]), f.in(x[1]), f.mode)); });
        add(c, family(f, "rcp"), "rcp" + s + " $0, $1;", one, one, [f](const U64* x) {
            const U64 unit = encode(f.format, {1, 0}, Rounding::Nearest);
            return f.out(divide(f.format, unit, f.in(x[0]), f.mode));
        });
        add(c, family(f, "sqrt"), "sqrt" + s + " $0, $1;", one, one,
            [f](const U64* x) { return f.out(square_root(f.format, f.in(x[0]), f.mode)); });
    }
}

void add_signs_and_extremes(Catalogue& c) {
    for (const Format format : {Format::F32, Format::F64}) {
        const Form plain{format};
        const std::string one = plain.letters(1), two = plain.letters(2), t = plain.type();
        const std::string bits = format == Format::F32 ? "b32" : "b64";
        const std::string nan = format == Format::F32 ? "0x7fffffff" : "0xfff8000000000000";
        for (const bool ftz : {false, true}) {
            if (ftz && format == Format::F64) continue;
            const Form f{format, Rounding::Nearest, ftz};
            const std::string dot = ftz ? ".ftz." : ".";
            for (const bool negate : {false, true})
                add(c, family(f, "sign"),
                    fmt::format("{{ .reg .{0} @t; .reg .pred @p; {1}{2}{3} @t, $1; setp.nan.{3} @p, @t, @t; selp.{0} $0, {4}, @t, @p; }}",
                                bits, negate ? "neg" : "abs", dot, t, nan),
                    one, one, [f, negate](const U64* x) {
                        if (is_nan(f.format, x[0])) return canonical_nan(f.format);
                        return negate ? f.in(x[0]) ^ sign_bit(f.format) : f.in(x[0]) & ~sign_bit(f.format);
                    });
            for (const bool maximum : {false, true})
                for (const bool propagate : {false, true}) {
                    if (propagate && format == Format::F64) continue;
                    add(c, family(f, "min"),
                        fmt::format("{}{}{}{} $0, $1, $2;", maximum ? "max" : "min", ftz ? ".ftz" : "", propagate ? ".NaN." : ".", t), one,
                        two,
                        [f, maximum, propagate](const U64* x) { return minimum(f.format, f.in(x[0]), f.in(x[1]), maximum, propagate); });
                    if (format == Format::F64) continue;
                    // The sign is the exclusive or of both signs, the magnitude the lesser (greater) one.
                    add(c, family(f, "min"),
                        fmt::format("{}{}{}.xorsign.abs.f32 $0, $1, $2;", maximum ? "max" : "min", ftz ? ".ftz" : "",
                                    propagate ? ".NaN" : ""),
                        one, two, [f, maximum, propagate](const U64* x) {
                            const U64 sign = sign_bit(f.format);
                            const U64 r = minimum(f.format, f.in(x[0]) & ~sign, f.in(x[1]) & ~sign, maximum, propagate);
                            return is_nan(f.format, r) ? r : r | ((x[0] ^ x[1]) & sign);
                        });
                    c.back().least = 90; // sm_86
                }
        }
        if (format == Format::F32) // an FP64 NaN's sign is left open
            add(c, family(plain, "sign"), "copysign." + t + " $0, $1, $2;", one, two,
                [format](const U64* x) { return (x[1] & ~sign_bit(format)) | (x[0] & sign_bit(format)); });
    }
}

void add_compares(Catalogue& c) {
    for (const Format format : {Format::F32, Format::F64})
        for (const bool ftz : {false, true}) {
            if (ftz && format == Format::F64) continue;
            const Form f{format, Rounding::Nearest, ftz};
            for (const Compare& compare : kCompares) {
                const auto holds = [f, compare](const U64* x) {
                    const U64 a = f.in(x[0]), b = f.in(x[1]);
                    if (is_nan(f.format, a) || is_nan(f.format, b)) return compare.unordered;
                    const Quad p = decode(f.format, a), q = decode(f.format, b);
                    return p < q ? compare.less : p == q ? compare.equal : compare.greater;
                };
                const std::string tail = fmt::format("{}.{} ", ftz ? ".ftz" : "", f.type());
                add(c, family(f, "setp"), fmt::format("setp.{}{}$0, $1, $2;", compare.name, tail), "p", f.letters(2), holds);
                if (!ftz) // with a second predicate ptxas 13.0 at times drops .ftz
                    add(c, family(f, "setp"), fmt::format("setp.{}.and{}$0, $1, $2, $3;", compare.name, tail), "p", f.letters(2) + "p",
                        [=](const U64* x) { return holds(x) && x[2]; });
                if (!ftz)
                    add(c, family(f, "setp"), fmt::format("setp.{}.or{}$0, $1, $2, !$3;", compare.name, tail), "p", f.letters(2) + "p",
                        [=](const U64* x) { return holds(x) || !x[2]; });
                add(c, family(f, "set"), fmt::format("set.{}{}.s32.{} $0, $1, $2;", compare.name, ftz ? ".ftz" : "", f.type()), "w",
                    f.letters(2), [=](const U64* x) { return holds(x) ? ~U64{0} : 0; });
                add(c, family(f, "set"), fmt::format("set.{}{}.f32.{} $0, $1, $2;", compare.name, ftz ? ".ftz" : "", f.type()), "f",
                    f.letters(2), [=](const U64* x) { return holds(x) ? 0x3f800000U : 0; });
            }
        }
    struct Test {
        const char* name;
        bool (*holds)(Format, U64);
    };
    static constexpr Test kTests[] = {{"finite", [](Format f, U64 x) { return (x & infinity(f)) != infinity(f); }},
                                      {"infinite", [](Format f, U64 x) { return (x & ~sign_bit(f)) == infinity(f); }},
                                      {"number", [](Format f, U64 x) { return !is_nan(f, x); }},
                                      {"notanumber", [](Format f, U64 x) { return is_nan(f, x); }},
                                      {"normal",
                                       [](Format f, U64 x) {
                                           return (x & infinity(f)) != infinity(f) && ((x & infinity(f)) != 0 || (x & ~sign_bit(f)) == 0);
                                       }}, // zero, too
                                      {"subnormal", [](Format f, U64 x) { return (x & infinity(f)) == 0 && (x & ~sign_bit(f)) != 0; }}};
    for (const Format format : {Format::F32, Format::F64})
        for (const Test& test : kTests) {
            const Form f{format};
            add(c, family(f, "set"), fmt::format("testp.{}.{} $0, $1;", test.name, f.type()), "p", f.letters(1),
                [format, holds = test.holds](const U64* x) {
                    return holds(format, x[0] & (format == Format::F32 ? 0xffffffff : ~U64{0}));
                });
        }
}

void add_moves(Catalogue& c) {
    add(c, "f64 move", "mov.b64 $0, $1;", "F", "d", [](const U64* x) { return x[0]; });
    add(c, "f64 move", "mov.b64 $0, {$1, $2};", "F", "ww", [](const U64* x) { return x[0] | x[1] << 32; });
    add(c, "f64 move", "selp.f64 $0, $1, $2, $3;", "F", "FFp", [](const U64* x) { return x[2] ? x[0] : x[1]; });
    add(c, "f64 move", "{ .reg .pred @p; setp.nan.f64 @p, $1, $1; selp.b64 $0, 0xfff8000000000000, $1, @p; }", "d", "F",
        [](const U64* x) { return is_nan(Format::F64, x[0]) ? canonical_nan(Format::F64) : x[0]; });
}

} // namespace

void add_float_operations(Catalogue& c) {
    add_arithmetic(c);
    add_sequences(c);
    add_signs_and_extremes(c);
    add_compares(c);
    add_moves(c);
}

} // namespace heddle::ptx_fuzz
