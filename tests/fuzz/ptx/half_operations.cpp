// FP16 and BF16 arithmetic of PTX, single and in pairs, as far as sm_80 has it.
#include "tests/fuzz/ptx/compare.hpp"
#include "tests/fuzz/ptx/exact.hpp"

#include <fmt/format.h>

namespace heddle::ptx_fuzz {

namespace {

struct Form {
    Format format;
    bool pair = false, ftz = false, sat = false, relu = false;

    char letter() const { return format == Format::F16 ? (pair ? 'x' : 'H') : (pair ? 'y' : 'B'); }
    std::string letters(unsigned count) const { return std::string(count, letter()); }
    std::string type() const { return fmt::format("{}{}", format == Format::F16 ? "f16" : "bf16", pair ? "x2" : ""); }
    std::string modifiers() const { return fmt::format("{}{}{}.", ftz ? ".ftz" : "", sat ? ".sat" : "", relu ? ".relu" : ""); }
    U64 in(U64 bits) const { return ftz ? flush(format, bits) : bits; }
    U64 out(U64 bits) const {
        U64 r = ftz ? flush(format, bits) : bits;
        if (sat) r = saturate(format, r);
        return relu ? ptx_fuzz::relu(format, r) : r;
    }
};

// A row whose meaning is given for one number; pairs do it twice.
template <class F> void add_form(Catalogue& c, const Form& f, const std::string& text, unsigned sources, F value) {
    add(c, (f.format == Format::F16 ? "f16" : "bf16") + std::string(f.pair ? " pair" : ""), text, f.letters(1), f.letters(sources),
        [=](const U64* x) {
            U64 low[3] = {}, high[3] = {};
            for (unsigned i = 0; i < sources; ++i) low[i] = x[i] & 0xffff, high[i] = x[i] >> 16 & 0xffff;
            return f.pair ? (value(low) & 0xffff) | (value(high) & 0xffff) << 16 : value(low);
        });
}

void add_sums(Catalogue& c, bool pair) { // BF16 has none before sm_90
    for (const bool ftz : {false, true})
        for (const bool sat : {false, true}) {
            const Form f{Format::F16, pair, ftz, sat};
            const auto sum = [f](U64 a, U64 b) { return f.out(add(f.format, f.in(a), f.in(b), Rounding::Nearest)); };
            const std::string tail = ".rn" + f.modifiers() + f.type() + " $0, $1, $2;";
            add_form(c, f, "add" + tail, 2, [=](const U64* x) { return sum(x[0], x[1]); });
            add_form(c, f, "sub" + tail, 2, [=](const U64* x) { return sum(x[0], x[1] ^ 0x8000); });
            add_form(c, f, "mul" + tail, 2,
                     [=](const U64* x) { return f.out(multiply(f.format, f.in(x[0]), f.in(x[1]), Rounding::Nearest)); });
        }
}

void add_fused(Catalogue& c, Format format, bool pair) {
    for (const bool ftz : {false, true})
        for (const bool sat : {false, true})
            for (const bool relu : {false, true}) {
                if ((sat && relu) || (format == Format::Bf16 && (ftz || sat))) continue;
                const Form f{format, pair, ftz, sat, relu};
                const auto fma = [f](U64 a, U64 b, U64 d) { return f.out(fused(f.format, f.in(a), f.in(b), f.in(d), Rounding::Nearest)); };
                const std::string name = "fma.rn" + f.modifiers() + f.type();
                add_form(c, f, name + " $0, $1, $2, $3;", 3, [=](const U64* x) { return fma(x[0], x[1], x[2]); });
                const std::string reg = fmt::format("{{ .reg .b{} @t; neg.{} @t, ", pair ? 32 : 16, f.type());
                add_form(c, f, reg + "$2; " + name + " $0, $1, @t, $3; }", 3, [=](const U64* x) { return fma(x[0], x[1] ^ 0x8000, x[2]); });
                add_form(c, f, reg + "$3; " + name + " $0, $1, $2, @t; }", 3, [=](const U64* x) { return fma(x[0], x[1], x[2] ^ 0x8000); });
            }
}

void add_extremes(Catalogue& c, Format format, bool pair) {
    for (const bool ftz : {false, true})
        for (const bool nan : {false, true})
            for (const bool maximum : {false, true}) {
                if (ftz && format == Format::Bf16) continue;
                const Form f{format, pair, ftz};
                const std::string name = fmt::format("{}{}{}", maximum ? "max" : "min", ftz ? ".ftz" : "", nan ? ".NaN" : "");
                add_form(c, f, name + "." + f.type() + " $0, $1, $2;", 2,
                         [=](const U64* x) { return minimum(format, f.in(x[0]), f.in(x[1]), maximum, nan); });
                add_form(c, f, name + ".xorsign.abs." + f.type() + " $0, $1, $2;", 2, [=](const U64* x) {
                    const U64 r = minimum(format, f.in(x[0]) & 0x7fff, f.in(x[1]) & 0x7fff, maximum, nan);
                    return is_nan(format, r) ? r : r | ((x[0] ^ x[1]) & 0x8000);
                });
                c.back().least = 90; // sm_86
            }
}

void add_compares(Catalogue& c) {
    for (const bool ftz : {false, true})
        for (const Compare& compare : kCompares) {
            const auto holds = [=](U64 a, U64 b) {
                const U64 p = ftz ? flush(Format::F16, a) : a, q = ftz ? flush(Format::F16, b) : b;
                if (is_nan(Format::F16, p) || is_nan(Format::F16, q)) return compare.unordered;
                const Quad x = decode(Format::F16, p), y = decode(Format::F16, q);
                return x < y ? compare.less : x == y ? compare.equal : compare.greater;
            };
            const char* dot = ftz ? ".ftz" : "";
            add(c, "f16 compare", fmt::format("setp.{}{}.f16 $0, $1, $2;", compare.name, dot), "p", "HH",
                [=](const U64* x) { return holds(x[0], x[1]); });
            add(c, "f16 compare", fmt::format("setp.{}.xor{}.f16 $0, $1, $2, $3;", compare.name, dot), "p", "HHp",
                [=](const U64* x) { return holds(x[0], x[1]) != (x[2] != 0); });
            // No set.f16.f16: where its result is used as an integer, ptxas 13.0 makes it 1 instead of 0x3c00.
            add(c, "f16 compare", fmt::format("set.{}{}.f16x2.f16x2 $0, $1, $2;", compare.name, dot), "x", "xx", [=](const U64* x) {
                return (holds(x[0] & 0xffff, x[1] & 0xffff) ? 0x3c00U : 0U) | (holds(x[0] >> 16, x[1] >> 16) ? 0x3c000000U : 0U);
            });
            Operation pair;
            pair.family = "f16 compare";
            pair.text = fmt::format("{{ setp.{}.and{}.f16x2 $0|$1, $2, $3, $4; }}", compare.name, dot);
            pair.results = "pp";
            pair.sources = "xxp";
            pair.evaluate = [=](const U64* in, U64* out, Thread&) {
                out[0] = holds(in[0] & 0xffff, in[1] & 0xffff) && in[2];
                out[1] = holds(in[0] >> 16, in[1] >> 16) && in[2];
            };
            c.push_back(pair);
        }
}

} // namespace

void add_half_operations(Catalogue& c) {
    for (const bool pair : {false, true}) {
        add_sums(c, pair);
        for (const Format format : {Format::F16, Format::Bf16}) {
            add_fused(c, format, pair);
            add_extremes(c, format, pair);
        }
    }
    add_compares(c);
}

} // namespace heddle::ptx_fuzz
